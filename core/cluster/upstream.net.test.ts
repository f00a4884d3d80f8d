import { Buffer } from "node:buffer";
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { clock } from "../transport/clock.ts";
import { connect } from "../transport/connect.ts";
import { TimerWheel } from "../transport/timers.ts";
import type { ClusterImpl } from "./cluster.ts";
import { DEFAULT_DNS_RESOLVER_OPTIONS } from "./dns/dns-resolver.ts";
import { NodeDnsResolver } from "./dns/node-dns-resolver.ts";
import { ClusterFixture } from "./testing/cluster-fixture.ts";
import { RecordingRequest, requestHeaders } from "./testing/recording-request.ts";

const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi";

/** A server of raw bytes on a free port of the loopback. */
class RawOrigin {
  readonly sockets: Socket[] = [];
  readonly #server: Server;

  constructor(onSocket: (socket: Socket, index: number) => void) {
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      socket.on("error", () => {});
      this.sockets.push(socket);
      onSocket(socket, this.sockets.length - 1);
    });
  }

  async start(): Promise<number> {
    await new Promise<void>((done) => this.#server.listen(0, "127.0.0.1", done));
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connections that are open. */
  get open(): number {
    return this.sockets.filter((socket) => !socket.destroyed).length;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise<void>((done) => this.#server.close(() => done()));
  }
}

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

interface Upstream {
  readonly fixture: ClusterFixture;
  readonly cluster: ClusterImpl;
  readonly origin: RawOrigin;
}

async function upstream(onSocket: ConstructorParameters<typeof RawOrigin>[0], yaml = ""): Promise<Upstream> {
  const origin = new RawOrigin(onSocket);
  const port = await origin.start();
  const { fixture, cluster } = real(port, "127.0.0.1", yaml);
  await cluster.warm();
  stops.push(
    () => cluster.dispose(),
    () => origin.stop(),
  );
  return { fixture, cluster, origin };
}

/** A cluster over real sockets and names. */
function real(port: number, host: string, yaml = ""): { fixture: ClusterFixture; cluster: ClusterImpl } {
  const timers = new TimerWheel(clock);
  stops.push(() => timers.stop());
  const resolver = new NodeDnsResolver(DEFAULT_DNS_RESOLVER_OPTIONS);
  const fixture = new ClusterFixture({ connect, clock, timers, resolver });
  const cluster = fixture.cluster(
    `load_assignment: { cluster_name: c, endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: ${host}, port_value: ${port} } } } }] }] }\n${yaml}`,
  );
  return { fixture, cluster };
}

/** Sends one and waits for its end. */
function run(cluster: ClusterImpl, request = new RecordingRequest()): Promise<RecordingRequest> {
  return new Promise((done) => {
    const { onUpstreamFailure, onUpstreamReset, onReadEnd } = request;
    request.onUpstreamFailure = (...args) => {
      onUpstreamFailure.apply(request, args);
      done(request);
    };
    request.onUpstreamReset = (...args) => {
      onUpstreamReset.apply(request, args);
      done(request);
    };
    request.onReadEnd = () => {
      onReadEnd.call(request);
      if (request.events.some((event) => event.endsWith("end"))) done(request);
    };
    cluster.pick(null)!.newStream(request, "DEFAULT");
  });
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((done) => setTimeout(done, 5));
}

describe("over real sockets", () => {
  it("a connection serves many requests", async () => {
    const { cluster, origin } = await upstream((socket) => socket.on("data", () => socket.write(OK)));
    for (let i = 0; i < 100; i++) expect((await run(cluster)).body).toBe("hi");
    expect(origin.sockets).toHaveLength(1);
    expect(cluster.hosts[0].stats.rq_success).toBe(100);
  });

  it("10,000 requests leave nothing behind", async () => {
    const yaml = "circuit_breakers: { thresholds: [{ max_connections: 20, max_pending_requests: 100 }] }";
    let served = 0;
    const { cluster, fixture, origin } = await upstream((socket) => {
      socket.on("end", () => socket.end());
      socket.on("data", () => {
        served++;
        // Some answers close, some connections die without one.
        if (served % 97 === 0) socket.end(OK.replace("content", "connection: close\r\ncontent"));
        else if (served % 101 === 0) socket.destroy();
        else socket.write(OK);
      });
    }, yaml);
    let reset = 0;
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        for (let i = 0; i < 200; i++) {
          const request = await run(cluster);
          if (request.body !== "hi") {
            reset++;
            expect(request.events[request.events.length - 1]).toMatch(/^reset connection_termination/);
          }
        }
      }),
    );
    expect(reset).toBeGreaterThan(50);
    expect(reset).toBeLessThan(150);
    const { DEFAULT } = cluster.limits;
    expect([DEFAULT.requests, DEFAULT.pendingRequests, cluster.hosts[0].stats.rq_active]).toEqual([0, 0, 0]);
    expect(DEFAULT.connections).toBeLessThanOrEqual(20);
    cluster.drain();
    await until(() => origin.open === 0);
    expect(DEFAULT.connections).toBe(0);
    expect(fixture.environment.timers.armed).toBe(0);
    expect(cluster.stats.upstream_cx_destroy.value).toBe(cluster.stats.upstream_cx_total.value);
  });

  it("a port where nobody listens is a connection failure", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((done) => server.once("listening", done));
    const { port } = server.address() as AddressInfo;
    await new Promise((done) => server.close(done));
    const { cluster } = real(port, "127.0.0.1");
    await cluster.warm();
    expect((await run(cluster)).events).toEqual(["failure connection_failure delayed connect error: Connection refused"]);
    cluster.dispose();
  });

  it("localhost is resolved without asking anybody", async () => {
    const origin = new RawOrigin((socket) => socket.on("data", () => socket.write(OK)));
    const { cluster } = real(await origin.start(), "localhost", "type: STRICT_DNS\ndns_lookup_family: V4_ONLY");
    stops.push(
      () => cluster.dispose(),
      () => origin.stop(),
    );
    await cluster.warm();
    expect(cluster.hosts[0].hostname).toBe("localhost");
    expect((await run(cluster)).body).toBe("hi");
  });

  it("a stale connection that dies under a request says so before any response", async () => {
    const { cluster } = await upstream((socket, index) => {
      let requests = 0;
      socket.on("data", () => (index === 0 && ++requests === 2 ? socket.resetAndDestroy() : socket.write(OK)));
    });
    expect((await run(cluster)).body).toBe("hi");
    const second = await run(cluster);
    expect(second.events[0]).toBe("ready");
    expect(second.events[1]).toMatch(/^reset connection_termination/);
    expect((await run(cluster)).body).toBe("hi");
  });

  it("an early response is passed on, and the rest of the request is not sent", async () => {
    const { cluster, origin } = await upstream((socket) => {
      socket.once("data", () => socket.write("HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n"));
    });
    const request = new RecordingRequest((stream) => {
      stream.sendHeaders(requestHeaders("POST"), false, "");
      stream.sendBody(Buffer.from("some"), false);
    });
    expect((await run(cluster, request)).headers!.status).toBe(413);
    request.stream!.sendBody(Buffer.from("more"), true);
    await until(() => origin.open === 0 || origin.sockets[0].readableEnded);
    expect(cluster.limits.DEFAULT.connections).toBe(0);
  });

  it("an upgrade is a tunnel in both directions, closed one after the other", async () => {
    let got = "";
    const { cluster, origin } = await upstream((socket) => {
      socket.once("data", () => {
        socket.write("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\nwelcome");
        socket.on("data", (chunk) => {
          got += chunk.toString();
          socket.write(chunk);
        });
        socket.on("end", () => socket.end("last words"));
      });
    });
    const request = new RecordingRequest((stream) => stream.sendHeaders(requestHeaders("GET"), false, "echo"));
    const over = run(cluster, request);
    await until(() => request.body.includes("welcome"));
    request.stream!.sendBody(Buffer.from("ping"), false);
    await until(() => request.body.includes("ping"));
    request.stream!.sendBody(Buffer.from("bye"), true);
    await over;
    expect(request.body).toBe("welcomepingbyelast words");
    expect(got).toBe("pingbye");
    await until(() => origin.open === 0);
    await until(() => cluster.limits.DEFAULT.connections === 0);
    expect(cluster.hosts[0].stats.rq_active).toBe(0);
    expect(request.events.filter((event) => event.startsWith("reset"))).toEqual([]);
  });

  it("an upstream that doesn't read stops the sender: what is buffered has a bound", async () => {
    const { cluster, origin } = await upstream((socket) => socket.pause(), "per_connection_buffer_limit_bytes: 65536");
    let ready = true;
    const request = new RecordingRequest((stream) => stream.sendHeaders(requestHeaders("POST"), false, ""));
    request.onUpstreamHighWatermark = () => (ready = false);
    request.onUpstreamLowWatermark = () => (ready = true);
    cluster.pick(null)!.newStream(request, "DEFAULT");
    await until(() => request.stream !== null);
    const chunk = Buffer.alloc(32 * 1024);
    let sent = 0;
    for (let quiet = 0; quiet < 20; quiet++) {
      while (ready && sent < 512 * 1024 * 1024) {
        request.stream!.sendBody(chunk, false);
        sent += chunk.length;
        quiet = 0;
      }
      await new Promise((done) => setTimeout(done, 5));
    }
    // The kernel's buffers and ours.
    expect(sent).toBeLessThan(32 * 1024 * 1024);
    const connection = (request.stream as unknown as { connection: { buffered: number } }).connection;
    expect(connection.buffered).toBeLessThan(65_536 + 2 * chunk.length);
    origin.sockets[0].resume();
    await until(() => ready);
    request.stream!.reset();
  });

  it("a reader that pauses stops the upstream", async () => {
    let written = 0;
    const { cluster } = await upstream((socket) => {
      socket.once("data", () => {
        socket.write("HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n");
        const more = (): void => {
          while (socket.writable && written < 1 << 30) {
            written += 65_536;
            if (!socket.write(Buffer.alloc(65_536))) return;
          }
        };
        socket.on("drain", more);
        more();
      });
    });
    let read = 0;
    const request = new RecordingRequest();
    request.onResponseBody = (chunk) => {
      read += chunk.length;
      request.stream!.pause();
    };
    cluster.pick(null)!.newStream(request, "DEFAULT");
    await until(() => read > 0);
    await new Promise((done) => setTimeout(done, 100));
    expect(read).toBeLessThan(1024 * 1024);
    expect(written).toBeLessThan(32 * 1024 * 1024);
    const before = read;
    request.stream!.resume();
    await until(() => read > before);
    request.stream!.reset();
  });

  it("an idle connection is closed when its time is over", async () => {
    const { cluster, origin } = await upstream(
      (socket) => socket.on("data", () => socket.write(OK)).on("end", () => socket.end()),
      "common_http_protocol_options: { idle_timeout: 0.05s }",
    );
    await run(cluster);
    await until(() => origin.open === 0);
    expect(cluster.stats.upstream_cx_idle_timeout.value).toBe(1);
  });
});
