import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { ClusterFixture, settle } from "../testing/cluster-fixture.ts";
import type { FakeConnection } from "../testing/fake-connection.ts";
import { RecordingRequest, requestHeaders } from "../testing/recording-request.ts";

interface Tunnel {
  readonly fixture: ClusterFixture;
  readonly connection: FakeConnection;
  readonly request: RecordingRequest;
  readonly cancel: () => void;
  /** What is in use: connections, requests. */
  readonly used: () => number[];
}

async function tunnel(yaml = ""): Promise<Tunnel> {
  const fixture = new ClusterFixture();
  const cluster = await fixture.static(yaml);
  const request = new RecordingRequest((stream) => stream.sendHeaders(requestHeaders("CONNECT", ""), false, "connect"));
  const pending = cluster.hosts[0].newTunnel(request);
  const { DEFAULT } = cluster.limits;
  return {
    fixture,
    connection: fixture.connections[0],
    request,
    cancel: () => pending.cancel(),
    used: () => [DEFAULT.connections, DEFAULT.requests, cluster.hosts[0].stats.cx_active, cluster.hosts[0].stats.rq_active],
  };
}

describe("TcpTunnel", () => {
  it("answers the CONNECT itself and passes bytes both ways, as they are", async () => {
    const { connection, request, used } = await tunnel();
    connection.establish();
    expect(request.events).toEqual(["ready", "headers 200", "read"]);
    expect(connection.writes).toEqual([]);
    request.stream!.sendBody(Buffer.from("ping"), false);
    connection.receive("pong");
    expect(connection.written).toBe("ping");
    expect(request.body).toBe("pong");
    expect(used()).toEqual([1, 1, 1, 1]);
  });

  it("ends one way after the other, and gives everything back", async () => {
    const { connection, request, used, fixture } = await tunnel();
    connection.establish();
    connection.receiveEnd();
    expect(request.events.slice(3)).toEqual(["body end"]);
    request.stream!.sendBody(Buffer.from("bye"), true);
    expect([connection.written, connection.ended]).toEqual(["bye", true]);
    connection.destroy();
    await settle();
    expect(used()).toEqual([0, 0, 0, 0]);
    expect(request.events).toHaveLength(4);
    expect(fixture.stat("upstream_cx_destroy_with_active_rq")).toBe(0);
  });

  it("is reset when the connection breaks", async () => {
    const { connection, request, used, fixture } = await tunnel();
    connection.establish();
    connection.lose("ECONNRESET");
    expect(request.events.slice(3)).toEqual(["reset connection_termination"]);
    expect(used()).toEqual([0, 0, 0, 0]);
    expect(fixture.stat("upstream_cx_destroy_remote")).toBe(1);
  });

  it("fails when nobody listens, or nobody answers in time", async () => {
    const refused = await tunnel();
    refused.connection.lose("ECONNREFUSED");
    expect(refused.request.events).toEqual(["failure connection_failure delayed connect error: Connection refused"]);
    const late = await tunnel("connect_timeout: 1s");
    await late.fixture.advance(1010);
    expect(late.request.events).toEqual(["failure connection_timeout"]);
    for (const { used, fixture } of [refused, late]) {
      expect(used()).toEqual([0, 0, 0, 0]);
      expect(fixture.stat("upstream_cx_connect_fail")).toBe(1);
      expect(fixture.timers.armed).toBe(0);
    }
  });

  it("can be cancelled, and reset", async () => {
    const { connection, request, used, cancel, fixture } = await tunnel();
    cancel();
    cancel();
    expect(connection.state).toBe("closed");
    await settle();
    expect(request.events).toEqual([]);
    expect(fixture.stat("upstream_rq_cancelled")).toBe(1);
    expect(used()).toEqual([0, 0, 0, 0]);
    const other = await tunnel();
    other.connection.establish();
    other.request.stream!.reset();
    await settle();
    expect(other.request.events).toEqual(["ready", "headers 200", "read"]);
    expect(other.used()).toEqual([0, 0, 0, 0]);
  });

  it("overflows at max_connections", async () => {
    const { request, fixture } = await tunnel("circuit_breakers: { thresholds: [{ max_connections: 0 }] }");
    expect(request.events).toEqual(["failure overflow"]);
    expect(fixture.stat("upstream_cx_overflow")).toBe(1);
  });
});
