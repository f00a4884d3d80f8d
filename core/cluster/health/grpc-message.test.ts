import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { healthRequest, servingStatus } from "./grpc-message.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("grpc.health.v1", () => {
  it.each([
    ["", "0000000000"],
    ["a.B", "00000000050a03612e42"],
    ["x".repeat(200), `00000000cb0ac801${"78".repeat(200)}`],
  ])("asks for %j", (service, wanted) => {
    expect(hex(healthRequest(service))).toBe(wanted);
  });

  it.each([
    ["", 0],
    ["0801", 1],
    ["0802", 2],
    ["08010802", 2],
    ["12036162630801", 1],
    ["1d000000000801", 1],
    ["1900000000000000000801", 1],
    ["08ffffffff0f", 4_294_967_295],
    ["08", -1],
    ["0880", -1],
    ["1205", -1],
    ["0b", -1],
    ["00", -1],
    ["ffffffffffffffffffff01", -1],
    ["12ffffffffff7f", -1],
  ])("reads %s as %i", (message, wanted) => {
    expect(servingStatus(Buffer.from(message, "hex"))).toBe(wanted);
  });
});
