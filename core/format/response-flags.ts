import { RESPONSE_FLAG_NAMES } from "../contract/response-flags.ts";

/** `%RESPONSE_FLAGS%`: short names in Envoy's order, joined by commas; "-" when no bit is set. */
export function formatFlags(bits: number): string {
  return bits === 0 ? "-" : names(bits, 1);
}

/** `%RESPONSE_FLAGS_LONG%`. */
export function formatFlagsLong(bits: number): string {
  return bits === 0 ? "-" : names(bits, 2);
}

function names(bits: number, column: 1 | 2): string {
  let out = "";
  for (const entry of RESPONSE_FLAG_NAMES) {
    if ((bits & entry[0]) === 0) continue;
    out += out === "" ? entry[column] : "," + entry[column];
  }
  return out === "" ? "-" : out;
}
