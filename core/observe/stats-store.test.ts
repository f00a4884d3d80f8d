import { describe, expect, test } from "vitest";
import { exportStats, mergeStats } from "./stats-merge.ts";
import { StatsStore } from "./stats-store.ts";
import { tagRule } from "./tags.ts";

/** A name, what is left of it, and its tags. What Envoy 1.40 extracts, but for names with dots, which it cuts at the first one. */
const EXTRACTIONS: readonly (readonly [name: string, extracted: string, tags: string])[] = [
  ["cluster.o.upstream_rq_total", "cluster.upstream_rq_total", "envoy.cluster_name=o"],
  ["cluster.o.upstream_rq_200", "cluster.upstream_rq", "envoy.response_code=200,envoy.cluster_name=o"],
  ["cluster.o.external.upstream_rq_5xx", "cluster.external.upstream_rq_xx", "envoy.response_code_class=5,envoy.cluster_name=o"],
  ["cluster.o.circuit_breakers.default.cx_open", "cluster.circuit_breakers.default.cx_open", "envoy.cluster_name=o"],
  ["cluster.o.ssl.ciphers.AES", "cluster.ssl.ciphers", "envoy.cipher_suite=AES,envoy.cluster_name=o"],
  [
    "cluster.o.grpc.S.M.success",
    "cluster.grpc.success",
    "envoy.grpc_bridge_method=M,envoy.grpc_bridge_service=S,envoy.cluster_name=o",
  ],
  ["cluster_manager.active_clusters", "cluster_manager.active_clusters", ""],
  ["http.in.downstream_rq_2xx", "http.downstream_rq_xx", "envoy.response_code_class=2,envoy.http_conn_manager_prefix=in"],
  [
    "http.in.user_agent.ios.downstream_cx_total",
    "http.user_agent.downstream_cx_total",
    "envoy.http_user_agent=ios,envoy.http_conn_manager_prefix=in",
  ],
  [
    "http.in.fault.c.delays_injected",
    "http.fault.delays_injected",
    "envoy.fault_downstream_cluster=c,envoy.http_conn_manager_prefix=in",
  ],
  ["http.in.rds.r.update_success", "http.rds.update_success", "envoy.http_conn_manager_prefix=in,envoy.rds_route_config=r"],
  ["http1.response_flood", "http1.response_flood", ""],
  ["listener.127.0.0.1_80.downstream_cx_total", "listener.downstream_cx_total", "envoy.listener_address=127.0.0.1_80"],
  ["listener.[__1]_80.downstream_cx_total", "listener.downstream_cx_total", "envoy.listener_address=[__1]_80"],
  [
    "listener.127.0.0.1_80.http.in.downstream_rq_2xx",
    "listener.http.downstream_rq_xx",
    "envoy.response_code_class=2,envoy.http_conn_manager_prefix=in,envoy.listener_address=127.0.0.1_80",
  ],
  [
    "listener.127.0.0.1_80.worker_0.downstream_cx_total",
    "listener.worker_downstream_cx_total",
    "envoy.worker_id=0,envoy.listener_address=127.0.0.1_80",
  ],
  ["listener.admin.main_thread.downstream_cx_total", "listener.admin.main_thread.downstream_cx_total", ""],
  [
    "vhost.v.vcluster.c.upstream_rq_200",
    "vhost.vcluster.upstream_rq",
    "envoy.response_code=200,envoy.virtual_cluster=c,envoy.virtual_host=v",
  ],
  ["tcp.t.downstream_cx_total", "tcp.downstream_cx_total", "envoy.tcp_prefix=t"],
];

function shown(series: { extracted: string; tags: readonly (readonly [string, string])[] }): [string, string] {
  return [series.extracted, series.tags.map((tag) => tag.join("=")).join(",")];
}

describe("tags of a full name", () => {
  test.each(EXTRACTIONS)("%s", (name, extracted, tags) => {
    const store = new StatsStore();
    store.gauge(name);
    expect(shown(store.gauges[0])).toEqual([extracted, tags]);
  });
});

describe("scopes", () => {
  test("give prefix and tag, whatever stands in the value", () => {
    const store = new StatsStore();
    store.scope("cluster", "outbound|80||a.b.svc", "envoy.cluster_name").counter("upstream_rq_503").value = 2;
    const [series] = store.counters;
    expect(series.name).toBe("cluster.outbound|80||a.b.svc.upstream_rq_503");
    expect(shown(series)).toEqual(["cluster.upstream_rq", "envoy.response_code=503,envoy.cluster_name=outbound|80||a.b.svc"]);
  });

  test("nest, and come again for the same names", () => {
    const store = new StatsStore();
    const listener = store.scope("listener", "0.0.0.0:80", "envoy.listener_address");
    const http = listener.scope("http", "in", "envoy.http_conn_manager_prefix");
    expect(listener.scope("http", "in", "envoy.http_conn_manager_prefix")).toBe(http);
    expect(shown(http.counter("downstream_rq_completed") as never)).toEqual([
      "listener.http.downstream_rq_completed",
      "envoy.http_conn_manager_prefix=in,envoy.listener_address=0.0.0.0_80",
    ]);
    expect(shown(listener.scope("ssl").scope("x").counter("y") as never)).toEqual([
      "listener.ssl.x.y",
      "envoy.listener_address=0.0.0.0_80",
    ]);
  });

  test("the same name is the same series from anywhere", () => {
    const store = new StatsStore();
    const counter = store.scope("http", "in").scope("rbac").counter("allowed");
    expect(store.counter("http.in.rbac.allowed")).toBe(counter);
    expect(store.scope("http.in").counter("rbac.allowed")).toBe(counter);
    expect(store.histogram("h")).toBe(store.histogram("h"));
  });

  test("tags of a counter that its name shows are not written twice", () => {
    const store = new StatsStore();
    const scope = store.scope("http", "in", "envoy.http_conn_manager_prefix");
    const counter = scope.counter("downstream_rq_2xx", [["envoy.response_code_class", "2"]]);
    expect(counter).toBe(scope.counter("downstream_rq_2xx"));
    expect(counter.name).toBe("http.in.downstream_rq_2xx");
  });

  test("other tags of a counter make it a series of its own", () => {
    const store = new StatsStore();
    const one = store.counter("istio_requests_total", [["source", "a"]]);
    const two = store.counter("istio_requests_total", [["source", "b:c"]]);
    expect([one.name, two.name]).toEqual(["istio_requests_total.source.a", "istio_requests_total.source.b_c"]);
    expect(shown(two as never)).toEqual(["istio_requests_total", "source=b:c"]);
  });
});

