import { describe, expect, test } from "vitest";
import { adminFixture } from "./admin-fixture.ts";
import type { AdminFixture } from "./admin-fixture.ts";
import { parseTarget } from "./admin-request.ts";
import type { AdminResponse } from "./admin-request.ts";
import { handleAdmin } from "./handle-admin.ts";

function ask(fixture: AdminFixture, line: string, body = ""): AdminResponse {
  const [method, target] = line.split(" ");
  return handleAdmin(parseTarget(method, target, body), fixture.context);
}

describe("plain pages", () => {
  // Statuses and bodies as Envoy 1.40's.
  test.each([
    ["GET /ready", 200, "LIVE\n"],
    ["POST /ready", 200, "LIVE\n"],
    ["GET /hot_restart_version", 200, "disabled"],
    ["GET /certs", 200, '{\n "certificates": []\n}\n'],
    ["GET /listeners", 200, "l1::127.0.0.1:9300\nl6::[::1]:80\n"],
    [
      "GET /runtime",
      200,
      '{\n "entries": {\n  "k": {\n   "final_value": "1",\n   "layer_values": [\n    "1",\n    ""\n   ]\n  }\n },\n "layers": [\n  "base",\n  "admin"\n ]\n}\n',
    ],
    ["GET /quitquitquit", 405, "Method GET not allowed, POST required."],
    ["PUT /drain_listeners", 405, "Method PUT not allowed, POST required."],
    ["GET /stats?format=foo", 400, "usage: /stats?format=(json|prometheus|text)\n\n"],
    ["GET /stats?filter=(", 400, /^Invalid re2 regex/],
    ["GET /stats?filter=a)|(b", 400, /^Invalid re2 regex/],
    ["GET /stats?type=foo", 400, /^invalid &type= param/],
    ["GET /stats?histogram_buckets=bad", 400, /^usage: \/stats\?histogram_buckets=/],
    ["GET /stats/prometheus?histogram_buckets=detailed", 400, /^usage: /],
    ["GET /clusters?filter=(", 400, /^Invalid re2 regex/],
    ["POST /runtime_modify", 400, /^usage: /],
    ["GET /", 200, /<a href="stats\/prometheus">/],
    ["GET /help", 200, /^admin commands are:\n {2}\/: .*\n {2}\/certs: /],
    ["GET /foo", 404, /^invalid path. admin commands are:\n {2}\/: [^]*\/quitquitquit \(POST\)/],
    ["GET /Stats", 404, /^invalid path/],
  ])("%s: %i", (line, status, body) => {
    const response = ask(adminFixture(), line);
    expect(response.status).toBe(status);
    if (typeof body === "string") expect(response.body).toBe(body);
    else expect(response.body).toMatch(body);
  });

  test("/listeners?format=json", () => {
    expect(JSON.parse(ask(adminFixture(), "GET /listeners?format=json").body)).toEqual({
      listener_statuses: [
        { name: "l1", local_address: { socket_address: { address: "127.0.0.1", port_value: 9300 } } },
        { name: "l6", local_address: { socket_address: { address: "::1", port_value: 80 } } },
      ],
    });
  });

  test("/memory", () => {
    expect(JSON.parse(ask(adminFixture(), "GET /memory").body)).toMatchObject({
      allocated: "10",
      heap_size: "30",
      pageheap_free: "20",
    });
  });

  test("/server_info", () => {
    expect(JSON.parse(ask(adminFixture(), "GET /server_info").body)).toEqual({
      version: "isthmus/0.1.0",
      state: "LIVE",
      uptime_current_epoch: "9s",
      uptime_all_epochs: "9s",
      hot_restart_version: "disabled",
      command_line_options: { concurrency: 1 },
      node: { id: "n1" },
    });
  });

  test.each(["DRAINING", "PRE_INITIALIZING", "INITIALIZING"] as const)("/ready while %s is 503", (state) => {
    const fixture = adminFixture();
    fixture.state = state;
    expect(ask(fixture, "GET /ready")).toMatchObject({ status: 503, body: state + "\n" });
  });
});

describe("what changes something", () => {
  test.each([
    ["POST /quitquitquit", "quit"],
    ["POST /healthcheck/fail", "healthy false"],
    ["POST /healthcheck/ok", "healthy true"],
    ["POST /reopen_logs", "reopen"],
    ["POST /drain_listeners", 'drain {"graceful":false,"inboundOnly":false,"skipExit":false}'],
    ["POST /drain_listeners?graceful&inboundonly&skip_exit", 'drain {"graceful":true,"inboundOnly":true,"skipExit":true}'],
    ["POST /runtime_modify?a=b%201&c=", 'runtime [["a","b 1"],["c",""]]'],
  ])("%s", (line, done) => {
    const fixture = adminFixture();
    expect(ask(fixture, line)).toMatchObject({ status: 200, body: "OK\n" });
    expect(fixture.done).toEqual([done]);
  });

  test("counters are reset", () => {
    const fixture = adminFixture();
    const counter = fixture.store.counter("a");
    counter.value = 3;
    expect(ask(fixture, "POST /reset_counters").body).toBe("OK\n");
    expect(counter.value).toBe(0);
  });

  test("a form's parameters count as the URL's", () => {
    const fixture = adminFixture();
    ask(fixture, "POST /runtime_modify?a=1", "a=2&b=x+y%21");
    expect(fixture.done).toEqual(['runtime [["a","1"],["b","x y!"]]']);
  });

  test("without an admin layer runtime values can't be set", () => {
    const fixture = adminFixture();
    const { modifyRuntime: _, ...context } = fixture.context;
    expect(handleAdmin(parseTarget("POST", "/runtime_modify?a=b"), context).status).toBe(503);
  });
});

