import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mesh, typed } from "../lib/bootstrap.ts";
import { describeRuntimes } from "../lib/describe.ts";
import type { Gateway } from "../lib/gateway.ts";
import type { Fields } from "../lib/message.ts";
import { startOrigin } from "../lib/origin.ts";
import type { Origin, Script } from "../lib/origin.ts";
import { fetchRaw, rawConnect, request } from "../lib/raw.ts";
import type { RawClient } from "../lib/raw.ts";
import { until } from "../lib/process.ts";

const answer = (script: Script): Fields => [["x-answer", JSON.stringify(script)]];

/** A timer may be this late: the wheel's tick, and a busy machine. */
const LATE = 1_500;

describeRuntimes("timeouts", (runtime) => {
  let origin: Origin;
  let streaming: Origin;
  let gateway: Gateway;
  let deaf: { port: number; stop: () => void };

  beforeAll(async () => {
    origin = await startOrigin();
    // Sends a head and then a byte each 100 ms, without end.
    streaming = await startOrigin(async (exchange) => {
      await exchange.body();
      await exchange.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      for (; exchange.target !== "/stall" && exchange.socket.writable; await sleep(100)) await exchange.send("1\r\nx\r\n");
    });
    deaf = await listenWithoutAccepting();
    const upstreamIdle = {
      common_http_protocol_options: { idle_timeout: "0.3s" },
      explicit_http_config: { http_protocol_options: {} },
    };
    const options = typed("envoy.extensions.upstreams.http.v3.HttpProtocolOptions", upstreamIdle);
    gateway = await runtime.start(
      mesh()
        .service("web", origin.port)
        .service("streaming", streaming.port)
        .service("deaf", deaf.port, { connect_timeout: "0.3s" })
        .service("idle", origin.port, {
          typed_extension_protocol_options: { "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": options },
        })
        .route("/deaf", "deaf")
        .route("/quick", "web", { timeout: "0.3s" })
        .route("/patient", "web", { timeout: "0s" })
        .route("/brief-stream", "streaming", { timeout: "0.5s" })
        .route("/idle-stream", "streaming", { idle_timeout: "0.4s", timeout: "0s" })
        .route("/stall", "streaming", { idle_timeout: "0.4s", timeout: "0s" })
        .route("/idle-route", "web", { idle_timeout: "0.3s", timeout: "0s" })
        .route("/bounded", "streaming", { timeout: "0s", max_stream_duration: { max_stream_duration: "0.5s" } })
        .route("/upstream-idle", "idle")
        .route("/", "web")
        .listener("heads")
        .hcm({ request_headers_timeout: "0.3s" })
        .route("/", "web")
        .listener("requests")
        .hcm({ request_timeout: "0.4s" })
        .route("/", "web")
        .listener("internal")
        .hcm({ internal_address_config: { cidr_ranges: [{ address_prefix: "10.0.0.0", prefix_len: 8 }] } })
        .route("/", "web", { timeout: "0s" })
        .listener("streams")
        .hcm({ stream_idle_timeout: "0.4s" })
        .route("/", "web", { timeout: "0s" })
        .listener("idle")
        .hcm({ common_http_protocol_options: { idle_timeout: "0.4s" }, drain_timeout: "0.1s" })
        .route("/", "web")
        .listener("lifetime")
        .hcm({ common_http_protocol_options: { max_connection_duration: "0.5s" }, drain_timeout: "0.2s" })
        .route("/", "web")
        .listener("stream-lifetime")
        .hcm({ common_http_protocol_options: { max_stream_duration: "0.5s" } })
        .route("/stream", "streaming", { timeout: "0s" })
        .route("/", "web", { timeout: "0s" })
        .listener("delayed")
        .hcm({ delayed_close_timeout: "0.4s" })
        .route("/", "web"),
    );
  });
  afterAll(async () => {
    await runtime.stopAll();
    await origin.close();
    await streaming.close();
    deaf.stop();
  });

  /** Runs and tells how long it took, in milliseconds. */
  const timed = async <T>(work: Promise<T>): Promise<[T, number]> => {
    const start = performance.now();
    return [await work, performance.now() - start];
  };
  const between = (took: number, atLeast: number): void => {
    expect(took).toBeGreaterThanOrEqual(atLeast - 60);
    expect(took).toBeLessThan(atLeast + LATE);
  };
  const on = (listener: string): Promise<RawClient> => rawConnect(gateway.ports[listener]);

  describe("of the route", () => {
    it("answers 504 when the upstream is slow", async () => {
      const [response, took] = await timed(fetchRaw(gateway.port, "/quick", { headers: answer({ delay: 3_000 }) }));
      expect(response.status).toBe(504);
      expect(response.text()).toBe("upstream request timeout");
      between(took, 300);
      await gateway.untilStat("cluster.web.upstream_rq_timeout", (value) => value > 0);
    });

    it("does nothing when the upstream is quick enough", async () => {
      expect((await fetchRaw(gateway.port, "/quick", { headers: answer({ delay: 100, body: "x" }) })).status).toBe(200);
    });

    it("breaks a response that has begun", async () => {
      const [response, took] = await timed(fetchRaw(gateway.port, "/brief-stream"));
      expect(response).toMatchObject({ status: 200, complete: false });
      between(took, 500);
    });

    it("can be changed by x-envoy-upstream-rq-timeout-ms of an internal client", async () => {
      const headers: Fields = [...answer({ delay: 1_000, body: "x" }), ["x-envoy-upstream-rq-timeout-ms", "200"]];
      const internal: Fields = [...headers, ["x-forwarded-for", "10.1.2.3"]];
      const [response, took] = await timed(fetchRaw(gateway.ports["internal"], "/", { headers: internal }));
      expect(response.status).toBe(504);
      between(took, 200);
      expect((await fetchRaw(gateway.ports["internal"], "/", { headers })).status).toBe(200);
    });

    it("idle_timeout answers 504 while nothing comes", async () => {
      const [response, took] = await timed(fetchRaw(gateway.port, "/idle-route", { headers: answer({ delay: 3_000 }) }));
      expect(response.status).toBe(504);
      expect(response.text()).toBe("stream timeout");
      between(took, 300);
    });

    it("idle_timeout leaves a stream alone that moves", async () => {
      const client = await rawConnect(gateway.port);
      await client.send(request("/idle-stream"));
      expect(await client.closedWithin(1_000)).toBe(false);
      client.destroy();
    });

    it("idle_timeout breaks a stream that stalls", async () => {
      const [response, took] = await timed(fetchRaw(gateway.port, "/stall"));
      expect(response).toMatchObject({ status: 200, complete: false });
      between(took, 400);
    });

    it("max_stream_duration ends a stream that moves", async () => {
      const [response, took] = await timed(fetchRaw(gateway.port, "/bounded"));
      expect(response).toMatchObject({ status: 200, complete: false });
      between(took, 500);
    });
  });

  describe("of the connection manager", () => {
    it("request_headers_timeout: 408 for a head that does not end", async () => {
      const client = await on("heads");
      await client.send("GET / HTTP/1.1\r\nHost: a\r\n");
      const [response, took] = await timed(client.response());
      expect(response?.status).toBe(408);
      between(took, 300);
      expect(await client.closedWithin(3_000)).toBe(true);
      client.destroy();
    });

    it("request_headers_timeout holds while bytes trickle, and for the second request too", async () => {
      const client = await on("heads");
      expect((await client.ask(request("/"))).status).toBe(200);
      await sleep(400);
      const trickle = setInterval(() => client.socket.writable && client.socket.write("x"), 50);
      await client.send("GET / HTTP/1.1\r\nHost: a");
      const [response, took] = await timed(client.response());
      clearInterval(trickle);
      expect(response?.status).toBe(408);
      between(took, 300);
      client.destroy();
    });

    it("the access log counts from the first byte of a head, whole or not, and from that of the next request", async () => {
      const folder = mkdtempSync(join(tmpdir(), "isthmus-timeouts-"));
      const path = join(folder, "access.log");
      const log_format = { text_format_source: { inline_string: "%RESPONSE_CODE% %DURATION% %STREAM_ID%\n" } };
      const access_log = [
        { name: "f", typed_config: typed("envoy.extensions.access_loggers.file.v3.FileAccessLog", { path, log_format }) },
      ];
      const logging = await runtime.start(
        mesh().service("web", origin.port).hcm({ access_log, request_headers_timeout: "0.6s" }).route("/", "web"),
      );
      const client = await rawConnect(logging.port);
      await client.send("GET / HTTP/1.1\r\n");
      await sleep(400);
      await client.send("Host: a\r\n\r\n");
      expect((await client.response())?.status).toBe(200);
      await sleep(300);
      expect((await client.ask(request("/"))).status).toBe(200);
      await client.send("GET / HTTP/1.1\r\n");
      expect((await client.response())?.status).toBe(408);
      client.destroy();
      await logging.stop();
      const [slow, quick, late] = readFileSync(path, "utf8")
        .split("\n")
        .map((line) => line.split(" "));
      expect(Number(slow[1])).toBeGreaterThanOrEqual(395);
      expect(Number(quick[1])).toBeLessThan(300);
      // No request id was made for what is not a request yet: as in Envoy.
      expect([late[0], late[2]]).toEqual(["408", "-"]);
      expect(Number(late[1])).toBeGreaterThanOrEqual(595);
      rmSync(folder, { recursive: true });
    });

    it("request_timeout: 408 for a body that does not end", async () => {
      const client = await on("requests");
      await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello");
      const [response, took] = await timed(client.response());
      expect(response?.status).toBe(408);
      expect(response?.text()).toBe("request timeout");
      between(took, 400);
      expect(await client.closedWithin(3_000)).toBe(true);
      client.destroy();
    });

    it("request_timeout ends with the request: a slow upstream is no matter of it", async () => {
      expect((await fetchRaw(gateway.ports["requests"], "/", { headers: answer({ delay: 800, body: "x" }) })).status).toBe(200);
    });

    it("stream_idle_timeout: 408 while the request is unfinished", async () => {
      const client = await on("streams");
      await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello");
      const [response, took] = await timed(client.response());
      expect(response?.status).toBe(408);
      expect(response?.text()).toBe("stream timeout");
      between(took, 400);
      client.destroy();
    });

    it("stream_idle_timeout: 504 while the upstream is silent", async () => {
      const [response, took] = await timed(fetchRaw(gateway.ports["streams"], "/", { headers: answer({ delay: 3_000 }) }));
      expect(response.status).toBe(504);
      between(took, 400);
      expect(await gateway.stat("http.streams.downstream_rq_idle_timeout")).toBeGreaterThan(0);
    });

    it("idle_timeout closes a connection without requests, and no other", async () => {
      const client = await on("idle");
      expect((await client.ask(request("/", { headers: answer({ delay: 700, body: "x" }) }))).status).toBe(200);
      const [, took] = await timed(client.closedWithin(5_000));
      between(took, 400);
      expect(client.queue.error).toBeNull();
      client.destroy();
      const silent = await on("idle");
      const [, unused] = await timed(silent.closedWithin(5_000));
      between(unused, 400);
      silent.destroy();
      expect(await gateway.stat("http.idle.downstream_cx_idle_timeout")).toBeGreaterThan(1);
    });

    it("max_connection_duration closes a connection that is in use, after its request", async () => {
      const client = await on("lifetime");
      const start = performance.now();
      let closed = false;
      while (!closed && performance.now() - start < 5_000) {
        await client.send(request("/", { headers: answer({ delay: 50, body: "x" }) }));
        const response = await client.response();
        closed = response === null || response.header("connection") === "close";
        if (response !== null) expect(response).toMatchObject({ status: 200, complete: true });
      }
      between(performance.now() - start, 500);
      expect(await client.closedWithin(3_000)).toBe(true);
      client.destroy();
    });

    it("max_stream_duration: 408 before the answer has begun, a broken message after", async () => {
      const [response, took] = await timed(
        fetchRaw(gateway.ports["stream-lifetime"], "/", { headers: answer({ delay: 3_000 }) }),
      );
      expect([408, 504]).toContain(response.status);
      between(took, 500);
      const [broken] = await timed(fetchRaw(gateway.ports["stream-lifetime"], "/stream"));
      expect(broken).toMatchObject({ status: 200, complete: false });
    });

    it("delayed_close_timeout bounds how long a refused client may keep the connection", async () => {
      const client = await on("delayed");
      // The answer comes before the body is there, so that the connection cannot be used again.
      await client.send("BAD HEAD\r\n\r\n");
      expect((await client.response())?.status).toBe(400);
      await until(
        async () => (await gateway.stat("http.delayed.downstream_cx_active")) === 0,
        "the connection is gone",
        400 + LATE,
      );
      client.destroy();
    });
  });

  describe("of the cluster", () => {
    it("connect_timeout: 503", async () => {
      const [response, took] = await timed(fetchRaw(gateway.port, "/deaf"));
      expect(response.status).toBe(503);
      expect(response.text()).toMatch(/upstream connect error .*reset reason: connection timeout/);
      between(took, 300);
      expect(await gateway.stat("cluster.deaf.upstream_cx_connect_timeout")).toBeGreaterThan(0);
    });

    it("a port nobody listens on: 503 at once", async () => {
      const gone = await startOrigin();
      await gone.close();
      const other = await runtime.start(mesh().service("gone", gone.port).route("/", "gone"));
      const [response, took] = await timed(fetchRaw(other.port, "/"));
      expect(response.status).toBe(503);
      expect(took).toBeLessThan(LATE);
      expect(await other.stat("cluster.gone.upstream_cx_connect_fail")).toBeGreaterThan(0);
      await other.stop();
    });

    it("idle_timeout closes pooled connections", async () => {
      const before = new Set(origin.sockets);
      expect((await fetchRaw(gateway.port, "/upstream-idle")).status).toBe(200);
      const mine = [...origin.sockets].filter((socket) => !before.has(socket));
      expect(mine.length).toBe(1);
      const [, took] = await timed(until(() => !origin.sockets.has(mine[0]), "the pooled connection is closed", 5_000));
      between(took, 250);
    });
  });
});

/** A port that completes no more handshakes: a stopped process with a full backlog. */
async function listenWithoutAccepting(): Promise<{ port: number; stop: () => void }> {
  const script =
    'const s = require("net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => console.log(s.address().port))';
  const child: ChildProcess = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  const port = await new Promise<number>((resolve) =>
    child.stdout?.once("data", (data: Buffer) => resolve(Number(String(data)))),
  );
  child.kill("SIGSTOP");
  const fillers: Socket[] = [];
  for (let i = 0; i < 4; i++) fillers.push(connect({ port, host: "127.0.0.1" }).on("error", () => undefined));
  await sleep(100);
  return {
    port,
    stop: () => {
      for (const socket of fillers) socket.destroy();
      child.kill("SIGKILL");
    },
  };
}
