/** Differs from process to process, so that restarts and neighbours do not decide alike. */
const SEED = Math.floor(Math.random() * 0x1_0000_0000);

/**
 * The random number of a stream, an integer from 0 to 2^32 - 1. It is derived from the stream's number, hence the same each time it is asked for:
 * a route that is looked up again decides as before. Envoy as well draws once a stream, for runtime fractions, weighted clusters and mirrors.
 */
export function streamDraw(id: number): number {
  // The finalizer of MurmurHash3: neighbouring numbers give unrelated results.
  let h = (id ^ SEED) >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
