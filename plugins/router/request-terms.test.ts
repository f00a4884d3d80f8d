import { describe, expect, it } from "vitest";
import { attemptTime } from "./request-terms.ts";

/** Envoy: `FilterUtility::setTimeoutHeaders`. */
describe("the time that an attempt has", () => {
  it.each([
    ["the route's, at first", 1000, 0, 0, 1000],
    ["what is left of the route's", 1000, 0, 300, 700],
    ["whole milliseconds of what has passed count", 1000, 0, 300.9, 700],
    ["its own, while more is left", 1000, 400, 300, 400],
    ["what is left, once that is less than its own", 1000, 400, 700, 300],
    ["1 when nothing is left, since 0 would be no bound", 1000, 0, 1000, 1],
    ["1 when it is over", 1000, 400, 5000, 1],
    ["its own without one of the route", 0, 400, 5000, 400],
    ["no bound without either", 0, 0, 5000, 0],
  ])("is %s", (_, timeout, perTry, elapsed, wanted) => expect(attemptTime(timeout, perTry, elapsed)).toBe(wanted));
});
