import { isNull } from "../../../../core/resources/document/scalar.ts";
import {
  enumOf as anyEnum,
  list as anyList,
  message as anyMessage,
  type FieldType,
  type MessageOf,
  type MessageOptions,
  type MessageSchema,
  type Schema,
} from "../../../../core/resources/schema/index.ts";
import { schema, type AbsentBy, type FieldOptions } from "../../../../core/resources/schema/schema.ts";
import { plainInteger, scalarNumber } from "../../../../core/resources/document/scalar.ts";

type Fields = Readonly<Record<string, Schema<unknown, unknown>>>;

/** A message of Istio's API: keys in camelCase only, as its CRDs have them. Named in errors by its short name. */
export function message<F extends Fields>(
  name: string,
  fields: F,
  options: MessageOptions<F> = {},
): MessageSchema<MessageOf<F>, F> {
  return anyMessage(name, fields, { ...options, names: "camelCase" });
}

/** A message of Kubernetes' API, of which only some fields are of interest: the others are passed over. */
export function kubernetes<F extends Fields>(
  name: string,
  fields: F,
  options: MessageOptions<F> = {},
): MessageSchema<MessageOf<F>, F> {
  return anyMessage(name, fields, { ...options, names: "camelCase", unknown: "ignore" });
}

/** A repeated field. A value that stands alone is refused, as Kubernetes does. */
export function list<V>(
  item: Schema<V, unknown>,
  options: { readonly min?: number; readonly max?: number } = {},
): Schema<readonly V[], never> {
  return anyList(item, { ...options, single: false });
}

/** An enum by its names, exactly as written: Istio's reader takes neither another case nor numbers. */
export function enumOf<const N extends string, const O extends FieldOptions<N>>(
  names: readonly N[],
  options?: O,
): Schema<N, AbsentBy<O>> {
  return anyEnum<N, never, O & { readonly exact: true }>(names, { ...options, exact: true } as never) as Schema<N, AbsentBy<O>>;
}

/** Text that YAML takes for something else: Kubernetes wants a string, and refuses what is not quoted. */
function isText(text: string, plain: boolean): boolean {
  if (!plain) return true;
  if (text.length < 6 && NOT_TEXT.has(text)) return false;
  const first = text.charCodeAt(0);
  // Digits, "+", "-" and "." are what numbers begin with.
  if (first > 0x39 || (first < 0x30 && first !== 0x2b && first !== 0x2d && first !== 0x2e)) return true;
  return plainInteger(text) === undefined && !NUMBER.test(text);
}

const NOT_TEXT: ReadonlySet<string> = new Set(
  ["", "~", "null", "true", "false", "yes", "no", "y", "n", "on", "off"].flatMap((word) => [
    word,
    word.toUpperCase(),
    word.slice(0, 1).toUpperCase() + word.slice(1),
  ]),
);
const NUMBER = /^[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$/;

/** A string. The empty one is an unset one, as proto3 has it. */
export function string<const O extends FieldOptions<string>>(options?: O): Schema<string, AbsentBy<O>> {
  return schema<string, AbsentBy<O>>(
    "string",
    (node, context) => {
      if (node.kind !== "scalar") return context.wanted(node, "wrong_type", "a string");
      if (!isText(node.text, node.plain)) return context.wanted(node, "wrong_type", "a string", `quote it: "${node.text}"`);
      if (node.text !== "") return node.text;
      return options?.required === true ? context.wanted(node, "invalid_value", "a string that is not empty") : options?.default;
    },
    options,
  );
}

/** A string of a oneof or a map, where the empty one is a value like others. */
export function anyString<const O extends FieldOptions<string>>(options?: O): Schema<string, AbsentBy<O>> {
  return schema<string, AbsentBy<O>>(
    "string",
    (node, context) => {
      if (node.kind !== "scalar") return context.wanted(node, "wrong_type", "a string");
      if (!isText(node.text, node.plain)) return context.wanted(node, "wrong_type", "a string", `quote it: "${node.text}"`);
      return node.text;
    },
    options,
  );
}

/** A string or a whole number, for ports that have a name or a number (`IntOrString`). */
export function intOrString(): Schema<string | number> {
  return schema<string | number>("int_or_string", (node, context) => {
    if (node.kind !== "scalar") return context.wanted(node, "wrong_type", "a number or a name");
    return node.plain ? (scalarNumber(node) ?? node.text) : node.text;
  });
}

// Go's time.ParseDuration: a sequence of decimal numbers, each with its unit.
const GO_DURATION = /^[-+]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:ns|us|\u00b5s|\u03bcs|ms|s|m|h))+$/;
const PART = /([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/g;
const UNITS: Readonly<Record<string, number>> = { ns: -6, us: -3, "\u00b5s": -3, "\u03bcs": -3, ms: 0, s: 3 };

/** Limits of a duration in milliseconds, inclusive. */
export interface DurationOptions extends FieldOptions<number> {
  /** Default 1, and only whole ones, as Istio wants nearly everywhere. */
  readonly min?: number;
}

/** A duration as Istio reads it, which is as Go does (`1.5s`, `250ms`, `1m30s`, `1h`), as a number of MILLISECONDS. */
export function duration<const O extends DurationOptions>(options?: O): Schema<number, AbsentBy<O>> {
  const min = options?.min ?? 1;
  return schema<number, AbsentBy<O>>(
    "duration",
    (node, context) => {
      const value = node.kind === "scalar" ? parseDuration(node.text) : undefined;
      if (value === undefined)
        return context.wanted(node, "wrong_type", 'a duration such as "1.5s", "250ms" or "1h"', hint(node));
      if (value < min) return context.wanted(node, "out_of_range", `a duration of at least ${min}ms`);
      if (!Number.isInteger(value)) return context.wanted(node, "out_of_range", "whole milliseconds");
      return value;
    },
    options,
  );
}

function hint(node: { readonly kind: string; readonly text?: string }): string {
  return node.text !== undefined && /^[0-9]+(?:\.[0-9]+)?$/.test(node.text) ? `write "${node.text}s"` : "";
}

/** Milliseconds of a duration in Go's form, or undefined. */
export function parseDuration(text: string): number | undefined {
  if (text === "0" || text === "+0" || text === "-0") return 0;
  if (!GO_DURATION.test(text)) return undefined;
  let total = 0;
  for (const [, digits, unit] of text.matchAll(PART)) {
    if (unit === "m") total += Number(digits) * 60_000;
    else if (unit === "h") total += Number(digits) * 3_600_000;
    // By its decimal text, so that 0.1ms is not a little less.
    else total += Number(`${digits}e${UNITS[unit]}`);
  }
  // Go's durations are 64 bits of nanoseconds: 292 years.
  if (total > 9_223_372_036_854) return undefined;
  return text.startsWith("-") ? -total : total;
}

/** A message that may be written as null where that is a value (of a map): then it is the one without members. */
export function nullIsEmpty<V>(inner: Schema<V> & { empty(): V }): Schema<V> {
  return { ...inner, nullable: true, decode: (node, context) => (isNull(node) ? inner.empty() : inner.decode(node, context)) };
}

export type { FieldType };
