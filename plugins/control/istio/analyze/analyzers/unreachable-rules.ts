import { nodeOf } from "../../../../../core/resources/schema/index.ts";
import { toJson, type JsonValue } from "../../../../../core/resources/document/scalar.ts";
import type { HTTPMatchRequest, HTTPRoute, StringMatch, VirtualService } from "../../schema/virtual-service.ts";
import type { Analyzer } from "../analyzer.ts";
import type { Findings } from "../findings.ts";

/** Rules that no request reaches, and matches that one before them covers. */
export const unreachableRules: Analyzer = {
  name: "schema.ValidationAnalyzer.VirtualService",
  codes: ["IST0130", "IST0131"],
  analyze(mesh, findings) {
    for (const object of mesh.virtualServices) {
      const { http, tls, tcp } = object.spec;
      for (const rules of [http, tls, tcp]) checkOrder(object, rules, findings);
      checkPrefixes(object, http, findings);
    }
  },
};

interface Rule {
  readonly match: readonly object[];
  readonly name?: string | undefined;
}

function checkOrder(object: VirtualService, rules: readonly Rule[], findings: Findings): void {
  const seen = new Map<string, number>();
  let open = -1;
  rules.forEach((rule, index) => {
    const unreachable = (reason: string): void =>
      findings.add("IST0130", object, rule, [], `rule ${ruleName(rule, index)} is never reached: ${reason}`);
    if (open >= 0) {
      unreachable(`rule ${ruleName(rules[open], open)} before it matches everything`);
      return;
    }
    if (rule.match.length === 0) {
      open = index;
      return;
    }
    let covered = 0;
    for (const match of rule.match) {
      const key = canonical(match);
      const before = seen.get(key);
      if (before === undefined) seen.set(key, index);
      else {
        covered++;
        const where = ruleName(rules[before], before);
        findings.add(
          "IST0131",
          object,
          match,
          [],
          `match of rule ${ruleName(rule, index)} is the same as one of rule ${where} before it`,
        );
      }
    }
    if (covered === rule.match.length) unreachable("rules before it have all its matches");
  });
}

/** `"name"`, or `#3` counted from 1. */
function ruleName(rule: Rule, index: number): string {
  return rule.name === undefined ? `#${index + 1}` : `"${rule.name}"`;
}

/** What a match says, whatever the order of its members; its name does not count. */
function canonical(match: object): string {
  const node = nodeOf(match);
  return JSON.stringify(node === undefined ? match : sorted(toJson(node), true));
}

function sorted(value: JsonValue, top = false): JsonValue {
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map((item) => sorted(item));
  if (typeof value !== "object" || value === null) return value;
  const object = value as Readonly<Record<string, JsonValue>>;
  const keys = Object.keys(object).filter((key) => !(top && key === "name"));
  return Object.fromEntries(keys.sort().map((key) => [key, sorted(object[key])]));
}

interface PrefixMatch {
  readonly match: HTTPMatchRequest;
  readonly prefix: string;
  readonly rule: string;
}

/** A prefix behind a shorter one whose other conditions are no stricter. Istio: `coveredValidation`. */
function checkPrefixes(object: VirtualService, http: readonly HTTPRoute[], findings: Findings): void {
  const before: PrefixMatch[] = [];
  http.forEach((route, index) => {
    const rule = ruleName(route, index);
    for (const match of route.match) {
      const prefix = match.uri?.prefix;
      if (prefix === undefined || prefix === "") continue;
      const cover = before.find((one) => one.prefix !== prefix && prefix.startsWith(one.prefix) && covers(one.match, match));
      if (cover !== undefined) {
        const message = `match of rule ${rule} with prefix "${prefix}" is covered by prefix "${cover.prefix}" of rule ${cover.rule} before it`;
        findings.add("IST0131", object, match, ["uri", "prefix"], message);
      }
      before.push({ match, prefix, rule });
    }
  });
}

/** Whether every request that meets the conditions of `b`, its path aside, meets those of `a`. */
function covers(a: HTTPMatchRequest, b: HTTPMatchRequest): boolean {
  return (
    (a.port === undefined || a.port === b.port) &&
    !a.ignoreUriCase === !b.ignoreUriCase &&
    coversText(a.method, b.method) &&
    coversText(a.authority, b.authority) &&
    coversText(a.scheme, b.scheme) &&
    Object.keys(a.headers).every((name) => name in b.headers && coversText(a.headers[name], b.headers[name])) &&
    Object.keys(a.queryParams).every((name) => name in b.queryParams && coversText(a.queryParams[name], b.queryParams[name])) &&
    Object.keys(a.withoutHeaders).every(
      (name) => name in b.withoutHeaders && coversText(b.withoutHeaders[name], a.withoutHeaders[name]),
    ) &&
    (a.gateways.length === 0 || (b.gateways.length > 0 && b.gateways.every((name) => a.gateways.includes(name)))) &&
    Object.keys(a.sourceLabels).every((key) => a.sourceLabels[key] === b.sourceLabels[key]) &&
    (a.sourceNamespace === undefined || a.sourceNamespace === b.sourceNamespace)
  );
}

function coversText(a: StringMatch | undefined, b: StringMatch | undefined): boolean {
  if (a === undefined || (a.exact === undefined && a.prefix === undefined && a.regex === undefined))
    return a === undefined || b !== undefined;
  if (b === undefined) return false;
  if (a.exact !== undefined) return a.exact === b.exact;
  if (a.prefix !== undefined) return (b.exact ?? b.prefix)?.startsWith(a.prefix) === true;
  return a.regex === b.regex;
}
