import { errorAt, type ResourceError, type ResourceErrorCode } from "../resources/document/error.ts";
import { parse, type TypedConfig } from "../resources/schema/any.ts";
import { DecodeContext, nodeOf } from "../resources/schema/context.ts";
import type { MessageSchema } from "../resources/schema/message.ts";

/** A mistake found while a resource is compiled. Who compiles turns it into a `ResourceError`: it knows where the resource came from. */
export interface Problem {
  /** The resource object that holds the mistake. */
  readonly about: object;
  /** Its field, in camelCase, or "" for the object as a whole. */
  readonly key: string;
  readonly code: ResourceErrorCode;
  readonly message: string;
  readonly found?: string;
  readonly wanted?: string;
  /** The same, found while an extension's configuration was read, with its place. */
  readonly error?: ResourceError;
}

/** Takes the mistakes of a compilation. A compiler goes on after reporting, so that all of them are found at once. */
export type Report = (problem: Problem) => void;

/** A problem as an error with the place in the file, when the resource was read from one. */
export function toResourceError(problem: Problem): ResourceError {
  const { about, key, code, message, found = "", wanted = "", error } = problem;
  if (error !== undefined) return error;
  const node = nodeOf(about);
  if (node === undefined) return { file: "", line: 0, column: 0, path: key, severity: "error", code, found, wanted, message };
  if (node.kind !== "map" || key === "") return errorAt(node, code, message, { found, wanted });
  const snake = key.replace(/[A-Z]/g, (upper) => `_${upper.toLowerCase()}`);
  const member = node.get(snake) ?? node.get(key);
  return member === undefined
    ? errorAt(node, code, message, { found, wanted, key: snake })
    : errorAt(member, code, message, { found, wanted });
}

/** Reads the configuration of an extension; undefined after mistakes, which are reported. */
export function parseReporting<V>(
  schema: Pick<MessageSchema<V>, "decodeAny">,
  config: TypedConfig,
  report: Report,
): V | undefined {
  const context = new DecodeContext();
  const value = parse(schema, config, context);
  for (const error of context.errors) {
    if (error.severity === "error") report({ about: config, key: "", code: error.code, message: error.message, error });
  }
  return context.failures === 0 ? value : undefined;
}
