import type { JsonObject, JsonValue } from "../document/scalar.ts";
import { isNull, toJson, toJsonObject } from "../document/scalar.ts";
import type { Schema } from "./schema.ts";
import { schema } from "./schema.ts";

/** Limits of a list. */
export interface ListOptions {
  readonly min?: number;
  readonly max?: number;
  /** No value may stand twice; only for scalars. */
  readonly unique?: boolean;
  /** Whether a value that stands alone is a list of one, as Envoy reads it. Default true. */
  readonly single?: boolean;
}

const NO_ITEMS: readonly never[] = Object.freeze([]);

/** A repeated field; a value that is no list is a list of one unless `single` is false. Unset is the empty list (an error when `min` is above 0). */
export function list<V>(item: Schema<V, unknown>, options: ListOptions = {}): Schema<readonly V[], never> {
  const { min = 0, max = Infinity, unique = false, single = true } = options;
  return schema<readonly V[], never>(
    "list",
    (node, context) => {
      if (!single && node.kind !== "list") return context.wanted(node, "wrong_type", "a list");
      const items = node.kind === "list" ? node.items : [node];
      const before = context.failures;
      const values: V[] = [];
      for (const member of items) {
        if (isNull(member) && !item.nullable) {
          context.wanted(member, "wrong_type", "a value");
          continue;
        }
        const value = item.decode(member, context);
        if (value === undefined) continue;
        if (unique && values.includes(value)) context.wanted(member, "invalid_value", "each value once");
        values.push(value);
      }
      if (items.length < min || items.length > max) {
        const wanted = items.length < min ? `at least ${min} ${min === 1 ? "item" : "items"}` : `at most ${max} items`;
        context.report(node, "out_of_range", `found ${items.length} ${items.length === 1 ? "item" : "items"}, wanted ${wanted}`, {
          found: `${items.length} items`,
          wanted,
        });
      }
      return context.failures === before || context.partial ? values : undefined;
    },
    { default: NO_ITEMS, required: min > 0, inner: () => item },
  );
}

const NO_ENTRIES: Readonly<Record<string, never>> = Object.freeze(Object.create(null) as Record<string, never>);

/**
 * A map with string keys. Unset is the empty map. The object has no prototype: any key is safe to look up.
 */
export function map<V>(
  value: Schema<V, unknown>,
  options: { readonly min?: number; readonly keyMinLength?: number } = {},
): Schema<Readonly<Record<string, V>>, never> {
  const { min = 0, keyMinLength = 0 } = options;
  return schema<Readonly<Record<string, V>>, never>(
    "map",
    (node, context) => {
      if (node.kind !== "map") return context.wanted(node, "wrong_type", "an object");
      const before = context.failures;
      const entries = Object.create(null) as Record<string, V>;
      for (let i = 0; i < node.keys.length; i++) {
        const key = node.keys[i];
        if (key.length < keyMinLength) {
          context.report(node, "invalid_value", 'found "", wanted a key that is not empty', { offset: node.keyOffsets[i], key });
        }
        const member = node.values[i];
        if (isNull(member) && !value.nullable) {
          context.wanted(member, "wrong_type", "a value");
          continue;
        }
        const decoded = value.decode(member, context);
        if (decoded !== undefined) entries[key] = decoded;
      }
      if (node.keys.length < min) {
        const wanted = `at least ${min} ${min === 1 ? "entry" : "entries"}`;
        context.report(node, "out_of_range", `found none, wanted ${wanted}`, { wanted });
      }
      return context.failures === before || context.partial ? entries : undefined;
    },
    { default: NO_ENTRIES, required: min > 0, inner: () => value },
  );
}

/** A `google.protobuf.Struct`: a plain JSON object without prototype, its members untouched. */
export function struct(): Schema<JsonObject> {
  return schema<JsonObject>("struct", (node, context) => {
    if (node.kind !== "map") return context.wanted(node, "wrong_type", "an object");
    return toJsonObject(node);
  });
}

/** A `google.protobuf.Value`: any JSON value, null included. */
export function value(): Schema<JsonValue> {
  return schema<JsonValue>("value", toJson, { nullable: true });
}
