import { describe, expect, it } from "vitest";
import { RefreshDelay } from "./refresh-delay.ts";

const plain = { rate: 5000, respectTtl: false, jitter: 0, failure: null };

describe("RefreshDelay", () => {
  it("is the rate, after success and failure", () => {
    const delay = new RefreshDelay(plain, () => 0.5);
    expect([delay.afterSuccess(60), delay.afterFailure(), delay.afterSuccess(0)]).toEqual([5000, 5000, 5000]);
  });

  it("is the TTL when that is respected and known", () => {
    const delay = new RefreshDelay({ ...plain, respectTtl: true }, () => 0);
    expect([delay.afterSuccess(60), delay.afterSuccess(0)]).toEqual([60_000, 5000]);
  });

  it("is drawn out by jitter", () => {
    expect(new RefreshDelay({ ...plain, jitter: 1000 }, () => 0.5).afterSuccess(0)).toBe(5500);
  });

  it("doubles with failures up to the maximum, and begins anew after a success", () => {
    const delay = new RefreshDelay({ ...plain, failure: { base: 100, max: 500 } }, () => 0.99);
    expect([1, 2, 3, 4, 5].map(() => delay.afterFailure())).toEqual([99, 198, 396, 495, 495]);
    delay.afterSuccess(0);
    expect(delay.afterFailure()).toBe(99);
  });
});
