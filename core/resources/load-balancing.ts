import { TypedExtensionConfig } from "./base.ts";
import { Percent, RuntimeDouble } from "./percent.ts";
import type { Complain, Infer } from "./schema/index.ts";
import {
  bool,
  boolValue,
  duration,
  enumOf,
  list,
  message,
  required,
  uint32Value,
  uint64Value,
  unsupported,
  withDefault,
} from "./schema/index.ts";

const C = "envoy.config.cluster.v3.Cluster";
const P = "envoy.extensions.load_balancing_policies";

const MAX_RING = 8_388_608;
const MAX_TABLE = 5_000_011;

const slowStartFields = {
  /** Milliseconds in which a new or recovered host reaches its full share. Unset or 0: at once. */
  slowStartWindow: duration({ min: 0 }),
  /** How the share rises: `time ^ (1 / aggression)`. Above 0. Default 1. */
  aggression: RuntimeDouble,
  /** Part of its share that a host has at least. Default 10. */
  minWeightPercent: withDefault(Percent, 10),
};

function checkSlowStart(config: { readonly aggression: RuntimeDouble | undefined }, complain: Complain<"aggression">): void {
  const { aggression } = config;
  if (aggression !== undefined && aggression.defaultValue <= 0)
    complain(`found ${aggression.defaultValue}, wanted a number above 0`, "defaultValue", aggression);
}

/** How new hosts come to their share. */
export const SlowStartConfig = message(`${C}.SlowStartConfig`, slowStartFields, { check: checkSlowStart });
export type SlowStartConfig = Infer<typeof SlowStartConfig>;

/** The same, of the policies. */
export const CommonSlowStartConfig = message(`${P}.common.v3.SlowStartConfig`, slowStartFields, { check: checkSlowStart });

/** How least request chooses. */
export const LeastRequestLbConfig = message(`${C}.LeastRequestLbConfig`, {
  /** Hosts that are drawn and compared. Default 2. */
  choiceCount: uint32Value({ min: 2, default: 2 }),
  /** How strongly active requests lower a weight. At least 0. Default 1. */
  activeRequestBias: RuntimeDouble,
  slowStartConfig: SlowStartConfig,
});

/** How round robin chooses. */
export const RoundRobinLbConfig = message(`${C}.RoundRobinLbConfig`, { slowStartConfig: SlowStartConfig });

function checkRing(
  config: { readonly minimumRingSize: number; readonly maximumRingSize: number },
  complain: Complain<"minimumRingSize" | "maximumRingSize">,
): void {
  const { minimumRingSize: min, maximumRingSize: max } = config;
  if (max < 1) complain(`found ${max}, wanted at least 1`, "maximumRingSize");
  else if (min > max) complain(`found ${min}, wanted at most maximum_ring_size, which is ${max}`, "minimumRingSize");
}

const ringSizes = {
  /** Hashes on the ring, at least; a host has more the more it weighs. Default 1,024. */
  minimumRingSize: uint64Value({ min: 1, max: MAX_RING, default: 1024 }),
  /** At most. Default 8,388,608. */
  maximumRingSize: uint64Value({ max: MAX_RING, default: MAX_RING }),
};

/** The ring that requests are hashed to. */
export const RingHashLbConfig = message(
  `${C}.RingHashLbConfig`,
  {
    ...ringSizes,
    minimumRingSize: uint64Value({ max: MAX_RING, default: 1024 }),
    hashFunction: enumOf(["XX_HASH", "MURMUR_HASH_2"], { default: "XX_HASH" }),
  },
  {
    check(config, complain) {
      if (config.minimumRingSize < 1) complain(`found ${config.minimumRingSize}, wanted at least 1`, "minimumRingSize");
      else checkRing(config, complain);
    },
  },
);

const tableSize = uint64Value({ max: MAX_TABLE, default: 65_537 });

/** The table that requests are hashed to. */
export const MaglevLbConfig = message(`${C}.MaglevLbConfig`, {
  /** A prime number. Default 65,537. */
  tableSize,
});

const hashingFields = {
  /** Hosts are hashed by their names in place of their addresses. Default false. */
  useHostnameForHashing: bool({ default: false }),
  /** Percent of its share of the running requests that a host may have; more go to other hosts. Unset: no bound. */
  hashBalanceFactor: uint32Value({ min: 100 }),
};

/** What ring hash and maglev have in common. */
export const ConsistentHashingLbConfig = message(`${C}.CommonLbConfig.ConsistentHashingLbConfig`, hashingFields);
/** The same, of the policies. */
export const CommonConsistentHashingLbConfig = message(`${P}.common.v3.ConsistentHashingLbConfig`, hashingFields);

/** `load_balancing_policy`: the first that is known is taken. */
export const LoadBalancingPolicy = message("envoy.config.cluster.v3.LoadBalancingPolicy", {
  policies: list(
    message("envoy.config.cluster.v3.LoadBalancingPolicy.Policy", { typedExtensionConfig: required(TypedExtensionConfig) }),
    { min: 1 },
  ),
});
export type LoadBalancingPolicy = Infer<typeof LoadBalancingPolicy>;

/** `envoy.load_balancing_policies.round_robin`. */
export const RoundRobin = message(`${P}.round_robin.v3.RoundRobin`, {
  slowStartConfig: CommonSlowStartConfig,
  localityLbConfig: unsupported("localities are not told apart yet"),
});

/** `envoy.load_balancing_policies.least_request`. */
export const LeastRequest = message(`${P}.least_request.v3.LeastRequest`, {
  /** Hosts that are drawn and compared. Default 2. */
  choiceCount: uint32Value({ min: 2, default: 2 }),
  /** How strongly active requests lower a weight. At least 0. Default 1. */
  activeRequestBias: RuntimeDouble,
  slowStartConfig: CommonSlowStartConfig,
  localityLbConfig: unsupported("localities are not told apart yet"),
  /** Deprecated: use `selection_method`. Default false. */
  enableFullScan: boolValue({ default: false }),
  /** Whether some hosts are compared or all, where weights are equal. Default N_CHOICES. */
  selectionMethod: enumOf(["N_CHOICES", "FULL_SCAN"], { default: "N_CHOICES" }),
});

/** `envoy.load_balancing_policies.random`. */
export const Random = message(`${P}.random.v3.Random`, { localityLbConfig: unsupported("localities are not told apart yet") });

/** `envoy.load_balancing_policies.ring_hash`. */
export const RingHash = message(
  `${P}.ring_hash.v3.RingHash`,
  {
    /** DEFAULT_HASH is XX_HASH. Default DEFAULT_HASH. */
    hashFunction: enumOf(["DEFAULT_HASH", "XX_HASH", "MURMUR_HASH_2"], { default: "DEFAULT_HASH" }),
    ...ringSizes,
    /** Deprecated: use `consistent_hashing_lb_config`. Default false. */
    useHostnameForHashing: bool({ default: false }),
    /** Deprecated: use `consistent_hashing_lb_config`. */
    hashBalanceFactor: uint32Value({ min: 100 }),
    consistentHashingLbConfig: CommonConsistentHashingLbConfig,
    localityWeightedLbConfig: unsupported("localities are not told apart yet"),
  },
  { check: checkRing },
);

/** `envoy.load_balancing_policies.maglev`. */
export const Maglev = message(`${P}.maglev.v3.Maglev`, {
  /** A prime number. Default 65,537. */
  tableSize,
  consistentHashingLbConfig: CommonConsistentHashingLbConfig,
  localityWeightedLbConfig: unsupported("localities are not told apart yet"),
});
