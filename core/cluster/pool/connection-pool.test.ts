import { describe, expect, it } from "vitest";
import type { ClusterImpl } from "../cluster.ts";
import { ClusterFixture, settle } from "../testing/cluster-fixture.ts";
import { get, RecordingRequest } from "../testing/recording-request.ts";

const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi";
const limits = (text: string): string => `circuit_breakers: { thresholds: [{ ${text} }] }`;

function ask(cluster: ClusterImpl, priority: "DEFAULT" | "HIGH" = "DEFAULT", onReady = get): RecordingRequest {
  const request = new RecordingRequest(onReady);
  cluster.hosts[0].newStream(request, priority);
  return request;
}

describe("connections", () => {
  it("are made when needed and used again", async () => {
    const fixture = new ClusterFixture();
    const cluster = await fixture.static();
    const first = ask(cluster);
    expect(first.events).toEqual([]);
    expect(fixture.stat("upstream_rq_pending_active")).toBe(1);
    const [connection] = fixture.connections;
    expect(connection.target).toEqual({ host: "10.0.0.1", port: 80 });
    connection.establish();
    expect(connection.writes).toEqual(["GET / HTTP/1.1\r\nhost: example.com\r\n\r\n"]);
    connection.receive(OK);
    expect(first.events).toEqual(["ready", "headers 200", "body hi end", "read"]);
    const second = ask(cluster);
    expect(second.events).toEqual(["ready"]);
    connection.receive(OK);
    expect(second.body).toBe("hi");
    expect(fixture.connections).toHaveLength(1);
    expect({ ...cluster.hosts[0].stats }).toEqual({
      cx_active: 1,
      cx_connect_fail: 0,
      cx_total: 1,
      rq_active: 0,
      rq_error: 0,
      rq_success: 2,
      rq_timeout: 0,
      rq_total: 2,
    });
    const stats = ["cx_total", "cx_active", "cx_http1_total", "rq_total", "rq_active", "rq_pending_total", "rq_pending_active"];
    expect(stats.map((name) => fixture.stat(`upstream_${name}`))).toEqual([1, 1, 1, 2, 0, 1, 0]);
    expect(fixture.stat("upstream_cx_rx_bytes_total")).toBe(2 * OK.length);
    expect(fixture.stat("upstream_cx_tx_bytes_total")).toBe(connection.written.length);
  });

  it("are used last in, first out", async () => {
    const fixture = new ClusterFixture();
    const cluster = await fixture.static();
    const requests = [ask(cluster), ask(cluster), ask(cluster)];
    for (const connection of fixture.connections) connection.establish();
    for (const i of [1, 0, 2]) fixture.connections[i].receive(OK);
    expect(requests.every((request) => request.body === "hi")).toBe(true);
    ask(cluster);
    ask(cluster);
    expect(fixture.connections.map((connection) => connection.writes.length)).toEqual([2, 1, 2]);
  });

  it("go to who waited longest, whichever is ready first", async () => {
    const fixture = new ClusterFixture();
    const cluster = await fixture.static();
    const requests = [ask(cluster), ask(cluster)];
    fixture.connections[1].establish();
    expect(requests.map((request) => request.events)).toEqual([["ready"], []]);
    fixture.connections[1].receive(OK);
    expect(requests[1].events).toEqual(["ready"]);
    // Nobody waits for the first one any more: it is kept for later.
    fixture.connections[0].establish();
    ask(cluster);
    expect(fixture.connections).toHaveLength(2);
  });

  it("are in the pool again before the end of the response is told", async () => {
    const fixture = new ClusterFixture();
    const cluster = await fixture.static();
    const next = new RecordingRequest();
    const first = new RecordingRequest();
    first.onReadEnd = () => cluster.hosts[0].newStream(next, "DEFAULT");
    cluster.hosts[0].newStream(first, "DEFAULT");
    fixture.connections[0].establish();
    fixture.connections[0].receive(OK);
    expect(next.events).toEqual(["ready"]);
    expect(fixture.connections).toHaveLength(1);
  });

  it("take no more requests than they may", async () => {
    const fixture = new ClusterFixture();
    const cluster = await fixture.static("max_requests_per_connection: 2");
    for (let i = 0; i < 5; i++) {
      const request = ask(cluster);
      const connection = fixture.connections[fixture.connections.length - 1];
      if (connection.state === "connecting") connection.establish();
      connection.receive(OK);
      expect(request.body).toBe("hi");
    }
    expect(fixture.connections.map((connection) => connection.writes.length)).toEqual([2, 2, 1]);
    expect(fixture.connections.map((connection) => connection.state)).toEqual(["closed", "closed", "open"]);
    expect(fixture.stat("upstream_cx_max_requests")).toBe(2);
    expect(fixture.stat("upstream_cx_active")).toBe(1);
  });

  it("have a local address", async () => {
    const fixture = new ClusterFixture();
    const request = ask(await fixture.static());
    fixture.connections[0].establish();
    expect(request.stream!.localAddress).toBe("127.0.0.9:5555");
  });
});

