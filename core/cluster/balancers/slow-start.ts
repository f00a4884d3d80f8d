import type { Host } from "../../contract/cluster.ts";

/** Envoy: `SlowStartConfig`. */
export interface SlowStartConfig {
  /** ms in which a new or recovered host comes to its full weight; 0: at once. */
  readonly window: number;
  /** How the weight rises: `time ^ (1 / aggression)`. Default 1: evenly. Above 0. */
  readonly aggression: number;
  /** Part of its weight that a host has at least, 0 to 1. Default 0.1. */
  readonly minWeight: number;
}

/** Lowers the weights of hosts that have just come. Envoy: "Slow start mode". */
export class SlowStart {
  readonly #config: SlowStartConfig;
  readonly #now: () => number;
  /** When the last host that is in the list came. */
  #latest = -Infinity;

  constructor(config: SlowStartConfig, now: () => number) {
    this.#config = config;
    this.#now = now;
  }

  update(hosts: readonly Host[]): void {
    let latest = -Infinity;
    for (const { healthySince } of hosts) if (healthySince > latest) latest = healthySince;
    this.#latest = latest;
  }

  /** Whether some host is still below its full weight. */
  get active(): boolean {
    return this.#now() - this.#latest < this.#config.window;
  }

  /** The part of its weight that a host has now, above 0 and at most 1. */
  factor(host: Host): number {
    const { window, aggression, minWeight } = this.#config;
    const age = this.#now() - host.healthySince;
    if (age >= window) return 1;
    const time = Math.max(1, age) / window;
    return Math.max(minWeight, Math.min(1, aggression === 1 ? time : time ** (1 / aggression)));
  }
}
