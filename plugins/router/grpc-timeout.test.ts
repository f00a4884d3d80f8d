import { describe, expect, it } from "vitest";
import { boundedGrpcTimeout, formatGrpcTimeout, grpcTimeoutInPlace, parseGrpcTimeout } from "./grpc-timeout.ts";

describe("grpc-timeout", () => {
  it.each([
    ["1H", 3_600_000],
    ["2M", 120_000],
    ["3S", 3_000],
    ["250m", 250],
    ["0m", 0],
    ["1000u", 1],
    ["1001u", 2],
    ["3000000n", 3],
    ["1n", 1],
    ["99999999u", 100_000],
    ["99999999H", 99_999_999 * 3_600_000],
    ["00000000000001S", 1_000],
  ])("%s is %d ms", (text, ms) => expect(parseGrpcTimeout(text)).toBe(ms));

  it.each([undefined, "", "1", "m", "1s", "1h", "-1m", "+1m", " 1m", "1 m", "1.5S", "100000000m", "1mm", "0x1m"])(
    "%s is none",
    (text) => expect(parseGrpcTimeout(text)).toBe(-1),
  );

  it.each([
    [0, "0m"],
    [1.7, "1m"],
    [99_999_999, "99999999m"],
    [100_000_000, "100000S"],
    [99_999_999_999, "99999999S"],
    [100_000_000_000, "1666666M"],
    [99_999_999 * 60_000 + 60_000, "1666666H"],
    [1e300, "99999999H"],
  ])("%d ms is written as %s", (ms, text) => expect(formatGrpcTimeout(ms)).toBe(text));
});

describe("max_grpc_timeout", () => {
  it.each([
    ["what is asked", 500, 1000, 0, 500],
    ["at most the bound", 5000, 1000, 0, 1000],
    ["the bound, when nothing is asked", -1, 1000, 0, 1000],
    ["nothing, when nothing is asked and there is no bound", -1, 0, 100, 0],
    ["what is asked, without bound", 5000, 0, 0, 5000],
    ["less the offset", 500, 1000, 100, 400],
    ["without the offset, when it would leave nothing", 100, 1000, 100, 100],
    ["less the offset, before the bound", 1050, 1000, 100, 950],
  ])("gives %s", (_, asked, max, offset, ms) => expect(grpcTimeoutInPlace(asked, max, offset)).toBe(ms));
});

describe("grpc_timeout_header_max", () => {
  it.each([
    ["what is asked", 500, 1000, 0, 500],
    ["at most the bound", 5000, 1000, 0, 1000],
    ["the bound less the offset", 5000, 1000, 100, 900],
    ["nothing, when the offset is all of it", 100, 0, 100, 0],
    ["nothing, when nothing is left", 0, 0, 0, 0],
  ])("gives %s", (_, asked, max, offset, ms) => expect(boundedGrpcTimeout(asked, max, offset)).toBe(ms));
});
