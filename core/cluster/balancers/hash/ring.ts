import type { Host } from "../../../contract/cluster.ts";
import type { Pace, Sliced } from "../../../contract/sliced.ts";
import { murmurHash64 } from "../../../match/hash/murmur-hash64.ts";
import { Word64 } from "../../../match/hash/word64.ts";
import { xxHash64 } from "../../../match/hash/xx-hash64.ts";
import { hashKey, type HashTable } from "./hash-table.ts";
import { hashColumns, sortHashes } from "./sort-hashes.ts";

/** Envoy: `RingHashLbConfig`, with what all that choose by hash have. */
export interface RingOptions {
  /** Default 1,024. */
  readonly minimumRingSize: number;
  /** Default 8,388,608. */
  readonly maximumRingSize: number;
  readonly hashFunction: "XX_HASH" | "MURMUR_HASH_2";
  readonly useHostname: boolean;
}

/** A ring of hashes, each a host's: the next one clockwise is who serves. The same ring as Envoy's for the same hosts in the same order. */
export class Ring implements HashTable {
  readonly size: number;
  readonly minPerHost: number;
  readonly maxPerHost: number;
  readonly #high: Uint32Array;
  readonly #low: Uint32Array;
  readonly #hosts: Int32Array;

  private constructor(high: Uint32Array, low: Uint32Array, hosts: Int32Array, size: number, min: number, max: number) {
    this.#high = high;
    this.#low = low;
    this.#hosts = hosts;
    this.size = size;
    this.minPerHost = min;
    this.maxPerHost = max;
  }

  /** @param shares of the load, each above 0, summing up to 1. */
  static *build(hosts: readonly Host[], shares: readonly number[], options: RingOptions, pace: Pace): Sliced<Ring> {
    const least = shares.reduce((min, share) => Math.min(min, share), 1);
    // The host with the least weight gets a whole number of hashes, unless the ring would be too large.
    const scale = Math.min(Math.ceil(least * options.minimumRingSize) / least, options.maximumRingSize);
    const size = Math.ceil(scale);
    const counts = new Int32Array(hosts.length);
    let total = 0;
    let target = 0;
    let min = size;
    let max = 0;
    for (let h = 0; h < hosts.length; h++) {
      target += scale * shares[h];
      const before = total;
      total = Math.max(total, Math.ceil(target));
      const count = (counts[h] = total - before);
      min = Math.min(min, count);
      max = Math.max(max, count);
      if ((h & 127) === 127 && pace.due()) yield;
    }
    const columns = hashColumns(total);
    const word = new Word64();
    const hash = options.hashFunction === "MURMUR_HASH_2" ? murmurHash64 : xxHash64;
    let at = 0;
    for (let h = 0; h < hosts.length; h++) {
      const key = hashKey(hosts[h], options.useHostname) + "_";
      for (let i = 0; i < counts[h]; i++, at++) {
        hash(key + i, word);
        columns.high[at] = word.high;
        columns.low[at] = word.low;
        columns.item[at] = h;
        if ((at & 127) === 127 && pace.due()) yield;
      }
    }
    const sorted = yield* sortHashes(columns, pace);
    return new Ring(sorted.high, sorted.low, sorted.item, size, min, max);
  }

  lookup(high: number, low: number, attempt: number): number {
    const highs = this.#high;
    const lows = this.#low;
    const n = highs.length;
    const h = high >>> 0;
    const l = low >>> 0;
    let from = 0;
    let to = n;
    while (from < to) {
      const middle = (from + to) >>> 1;
      const there = highs[middle];
      if (there < h || (there === h && lows[middle] < l)) from = middle + 1;
      else to = middle;
    }
    const at = from === n ? 0 : from;
    return this.#hosts[attempt === 0 ? at : (at + attempt) % n];
  }
}
