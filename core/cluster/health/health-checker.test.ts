import { describe, expect, it } from "vitest";
import type { ClusterImpl } from "../cluster.ts";
import { healthFlagsText, HealthFlag } from "../health-flag.ts";
import { ClusterFixture, settle } from "../testing/cluster-fixture.ts";
import type { FakeConnection } from "../testing/fake-connection.ts";
import { get, RecordingRequest } from "../testing/recording-request.ts";

const OK = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
const status = (code: number, more = ""): string => `HTTP/1.1 ${code} X\r\n${more}content-length: 0\r\n\r\n`;

class Checks {
  readonly fixture: ClusterFixture;
  readonly cluster: ClusterImpl;
  readonly lines: string[] = [];
  warm = false;

  constructor(
    check: string,
    options: { hosts?: number; more?: string; endpoint?: string; random?: () => number; traffic?: boolean } = {},
  ) {
    this.fixture = new ClusterFixture({ random: options.random ?? (() => 0.5) });
    const endpoints = Array.from(
      { length: options.hosts ?? 1 },
      (_, i) =>
        `{ endpoint: { address: { socket_address: { address: 10.0.0.${i + 1}, port_value: 80 } }${options.endpoint ?? ""} } }`,
    );
    const times = `timeout: 1s, interval: 10s${check.includes("_threshold") ? "" : ", unhealthy_threshold: 2, healthy_threshold: 3"}`;
    this.cluster = this.fixture.cluster(
      `load_assignment: { cluster_name: c, endpoints: [{ lb_endpoints: [${endpoints.join(", ")}] }] }\nhealth_checks: [{ ${times}, ${check} }]\n${options.more ?? ""}`,
    );
    if (options.traffic !== false) this.cluster.stats.upstream_cx_total.value = 1;
    const log = { write: (line: string) => this.lines.push(line), release() {} };
    this.cluster.openEventLogs(() => log, {} as never);
    void this.cluster.warm().then(() => (this.warm = true));
  }

  /** The connection that was made last. */
  get connection(): FakeConnection {
    return this.fixture.connections[this.fixture.connections.length - 1];
  }

  get flags(): string {
    return healthFlagsText(this.cluster.hosts[0].healthFlags);
  }

  stat(name: string): number {
    return this.fixture.stat(`health_check.${name}`);
  }

  /** The check that is under way gets this answer; "refuse", "drop": no answer. */
  async answer(text: string, connection = this.connection): Promise<void> {
    if (connection.state === "connecting") {
      if (text === "refuse") connection.lose("ECONNREFUSED");
      else connection.establish();
    }
    if (text === "drop") connection.lose("ECONNRESET");
    else if (text !== "refuse" && text !== "") connection.receive(text);
    await settle();
  }

  /** Checks until one has come to each of these, ten seconds apart. */
  async run(...answers: readonly string[]): Promise<string> {
    for (const text of answers) {
      await this.answer(text);
      await this.fixture.advance(10_010);
    }
    return this.flags;
  }
}

const HTTP = "http_health_check: { path: /healthz }";

