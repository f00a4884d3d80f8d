import type { ClusterStats } from "../contract/cluster.ts";
import type { Counter, Gauge, Histogram, StatsScope } from "../contract/stats.ts";

/**
 * The counters of a cluster, by Envoy's names ("Cluster manager statistics"). Names that Envoy lists and nothing here can count
 * (HTTP/3, subsets, zone-aware routing) are left out.
 */
export class ClusterStatsImpl implements ClusterStats {
  readonly upstream_rq_total: Counter;
  readonly upstream_rq_completed: Counter;
  readonly upstream_rq_active: Gauge;
  readonly upstream_rq_pending_total: Counter;
  readonly upstream_rq_pending_active: Gauge;
  readonly upstream_rq_pending_overflow: Counter;
  readonly upstream_rq_pending_failure_eject: Counter;
  readonly upstream_rq_cancelled: Counter;
  readonly upstream_rq_maintenance_mode: Counter;
  readonly upstream_rq_timeout: Counter;
  readonly upstream_rq_max_duration_reached: Counter;
  readonly upstream_rq_per_try_timeout: Counter;
  readonly upstream_rq_rx_reset: Counter;
  readonly upstream_rq_tx_reset: Counter;
  readonly upstream_rq_retry: Counter;
  readonly upstream_rq_retry_success: Counter;
  readonly upstream_rq_retry_overflow: Counter;
  readonly upstream_rq_retry_limit_exceeded: Counter;
  readonly upstream_rq_time: Histogram;
  readonly upstream_rq_per_cx: Histogram;
  readonly upstream_cx_total: Counter;
  readonly upstream_cx_active: Gauge;
  readonly upstream_cx_http1_total: Counter;
  readonly upstream_cx_http2_total: Counter;
  readonly upstream_cx_connect_fail: Counter;
  readonly upstream_cx_connect_timeout: Counter;
  readonly upstream_cx_connect_ms: Histogram;
  readonly upstream_cx_length_ms: Histogram;
  readonly upstream_cx_connect_attempts_exceeded: Counter;
  readonly upstream_cx_overflow: Counter;
  readonly upstream_cx_destroy: Counter;
  readonly upstream_cx_destroy_local: Counter;
  readonly upstream_cx_destroy_remote: Counter;
  readonly upstream_cx_destroy_with_active_rq: Counter;
  readonly upstream_cx_destroy_local_with_active_rq: Counter;
  readonly upstream_cx_destroy_remote_with_active_rq: Counter;
  readonly upstream_cx_close_notify: Counter;
  readonly upstream_cx_idle_timeout: Counter;
  readonly upstream_cx_max_duration_reached: Counter;
  readonly upstream_cx_max_requests: Counter;
  readonly upstream_cx_none_healthy: Counter;
  readonly upstream_cx_protocol_error: Counter;
  readonly upstream_cx_rx_bytes_total: Counter;
  readonly upstream_cx_tx_bytes_total: Counter;
  readonly upstream_flow_control_paused_reading_total: Counter;
  readonly upstream_flow_control_resumed_reading_total: Counter;
  readonly upstream_flow_control_backed_up_total: Counter;
  readonly upstream_flow_control_drained_total: Counter;
  readonly membership_change: Counter;
  readonly membership_total: Gauge;
  readonly membership_healthy: Gauge;
  readonly membership_degraded: Gauge;
  readonly membership_excluded: Gauge;
  readonly max_host_weight: Gauge;
  readonly lb_healthy_panic: Counter;
  readonly update_attempt: Counter;
  readonly update_success: Counter;
  readonly update_failure: Counter;
  readonly update_empty: Counter;
  readonly update_no_rebuild: Counter;
  readonly #scope: StatsScope;
  /** upstream_rq_1xx ... 5xx. */
  readonly #classes: (Counter | null)[];
  /** upstream_rq_100 ... 599. */
  readonly #codes: (Counter | null)[];

