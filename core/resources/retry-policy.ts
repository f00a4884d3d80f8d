import { HeaderMatcher } from "./matchers.ts";
import type { Infer } from "./schema/index.ts";
import {
  any,
  duration,
  enumOf,
  headerName,
  int64,
  list,
  message,
  notBuilt,
  string,
  uint32,
  uint32Value,
  unsupported,
} from "./schema/index.ts";

/** When and how often a request is tried again. */
export const RetryPolicy = message("envoy.config.route.v3.RetryPolicy", {
  /** Comma-separated conditions: `5xx`, `connect-failure`, `retriable-status-codes`, ... Default "": none. */
  retryOn: string({ default: "" }),
  /** Default 1. */
  numRetries: uint32Value({ default: 1 }),
  /** Milliseconds; 0: none. Unset: the route's timeout. */
  perTryTimeout: duration(),
  /** Milliseconds without a byte from the upstream. Unset or 0: none. */
  perTryIdleTimeout: duration(),
  retryPriority: unsupported("there are no retry priorities yet"),
  /** Predicates that refuse a host, such as one that was tried before. Default: none. */
  retryHostPredicate: list(
    message(
      "envoy.config.route.v3.RetryPolicy.RetryHostPredicate",
      { name: string({ minLength: 1, required: true }), typedConfig: any() },
      { oneofs: [{ name: "config_type", fields: ["typedConfig"], required: true }] },
    ),
  ),
  retryOptionsPredicates: unsupported("there are no retry option predicates"),
  /** How often the balancer is asked anew when a predicate refuses its host. Default 1. */
  hostSelectionRetryMaxAttempts: int64({ default: 1 }),
  /** For the condition `retriable-status-codes`. Default: none. */
  retriableStatusCodes: list(uint32()),
  retryBackOff: message(
    "envoy.config.route.v3.RetryPolicy.RetryBackOff",
    {
      /** Milliseconds. Envoy's own when there is no back-off at all: 25. */
      baseInterval: duration({ above: 0, required: true }),
      /** Milliseconds. Unset: 10 times the base. */
      maxInterval: duration({ above: 0 }),
    },
    {
      check({ baseInterval, maxInterval }, complain) {
        if (maxInterval !== undefined && maxInterval < baseInterval)
          complain('"max_interval" is less than "base_interval"', "maxInterval");
      },
    },
  ),
  rateLimitedRetryBackOff: notBuilt(
    message("envoy.config.route.v3.RetryPolicy.RateLimitedRetryBackOff", {
      /** Headers of the response that say when to come back; the first that is there counts. */
      resetHeaders: list(
        message("envoy.config.route.v3.RetryPolicy.ResetHeader", {
          name: headerName({ required: true }),
          /** Seconds to wait, or seconds since 1970. Default SECONDS. */
          format: enumOf(["SECONDS", "UNIX_TIMESTAMP"], { default: "SECONDS" }),
        }),
        { min: 1 },
      ),
      /** Milliseconds; longer waits are not waited for. Default 300,000. */
      maxInterval: duration({ above: 0, default: 300_000 }),
    }),
    "responses are not asked when to come back yet",
  ),
  /** For the condition `retriable-headers`: matched against the response. Default: none. */
  retriableHeaders: list(HeaderMatcher),
  /** A request is tried again only if one of these matches it. Default: none, all are. */
  retriableRequestHeaders: list(HeaderMatcher),
});
export type RetryPolicy = Infer<typeof RetryPolicy>;
