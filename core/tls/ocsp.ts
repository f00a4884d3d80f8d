import { Buffer } from "node:buffer";
import { children, elementAt, type Element } from "./der.ts";

/** What of an OCSP response decides whether it may be stapled. */
export interface OcspResponse {
  readonly bytes: Uint8Array;
  /** ms since the epoch; Infinity when the responder gives none. */
  readonly nextUpdate: number;
}

/** "20261125070000Z" */
export function timeOf(text: string): number {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.\d+)?Z$/.exec(text);
  if (match === null) return NaN;
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** The element reached by taking, level by level, the child at each place; null when there is none. */
function descend(der: Buffer, from: Element | null, places: readonly number[]): Element | null {
  let at = from;
  for (const place of places) {
    if (at === null) return null;
    at = [...children(der, at)][place] ?? null;
  }
  return at;
}

/** Reads a response (RFC 6960 section 4.2.1); a string says what is wrong with it. */
export function readOcspResponse(bytes: Uint8Array): OcspResponse | string {
  const der = Buffer.from(bytes);
  const response = elementAt(der, 0, der.length);
  const status = descend(der, response, [0]);
  if (response === null || status === null || status.tag !== 0x0a) return "is no OCSP response in DER";
  if (der[status.start] !== 0) return `is an OCSP response without success (status ${der[status.start]})`;
  // [0] ResponseBytes { type, OCTET STRING { BasicOCSPResponse { tbsResponseData } } }
  const octets = descend(der, response, [1, 0, 1]);
  const basic = octets === null ? null : elementAt(der, octets.start, octets.end);
  const data = descend(der, basic, [0]);
  if (data === null) return "is no basic OCSP response";
  const responses = [...children(der, data)].find((part) => part.tag === 0x30 && descend(der, part, [0, 0])?.tag === 0x30);
  const single = responses === undefined ? null : descend(der, responses, [0]);
  if (single === null) return "has no answer about a certificate";
  const parts = [...children(der, single)];
  const next = parts.slice(3).find((part) => part.tag === 0xa0);
  const time = next === undefined ? null : descend(der, next, [0]);
  return { bytes, nextUpdate: time === null ? Infinity : timeOf(der.toString("latin1", time.start, time.end)) };
}
