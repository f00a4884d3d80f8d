import type { HeaderMap } from "../../core/contract/headers.ts";

/** A whole number that a client wrote in a header, or undefined. Such headers are not trusted: anything else counts as absent. */
export function headerNumber(headers: HeaderMap, name: string): number | undefined {
  const text = headers.get(name);
  if (text === undefined || text.length > 15 || !/^ *[0-9]+ *$/.test(text)) return undefined;
  return Number(text);
}