describe("a connection that can't be made", () => {
  it("fails all that wait", async () => {
    const fixture = new ClusterFixture();
    const cluster = await fixture.static();
    const requests = [ask(cluster), ask(cluster)];
    fixture.connections[0].lose("ECONNREFUSED");
    for (const request of requests) {
      expect(request.events).toEqual(["failure connection_failure delayed connect error: Connection refused"]);
    }
    expect(fixture.stat("upstream_cx_connect_fail")).toBe(1);
    expect(fixture.stat("upstream_rq_pending_failure_eject")).toBe(2);
    expect(fixture.stat("upstream_rq_pending_active")).toBe(0);
    expect(fixture.stat("upstream_rq_total")).toBe(0);
    expect(cluster.hosts[0].stats.cx_connect_fail).toBe(1);
    expect(cluster.hosts[0].stats.rq_error).toBe(2);
    // The other connection may still come, and is kept.
    fixture.connections[1].establish();
    expect(ask(cluster).events).toEqual(["ready"]);
  });

  it("fails after the connect timeout", async () => {
    const fixture = new ClusterFixture();
    const cluster = await fixture.static("connect_timeout: 0.25s");
    const request = ask(cluster);
    await fixture.advance(240);
    expect(request.events).toEqual([]);
    await fixture.advance(20);
    expect(request.events).toEqual(["failure connection_timeout"]);
    expect(fixture.connections[0].state).toBe("closed");
    expect(fixture.stat("upstream_cx_connect_timeout")).toBe(1);
    expect(fixture.stat("upstream_cx_connect_fail")).toBe(1);
    expect(fixture.stat("upstream_cx_active")).toBe(0);
    expect(fixture.timers.armed).toBe(0);
  });

  it("does not fail who asks again at once: that one gets a new connection", async () => {
    const fixture = new ClusterFixture();
    const cluster = await fixture.static();
    const again = new RecordingRequest();
    const request = new RecordingRequest();
    request.onUpstreamFailure = () => cluster.hosts[0].newStream(again, "DEFAULT");
    cluster.hosts[0].newStream(request, "DEFAULT");
    fixture.connections[0].lose("ECONNREFUSED");
    expect(again.events).toEqual([]);
    expect(fixture.connections).toHaveLength(2);
    fixture.connections[1].establish();
    expect(again.events).toEqual(["ready"]);
  });

  it("lets who is told cancel the others", async () => {
    const fixture = new ClusterFixture();
    const cluster = await fixture.static();
    const requests = [new RecordingRequest(), new RecordingRequest(), new RecordingRequest()];
    const waiting = requests.map((request) => cluster.hosts[0].newStream(request, "DEFAULT")!);
    requests[0].onUpstreamFailure = () => {
      waiting[2].cancel();
      waiting[1].cancel();
    };
    fixture.connections[0].lose("ECONNREFUSED");
    expect(requests.map((request) => request.events)).toEqual([[], [], []]);
    expect(fixture.stat("upstream_rq_pending_active")).toBe(0);
    expect(fixture.stat("upstream_rq_cancelled")).toBe(2);
    expect(cluster.limits.DEFAULT.pendingRequests).toBe(0);
  });
});

describe("who waits", () => {
  it("may give its place back", async () => {
    const fixture = new ClusterFixture();
    const cluster = await fixture.static(limits("max_connections: 1"));
    const requests = [0, 1, 2, 3].map(() => new RecordingRequest());
    const waiting = requests.map((request) => cluster.hosts[0].newStream(request, "DEFAULT")!);
    waiting[2].cancel();
    waiting[0].cancel();
    waiting[0].cancel();
    fixture.connections[0].establish();
    expect(requests.map((request) => request.events.length)).toEqual([0, 1, 0, 0]);
    fixture.connections[0].receive(OK);
    expect(requests.map((request) => request.events[0])).toEqual([undefined, "ready", undefined, "ready"]);
    expect(fixture.stat("upstream_rq_cancelled")).toBe(2);
  });
});

