import type { MapNode } from "../document/node.ts";
import { isNull, scalarNumber } from "../document/scalar.ts";
import type { AbsentBy, FieldOptions, Schema } from "./schema.ts";
import { schema } from "./schema.ts";

/** Limits of a duration in milliseconds, `min` and `max` inclusive. */
export interface DurationOptions extends FieldOptions<number> {
  readonly min?: number;
  readonly max?: number;
  readonly above?: number;
  readonly below?: number;
}

// protobuf's JSON mapping of google.protobuf.Duration: seconds with at most nine fractional digits, then "s".
const DURATION = /^-?[0-9]{1,12}(?:\.[0-9]{0,9})?s$/;
/** About 10,000 years: the range of google.protobuf.Duration. */
const MAX_SECONDS = 315_576_000_000;
const WANTED = 'a duration in seconds such as "1.5s"';

/** A duration, "1.5s", as a number of MILLISECONDS (with a fraction if need be). `{ seconds, nanos }` is read too, as Envoy does. */
export function duration<const O extends DurationOptions>(options?: O): Schema<number, AbsentBy<O>> {
  const { min = -Infinity, max = Infinity, above = -Infinity, below = Infinity } = options ?? {};
  const wanted = wantedDuration(min, max, above, below);
  return schema<number, AbsentBy<O>>(
    "duration",
    (node, context) => {
      let value: number | undefined;
      if (node.kind === "scalar") {
        if (DURATION.test(node.text)) value = toMilliseconds(node.text.slice(0, -1));
      } else if (node.kind === "map") value = fromParts(node);
      if (value === undefined)
        return context.wanted(node, "wrong_type", WANTED, node.kind === "scalar" ? hintFor(node.text) : "");
      if (value < min || value > max || value <= above || value >= below || Math.abs(value) > MAX_SECONDS * 1000) {
        return context.wanted(node, "out_of_range", wanted);
      }
      return value;
    },
    options,
  );
}

/** Decimal text, so that 0.0001s is exactly 0.1 ms. */
function toMilliseconds(seconds: string): number {
  return Number(`${seconds}e3`);
}

function fromParts(node: MapNode): number | undefined {
  let value = 0;
  for (let i = 0; i < node.keys.length; i++) {
    const part = node.values[i];
    if (isNull(part)) continue;
    const number = part.kind === "scalar" ? scalarNumber(part) : undefined;
    if (number === undefined || !Number.isInteger(number)) return undefined;
    if (node.keys[i] === "seconds") value += number * 1000;
    else if (node.keys[i] === "nanos") value += number / 1e6;
    else return undefined;
  }
  return value;
}

/** What was probably meant by "5", "250ms" or "5m". */
function hintFor(text: string): string {
  const match = /^(-?[0-9]+(?:\.[0-9]*)?|-?\.[0-9]+) ?(|ms|us|m|h|d|sec|seconds?|S)$/.exec(text);
  if (match === null) return "";
  const scale: Readonly<Record<string, number>> = { ms: 1e-3, us: 1e-6, m: 60, h: 3600, d: 86_400 };
  const seconds = Number(match[1]) * (scale[match[2]] ?? 1);
  return `write "${Number(seconds.toFixed(9))}s"`;
}

function wantedDuration(min: number, max: number, above: number, below: number): string {
  const show = (ms: number): string => `${ms / 1000}s`;
  const parts: string[] = [];
  if (above !== -Infinity) parts.push(`above ${show(above)}`);
  else if (min !== -Infinity) parts.push(`of at least ${show(min)}`);
  if (below !== Infinity) parts.push(`below ${show(below)}`);
  else if (max !== Infinity) parts.push(`of at most ${show(max)}`);
  return parts.length === 0 ? "a duration of at most 10,000 years" : `a duration ${parts.join(" and ")}`;
}
