import { describe, expect, it } from "vitest";
import { mergeSlashes, normalizePath, type PathResult, unescapeSlashes } from "./path.ts";

function after(path: string, result: PathResult): string | null {
  return result.kind === "rejected" ? null : result.kind === "same" ? path : result.path;
}

describe("normalize_path", () => {
  it.each([
    ["/", "/"],
    ["/a/b", "/a/b"],
    ["/a/./b", "/a/b"],
    ["/a/../b", "/b"],
    ["/../../a", "/a"],
    ["/a/..", "/"],
    ["/a/.", "/a/"],
    ["/a/b/..", "/a/"],
    ["/%2e%2e/a", "/a"],
    ["/a/%2E/b", "/a/b"],
    ["/a/.%2e/b", "/b"],
    ["/%61%7Eb", "/a~b"],
    ["/a\\..\\b", "/b"],
    ["/a%2fb", "/a%2fb"],
    ["/a%5cb", "/a%5cb"],
    ["/a%zz", "/a%zz"],
    ["/a%", "/a%"],
    ["/a%4", "/a%4"],
    ["/a..b/c.", "/a..b/c."],
    ["/a/b?x=/../%2e", "/a/b?x=/../%2e"],
    ["/a/../b?c#d", "/b?c#d"],
    ["/a//b/../c", "/a//c"],
    ["*", "*"],
  ])("%s -> %s", (path, wanted) => expect(after(path, normalizePath(path))).toBe(wanted));

  it.each(["/a%00b", "/%00"])("%s is refused", (path) => expect(after(path, normalizePath(path))).toBeNull());

  it("does nothing twice", () => {
    for (const path of ["/%2e%2e/a", "/a\\b", "/a/./b/../c%7e"]) {
      const once = after(path, normalizePath(path))!;
      expect(after(once, normalizePath(once))).toBe(once);
    }
  });
});

describe("merge_slashes", () => {
  it.each([
    ["//a///b//", "/a/b/"],
    ["/a/b", "/a/b"],
    ["/a?b=//c", "/a?b=//c"],
    ["//a?b=//c", "/a?b=//c"],
  ])("%s -> %s", (path, wanted) => expect(after(path, mergeSlashes(path))).toBe(wanted));
});

describe("escaped slashes", () => {
  it.each([
    ["/a%2fb%2Fc", "/a/b/c"],
    ["/a%5cb%5Cc", "/a\\b\\c"],
    ["/a?b=%2f", "/a?b=%2f"],
    ["/a%252f", "/a%252f"],
  ])("%s -> %s", (path, wanted) => expect(after(path, unescapeSlashes(path))).toBe(wanted));
});
