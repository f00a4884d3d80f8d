import { describe, expect, it } from "vitest";
import { hasToken } from "./token-list.ts";

describe("hasToken", () => {
  it.each([
    ["close", true],
    ["Close", true],
    ["keep-alive, close", true],
    [" close\t,x", true],
    ["close;q=1", true],
    ["closed, close", true],
    ["", false],
    ["closed", false],
    ["not-close", false],
    ["close d", false],
    ["keep-alive", false],
  ])("%j: %s", (list, found) => {
    expect(hasToken(list, "close")).toBe(found);
  });
});
