import { describe, expect, it } from "vitest";
import { camelCase, editDistance, nearest, snakeCase } from "./names.ts";

describe("names", () => {
  it.each([
    ["perConnectionBufferLimitBytes", "per_connection_buffer_limit_bytes"],
    ["http1SafeMaxConnectionDuration", "http1_safe_max_connection_duration"],
    ["name", "name"],
  ])("%s is %s in a .proto file", (camel, snake) => {
    expect(snakeCase(camel)).toBe(snake);
    expect(camelCase(snake)).toBe(camel);
  });

  it("follow protobuf's JSON mapping for digits", () => {
    expect(camelCase("proxy_100_continue")).toBe("proxy100Continue");
  });

  it.each([
    ["conect_timeout", "connect_timeout"],
    ["lb_polcy", "lb_policy"],
    ["NAME", "name"],
    ["flux", undefined],
    ["", undefined],
  ])("nearest to %s: %s", (word, wanted) => {
    expect(nearest(word, ["connect_timeout", "lb_policy", "name"])).toBe(wanted);
  });

  it("count edits, up to a limit", () => {
    expect(editDistance("kitten", "sitting", 10)).toBe(3);
    expect(editDistance("kitten", "sitting", 2)).toBe(2);
    expect(editDistance("", "abc", 10)).toBe(3);
  });
});
