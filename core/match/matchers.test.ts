import { describe, expect, it } from "vitest";
import { FilterStateMatcher, MetadataMatcher, ValueMatcher } from "../resources/matchers.ts";
import { decodeValue } from "../resources/schema/index.ts";
import type { Schema } from "../resources/schema/schema.ts";
import { compileCidrs, parseIp } from "./cidr.ts";
import { streamDraw } from "./draw.ts";
import { compileFilterStateMatcher } from "./filter-state-matcher.ts";
import { compileFraction, compileRuntimeFraction } from "./fraction.ts";
import { parseInteger } from "./integer.ts";
import { compileMetadataMatcher } from "./metadata-matcher.ts";
import type { Problem } from "./problem.ts";
import { compileRegexRewrite } from "./regex-rewrite.ts";
import { compileStringMatcher } from "./string-matcher.ts";
import { compileValueMatcher } from "./value-matcher.ts";
import { foldText, fromWire, toWire } from "./wire-text.ts";

const unexpected = (problem: Problem): void => {
  throw new Error(problem.message);
};

function decoded<V>(schema: Schema<V, unknown>, json: unknown): V {
  const { value, errors } = decodeValue(schema, json, { file: "test" });
  if (value === undefined) throw new Error(JSON.stringify(errors));
  return value;
}

describe("a value matcher", () => {
  const object = { a: 1 };
  it.each([
    [{ null_match: {} }, [null], [undefined, 0, "", false]],
    [{ bool_match: true }, [true], [false, "true", 1]],
    [{ bool_match: false }, [false], [true, undefined]],
    [{ present_match: true }, [null, 0, "", false, [], object], [undefined]],
    [{ present_match: false }, [], [undefined, 1]],
    [{ double_match: { exact: 1.5 } }, [1.5], [1, "1.5", undefined]],
    [{ double_match: { range: { start: 1, end: 2 } } }, [1, 1.9], [2, 0.9, "1"]],
    [{ string_match: { prefix: "hä" } }, ["hällo"], ["hallo", 1, undefined]],
    [{ list_match: { one_of: { string_match: { exact: "b" } } } }, [["a", "b"]], ["b", [], ["c"]]],
    [{ or_match: { value_matchers: [{ bool_match: true }, { string_match: { exact: "yes" } }] } }, [true, "yes"], [false, "no"]],
  ])("%j", (config, yes, no) => {
    const matcher = compileValueMatcher(decoded(ValueMatcher, config), unexpected);
    expect(yes.filter((value) => !matcher.match(value))).toEqual([]);
    expect(no.filter((value) => matcher.match(value))).toEqual([]);
    expect(matcher.describe()).not.toBe("");
  });
});

describe("matchers of what filters know", () => {
  it("walk metadata by keys, and never through lists or prototypes", () => {
    const compile = (path: readonly string[], more: object = {}) =>
      compileMetadataMatcher(
        decoded(MetadataMatcher, { filter: "f", path: path.map((key) => ({ key })), value: { present_match: true }, ...more }),
        unexpected,
      );
    const metadata = { f: { a: { b: "x" }, l: [{ b: 1 }] } };
    expect(compile(["a", "b"]).match(metadata)).toBe(true);
    expect(compile(["a"]).match(metadata)).toBe(true);
    expect(compile(["a", "c"]).match(metadata)).toBe(false);
    expect(compile(["l", "b"]).match(metadata)).toBe(false);
    expect(compile(["constructor"]).match(metadata)).toBe(false);
    expect(compile(["a", "b"]).match(undefined)).toBe(false);
    expect(compile(["a", "c"], { invert: true }).match(metadata)).toBe(true);
  });

  it("read filter state as text", () => {
    const matcher = compileFilterStateMatcher(
      decoded(FilterStateMatcher, { key: "k", string_match: { exact: "5" } }),
      unexpected,
    );
    expect([{ k: "5" }, { k: 5 }, { k: "6" }, { k: {} }, {}, undefined].map((state) => matcher.match(state))).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
  });
});

describe("address ranges", () => {
  it("read addresses", () => {
    const hex = (text: string): string | undefined =>
      parseIp(text)?.reduce((out, byte) => out + byte.toString(16).padStart(2, "0"), "");
    expect(hex("1.2.3.4")).toBe("00000000000000000000ffff01020304");
    expect(hex("::1")).toBe("00000000000000000000000000000001");
    expect(hex("::")).toBe("0".repeat(32));
    expect(hex("2001:db8::ff00:42:8329")).toBe("20010db8000000000000ff0000428329");
    expect(hex("1::")).toBe(`0001${"0".repeat(28)}`);
    expect(hex("::ffff:1.2.3.4")).toBe(hex("1.2.3.4"));
    expect(hex("fe80::1%eth0")).toBe("fe800000000000000000000000000001");
    for (const bad of [
      "",
      "1.2.3",
      "1.2.3.4.5",
      "256.1.1.1",
      "1.2.3.",
      "1:2",
      ":1",
      "1::2::3",
      "1:2:3:4:5:6:7:8:9",
      "g::",
      "12345::",
      "1.2.3.4:80",
      "::1.2.3",
    ]) {
      expect([bad, parseIp(bad)]).toEqual([bad, null]);
    }
  });

  it("hold addresses, the narrowest first", () => {
    const ranges = [
      { addressPrefix: "10.0.0.0", prefixLen: 8 },
      { addressPrefix: "10.1.2.0", prefixLen: 23 },
      { addressPrefix: "fd00::", prefixLen: 9 },
      { addressPrefix: "0.0.0.0", prefixLen: undefined },
    ];
    const list = compileCidrs(ranges, unexpected);
    expect(
      ["10.9.9.9", "10.1.3.4", "10.1.4.4", "fd7f::1", "fe00::", "8.8.8.8", "::ffff:10.1.2.1", "nonsense"].map((ip) =>
        list.longest(ip),
      ),
    ).toEqual([0, 1, 0, 2, -1, 3, 1, -1]);
  });

  it("report what is no address", () => {
    const problems: Problem[] = [];
    compileCidrs([{ addressPrefix: "10.0.0", prefixLen: 8 }], (problem) => problems.push(problem));
    expect(problems.map((problem) => problem.key)).toEqual(["addressPrefix"]);
  });
});

