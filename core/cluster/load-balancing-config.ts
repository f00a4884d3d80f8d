import type { Cluster } from "../resources/cluster.ts";
import * as policies from "../resources/load-balancing.ts";
import type { SlowStartConfig as SlowStartResource } from "../resources/load-balancing.ts";
import type { RuntimeDouble } from "../resources/percent.ts";
import { parse } from "../resources/schema/index.ts";
import type { DecodeContext, Infer, TypedConfig } from "../resources/schema/index.ts";
import type { MaglevConfig } from "./balancers/hash/maglev.ts";
import type { RingHashConfig } from "./balancers/hash/ring-hash.ts";
import type { LeastRequestConfig } from "./balancers/least-request.ts";
import type { RoundRobinConfig } from "./balancers/round-robin.ts";
import type { SlowStartConfig } from "./balancers/slow-start.ts";
import { complain } from "./complain.ts";

/** Which balancer a cluster has, and what it is told. */
export interface LoadBalancingConfig {
  /** Of a `LoadBalancerDefinition`. */
  readonly policy: string;
  /** As the definition wants it. */
  readonly config: unknown;
}

/** `load_balancing_policy`, else `lb_policy` and the fields beside it. Envoy: `TypedLoadBalancerFactory`, `LegacyLbPolicyConfigHelper`. */
export function readLoadBalancing(cluster: Cluster, context: DecodeContext): LoadBalancingConfig {
  const { loadBalancingPolicy: typed, lbPolicy } = cluster;
  const { consistentHashingLbConfig: hashing } = cluster.commonLbConfig;
  if (hashing?.useHostnameForHashing && (cluster.type === undefined || cluster.type === "STATIC")) {
    const message =
      'found "use_hostname_for_hashing" in a STATIC cluster, wanted a cluster by DNS: hosts of others have no names';
    complain(context, hashing, "invalid_value", message);
  }
  if (typed !== undefined) {
    if (lbPolicy !== "ROUND_ROBIN" && lbPolicy !== "LOAD_BALANCING_POLICY_CONFIG") {
      const message = `found "lb_policy" ${lbPolicy} beside "load_balancing_policy", wanted one of them`;
      complain(context, cluster, "oneof_conflict", message);
    }
    return readPolicies(typed, context);
  }
  switch (lbPolicy) {
    case "LOAD_BALANCING_POLICY_CONFIG": {
      const message = 'found "lb_policy" LOAD_BALANCING_POLICY_CONFIG without "load_balancing_policy", wanted that as well';
      complain(context, cluster, "missing_field", message);
      return { policy: "ROUND_ROBIN", config: undefined };
    }
    case "ROUND_ROBIN": {
      checkOwnConfig(cluster, "roundRobinLbConfig", context);
      const config: RoundRobinConfig = slowStart(cluster.roundRobinLbConfig?.slowStartConfig);
      return { policy: lbPolicy, config };
    }
    case "LEAST_REQUEST": {
      checkOwnConfig(cluster, "leastRequestLbConfig", context);
      const own = cluster.leastRequestLbConfig;
      const config: LeastRequestConfig = {
        choiceCount: own?.choiceCount,
        activeRequestBias: bias(own?.activeRequestBias, context),
        ...slowStart(own?.slowStartConfig),
      };
      return { policy: lbPolicy, config };
    }
    case "RING_HASH": {
      checkOwnConfig(cluster, "ringHashLbConfig", context);
      const own = cluster.ringHashLbConfig;
      const config: Partial<RingHashConfig> = {
        ...(own === undefined
          ? {}
          : {
              minimumRingSize: own.minimumRingSize,
              maximumRingSize: own.maximumRingSize,
              hashFunction: own.hashFunction,
            }),
        ...hashingOptions(hashing),
      };
      return { policy: lbPolicy, config };
    }
    case "MAGLEV": {
      checkOwnConfig(cluster, "maglevLbConfig", context);
      const own = cluster.maglevLbConfig;
      const config: Partial<MaglevConfig> = {
        ...(own === undefined ? {} : { tableSize: primeSize(own, context) }),
        ...hashingOptions(hashing),
      };
      return { policy: lbPolicy, config };
    }
    default:
      return { policy: lbPolicy, config: undefined };
  }
}

const OWN_CONFIGS = ["ringHashLbConfig", "maglevLbConfig", "leastRequestLbConfig", "roundRobinLbConfig"] as const;

/** The configuration of another policy would be without effect. Envoy refuses the same. */
function checkOwnConfig(cluster: Cluster, own: (typeof OWN_CONFIGS)[number], context: DecodeContext): void {
  for (const field of OWN_CONFIGS) {
    const value = cluster[field];
    if (field === own || value === undefined) continue;
    const name = field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    complain(
      context,
      value,
      "oneof_conflict",
      `found "${name}" of another policy, wanted none: "lb_policy" is ${cluster.lbPolicy}`,
    );
  }
}

