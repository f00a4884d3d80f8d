import type { Counter, Gauge, StatsScope } from "../../contract/stats.ts";

/** Counters below `cluster.NAME.health_check.`, by Envoy's names. */
export class HealthStats {
  readonly attempt: Counter;
  readonly success: Counter;
  readonly failure: Counter;
  readonly network_failure: Counter;
  readonly passive_failure: Counter;
  readonly verify_cluster: Counter;
  readonly healthy: Gauge;
  readonly degraded: Gauge;

  constructor(cluster: StatsScope) {
    const scope = cluster.scope("health_check");
    this.attempt = scope.counter("attempt");
    this.success = scope.counter("success");
    this.failure = scope.counter("failure");
    this.network_failure = scope.counter("network_failure");
    this.passive_failure = scope.counter("passive_failure");
    this.verify_cluster = scope.counter("verify_cluster");
    this.healthy = scope.gauge("healthy");
    this.degraded = scope.gauge("degraded");
  }
}
