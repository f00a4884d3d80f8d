import { describe, expect, it } from "vitest";
import { oddsOf } from "./odds.ts";

describe("odds of a draw", () => {
  it("are the shares of the options when nothing was drawn before", () => {
    expect(oddsOf([], 100, [90, 10])).toEqual([0.9, 0.1]);
  });

  it.each([
    // A route for the lower half of the draws, then weights of 50 and 50: the lower half goes to the first.
    [[{ of: 100, from: 0, count: 50 }], 100, [50, 50], [1, 0]],
    [[{ of: 100, from: 50, count: 50 }], 100, [50, 50], [0, 1]],
    // What was drawn by another modulus: 10 of 10,000 are the draws 0 to 9, of which 5 are below 5.
    [[{ of: 10_000, from: 0, count: 10 }], 100, [5, 95], [0.5, 0.5]],
    // Moduli without a common divisor say nothing of each other.
    [[{ of: 7, from: 0, count: 3 }], 10, [1, 9], [0.1, 0.9]],
    [
      [
        { of: 4, from: 0, count: 2 },
        { of: 4, from: 1, count: 2 },
      ],
      4,
      [1, 1, 2],
      [0, 1, 0],
    ],
  ])("%j before, then modulo %i the options %j: %j", (before, of, counts, wanted) => {
    const odds = oddsOf(before, of, counts);
    odds.forEach((one, i) => expect(one).toBeCloseTo(wanted[i], 10));
  });

  it("are taken as independent where counting would take too long", () => {
    expect(oddsOf([{ of: 1_000_000, from: 0, count: 10 }], 7, [1, 6])).toEqual([1 / 7, 6 / 7]);
  });
});
