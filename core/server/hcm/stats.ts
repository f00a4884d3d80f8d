import type { Counter, Gauge, Histogram, StatsScope } from "../../contract/stats.ts";

/** Statistics of a connection manager. Source: Envoy, "HTTP connection manager statistics"; names below `http.STAT_PREFIX.`. */
export class HcmStats {
  readonly downstream_cx_total: Counter;
  readonly downstream_cx_http1_total: Counter;
  readonly downstream_cx_http2_total: Counter;
  readonly downstream_cx_active: Gauge;
  readonly downstream_cx_http1_active: Gauge;
  readonly downstream_cx_http2_active: Gauge;
  readonly downstream_cx_ssl_total: Counter;
  readonly downstream_cx_ssl_active: Gauge;
  readonly downstream_cx_destroy: Counter;
  readonly downstream_cx_destroy_remote: Counter;
  readonly downstream_cx_destroy_local: Counter;
  readonly downstream_cx_destroy_active_rq: Counter;
  readonly downstream_cx_destroy_local_active_rq: Counter;
  readonly downstream_cx_destroy_remote_active_rq: Counter;
  readonly downstream_cx_protocol_error: Counter;
  readonly downstream_cx_length_ms: Histogram;
  readonly downstream_cx_rx_bytes_total: Counter;
  readonly downstream_cx_tx_bytes_total: Counter;
  readonly downstream_cx_drain_close: Counter;
  readonly downstream_cx_idle_timeout: Counter;
  readonly downstream_cx_max_duration_reached: Counter;
  readonly downstream_cx_max_requests_reached: Counter;
  readonly downstream_cx_delayed_close_timeout: Counter;
  readonly downstream_cx_upgrades_total: Counter;
  readonly downstream_cx_upgrades_active: Gauge;
  readonly downstream_flow_control_paused_reading_total: Counter;
  readonly downstream_flow_control_resumed_reading_total: Counter;
  readonly downstream_rq_total: Counter;
  readonly downstream_rq_http1_total: Counter;
  readonly downstream_rq_http2_total: Counter;
  readonly downstream_rq_active: Gauge;
  readonly downstream_rq_completed: Counter;
  readonly downstream_rq_1xx: Counter;
  readonly downstream_rq_2xx: Counter;
  readonly downstream_rq_3xx: Counter;
  readonly downstream_rq_4xx: Counter;
  readonly downstream_rq_5xx: Counter;
  readonly downstream_rq_rx_reset: Counter;
  readonly downstream_rq_tx_reset: Counter;
  readonly downstream_rq_non_relative_path: Counter;
  readonly downstream_rq_too_large: Counter;
  readonly downstream_rq_failed_path_normalization: Counter;
  readonly downstream_rq_redirected_with_normalized_path: Counter;
  readonly downstream_rq_rejected_via_ip_detection: Counter;
  readonly downstream_rq_response_before_rq_complete: Counter;
  readonly downstream_rq_header_timeout: Counter;
  readonly downstream_rq_idle_timeout: Counter;
  readonly downstream_rq_max_duration_reached: Counter;
  readonly downstream_rq_timeout: Counter;
  readonly downstream_rq_ws_on_non_ws_route: Counter;
  readonly downstream_rq_overload_close: Counter;
  readonly downstream_rq_time: Histogram;
  readonly #scope: StatsScope;

