import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type * as Protobuf from "protobufjs";
import { describe, expect, it } from "vitest";
import { Bootstrap } from "./bootstrap.ts";
import { builtInExtensions } from "./extensions.ts";
import type { MessageSchema, Schema } from "./schema/index.ts";
import { decodeValue } from "./schema/index.ts";

/**
 * Envoy states the limits of its fields as `validate.rules` in its `.proto` files. Each is turned into a value that just keeps it and
 * one that just breaks it.
 */
const require = createRequire(import.meta.url);
const protobuf = require("protobufjs") as typeof Protobuf;
const deps = join(dirname(require.resolve("@grpc/grpc-js-xds/package.json")), "deps");

type AnySchema = Schema<unknown, unknown>;
type Rules = Readonly<Record<string, unknown>>;

function resolve(schema: AnySchema): AnySchema {
  return (schema.kind === "lazy" || schema.kind === "mapped") && schema.inner !== undefined ? resolve(schema.inner()) : schema;
}

function allMessages(): Map<string, MessageSchema<unknown>> {
  const found = new Map<string, MessageSchema<unknown>>();
  const visit = (schema: AnySchema): void => {
    const inner = resolve(schema);
    if (inner.kind === "message") {
      const message = inner as unknown as MessageSchema<unknown>;
      if (found.has(message.typeName)) return;
      found.set(message.typeName, message);
      for (const field of Object.values(message.fields)) visit(field);
    } else if (inner.inner !== undefined) visit(inner.inner());
  };
  visit(Bootstrap);
  for (const { schema } of builtInExtensions.values()) if (schema !== undefined) visit(schema as unknown as AnySchema);
  return found;
}

const messages = allMessages();

/** The types of all files that define one of our messages. */
function protoTypes(): Map<string, Protobuf.Type> {
  const types = new Map<string, Protobuf.Type>();
  const collect = (namespace: Protobuf.NamespaceBase): void => {
    for (const object of namespace.nestedArray) {
      if (object instanceof protobuf.Type) types.set(object.fullName.slice(1), object);
      if (object instanceof protobuf.Namespace) collect(object);
    }
  };
  const directories = new Set([...messages.keys()].map((name) => name.slice(0, name.search(/\.[A-Z]/)).replaceAll(".", "/")));
  for (const directory of directories) {
    for (const base of ["envoy-api", "xds"]) {
      let files: string[];
      try {
        files = readdirSync(join(deps, base, directory));
      } catch {
        continue;
      }
      for (const file of files.filter((name) => name.endsWith(".proto"))) {
        collect(
          protobuf.parse(readFileSync(join(deps, base, directory, file), "utf8"), new protobuf.Root(), { keepCase: true }).root,
        );
      }
    }
  }
  return types;
}

const types = protoTypes();

function rulesOf(field: Protobuf.Field): Rules {
  const options: readonly Rules[] = (field.parsedOptions as Rules[] | undefined) ?? [];
  const rules: Record<string, unknown> = {};
  for (const option of options) Object.assign(rules, option["(validate.rules)"]);
  return rules;
}

const milliseconds = (value: Rules): number => Number(value["seconds"] ?? 0) * 1000 + Number(value["nanos"] ?? 0) / 1e6;
const seconds = (ms: number): string => `${(ms / 1000).toFixed(9)}s`;

/** Values that keep and that break a rule of a scalar. */
function probes(kind: string, rules: Rules): { good: unknown[]; bad: unknown[] } {
  const good: unknown[] = [];
  const bad: unknown[] = [];
  const number = (name: string): number | undefined => (rules[name] === undefined ? undefined : Number(rules[name]));
  if (kind === "duration") {
    for (const [name, sign, open] of [
      ["gt", 1, true],
      ["gte", 1, false],
      ["lt", -1, true],
      ["lte", -1, false],
    ] as const) {
      if (rules[name] === undefined) continue;
      const limit = milliseconds((rules[name] ?? {}) as Rules);
      // As small as a double of that size can be told from.
      const step = limit > 1e9 ? 1 : 0.000001;
      good.push(seconds(open ? limit + sign * step : limit));
      bad.push(seconds(open ? limit : limit - sign * step));
    }
  } else if (/^u?int(32|64)(_value)?$|^double(_value)?$/.test(kind)) {
    const step = kind.startsWith("double") ? 0.001 : 1;
    const limits = { gt: number("gt"), gte: number("gte"), lt: number("lt"), lte: number("lte") };
    const inside = (value: number): boolean =>
      value > (limits.gt ?? -Infinity) &&
      value >= (limits.gte ?? -Infinity) &&
      value < (limits.lt ?? Infinity) &&
      value <= (limits.lte ?? Infinity);
    for (const limit of Object.values(limits)) {
      if (limit === undefined) continue;
      for (const value of [limit - step, limit, limit + step]) (inside(value) ? good : bad).push(value);
    }
  } else if (kind === "string") {
    if (Number(rules["min_len"] ?? 0) > 0) bad.push("");
    if (rules["max_bytes"] !== undefined) {
      good.push("x".repeat(Number(rules["max_bytes"])));
      bad.push("x".repeat(Number(rules["max_bytes"]) + 1));
    }
    if (rules["well_known_regex"] !== undefined) bad.push("a\nb", "a\u0000b");
    if (rules["in"] !== undefined) bad.push("none of them");
  } else if (kind === "enum" && rules["defined_only"] === true) bad.push("NONE_OF_THEM", 4711);
  return { good, bad };
}

