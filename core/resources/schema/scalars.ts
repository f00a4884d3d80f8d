import { Buffer } from "node:buffer";
import type { Node } from "../document/node.ts";
import { plainBoolean, plainInteger, scalarNumber } from "../document/scalar.ts";
import type { DecodeContext } from "./context.ts";
import type { AbsentBy, FieldOptions, Schema } from "./schema.ts";
import { schema } from "./schema.ts";

/** Limits of a string. Lengths are in UTF-16 units, except `maxBytes`. */
export interface StringOptions extends FieldOptions<string> {
  readonly minLength?: number;
  readonly maxBytes?: number;
  /** What the whole string must match, and how to say so. */
  readonly pattern?: { readonly regex: RegExp; readonly wanted: string };
  /** The only values. */
  readonly in?: readonly string[];
}

/**
 * A string. Envoy takes an unset string for an empty one: a minimal length makes a field `required` too, unless it is in a oneof.
 * An unquoted small integer, boolean or null is refused, as Envoy does: quote it.
 */
export function string<const O extends StringOptions>(options?: O): Schema<string, AbsentBy<O>> {
  const { minLength = 0, maxBytes = Infinity, pattern } = options ?? {};
  const allowed = options?.in;
  const checked = minLength > 0 || maxBytes !== Infinity || pattern !== undefined || allowed !== undefined;
  return schema<string, AbsentBy<O>>(
    "string",
    (node, context) => {
      if (node.kind !== "scalar") return context.wanted(node, "wrong_type", "a string");
      const { text } = node;
      if (node.plain && notText(text)) return context.wanted(node, "wrong_type", "a string", `quote it: "${text}"`);
      if (!checked) return text;
      if (text.length < minLength)
        return context.wanted(
          node,
          "invalid_value",
          minLength === 1 ? "a string that is not empty" : `at least ${minLength} characters`,
        );
      if (maxBytes !== Infinity && Buffer.byteLength(text) > maxBytes)
        return context.wanted(node, "invalid_value", `at most ${maxBytes} bytes`);
      if (pattern !== undefined && !pattern.regex.test(text)) return context.wanted(node, "invalid_value", pattern.wanted);
      if (allowed !== undefined && !allowed.includes(text))
        return context.wanted(node, "invalid_value", `one of ${allowed.join(", ")}`);
      return text;
    },
    options,
  );
}

/** Envoy keeps unquoted text, also numbers with a fraction or beyond 32 bits, but not what YAML makes a boolean or a small integer. */
function notText(text: string): boolean {
  if (text.length < 6 && NOT_TEXT.has(text)) return true;
  const integer = plainInteger(text);
  return integer !== undefined && integer >= -2_147_483_648 && integer <= 2_147_483_647;
}

// "yes", "on", "y" and the like stay text, although Envoy refuses them: YAML 1.2 has no such booleans.
const NOT_TEXT: ReadonlySet<string> = new Set([
  "",
  "~",
  "null",
  "Null",
  "NULL",
  "true",
  "True",
  "TRUE",
  "false",
  "False",
  "FALSE",
]);

