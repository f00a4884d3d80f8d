import { COMMANDS, isUnsupportedCommand, nearestCommand } from "./commands.ts";
import { toBytes } from "./byte-string.ts";
import { FormatError } from "./format-error.ts";
import type { FormatOptions, Operator, Read } from "./operator.ts";
import { makeCoalesce } from "./coalesce.ts";

/** A piece of a format: text as a byte string, or an operator. */
export type Segment = string | Operator;

/** One operator: `%COMMAND(ARGUMENT):LENGTH%`. An argument can't hold a closing parenthesis. */
const OPERATOR = /%([A-Z0-9_]+)(?:\(([^)]*)\))?(?::(\d+))?%/y;

/** Takes a format string apart. Neighbouring texts are one segment; empty ones are left out. Throws a {@link FormatError}. */
export function parseFormat(text: string, options: FormatOptions): Segment[] {
  const segments: Segment[] = [];
  let literal = "";
  let at = 0;
  while (at < text.length) {
    const percent = text.indexOf("%", at);
    if (percent < 0) break;
    literal += toBytes(text.slice(at, percent));
    if (text[percent + 1] === "%") {
      literal += "%";
      at = percent + 2;
      continue;
    }
    OPERATOR.lastIndex = percent;
    const match = OPERATOR.exec(text);
    if (match === null)
      throw new FormatError(
        `${quote(text, percent)} is no operator; wanted %NAME%, %NAME(ARGUMENT)% or %NAME(ARGUMENT):LENGTH%, or %% for a percent sign`,
        percent,
      );
    const length = match[3] === undefined ? undefined : Number(match[3]);
    const operator = makeOperator(match[1], match[2] ?? "", length, options, percent);
    if (operator.constant !== undefined) literal += operator.constant;
    else {
      if (literal !== "") segments.push(literal);
      literal = "";
      segments.push(operator);
    }
    at = OPERATOR.lastIndex;
  }
  literal += toBytes(text.slice(at));
  if (literal !== "") segments.push(literal);
  return segments;
}

/** Looks a command up and gives it its argument. */
export function makeOperator(
  name: string,
  argument: string,
  length: number | undefined,
  options: FormatOptions,
  index: number,
): Operator {
  const command = options.commands?.get(name) ?? COMMANDS.get(name) ?? (name === "COALESCE" ? COALESCE : undefined);
  if (command === undefined) {
    if (isUnsupportedCommand(name)) throw new FormatError(`%${name}% is not supported`, index, true);
    const near = nearestCommand(name);
    throw new FormatError(`there is no operator %${name}%` + (near === undefined ? "" : `; did you mean %${near}%?`), index);
  }
  if (command.argument === "required" && argument === "")
    throw new FormatError(`%${name}% wants an argument, as in %${name}(...)%`, index);
  if (command.argument === "none" && argument !== "")
    throw new FormatError(`%${name}% takes no argument, found ${JSON.stringify(argument)}`, index);
  if (!command.length && length !== undefined)
    throw new FormatError(`%${name}% takes no maximum length, found :${length}`, index);
  const made = command.make(argument, options, length ?? Infinity);
  if (typeof made === "string") throw new FormatError(`%${name}%: ${made}`, index);
  return length === undefined ? made : truncated(made, length);
}

/** `COALESCE` makes operators itself, so it can't be in the table that they come from. */
const COALESCE = {
  argument: "required",
  length: true,
  make: (argument: string, options: FormatOptions) =>
    makeCoalesce(argument, (name, inner, length) => makeOperator(name, inner, length, options, 0)),
} as const;

function truncated(operator: Operator, length: number): Operator {
  if (operator.constant !== undefined) {
    const constant = operator.constant.slice(0, length);
    return { read: () => constant, json: "string", constant };
  }
  // One with JSON of its own has seen the length and knows what it may cut.
  if (typeof operator.json === "function") return operator;
  const read: Read = (info) => operator.read(info)?.slice(0, length);
  return { read, json: operator.json };
}

function quote(text: string, from: number): string {
  const piece = text.slice(from, from + 32);
  return JSON.stringify(piece.length < text.length - from ? piece + "..." : piece);
}
