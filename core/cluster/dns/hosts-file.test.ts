import { describe, expect, it } from "vitest";
import { lookUpHosts, parseHosts, readHosts } from "./hosts-file.ts";

const table = parseHosts(
  "127.0.0.1 localhost box # comment\n::1\tbox Box6\n10.0.0.1   a b\n10.0.0.2 a\n# 1.2.3.4 gone\nnonsense name\n\n",
);

describe("the hosts file", () => {
  it.each([
    ["a", 4, ["10.0.0.1", "10.0.0.2"]],
    ["A", 4, ["10.0.0.1", "10.0.0.2"]],
    ["a.", 4, ["10.0.0.1", "10.0.0.2"]],
    ["box", 6, ["::1"]],
    ["box6", 6, ["::1"]],
    ["box6", 4, []],
    ["gone", 4, undefined],
    ["name", 4, undefined],
    ["localhost", 4, ["127.0.0.1"]],
    ["localhost", 6, ["::1"]],
    ["app.localhost", 4, ["127.0.0.1"]],
  ] as const)("says of %s (IPv%i): %j", (name, family, wanted) => {
    expect(lookUpHosts(table, name, family)).toEqual(wanted);
  });

  it("may be missing", async () => {
    expect((await readHosts("/nonexistent/hosts")).size).toBe(0);
  });
});
