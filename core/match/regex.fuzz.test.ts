import { RE2JS } from "re2js";
import { describe, expect, it } from "vitest";
import { compileRegex } from "./regex.ts";

function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Pick = <T>(from: readonly T[]) => T;

function pattern(pick: Pick, depth: number): string {
  const atom = (): string => {
    const kind = pick(["char", "char", "char", "class", "dot", "escape", "group"] as const);
    if (kind === "char") return pick(["a", "b", "/", "-", "1", "é"]);
    if (kind === "class") return pick(["[ab]", "[^/]", "[a-c]", "[^a]", "[0-9_]", "[-a]", "[a-]", "[\\w.]", "[^\\d/]", "[.]"]);
    if (kind === "dot") return ".";
    if (kind === "escape") return pick(["\\.", "\\d", "\\w", "\\s", "\\S", "\\W", "\\D", "\\/", "\\-", "\\\\"]);
    return depth > 2 ? "b" : `${pick(["(", "(?:"])}${pattern(pick, depth + 1)})`;
  };
  const sequence = (): string =>
    Array.from(
      { length: pick([0, 1, 2, 3, 4]) },
      () => atom() + pick(["", "", "", "*", "+", "?", "{2}", "{1,3}", "{2,}", "*?", "+?"]),
    ).join("");
  return Array.from({ length: pick([1, 1, 1, 2, 3]) }, sequence).join("|");
}

describe("regular expressions", () => {
  it.each(Array.from({ length: 16 }, (_, seed) => seed))("say what RE2JS says (seed %i)", (seed) => {
    const next = random(seed + 1000);
    const pick: Pick = (from) => from[Math.floor(next() * from.length)];
    for (let i = 0; i < 60; i++) {
      const text = pick(["", "^", "(?i)"]) + pattern(pick, 0) + pick(["", "$"]);
      if (text === "") continue;
      let reference: RE2JS | null = null;
      try {
        reference = RE2JS.compile(text);
      } catch {
        // Refused by RE2: then it has to be refused here.
      }
      const compiled = compileRegex(text);
      const stopping = compileRegex(text, "?#");
      if (reference === null) {
        expect([text, typeof compiled]).toEqual([text, "string"]);
        continue;
      }
      if (typeof compiled === "string" || typeof stopping === "string") throw new Error(`${text}: ${String(compiled)}`);
      for (let k = 0; k < 25; k++) {
        const input = Array.from({ length: pick([0, 1, 2, 3, 5, 8]) }, () =>
          pick(["a", "b", "A", "/", "-", "1", ".", "_", " ", "\n", "\v", "é"]),
        ).join("");
        const wire = Buffer.from(input, "utf8").toString("latin1");
        const wanted = reference.testExact(input);
        const found = [
          compiled.match(wire),
          stopping.matchUntil(wire, wire.length),
          stopping.matchUntil(`${wire}?a/b`, wire.length),
        ];
        expect([text, input, ...found]).toEqual([text, input, wanted, wanted, wanted]);
        if (wanted) expect(wire.startsWith(compiled.prefix) ? "" : `${text} ${input}: prefix ${compiled.prefix}`).toBe("");
      }
    }
  });

  it("stay linear in the text, whoever runs them", () => {
    const patterns = [
      "(a|aa)+b",
      "(a*)*b",
      "[a-z]*[a-z]*[a-z]*b",
      "(.*)(.*)(.*)b",
      ".*.*.*=.*",
      "(a|a)*b",
      "(?:a?){20}a{20}b",
      "/[^/]+/.*/[^/]+b",
      ".*a.{0,30}b",
    ];
    for (const text of patterns) {
      const regex = compileRegex(text);
      if (typeof regex === "string") throw new Error(regex);
      const input = "a".repeat(20_000);
      const before = performance.now();
      regex.match(input);
      expect([text, performance.now() - before < 2_000]).toEqual([text, true]);
    }
  });

  it("run natively where that is provably linear", () => {
    const native = [
      "/re/5/[0-9]+/item",
      "/api/(v1|v2)/users/[^/]+",
      "^/a(/.*)?$",
      ".*\\.png",
      "/static/.*\\.(?:css)",
      "(?i)/Shop/[a-z]+",
      "/a/b",
      "[^/]+-[0-9]{4}",
      "/x/\\d+(/\\w+)*",
    ];
    const not = ["(a|aa)+b", ".*/[^/]+", "[a-z]+[a-c]+x", "/a\\b", "\\pL+", "(a*)*", "/é"];
    const isNative = (text: string): boolean => {
      const regex = compileRegex(text);
      return typeof regex !== "string" && regex.native;
    };
    expect(native.filter((text) => !isNative(text))).toEqual([]);
    expect(not.filter(isNative)).toEqual([]);
  });
});
