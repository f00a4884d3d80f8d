import type { Buffer } from "node:buffer";

/**
 * Tables by byte, so that a scan is one load and one comparison a byte. Bytes, not characters: reading a `Buffer` is three times
 * faster than `charCodeAt` on the string made of it.
 */

const TOKEN_CHARS = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

function table(fill: (classes: Uint8Array) => void): Uint8Array {
  const classes = new Uint8Array(256);
  fill(classes);
  return classes;
}

function mark(classes: Uint8Array, chars: string, value = 1): void {
  for (let i = 0; i < chars.length; i++) classes[chars.charCodeAt(i)] = value;
}

/** The lower-case form of a token character, 0 for anything else (RFC 9110 section 5.6.2). */
export const TOKEN_LOWER: Uint8Array = table((t) => {
  for (let i = 0; i < TOKEN_CHARS.length; i++) t[TOKEN_CHARS.charCodeAt(i)] = TOKEN_CHARS[i].toLowerCase().charCodeAt(0);
});

/** 1 for what a field value or a reason phrase may hold: HTAB, SP, VCHAR and obs-text (RFC 9110 section 5.5). */
export const VALUE: Uint8Array = table((t) => {
  for (let c = 0; c < 256; c++) t[c] = c === 9 || (c >= 32 && c !== 127) ? 1 : 0;
});

/**
 * 1 for what a request target may hold: VCHAR but `#`. Wider than RFC 3986 by `"<>\^{|}` and the backtick, which clients send and
 * Envoy passes; no byte above 126, as in Envoy.
 */
export const TARGET: Uint8Array = table((t) => {
  for (let c = 33; c < 127; c++) t[c] = c === 35 ? 0 : 1;
});

/** 1 for a reg-name's unreserved, sub-delims and `%` (RFC 3986 section 3.2.2). */
export const REG_NAME: Uint8Array = table((t) => {
  mark(t, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._~!$&'()*+,;=%");
});

/** One more than the value of a hexadecimal digit, 0 for anything else. */
export const HEX: Uint8Array = table((t) => {
  for (let v = 0; v < 16; v++) {
    mark(t, v.toString(16), v + 1);
    mark(t, v.toString(16).toUpperCase(), v + 1);
  }
});

/** Bytes with a name. */
export const HTAB = 9;
export const LF = 10;
export const CR = 13;
export const SP = 32;
export const COLON = 58;

/** `Buffer` has had this since its beginning; the type declarations don't say so. Half the cost of `toString("latin1", ...)`. */
interface Latin1Sliceable {
  latin1Slice(from: number, to: number): string;
}

/** The bytes from `from` up to `to` as a string, a character a byte. */
export function latin1(bytes: Buffer, from: number, to: number): string {
  return (bytes as unknown as Latin1Sliceable).latin1Slice(from, to);
}

/** Where the run of bytes of that class that starts at `i` ends; `end` if it doesn't before. Four at a time: half the branches. */
export function skipClass(classes: Uint8Array, bytes: Buffer, i: number, end: number): number {
  const last = end - 3;
  while (i < last && (classes[bytes[i]] & classes[bytes[i + 1]] & classes[bytes[i + 2]] & classes[bytes[i + 3]]) === 1) i += 4;
  while (i < end && classes[bytes[i]] === 1) i++;
  return i;
}

/**
 * The first byte in `[i, end)` that no line can have: a control character other than HTAB, a CR that no LF follows, an LF that no
 * CR goes before. `previous` is the byte before `i`. -1 if there is none.
 */
export function controlAt(bytes: Buffer, i: number, end: number, previous: number): number {
  for (; i < end; i++) {
    const c = bytes[i];
    if (previous === CR ? c !== LF : VALUE[c] === 0 && c !== CR && c !== HTAB) return i;
    previous = c;
  }
  return -1;
}
