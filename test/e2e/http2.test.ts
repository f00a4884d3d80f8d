import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mesh, typed } from "../lib/bootstrap.ts";
import type { Json } from "../lib/bootstrap.ts";
import { describeRuntimes } from "../lib/describe.ts";
import type { Gateway } from "../lib/gateway.ts";
import { constants, Http2Client, Http2Origin, read } from "../lib/http2.ts";
import type { Http2Exchange } from "../lib/http2.ts";
import { startOrigin } from "../lib/origin.ts";
import type { Origin } from "../lib/origin.ts";
import { until } from "../lib/process.ts";
import { rawConnect, request } from "../lib/raw.ts";
import { Blocks, frame, preface, uint32 } from "../../core/http2/testing/raw-frames.ts";

const OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

/** A cluster's protocol. */
function speaks(config: Json): Json {
  return { typed_extension_protocol_options: { [OPTIONS]: typed(OPTIONS, config) } };
}
const HTTP2 = speaks({ explicit_http_config: { http2_protocol_options: { allow_connect: true } } });
const HTTP1 = speaks({ explicit_http_config: { http_protocol_options: { enable_trailers: true } } });
const SAME = speaks({
  use_downstream_protocol_config: { http_protocol_options: {}, http2_protocol_options: {} },
});

const BIG = Buffer.alloc(3_000_000, "0123456789");

/** What both origins do, each in its protocol. */
async function answer2(exchange: Http2Exchange, seen: { resets: number[] }): Promise<void> {
  const path = String(exchange.headers[":path"]);
  const { stream } = exchange;
  switch (path.replace(/^\/(1|2|same1|same2)/, "")) {
    case "/big":
      return exchange.respond({ "content-length": String(BIG.length) }, BIG);
    case "/hints":
      stream.additionalHeaders({ ":status": 103, link: "</a.css>; rel=preload" });
      return exchange.respond({}, "after hints");
    case "/reset":
      stream.close(constants.NGHTTP2_INTERNAL_ERROR);
      return;
    case "/half":
      stream.respond({ ":status": 200 });
      stream.write("half of");
      await sleep(50);
      stream.destroy(new Error("no more"));
      return;
    case "/refused":
      if (exchange.headers["x-envoy-attempt-count"] === "1") stream.close(constants.NGHTTP2_REFUSED_STREAM);
      else exchange.respond({}, "taken");
      return;
    case "/never":
      stream.on("close", () => seen.resets.push(stream.rstCode));
      return;
    case "/nothing":
      return exchange.respond({ ":status": 204 });
    case "/early":
      return exchange.respond({ ":status": 413 }, "too much");
    case "/protocol":
      return exchange.respond({}, "HTTP/2");
    case "/bye":
      exchange.respond({}, "before I go");
      exchange.session.close();
      return;
    case "/slow":
      await sleep(300);
      return exchange.respond({}, "slow");
    default: {
      const { bytes, trailers } = await exchange.body();
      const fields: Record<string, string> = {
        "x-method": String(exchange.headers[":method"]),
        "x-scheme": String(exchange.headers[":scheme"]),
        "x-te": String(exchange.headers.te ?? ""),
        "x-cookie": String(exchange.headers.cookie ?? ""),
        "x-sum": createHash("sha1").update(bytes).digest("hex"),
      };
      exchange.respond(fields, bytes, { "x-trailer": String(trailers["x-trailer"] ?? "none") });
    }
  }
}