  /** @param scope the scope `http.STAT_PREFIX` */
  constructor(scope: StatsScope) {
    const counter = (name: string): Counter => scope.counter(name);
    this.downstream_cx_total = counter("downstream_cx_total");
    this.downstream_cx_http1_total = counter("downstream_cx_http1_total");
    this.downstream_cx_http2_total = counter("downstream_cx_http2_total");
    this.downstream_cx_active = scope.gauge("downstream_cx_active");
    this.downstream_cx_http1_active = scope.gauge("downstream_cx_http1_active");
    this.downstream_cx_http2_active = scope.gauge("downstream_cx_http2_active");
    this.downstream_cx_ssl_total = scope.counter("downstream_cx_ssl_total");
    this.downstream_cx_ssl_active = scope.gauge("downstream_cx_ssl_active");
    this.downstream_cx_destroy = counter("downstream_cx_destroy");
    this.downstream_cx_destroy_remote = counter("downstream_cx_destroy_remote");
    this.downstream_cx_destroy_local = counter("downstream_cx_destroy_local");
    this.downstream_cx_destroy_active_rq = counter("downstream_cx_destroy_active_rq");
    this.downstream_cx_destroy_local_active_rq = counter("downstream_cx_destroy_local_active_rq");
    this.downstream_cx_destroy_remote_active_rq = counter("downstream_cx_destroy_remote_active_rq");
    this.downstream_cx_protocol_error = counter("downstream_cx_protocol_error");
    this.downstream_cx_length_ms = scope.histogram("downstream_cx_length_ms");
    this.downstream_cx_rx_bytes_total = counter("downstream_cx_rx_bytes_total");
    this.downstream_cx_tx_bytes_total = counter("downstream_cx_tx_bytes_total");
    this.downstream_cx_drain_close = counter("downstream_cx_drain_close");
    this.downstream_cx_idle_timeout = counter("downstream_cx_idle_timeout");
    this.downstream_cx_max_duration_reached = counter("downstream_cx_max_duration_reached");
    this.downstream_cx_max_requests_reached = counter("downstream_cx_max_requests_reached");
    this.downstream_cx_delayed_close_timeout = counter("downstream_cx_delayed_close_timeout");
    this.downstream_cx_upgrades_total = counter("downstream_cx_upgrades_total");
    this.downstream_cx_upgrades_active = scope.gauge("downstream_cx_upgrades_active");
    this.downstream_flow_control_paused_reading_total = counter("downstream_flow_control_paused_reading_total");
    this.downstream_flow_control_resumed_reading_total = counter("downstream_flow_control_resumed_reading_total");
    this.downstream_rq_total = counter("downstream_rq_total");
    this.downstream_rq_http1_total = counter("downstream_rq_http1_total");
    this.downstream_rq_http2_total = counter("downstream_rq_http2_total");
    this.downstream_rq_active = scope.gauge("downstream_rq_active");
    this.downstream_rq_completed = counter("downstream_rq_completed");
    this.downstream_rq_1xx = counter("downstream_rq_1xx");
    this.downstream_rq_2xx = counter("downstream_rq_2xx");
    this.downstream_rq_3xx = counter("downstream_rq_3xx");
    this.downstream_rq_4xx = counter("downstream_rq_4xx");
    this.downstream_rq_5xx = counter("downstream_rq_5xx");
    this.downstream_rq_rx_reset = counter("downstream_rq_rx_reset");
    this.downstream_rq_tx_reset = counter("downstream_rq_tx_reset");
    this.downstream_rq_non_relative_path = counter("downstream_rq_non_relative_path");
    this.downstream_rq_too_large = counter("downstream_rq_too_large");
    this.downstream_rq_failed_path_normalization = counter("downstream_rq_failed_path_normalization");
    this.downstream_rq_redirected_with_normalized_path = counter("downstream_rq_redirected_with_normalized_path");
    this.downstream_rq_rejected_via_ip_detection = counter("downstream_rq_rejected_via_ip_detection");
    this.downstream_rq_response_before_rq_complete = counter("downstream_rq_response_before_rq_complete");
    this.downstream_rq_header_timeout = counter("downstream_rq_header_timeout");
    this.downstream_rq_idle_timeout = counter("downstream_rq_idle_timeout");
    this.downstream_rq_max_duration_reached = counter("downstream_rq_max_duration_reached");
    this.downstream_rq_timeout = counter("downstream_rq_timeout");
    this.downstream_rq_ws_on_non_ws_route = counter("downstream_rq_ws_on_non_ws_route");
    this.downstream_rq_overload_close = counter("downstream_rq_overload_close");
    this.downstream_rq_time = scope.histogram("downstream_rq_time");
    this.#scope = scope;
  }

  /** Something that HTTP/2 counts, rarely: `http2.NAME`, made when first needed. */
  http2(name: string): Counter {
    return this.#scope.scope("http2").counter(name);
  }

  response(status: number): void {
    this.downstream_rq_completed.value++;
    if (status < 200) this.downstream_rq_1xx.value++;
    else if (status < 300) this.downstream_rq_2xx.value++;
    else if (status < 400) this.downstream_rq_3xx.value++;
    else if (status < 500) this.downstream_rq_4xx.value++;
    else this.downstream_rq_5xx.value++;
  }
}
