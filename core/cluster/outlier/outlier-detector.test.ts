import { describe, expect, it } from "vitest";
import type { ClusterImpl } from "../cluster.ts";
import { HealthFlag } from "../health-flag.ts";
import type { HostImpl, LocalOriginEvent } from "../host.ts";
import { ClusterFixture } from "../testing/cluster-fixture.ts";
import { get, RecordingRequest, requestHeaders } from "../testing/recording-request.ts";

/** A cluster with so many hosts, which may all be ejected unless the settings say otherwise. */
async function make(hosts: number, settings: string, random = (): number => 0.5) {
  const lines: string[] = [];
  const log = { write: (line: string) => lines.push(line), release() {} };
  const fixture = new ClusterFixture({ random, outlierLog: () => log });
  const endpoints = Array.from(
    { length: hosts },
    (_, i) => `{ endpoint: { address: { socket_address: { address: 10.0.0.${i + 1}, port_value: 80 } } } }`,
  );
  const all = settings.includes("max_ejection_percent") ? settings : `max_ejection_percent: 100, ${settings}`;
  const cluster = fixture.cluster(
    `load_assignment: { cluster_name: c, endpoints: [{ lb_endpoints: [${endpoints.join(", ")}] }] }\noutlier_detection: { ${all} }`,
  );
  await cluster.warm();
  const stat = (name: string): number => fixture.stat(`outlier_detection.ejections_${name}`);
  return { fixture, cluster, stat, events: () => lines.splice(0).map((line) => JSON.parse(line) as Record<string, unknown>) };
}

const isOut = (host: HostImpl): boolean => (host.healthFlags & HealthFlag.FAILED_OUTLIER_CHECK) !== 0;
const out = (cluster: ClusterImpl): boolean[] => cluster.hosts.map(isOut);
const respond = (host: HostImpl, ...statuses: readonly number[]): void => statuses.forEach((s) => host.monitor!.onResponse(s));
const local = (host: HostImpl, ...events: readonly LocalOriginEvent[]): void =>
  events.forEach((e) => host.monitor!.onLocalOrigin(e));
const times = <T>(n: number, value: T): T[] => Array.from({ length: n }, () => value);

describe("failures in a row", () => {
  it("eject a host at the fifth 5xx, and a success between starts anew", async () => {
    const { cluster, stat, fixture, events } = await make(2, "");
    const [host] = cluster.hosts;
    respond(host, 500, 500, 500, 500, 200, 500, 500, 500, 404, 500, 500, 500, 500);
    expect(isOut(host)).toBe(false);
    respond(host, 500);
    expect(out(cluster)).toEqual([true, false]);
    expect(
      ["active", "enforced_total", "enforced_consecutive_5xx", "detected_consecutive_5xx", "consecutive_5xx", "total"].map(stat),
    ).toEqual([1, 1, 1, 1, 1, 1]);
    expect(fixture.stat("membership_healthy")).toBe(1);
    for (let i = 0; i < 50; i++) expect(cluster.pick(null)).toBe(cluster.hosts[1]);
    expect(events()).toEqual([
      {
        type: "CONSECUTIVE_5XX",
        timestamp: "1970-01-01T00:16:40Z",
        cluster_name: "c",
        upstream_url: "10.0.0.1:80",
        action: "EJECT",
        num_ejections: 1,
        enforced: true,
        eject_consecutive_event: {},
      },
    ]);
  });

  it("of the gateway kind are 502, 503 and 504; they are only counted unless enforced", async () => {
    const first = await make(2, "consecutive_5xx: 0, consecutive_gateway_failure: 3");
    respond(first.cluster.hosts[0], 502, 503, 504);
    expect(first.stat("detected_consecutive_gateway_failure")).toBe(1);
    expect(first.stat("enforced_consecutive_gateway_failure")).toBe(0);
    expect(out(first.cluster)).toEqual([false, false]);
    expect(first.events()[0]).toMatchObject({ type: "CONSECUTIVE_GATEWAY_FAILURE", enforced: false });
    const second = await make(
      2,
      "consecutive_5xx: 0, consecutive_gateway_failure: 3, enforcing_consecutive_gateway_failure: 100",
    );
    respond(second.cluster.hosts[0], 502, 503, 500, 502, 503);
    expect(out(second.cluster)).toEqual([false, false]);
    respond(second.cluster.hosts[0], 504);
    expect(out(second.cluster)).toEqual([true, false]);
    // A gateway's failure is no reason for the deprecated total.
    expect(second.stat("total")).toBe(0);
  });

  it("count failures of our own as 503 and 504, unless they are told apart", async () => {
    const { cluster, stat } = await make(2, "consecutive_5xx: 3");
    local(cluster.hosts[0], "failed", "timeout", "connect_success", "failed");
    expect(out(cluster)).toEqual([true, false]);
    expect(stat("detected_consecutive_local_origin_failure")).toBe(0);
    local(cluster.hosts[1], "failed", "failed", "connect_success_final", "failed");
    expect(isOut(cluster.hosts[1])).toBe(false);
  });

  it("are of two kinds when these are told apart", async () => {
    const { cluster, stat } = await make(3, "consecutive_5xx: 3, split_external_local_origin_errors: true");
    const [a, b, c] = cluster.hosts;
    local(a, ...times(4, "failed" as const), "timeout");
    expect([isOut(a), stat("enforced_consecutive_local_origin_failure"), stat("detected_consecutive_5xx")]).toEqual([true, 1, 0]);
    local(b, ...times(4, "failed" as const), "connect_success", "failed");
    expect(isOut(b)).toBe(false);
    respond(c, 500, 500, 500);
    expect([isOut(c), stat("enforced_consecutive_5xx")]).toEqual([true, 1]);
  });

  it("are never enough at 0", async () => {
    const { cluster } = await make(1, "consecutive_5xx: 0, consecutive_gateway_failure: 0");
    respond(cluster.hosts[0], ...times(50, 503));
    expect(out(cluster)).toEqual([false]);
  });

  it("of a host that is out already are not found again", async () => {
    const { cluster, stat } = await make(2, "consecutive_5xx: 2");
    respond(cluster.hosts[0], ...times(9, 500));
    expect(stat("detected_consecutive_5xx")).toBe(1);
  });
});