describe("a host of a cluster with health checks", () => {
  it("is unhealthy until it was checked, and healthy with the first success", async () => {
    const checks = new Checks(HTTP, { hosts: 2 });
    await settle();
    expect([checks.warm, checks.flags, checks.fixture.stat("membership_healthy")]).toEqual([false, "/failed_active_hc", 0]);
    const [first, second] = checks.fixture.connections;
    await checks.answer(OK, first);
    expect(first.written).toBe("GET /healthz HTTP/1.1\r\nhost: c\r\nuser-agent: Envoy/HC\r\n\r\n");
    expect([checks.warm, checks.flags, checks.stat("healthy"), checks.fixture.stat("membership_healthy")]).toEqual([
      false,
      "healthy",
      1,
      1,
    ]);
    await checks.answer(status(503), second);
    expect([checks.warm, checks.stat("attempt"), checks.stat("success"), checks.stat("failure")]).toEqual([true, 2, 1, 1]);
    for (let i = 0; i < 20; i++) expect(checks.cluster.pick(null)).toBe(checks.cluster.hosts[0]);
  });

  it("becomes unhealthy at once when it says so, after the threshold when it can't be asked", async () => {
    const checks = new Checks(HTTP);
    expect(await checks.run(OK, "drop")).toBe("healthy");
    expect(await checks.run("refuse")).toBe("/failed_active_hc");
    expect([checks.stat("network_failure"), checks.stat("failure"), checks.stat("healthy")]).toEqual([2, 2, 0]);
    const other = new Checks(HTTP);
    expect(await other.run(OK, status(500))).toBe("/failed_active_hc");
    expect(other.stat("network_failure")).toBe(0);
  });

  it("counts failures in a row only", async () => {
    const checks = new Checks(HTTP);
    expect(await checks.run(OK, "drop", OK, "drop", OK)).toBe("healthy");
  });

  it("is healthy again after the threshold of successes in a row", async () => {
    const checks = new Checks(HTTP);
    expect(await checks.run(OK, status(500), OK, OK)).toBe("/failed_active_hc");
    expect(await checks.run(status(500), OK, OK)).toBe("/failed_active_hc");
    expect(await checks.run(OK)).toBe("healthy");
  });

  it("fails by a timeout, which its flags tell", async () => {
    const checks = new Checks(HTTP);
    await checks.run(OK);
    await checks.fixture.advance(1010);
    expect([checks.flags, checks.connection.state, checks.stat("network_failure")]).toEqual(["healthy", "closed", 1]);
    await checks.fixture.advance(10_010);
    await checks.answer("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nab");
    await checks.fixture.advance(1010);
    expect(checks.flags).toBe("/failed_active_hc/active_hc_timeout");
    await checks.fixture.advance(10_010);
    await checks.answer(status(500));
    expect(checks.flags).toBe("/failed_active_hc");
  });

  it("is not asked where the endpoint says so, and counts as healthy", async () => {
    const checks = new Checks(HTTP, { endpoint: ", health_check_config: { disable_active_health_check: true }" });
    await settle();
    expect([checks.warm, checks.flags, checks.fixture.connections.length]).toEqual([true, "healthy", 0]);
  });

  it("is asked where the endpoint says, by the name that it says", async () => {
    for (const [config, target, host] of [
      ["port_value: 8081, hostname: one.test", { host: "10.0.0.1", port: 8081 }, "one.test"],
      ["address: { socket_address: { address: 10.9.9.9, port_value: 7 } }", { host: "10.9.9.9", port: 7 }, "conf.test"],
      [
        "port_value: 8, address: { socket_address: { address: 10.9.9.9, port_value: 7 } }",
        { host: "10.9.9.9", port: 8 },
        "conf.test",
      ],
      ["address: { pipe: { path: /run/hc } }", { path: "/run/hc" }, "conf.test"],
    ] as const) {
      const checks = new Checks("http_health_check: { path: /, host: conf.test }", {
        endpoint: `, health_check_config: { ${config} }`,
      });
      await settle();
      expect(checks.connection.target).toEqual(target);
      await checks.answer(OK);
      expect(checks.connection.written).toContain(`\r\nhost: ${host}\r\n`);
    }
  });

  it("does not count until it was checked, where that is asked for", async () => {
    const checks = new Checks(HTTP, { more: "common_lb_config: { ignore_new_hosts_until_first_hc: true }" });
    await settle();
    expect([checks.flags, checks.fixture.stat("membership_excluded")]).toEqual(["/failed_active_hc/pending_active_hc", 1]);
    await checks.answer("refuse");
    expect([checks.flags, checks.fixture.stat("membership_excluded")]).toEqual(["/failed_active_hc", 0]);
  });
});

