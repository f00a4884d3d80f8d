import type { Node, Where } from "../document/node.ts";
import { ScalarNode, MapNode, whereOfNode } from "../document/node.ts";
import type { JsonObject } from "../document/scalar.ts";
import { toJsonObject } from "../document/scalar.ts";
import type { DecodeContext } from "./context.ts";
import { remember } from "./context.ts";
import type { MessageSchema } from "./message.ts";
import type { AbsentBy, FieldOptions, Schema } from "./schema.ts";
import { schema } from "./schema.ts";

/**
 * A `google.protobuf.Any`: the configuration of an extension, not read yet. Whoever owns the type reads it with `parse` (a schema of
 * this folder) or takes `toJson()` (a schema of a user's own).
 */
export class TypedConfig {
  /** Full name of the message, without `type.googleapis.com/`: `envoy.extensions.filters.http.router.v3.Router`. */
  readonly typeUrl: string;
  /** Came wrapped in an `xds.type.v3.TypedStruct` or `udpa.type.v1.TypedStruct`, whose inner type `typeUrl` is. */
  readonly typedStruct: boolean;
  /** The members, raw: a map, whose `@type` is to be passed over, or for well-known types whatever stands in `value`. */
  readonly value: Node;
  /** Where the Any itself stands. */
  readonly node: Node;
  /** What `parse` made of it, and for which schema. */
  #parsed: { readonly by: object; readonly value: unknown } | undefined;

  constructor(typeUrl: string, typedStruct: boolean, value: Node, node: Node) {
    this.typeUrl = typeUrl;
    this.typedStruct = typedStruct;
    this.value = value;
    this.node = node;
  }

  get where(): Where {
    return whereOfNode(this.node);
  }

  /** Reads the members once; see `parse`. */
  parse<V>(schema: Pick<MessageSchema<V>, "decodeAny">, context: DecodeContext): V | undefined {
    if (this.#parsed?.by === schema) return this.#parsed.value as V;
    const before = context.errors.length;
    const value = schema.decodeAny(this.value, context);
    // Mistakes and warnings belong to each context that asks.
    if (context.errors.length === before) this.#parsed = { by: schema, value };
    return value;
  }

  /** The members as plain JSON, without `@type`. */
  toJson(): JsonObject {
    return this.value.kind === "map" ? toJsonObject(this.value, "@type") : {};
  }
}

const TYPED_STRUCTS: ReadonlySet<string> = new Set(["xds.type.v3.TypedStruct", "udpa.type.v1.TypedStruct"]);
const WANTED_TYPE = 'a "@type" such as "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"';

/** A field of type `google.protobuf.Any`. */
export function any<const O extends FieldOptions<TypedConfig>>(options?: O): Schema<TypedConfig, AbsentBy<O>> {
  return schema<TypedConfig, AbsentBy<O>>("any", decodeAny, options);
}

function decodeAny(node: Node, context: DecodeContext): TypedConfig | undefined {
  if (node.kind !== "map") return context.wanted(node, "wrong_type", `an object with ${WANTED_TYPE}`);
  const typeUrl = readTypeUrl(node, "@type", context);
  if (typeUrl === undefined) return undefined;
  let config: TypedConfig;
  if (TYPED_STRUCTS.has(typeUrl)) {
    const inner = readTypeUrl(node, node.get("type_url") === undefined ? "typeUrl" : "type_url", context);
    if (inner === undefined) return undefined;
    for (let i = 0; i < node.keys.length; i++) {
      const key = node.keys[i];
      if (key === "@type" || key === "type_url" || key === "typeUrl" || key === "value") continue;
      const message = `unknown field "${key}" in ${typeUrl}; the configuration itself belongs below "value"`;
      context.report(node, "unknown_field", message, {
        found: JSON.stringify(key),
        wanted: '"value"',
        offset: node.keyOffsets[i],
        key,
      });
      return undefined;
    }
    config = new TypedConfig(inner, true, member(node, "value"), node);
  } else {
    // The JSON of a well-known type is not an object, so an Any holds it as "value".
    const wellKnown = typeUrl.startsWith("google.protobuf.") && typeUrl !== "google.protobuf.Empty";
    config = new TypedConfig(typeUrl, false, wellKnown ? member(node, "value") : node, node);
  }
  remember(config, node);
  return config;
}

/** A member, or an empty object that stands where its owner does. */
function member(node: MapNode, key: string): Node {
  const value = node.get(key);
  if (value !== undefined) return value;
  const empty = new MapNode(node.offset);
  empty.parent = node.parent;
  return empty;
}

function readTypeUrl(node: MapNode, key: string, context: DecodeContext): string | undefined {
  const value = node.get(key);
  if (value === undefined) {
    const wanted = key === "@type" ? WANTED_TYPE : 'a "type_url", the type within the TypedStruct';
    context.report(node, "missing_type_url", `found none, wanted ${wanted}`, { wanted });
    return undefined;
  }
  if (!(value instanceof ScalarNode) || value.text === "") return context.wanted(value, "missing_type_url", "a type URL");
  // A plugin is named by where its code is, and that holds slashes of its own.
  if (value.text.startsWith("file:") || value.text.startsWith("npm:")) return value.text;
  return value.text.slice(value.text.lastIndexOf("/") + 1);
}

/**
 * Reads the configuration of an extension with its message's schema; undefined after mistakes, which the context has. Asking again
 * gives the same object.
 */
export function parse<V>(
  message: Pick<MessageSchema<V>, "decodeAny">,
  config: TypedConfig,
  context: DecodeContext,
): V | undefined {
  return config.parse(message, context);
}
