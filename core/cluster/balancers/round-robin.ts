import type { Host } from "../../contract/cluster.ts";
import type { LoadBalancer, LoadBalancerDefinition, LoadBalancerScope } from "./load-balancer.ts";
import type { SlowStartConfig } from "./slow-start.ts";
import { WeightedTurns } from "./weighted-turns.ts";

/** Envoy: `RoundRobinLbConfig`. */
export interface RoundRobinConfig {
  /** Absent: hosts get their full share at once. */
  readonly slowStart?: SlowStartConfig;
}

/** In turn; with different weights, or while a host starts slowly, each in proportion to its own, evenly spread. It starts anywhere. */
class RoundRobin implements LoadBalancer {
  #hosts: readonly Host[] = [];
  #next = 0;
  readonly #turns: WeightedTurns;

  constructor({ slowStart }: RoundRobinConfig, scope: LoadBalancerScope) {
    this.#turns = new WeightedTurns(slowStart, scope, (host) => host.weight);
    this.#next = Math.floor(scope.random() * 2 ** 30);
  }

  pick(): Host | null {
    const turn = this.#turns.next();
    if (turn !== null) return turn;
    const hosts = this.#hosts;
    if (hosts.length === 0) return null;
    if (this.#next >= hosts.length) this.#next %= hosts.length;
    return hosts[this.#next++];
  }

  update(hosts: readonly Host[]): void {
    this.#hosts = hosts;
    this.#turns.update(hosts);
  }
}

/** Envoy: `ROUND_ROBIN`. */
export const roundRobin: LoadBalancerDefinition = {
  kind: "load_balancer",
  id: "ROUND_ROBIN",
  create: (config, scope) => new RoundRobin((config ?? {}) as RoundRobinConfig, scope),
};