describe("how many may be out", () => {
  it("is a tenth by default: what is more overflows", async () => {
    const { cluster, stat } = await make(4, "max_ejection_percent: 10");
    respond(cluster.hosts[0], ...times(5, 500));
    expect([out(cluster), stat("overflow"), stat("detected_consecutive_5xx")]).toEqual([times(4, false), 1, 1]);
  });

  it("is at least one where that is asked for", async () => {
    const { cluster, stat } = await make(4, "max_ejection_percent: 10, always_eject_one_host: true");
    for (const host of cluster.hosts) respond(host, ...times(5, 500));
    expect([out(cluster), stat("overflow")]).toEqual([[true, false, false, false], 3]);
  });

  it("is a percentage of all hosts", async () => {
    const { cluster, stat } = await make(4, "max_ejection_percent: 50");
    for (const host of cluster.hosts) respond(host, ...times(5, 500));
    expect([out(cluster), stat("overflow"), stat("active")]).toEqual([[true, true, false, false], 2, 2]);
  });

  it("counts a host that left as back", async () => {
    const { cluster, stat } = await make(2, "");
    respond(cluster.hosts[0], ...times(5, 500));
    cluster.setHosts([]);
    expect(stat("active")).toBe(0);
  });

  it("is drawn where only a part is enforced", async () => {
    for (const [draw, ejected] of [
      [0.29, true],
      [0.31, false],
    ] as const) {
      const { cluster, stat } = await make(1, "enforcing_consecutive_5xx: 30", () => draw);
      respond(cluster.hosts[0], ...times(5, 500));
      expect([isOut(cluster.hosts[0]), stat("enforced_total"), stat("total")]).toEqual([ejected, ejected ? 1 : 0, 1]);
    }
  });
});

