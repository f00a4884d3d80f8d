import { HeaderMatcher } from "../matchers.ts";
import { Percent } from "../percent.ts";
import type { Infer } from "../schema/index.ts";
import { boolValue, duration, list, map, message } from "../schema/index.ts";

/** Answers to health checks of this proxy, `envoy.filters.http.health_check`. */
export const HealthCheck = message(
  "envoy.extensions.filters.http.health_check.v3.HealthCheck",
  {
    /** Whether checks go on to the upstream. */
    passThroughMode: boolValue({ required: true }),
    /** Milliseconds for which an upstream's answer is kept, in pass-through mode. Unset or 0: it is not. */
    cacheTime: duration(),
    /** Not in pass-through mode: answers 200 only while these clusters have at least this percentage of healthy hosts. */
    clusterMinHealthyPercentages: map(Percent),
    /** Which requests are checks: all must match. */
    headers: list(HeaderMatcher),
  },
  {
    check({ passThroughMode, cacheTime, clusterMinHealthyPercentages }, complain) {
      if (passThroughMode === false && cacheTime !== undefined && cacheTime !== 0) {
        complain('"cache_time" goes only with "pass_through_mode"', "cacheTime");
      }
      if (passThroughMode === true && Object.keys(clusterMinHealthyPercentages).length > 0) {
        complain('"cluster_min_healthy_percentages" does not go with "pass_through_mode"', "clusterMinHealthyPercentages");
      }
    },
  },
);
export type HealthCheck = Infer<typeof HealthCheck>;
