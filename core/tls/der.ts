import type { Buffer } from "node:buffer";

/** A part of DER: its tag, and where its content lies. */
export interface Element {
  readonly tag: number;
  readonly start: number;
  readonly end: number;
}

/** The element at `at`; null when it is cut short or not DER. */
export function elementAt(der: Buffer, at: number, limit: number): Element | null {
  if (at + 2 > limit) return null;
  let length = der[at + 1];
  let start = at + 2;
  if (length >= 0x80) {
    const bytes = length & 0x7f;
    if (bytes === 0 || bytes > 4 || start + bytes > limit) return null;
    length = der.readUIntBE(start, bytes);
    start += bytes;
  }
  const end = start + length;
  return end > limit ? null : { tag: der[at], start, end };
}

/** The elements within one; ends at the first that is damaged. */
export function* children(der: Buffer, parent: Element): Generator<Element> {
  for (let at = parent.start; at < parent.end;) {
    const child = elementAt(der, at, parent.end);
    if (child === null) return;
    yield child;
    at = child.end;
  }
}
