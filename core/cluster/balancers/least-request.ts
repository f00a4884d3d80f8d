import type { Host } from "../../contract/cluster.ts";
import { EdfSchedule } from "./edf-schedule.ts";
import { equalWeights } from "./load-balancer.ts";
import type { LoadBalancer, LoadBalancerDefinition } from "./load-balancer.ts";

/** Envoy: `LeastRequestLbConfig`. */
export interface LeastRequestConfig {
  /** How many hosts are drawn to take the least busy of. Default 2, at least 2. Not used when weights differ. */
  readonly choiceCount?: number;
  /** How much running requests count against a weight: `weight / (running + 1) ^ bias`. Default 1; 0: weights only. Used when weights differ. */
  readonly activeRequestBias?: number;
}

/**
 * The least busy of a few drawn at random. With different weights a round robin, in which a host's weight falls
 * with what it has to do.
 */
class LeastRequest implements LoadBalancer {
  #hosts: readonly Host[] = [];
  #schedule: EdfSchedule | null = null;
  readonly #choices: number;
  readonly #bias: number;
  readonly #random: () => number;

  constructor(config: LeastRequestConfig, random: () => number) {
    this.#choices = Math.max(2, config.choiceCount ?? 2);
    this.#bias = config.activeRequestBias ?? 1;
    this.#random = random;
  }

  pick(): Host | null {
    const schedule = this.#schedule;
    if (schedule !== null) {
      const host = this.#hosts[schedule.first];
      schedule.file(this.#weight(host));
      return host;
    }
    const hosts = this.#hosts;
    const n = hosts.length;
    if (n < 2) return n === 0 ? null : hosts[0];
    const random = this.#random;
    let best = hosts[(random() * n) | 0];
    for (let i = 1; i < this.#choices; i++) {
      const host = hosts[(random() * n) | 0];
      if (host.activeRequests < best.activeRequests) best = host;
    }
    return best;
  }

  #weight(host: Host): number {
    const bias = this.#bias;
    if (bias === 0) return host.weight;
    const busy = host.activeRequests + 1;
    return host.weight / (bias === 1 ? busy : busy ** bias);
  }

  update(hosts: readonly Host[]): void {
    this.#hosts = hosts;
    this.#schedule = equalWeights(hosts)
      ? null
      : new EdfSchedule(
          hosts.map((host) => this.#weight(host)),
          this.#random,
        );
  }
}

/** Envoy: `LEAST_REQUEST`. */
export const leastRequest: LoadBalancerDefinition = {
  kind: "load_balancer",
  id: "LEAST_REQUEST",
  create: (config, scope) => new LeastRequest((config ?? {}) as LeastRequestConfig, scope.random),
};
