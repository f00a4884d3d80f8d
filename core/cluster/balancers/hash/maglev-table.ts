import type { Host } from "../../../contract/cluster.ts";
import type { Pace, Sliced } from "../../../contract/sliced.ts";
import { modulo64 } from "../../../match/hash/modulo.ts";
import { Word64 } from "../../../match/hash/word64.ts";
import { xxHash64 } from "../../../match/hash/xx-hash64.ts";
import { hashKey, type HashTable } from "./hash-table.ts";

/** Envoy: `MaglevLbConfig`, with what all that choose by hash have. */
export interface MaglevOptions {
  /** A prime, at most 5,000,011. Default 65,537. */
  readonly tableSize: number;
  readonly useHostname: boolean;
}

/**
 * A table whose places hosts take in turn, each in an order of its own. The same table as Envoy's for the same hosts.
 * Source: Eisenbud et al., "Maglev: A Fast and Reliable Software Network Load Balancer", listing 1.
 */
export class MaglevTable implements HashTable {
  readonly minPerHost: number;
  readonly maxPerHost: number;
  readonly #table: Int32Array;

  private constructor(table: Int32Array, min: number, max: number) {
    this.#table = table;
    this.minPerHost = min;
    this.maxPerHost = max;
  }

  /** @param shares of the load, each above 0, summing up to 1. */
  static *build(hosts: readonly Host[], shares: readonly number[], options: MaglevOptions, pace: Pace): Sliced<MaglevTable> {
    const size = options.tableSize;
    const n = hosts.length;
    const keys = hosts.map((host) => hashKey(host, options.useHostname));
    // The order of the hosts must not matter.
    const order = [...keys.keys()].sort((a, b) => (keys[a] < keys[b] ? -1 : keys[a] > keys[b] ? 1 : 0));
    const position = new Int32Array(n);
    const skip = new Int32Array(n);
    const counts = new Int32Array(n);
    const weights = new Float64Array(n);
    const targets = new Float64Array(n);
    const word = new Word64();
    let most = 0;
    for (let i = 0; i < n; i++) {
      const host = order[i];
      xxHash64(keys[host], word);
      position[i] = modulo64(word.high, word.low, size);
      xxHash64(keys[host], word, 0, 1);
      skip[i] = size === 1 ? 0 : modulo64(word.high, word.low, size - 1) + 1;
      weights[i] = shares[host];
      most = Math.max(most, shares[host]);
      if ((i & 127) === 127 && pace.due()) yield;
    }
    const table = new Int32Array(size).fill(-1);
    let taken = 0;
    let steps = 0;
    for (let round = 1; taken < size; round++) {
      for (let i = 0; i < n && taken < size; i++) {
        if ((++steps & 255) === 0 && pace.due()) yield;
        // Who has the largest share has a turn in each round, one with a third of it in every third.
        if (round * weights[i] < targets[i]) continue;
        targets[i] += most;
        let at = position[i];
        while (table[at] >= 0) {
          at += skip[i];
          if (at >= size) at -= size;
          if ((++steps & 255) === 0 && pace.due()) yield;
        }
        table[at] = order[i];
        at += skip[i];
        position[i] = at >= size ? at - size : at;
        counts[i]++;
        taken++;
      }
    }
    let min = size;
    let max = 0;
    for (const count of counts) {
      min = Math.min(min, count);
      max = Math.max(max, count);
    }
    return new MaglevTable(table, min, max);
  }

  lookup(high: number, low: number, attempt: number): number {
    // Another attempt looks for a hash that differs in nearly all bits: those of 2^64 - attempt.
    const place = attempt === 0 ? modulo64(high, low, this.#table.length) : modulo64(~high, low ^ -attempt, this.#table.length);
    return this.#table[place];
  }
}
