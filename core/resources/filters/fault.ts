import { HeaderMatcher } from "../matchers.ts";
import { FractionalPercent } from "../percent.ts";
import type { Infer } from "../schema/index.ts";
import { bool, duration, list, message, string, struct, uint32, uint32Value, uint64 } from "../schema/index.ts";

const F = "envoy.extensions.filters.common.fault.v3";

/** Holds requests up: exactly one of the two is set. */
export const FaultDelay = message(
  `${F}.FaultDelay`,
  {
    /** Milliseconds. */
    fixedDelay: duration({ above: 0 }),
    /** As the request header `x-envoy-fault-delay-request` says, in milliseconds. */
    headerDelay: message(`${F}.FaultDelay.HeaderDelay`, {}),
    /** Of requests. Unset: 0. */
    percentage: FractionalPercent,
  },
  { oneofs: [{ name: "fault_delay_secifier", fields: ["fixedDelay", "headerDelay"], required: true }] },
);
export type FaultDelay = Infer<typeof FaultDelay>;

/** Slows responses down: exactly one of the two is set. */
export const FaultRateLimit = message(
  `${F}.FaultRateLimit`,
  {
    fixedLimit: message(`${F}.FaultRateLimit.FixedLimit`, {
      /** KiB per second. */
      limitKbps: uint64({ min: 1, required: true }),
    }),
    /** As the request header `x-envoy-fault-throughput-response` says, in KiB per second. */
    headerLimit: message(`${F}.FaultRateLimit.HeaderLimit`, {}),
    /** Of requests. Unset: 0. */
    percentage: FractionalPercent,
  },
  { oneofs: [{ name: "limit_type", fields: ["fixedLimit", "headerLimit"], required: true }] },
);
export type FaultRateLimit = Infer<typeof FaultRateLimit>;

/** Answers in the upstream's place: exactly one of the three is set. */
export const FaultAbort = message(
  "envoy.extensions.filters.http.fault.v3.FaultAbort",
  {
    httpStatus: uint32({ min: 200, below: 600 }),
    grpcStatus: uint32(),
    /** As the request header `x-envoy-fault-abort-request` (or `-grpc-request`) says. */
    headerAbort: message("envoy.extensions.filters.http.fault.v3.FaultAbort.HeaderAbort", {}),
    /** Of requests. Unset: 0. */
    percentage: FractionalPercent,
  },
  { oneofs: [{ name: "error_type", fields: ["httpStatus", "grpcStatus", "headerAbort"], required: true }] },
);
export type FaultAbort = Infer<typeof FaultAbort>;

/** Fault injection, `envoy.filters.http.fault`; the same message for routes. */
export const HTTPFault = message("envoy.extensions.filters.http.fault.v3.HTTPFault", {
  delay: FaultDelay,
  abort: FaultAbort,
  /** Only requests to this cluster. Default "": all. */
  upstreamCluster: string({ default: "" }),
  /** Only requests that match all of these. */
  headers: list(HeaderMatcher),
  /** Only requests of these nodes, by `x-envoy-downstream-service-node`. Default: all. */
  downstreamNodes: list(string()),
  /** How many requests may be held or aborted at a time. Unset: no limit. */
  maxActiveFaults: uint32Value(),
  responseRateLimit: FaultRateLimit,
  /** Runtime keys; by default Envoy's `fault.http.delay.fixed_delay_percent` and so on. */
  delayPercentRuntime: string({ default: "fault.http.delay.fixed_delay_percent" }),
  abortPercentRuntime: string({ default: "fault.http.abort.abort_percent" }),
  delayDurationRuntime: string({ default: "fault.http.delay.fixed_duration_ms" }),
  abortHttpStatusRuntime: string({ default: "fault.http.abort.http_status" }),
  maxActiveFaultsRuntime: string({ default: "fault.http.max_active_faults" }),
  responseRateLimitPercentRuntime: string({ default: "fault.http.rate_limit.response_percent" }),
  abortGrpcStatusRuntime: string({ default: "fault.http.abort.grpc_status" }),
  /** Default false. */
  disableDownstreamClusterStats: bool({ default: false }),
  /** Set as dynamic metadata of aborted and delayed requests. */
  filterMetadata: struct(),
});
export type HTTPFault = Infer<typeof HTTPFault>;