describe("the answer", () => {
  it.each([
    ["another 2xx", "", status(204), "/failed_active_hc"],
    [
      "a status that is expected",
      ", expected_statuses: [{ start: 200, end: 201 }, { start: 400, end: 405 }]",
      status(404),
      "healthy",
    ],
    ["one just outside", ", expected_statuses: [{ start: 400, end: 404 }]", status(404), "/failed_active_hc"],
    ["degraded", "", status(200, "x-envoy-degraded: \r\n"), "/degraded_active_hc"],
    [
      "the service that is wanted",
      ", service_name_matcher: { prefix: loc }",
      status(200, "x-envoy-upstream-healthchecked-cluster: local\r\n"),
      "healthy",
    ],
    [
      "another service",
      ", service_name_matcher: { exact: x }",
      status(200, "x-envoy-upstream-healthchecked-cluster: y\r\n"),
      "/failed_active_hc",
    ],
    ["no service", ", service_name_matcher: { exact: x }", OK, "/failed_active_hc"],
    [
      "the body that is wanted",
      ", receive: [{ text: 6f6b }, { binary: IQ== }]",
      "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n-ok--!",
      "healthy",
    ],
    [
      "the body in another order",
      ", receive: [{ text: 6f6b }, { binary: IQ== }]",
      "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n!ok",
      "/failed_active_hc",
    ],
    [
      "what is wanted beyond the bound",
      ", receive: [{ text: 6f6b }], response_buffer_size: 4",
      "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n---ok-",
      "/failed_active_hc",
    ],
    ["no HTTP", "", "SSH-2.0-OpenSSH\r\n\r\n", "/failed_active_hc"],
    [
      "immediate failure",
      "",
      status(503, "x-envoy-immediate-health-check-fail: true\r\n"),
      "/failed_active_hc/excluded_via_immediate_hc_fail",
    ],
  ])("%s", async (_name, more, text, wanted) => {
    const checks = new Checks(`http_health_check: { path: /${more} }`);
    await checks.answer(text);
    expect(checks.flags).toBe(wanted);
  });

  it("that is retriable counts towards the threshold", async () => {
    const checks = new Checks("http_health_check: { path: /, retriable_statuses: [{ start: 500, end: 504 }] }");
    expect(await checks.run(OK, status(503))).toBe("healthy");
    expect(await checks.run(status(503))).toBe("/failed_active_hc");
    expect(checks.stat("network_failure")).toBe(0);
  });

  it("that is degraded and is not any more is told", async () => {
    const checks = new Checks(`${HTTP}, event_log_path: x`);
    await checks.run(OK, status(200, "x-envoy-degraded: \r\n"));
    expect([checks.flags, checks.stat("degraded"), checks.fixture.stat("membership_degraded")]).toEqual([
      "/degraded_active_hc",
      1,
      1,
    ]);
    await checks.run(OK);
    expect([checks.flags, checks.stat("degraded")]).toEqual(["healthy", 0]);
    const told = checks.lines.map((line) =>
      Object.keys(JSON.parse(line) as object).find((key) => /event|host$/.test(key) && key !== "host"),
    );
    expect(told).toEqual(["add_healthy_event", "degraded_healthy_host", "no_longer_degraded_host"]);
  });
});

