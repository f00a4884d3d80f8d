import { Address } from "./address.ts";
import { Locality, Metadata } from "./base.ts";
import { FractionalPercent } from "./percent.ts";
import type { Infer } from "./schema/index.ts";
import {
  bool,
  duration,
  enumOf,
  list,
  message,
  notBuilt,
  required,
  string,
  uint32,
  uint32Value,
  unsupported,
} from "./schema/index.ts";

const E = "envoy.config.endpoint.v3";

/** Where and how an endpoint is asked for its health. */
export const HealthCheckConfig = message(`${E}.Endpoint.HealthCheckConfig`, {
  /** Default 0: the port that it serves at. */
  portValue: uint32({ max: 65_535, default: 0 }),
  /** Comes before the check's own host. Default "": none. */
  hostname: string({ default: "" }),
  /** An IP address, or a pipe. Unset: where it serves. */
  address: Address,
  /** It counts as healthy and is not asked. Default false. */
  disableActiveHealthCheck: bool({ default: false }),
});
export type HealthCheckConfig = Infer<typeof HealthCheckConfig>;

/** An address of an upstream. */
export const Endpoint = message(`${E}.Endpoint`, {
  /** For clusters by DNS the address is a name. */
  address: required(Address),
  healthCheckConfig: HealthCheckConfig,
  /** The host's name, for `auto_host_rewrite`. Default "": the name in the address, if it is one. */
  hostname: string({ default: "" }),
  additionalAddresses: unsupported("one address an endpoint"),
});
export type Endpoint = Infer<typeof Endpoint>;

/** An endpoint as the balancer sees it. */
export const LbEndpoint = message(
  `${E}.LbEndpoint`,
  {
    endpoint: Endpoint,
    endpointName: unsupported("there are no named endpoints"),
    /** UNHEALTHY, DRAINING and TIMEOUT get no requests unless there is nothing better. Default UNKNOWN: healthy. */
    healthStatus: enumOf(["UNKNOWN", "HEALTHY", "UNHEALTHY", "DRAINING", "TIMEOUT", "DEGRADED"], { default: "UNKNOWN" }),
    metadata: Metadata,
    /** Default 1. */
    loadBalancingWeight: uint32Value({ min: 1, default: 1 }),
  },
  { oneofs: [{ name: "host_identifier", fields: ["endpoint", "endpointName"], required: true }] },
);
export type LbEndpoint = Infer<typeof LbEndpoint>;

/** The endpoints of a locality. */
export const LocalityLbEndpoints = message(
  `${E}.LocalityLbEndpoints`,
  {
    locality: Locality,
    metadata: Metadata,
    lbEndpoints: list(LbEndpoint),
    loadBalancerEndpoints: unsupported("use lb_endpoints"),
    ledsClusterLocalityConfig: unsupported("there is no dynamic configuration yet"),
    /** Weight of the locality, where the cluster asks for it. */
    loadBalancingWeight: uint32Value({ min: 1 }),
    /** Lower ones first; others only when these are not healthy enough. Default 0. */
    priority: uint32({ max: 128, default: 0 }),
    proximity: unsupported("Envoy does not implement it either"),
  },
  { oneofs: [{ name: "lb_config", fields: ["loadBalancerEndpoints", "ledsClusterLocalityConfig"] }] },
);
export type LocalityLbEndpoints = Infer<typeof LocalityLbEndpoints>;

/** The endpoints of a cluster. */
export const ClusterLoadAssignment = message(`${E}.ClusterLoadAssignment`, {
  clusterName: string({ minLength: 1, required: true }),
  endpoints: list(LocalityLbEndpoints),
  namedEndpoints: unsupported("there are no named endpoints"),
  policy: message(`${E}.ClusterLoadAssignment.Policy`, {
    /** Requests to drop before they reach the cluster. */
    dropOverloads: notBuilt(
      list(
        message(`${E}.ClusterLoadAssignment.Policy.DropOverload`, {
          category: string({ minLength: 1, required: true }),
          dropPercentage: FractionalPercent,
        }),
        { max: 1 },
      ),
      "no requests are dropped by assignment yet",
    ),
    /** Percent: how many times the healthy part of a priority may stand for all of it. Default 140. */
    overprovisioningFactor: uint32Value({ above: 0, default: 140 }),
    /** Milliseconds; for assignments that come from a control plane. */
    endpointStaleAfter: duration({ above: 0 }),
    /** Default false. */
    weightedPriorityHealth: bool({ default: false }),
  }),
});
export type ClusterLoadAssignment = Infer<typeof ClusterLoadAssignment>;
