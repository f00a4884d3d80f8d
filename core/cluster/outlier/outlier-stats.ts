import type { Counter, Gauge, StatsScope } from "../../contract/stats.ts";
import type { EjectionType } from "./ejection-type.ts";

/** Found, and really ejected. */
interface Pair {
  readonly detected: Counter;
  readonly enforced: Counter;
}

/** Counters below `cluster.NAME.outlier_detection.`, by Envoy's names; those that it calls deprecated are kept too. */
export class OutlierStats {
  readonly ejections_active: Gauge;
  readonly ejections_enforced_total: Counter;
  readonly ejections_overflow: Counter;
  readonly ejections_total: Counter;
  readonly ejections_consecutive_5xx: Counter;
  readonly ejections_success_rate: Counter;
  readonly byType: Readonly<Record<EjectionType, Pair>>;

  constructor(cluster: StatsScope) {
    const scope = cluster.scope("outlier_detection");
    const pair = (name: string): Pair => ({
      detected: scope.counter(`ejections_detected_${name}`),
      enforced: scope.counter(`ejections_enforced_${name}`),
    });
    this.ejections_active = scope.gauge("ejections_active");
    this.ejections_enforced_total = scope.counter("ejections_enforced_total");
    this.ejections_overflow = scope.counter("ejections_overflow");
    this.ejections_total = scope.counter("ejections_total");
    this.ejections_consecutive_5xx = scope.counter("ejections_consecutive_5xx");
    this.ejections_success_rate = scope.counter("ejections_success_rate");
    this.byType = {
      CONSECUTIVE_5XX: pair("consecutive_5xx"),
      CONSECUTIVE_GATEWAY_FAILURE: pair("consecutive_gateway_failure"),
      SUCCESS_RATE: pair("success_rate"),
      CONSECUTIVE_LOCAL_ORIGIN_FAILURE: pair("consecutive_local_origin_failure"),
      SUCCESS_RATE_LOCAL_ORIGIN: pair("local_origin_success_rate"),
      FAILURE_PERCENTAGE: pair("failure_percentage"),
      FAILURE_PERCENTAGE_LOCAL_ORIGIN: pair("local_origin_failure_percentage"),
    };
  }
}
