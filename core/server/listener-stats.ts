import type { Counter, Gauge, Histogram, StatsScope } from "../contract/stats.ts";

/** What a listener counts, by Envoy's names ("Listener statistics"). */
export class ListenerStats {
  readonly downstream_cx_total: Counter;
  readonly downstream_cx_destroy: Counter;
  readonly downstream_cx_active: Gauge;
  readonly downstream_cx_length_ms: Histogram;
  readonly downstream_cx_transport_socket_connect_timeout: Counter;
  readonly downstream_pre_cx_active: Gauge;
  readonly downstream_pre_cx_timeout: Counter;
  readonly downstream_listener_filter_remote_close: Counter;
  readonly downstream_listener_filter_error: Counter;
  readonly no_filter_chain_match: Counter;

  constructor(scope: StatsScope) {
    this.downstream_cx_total = scope.counter("downstream_cx_total");
    this.downstream_cx_destroy = scope.counter("downstream_cx_destroy");
    this.downstream_cx_active = scope.gauge("downstream_cx_active");
    this.downstream_cx_length_ms = scope.histogram("downstream_cx_length_ms");
    this.downstream_cx_transport_socket_connect_timeout = scope.counter("downstream_cx_transport_socket_connect_timeout");
    this.downstream_pre_cx_active = scope.gauge("downstream_pre_cx_active");
    this.downstream_pre_cx_timeout = scope.counter("downstream_pre_cx_timeout");
    this.downstream_listener_filter_remote_close = scope.counter("downstream_listener_filter_remote_close");
    this.downstream_listener_filter_error = scope.counter("downstream_listener_filter_error");
    this.no_filter_chain_match = scope.counter("no_filter_chain_match");
  }

  /** Whether these are the statistics below that scope. */
  isBelow(scope: StatsScope): boolean {
    return scope.gauge("downstream_cx_active") === this.downstream_cx_active;
  }
}