describe("/logging", () => {
  test.each([
    ["", 200, "info info info"],
    ["?level=warning", 200, "warning warning warning"],
    ["?upstream=debug", 200, "info info debug"],
    ["?paths=upstream:error,main:trace", 200, "trace info error"],
    ["?level=foo", 400, "info info info"],
    ["?foo=debug", 400, "info info info"],
    ["?paths=main:trace,nope:info", 400, "info info info"],
    ["?paths=main", 400, "info info info"],
    ["?a=1&b=2", 400, "info info info"],
  ])("%s: %i", (query, status, levels) => {
    const fixture = adminFixture();
    const response = ask(fixture, "POST /logging" + query);
    expect(response.status).toBe(status);
    const [main, admin, upstream] = levels.split(" ");
    expect(response.body).toContain(`active loggers:\n  main: ${main}\n  admin: ${admin}\n  upstream: ${upstream}\n\n`);
    if (status !== 200) expect(response.body).toMatch(/^error: .+\n\nusage: /);
  });
});

describe("/clusters", () => {
  test("as text", () => {
    expect(ask(adminFixture(), "GET /clusters?filter=^dead").body).toBe(`dead.one::observability_name::dead_alt
dead.one::default_priority::max_connections::1024
dead.one::default_priority::max_pending_requests::1024
dead.one::default_priority::max_requests::1024
dead.one::default_priority::max_retries::3
dead.one::high_priority::max_connections::1024
dead.one::high_priority::max_pending_requests::1024
dead.one::high_priority::max_requests::1024
dead.one::high_priority::max_retries::3
dead.one::added_via_api::false
dead.one::127.0.0.1:9002::cx_active::0
dead.one::127.0.0.1:9002::cx_connect_fail::0
dead.one::127.0.0.1:9002::cx_total::0
dead.one::127.0.0.1:9002::rq_active::0
dead.one::127.0.0.1:9002::rq_error::0
dead.one::127.0.0.1:9002::rq_pending_active::0
dead.one::127.0.0.1:9002::rq_success::0
dead.one::127.0.0.1:9002::rq_timeout::0
dead.one::127.0.0.1:9002::rq_total::0
dead.one::127.0.0.1:9002::hostname::hh
dead.one::127.0.0.1:9002::health_flags::/failed_active_hc/failed_eds_health
dead.one::127.0.0.1:9002::weight::1
dead.one::127.0.0.1:9002::region::r
dead.one::127.0.0.1:9002::zone::z
dead.one::127.0.0.1:9002::sub_zone::s
dead.one::127.0.0.1:9002::canary::false
dead.one::127.0.0.1:9002::priority::0
dead.one::127.0.0.1:9002::success_rate::-1
dead.one::127.0.0.1:9002::local_origin_success_rate::-1
`);
  });

  test("as JSON", () => {
    const { cluster_statuses } = JSON.parse(ask(adminFixture(), "GET /clusters?format=json").body) as {
      cluster_statuses: unknown[];
    };
    expect(cluster_statuses[1]).toEqual({
      name: "o",
      host_statuses: [
        {
          address: { socket_address: { address: "127.0.0.1", port_value: 9001 } },
          stats: [
            { name: "cx_connect_fail" },
            { value: "2", name: "cx_total" },
            { name: "rq_error" },
            { value: "10", name: "rq_success" },
            { name: "rq_timeout" },
            { value: "10", name: "rq_total" },
            { type: "GAUGE", value: "1", name: "cx_active" },
            { type: "GAUGE", name: "rq_active" },
            { type: "GAUGE", name: "rq_pending_active" },
          ],
          health_status: { eds_health_status: "HEALTHY" },
          weight: 1,
          locality: {},
        },
      ],
      circuit_breakers: {
        thresholds: [
          { max_connections: 4096, max_pending_requests: 1024, max_requests: 1024, max_retries: 3 },
          { priority: "HIGH", max_connections: 1024, max_pending_requests: 1024, max_requests: 1024, max_retries: 3 },
        ],
      },
      observability_name: "o",
    });
    expect(cluster_statuses[0]).toMatchObject({
      name: "dead.one",
      host_statuses: [
        {
          hostname: "hh",
          health_status: { failed_active_health_check: true, eds_health_status: "UNHEALTHY" },
          locality: { region: "r", zone: "z", sub_zone: "s" },
        },
      ],
    });
  });
});
