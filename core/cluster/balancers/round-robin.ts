import type { Host } from "../../contract/cluster.ts";
import { EdfSchedule } from "./edf-schedule.ts";
import { equalWeights } from "./load-balancer.ts";
import type { LoadBalancer, LoadBalancerDefinition } from "./load-balancer.ts";

/** In turn; with different weights each in proportion to its own, evenly spread. It starts anywhere. */
class RoundRobin implements LoadBalancer {
  #hosts: readonly Host[] = [];
  #schedule: EdfSchedule | null = null;
  #next = 0;
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
    this.#next = Math.floor(random() * 2 ** 30);
  }

  pick(): Host | null {
    const hosts = this.#hosts;
    const schedule = this.#schedule;
    if (schedule === null) {
      if (hosts.length === 0) return null;
      if (this.#next >= hosts.length) this.#next %= hosts.length;
      return hosts[this.#next++];
    }
    const host = hosts[schedule.first];
    schedule.file(host.weight);
    return host;
  }

  update(hosts: readonly Host[]): void {
    this.#hosts = hosts;
    this.#schedule = equalWeights(hosts)
      ? null
      : new EdfSchedule(
          hosts.map((host) => host.weight),
          this.#random,
        );
  }
}

/** Envoy: `ROUND_ROBIN`. */
export const roundRobin: LoadBalancerDefinition = {
  kind: "load_balancer",
  id: "ROUND_ROBIN",
  create: (_config, scope) => new RoundRobin(scope.random),
};