describe("circuit breakers", () => {
  it("max_connections: more wait, and the overflow is counted", async () => {
    const fixture = new ClusterFixture();
    const cluster = await fixture.static(limits("max_connections: 2"));
    const requests = [ask(cluster), ask(cluster), ask(cluster)];
    expect(fixture.connections).toHaveLength(2);
    expect(fixture.stat("upstream_cx_overflow")).toBe(1);
    expect(fixture.stat("circuit_breakers.default.cx_open")).toBe(1);
    for (const connection of fixture.connections) connection.establish();
    fixture.connections[1].receive(OK);
    expect(requests[2].events).toEqual(["ready"]);
  });

  it("max_connections: a host that has none gets one", async () => {
    const fixture = new ClusterFixture();
    const cluster = fixture.cluster(
      `load_assignment: { cluster_name: c, endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: 10.0.0.1, port_value: 80 } } } }, { endpoint: { address: { socket_address: { address: 10.0.0.2, port_value: 80 } } } }] }] }
${limits("max_connections: 1")}`,
    );
    await cluster.warm();
    for (const host of [0, 0, 1, 1]) cluster.hosts[host].newStream(new RecordingRequest(), "DEFAULT");
    expect(fixture.connections.map(({ target }) => ("host" in target ? target.host : ""))).toEqual(["10.0.0.1", "10.0.0.2"]);
    expect(fixture.stat("upstream_cx_overflow")).toBe(3);
  });

  it("max_connections of each host", async () => {
    const fixture = new ClusterFixture();
    const cluster = await fixture.static("circuit_breakers: { per_host_thresholds: [{ max_connections: 1 }] }");
    ask(cluster);
    ask(cluster);
    expect(fixture.connections).toHaveLength(1);
    expect(fixture.stat("upstream_cx_overflow")).toBe(1);
  });

  it("max_pending_requests: more are told at once", async () => {
    const fixture = new ClusterFixture();
    const cluster = await fixture.static(limits("max_pending_requests: 1, max_connections: 1"));
    ask(cluster);
    expect(fixture.stat("circuit_breakers.default.rq_pending_open")).toBe(1);
    const second = new RecordingRequest();
    expect(cluster.hosts[0].newStream(second, "DEFAULT")).toBeNull();
    expect(second.events).toEqual(["failure overflow"]);
    expect(fixture.stat("upstream_rq_pending_overflow")).toBe(1);
    fixture.connections[0].establish();
    expect(fixture.stat("circuit_breakers.default.rq_pending_open")).toBe(0);
  });

  it("max_requests: more are told at once, or when their turn comes", async () => {
    const fixture = new ClusterFixture();
    const cluster = await fixture.static(limits("max_requests: 1"));
    const requests = [ask(cluster), ask(cluster)];
    for (const connection of fixture.connections) connection.establish();
    expect(requests.map((request) => request.events)).toEqual([["ready"], ["failure overflow"]]);
    expect(fixture.stat("circuit_breakers.default.rq_open")).toBe(1);
    expect(ask(cluster).events).toEqual(["failure overflow"]);
    expect(fixture.stat("upstream_rq_pending_overflow")).toBe(2);
    fixture.connections[0].receive(OK);
    expect(ask(cluster).events).toEqual(["ready"]);
    expect(fixture.stat("upstream_rq_pending_active")).toBe(0);
  });

  it("are of each priority, as are connections", async () => {
    const fixture = new ClusterFixture();
    const cluster = await fixture.static(limits("max_connections: 1"));
    ask(cluster);
    ask(cluster);
    ask(cluster, "HIGH");
    expect(fixture.connections).toHaveLength(2);
    fixture.connections[1].establish();
    expect(cluster.limits.HIGH.connections).toBe(1);
    expect(cluster.limits.HIGH.requests).toBe(1);
    expect(cluster.limits.DEFAULT.requests).toBe(0);
  });

  it("limit retries, by a number or a budget", async () => {
    const fixture = new ClusterFixture();
    expect((await fixture.static()).limits.DEFAULT.maxRetries).toBe(3);
    const cluster = await fixture.static(limits("retry_budget: { budget_percent: { value: 50 }, min_retry_concurrency: 1 }"));
    expect(cluster.limits.DEFAULT.maxRetries).toBe(1);
    for (let i = 0; i < 6; i++) ask(cluster);
    expect(cluster.limits.DEFAULT.maxRetries).toBe(3);
  });

  it("tell what remains when asked to", async () => {
    const fixture = new ClusterFixture();
    const cluster = await fixture.static(limits("max_connections: 5, track_remaining: true"));
    ask(cluster);
    expect(fixture.stat("circuit_breakers.default.remaining_cx")).toBe(4);
    expect(fixture.stat("circuit_breakers.default.remaining_pending")).toBe(1023);
  });
});

