import type { Node, ScalarNode } from "./node.ts";

/**
 * What plain scalars mean. Envoy reads YAML with yaml-cpp, whose rules are YAML 1.1's in part: `yes` and `on` are booleans, `010` is
 * eight, `0x10` is sixteen; a number with a fraction stays text until a field asks for a number. The same here, so that a file means
 * the same to both. Quoted text is never anything but text.
 */
export function isNull(node: Node): boolean {
  return node.kind === "scalar" && node.plain && NULLS.has(node.text);
}

const NULLS: ReadonlySet<string> = new Set(["", "~", "null", "Null", "NULL"]);

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ...pair("true", "false"),
  ...pair("yes", "no"),
  ...pair("on", "off"),
  ...pair("y", "n"),
]);

function pair(yes: string, no: string): [string, boolean][] {
  const cases = (word: string): string[] => [word, word.toUpperCase(), word[0].toUpperCase() + word.slice(1)];
  return [
    ...cases(yes).map((word): [string, boolean] => [word, true]),
    ...cases(no).map((word): [string, boolean] => [word, false]),
  ];
}

/** The boolean that a plain scalar is, or undefined. */
export function plainBoolean(text: string): boolean | undefined {
  return BOOLEANS.get(text);
}

const INTEGER = /^[-+]?(?:0[xX][0-9a-fA-F]+|[0-9]+)$/;

/** The integer that a plain scalar is (decimal, `0x` or, with a leading zero, octal), or undefined. Beyond 2^53 the nearest double. */
export function plainInteger(text: string): number | undefined {
  const first = text.charCodeAt(0);
  // Most texts asked about are names.
  if (first > 0x39 || !INTEGER.test(text)) return undefined;
  const negative = first === 0x2d;
  const digits = negative || first === 0x2b ? text.slice(1) : text;
  let value: number;
  if (digits.length > 1 && digits.charCodeAt(0) === 0x30) {
    if (digits[1] === "x" || digits[1] === "X") value = Number(digits);
    else value = /^[0-7]+$/.test(digits) ? Number(`0o${digits}`) : Number.NaN;
  } else value = Number(digits);
  if (Number.isNaN(value)) return undefined;
  return negative ? -value : value;
}

const NUMBER = /^[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$/;

const HEX = /^0[xX][0-9a-fA-F]+$/;

/** The number that a scalar is, quoted or not (proto3 JSON takes `"5"` for 5), or undefined. */
export function scalarNumber(node: ScalarNode): number | undefined {
  if (node.plain) {
    const integer = plainInteger(node.text);
    if (integer !== undefined) return integer;
  }
  if (NUMBER.test(node.text) || HEX.test(node.text)) return Number(node.text);
  switch (node.text) {
    case "NaN":
      return Number.NaN;
    case "Infinity":
      return Number.POSITIVE_INFINITY;
    case "-Infinity":
      return Number.NEGATIVE_INFINITY;
    default:
      return undefined;
  }
}

/** Values that JSON can say. Objects have no prototype, so that any key is safe to look up. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
/** An object of JSON values, without a prototype. */
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** A node as a plain JSON value: what a `google.protobuf.Value` or the configuration of a user's plugin gets. */
export function toJson(node: Node): JsonValue {
  if (node.kind === "map") return toJsonObject(node);
  if (node.kind === "list") return node.items.map(toJson);
  if (!node.plain) return node.text;
  if (NULLS.has(node.text)) return null;
  return plainBoolean(node.text) ?? scalarNumber(node) ?? node.text;
}

/** A map as a plain JSON object, leaving out one key if asked (the `@type` of an Any). */
export function toJsonObject(node: Node & { kind: "map" }, except?: string): JsonObject {
  const object = Object.create(null) as Record<string, JsonValue>;
  for (let i = 0; i < node.keys.length; i++) {
    if (node.keys[i] !== except) object[node.keys[i]] = toJson(node.values[i]);
  }
  return object;
}
