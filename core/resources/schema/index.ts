/**
 * The engine that reads resources: one description of a message gives its static type and its strict reader.
 *
 * ```ts
 * const Pet = message("example.Pet", { name: string({ minLength: 1 }), age: uint32Value({ max: 30 }), nap: duration({ default: 600_000 }) });
 * type Pet = Infer<typeof Pet>; // { name: string | undefined, age: number | undefined, nap: number }
 * const { value, errors } = decodeText(Pet, "name: Tom\nnap: 60s\n", { file: "pet.yaml" });
 * ```
 */
export type { ResourceError, ResourceErrorCode } from "../document/error.ts";
export { errorAt, formatError, formatErrors } from "../document/error.ts";
export type { MapNode, Node, Where } from "../document/node.ts";
export { locate, whereOfNode } from "../document/node.ts";
export { nodesOf, parseDocument, parseDocumentSliced, parseDocuments, parseDocumentsSliced } from "../document/parse.ts";
export type { ParsedDocument, ParseOptions } from "../document/parse.ts";
export type { JsonObject, JsonValue } from "../document/scalar.ts";
export { any, parse, TypedConfig } from "./any.ts";
export { bytes } from "./bytes.ts";
export type { ListOptions } from "./collections.ts";
export { list, map, struct, value } from "./collections.ts";
export type { DecodeOptions } from "./context.ts";
export { DecodeContext, nodeOf, whereOf } from "./context.ts";
export type { Decoded } from "./decode.ts";
export { decode, decodeText, decodeValue } from "./decode.ts";
export { duration } from "./duration.ts";
export { enumOf } from "./enum.ts";
export type { Complain, MessageOf, MessageOptions, MessageSchema, OneOf } from "./message.ts";
export { message } from "./message.ts";
export {
  bool,
  boolValue,
  double,
  doubleValue,
  headerName,
  headerValue,
  int32,
  int64,
  string,
  uint32,
  uint32Value,
  uint64,
  uint64Value,
} from "./scalars.ts";
export type { FieldType, Infer, Schema } from "./schema.ts";
export { lazy, notBuilt, orEmpty, required, unsupported, withDefault } from "./schema.ts";
