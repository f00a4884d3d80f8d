import type { Host } from "../../contract/cluster.ts";
import type { LoadBalancer, LoadBalancerDefinition, LoadBalancerScope } from "./load-balancer.ts";
import type { SlowStartConfig } from "./slow-start.ts";
import { WeightedTurns } from "./weighted-turns.ts";

/** Envoy: `LeastRequestLbConfig`, and the policy `least_request`. */
export interface LeastRequestConfig {
  /** How many hosts are drawn to take the least busy of. Default 2, at least 2. Not used when weights differ. */
  readonly choiceCount?: number;
  /** How much running requests count against a weight: `weight / (running + 1) ^ bias`. Default 1; 0: weights only. Used when weights differ. */
  readonly activeRequestBias?: number;
  /** All hosts are looked at, in place of some that are drawn. Default false. Not used when weights differ. */
  readonly fullScan?: boolean;
  /** Absent: hosts get their full share at once. */
  readonly slowStart?: SlowStartConfig;
}

/**
 * The least busy of a few drawn at random. With different weights a round robin, in which a host's weight falls
 * with what it has to do.
 */
class LeastRequest implements LoadBalancer {
  #hosts: readonly Host[] = [];
  readonly #turns: WeightedTurns;
  readonly #choices: number;
  readonly #fullScan: boolean;
  readonly #random: () => number;

  constructor(config: LeastRequestConfig, scope: LoadBalancerScope) {
    const bias = config.activeRequestBias ?? 1;
    this.#choices = Math.max(2, config.choiceCount ?? 2);
    this.#fullScan = config.fullScan ?? false;
    this.#random = scope.random;
    this.#turns = new WeightedTurns(config.slowStart, scope, (host) => weigh(host, bias));
  }

  pick(): Host | null {
    const turn = this.#turns.next();
    if (turn !== null) return turn;
    const hosts = this.#hosts;
    const n = hosts.length;
    if (n < 2) return n === 0 ? null : hosts[0];
    if (this.#fullScan) return this.#leastOfAll();
    const random = this.#random;
    let best = hosts[(random() * n) | 0];
    for (let i = 1; i < this.#choices; i++) {
      const host = hosts[(random() * n) | 0];
      if (host.activeRequests < best.activeRequests) best = host;
    }
    return best;
  }

  /** Any of the least busy: each of them has the same chance. */
  #leastOfAll(): Host {
    const hosts = this.#hosts;
    let best = hosts[0];
    let least = best.activeRequests;
    let equal = 1;
    for (let i = 1; i < hosts.length; i++) {
      const active = hosts[i].activeRequests;
      if (active > least) continue;
      if (active < least) {
        least = active;
        equal = 1;
        best = hosts[i];
      } else if (this.#random() * ++equal < 1) best = hosts[i];
    }
    return best;
  }

  update(hosts: readonly Host[]): void {
    this.#hosts = hosts;
    this.#turns.update(hosts);
  }
}

function weigh(host: Host, bias: number): number {
  if (bias === 0) return host.weight;
  const busy = host.activeRequests + 1;
  return host.weight / (bias === 1 ? busy : busy ** bias);
}

/** Envoy: `LEAST_REQUEST`. */
export const leastRequest: LoadBalancerDefinition = {
  kind: "load_balancer",
  id: "LEAST_REQUEST",
  create: (config, scope) => new LeastRequest((config ?? {}) as LeastRequestConfig, scope),
};