/** The first policy that is known. */
function readPolicies(typed: policies.LoadBalancingPolicy, context: DecodeContext): LoadBalancingConfig {
  for (const { typedExtensionConfig } of typed.policies) {
    const read = READERS.get(typedExtensionConfig.typedConfig.typeUrl);
    if (read !== undefined) return read(typedExtensionConfig.typedConfig, context);
  }
  const found = typed.policies.map(({ typedExtensionConfig: { typedConfig } }) => typedConfig.typeUrl).join(", ");
  const message = `found no policy that is known (${found}), wanted one of ${[...READERS.keys()].join(", ")}`;
  complain(context, typed, "unknown_type_url", message);
  return { policy: "ROUND_ROBIN", config: undefined };
}

type Reader = (config: TypedConfig, context: DecodeContext) => LoadBalancingConfig;

/** After mistakes, which the context has: it is not used. */
const NOTHING: LoadBalancingConfig = { policy: "ROUND_ROBIN", config: undefined };

const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  [
    policies.RoundRobin.typeName,
    (typed, context) => {
      const own = parse(policies.RoundRobin, typed, context);
      return own === undefined ? NOTHING : { policy: "ROUND_ROBIN", config: slowStart(own.slowStartConfig) };
    },
  ],
  [
    policies.LeastRequest.typeName,
    (typed, context) => {
      const own = parse(policies.LeastRequest, typed, context);
      if (own === undefined) return NOTHING;
      const config: LeastRequestConfig = {
        choiceCount: own.choiceCount,
        activeRequestBias: bias(own.activeRequestBias, context),
        fullScan: own.enableFullScan || own.selectionMethod === "FULL_SCAN",
        ...slowStart(own.slowStartConfig),
      };
      return { policy: "LEAST_REQUEST", config };
    },
  ],
  [
    policies.Random.typeName,
    (typed, context) => {
      const own = parse(policies.Random, typed, context);
      return own === undefined ? NOTHING : { policy: "RANDOM", config: undefined };
    },
  ],
  [
    policies.RingHash.typeName,
    (typed, context) => {
      const own = parse(policies.RingHash, typed, context);
      if (own === undefined) return NOTHING;
      const config: RingHashConfig = {
        minimumRingSize: own.minimumRingSize,
        maximumRingSize: own.maximumRingSize,
        hashFunction: own.hashFunction === "MURMUR_HASH_2" ? "MURMUR_HASH_2" : "XX_HASH",
        ...hashingOptions(own.consistentHashingLbConfig ?? own),
      };
      return { policy: "RING_HASH", config };
    },
  ],
  [
    policies.Maglev.typeName,
    (typed, context) => {
      const own = parse(policies.Maglev, typed, context);
      if (own === undefined) return NOTHING;
      const config: MaglevConfig = { tableSize: primeSize(own, context), ...hashingOptions(own.consistentHashingLbConfig) };
      return { policy: "MAGLEV", config };
    },
  ],
]);

/** Type URLs of the policies that `load_balancing_policy` may name. */
export const POLICY_TYPES: readonly string[] = [...READERS.keys()];

function slowStart(config: SlowStartResource | undefined): { slowStart?: SlowStartConfig } {
  if (config?.slowStartWindow === undefined || config.slowStartWindow === 0) return {};
  const aggression = config.aggression?.defaultValue ?? 1;
  return { slowStart: { window: config.slowStartWindow, aggression, minWeight: config.minWeightPercent / 100 } };
}

function bias(value: RuntimeDouble | undefined, context: DecodeContext): number | undefined {
  if (value !== undefined && value.defaultValue < 0)
    complain(context, value, "out_of_range", `found an active_request_bias of ${value.defaultValue}, wanted at least 0`);
  return value?.defaultValue;
}

type Hashing = Infer<typeof policies.ConsistentHashingLbConfig>;

function hashingOptions(config: Hashing | undefined): { useHostname: boolean; balanceFactor: number } {
  return { useHostname: config?.useHostnameForHashing ?? false, balanceFactor: config?.hashBalanceFactor ?? 0 };
}

/** Only with a prime does every host come by every place of the table. */
function primeSize(config: { readonly tableSize: number }, context: DecodeContext): number {
  const { tableSize } = config;
  let prime = tableSize > 1;
  for (let factor = 2; prime && factor * factor <= tableSize; factor++) prime = tableSize % factor !== 0;
  if (!prime) complain(context, config, "out_of_range", `found a table_size of ${tableSize}, wanted a prime number`);
  return tableSize;
}
