import type { JsonObject, JsonValue } from "../../core/resources/document/scalar.ts";

/** Fields whose members' names are data, and whose values are messages again. */
const MAPS_OF_MESSAGES: ReadonlySet<string> = new Set([
  "typed_per_filter_config",
  "typed_extension_protocol_options",
  "typed_filter_metadata",
]);
/** Fields that hold plain JSON: a Struct, or a map of texts. */
const PLAIN: ReadonlySet<string> = new Set([
  "filter_metadata",
  "json_format",
  "typed_json_format",
  "static_layer",
  "dynamic_parameters",
  "labels",
]);

/** A resource as its author wrote it, with field names in snake_case, as Envoy dumps it. Data of the author's own is left alone. */
export function toSnakeCase(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map(toSnakeCase);
  return isObject(value) ? members(value) : value;
}

function members(object: JsonObject): JsonObject {
  const type = object["@type"];
  const typedStruct = typeof type === "string" && type.endsWith(".TypedStruct");
  const out: Record<string, JsonValue> = {};
  for (const [key, value] of Object.entries(object)) {
    const snake = key.replace(/[A-Z]/g, (upper) => "_" + upper.toLowerCase());
    if (PLAIN.has(snake) || (typedStruct && snake === "value") || isNodeMetadata(object, snake)) out[snake] = value;
    else if (MAPS_OF_MESSAGES.has(snake) && isObject(value)) {
      out[snake] = Object.fromEntries(Object.entries(value).map(([name, message]) => [name, toSnakeCase(message)]));
    } else out[snake] = toSnakeCase(value);
  }
  return out;
}

/** `Node.metadata` is a Struct; every other `metadata` is a message that holds `filter_metadata`. */
function isNodeMetadata(owner: JsonObject, key: string): boolean {
  if (key !== "metadata") return false;
  const value = owner[key];
  return isObject(value) && !Object.keys(value).every((name) => /^(?:typed_?)?filter_?metadata$/i.test(name));
}

/** Whether a JSON value is an object. */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
