import type { LoadBalancerDefinition } from "../load-balancer.ts";
import { HashBalancer, type HashTableKind } from "./hash-balancer.ts";
import { Ring, type RingOptions } from "./ring.ts";

/** Envoy: `RingHashLbConfig` and `ConsistentHashingLbConfig`. */
export interface RingHashConfig extends RingOptions {
  /** Percent of its share that a host may have at most, 100 or more; 0: no bound. */
  readonly balanceFactor: number;
}

const DEFAULTS: RingHashConfig = {
  minimumRingSize: 1024,
  maximumRingSize: 8_388_608,
  hashFunction: "XX_HASH",
  useHostname: false,
  balanceFactor: 0,
};

/** Envoy: `RING_HASH`. Gauges `ring_hash_lb.size`, `.min_hashes_per_host`, `.max_hashes_per_host`. */
export const ringHash: LoadBalancerDefinition = {
  kind: "load_balancer",
  id: "RING_HASH",
  byHash: true,
  create: (config, scope) => {
    const options = { ...DEFAULTS, ...(config as Partial<RingHashConfig> | undefined) };
    const stats = scope.stats.scope("ring_hash_lb");
    const size = stats.gauge("size");
    const min = stats.gauge("min_hashes_per_host");
    const max = stats.gauge("max_hashes_per_host");
    const kind: HashTableKind<Ring> = {
      build: (hosts, shares, pace) => Ring.build(hosts, shares, options, pace),
      used: (ring) => {
        size.value = ring.size;
        min.value = ring.minPerHost;
        max.value = ring.maxPerHost;
      },
    };
    return new HashBalancer(kind, options.balanceFactor, scope);
  },
};
