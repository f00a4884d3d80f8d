import { describe, expect, it } from "vitest";
import { requestFixture, routeTable, streamFixture, traceFixture } from "./routing-fixture.ts";

/** mulberry32: small, seeded, good enough. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Condition {
  readonly name: string;
  readonly kind: "exact" | "prefix" | "present" | "absent" | "not";
  readonly text: string;
}
interface Spec {
  readonly name: string;
  readonly kind: "prefix" | "path" | "separated" | "regex";
  readonly text: string;
  readonly anyCase: boolean;
  readonly headers: readonly Condition[];
  readonly parameters: readonly Condition[];
}

const SEGMENTS = ["a", "b", "ab", "A", "aB", "x1", "x2", "longer-segment"];
const REGEXES = ["/a/[^/]+", "/[ab]/x[0-9]", ".*/x1", "/ab?/.*", "/(a|b)/(x1|x2)(/.*)?", "/a.*b", "(?i)/AB", "/x1/\\w+", "[^?]*"];
const HEADERS = ["x-a", "x-b", ":method"];
const VALUES = ["1", "2", "3", "12", "GET", "POST", ""];

function spec(name: string, pick: <T>(from: readonly T[]) => T, chance: (p: number) => boolean): Spec {
  const kind = pick(["prefix", "path", "separated", "regex"] as const);
  const depth = Math.floor(pick([0, 1, 1, 2, 2, 3]));
  let text = Array.from({ length: depth }, () => `/${pick(SEGMENTS)}`).join("") + (chance(0.2) ? "/" : "");
  if (kind === "separated") text = text.replace(/\/$/, "") || "/a";
  if (kind === "path" && text === "") text = "/";
  const condition = (names: readonly string[]): Condition => ({
    name: pick(names),
    kind: pick(["exact", "exact", "exact", "prefix", "present", "absent", "not"] as const),
    text: pick(VALUES) || "1",
  });
  return {
    name,
    kind,
    text: kind === "regex" ? pick(REGEXES) : text,
    anyCase: kind !== "regex" && chance(0.2),
    headers: chance(0.5) ? [condition(HEADERS), ...(chance(0.3) ? [condition(HEADERS)] : [])] : [],
    parameters: chance(0.3) ? [condition(["p", "q"])] : [],
  };
}

function toJson(route: Spec): object {
  const path = { prefix: "prefix", path: "path", separated: "path_separated_prefix", regex: "safe_regex" }[route.kind];
  const matcher = ({ kind, text }: Condition): object => {
    if (kind === "present" || kind === "absent") return { present_match: kind === "present" };
    return { string_match: kind === "prefix" ? { prefix: text } : { exact: text } };
  };
  return {
    name: route.name,
    match: {
      [path]: route.kind === "regex" ? { regex: route.text } : route.text,
      case_sensitive: !route.anyCase,
      headers: route.headers.map((h) => ({ name: h.name, ...matcher(h), ...(h.kind === "not" ? { invert_match: true } : {}) })),
      // Query parameters cannot be inverted.
      query_parameters: route.parameters.map((p) => ({ name: p.name, ...matcher(p) })),
    },
    direct_response: { status: 200 },
  };
}

interface Request {
  readonly method: string;
  readonly path: string;
  readonly query: readonly (readonly [string, string])[];
  readonly headers: Readonly<Record<string, readonly string[]>>;
}

/** The plain way: one route after the other, straight from what is configured. */
function linear(routes: readonly Spec[], request: Request): string | null {
  for (const route of routes) if (pathMatches(route, request.path) && conditionsHold(route, request)) return route.name;
  return null;
}

function pathMatches(route: Spec, given: string): boolean {
  const path = route.anyCase ? given.toLowerCase() : given;
  const text = route.anyCase ? route.text.toLowerCase() : route.text;
  if (route.kind === "prefix") return path.startsWith(text);
  if (route.kind === "path") return path === text;
  if (route.kind === "separated") return path === text || path.startsWith(`${text}/`);
  const insensitive = text.startsWith("(?i)");
  return new RegExp(`^(?:${insensitive ? text.slice(4) : text})$`, insensitive ? "i" : "").test(path);
}

function conditionsHold(route: Spec, request: Request): boolean {
  const header = (condition: Condition): boolean => {
    const values = condition.name === ":method" ? [request.method] : (request.headers[condition.name] ?? []);
    if (condition.kind === "present") return values.length > 0;
    if (condition.kind === "absent") return values.length === 0;
    if (condition.kind === "not") return values.length > 0 && !values.includes(condition.text);
    return values.some((value) => (condition.kind === "prefix" ? value.startsWith(condition.text) : value === condition.text));
  };
  const parameter = (condition: Condition): boolean => {
    const value = request.query.find(([name]) => name === condition.name)?.[1];
    if (condition.kind === "present") return value !== undefined;
    if (condition.kind === "absent") return value === undefined;
    if (value === undefined) return false;
    return condition.kind === "prefix" ? value.startsWith(condition.text) : value === condition.text;
  };
  return route.headers.every(header) && route.parameters.every(parameter);
}

describe("the compiled table", () => {
  it.each(Array.from({ length: 30 }, (_, seed) => seed))("finds what a linear search finds (seed %i)", (seed) => {
    const next = random(seed);
    const pick = <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)];
    const chance = (p: number): boolean => next() < p;
    const count = pick([1, 3, 10, 40, 200, 600]);
    const routes = Array.from({ length: count }, (_, i) => spec(`r${i}`, pick, chance));
    const table = routeTable({ virtual_hosts: [{ name: "h", domains: ["*"], routes: routes.map(toJson) }] });
    const stream = streamFixture();
    for (let i = 0; i < 400; i++) {
      const path = Array.from({ length: pick([1, 1, 2, 2, 3]) }, () => `/${pick(SEGMENTS)}`).join("") + (chance(0.2) ? "/" : "");
      const query = chance(0.5)
        ? Array.from({ length: pick([1, 2, 3]) }, () => [pick(["p", "q", "pp"]), pick(VALUES)] as const)
        : [];
      const headers: Record<string, readonly string[]> = {};
      if (chance(0.5)) headers["x-a"] = chance(0.2) ? [pick(VALUES), pick(VALUES)] : [pick(VALUES)];
      if (chance(0.4)) headers["x-b"] = [pick(VALUES)];
      const request: Request = { method: pick(["GET", "POST"]), path, query, headers };
      const target = path + (query.length > 0 ? `?${query.map(([name, value]) => `${name}=${value}`).join("&")}` : "");
      const map = requestFixture(request.method, target, headers);
      const wanted = linear(routes, request);
      const found = table.match(stream, map)?.name ?? null;
      if (found !== wanted) expect({ target, headers, found }).toEqual({ target, headers, found: wanted });
      const explained = table.match(stream, map, traceFixture(stream).trace)?.name ?? null;
      if (explained !== wanted) expect({ target, headers, explained }).toEqual({ target, headers, explained: wanted });
    }
  });
});