describe("an ejection", () => {
  it("ends with the first interval after its time, which grows with each and shrinks while the host behaves", async () => {
    const { cluster, fixture, stat, events } = await make(2, "interval: 1s, base_ejection_time: 10s");
    const [host] = cluster.hosts;
    const lasts = async (): Promise<number> => {
      respond(host, ...times(5, 500));
      for (let seconds = 1; ; seconds++) {
        await fixture.advance(1000);
        if (!isOut(host)) return seconds;
      }
    };
    expect(await lasts()).toBe(10);
    expect(events()[1]).toMatchObject({ action: "UNEJECT", secs_since_last_action: "10", num_ejections: 1, enforced: false });
    expect(stat("active")).toBe(0);
    expect(await lasts()).toBe(20);
    expect(await lasts()).toBe(30);
    // Each interval of good behaviour takes one away.
    for (let i = 0; i < 2; i++) await fixture.advance(1000);
    expect(await lasts()).toBe(20);
    expect(events().at(-2)).toMatchObject({ action: "EJECT", num_ejections: 4, secs_since_last_action: "2" });
  });

  it("lasts no longer than max_ejection_time", async () => {
    const { cluster, fixture } = await make(1, "interval: 1s, base_ejection_time: 10s, max_ejection_time: 15s");
    const [host] = cluster.hosts;
    for (const wanted of [10, 15, 15]) {
      respond(host, ...times(5, 500));
      for (let i = 1; i < wanted; i++) await fixture.advance(1000);
      expect(isOut(host)).toBe(true);
      await fixture.advance(1000);
      expect(isOut(host)).toBe(false);
    }
  });

  it("is longer by a part of max_ejection_time_jitter", async () => {
    const { cluster, fixture } = await make(1, "interval: 1s, base_ejection_time: 10s, max_ejection_time_jitter: 6s");
    respond(cluster.hosts[0], ...times(5, 500));
    for (let i = 0; i < 12; i++) await fixture.advance(1000);
    expect(isOut(cluster.hosts[0])).toBe(true);
    await fixture.advance(1000);
    expect(isOut(cluster.hosts[0])).toBe(false);
  });

  it("gives the host's connections up", async () => {
    const { cluster, fixture } = await make(2, "");
    const [host] = cluster.hosts;
    for (let i = 0; i < 2; i++) host.newStream(new RecordingRequest(get), "DEFAULT");
    for (const connection of fixture.connections) connection.establish();
    fixture.connections[0].receive("HTTP/1.1 204 No Content\r\n\r\n");
    respond(host, ...times(5, 500));
    await fixture.advance(0);
    expect(fixture.connections.map(({ state }) => state)).toEqual(["closed", "open"]);
  });

  it("leaves nothing behind when the cluster goes", async () => {
    const { cluster, fixture, stat } = await make(2, "");
    respond(cluster.hosts[0], ...times(5, 500));
    cluster.drain();
    respond(cluster.hosts[1], ...times(5, 500));
    expect([stat("active"), fixture.timers.armed]).toEqual([0, 0]);
  });
});

describe("comparing hosts", () => {
  const settings =
    "interval: 1s, success_rate_minimum_hosts: 5, success_rate_request_volume: 10, consecutive_5xx: 0, consecutive_gateway_failure: 0";

  it("ejects whose success rate is far below the others'", async () => {
    const { cluster, fixture, stat, events } = await make(5, settings);
    const [bad, ...good] = cluster.hosts;
    respond(bad, ...times(5, 200), ...times(5, 500));
    for (const host of good) respond(host, ...times(10, 200));
    await fixture.advance(1000);
    // Mean 90, deviation 20, 1.9 of them: below 52.
    expect(out(cluster)).toEqual([true, false, false, false, false]);
    expect([stat("enforced_success_rate"), stat("success_rate"), stat("total")]).toEqual([1, 1, 1]);
    expect(cluster.hosts.map(({ successRate }) => successRate)).toEqual([50, 100, 100, 100, 100]);
    expect(cluster.outlierBounds).toEqual({ external: { average: 90, threshold: 52 }, local: { average: -1, threshold: -1 } });
    expect(events()[0]).toMatchObject({
      type: "SUCCESS_RATE",
      eject_success_rate_event: {
        host_success_rate: 50,
        cluster_average_success_rate: 90,
        cluster_success_rate_ejection_threshold: 52,
      },
    });
    await fixture.advance(1000);
    expect(cluster.hosts[1].successRate).toBe(-1);
  });

  it.each([
    ["too few hosts", 4, 10],
    ["too few requests", 5, 9],
  ])("needs enough to compare: %s", async (_name, hosts, requests) => {
    const { cluster, fixture, stat } = await make(hosts, settings);
    for (const [i, host] of cluster.hosts.entries()) respond(host, ...times(requests, i === 0 ? 500 : 200));
    await fixture.advance(1000);
    expect([out(cluster).includes(true), stat("detected_success_rate")]).toEqual([false, 0]);
  });

  it("looks at failures of our own apart", async () => {
    const { cluster, fixture, stat } = await make(
      5,
      `${settings}, consecutive_local_origin_failure: 0, split_external_local_origin_errors: true`,
    );
    for (const [i, host] of cluster.hosts.entries())
      local(host, ...times(10, i === 0 ? ("failed" as const) : ("connect_success" as const)));
    await fixture.advance(1000);
    expect(out(cluster)).toEqual([true, false, false, false, false]);
    expect([stat("enforced_local_origin_success_rate"), stat("enforced_success_rate")]).toEqual([1, 0]);
    expect(cluster.hosts[0].localOriginSuccessRate).toBe(0);
  });

  it("ejects by the percentage of failures where that is enforced", async () => {
    const percent =
      "enforcing_success_rate: 0, failure_percentage_request_volume: 10, failure_percentage_minimum_hosts: 2, failure_percentage_threshold: 60";
    for (const [enforced, ejected] of [
      ["", 0],
      [", enforcing_failure_percentage: 100", 1],
    ] as const) {
      const { cluster, fixture, stat, events } = await make(3, `${settings}, ${percent}${enforced}`);
      respond(cluster.hosts[0], ...times(4, 200), ...times(6, 500));
      respond(cluster.hosts[1], ...times(5, 200), ...times(5, 500));
      respond(cluster.hosts[2], ...times(9, 500));
      await fixture.advance(1000);
      expect([stat("detected_failure_percentage"), stat("enforced_failure_percentage"), stat("active")]).toEqual([
        1,
        ejected,
        ejected,
      ]);
      expect(events()[0]).toMatchObject({
        type: "FAILURE_PERCENTAGE",
        enforced: ejected === 1,
        eject_failure_percentage_event: { host_success_rate: 40 },
      });
    }
  });

  it("ejects by the percentage of failures of our own", async () => {
    const { cluster, fixture, stat } = await make(
      2,
      "interval: 1s, split_external_local_origin_errors: true, consecutive_local_origin_failure: 0, enforcing_failure_percentage_local_origin: 100, failure_percentage_minimum_hosts: 1, failure_percentage_request_volume: 2",
    );
    local(cluster.hosts[0], "timeout", "timeout");
    await fixture.advance(1000);
    expect([out(cluster), stat("enforced_local_origin_failure_percentage")]).toEqual([[true, false], 1]);
  });

  it("finds one for both reasons, and ejects it once", async () => {
    const { cluster, fixture, stat } = await make(
      5,
      `${settings}, enforcing_failure_percentage: 100, failure_percentage_request_volume: 10`,
    );
    for (const [i, host] of cluster.hosts.entries()) respond(host, ...times(10, i === 0 ? 500 : 200));
    await fixture.advance(1000);
    expect([stat("detected_success_rate"), stat("detected_failure_percentage"), stat("enforced_total"), stat("active")]).toEqual([
      1, 1, 1, 1,
    ]);
  });
});