describeRuntimes("HTTP/2", (runtime) => {
  let origin1: Origin;
  let origin2: Http2Origin;
  let gateway: Gateway;
  let client: Http2Client;
  const seen = { resets: [] as number[] };

  beforeAll(async () => {
    origin2 = await Http2Origin.start((exchange) => answer2(exchange, seen), {
      // Many large answers at once are more than Node keeps by default.
      maxSessionMemory: 200,
      settings: { enableConnectProtocol: true, maxConcurrentStreams: 20 },
    });
    origin1 = await startOrigin(async (exchange) => {
      switch (exchange.target.replace(/^\/(1|2|same1|same2)/, "")) {
        case "/big":
          return exchange.respond({ body: BIG.toString() });
        case "/hints":
          await exchange.send("HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n");
          return exchange.respond({ body: "after hints" });
        case "/reset":
          return exchange.die();
        case "/half":
          await exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of");
          await sleep(50);
          return exchange.die();
        case "/nothing":
          return exchange.respond({ status: 204 });
        case "/early":
          return exchange.respond({ status: 413, body: "too much" });
        case "/protocol":
          return exchange.respond({ body: exchange.head.startLine.split(" ")[2] });
        default: {
          const { bytes, trailers } = await exchange.body();
          return exchange.respond({
            headers: [
              ["x-method", exchange.method],
              ["x-te", exchange.header("te") ?? ""],
              ["x-cookie", exchange.header("cookie") ?? ""],
              ["x-sum", createHash("sha1").update(bytes).digest("hex")],
            ],
            body: bytes.toString("latin1"),
            chunk: 1000,
            trailers: [["x-trailer", trailers.find(([name]) => name.toLowerCase() === "x-trailer")?.[1] ?? "none"]],
          });
        }
      }
    });
    gateway = await runtime.start(
      mesh()
        .service("h1", origin1.port, HTTP1)
        .service("h2", origin2.port, HTTP2)
        .service("same1", origin1.port, SAME)
        .service("same2", origin2.port, SAME)
        .service("gone", 1, HTTP2)
        .hcm({
          codec_type: "AUTO",
          http_protocol_options: { enable_trailers: true },
          http2_protocol_options: { allow_connect: true },
          upgrade_configs: [{ upgrade_type: "websocket" }],
        })
        .route("/1", "h1", { timeout: "0s" })
        .route("/2", "h2", {
          timeout: "0s",
          retry_policy: { retry_on: "refused-stream", num_retries: 2 },
        })
        .route("/same1", "same1")
        .route("/same2", "same2")
        .route("/gone", "gone"),
    );
    client = new Http2Client(gateway.port);
  });
  afterAll(async () => {
    await client?.close();
    await runtime.stopAll();
    await origin1?.close();
    await origin2?.close();
  });

  describe.each(["1", "2"])("to an upstream of HTTP/%s", (version) => {
    it("carries method, scheme, cookies, te, body and trailers, both ways", async () => {
      const body = Buffer.alloc(200_000, "abc");
      const result = await client.ask(
        { ":path": `/${version}/echo`, ":method": "POST", te: "trailers", cookie: ["a=1", "b=2"] as unknown as string },
        body,
        { "x-trailer": "there" },
      );
      expect(result.status).toBe(200);
      expect(result.headers["x-method"]).toBe("POST");
      expect(result.headers["x-te"]).toBe("trailers");
      expect(result.headers["x-cookie"]).toBe("a=1; b=2");
      expect(result.headers["x-sum"]).toBe(createHash("sha1").update(body).digest("hex"));
      expect(result.body.equals(body)).toBe(true);
      expect(result.trailers["x-trailer"]).toBe("there");
      expect(result.code).toBe(0);
    });

    it("carries large answers whole, many at once", async () => {
      const results = await Promise.all(Array.from({ length: 8 }, () => client.ask({ ":path": `/${version}/big` })));
      expect(results.map(({ status, body, code }) => [status, body.length, code])).toEqual(
        results.map(() => [200, BIG.length, 0]),
      );
      for (const { body } of results) expect(body.equals(BIG)).toBe(true);
    });

    it("carries interim answers", async () => {
      const result = await client.ask({ ":path": `/${version}/hints` });
      expect(result.informational).toEqual([103]);
      expect(result.body.toString()).toBe("after hints");
    });

    it("answers HEAD and 204 without a body", async () => {
      const head = await client.ask({ ":path": `/${version}/big`, ":method": "HEAD" });
      expect([head.status, head.body.length, head.code]).toEqual([200, 0, 0]);
      const nothing = await client.ask({ ":path": `/${version}/nothing` });
      expect([nothing.status, nothing.body.length, nothing.headers["content-length"]]).toEqual([204, 0, undefined]);
    });

    it("answers 503 for an upstream that is lost before its answer", async () => {
      const result = await client.ask({ ":path": `/${version}/reset` });
      expect(result.status).toBe(503);
      expect(result.body.toString()).toContain("upstream connect error or disconnect/reset before headers");
    });

    it("breaks an answer off that its upstream broke off", async () => {
      const result = await client.ask({ ":path": `/${version}/half` });
      expect([result.status, result.body.toString()]).toEqual([200, "half of"]);
      expect(result.code).not.toBe(0);
    });

    it("serves HTTP/1.1 beside HTTP/2", async () => {
      const one = await rawConnect(gateway.port);
      await one.send(request(`/${version}/echo`, { method: "POST", body: "hello" }));
      const response = await one.response();
      expect(response?.text()).toBe("hello");
      one.socket.destroy();
    });

    it("passes an answer on that came before the request was whole", async () => {
      const stream = client.open({ ":path": `/${version}/early`, ":method": "POST" }, false);
      const result = read(stream);
      stream.write("some of it");
      expect((await result).status).toBe(413);
    });
  });

  it("speaks the downstream's protocol to an upstream that is said to follow it", async () => {
    expect((await client.ask({ ":path": "/same2/protocol" })).body.toString()).toBe("HTTP/2");
    const one = await rawConnect(gateway.port);
    await one.send(request("/same1/protocol"));
    expect((await one.response())?.text()).toBe("HTTP/1.1");
    one.socket.destroy();
  });

  it("asks again for a stream that was refused", async () => {
    expect((await client.ask({ ":path": "/2/refused" })).body.toString()).toBe("taken");
  });

  it("tells the upstream of a client that gave up, and goes on with the others", async () => {
    const stream = client.open({ ":path": "/2/never" });
    await sleep(100);
    stream.close(constants.NGHTTP2_CANCEL);
    await until(() => seen.resets.length > 0, "the upstream's reset");
    expect(seen.resets[0]).toBe(constants.NGHTTP2_CANCEL);
    expect((await client.ask({ ":path": "/2/protocol" })).status).toBe(200);
    await gateway.untilStat("http.main.downstream_rq_active", (value) => value === 0);
  });

  it("opens a second connection when the first has as many streams as the upstream takes", async () => {
    const before = await gateway.stat("cluster.h2.upstream_cx_total");
    const results = await Promise.all(Array.from({ length: 60 }, () => client.ask({ ":path": "/2/slow" })));
    expect(results.every(({ status }) => status === 200)).toBe(true);
    expect((await gateway.stat("cluster.h2.upstream_cx_total")) - before).toBeGreaterThanOrEqual(2);
  });

  it("leaves a connection whose upstream says GOAWAY, and loses nothing", async () => {
    for (let i = 0; i < 5; i++) expect((await client.ask({ ":path": "/2/bye" })).body.toString()).toBe("before I go");
    expect((await client.ask({ ":path": "/2/protocol" })).status).toBe(200);
    expect(await gateway.stat("cluster.h2.upstream_cx_close_notify")).toBeGreaterThan(0);
  });

  it("answers 503 where nobody listens, in gRPC's form to gRPC", async () => {
    expect((await client.ask({ ":path": "/gone" })).status).toBe(503);
    const grpc = await client.ask(
      { ":path": "/gone", ":method": "POST", "content-type": "application/grpc", te: "trailers" },
      "x",
    );
    expect([grpc.status, grpc.headers["grpc-status"]]).toEqual([200, "14"]);
  });

  it("answers what its limits do not take with 431, and goes on", async () => {
    const result = await client.ask({
      ":path": "/1/echo",
      ...Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`x-${i}`, "y"])),
    });
    expect(result.status).toBe(431);
    expect((await client.ask({ ":path": "/1/protocol" })).status).toBe(200);
  });

  it("ends a connection that resets its streams at once, and no other (rapid reset)", async () => {
    const raw = await rawConnect(gateway.port);
    const blocks = new Blocks();
    await raw.send(preface());
    const closed = raw.queue.whenEnded();
    for (let i = 0; i < 40 && !raw.queue.ended; i++) {
      const part: Buffer[] = [];
      for (let k = 0; k < 20; k++) {
        const id = 2 * (i * 20 + k) + 1;
        part.push(
          frame(1, 5, id, blocks.of(":method", "GET", ":scheme", "http", ":authority", "a", ":path", "/2/never")),
          frame(3, 0, id, uint32(8)),
        );
      }
      await raw.send(Buffer.concat(part)).catch(() => undefined);
      await sleep(1);
    }
    await closed;
    expect((await client.ask({ ":path": "/2/protocol" })).status).toBe(200);
    expect(await gateway.stat("http.main.http2.premature_reset_flood")).toBe(1);
    await gateway.untilStat("http.main.downstream_rq_active", (value) => value === 0);
    await gateway.untilStat("cluster.h2.upstream_rq_active", (value) => value === 0);
  });

  it("finishes what runs when it is asked to end, and says GOAWAY", async () => {
    const other = await runtime.start(
      mesh().service("h2", origin2.port, HTTP2).hcm({ codec_type: "AUTO", drain_timeout: "0.1s" }).route("/2", "h2"),
    );
    const busy = new Http2Client(other.port);
    const slow = busy.ask({ ":path": "/2/slow" });
    await other.untilStat("http.main.downstream_rq_active", (value) => value === 1);
    const stopped = other.stop();
    expect((await slow).body.toString()).toBe("slow");
    await stopped;
    expect(busy.goaways).toContain(0);
    await busy.close();
  });
});
