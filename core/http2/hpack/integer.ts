/** Octets that an integer of HPACK may have behind its first: 28 bits, more than any length or index here. */
const MAX_CONTINUATION = 4;

/**
 * Reads integers of HPACK (RFC 7541 section 5.1) out of a block; a cursor, so that nothing is allocated for each. `failed` is final: the block ends
 * within an integer, or it is larger than anything that makes sense here (2^28).
 */
export class BlockCursor {
  bytes: Uint8Array = NONE;
  at = 0;
  end = 0;
  failed = false;

  /** Begins a block. */
  begin(bytes: Uint8Array, from: number, end: number): void {
    this.bytes = bytes;
    this.at = from;
    this.end = end;
    this.failed = false;
  }

  /** The integer at the cursor whose first octet has `prefix` bits of it. */
  integer(prefix: number): number {
    const mask = (1 << prefix) - 1;
    const value = this.bytes[this.at++] & mask;
    return value < mask ? value : this.long(mask);
  }

  private long(mask: number): number {
    let value = mask;
    for (let i = 0; i < MAX_CONTINUATION; i++) {
      if (this.at >= this.end) break;
      const octet = this.bytes[this.at++];
      value += (octet & 127) << (7 * i);
      if (octet < 128) return value;
    }
    this.failed = true;
    return 0;
  }
}

const NONE = new Uint8Array(0);

/** Writes an integer whose first octet holds `prefix` bits of it beside the bits of `pattern`; returns where it ends. */
export function writeInteger(out: Uint8Array, at: number, value: number, prefix: number, pattern: number): number {
  const mask = (1 << prefix) - 1;
  if (value < mask) {
    out[at++] = pattern | value;
    return at;
  }
  out[at++] = pattern | mask;
  let rest = value - mask;
  for (; rest >= 128; rest >>>= 7) out[at++] = (rest & 127) | 128;
  out[at++] = rest;
  return at;
}