describe("draws", () => {
  it("are the same for a stream and evenly spread over streams", () => {
    expect(streamDraw(42)).toBe(streamDraw(42));
    const buckets = new Array<number>(10).fill(0);
    for (let id = 0; id < 100_000; id++) buckets[streamDraw(id) % 10]++;
    for (const count of buckets) expect(Math.abs(count - 10_000)).toBeLessThan(600);
  });

  it("fall into fractions", () => {
    const runtime = {
      number: (_key: string, fallback: number) => fallback,
      boolean: (_key: string, fallback: boolean) => fallback,
      string: (_key: string, fallback: string) => fallback,
      fraction: (key: string) => key === "on",
    };
    const quarter = compileFraction({ numerator: 25, denominator: 100 }, runtime);
    expect([0, 24, 25, 99, 124].map((draw) => quarter.match(draw))).toEqual([true, true, false, false, true]);
    const byRuntime = (runtimeKey: string) =>
      compileRuntimeFraction({ defaultValue: { numerator: 0, denominator: 10_000 }, runtimeKey }, runtime);
    expect(byRuntime("on").match(5)).toBe(true);
    expect(byRuntime("off").match(5)).toBe(false);
    expect(byRuntime("").match(5)).toBe(false);
  });
});

describe("texts", () => {
  it("travel as bytes", () => {
    expect(toWire("plain")).toBe("plain");
    expect(toWire("é€")).toBe("\xc3\xa9\xe2\x82\xac");
    expect(fromWire("\xc3\xa9")).toBe("é");
    expect(fromWire("\xc3")).toBe(null);
    expect(foldText("ABz\xc3")).toBe("abz\xc3");
  });

  it("match beyond ASCII as bytes, expressions as UTF-8", () => {
    const match = (config: object, value: string): boolean => {
      const none = {
        exact: undefined,
        prefix: undefined,
        suffix: undefined,
        contains: undefined,
        safeRegex: undefined,
        ignoreCase: false,
      };
      return compileStringMatcher({ ...none, ...config }, unexpected).match(value);
    };
    expect(match({ exact: "é" }, "\xc3\xa9")).toBe(true);
    expect(match({ exact: "é", ignoreCase: true }, "\xc3\x89")).toBe(false);
    expect(match({ safeRegex: { regex: "." } }, "\xc3\xa9")).toBe(true);
    expect(match({ safeRegex: { regex: ".*" } }, "\xc3")).toBe(false);
  });

  it("are integers in 64 bits, or not", () => {
    expect(["7", "-7", "+7", " 7\t", "007"].map((text) => parseInteger(text))).toEqual([7, -7, 7, 7, 7]);
    for (const bad of ["", " ", "-", "1 2", "1e3", "1.0", "0x1", "99999999999999999999"]) expect(parseInteger(bad)).toBeNaN();
    expect(parseInteger("9223372036854775808")).toBeNaN();
    expect(parseInteger("9223372036854775808", 64)).toBeGreaterThan(9.2e18);
  });
});

describe("a replacement", () => {
  const replace = (pattern: string, substitution: string, text: string): string => {
    const rewrite = compileRegexRewrite(pattern, substitution);
    return typeof rewrite === "string" ? `refused: ${rewrite}` : rewrite.replaceAll(text);
  };
  it.each([
    ["a", "b", "banana", "bbnbnb"],
    ["(a)(n)?", "<\\2\\1>", "banana", "b<na><na><a>"],
    ["x*", "-", "axb", "-a-b-"],
    ["^a", "b", "aaa", "baa"],
    ["$", "!", "a", "a!"],
    ["é", "e", "caf\xc3\xa9", "cafe"],
    ["a", "\\\\", "a", "\\"],
    ["a", "$1", "a", "$1"],
    ["", "-", "", "-"],
  ])("%s -> %s", (pattern, substitution, text, wanted) => {
    expect(replace(pattern, substitution, text)).toBe(wanted);
  });
  it("is refused for groups that are not there and stray backslashes", () => {
    expect(replace("a", "\\1", "a")).toMatch(/^refused: .*group 1/);
    expect(replace("a", "\\x", "a")).toMatch(/^refused: .*backslash/);
    expect(replace("(", "", "a")).toMatch(/^refused/);
  });
});