interface Probe {
  readonly message: string;
  readonly field: string;
  readonly value: unknown;
  readonly good: boolean;
}

function probesOf(typeName: string): Probe[] {
  const schema = messages.get(typeName) as MessageSchema<unknown>;
  const type = types.get(typeName);
  if (type === undefined) return [];
  const found: Probe[] = [];
  for (const [name, ours] of Object.entries(schema.fields)) {
    const field = type.fields[schema.protoName(name)];
    if (field === undefined || ours.unsupported !== undefined) continue;
    const rules = rulesOf(field);
    const inner = resolve(ours);
    const add = (values: readonly unknown[], good: boolean): void => {
      for (const value of values) found.push({ message: typeName, field: field.name, value, good });
    };
    if (inner.kind === "list" && inner.inner !== undefined) {
      const { min_items: min = 0, items } = (rules["repeated"] ?? {}) as { min_items?: number; items?: Rules };
      if (min > 0) add([[]], false);
      const item = resolve(inner.inner());
      const itemRules = items === undefined ? {} : ((Object.values(items)[0] ?? {}) as Rules);
      const { good, bad } = probes(item.kind, itemRules);
      add(
        good.map((value) => Array(Math.max(1, min)).fill(value)),
        true,
      );
      add(
        bad.map((value) => Array(Math.max(1, min)).fill(value)),
        false,
      );
      continue;
    }
    const own = (rules[inner.kind.replace("_value", "")] ?? {}) as Rules;
    const { good, bad } = probes(inner.kind, own);
    add(good, true);
    add(bad, false);
    const must = [rules["message"], rules["any"], rules["duration"]].some(
      (rule) => (rule as Rules | undefined)?.["required"] === true,
    );
    const inOneof = schema.oneofs.some(({ fields }) => fields.includes(name));
    if ((must || Number((rules["string"] as Rules | undefined)?.["min_len"] ?? 0) > 0) && !inOneof) add([undefined], false);
  }
  return found;
}

function title({ message, field, value, good }: Probe): string {
  const shown = JSON.stringify(value) ?? "unset";
  return `${message}.${field}: ${shown.length > 30 ? `${shown.length} characters` : shown} is ${good ? "taken" : "refused"}`;
}

/** Rules that newer versions of Envoy have dropped. */
const DROPPED = new Set([
  "envoy.config.core.v3.RuntimeUInt32.runtime_key",
  "envoy.config.core.v3.RuntimeDouble.runtime_key",
  "envoy.config.metrics.v3.HistogramBucketSettings.buckets",
]);

const all = [...messages.keys()].flatMap(probesOf).filter(({ message, field }) => !DROPPED.has(`${message}.${field}`));

describe("the limits that Envoy states for its fields", () => {
  it("are found in its files", () => {
    expect(all.length).toBeGreaterThan(200);
  });

  it.each(all.map((probe) => [title(probe), probe] as const))("%s", (_, { message, field, value, good }) => {
    const schema = messages.get(message) as MessageSchema<unknown>;
    const { errors } = decodeValue(schema, { [field]: value }, { file: "probe" });
    const about = errors.filter(
      ({ path, message: text }) => path.startsWith(field) || (path === "" && text.includes(`"${field}"`)),
    );
    if (good) expect(about).toEqual([]);
    else expect(about.length).toBeGreaterThan(0);
  });
});
