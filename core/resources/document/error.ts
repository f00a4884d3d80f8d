import type { Node, Where } from "./node.ts";
import { whereOfNode } from "./node.ts";

/** Stable names of what can be wrong with a resource. */
export type ResourceErrorCode =
  /** The text is not valid YAML or JSON. */
  | "syntax"
  | "duplicate_key"
  /** Nested too deeply, or aliases that expand to too much. */
  | "too_large"
  /** Nobody knows this field. */
  | "unknown_field"
  /** Envoy knows it, this proxy does not do it. */
  | "unsupported_field"
  | "unsupported_value"
  | "wrong_type"
  | "out_of_range"
  | "invalid_value"
  | "invalid_enum"
  | "missing_field"
  | "oneof_conflict"
  | "oneof_missing"
  | "unknown_type_url"
  /** Nobody knows this `kind`, or not in this `apiVersion`. */
  | "unknown_kind"
  /** Known, and passed over. */
  | "unsupported_kind"
  | "missing_type_url"
  /** Names something that is not there: a service, subset, delegate, Secret. */
  | "unknown_reference"
  /** Is not in force because of something else, mostly older, that excludes it. */
  | "conflict"
  /** Does nothing where it stands. */
  | "without_effect"
  /** Checks across resources. */
  | "unknown_cluster"
  | "duplicate_name"
  | "duplicate_domain"
  | "duplicate_address"
  | "unknown_filter"
  | "filter_order";

/** One mistake in a resource. */
export interface ResourceError extends Where {
  readonly severity: "error" | "warning";
  readonly code: ResourceErrorCode;
  /** What stands there, as short text: `"abc"`, `5`, `a list`. "" when nothing does. */
  readonly found: string;
  /** What was wanted: `an integer from 0 to 65535`. "" when there is nothing to want. */
  readonly wanted: string;
  /** The whole sentence, without place and path. */
  readonly message: string;
}

/** Options of `errorAt`. */
export interface ErrorDetails {
  readonly found?: string;
  readonly wanted?: string;
  readonly severity?: "error" | "warning";
  /** Names a member of the node in the path, and with `offset` its place. */
  readonly key?: string;
  readonly offset?: number;
}

/** An error that stands at a node. */
export function errorAt(node: Node, code: ResourceErrorCode, message: string, details: ErrorDetails = {}): ResourceError {
  const { file, line, column, path } = whereOfNode(node, details.offset, details.key);
  const { found = "", wanted = "", severity = "error" } = details;
  return { file, line, column, path, severity, code, found, wanted, message };
}

/** `file:line:column: error: path: message`, one line for each error. Parts that are not known are left out. */
export function formatErrors(errors: readonly ResourceError[]): string {
  return errors.map(formatError).join("\n");
}

/** One error as one line, see `formatErrors`. */
export function formatError(error: ResourceError): string {
  const place = error.line > 0 ? `${error.file}:${error.line}:${error.column}` : error.file;
  return [place, error.severity, error.path, error.message].filter((part) => part !== "").join(": ");
}

const MAX_FOUND = 60;

/** A node in a few words, for messages. */
export function describeNode(node: Node): string {
  if (node.kind === "map") return "an object";
  if (node.kind === "list") return "a list";
  if (node.plain) return node.text === "" ? "nothing" : shorten(node.text);
  return JSON.stringify(shorten(node.text));
}

function shorten(text: string): string {
  return text.length > MAX_FOUND ? `${text.slice(0, MAX_FOUND)}...` : text;
}
