import type { FilterDefinition, ResourceSchema, SchemaIssue, SchemaResult, StandardSchema } from "../../contract/filter.ts";
import { knownKeys } from "./known-keys.ts";

/** One mistake in a plugin's configuration. */
export interface ConfigIssue {
  /** Keys from the configuration's root to the mistake. */
  readonly path: readonly (string | number)[];
  /** The longest part of `path` that exists in the configuration: what to point at when something is missing. */
  readonly nearest: readonly (string | number)[];
  /** What was found there, as short JSON; "nothing" when the key is absent. */
  readonly found: string;
  /** What is wrong, without the place: what the schema says, and what was found where it doesn't tell. */
  readonly text: string;
  /** The whole sentence: place and text. */
  readonly message: string;
}

/** The configuration as the schema gives it, or every mistake in it. */
export type ConfigResult<T> = { readonly value: T; readonly issues?: undefined } | { readonly issues: readonly ConfigIssue[] };

/** Whether a definition's schema is a Standard Schema; otherwise it is one of core/resources, which reads it itself. */
export function isStandardSchema<T>(schema: StandardSchema<T> | ResourceSchema<T>): schema is StandardSchema<T> {
  return "~standard" in schema;
}

/**
 * Checks the configuration of a plugin against its schema, a Standard Schema.
 * @param raw the configuration as written: plain data, or undefined when there is none.
 * @param where what leads to it, for messages: `http_filters[0].typed_config.value`.
 * @param which `typed_per_filter_config` has a schema of its own where the definition gives one.
 */
export function validateConfig(
  definition: Pick<FilterDefinition, "id" | "config" | "routeConfig">,
  raw: unknown,
  where: string,
  which: "config" | "routeConfig" = "config",
): ConfigResult<unknown> {
  const schema = which === "routeConfig" ? (definition.routeConfig ?? definition.config) : definition.config;
  if (schema === undefined) {
    if (raw === undefined || raw === null || (typeof raw === "object" && Object.keys(raw).length === 0))
      return { value: undefined };
    return one(raw, [], where, `filter "${definition.id}" takes no configuration`);
  }
  if (!isStandardSchema(schema))
    return one(raw, [], where, `filter "${definition.id}" has a schema of kind "${schema.kind}", which is none of a plugin's`);
  // A plugin whose fields are all optional may be used with no configuration at all.
  const input: unknown = raw ?? {};
  let result: SchemaResult<unknown> | Promise<SchemaResult<unknown>>;
  try {
    result = schema["~standard"].validate(input);
  } catch (error) {
    return one(
      input,
      [],
      where,
      `the schema of filter "${definition.id}" threw: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  if (isPromise(result)) {
    // Its outcome is of no interest, but a rejection that nobody hears would end the process.
    result.then(undefined, () => undefined);
    return one(
      input,
      [],
      where,
      `the schema of filter "${definition.id}" is asynchronous; a configuration is checked at once, so use synchronous checks`,
    );
  }
  if (result.issues === undefined) return { value: result.value };
  return { issues: result.issues.flatMap((issue) => toIssues(issue, input, where, schema)) };
}

function isPromise(value: object): value is Promise<unknown> {
  return typeof (value as { then?: unknown }).then === "function";
}

function one(raw: unknown, path: readonly (string | number)[], where: string, message: string): { issues: ConfigIssue[] } {
  return { issues: [makeIssue(raw, path, where, message)] };
}

function toIssues(issue: SchemaIssue, raw: unknown, where: string, schema: StandardSchema): ConfigIssue[] {
  const path = (issue.path ?? []).map((part) => {
    const key = typeof part === "object" ? part.key : part;
    return typeof key === "number" ? key : String(key);
  });
  // zod reports the keys of one object together, at the object.
  const { code, keys } = issue as { code?: unknown; keys?: unknown };
  if (code === "unrecognized_keys" && Array.isArray(keys)) {
    return keys.map((key) => unknownKey(raw, [...path, String(key)], where, knownKeys(schema, path)));
  }
  const known = path.length === 0 ? undefined : knownKeys(schema, path.slice(0, -1));
  const last = path.at(-1);
  if (known !== undefined && typeof last === "string" && !known.includes(last) && lookUp(raw, path).exists) {
    return [unknownKey(raw, path, where, known)];
  }
  return [makeIssue(raw, path, where, issue.message)];
}

function unknownKey(
  raw: unknown,
  path: readonly (string | number)[],
  where: string,
  known: readonly string[] | undefined,
): ConfigIssue {
  const key = String(path.at(-1));
  const slack = key.length <= 3 ? 1 : 2;
  const near = known?.find((name) => distance(name.toLowerCase(), key.toLowerCase()) <= slack);
  const hint =
    near !== undefined
      ? `; did you mean "${near}"?`
      : known === undefined
        ? ""
        : `; wanted ${known.length === 0 ? "no key" : known.join(", ")}`;
  return makeIssue(raw, path, where, `unknown key "${key}"${hint}`);
}

function makeIssue(raw: unknown, path: readonly (string | number)[], where: string, text: string): ConfigIssue {
  const { exists, value, depth } = lookUp(raw, path);
  const found = exists ? shortJson(value) : "nothing";
  const place = where + path.map((key) => (typeof key === "number" ? `[${key}]` : `.${key}`)).join("");
  // Most libraries quote what they found; the others get it appended.
  const tail = exists && (text.includes(found) || text.startsWith("unknown key")) ? "" : `, found ${found}`;
  const start = place === "" ? "" : `${place.replace(/^\./, "")}: `;
  return { path, nearest: path.slice(0, depth), found, text: text + tail, message: start + text + tail };
}

function lookUp(raw: unknown, path: readonly (string | number)[]): { exists: boolean; value: unknown; depth: number } {
  let value = raw;
  for (let depth = 0; depth < path.length; depth++) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, path[depth]))
      return { exists: false, value: undefined, depth };
    value = (value as Record<string | number, unknown>)[path[depth]];
  }
  return { exists: value !== undefined, value, depth: path.length };
}

function shortJson(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
}

/** Levenshtein's distance. Names are short, so the plain table does. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    row = next;
  }
  return row[b.length];
}
