import { Buffer } from "node:buffer";

const LEAST = 128;

/** The beginning of a line whose end hasn't come, copied: pieces may be single bytes. Grows by doubling, so each byte costs the same. */
export class HeldLine {
  /** What is held is the first `length` of it. */
  bytes: Buffer;
  length: number;

  constructor() {
    this.bytes = Buffer.allocUnsafeSlow(LEAST);
    this.length = 0;
  }

  /** Appends the bytes from `from` up to `to`. */
  add(bytes: Buffer, from: number, to: number): void {
    const needed = this.length + to - from;
    if (needed > this.bytes.length) {
      const larger = Buffer.allocUnsafeSlow(needed * 2);
      this.bytes.copy(larger, 0, 0, this.length);
      this.bytes = larger;
    }
    bytes.copy(this.bytes, this.length, from, to);
    this.length = needed;
  }
}
