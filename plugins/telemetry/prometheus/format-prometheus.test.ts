import { describe, expect, test } from "vitest";
import { StatsStore } from "../../../core/observe/stats-store.ts";
import { formatPrometheus, metricName } from "./format-prometheus.ts";

function store(): StatsStore {
  const stats = new StatsStore({ buckets: () => [0.5, 1] });
  const http = stats.scope("http", "in", "envoy.http_conn_manager_prefix");
  http.counter("downstream_rq_2xx").value = 3;
  http.counter("downstream_rq_5xx").value = 0;
  stats.scope("http", "admin", "envoy.http_conn_manager_prefix").counter("downstream_rq_2xx").value = 1;
  for (const name of ["o", 'q"\\\n']) stats.scope("cluster", name, "envoy.cluster_name").counter("upstream_rq_total").value = 7;
  stats.counter("cluster_manager.cluster_added").value = 2;
  stats.gauge("server.live").value = 1;
  const time = stats.scope("cluster", "o", "envoy.cluster_name").histogram("upstream_rq_time");
  time.record(0.25);
  time.record(1);
  time.record(60);
  stats.histogram("server.initialization_time_ms");
  return stats;
}

describe("formatPrometheus", () => {
  test("writes Envoy's names, tags and order", () => {
    expect(formatPrometheus(store())).toBe(`# TYPE envoy_cluster_upstream_rq_total counter
envoy_cluster_upstream_rq_total{envoy_cluster_name="o"} 7
envoy_cluster_upstream_rq_total{envoy_cluster_name="q\\"\\\\\\n"} 7
# TYPE envoy_cluster_manager_cluster_added counter
envoy_cluster_manager_cluster_added{} 2
# TYPE envoy_http_downstream_rq_xx counter
envoy_http_downstream_rq_xx{envoy_response_code_class="2",envoy_http_conn_manager_prefix="admin"} 1
envoy_http_downstream_rq_xx{envoy_response_code_class="2",envoy_http_conn_manager_prefix="in"} 3
envoy_http_downstream_rq_xx{envoy_response_code_class="5",envoy_http_conn_manager_prefix="in"} 0
# TYPE envoy_server_live gauge
envoy_server_live{} 1
# TYPE envoy_cluster_upstream_rq_time histogram
envoy_cluster_upstream_rq_time_bucket{envoy_cluster_name="o",le="0.5"} 1
envoy_cluster_upstream_rq_time_bucket{envoy_cluster_name="o",le="1"} 2
envoy_cluster_upstream_rq_time_bucket{envoy_cluster_name="o",le="+Inf"} 3
envoy_cluster_upstream_rq_time_sum{envoy_cluster_name="o"} 61.25
envoy_cluster_upstream_rq_time_count{envoy_cluster_name="o"} 3
# TYPE envoy_server_initialization_time_ms histogram
envoy_server_initialization_time_ms_bucket{le="0.5"} 0
envoy_server_initialization_time_ms_bucket{le="1"} 0
envoy_server_initialization_time_ms_bucket{le="+Inf"} 0
envoy_server_initialization_time_ms_sum{} 0
envoy_server_initialization_time_ms_count{} 0
`);
  });

  test("only what is used, only what is asked for", () => {
    const text = formatPrometheus(store(), { usedOnly: true, include: (name) => !name.startsWith("cluster") });
    expect(text).toBe(`# TYPE envoy_http_downstream_rq_xx counter
envoy_http_downstream_rq_xx{envoy_response_code_class="2",envoy_http_conn_manager_prefix="admin"} 1
envoy_http_downstream_rq_xx{envoy_response_code_class="2",envoy_http_conn_manager_prefix="in"} 3
# TYPE envoy_server_live gauge
envoy_server_live{} 1
`);
  });

  test("histograms as quantiles", () => {
    const text = formatPrometheus(store(), { histograms: "summary", include: (name) => name.endsWith("upstream_rq_time") });
    expect(text.split("\n").slice(0, 4)).toEqual([
      "# TYPE envoy_cluster_upstream_rq_time summary",
      'envoy_cluster_upstream_rq_time{envoy_cluster_name="o",quantile="0"} 0.255',
      'envoy_cluster_upstream_rq_time{envoy_cluster_name="o",quantile="0.25"} 0.255',
      'envoy_cluster_upstream_rq_time{envoy_cluster_name="o",quantile="0.5"} 1.05',
    ]);
  });

  test("a metric stands in one piece, under one type", () => {
    const stats = new StatsStore();
    for (const name of ["a.b", "a.c", "a_b"]) stats.counter(name).value = 1;
    stats.gauge("a.b").value = 2;
    expect(formatPrometheus(stats, { usedOnly: true }).split("\n")).toEqual([
      "# TYPE envoy_a_b counter",
      "envoy_a_b{} 1",
      "envoy_a_b{} 1",
      "# TYPE envoy_a_c counter",
      "envoy_a_c{} 1",
      "# TYPE envoy_a_b_gauge gauge",
      "envoy_a_b_gauge{} 2",
      "",
    ]);
  });

  test.each([
    ["cluster.upstream_rq-total", "envoy_cluster_upstream_rq_total"],
    ["wasmcustom.istio_requests_total", "istio_requests_total"],
    ["wasmcustom.1x", "_1x"],
  ])("%s is %s", (extracted, name) => {
    expect(metricName(extracted, ["wasmcustom"])).toBe(name);
  });
});