describe("preconnect", () => {
  it("keeps more connections than requests need", async () => {
    const fixture = new ClusterFixture();
    const cluster = await fixture.static("preconnect_policy: { per_upstream_preconnect_ratio: 1.5 }");
    ask(cluster);
    expect(fixture.connections).toHaveLength(2);
    for (const connection of fixture.connections) connection.establish();
    expect(ask(cluster).events).toEqual(["ready"]);
    expect(fixture.connections).toHaveLength(3);
    ask(cluster);
    expect(fixture.connections).toHaveLength(5);
  });
});

describe("an idle connection", () => {
  it("is closed after the idle timeout, counted from its last use", async () => {
    const fixture = new ClusterFixture();
    const cluster = await fixture.static("common_http_protocol_options: { idle_timeout: 10s }");
    ask(cluster);
    fixture.connections[0].establish();
    await fixture.advance(60_000);
    fixture.connections[0].receive(OK);
    await fixture.advance(9_000);
    ask(cluster);
    fixture.connections[0].receive(OK);
    await fixture.advance(9_900);
    expect(fixture.connections[0].state).toBe("open");
    await fixture.advance(200);
    expect(fixture.connections[0].state).toBe("closed");
    expect(fixture.stat("upstream_cx_idle_timeout")).toBe(1);
    expect(fixture.stat("upstream_cx_destroy_local")).toBe(1);
    expect(fixture.stat("upstream_cx_destroy_with_active_rq")).toBe(0);
    expect(fixture.timers.armed).toBe(0);
  });

  it("lives an hour by default, and for ever when told so", async () => {
    const fixture = new ClusterFixture();
    const hour = await fixture.static();
    const ever = await fixture.static("common_http_protocol_options: { idle_timeout: 0s }");
    for (const cluster of [hour, ever]) ask(cluster);
    for (const connection of fixture.connections) {
      connection.establish();
      connection.receive(OK);
    }
    await fixture.advance(3_599_000);
    expect(fixture.connections.map((connection) => connection.state)).toEqual(["open", "open"]);
    await fixture.advance(2_000);
    expect(fixture.connections.map((connection) => connection.state)).toEqual(["closed", "open"]);
    await fixture.advance(1e9);
    expect(fixture.connections[1].state).toBe("open");
  });

  it("is closed at its maximum age; a busy one after its response", async () => {
    const fixture = new ClusterFixture();
    const cluster = await fixture.static("common_http_protocol_options: { max_connection_duration: 10s }");
    ask(cluster);
    ask(cluster);
    for (const connection of fixture.connections) connection.establish();
    fixture.connections[0].receive(OK);
    await fixture.advance(10_010);
    expect(fixture.connections.map((connection) => connection.state)).toEqual(["closed", "open"]);
    fixture.connections[1].receive(OK);
    expect(fixture.connections[1].state).toBe("closed");
    expect(fixture.stat("upstream_cx_max_duration_reached")).toBe(2);
    expect(fixture.timers.armed).toBe(0);
  });

  it("that the peer closes is dropped silently", async () => {
    for (const close of ["end", "reset"]) {
      const fixture = new ClusterFixture();
      const cluster = await fixture.static();
      const request = ask(cluster);
      fixture.connections[0].establish();
      fixture.connections[0].receive(OK);
      if (close === "end") fixture.connections[0].receiveEnd();
      else fixture.connections[0].lose("ECONNRESET");
      await settle();
      expect(request.events).toEqual(["ready", "headers 200", "body hi end", "read"]);
      expect(fixture.stat("upstream_cx_destroy_remote")).toBe(1);
      expect(fixture.stat("upstream_cx_active")).toBe(0);
      expect(ask(cluster).events).toEqual([]);
      expect(fixture.connections).toHaveLength(2);
    }
  });

  it("keeps nothing of the request that it carried", async () => {
    const fixture = new ClusterFixture();
    const cluster = await fixture.static();
    const request = ask(cluster);
    fixture.connections[0].establish();
    fixture.connections[0].receive(OK);
    const reachable = new Set<unknown>();
    const visit = (value: unknown): void => {
      if (typeof value !== "object" || value === null || reachable.has(value)) return;
      reachable.add(value);
      for (const key of Reflect.ownKeys(value)) visit(Reflect.get(value, key));
    };
    visit(fixture.connections[0].handler);
    expect(reachable.has(request)).toBe(false);
    expect(reachable.has(request.headers!.list)).toBe(false);
  });
});

