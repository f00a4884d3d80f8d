import { describe, expect, test } from "vitest";
import { StatsStore } from "../../core/observe/stats-store.ts";
import { parseTarget } from "./admin-request.ts";
import { prometheusPage, statsPage } from "./stats-pages.ts";

/** The values that Envoy 1.40 had when the expected pages were taken, over two flush intervals. */
function store(): StatsStore {
  const stats = new StatsStore({ buckets: () => [0.5, 1, 5] });
  const cluster = stats.scope("cluster", "o", "envoy.cluster_name");
  cluster.counter("upstream_rq_total").value = 10;
  cluster.counter("upstream_rq_timeout");
  cluster.gauge("upstream_rq_active");
  stats.gauge("server.live").value = 1;
  const time = cluster.histogram("upstream_rq_time");
  for (const value of [0, 0, 0, 0, 1]) time.record(value);
  cluster.histogram("upstream_cx_length_ms");
  stats.flush();
  return stats;
}

const QUANTILES =
  "P0(0,0) P25(0,0) P50(0,0) P75(0,0) P90(1.05,1.05) P95(1.05,1.05) P99(1.05,1.05) P99.5(1.05,1.05) P99.9(1.05,1.05) P100(1.05,1.05)";

describe("/stats", () => {
  test.each([
    [
      "",
      `cluster.o.upstream_rq_active: 0\ncluster.o.upstream_rq_timeout: 0\ncluster.o.upstream_rq_total: 10\nserver.live: 1\n` +
        `cluster.o.upstream_cx_length_ms: No recorded values\ncluster.o.upstream_rq_time: ${QUANTILES}\n`,
    ],
    ["?usedonly", `cluster.o.upstream_rq_total: 10\nserver.live: 1\ncluster.o.upstream_rq_time: ${QUANTILES}\n`],
    [
      "?filter=upstream_rq_t",
      `cluster.o.upstream_rq_timeout: 0\ncluster.o.upstream_rq_total: 10\ncluster.o.upstream_rq_time: ${QUANTILES}\n`,
    ],
    ["?filter=^cluster&invert_filter", "server.live: 1\n"],
    ["?type=Gauges", "cluster.o.upstream_rq_active: 0\nserver.live: 1\n"],
    ["?type=Counters&usedonly", "cluster.o.upstream_rq_total: 10\n"],
    ["?type=TextReadouts", ""],
    ["?type=Histograms&usedonly&histogram_buckets=none", `cluster.o.upstream_rq_time: ${QUANTILES}\n`],
    ["?type=Histograms&usedonly&histogram_buckets=cumulative", "cluster.o.upstream_rq_time: B0.5(4,4) B1(5,5) B5(5,5)\n"],
    ["?type=Histograms&usedonly&histogram_buckets=disjoint", "cluster.o.upstream_rq_time: B0.5(4,4) B1(1,1) B5(0,0)\n"],
    [
      "?type=Histograms&usedonly&histogram_buckets=detailed",
      `cluster.o.upstream_rq_time:\n  totals=0,0:4, 1,0.1:1\n  intervals=0,0:4, 1,0.1:1\n  summary=${QUANTILES}\n`,
    ],
  ])("%s", (query, body) => {
    expect(statsPage(store(), parseTarget("GET", "/stats" + query))).toEqual({
      status: 200,
      contentType: "text/plain; charset=UTF-8",
      body,
    });
  });

  test("an interval without values is nan in text and null in JSON", () => {
    const stats = store();
    stats.flush();
    expect(statsPage(stats, parseTarget("GET", "/stats?type=Histograms&usedonly")).body).toContain(": P0(nan,0) P25(nan,0)");
    expect(statsPage(stats, parseTarget("GET", "/stats?type=Histograms&usedonly&format=json")).body).toContain(
      '{"cumulative":0,"interval":null}',
    );
  });

  test.each([
    [
      "?format=json&filter=rq_t|live&usedonly",
      '{"stats":[{"name":"cluster.o.upstream_rq_total","value":10},{"name":"server.live","value":1},' +
        '{"histograms":{"supported_quantiles":[0,25,50,75,90,95,99,99.5,99.9,100],"computed_quantiles":[{"name":"cluster.o.upstream_rq_time","values":[' +
        Array<string>(4).fill('{"cumulative":0,"interval":0}').join() +
        "," +
        Array<string>(6).fill('{"cumulative":1.05,"interval":1.05}').join() +
        "]}]}}]}",
    ],
    [
      "?format=json&type=Histograms&usedonly&histogram_buckets=disjoint",
      '{"stats":[{"histograms":[{"name":"cluster.o.upstream_rq_time","buckets":[{"upper_bound":0.5,"interval":4,"cumulative":4},' +
        '{"upper_bound":1,"interval":1,"cumulative":1},{"upper_bound":5,"interval":0,"cumulative":0}]}]}]}',
    ],
  ])("%s", (query, body) => {
    expect(statsPage(store(), parseTarget("GET", "/stats" + query))).toEqual({
      status: 200,
      contentType: "application/json",
      body,
    });
  });

  test("details as JSON", () => {
    const page = statsPage(store(), parseTarget("GET", "/stats?format=json&type=Histograms&usedonly&histogram_buckets=detailed"));
    const bins = [
      { lower_bound: 0, width: 0, count: 4 },
      { lower_bound: 1, width: 0.1, count: 1 },
    ];
    expect(JSON.parse(page.body)).toMatchObject({
      stats: [{ histograms: { details: [{ name: "cluster.o.upstream_rq_time", totals: bins, intervals: bins }] } }],
    });
  });

  test("Prometheus, by either path", () => {
    const page = prometheusPage(store(), parseTarget("GET", "/stats/prometheus?usedonly&filter=rq_total"));
    expect(page.body).toBe(
      '# TYPE envoy_cluster_upstream_rq_total counter\nenvoy_cluster_upstream_rq_total{envoy_cluster_name="o"} 10\n',
    );
    expect(statsPage(store(), parseTarget("GET", "/stats?format=prometheus&usedonly&filter=rq_total"))).toEqual(page);
  });
});
