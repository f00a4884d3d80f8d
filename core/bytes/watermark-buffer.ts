import { concat } from "./concat.ts";

/** Who slows the writer of a buffer down, and lets it go on. */
export interface WatermarkListener {
  /** The buffer holds more than its high watermark. Not called again before `onBelowLowWatermark`. */
  onAboveHighWatermark(): void;
  /** The buffer has sunk to half of the high watermark or below. */
  onBelowLowWatermark(): void;
}

/** A queue that is read from the front shifts its rest down when this many places are free. */
const COMPACT = 64;

/**
 * Chunks in order, with their total length, and two marks that tell a listener when to hold the source back (Envoy's `WatermarkBuffer`,
 * source/docs/flow_control.md). Chunks are kept, not copied.
 */
export class WatermarkBuffer {
  readonly #listener: WatermarkListener;
  #high: number;
  #length = 0;
  #above = false;
  #chunks: Uint8Array[] = [];
  #head = 0;

  /** `high` in bytes; 0: no limit, the listener is never called. */
  constructor(listener: WatermarkListener, high = 0) {
    this.#listener = listener;
    this.#high = high;
  }

  /** Bytes held. */
  get length(): number {
    return this.#length;
  }

  /** Whether the listener was told to hold back and not yet to go on. */
  get aboveHighWatermark(): boolean {
    return this.#above;
  }

  get highWatermark(): number {
    return this.#high;
  }

  /** Changes the limit; the listener is told at once if that changes the side of the mark. */
  setHighWatermark(high: number): void {
    this.#high = high;
    this.#checkLow();
    this.#checkHigh();
  }

  /** Appends. An empty chunk is dropped. */
  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    this.#checkHigh();
  }

  /** Takes the first chunk, or at most `max` bytes of it; undefined when there is none. */
  shift(max = Infinity): Uint8Array | undefined {
    if (this.#length === 0 || max <= 0) return undefined;
    let chunk = this.#chunks[this.#head];
    if (chunk.length > max) {
      this.#chunks[this.#head] = chunk.subarray(max);
      chunk = chunk.subarray(0, max);
    } else {
      this.#dropFirst();
    }
    this.#length -= chunk.length;
    this.#checkLow();
    return chunk;
  }

  /** Puts a chunk back in front: what a writer could not take. */
  unshift(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    if (this.#head > 0) this.#chunks[--this.#head] = chunk;
    else this.#chunks.unshift(chunk);
    this.#length += chunk.length;
    this.#checkHigh();
  }

  /** Takes all as one piece: the chunk itself when there is only one, an empty array when there is none. */
  takeAll(): Uint8Array {
    const chunks = this.#head === 0 ? this.#chunks : this.#chunks.slice(this.#head);
    const length = this.#length;
    this.#reset();
    this.#checkLow();
    return concat(chunks, length);
  }

  /** Drops everything. */
  clear(): void {
    this.#reset();
    this.#checkLow();
  }

  #reset(): void {
    this.#chunks = [];
    this.#head = 0;
    this.#length = 0;
  }

  #dropFirst(): void {
    const chunks = this.#chunks;
    // Frees the chunk, and keeps the array's kind: no holes, no mixed types.
    chunks[this.#head++] = EMPTY;
    if (this.#head === chunks.length) {
      chunks.length = 0;
      this.#head = 0;
    } else if (this.#head >= COMPACT && this.#head * 2 >= chunks.length) {
      chunks.splice(0, this.#head);
      this.#head = 0;
    }
  }

  #checkHigh(): void {
    if (this.#above || this.#high === 0 || this.#length <= this.#high) return;
    this.#above = true;
    this.#listener.onAboveHighWatermark();
  }

  #checkLow(): void {
    if (!this.#above || (this.#high !== 0 && this.#length > this.#high / 2)) return;
    this.#above = false;
    this.#listener.onBelowLowWatermark();
  }
}

const EMPTY = new Uint8Array(0);
