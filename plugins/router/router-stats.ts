import type { Counter, StatsScope } from "../../core/contract/stats.ts";

/** Statistics of the router below `http.STAT_PREFIX.`. Source: Envoy, "Router", Statistics. */
export class RouterStats {
  readonly no_route: Counter;
  readonly no_cluster: Counter;
  readonly rq_redirect: Counter;
  readonly rq_direct_response: Counter;
  readonly rq_total: Counter;
  readonly rq_reset_after_downstream_response_started: Counter;

  constructor(scope: StatsScope) {
    this.no_route = scope.counter("no_route");
    this.no_cluster = scope.counter("no_cluster");
    this.rq_redirect = scope.counter("rq_redirect");
    this.rq_direct_response = scope.counter("rq_direct_response");
    this.rq_total = scope.counter("rq_total");
    this.rq_reset_after_downstream_response_started = scope.counter("rq_reset_after_downstream_response_started");
  }
}
