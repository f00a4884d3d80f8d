import type { LoadBalancerDefinition } from "../load-balancer.ts";
import { HashBalancer, type HashTableKind } from "./hash-balancer.ts";
import { type MaglevOptions, MaglevTable } from "./maglev-table.ts";

/** Envoy: `MaglevLbConfig` and `ConsistentHashingLbConfig`. */
export interface MaglevConfig extends MaglevOptions {
  /** Percent of its share that a host may have at most, 100 or more; 0: no bound. */
  readonly balanceFactor: number;
}

const DEFAULTS: MaglevConfig = { tableSize: 65_537, useHostname: false, balanceFactor: 0 };

/** Envoy: `MAGLEV`. Gauges `maglev_lb.min_entries_per_host`, `.max_entries_per_host`. */
export const maglev: LoadBalancerDefinition = {
  kind: "load_balancer",
  id: "MAGLEV",
  byHash: true,
  create: (config, scope) => {
    const options = { ...DEFAULTS, ...(config as Partial<MaglevConfig> | undefined) };
    const stats = scope.stats.scope("maglev_lb");
    const min = stats.gauge("min_entries_per_host");
    const max = stats.gauge("max_entries_per_host");
    const kind: HashTableKind<MaglevTable> = {
      build: (hosts, shares, pace) => MaglevTable.build(hosts, shares, options, pace),
      used: (table) => {
        min.value = table.minPerHost;
        max.value = table.maxPerHost;
      },
    };
    return new HashBalancer(kind, options.balanceFactor, scope);
  },
};