describe("the request", () => {
  it("is what the check says", async () => {
    const checks = new Checks(
      'http_health_check: { path: /p, method: POST, send: { text: "6869" }, request_headers_to_add: [{ header: { key: x-a, value: 100%% } }], request_headers_to_remove: [user-agent] }',
    );
    await checks.answer(OK);
    expect(checks.connection.written).toBe("POST /p HTTP/1.1\r\nhost: c\r\nx-a: 100%\r\ncontent-length: 2\r\n\r\nhi");
  });

  it("goes over one connection, or a new one each time", async () => {
    for (const [more, wanted] of [
      ["", 1],
      [", reuse_connection: false", 3],
    ] as const) {
      const checks = new Checks(`${HTTP}${more}`);
      await checks.run(OK, OK);
      await checks.answer(OK);
      expect(checks.fixture.connections).toHaveLength(wanted);
      expect(checks.fixture.stat("upstream_rq_total")).toBe(0);
    }
  });

  it("goes over a new connection after the host has closed, which is no failure", async () => {
    const checks = new Checks(HTTP);
    await checks.answer(OK);
    checks.connection.receiveEnd();
    await checks.fixture.advance(10_010);
    await checks.answer("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
    await checks.fixture.advance(10_010);
    await checks.answer(OK);
    expect([checks.fixture.connections.length, checks.stat("failure"), checks.stat("success")]).toEqual([3, 0, 3]);
  });
});

describe("the time until the next check", () => {
  const INTERVALS =
    "interval_jitter: 0s, no_traffic_interval: 60s, no_traffic_healthy_interval: 90s, unhealthy_interval: 3s, unhealthy_edge_interval: 2s, healthy_edge_interval: 1s, unhealthy_threshold: 2, healthy_threshold: 2";
  /** Seconds until another check begins. */
  async function next(checks: Checks): Promise<number> {
    const before = checks.stat("attempt");
    for (let tenths = 1; tenths < 2000; tenths++) {
      await checks.fixture.advance(100);
      if (checks.stat("attempt") > before) return Math.round(tenths / 10);
    }
    return -1;
  }

  it("follows the host's state", async () => {
    const checks = new Checks(`${HTTP}, ${INTERVALS}`);
    const seen: number[] = [];
    for (const text of [OK, "drop", "drop", "drop", OK, OK, OK]) {
      await checks.answer(text);
      seen.push(await next(checks));
    }
    // Well; failing, failed, still; passing, passed, still.
    expect(seen).toEqual([10, 2, 3, 3, 1, 10, 10]);
  });

  it("is longer while the cluster has no traffic", async () => {
    const checks = new Checks(`${HTTP}, ${INTERVALS}`, { traffic: false });
    await checks.answer("drop");
    expect(await next(checks)).toBe(60);
    // Not the first one: one success is not enough.
    await checks.answer(OK);
    expect(await next(checks)).toBe(60);
    await checks.answer(OK);
    expect(await next(checks)).toBe(90);
  });

  it.each([
    ["interval_jitter: 4s", 0.5, 12],
    ["interval_jitter_percent: 50", 0.9, 15],
    ["interval_jitter: 4s, interval_jitter_percent: 50", 0.5, 15],
  ])("has jitter: %s", async (more, draw, wanted) => {
    const checks = new Checks(`${HTTP}, ${more}`, { random: () => draw });
    await checks.answer(OK);
    expect(await next(checks)).toBe(wanted);
  });

  it("of the first check is drawn up to initial_jitter", async () => {
    const checks = new Checks(`${HTTP}, initial_jitter: 4s`);
    await settle();
    expect(checks.fixture.connections).toHaveLength(0);
    expect(await next(checks)).toBe(2);
  });
});

describe("TCP", () => {
  it("is enough when it connects", async () => {
    const checks = new Checks("tcp_health_check: {}");
    await checks.answer("");
    expect([checks.flags, checks.connection.state]).toEqual(["healthy", "closed"]);
    await checks.fixture.advance(10_010);
    await checks.answer("refuse");
    expect([checks.stat("network_failure"), checks.flags]).toEqual([1, "healthy"]);
  });

  it("sends and waits for what is wanted, over one connection", async () => {
    const checks = new Checks('tcp_health_check: { send: { text: "50494e47" }, receive: [{ text: "504f" }, { text: "4e47" }] }');
    await checks.answer("-PO");
    expect(checks.flags).toBe("/failed_active_hc");
    await checks.answer("+NG");
    expect([checks.flags, checks.connection.written]).toEqual(["healthy", "PING"]);
    await checks.fixture.advance(10_010);
    expect(checks.connection.written).toBe("PINGPING");
    await checks.answer("PONG");
    expect([checks.fixture.connections.length, checks.stat("success")]).toEqual([1, 2]);
    // Closing between two checks is a failure, known early.
    checks.connection.receiveEnd();
    await settle();
    expect([checks.stat("network_failure"), checks.connection.state]).toEqual([1, "closed"]);
  });

  it("fails when something else comes, until the time is over or too much has come", async () => {
    const checks = new Checks('tcp_health_check: { receive: [{ text: "50" }] }');
    await checks.answer("x".repeat(1024 * 1024));
    expect([checks.stat("network_failure"), checks.connection.state]).toEqual([1, "closed"]);
    const slow = new Checks('tcp_health_check: { receive: [{ text: "50" }] }');
    await slow.answer("x");
    await slow.fixture.advance(1010);
    expect([slow.stat("network_failure"), slow.connection.state]).toEqual([1, "closed"]);
  });

  it("is a new connection each time, where that is asked for", async () => {
    const checks = new Checks('tcp_health_check: { receive: [{ text: "50" }] }, reuse_connection: false');
    await checks.run("P", "P");
    await checks.answer("P");
    expect([checks.fixture.connections.length, checks.stat("success"), checks.stat("failure")]).toEqual([3, 3, 0]);
  });
});

describe("an ordinary response", () => {
  it("that announces failure fails the host at once; the next good check brings it back", async () => {
    const checks = new Checks(`${HTTP}, unhealthy_threshold: 2, healthy_threshold: 1`);
    await checks.answer(OK);
    const check = checks.connection;
    checks.cluster.hosts[0].newStream(new RecordingRequest(get), "DEFAULT");
    checks.connection.establish();
    checks.connection.receive(status(200, "x-envoy-immediate-health-check-fail: true\r\n"));
    await settle();
    expect([checks.flags, checks.stat("passive_failure")]).toEqual(["/failed_active_hc/excluded_via_immediate_hc_fail", 1]);
    await checks.fixture.advance(10_010);
    await checks.answer(OK, check);
    expect(checks.flags).toBe("healthy");
  });
});

describe("what discovery dropped", () => {
  const dns = (more = ""): Checks & { move(...ips: string[]): Promise<void> } => {
    const checks = new Checks(HTTP) as Checks & { move(...ips: string[]): Promise<void> };
    const { fixture } = checks;
    fixture.dns.set("app.test", "10.0.0.1", "10.0.0.2");
    const cluster = fixture.cluster(
      `type: STRICT_DNS\ndns_refresh_rate: 1s\nhealth_checks: [{ timeout: 1s, interval: 10s, unhealthy_threshold: 1, healthy_threshold: 1, ${HTTP} }]\n` +
        `load_assignment: { cluster_name: c, endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: app.test, port_value: 80 } } } }] }] }\n${more}`,
    );
    checks.cluster.dispose();
    fixture.connections.length = 0;
    Object.assign(checks, { cluster });
    cluster.stats.upstream_cx_total.value = 1;
    void cluster.warm();
    checks.move = async (...ips) => {
      fixture.dns.set("app.test", ...ips);
      await fixture.advance(1010);
    };
    return checks;
  };
  const addresses = (checks: Checks): string[] =>
    checks.cluster.hosts.map((host) => `${host.address} ${healthFlagsText(host.healthFlags)}`);

  it("stays while its checks pass, and goes when they fail", async () => {
    const checks = dns();
    await settle();
    const [first, second] = checks.fixture.connections;
    await checks.answer(OK, first);
    await checks.answer(OK, second);
    const changes = checks.fixture.stat("membership_change");
    await checks.move("10.0.0.2");
    expect(addresses(checks)).toEqual(["10.0.0.2:80 healthy", "10.0.0.1:80 /pending_dynamic_removal"]);
    expect([checks.fixture.stat("membership_healthy"), checks.fixture.stat("membership_change")]).toEqual([2, changes]);
    // Discovery has it again.
    await checks.move("10.0.0.1", "10.0.0.2");
    expect(addresses(checks).toSorted()).toEqual(["10.0.0.1:80 healthy", "10.0.0.2:80 healthy"]);
    await checks.move("10.0.0.2");
    for (let i = 0; i < 7; i++) await checks.fixture.advance(1000);
    await checks.answer(OK, second);
    await checks.answer("drop", first);
    expect(addresses(checks)).toEqual(["10.0.0.2:80 healthy"]);
    expect([checks.fixture.stat("membership_change"), checks.stat("healthy")]).toEqual([changes + 1, 1]);
  });

  it("goes at once when its checks fail already, or nobody looks at them", async () => {
    const failing = dns();
    await settle();
    await failing.answer("refuse", failing.fixture.connections[0]);
    await failing.answer(OK, failing.fixture.connections[1]);
    await failing.move("10.0.0.2");
    expect(addresses(failing)).toEqual(["10.0.0.2:80 healthy"]);
    const ignoring = dns("ignore_health_on_host_removal: true");
    await settle();
    for (const connection of [...ignoring.fixture.connections]) await ignoring.answer(OK, connection);
    await ignoring.move("10.0.0.2");
    expect(addresses(ignoring)).toEqual(["10.0.0.2:80 healthy"]);
  });

  it("leaves nothing behind when the cluster goes", async () => {
    const checks = dns();
    await settle();
    await checks.answer(OK, checks.fixture.connections[0]);
    checks.cluster.dispose();
    await settle();
    expect([checks.fixture.timers.armed, checks.stat("healthy")]).toEqual([0, 0]);
    expect(checks.fixture.connections.every(({ state }) => state === "closed")).toBe(true);
  });
});

describe("a host that fails", () => {
  it("gives its connections up; TCP's only where that is asked for", async () => {
    for (const [more, wanted] of [
      ["", "open"],
      ["close_connections_on_host_health_failure: true", "closed"],
    ]) {
      const checks = new Checks(HTTP, { more });
      await checks.answer(OK);
      const check = checks.connection;
      const [host] = checks.cluster.hosts;
      host.newStream(new RecordingRequest(get), "DEFAULT");
      const http = checks.connection;
      await checks.answer(OK);
      const closed: string[] = [];
      const user = {
        onUpstreamConnected() {},
        onUpstreamConnectFailure() {},
        onUpstreamData() {},
        onUpstreamEnd() {},
        onUpstreamDrain() {},
      };
      host.newTcpConnection({ ...user, onUpstreamClosed: () => closed.push("told") });
      const tcp = checks.connection;
      tcp.establish();
      await checks.fixture.advance(10_010);
      await checks.answer(status(503), check);
      expect([http.state, tcp.state, closed]).toEqual(["closed", wanted, wanted === "closed" ? ["told"] : []]);
    }
  });

  it("comes back from outlier detection with a good check", async () => {
    for (const [more, back] of [
      ["", true],
      [", successful_active_health_check_uneject_host: false", false],
    ] as const) {
      const checks = new Checks(HTTP, { more: `outlier_detection: { max_ejection_percent: 100${more} }` });
      await checks.answer(OK);
      for (let i = 0; i < 5; i++) checks.cluster.hosts[0].monitor!.onResponse(500);
      expect(checks.flags).toBe("/failed_outlier_check");
      await checks.fixture.advance(10_010);
      await checks.answer(OK);
      expect(checks.cluster.hosts[0].healthFlags & HealthFlag.FAILED_OUTLIER_CHECK).toBe(
        back ? 0 : HealthFlag.FAILED_OUTLIER_CHECK,
      );
    }
  });
});

describe("the event log", () => {
  const LOGGED = `${HTTP}, event_log_path: x`;
  const events = (checks: Checks): unknown[] => checks.lines.splice(0).map((line) => JSON.parse(line) as unknown);

  it("tells what changes, in Envoy's words", async () => {
    const checks = new Checks(LOGGED);
    await checks.run(OK, OK, status(503), status(503));
    expect(checks.lines[0]).toBe(
      '{"health_checker_type":"HTTP","host":{"socket_address":{"protocol":"TCP","address":"10.0.0.1","port_value":80,"resolver_name":"","ipv4_compat":false,"network_namespace_filepath":""}},"cluster_name":"c","add_healthy_event":{"first_check":true},"timestamp":"1970-01-01T00:16:40Z","metadata":{"filter_metadata":{},"typed_filter_metadata":{}},"locality":{"region":"","zone":"","sub_zone":""}}\n',
    );
    expect(events(checks)).toMatchObject([
      { add_healthy_event: { first_check: true } },
      { eject_unhealthy_event: { failure_type: "ACTIVE", http_status_code: 503 } },
    ]);
  });

  it("tells the first failure, and each where that is asked for, successes too", async () => {
    const first = new Checks(LOGGED);
    await first.run("refuse", "refuse");
    expect(events(first)).toMatchObject([
      { health_check_failure_event: { failure_type: "NETWORK", first_check: true, http_status_code: 0 } },
    ]);
    const all = new Checks(`${LOGGED}, always_log_health_check_failures: true, always_log_health_check_success: true`);
    await all.run(OK, OK, "drop", "drop");
    expect(events(all)).toMatchObject([
      { add_healthy_event: {} },
      { successful_health_check_event: {} },
      { health_check_failure_event: { first_check: false } },
      { eject_unhealthy_event: {} },
      { health_check_failure_event: {} },
    ]);
  });
});

describe("settings that make no sense", () => {
  const base = "timeout: 1s, interval: 1s, unhealthy_threshold: 1, healthy_threshold: 1";
  it.each([
    [
      "two checks",
      `health_checks: [{ ${base}, tcp_health_check: {} }, { ${base}, tcp_health_check: {} }]`,
      /found 2 health checks .* wanted one/,
    ],
    ["no kind", `health_checks: [{ ${base} }]`, /health_checker/],
    [
      "no timeout",
      "health_checks: [{ interval: 1s, unhealthy_threshold: 1, healthy_threshold: 1, tcp_health_check: {} }]",
      /"timeout" is required/,
    ],
    [
      "statuses that end before they start",
      `health_checks: [{ ${base}, http_health_check: { path: /, expected_statuses: [{ start: 300, end: 200 }] } }]`,
      /start to be less than end/,
    ],
    [
      "statuses below 100",
      `health_checks: [{ ${base}, http_health_check: { path: /, retriable_statuses: [{ start: 99, end: 200 }] } }]`,
      /start to be 100 or more/,
    ],
    [
      "statuses above 599",
      `health_checks: [{ ${base}, http_health_check: { path: /, expected_statuses: [{ start: 500, end: 601 }] } }]`,
      /end to be 600 or less/,
    ],
    [
      "text that is not hexadecimal",
      `health_checks: [{ ${base}, tcp_health_check: { send: { text: hello } } }]`,
      /wanted bytes in hexadecimal/,
    ],
    [
      "a body with GET",
      `health_checks: [{ ${base}, http_health_check: { path: /, send: { text: "00" } } }]`,
      /"send" with the method GET/,
    ],
    [
      "more than fits",
      `health_checks: [{ ${base}, http_health_check: { path: /, receive: [{ text: "0000" }], response_buffer_size: 1 } }]`,
      /found 2 bytes in "receive"/,
    ],
    ["gRPC over HTTP/1.1", `health_checks: [{ ${base}, grpc_health_check: {} }]`, /wanted HTTP\/2 in its protocol options/],
    [
      "a value to substitute",
      `health_checks: [{ ${base}, http_health_check: { path: /, request_headers_to_add: [{ header: { key: a, value: "%PROTOCOL%" } }] } }]`,
      /wanted plain text/,
    ],
    [
      "another sink",
      `health_checks: [{ ${base}, tcp_health_check: {}, event_logger: [{ name: a, typed_config: { "@type": type.googleapis.com/x.Y } }] }]`,
      /event sink of type x.Y/,
    ],
  ])("%s", (_name, yaml, message) => {
    expect(() => new ClusterFixture().cluster(yaml)).toThrow(message);
    expect(() => new ClusterFixture().cluster(yaml)).toThrow(/cluster.yaml:2:\d+/);
  });
});
