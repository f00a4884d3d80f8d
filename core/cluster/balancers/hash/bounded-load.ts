import type { Host } from "../../../contract/cluster.ts";
import { MersenneTwister } from "./mersenne-twister.ts";

/** Of whoever is asked just now. */
const twister = new MersenneTwister();

/**
 * Keeps hosts below `factor` percent of their share of the running requests: what a full one would get goes to others, the same ones for the
 * same hash. Looks at one host while that has room; else at as many as it takes. Envoy: `hash_balance_factor`.
 * Source: Mirrokni et al., "Consistent Hashing with Bounded Loads"; Chen et al., "Revisiting Consistent Hashing with Bounded Loads".
 */
export class BoundedLoad {
  readonly #factor: number;
  /** Running requests of the cluster. */
  readonly #active: { readonly value: number };
  readonly #hosts: readonly Host[];
  readonly #shares: readonly number[];
  /** 0, 1, 2, ... between picks. */
  readonly #order: Int32Array;
  /** Exchanges of this pick, to be undone. */
  readonly #swaps: Int32Array;

  constructor(factor: number, active: { readonly value: number }, hosts: readonly Host[], shares: readonly number[]) {
    this.#factor = factor;
    this.#active = active;
    this.#hosts = hosts;
    this.#shares = shares;
    this.#order = new Int32Array(hosts.length).map((_, i) => i);
    this.#swaps = new Int32Array(hosts.length);
  }

  /** The host that takes the request, in the place of the one that the hash has chosen. `low`: of the hash. */
  choose(chosen: number, low: number): number {
    let least = this.#load(chosen);
    if (least <= 1) return chosen;
    let best = chosen;
    const order = this.#order;
    const swaps = this.#swaps;
    const n = order.length;
    twister.seed(low >>> 0);
    let i = 0;
    while (i < n) {
      const j = (swaps[i] = i + twister.below(n - i));
      const k = order[j];
      order[j] = order[i];
      order[i] = k;
      i++;
      if (k === chosen) continue;
      const load = this.#load(k);
      if (load < least) {
        best = k;
        least = load;
      }
      if (load <= 1) break;
    }
    while (--i >= 0) {
      const k = order[i];
      order[i] = order[swaps[i]];
      order[swaps[i]] = k;
    }
    return best;
  }

  /** Running requests by what the host may have; above 1: it is full. */
  #load(k: number): number {
    const slots = Math.floor(((this.#active.value + 1) * this.#factor + 99) / 100);
    return this.#hosts[k].activeRequests / Math.max(1, Math.ceil(slots * this.#shares[k]));
  }
}