  constructor(scope: StatsScope) {
    this.upstream_rq_total = scope.counter("upstream_rq_total");
    this.upstream_rq_completed = scope.counter("upstream_rq_completed");
    this.upstream_rq_active = scope.gauge("upstream_rq_active");
    this.upstream_rq_pending_total = scope.counter("upstream_rq_pending_total");
    this.upstream_rq_pending_active = scope.gauge("upstream_rq_pending_active");
    this.upstream_rq_pending_overflow = scope.counter("upstream_rq_pending_overflow");
    this.upstream_rq_pending_failure_eject = scope.counter("upstream_rq_pending_failure_eject");
    this.upstream_rq_cancelled = scope.counter("upstream_rq_cancelled");
    this.upstream_rq_maintenance_mode = scope.counter("upstream_rq_maintenance_mode");
    this.upstream_rq_timeout = scope.counter("upstream_rq_timeout");
    this.upstream_rq_max_duration_reached = scope.counter("upstream_rq_max_duration_reached");
    this.upstream_rq_per_try_timeout = scope.counter("upstream_rq_per_try_timeout");
    this.upstream_rq_rx_reset = scope.counter("upstream_rq_rx_reset");
    this.upstream_rq_tx_reset = scope.counter("upstream_rq_tx_reset");
    this.upstream_rq_retry = scope.counter("upstream_rq_retry");
    this.upstream_rq_retry_success = scope.counter("upstream_rq_retry_success");
    this.upstream_rq_retry_overflow = scope.counter("upstream_rq_retry_overflow");
    this.upstream_rq_retry_limit_exceeded = scope.counter("upstream_rq_retry_limit_exceeded");
    this.upstream_rq_time = scope.histogram("upstream_rq_time");
    this.upstream_rq_per_cx = scope.histogram("upstream_rq_per_cx");
    this.upstream_cx_total = scope.counter("upstream_cx_total");
    this.upstream_cx_active = scope.gauge("upstream_cx_active");
    this.upstream_cx_http1_total = scope.counter("upstream_cx_http1_total");
    this.upstream_cx_http2_total = scope.counter("upstream_cx_http2_total");
    this.upstream_cx_connect_fail = scope.counter("upstream_cx_connect_fail");
    this.upstream_cx_connect_timeout = scope.counter("upstream_cx_connect_timeout");
    this.upstream_cx_connect_ms = scope.histogram("upstream_cx_connect_ms");
    this.upstream_cx_length_ms = scope.histogram("upstream_cx_length_ms");
    this.upstream_cx_connect_attempts_exceeded = scope.counter("upstream_cx_connect_attempts_exceeded");
    this.upstream_cx_overflow = scope.counter("upstream_cx_overflow");
    this.upstream_cx_destroy = scope.counter("upstream_cx_destroy");
    this.upstream_cx_destroy_local = scope.counter("upstream_cx_destroy_local");
    this.upstream_cx_destroy_remote = scope.counter("upstream_cx_destroy_remote");
    this.upstream_cx_destroy_with_active_rq = scope.counter("upstream_cx_destroy_with_active_rq");
    this.upstream_cx_destroy_local_with_active_rq = scope.counter("upstream_cx_destroy_local_with_active_rq");
    this.upstream_cx_destroy_remote_with_active_rq = scope.counter("upstream_cx_destroy_remote_with_active_rq");
    this.upstream_cx_close_notify = scope.counter("upstream_cx_close_notify");
    this.upstream_cx_idle_timeout = scope.counter("upstream_cx_idle_timeout");
    this.upstream_cx_max_duration_reached = scope.counter("upstream_cx_max_duration_reached");
    this.upstream_cx_max_requests = scope.counter("upstream_cx_max_requests");
    this.upstream_cx_none_healthy = scope.counter("upstream_cx_none_healthy");
    this.upstream_cx_protocol_error = scope.counter("upstream_cx_protocol_error");
    this.upstream_cx_rx_bytes_total = scope.counter("upstream_cx_rx_bytes_total");
    this.upstream_cx_tx_bytes_total = scope.counter("upstream_cx_tx_bytes_total");
    this.upstream_flow_control_paused_reading_total = scope.counter("upstream_flow_control_paused_reading_total");
    this.upstream_flow_control_resumed_reading_total = scope.counter("upstream_flow_control_resumed_reading_total");
    this.upstream_flow_control_backed_up_total = scope.counter("upstream_flow_control_backed_up_total");
    this.upstream_flow_control_drained_total = scope.counter("upstream_flow_control_drained_total");
    this.membership_change = scope.counter("membership_change");
    this.membership_total = scope.gauge("membership_total");
    this.membership_healthy = scope.gauge("membership_healthy");
    this.membership_degraded = scope.gauge("membership_degraded");
    this.membership_excluded = scope.gauge("membership_excluded");
    this.max_host_weight = scope.gauge("max_host_weight");
    this.lb_healthy_panic = scope.counter("lb_healthy_panic");
    this.update_attempt = scope.counter("update_attempt");
    this.update_success = scope.counter("update_success");
    this.update_failure = scope.counter("update_failure");
    this.update_empty = scope.counter("update_empty");
    this.update_no_rebuild = scope.counter("update_no_rebuild");
    this.#scope = scope;
    this.#classes = new Array<Counter | null>(6).fill(null);
    this.#codes = new Array<Counter | null>(500).fill(null);
  }

  response(status: number): void {
    if (status < 100 || status > 599) return;
    const first = (status / 100) | 0;
    (this.#classes[first] ?? this.#class(first)).value++;
    (this.#codes[status - 100] ?? this.#code(status)).value++;
  }

  #class(first: number): Counter {
    return (this.#classes[first] = this.#scope.counter(`upstream_rq_${first}xx`));
  }

  #code(status: number): Counter {
    return (this.#codes[status - 100] = this.#scope.counter(`upstream_rq_${status}`));
  }
}
