import { Buffer } from "node:buffer";

const EMPTY = Buffer.alloc(0);

/** All chunks as one: the chunk itself when there is only one. `length` is their total in bytes; without it, it is counted. */
export function concat(chunks: readonly Uint8Array[], length?: number): Uint8Array {
  if (chunks.length === 1) return chunks[0];
  if (chunks.length === 0) return EMPTY;
  return Buffer.concat(chunks, length);
}