describe("stats_config", () => {
  test("tags of one's own, fixed ones first", () => {
    const store = new StatsStore({
      rules: [tagRule("svc", /^cluster\.((.+?)\.svc\.)/d)],
      fixedTags: [["dc", "x"]],
      defaultTags: false,
    });
    expect(shown(store.counter("cluster.a.svc.upstream_rq_total") as never)).toEqual(["cluster.upstream_rq_total", "dc=x,svc=a"]);
    expect(shown(store.scope("cluster", "b", "envoy.cluster_name").counter("y") as never)).toEqual(["cluster.b.y", "dc=x"]);
  });

  test("what the matcher excludes works and is not shown", () => {
    const store = new StatsStore({ include: (name) => !name.startsWith("cluster.") });
    const counter = store.counter("cluster.o.x");
    counter.value += 3;
    store.histogram("cluster.o.h").record(1);
    expect(counter.value).toBe(3);
    expect(store.histograms).toEqual([]);
    expect(store.counters).toEqual([]);
  });

  test("histograms get the buckets that were set", () => {
    const store = new StatsStore({ buckets: (name) => (name === "a" ? [1, 2] : undefined) });
    store.histogram("a");
    store.histogram("b");
    expect(store.histograms.map((series) => series.bounds.length)).toEqual([2, 19]);
  });
});

describe("bounds", () => {
  test("series beyond the cap are counted, reported once and not kept", () => {
    const told: string[] = [];
    const store = new StatsStore({ maxSeries: 3, onOverflow: (name, max) => told.push(`${name} ${max}`) });
    store.counter("a");
    store.gauge("b");
    for (const name of ["c", "d", "c"]) store.counter(name).value++;
    store.histogram("e").record(1);
    expect(store.size).toBe(4);
    expect(told).toEqual(["d 3"]);
    expect(store.counter("stats.overflow").value).toBe(2);
    expect(store.counter("a")).toBe(store.counter("a"));
  });

  test("a dropped cluster takes its series along, and its late writes go nowhere", () => {
    const store = new StatsStore();
    const clusters = ["o", "o.p", "q"].map((name) => store.scope("cluster", name, "envoy.cluster_name"));
    for (const cluster of clusters) {
      cluster.counter("x");
      cluster.scope("lb").gauge("y");
      cluster.histogram("z");
    }
    store.retain("cluster", new Set(["o.p"]));
    expect([...store.counters, ...store.gauges, ...store.histograms].map((series) => series.name)).toEqual([
      "cluster.o.p.x",
      "cluster.o.p.lb.y",
      "cluster.o.p.z",
    ]);
    clusters[0].counter("late").value++;
    expect(store.counters).toHaveLength(1);
    store.scope("cluster", "o", "envoy.cluster_name").counter("x");
    expect(store.counters).toHaveLength(2);
  });

  test("counters can be set to zero, and stay in use", () => {
    const store = new StatsStore();
    const counter = store.counter("a");
    const gauge = store.gauge("g");
    store.counter("never");
    counter.value = gauge.value = 5;
    store.flush();
    store.resetCounters();
    gauge.value = 0;
    expect(counter.value).toBe(0);
    expect(store.counters.map((series) => [series.name, series.used])).toEqual([
      ["a", true],
      ["never", false],
    ]);
    expect(store.gauges[0].used).toBe(true);
  });
});

test("several workers merge into one store", () => {
  const total = new StatsStore();
  for (let worker = 1; worker <= 2; worker++) {
    const store = new StatsStore();
    const cluster = store.scope("cluster", "o.p", "envoy.cluster_name");
    cluster.counter("upstream_rq_total").value = 10 * worker;
    cluster.gauge("upstream_cx_active").value = worker;
    cluster.gauge("membership_total").value = 3;
    store.gauge("listener_manager.total_listeners_active").value = 1;
    cluster.histogram("upstream_rq_time").record(worker);
    mergeStats(total, JSON.parse(JSON.stringify(exportStats(store))) as ReturnType<typeof exportStats>);
  }
  expect(total.counters.map(({ name, value }) => [name, value])).toEqual([["cluster.o.p.upstream_rq_total", 30]]);
  expect(total.gauges.map(({ name, value }) => [name, value])).toEqual([
    ["cluster.o.p.membership_total", 3],
    ["cluster.o.p.upstream_cx_active", 3],
    ["listener_manager.total_listeners_active", 1],
  ]);
  expect(total.histograms[0].count).toBe(2);
  expect(shown(total.counters[0])).toEqual(["cluster.upstream_rq_total", "envoy.cluster_name=o.p"]);
});
