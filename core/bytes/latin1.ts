import { Buffer } from "node:buffer";

/** Bytes as a string of code points 0-255, one for each byte (ISO-8859-1): what HTTP/1.1 heads are (RFC 9110 section 5.5, obs-text). */
export function latin1(bytes: Uint8Array, start = 0, end = bytes.length): string {
  return slice.call(bytes, start, end);
}

/** The bytes of a string of code points 0-255; of others only the low byte is kept. */
export function fromLatin1(text: string): Buffer {
  return Buffer.from(text, "latin1");
}

/** The buffer's own method works on any `Uint8Array` and needs no view around it. */
const slice = (Buffer.prototype as Buffer & { latin1Slice(this: Uint8Array, start: number, end: number): string }).latin1Slice;
