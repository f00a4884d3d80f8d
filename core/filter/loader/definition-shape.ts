import type { HttpFilter } from "../../contract/filter.ts";
import type { NetworkFilter } from "../../contract/network-filter.ts";

const FIELDS: Readonly<Record<string, readonly string[]>> = {
  kind: ["string"],
  id: ["string"],
  typeUrls: ["array"],
  status: ["string"],
  posture: ["string"],
  onError: ["string"],
  terminal: ["boolean"],
  buffer: ["object", "function"],
  config: ["object", "function"],
  routeConfig: ["object", "function"],
  routeTypeUrls: ["array"],
  mergeRouteConfig: ["function"],
  createRouteConfig: ["function"],
  create: ["function"],
};
/** Of the fields: those that only HTTP filters have. */
const HTTP_ONLY: ReadonlySet<string> = new Set([
  "buffer",
  "routeConfig",
  "routeTypeUrls",
  "mergeRouteConfig",
  "createRouteConfig",
]);
const REQUIRED = ["kind", "id", "status", "posture", "create"];
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  kind: ["http_filter", "network_filter"],
  status: ["stable", "beta", "alpha"],
  posture: ["untrusted", "trusted"],
  onError: ["fail", "skip"],
};
const ID = /^[A-Za-z0-9_][A-Za-z0-9_./-]*$/;

/**
 * The first mistake in the shape of a definition, as a sentence, or undefined. `defineFilter` asks it, and the loader asks it again about
 * definitions that another copy of the code branded.
 */
export function findDefinitionProblem(definition: object): string | undefined {
  const fields = definition as Readonly<Record<string, unknown>>;
  const label = typeof fields["id"] === "string" && fields["id"] !== "" ? `filter "${fields["id"]}"` : "filter";
  const network = fields["kind"] === "network_filter";
  for (const name of REQUIRED) if (fields[name] === undefined) return `${label}: "${name}" is missing`;
  for (const [name, value] of Object.entries(fields)) {
    const wanted = network && HTTP_ONLY.has(name) ? undefined : FIELDS[name];
    if (wanted === undefined) {
      const known = Object.keys(FIELDS).filter((field) => !network || !HTTP_ONLY.has(field));
      return `${label}: unknown field "${name}"; the fields are ${known.join(", ")}`;
    }
    if (value === undefined) continue;
    const found = value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
    if (!wanted.includes(found)) return `${label}: "${name}" is ${article(found)}, wanted ${wanted.map(article).join(" or ")}`;
    const allowed = ALLOWED[name];
    if (allowed !== undefined && !allowed.includes(value as string)) {
      return `${label}: "${name}" is "${String(value)}", wanted ${allowed.map((a) => `"${a}"`).join(" or ")}`;
    }
    if (found === "array" && !(value as unknown[]).every((item) => typeof item === "string" && item !== "")) {
      return `${label}: "${name}" holds something that is not a type URL`;
    }
  }
  if (!ID.test(fields["id"] as string)) {
    return `filter: "id" is ${JSON.stringify(fields["id"])}, wanted letters, digits and any of _ . / -, such as "http.filters.api_key"`;
  }
  return schemaProblem(label, "config", fields["config"]) ?? schemaProblem(label, "routeConfig", fields["routeConfig"]);
}

function schemaProblem(label: string, name: string, schema: unknown): string | undefined {
  if (schema === undefined) return undefined;
  const standard = (schema as { "~standard"?: { version?: unknown; validate?: unknown } })["~standard"];
  if (standard === undefined) {
    // A schema of core/resources is known by its kind alone.
    if (typeof (schema as { kind?: unknown }).kind === "string") return undefined;
    return `${label}: "${name}" is no schema; wanted a Standard Schema (valibot, zod, arktype, ...)`;
  }
  if (standard.version !== 1 || typeof standard.validate !== "function") {
    return `${label}: "${name}" implements Standard Schema version ${String(standard.version)}, wanted version 1`;
  }
  return undefined;
}

/** What a filter may have: `satisfies` holds these lists to the contract. */
const NETWORK_HOOKS = {
  createState: true,
  onConnection: true,
  onData: true,
  onWrite: true,
  onClose: true,
  dispose: true,
} satisfies Record<keyof NetworkFilter, true>;
const HTTP_HOOKS = {
  createState: true,
  onRequestHeaders: true,
  onRequestBody: true,
  onRequestTrailers: true,
  onInformational: true,
  onResponseHeaders: true,
  onResponseBody: true,
  onResponseTrailers: true,
  onStreamComplete: true,
  explain: true,
  dispose: true,
} satisfies Record<keyof HttpFilter, true>;

/** The first mistake in what a definition's `create` returned (a hook that is no function, a misspelt one), or undefined. */
export function findFilterProblem(
  { id, kind }: { readonly id: string; readonly kind: string },
  filter: unknown,
): string | undefined {
  const hooks = kind === "network_filter" ? NETWORK_HOOKS : HTTP_HOOKS;
  if (typeof filter !== "object" || filter === null) {
    return `filter "${id}": "create" returned ${article(filter === null ? "null" : typeof filter)}, wanted an object of hooks`;
  }
  if (typeof (filter as { then?: unknown }).then === "function")
    return `filter "${id}": "create" returned a promise; it must be synchronous`;
  for (const hook of Object.keys(hooks)) {
    const value = (filter as Record<string, unknown>)[hook];
    if (value !== undefined && typeof value !== "function")
      return `filter "${id}": hook "${hook}" is ${article(typeof value)}, wanted a function`;
  }
  for (const [name, value] of Object.entries(filter)) {
    // A name like a hook's that is none would never be called: say so instead of staying silent.
    if (/^on[A-Z]/.test(name) && typeof value === "function" && !Object.hasOwn(hooks, name)) {
      return `filter "${id}": there is no hook "${name}"; the hooks are ${Object.keys(hooks).join(", ")}`;
    }
  }
  return undefined;
}

function article(kind: string): string {
  if (kind === "null" || kind === "undefined") return kind;
  return /^[aeiou]/.test(kind) ? `an ${kind}` : `a ${kind}`;
}
