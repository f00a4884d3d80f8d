import type { ResourceError } from "../document/error.ts";
import type { Node } from "../document/node.ts";
import type { ParseOptions } from "../document/parse.ts";
import { nodesOf, parseDocument } from "../document/parse.ts";
import type { DecodeOptions } from "./context.ts";
import { DecodeContext } from "./context.ts";
import type { Schema } from "./schema.ts";

/**
 * Reads a node. Undefined when anything was wrong; the mistakes, all of them, are in `context.errors`. Warnings do not count.
 */
export function decode<V>(schema: Schema<V, unknown>, node: Node, context: DecodeContext): V | undefined {
  const before = context.failures;
  const value = schema.decode(node, context);
  return context.failures === before ? value : undefined;
}

/** What reading a whole text or value gives: `value` is undefined when an error (not a warning) is among `errors`. */
export interface Decoded<V> {
  readonly value: V | undefined;
  readonly errors: readonly ResourceError[];
  /** Fields passed over, with `unknownFields: "count"`. */
  readonly unknownFields: number;
}

/** Reads a text: `parseDocument` and `decode` in one. */
export function decodeText<V>(schema: Schema<V, unknown>, text: string, options: ParseOptions & DecodeOptions): Decoded<V> {
  const context = new DecodeContext(options);
  const document = parseDocument(text, options);
  for (const error of document.errors) context.add(error);
  const value = document.root === undefined ? undefined : schema.decode(document.root, context);
  return { value: context.failures === 0 ? value : undefined, errors: context.errors, unknownFields: context.unknownFields };
}

/** Reads a value that has no text: proto3-JSON received over xDS, or a resource that a program makes. `file` names the source in errors. */
export function decodeValue<V>(
  schema: Schema<V, unknown>,
  value: unknown,
  options: DecodeOptions & { readonly file: string; readonly pathPrefix?: string },
): Decoded<V> {
  const context = new DecodeContext(options);
  const decoded = schema.decode(nodesOf(value, options), context);
  return { value: context.failures === 0 ? decoded : undefined, errors: context.errors, unknownFields: context.unknownFields };
}