// RFC 9110 section 5.1, and a leading colon for pseudo-headers. Envoy takes more; such names could never be sent or met.
const HEADER_NAME = /^:?[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
// RFC 9110 section 5.5: what would split or truncate a message.
const HEADER_VALUE = /^[^\u0000\n\r]*$/;

/** The name of a header or pseudo-header, in lower case. */
export function headerName<const O extends FieldOptions<string> & { readonly maxBytes?: number }>(
  options?: O,
): Schema<string, AbsentBy<O>> {
  const inner = string({ maxBytes: options?.maxBytes, pattern: { regex: HEADER_NAME, wanted: "the name of a header" } });
  return schema<string, AbsentBy<O>>("string", (node, context) => inner.decode(node, context)?.toLowerCase(), options);
}

/** The value of a header: no NUL, CR or LF. */
export function headerValue<const O extends StringOptions>(options?: O): Schema<string, AbsentBy<O>> {
  return string({ ...(options as O), pattern: { regex: HEADER_VALUE, wanted: "a header value, without NUL, CR and LF" } });
}

/** A boolean: `true`, `false`, or what Envoy takes for one (`yes`, `on`, `"true"`). */
export function bool<const O extends FieldOptions<boolean>>(options?: O): Schema<boolean, AbsentBy<O>> {
  return schema<boolean, AbsentBy<O>>("bool", decodeBool, options);
}

function decodeBool(node: Node, context: DecodeContext): boolean | undefined {
  if (node.kind === "scalar") {
    const { text } = node;
    if (text === "true") return true;
    if (text === "false") return false;
    const value = node.plain ? plainBoolean(text) : undefined;
    if (value !== undefined) return value;
  }
  return context.wanted(node, "wrong_type", "true or false");
}

/** A wrapper (`google.protobuf.BoolValue`): unset differs from false. `{ value: true }` is read too. */
export function boolValue<const O extends FieldOptions<boolean>>(options?: O): Schema<boolean, AbsentBy<O>> {
  return schema<boolean, AbsentBy<O>>("bool_value", (node, context) => decodeBool(unwrap(node), context), options);
}

/** The inside of a wrapper that is written as a message, as old files do. */
function unwrap(node: Node): Node {
  if (node.kind === "map" && node.keys.length === 1 && node.keys[0] === "value") return node.values[0];
  return node;
}

/** Limits of a number, inclusive unless they say otherwise. */
export interface NumberOptions extends FieldOptions<number> {
  readonly min?: number;
  readonly max?: number;
  readonly above?: number;
  readonly below?: number;
}

/** An integer of 32 bits, without sign. Without a default, unset is undefined. */
export function uint32<const O extends NumberOptions>(options?: O): Schema<number, AbsentBy<O>> {
  return number<O>("uint32", true, 0, 4_294_967_295, options, false);
}

/** A wrapper (`google.protobuf.UInt32Value`): unset differs from 0. `{ value: 5 }` is read too. */
export function uint32Value<const O extends NumberOptions>(options?: O): Schema<number, AbsentBy<O>> {
  return number<O>("uint32_value", true, 0, 4_294_967_295, options, true);
}

/** An integer of 32 bits. */
export function int32<const O extends NumberOptions>(options?: O): Schema<number, AbsentBy<O>> {
  return number<O>("int32", true, -2_147_483_648, 2_147_483_647, options, false);
}

/** An integer of 64 bits without sign as a number: the nearest one beyond 2^53. */
export function uint64<const O extends NumberOptions>(options?: O): Schema<number, AbsentBy<O>> {
  return number<O>("uint64", true, 0, 18_446_744_073_709_551_615, options, false);
}

/** A wrapper (`google.protobuf.UInt64Value`). */
export function uint64Value<const O extends NumberOptions>(options?: O): Schema<number, AbsentBy<O>> {
  return number<O>("uint64_value", true, 0, 18_446_744_073_709_551_615, options, true);
}

/** An integer of 64 bits as a number: the nearest one beyond 2^53. */
export function int64<const O extends NumberOptions>(options?: O): Schema<number, AbsentBy<O>> {
  return number<O>("int64", true, -9_223_372_036_854_775_808, 9_223_372_036_854_775_807, options, false);
}

/** A number, whole or not. */
export function double<const O extends NumberOptions>(options?: O): Schema<number, AbsentBy<O>> {
  return number<O>("double", false, -Infinity, Infinity, options, false);
}

/** A wrapper (`google.protobuf.DoubleValue`). */
export function doubleValue<const O extends NumberOptions>(options?: O): Schema<number, AbsentBy<O>> {
  return number<O>("double_value", false, -Infinity, Infinity, options, true);
}

function number<O extends NumberOptions>(
  kind: string,
  integer: boolean,
  lowest: number,
  highest: number,
  options: O | undefined,
  wrapped: boolean,
): Schema<number, AbsentBy<O>> {
  const min = Math.max(options?.min ?? lowest, lowest);
  const max = Math.min(options?.max ?? highest, highest);
  const above = options?.above ?? -Infinity;
  const below = options?.below ?? Infinity;
  const wanted = wantedNumber(integer ? "an integer" : "a number", integer, min, max, above, below);
  return schema<number, AbsentBy<O>>(
    kind,
    (outer, context) => {
      const node = wrapped ? unwrap(outer) : outer;
      const value = node.kind === "scalar" ? scalarNumber(node) : undefined;
      if (value === undefined) return context.wanted(node, "wrong_type", wanted);
      if (integer && !Number.isInteger(value)) return context.wanted(node, "wrong_type", wanted);
      // Written so that NaN is out of every range.
      const inside =
        value >= min && value <= max && !(value <= above && above !== -Infinity) && !(value >= below && below !== Infinity);
      if (!inside) return context.wanted(node, "out_of_range", wanted);
      return value;
    },
    options,
  );
}

function wantedNumber(what: string, integer: boolean, min: number, max: number, above: number, below: number): string {
  // Limits of whole numbers read best as the first and last that are allowed.
  const from = integer && above !== -Infinity ? Math.max(min, above + 1) : min;
  const to = integer && below !== Infinity ? Math.min(max, below - 1) : max;
  if (!integer && above !== -Infinity)
    return below === Infinity && to === Infinity ? `${what} above ${above}` : `${what} above ${above}, to ${Math.min(to, below)}`;
  if (from === -Infinity && to === Infinity) return what;
  if (to === Infinity) return `${what} of at least ${from}`;
  return `${what} from ${from} to ${to}`;
}