describe("drain", () => {
  it("closes idle connections at once, busy ones after their response", async () => {
    const fixture = new ClusterFixture();
    const cluster = await fixture.static();
    const requests = [ask(cluster), ask(cluster)];
    for (const connection of fixture.connections) connection.establish();
    fixture.connections[0].receive(OK);
    cluster.drain();
    expect(fixture.connections.map((connection) => connection.state)).toEqual(["closed", "open"]);
    fixture.connections[1].receive(OK);
    expect(requests[1].body).toBe("hi");
    expect(fixture.connections[1].state).toBe("closed");
    expect(fixture.stat("upstream_cx_active")).toBe(0);
    expect(fixture.timers.armed).toBe(0);
  });

  it("serves who waits, and who comes late, but keeps nothing", async () => {
    const fixture = new ClusterFixture();
    const cluster = await fixture.static(limits("max_connections: 1"));
    const requests = [ask(cluster), ask(cluster)];
    cluster.drain();
    fixture.connections[0].establish();
    fixture.connections[0].receive(OK);
    fixture.connections[0].receive(OK);
    expect(requests.map((request) => request.body)).toEqual(["hi", "hi"]);
    expect(fixture.connections[0].state).toBe("closed");
    const late = ask(cluster);
    fixture.connections[1].establish();
    fixture.connections[1].receive(OK);
    expect(late.body).toBe("hi");
    expect(fixture.connections[1].state).toBe("closed");
  });

  it("stops connecting for nobody", async () => {
    const fixture = new ClusterFixture();
    const cluster = await fixture.static();
    const waiting = cluster.hosts[0].newStream(new RecordingRequest(), "DEFAULT")!;
    cluster.drain();
    expect(fixture.connections[0].state).toBe("connecting");
    waiting.cancel();
    expect(fixture.connections[0].state).toBe("closed");
    expect(fixture.stat("upstream_cx_active")).toBe(0);
  });
});

describe("dispose", () => {
  it("ends everything and says so", async () => {
    const fixture = new ClusterFixture();
    const cluster = await fixture.static(limits("max_connections: 1"));
    const requests = [ask(cluster), ask(cluster)];
    fixture.connections[0].establish();
    cluster.dispose();
    expect(requests.map((request) => request.events)).toEqual([
      ["ready", "reset local_reset"],
      ["failure connection_failure the cluster was removed"],
    ]);
    expect(ask(cluster).events).toEqual(["failure connection_failure the cluster was removed"]);
    expect(fixture.connections).toHaveLength(1);
    expect(fixture.stat("upstream_cx_active")).toBe(0);
    expect(fixture.stat("upstream_rq_active")).toBe(0);
  });
});

describe("after 10,000 requests", () => {
  it("nothing is left over", async () => {
    const fixture = new ClusterFixture();
    const cluster = await fixture.static(limits("max_connections: 7, max_pending_requests: 20"));
    let open: RecordingRequest[] = [];
    for (let i = 0; i < 10_000; i++) {
      open.push(ask(cluster));
      for (const [k, connection] of fixture.connections.entries()) {
        if (connection.state === "connecting") {
          if (i % 11 === 0) connection.lose("ECONNREFUSED");
          else connection.establish();
        } else if (connection.state === "open" && connection.written.length > 0 && (i + k) % 3 === 0) {
          connection.writes.length = 0;
          if (i % 17 === 0) connection.lose("ECONNRESET");
          else connection.receive(i % 13 === 0 ? OK.replace("content", "connection: close\r\ncontent") : OK);
        }
      }
      await settle();
      open = open.filter((request) => request.events.length < 2);
      for (let k = fixture.connections.length - 1; k >= 0; k--) {
        if (fixture.connections[k].state === "closed") fixture.connections.splice(k, 1);
      }
    }
    for (let round = 0; round < 50; round++) {
      for (const connection of fixture.connections) {
        if (connection.state === "connecting") connection.establish();
        else if (connection.state === "open" && connection.written.length > 0) {
          connection.writes.length = 0;
          connection.receive(OK);
        }
      }
    }
    const { DEFAULT } = cluster.limits;
    expect([DEFAULT.requests, DEFAULT.pendingRequests]).toEqual([0, 0]);
    expect(cluster.hosts[0].stats.rq_active).toBe(0);
    expect(DEFAULT.connections).toBe(cluster.hosts[0].connections);
    cluster.drain();
    await settle();
    expect(DEFAULT.connections).toBe(0);
    expect(cluster.hosts[0].stats.cx_active).toBe(0);
    expect(fixture.stat("upstream_cx_active")).toBe(0);
    expect(fixture.stat("upstream_cx_destroy")).toBe(fixture.stat("upstream_cx_total"));
    expect(fixture.timers.armed).toBe(0);
  });
});
