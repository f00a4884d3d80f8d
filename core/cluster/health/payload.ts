import { Buffer } from "node:buffer";

/** Bytes that came, up to a bound, and whether they hold what was wanted. */
export class Received {
  readonly #limit: number;
  #chunks: Buffer[] = [];
  #size = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Keeps what fits. */
  add(chunk: Uint8Array): void {
    const kept = Math.min(chunk.length, this.#limit - this.#size);
    if (kept <= 0) return;
    // A copy: what was read may be lent.
    this.#chunks.push(Buffer.from(chunk.subarray(0, kept)));
    this.#size += kept;
  }

  get full(): boolean {
    return this.#size >= this.#limit;
  }

  /** Whether all parts are there, in their order, with anything between. */
  holds(parts: readonly Uint8Array[]): boolean {
    const all = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks);
    this.#chunks = [all];
    let from = 0;
    for (const part of parts) {
      const at = all.indexOf(part, from);
      if (at < 0) return false;
      from = at + part.length;
    }
    return true;
  }
}