describe("what a request comes to", () => {
  const grpc = (request: RecordingRequest): void =>
    request.stream!.sendHeaders(requestHeaders("POST", "/a.B/C", "content-type", "application/grpc"), true, "");

  it("is its status, of gRPC that of an answer without a message", async () => {
    const { cluster, fixture } = await make(1, "consecutive_5xx: 2");
    const [host] = cluster.hosts;
    const ask = async (grpcRequest: boolean, response: string): Promise<void> => {
      host.newStream(new RecordingRequest(grpcRequest ? (_s, request) => grpc(request) : get), "DEFAULT");
      const connection = fixture.connections.at(-1)!;
      if (connection.state === "connecting") connection.establish();
      connection.receive(`HTTP/1.1 ${response}content-length: 0\r\n\r\n`);
      await fixture.advance(0);
    };
    for (let i = 0; i < 3; i++) await ask(false, "200 OK\r\ngrpc-status: 14\r\n");
    for (const status of [0, 1, 3, 5, 16]) await ask(true, `200 OK\r\ngrpc-status: ${status}\r\n`);
    expect(isOut(host)).toBe(false);
    await ask(true, "200 OK\r\ngrpc-status: 14\r\n");
    await ask(true, "200 OK\r\ngrpc-status: x\r\n");
    expect(isOut(host)).toBe(true);
  });

  it("is a failure for each request that found no connection, and for each that broke", async () => {
    const { cluster, fixture, stat } = await make(
      2,
      "consecutive_local_origin_failure: 3, split_external_local_origin_errors: true",
    );
    const [host] = cluster.hosts;
    for (let i = 0; i < 2; i++) host.newStream(new RecordingRequest(), "DEFAULT");
    fixture.connections[0].lose("ECONNREFUSED");
    expect(isOut(host)).toBe(false);
    // The other connection comes, carries a request, and breaks in the middle of its answer.
    fixture.connections[1].establish();
    for (let i = 0; i < 3; i++) {
      host.newStream(new RecordingRequest(), "DEFAULT");
      const connection = fixture.connections.at(-1)!;
      if (connection.state === "connecting") connection.establish();
      connection.receive("HTTP/1.1 500 Oh\r\ncontent-length: 9\r\n\r\nab");
      connection.lose("ECONNRESET");
      host.countTimeout();
      host.countTimeout();
    }
    expect([isOut(host), stat("detected_consecutive_local_origin_failure"), stat("detected_consecutive_5xx")]).toEqual([
      true,
      1,
      0,
    ]);
  });
});

describe("settings that contradict each other", () => {
  it("are refused", () => {
    expect(() => new ClusterFixture().cluster("outlier_detection: { base_ejection_time: 10s, max_ejection_time: 9s }")).toThrow(
      /cluster.yaml:2:20: .*max_ejection_time less than base_ejection_time/,
    );
    expect(() => new ClusterFixture().cluster("outlier_detection: { max_ejection_percent: 101 }")).toThrow(/from 0 to 100/);
    expect(() => new ClusterFixture().cluster("outlier_detection: { interval: 0s }")).toThrow(/interval/);
  });
});
