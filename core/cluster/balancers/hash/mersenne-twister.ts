const N = 624;
const M = 397;

/**
 * MT19937: the numbers that C++'s `std::mt19937` gives for a seed. Hosts that take over from an overloaded one are the same as Envoy's by it.
 * Source: Matsumoto and Nishimura, "Mersenne Twister", 1998.
 */
export class MersenneTwister {
  readonly #state = new Uint32Array(N);
  #at = 0;

  seed(seed: number): void {
    const state = this.#state;
    state[0] = seed;
    for (let i = 1; i < N; i++) {
      const before = state[i - 1];
      state[i] = Math.imul(before ^ (before >>> 30), 1_812_433_253) + i;
    }
    this.#at = 0;
  }

  /** 0 to 2^32 - 1. Each state is renewed when it is used. */
  next(): number {
    const state = this.#state;
    const at = this.#at;
    const following = at + 1 === N ? 0 : at + 1;
    const y = (state[at] & 0x80000000) | (state[following] & 0x7fffffff);
    let x = state[(at + M) % N] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    state[at] = x;
    this.#at = following;
    x ^= x >>> 11;
    x ^= (x << 7) & 0x9d2c5680;
    x ^= (x << 15) & 0xefc60000;
    return (x ^ (x >>> 18)) >>> 0;
  }

  /** 0 to `k - 1`, evenly. */
  below(k: number): number {
    const step = Math.floor(4_294_967_296 / k);
    for (;;) {
      const x = Math.floor(this.next() / step);
      if (x < k) return x;
    }
  }
}
