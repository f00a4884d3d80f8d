import { RuntimeFeatureFlag } from "../base.ts";
import { HttpStatus } from "../http-status.ts";
import { Percent } from "../percent.ts";
import type { Infer } from "../schema/index.ts";
import { duration, message, required, uint32Value, withDefault } from "../schema/index.ts";

const A = "envoy.extensions.filters.http.adaptive_concurrency.v3";

/** How the limit of a gradient controller follows from the times that requests take. */
export const GradientControllerConfig = message(`${A}.GradientControllerConfig`, {
  /** The share of the requests of a window that is faster than its sample. Default 50. */
  sampleAggregatePercentile: withDefault(Percent, 50),
  concurrencyLimitParams: required(
    message(`${A}.GradientControllerConfig.ConcurrencyLimitCalculationParams`, {
      /** Default 1,000. */
      maxConcurrencyLimit: uint32Value({ above: 0, default: 1000 }),
      /** Milliseconds of a window: after each the limit is worked out anew. */
      concurrencyUpdateInterval: duration({ above: 0, required: true }),
    }),
  ),
  minRttCalcParams: required(
    message(
      `${A}.GradientControllerConfig.MinimumRTTCalculationParams`,
      {
        /** Milliseconds between two measurements of the time without load. */
        interval: duration({ min: 1 }),
        /** Milliseconds that are taken for that time, in place of a measurement. */
        fixedValue: duration({ above: 0 }),
        /** Requests that a measurement takes. Default 50. */
        requestCount: uint32Value({ above: 0, default: 50 }),
        /** Percent of `interval`: at most so much later, at random, a measurement begins. Default 15. */
        jitter: withDefault(Percent, 15),
        /** The limit while it is measured, and the least one. Default 3. */
        minConcurrency: uint32Value({ above: 0, default: 3 }),
        /** Percent that is added to the time without load. Default 25. */
        buffer: withDefault(Percent, 25),
      },
      {
        check({ interval, fixedValue }, complain) {
          if (interval === undefined && fixedValue === undefined)
            complain('found neither "interval" nor "fixed_value", wanted one of them');
        },
      },
    ),
  ),
});
export type GradientControllerConfig = Infer<typeof GradientControllerConfig>;

/** Adaptive concurrency, `envoy.filters.http.adaptive_concurrency`: as many requests at a time as the upstream answers fast. */
export const AdaptiveConcurrency = message(
  `${A}.AdaptiveConcurrency`,
  {
    gradientControllerConfig: GradientControllerConfig,
    /** Unset: enabled. */
    enabled: RuntimeFeatureFlag,
    /** What is answered beyond the limit. Below 400 or unset: 503. */
    concurrencyLimitExceededStatus: HttpStatus,
  },
  { oneofs: [{ name: "concurrency_controller_config", fields: ["gradientControllerConfig"], required: true }] },
);
export type AdaptiveConcurrency = Infer<typeof AdaptiveConcurrency>;
