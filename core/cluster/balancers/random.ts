import type { Host } from "../../contract/cluster.ts";
import type { LoadBalancer, LoadBalancerDefinition } from "./load-balancer.ts";

/** Any of them, all alike: like Envoy's (1.40 was asked), it does not look at weights. */
class Random implements LoadBalancer {
  #hosts: readonly Host[] = [];
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  pick(): Host | null {
    const hosts = this.#hosts;
    return hosts.length === 0 ? null : hosts[(this.#random() * hosts.length) | 0];
  }

  update(hosts: readonly Host[]): void {
    this.#hosts = hosts;
  }
}

/** Envoy: `RANDOM`. */
export const random: LoadBalancerDefinition = {
  kind: "load_balancer",
  id: "RANDOM",
  create: (_config, scope) => new Random(scope.random),
};
