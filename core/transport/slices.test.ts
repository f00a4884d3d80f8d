import { describe, expect, it } from "vitest";
import { finish, NO_PAUSES, type Pace, type Sliced } from "../contract/sliced.ts";
import { clock } from "./clock.ts";
import { inSlices } from "./slices.ts";

/** Counts to `end`, a few microseconds a step, and notes each pause. */
function* count(end: number, pace: Pace, pauses: number[] = []): Sliced<number> {
  let sum = 0;
  for (let i = 0; i < end; i++) {
    for (let j = 0; j < 2_000; j++) sum = (sum + j) % 1_000;
    if (pace.due()) {
      pauses.push(i);
      yield;
    }
  }
  return sum;
}

describe("work in slices", () => {
  it("gives the result of the same work in one go", async () => {
    expect(await inSlices((pace) => count(2_000, pace))).toBe(finish(count(2_000, NO_PAUSES)));
  });

  it("lets the event loop turn at each pause", async () => {
    const pauses: number[] = [];
    let turns = 0;
    let over = false;
    const tick = (): void => {
      turns++;
      if (!over) setImmediate(tick);
    };
    setImmediate(tick);
    await inSlices((pace) => count(20_000, pace, pauses), 1);
    over = true;
    expect(pauses.length).toBeGreaterThan(2);
    expect(turns).toBeGreaterThanOrEqual(pauses.length);
  });

  it("pauses only when a slice is over", async () => {
    const pauses: number[] = [];
    const began = clock.now();
    await inSlices((pace) => count(5_000, pace, pauses), 2);
    expect(pauses.length).toBeLessThanOrEqual((clock.now() - began) / 2);
  });

  it("rejects with what the work throws", async () => {
    const work = function* (pace: Pace): Sliced<never> {
      yield* count(1, pace);
      throw new Error("no");
    };
    await expect(inSlices(work)).rejects.toThrow("no");
  });
});
