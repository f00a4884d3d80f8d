import type { Pace, Sliced } from "../../../contract/sliced.ts";

const BITS = 11;
const BUCKETS = 1 << BITS;
/** Items between two looks at the time. */
const STRIDE = 1 << 12;

/** 64-bit hashes with a number each, in columns. */
export interface HashColumns {
  readonly high: Uint32Array;
  readonly low: Uint32Array;
  readonly item: Int32Array;
}

/** Columns for `n` hashes. */
export function hashColumns(n: number): HashColumns {
  return { high: new Uint32Array(n), low: new Uint32Array(n), item: new Int32Array(n) };
}

/** Sorts by hash, equal ones staying in order: a radix sort, which can pause anywhere. May give the columns that it was given. */
export function* sortHashes(columns: HashColumns, pace: Pace): Sliced<HashColumns> {
  const n = columns.item.length;
  let from = columns;
  let to = hashColumns(n);
  for (let shift = 0; shift < 64; shift += BITS) {
    const starts = new Int32Array(BUCKETS + 1);
    for (let begin = 0; begin < n; begin += STRIDE) {
      const end = Math.min(n, begin + STRIDE);
      for (let i = begin; i < end; i++) starts[digit(from.high[i], from.low[i], shift) + 1]++;
      if (pace.due()) yield;
    }
    for (let bucket = 1; bucket <= BUCKETS; bucket++) starts[bucket] += starts[bucket - 1];
    for (let begin = 0; begin < n; begin += STRIDE) {
      const end = Math.min(n, begin + STRIDE);
      for (let i = begin; i < end; i++) {
        const high = from.high[i];
        const low = from.low[i];
        const at = starts[digit(high, low, shift)]++;
        to.high[at] = high;
        to.low[at] = low;
        to.item[at] = from.item[i];
      }
      if (pace.due()) yield;
    }
    [from, to] = [to, from];
  }
  return from;
}

/** Bits `shift` to `shift + 10`. */
function digit(high: number, low: number, shift: number): number {
  if (shift >= 32) return (high >>> (shift - 32)) & (BUCKETS - 1);
  const bits = low >>> shift;
  return (shift + BITS > 32 ? bits | (high << (32 - shift)) : bits) & (BUCKETS - 1);
}
