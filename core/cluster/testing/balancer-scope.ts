import type { LoadBalancerContext } from "../../contract/cluster.ts";
import { StatsStore } from "../../observe/stats-store.ts";
import type { LoadBalancerScope } from "../balancers/load-balancer.ts";
import { seededRandom } from "./seeded-random.ts";

/** A scope whose chance, time and running requests are the test's. */
export class BalancerScope implements LoadBalancerScope {
  readonly random: () => number;
  readonly store: StatsStore = new StatsStore();
  readonly stats = this.store.scope("cluster", "c", "envoy.cluster_name");
  readonly active = { value: 0 };
  /** ms. */
  time = 0;
  readonly now = (): number => this.time;

  constructor(seed = 1) {
    this.random = seededRandom(seed);
  }

  /** Value of a gauge below `cluster.c.`. */
  gauge(name: string): number | undefined {
    return [...this.store.gauges].find((series) => series.name === `cluster.c.${name}`)?.value;
  }
}

/** What a balancer sees of a request with this hash. */
export function hashContext(high: number, low: number): LoadBalancerContext {
  return { stream: null, hash: { high: high | 0, low: low | 0 }, shouldSelectAnotherHost: () => false };
}
