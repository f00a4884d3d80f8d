import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { analyzeText } from "./analyze/analyze.ts";
import { Bootstrap } from "./bootstrap.ts";
import { formatErrors } from "./document/error.ts";
import { parseDocument } from "./document/parse.ts";
import { parseYamlFast } from "./document/yaml-fast.ts";
import { Origin } from "./document/node.ts";
import type { JsonValue } from "./document/scalar.ts";
import { toJson } from "./document/scalar.ts";
import { resourceKey } from "./diff.ts";
import { HttpConnectionManager } from "./http-connection-manager.ts";
import { decodeText, decodeValue, DecodeContext, parse } from "./schema/index.ts";

const text = readFileSync(new URL("./testdata/everything.yaml", import.meta.url), "utf8");

function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return state / 0x8000_0000;
  };
}

describe("a file that uses most of what is supported", () => {
  it("has nothing wrong", () => {
    expect(formatErrors(analyzeText(text, { file: "everything.yaml" }))).toBe("");
  });

  it("is read by the fast parser", () => {
    expect(parseYamlFast(text, new Origin("everything.yaml", text))).toBeDefined();
  });

  it("means the same as JSON, and in camelCase", () => {
    const json = JSON.stringify(toJson(parseDocument(text, { file: "everything.yaml" }).root as never));
    const camel = json.replace(
      /"([a-z0-9]+(?:_[a-z0-9]+)+)":/g,
      (_, name: string) => `"${name.replace(/_(.)/g, (__, c: string) => c.toUpperCase())}":`,
    );
    const read = (source: string, file: string): string =>
      resourceKey(decodeText(Bootstrap, source, { file }).value?.staticResources.clusters.slice(1));
    expect(analyzeText(json, { file: "everything.json" })).toEqual([]);
    expect(read(json, "everything.json")).toBe(read(text, "everything.yaml"));
    expect(read(camel, "everything.json")).toBe(read(text, "everything.yaml"));
    expect(decodeValue(Bootstrap, JSON.parse(json), { file: "value" }).errors).toEqual([]);
  });

  it("has the values that are written", () => {
    const { value } = decodeText(Bootstrap, text, { file: "everything.yaml" });
    const [listener] = value?.staticResources.listeners ?? [];
    const context = new DecodeContext();
    const config = listener?.filterChains[0].filters[0].typedConfig;
    const manager = config && parse(HttpConnectionManager, config, context);
    expect(context.errors).toEqual([]);
    const routes = manager?.routeConfig?.virtualHosts[0].routes ?? [];
    expect(value?.statsFlushInterval).toBe(1000);
    expect(value?.staticResources.clusters[0].connectTimeout).toBe(250);
    expect(value?.staticResources.clusters[0].circuitBreakers?.thresholds[0].retryBudget?.budgetPercent).toBe(25);
    expect(manager?.delayedCloseTimeout).toBe(500);
    expect(manager?.httpProtocolOptions.acceptHttp10).toBe(true);
    expect(manager?.commonHttpProtocolOptions.maxHeadersCount).toBe(100);
    expect(routes[0].match.headers[1].rangeMatch).toEqual({ start: 1, end: 2 ** 63 });
    expect(routes[1].match.runtimeFraction).toEqual({ defaultValue: { numerator: 50, denominator: 100 }, runtimeKey: "k" });
    expect(routes[0].route?.timeout).toBe(3000);
    expect(routes[2].route?.timeout).toBe(15_000);
  });
});

describe("whatever is changed in it", () => {
  /** Every place of a JSON value that may be changed: who holds it, and under which key. */
  function places(value: JsonValue, found: [Record<string, unknown>, string][] = []): [Record<string, unknown>, string][] {
    if (typeof value === "object" && value !== null) {
      for (const key of Object.keys(value)) {
        found.push([value as Record<string, unknown>, key]);
        places((value as Record<string, JsonValue>)[key], found);
      }
    }
    return found;
  }
  const VALUES = [5, "text", true, [], {}, [1], { a: 1 }, null, 1.5, -1, "", "1s", [null], { "@type": "x/y" }, [[]]];

  it("is analyzed without throwing, and mistakes have a place", () => {
    const next = random(Number(process.env["FUZZ_SEED"] ?? 1));
    const source = JSON.stringify(toJson(parseDocument(text, { file: "everything.yaml" }).root as never));
    let wrong = 0;
    for (let round = 0; round < Number(process.env["FUZZ_ROUNDS"] ?? 400); round++) {
      const changed = JSON.parse(source) as JsonValue;
      for (let i = 0; i < 1 + next() * 3; i++) {
        const all = places(changed);
        const [holder, key] = all[Math.floor(next() * all.length)];
        const kind = next();
        if (kind < 0.3) delete holder[key];
        else if (kind < 0.4) holder[`${key}x`] = holder[key];
        else holder[key] = VALUES[Math.floor(next() * VALUES.length)];
      }
      const errors = analyzeText(JSON.stringify(changed, null, 1), { file: "changed.json" });
      if (errors.length > 0) wrong++;
      for (const error of errors) expect(error.line, formatErrors([error])).toBeGreaterThan(0);
    }
    expect(wrong).toBeGreaterThan(0);
  });
});
