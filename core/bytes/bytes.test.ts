import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { equalsIgnoreCase } from "./ascii.ts";
import { concat } from "./concat.ts";
import { fromLatin1, latin1 } from "./latin1.ts";

test("one chunk is not copied, none is empty, several become one", () => {
  const one = Buffer.from("ab");
  expect(concat([one])).toBe(one);
  expect(concat([])).toHaveLength(0);
  expect(Buffer.from(concat([one, new Uint8Array([99])])).toString()).toBe("abc");
});

test("latin1 keeps every byte, of a buffer and of a plain array, whole and in part", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  const text = latin1(bytes);
  expect(text).toHaveLength(256);
  expect(text.charCodeAt(233)).toBe(233);
  expect([...fromLatin1(text)]).toEqual([...bytes]);
  expect(latin1(Buffer.from("hello"), 1, 3)).toBe("el");
  expect(latin1(bytes.subarray(65, 70))).toBe("ABCDE");
});

test.each([
  ["Content-Length", "content-length", true],
  ["", "", true],
  ["a", "b", false],
  ["a", "ab", false],
  ["@", "`", false],
  ["[", "{", false],
  ["É", "é", false],
  ["\u0141", "a", false],
])("equalsIgnoreCase(%o, %o) is %s", (a, b, same) => {
  expect(equalsIgnoreCase(a, b)).toBe(same);
});
