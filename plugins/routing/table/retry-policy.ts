import { compileHeaderMatcher, type HeaderMatcher } from "../../../core/match/header-matcher.ts";
import type { Report } from "../../../core/match/problem.ts";
import type { RetryPolicy as RetryPolicyConfig } from "../../../core/resources/retry-policy.ts";
import { parseRetryOn, type RetryPolicyView } from "../../router/retry-state.ts";

/** Where to read how long to wait before the next attempt, from a response. */
export interface ResetHeader {
  /** Lower case. */
  readonly name: string;
  /** Else: seconds from now. */
  readonly unixTimestamp: boolean;
}

/** A compiled `RetryPolicy`. Durations in milliseconds. */
export interface RetryPolicy extends RetryPolicyView {
  readonly retriableHeaders: readonly HeaderMatcher[];
  /** Empty: every request may be tried again. */
  readonly retriableRequestHeaders: readonly HeaderMatcher[];
  /** 0: the route's timeout. */
  readonly perTryTimeout: number;
  /** 0: none. */
  readonly perTryIdleTimeout: number;
  /** The first that a response has counts. */
  readonly resetHeaders: readonly ResetHeader[];
  /** Longest wait that a reset header may ask for. Default 300,000. */
  readonly resetMaxInterval: number;
  /** How often another host is asked for when one was tried already. Default 1. */
  readonly hostSelectionMaxAttempts: number;
  /** `retry_host_predicate` asks not to try a host again (`envoy.retry_host_predicates.previous_hosts`). */
  readonly avoidPreviousHosts: boolean;
}

const PREVIOUS_HOSTS = "envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate";
const DEFAULT_BASE_INTERVAL = 25;

/** Compiles a retry policy; mistakes are reported. */
export function compileRetryPolicy(config: RetryPolicyConfig, report: Report): RetryPolicy {
  const baseInterval = Math.max(1, config.retryBackOff?.baseInterval ?? DEFAULT_BASE_INTERVAL);
  const limited = config.rateLimitedRetryBackOff;
  let avoidPreviousHosts = false;
  for (const predicate of config.retryHostPredicate) {
    const type = predicate.typedConfig?.typeUrl;
    if (type === PREVIOUS_HOSTS) avoidPreviousHosts = true;
    else
      report({
        about: predicate,
        key: "typedConfig",
        code: "unknown_type_url",
        message: `retry host predicate ${type ?? predicate.name} is not supported`,
        found: type,
        wanted: PREVIOUS_HOSTS,
      });
  }
  return {
    on: parseRetryOn(config.retryOn),
    numRetries: config.numRetries,
    retriableStatusCodes: config.retriableStatusCodes,
    retriableHeaders: config.retriableHeaders.map((matcher) => compileHeaderMatcher(matcher, report)),
    retriableRequestHeaders: config.retriableRequestHeaders.map((matcher) => compileHeaderMatcher(matcher, report)),
    baseInterval,
    maxInterval: Math.max(1, config.retryBackOff?.maxInterval ?? baseInterval * 10),
    perTryTimeout: config.perTryTimeout ?? 0,
    perTryIdleTimeout: config.perTryIdleTimeout ?? 0,
    resetHeaders: (limited?.resetHeaders ?? []).map(({ name, format }) => ({ name, unixTimestamp: format === "UNIX_TIMESTAMP" })),
    resetMaxInterval: limited?.maxInterval ?? 300_000,
    hostSelectionMaxAttempts: config.hostSelectionRetryMaxAttempts,
    avoidPreviousHosts,
  };
}
