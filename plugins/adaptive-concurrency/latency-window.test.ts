import { describe, expect, it } from "vitest";
import { LatencyWindow } from "./latency-window.ts";

function windowOf(...times: readonly number[]): LatencyWindow {
  const window = new LatencyWindow();
  for (const time of times) window.add(time);
  return window;
}

describe("a window of times", () => {
  it.each([
    [0.5, 10],
    [0.9, 18],
    [1, 20],
    [0, 1],
  ])("knows the time that a share of %f does not exceed, to two digits", (share, wanted) => {
    const found = windowOf(...Array.from({ length: 20 }, (_, i) => 20 - i)).quantile(share);
    expect(Math.abs(found / wanted - 1)).toBeLessThan(0.1);
  });

  it("holds anything from a microsecond on, in bins of its size", () => {
    for (const time of [0.001, 0.0123, 0.99, 1, 9.99, 10, 4_321, 99_999_999])
      expect(Math.abs(windowOf(time).quantile(0.5) / time - 1), String(time)).toBeLessThan(0.1);
    expect(windowOf(0).quantile(0.5)).toBeCloseTo(0.001, 3);
    expect(windowOf(1e15).quantile(0.5)).toBeGreaterThan(1e7);
  });

  it("is empty at first, and when it was cleared", () => {
    const window = windowOf(5, 50, 500);
    window.clear();
    expect([window.count, window.quantile(0.5)]).toEqual([0, 0]);
    window.add(7);
    expect(window.count).toBe(1);
    expect(window.quantile(1)).toBeCloseTo(7, 0);
  });
});
