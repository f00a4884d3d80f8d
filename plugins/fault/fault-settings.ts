import { compileHeaderMatcher, type HeaderMatcher } from "../../core/match/header-matcher.ts";
import type { HTTPFault } from "../../core/resources/filters/fault.ts";
import { refuse } from "../config-problem.ts";
import type { Percentage } from "./percentage.ts";
import { compilePercentage } from "./percentage.ts";

/** How long to wait; `fixed` is undefined when the header `x-envoy-fault-delay-request` says it. */
export interface DelaySettings {
  /** ms. */
  readonly fixed: number | undefined;
  readonly percentage: Percentage;
}

/** What to answer; neither is set when headers of the request say it. */
export interface AbortSettings {
  readonly httpStatus: number | undefined;
  readonly grpcStatus: number | undefined;
  readonly percentage: Percentage;
}

/** How fast the body goes out; `fixed` is undefined when the header `x-envoy-fault-throughput-response` says it. */
export interface RateSettings {
  /** KiB/s. */
  readonly fixed: number | undefined;
  readonly percentage: Percentage;
}

/** A compiled `HTTPFault`, of the filter or of a route. */
export interface FaultSettings {
  readonly delay: DelaySettings | null;
  readonly abort: AbortSettings | null;
  readonly rate: RateSettings | null;
  /** "" for any. */
  readonly upstreamCluster: string;
  readonly headers: readonly HeaderMatcher[];
  /** null for any. */
  readonly downstreamNodes: ReadonlySet<string> | null;
  readonly maxActiveFaults: number;
  readonly clusterStats: boolean;
  readonly delayDurationKey: string;
  readonly abortHttpStatusKey: string;
  readonly abortGrpcStatusKey: string;
  readonly maxActiveFaultsKey: string;
  /** Dynamic metadata of streams with a fault, `[key, value]`. */
  readonly metadata: ReadonlyArray<readonly [key: string, value: unknown]>;
}

/** Compiles a configuration. */
export function compileFaultSettings(config: HTTPFault): FaultSettings {
  const { delay, abort, responseRateLimit: rate } = config;
  return {
    delay: delay === undefined ? null : delayOf(delay, config.delayPercentRuntime),
    abort: abort === undefined ? null : abortOf(abort, config.abortPercentRuntime),
    rate: rate === undefined ? null : rateOf(rate, config.responseRateLimitPercentRuntime),
    upstreamCluster: config.upstreamCluster,
    headers: config.headers.map((matcher) => compileHeaderMatcher(matcher, refuse)),
    downstreamNodes: config.downstreamNodes.length === 0 ? null : new Set(config.downstreamNodes),
    maxActiveFaults: config.maxActiveFaults ?? Infinity,
    clusterStats: !config.disableDownstreamClusterStats,
    delayDurationKey: config.delayDurationRuntime,
    abortHttpStatusKey: config.abortHttpStatusRuntime,
    abortGrpcStatusKey: config.abortGrpcStatusRuntime,
    maxActiveFaultsKey: config.maxActiveFaultsRuntime,
    metadata: Object.entries(config.filterMetadata ?? {}),
  };
}

function delayOf(config: NonNullable<HTTPFault["delay"]>, key: string): DelaySettings {
  const header = config.headerDelay === undefined ? "" : "x-envoy-fault-delay-request-percentage";
  return { fixed: config.fixedDelay, percentage: compilePercentage(config.percentage, key, header) };
}

function abortOf(config: NonNullable<HTTPFault["abort"]>, key: string): AbortSettings {
  const header = config.headerAbort === undefined ? "" : "x-envoy-fault-abort-request-percentage";
  return {
    httpStatus: config.httpStatus,
    grpcStatus: config.grpcStatus,
    percentage: compilePercentage(config.percentage, key, header),
  };
}

function rateOf(config: NonNullable<HTTPFault["responseRateLimit"]>, key: string): RateSettings {
  const header = config.headerLimit === undefined ? "" : "x-envoy-fault-throughput-response-percentage";
  const fixed = config.fixedLimit?.limitKbps;
  return {
    fixed,
    percentage: compilePercentage(config.percentage, key, header),
  };
}
