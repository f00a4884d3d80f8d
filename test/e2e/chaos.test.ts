import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { mesh } from "../lib/bootstrap.ts";
import { describeRuntimes } from "../lib/describe.ts";
import type { Gateway } from "../lib/gateway.ts";
import { startOrigin } from "../lib/origin.ts";
import type { Origin, OriginExchange } from "../lib/origin.ts";
import { freePorts } from "../lib/ports.ts";
import { until } from "../lib/process.ts";
import { chunks, fetchRaw, rawConnect, request } from "../lib/raw.ts";

const CLIENTS = 400;
const AT_ONCE = 40;

/** A small generator of numbers in [0, 1) that always gives the same row for a seed. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const ANSWERS = ["plain", "plain", "big", "chunked", "trailers", "interim", "early", "503", "flaky", "slow", "never"];
const BREAKS = [
  "reset",
  "end",
  "half",
  "short",
  "long",
  "garbage",
  "until-close",
  "head-body",
  "no-content",
  "unasked",
  "trickle",
];
const UPGRADES = ["101", "refuse-upgrade", "101-reset", "101-end"];
const FILTERS = [
  [
    "wait",
    "wait-long",
    "reject",
    "throw",
    "reply",
    "reply-late",
    "reply-and-reject",
    "reply-split",
    "reply-204",
    "reset",
    "recreate",
  ],
  [
    "body-wait",
    "body-reject",
    "body-reply",
    "response-wait",
    "response-reject",
    "response-throw",
    "response-reply",
    "response-reset",
  ],
  [
    "response-body-wait",
    "response-body-reject",
    "longer",
    "shorter",
    "framing",
    "close",
    "trailers",
    "add-body",
    "complete-reject",
  ],
].flat();
const CLIENT_ACTIONS = ["read", "read", "read", "reset", "end", "destroy", "slow", "never-read", "half-request", "trickle"];

/** An upstream that does as the target says, mostly badly. */
function badOrigin(): (exchange: OriginExchange) => Promise<void> {
  const seen = new Map<string, number>();
  return async (exchange) => {
    const what = exchange.target.split("/")[2]?.split("?")[0] ?? "";
    const nth = (seen.get(exchange.target) ?? 0) + 1;
    seen.set(exchange.target, nth);
    const whole = what === "early" || UPGRADES.includes(what) ? null : await Promise.race([exchange.body(), sleep(2_000)]);
    void whole;
    switch (what) {
      case "big":
        return exchange.respond({ body: "x".repeat(300_000) });
      case "chunked":
        return exchange.respond({ body: "y".repeat(70_000), chunk: 1_000 });
      case "trailers":
        return exchange.respond({ body: "y".repeat(100), chunk: 10, trailers: [["x-trailer", "1"]] });
      case "interim":
        await exchange.send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n");
        return exchange.respond({ body: "after" });
      case "503":
        return exchange.respond({ status: 503, body: "no" });
      case "flaky":
        return nth % 2 === 1 ? exchange.die() : exchange.respond({ body: "second" });
      case "slow":
        await sleep(250);
        return exchange.respond({ body: "slow" });
      case "never":
        await sleep(1_500);
        return exchange.die();
      case "reset":
        return exchange.die();
      case "end":
        exchange.socket.end();
        return;
      case "half":
        await exchange.send("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf");
        return exchange.die();
      case "short":
        await exchange.send("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort");
        exchange.socket.end();
        return;
      case "long":
        return exchange.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nlonger");
      case "garbage":
        return exchange.send("\0\0\0 no http at all\r\n\r\n");
      case "until-close":
        return exchange.respond({ body: "z".repeat(5_000), untilClose: true });
      case "head-body":
        return exchange.send("HTTP/1.1 204 No Content\r\n\r\nbody");
      case "no-content":
        return exchange.respond({ status: 204 });
      case "unasked":
        await exchange.respond({ body: "asked" });
        return exchange.send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
      case "trickle":
        await exchange.send("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n");
        for (let i = 0; i < 10; i++) {
          await exchange.send("t");
          await sleep(10);
        }
        return;
      case "101":
      case "101-reset":
      case "101-end": {
        await exchange.send("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: custom\r\n\r\nhello");
        if (what === "101-reset") return exchange.die();
        if (what === "101-end") exchange.socket.end();
        for (let part = await exchange.queue.read(65_536); part !== null; part = await exchange.queue.read(65_536))
          await exchange.send(part);
        exchange.socket.end();
        return;
      }
      case "refuse-upgrade":
        return exchange.respond({ body: "not today", chunk: 3 });
      default:
        return exchange.respond({ body: "plain" });
    }
  };
}

describeRuntimes("chaos", (runtime) => {
  if (runtime.isEnvoy) {
    it.skip("is for our own data path");
    return;
  }
  let origin: Origin;
  let shadow: Origin;
  let gateway: Gateway;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "isthmus-chaos-"));
    origin = await startOrigin(badOrigin());
    shadow = await startOrigin(badOrigin());
    const [refused] = await freePorts(1);
    const small = { per_connection_buffer_limit_bytes: 16_384 };
    const retries = {
      timeout: "1s",
      retry_policy: {
        retry_on: "5xx,reset,connect-failure",
        num_retries: 3,
        per_try_timeout: "0.15s",
        retry_back_off: { base_interval: "0.02s" },
      },
    };
    const plugin = {
      "@type": "type.googleapis.com/xds.type.v3.TypedStruct",
      type_url: `file://${fileURLToPath(new URL("chaos-filter.ts", import.meta.url))}`,
      value: {},
    };
    gateway = await runtime.start(
      mesh()
        .service("web", origin.port, small)
        .service("retry", [origin.port, refused], { ...small, circuit_breakers: { thresholds: [{ max_retries: 4 }] } })
        .service("tight", origin.port, {
          ...small,
          circuit_breakers: { thresholds: [{ max_connections: 2, max_pending_requests: 3, max_requests: 3 }] },
        })
        .service("shadow", shadow.port, small)
        .service("refused", refused)
        .listenerFields({ per_connection_buffer_limit_bytes: 16_384 })
        .hcm({
          upgrade_configs: [{ upgrade_type: "custom" }],
          delayed_close_timeout: "0.2s",
          stream_idle_timeout: "1.5s",
          request_timeout: "2s",
          request_headers_timeout: "1s",
          common_http_protocol_options: { idle_timeout: "3s" },
        })
        .filter("test.chaos", plugin)
        .accessLog(
          join(folder, "log.txt"),
          "%RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %REQ(:PATH)% %REQ(X-FILTER)%\n",
        )
        .route("/web", "web", { timeout: "1s" })
        .route("/retry", "retry", retries)
        .route("/tight", "tight", { timeout: "1s" })
        .route("/mirror", "web", { timeout: "1s", request_mirror_policies: [{ cluster: "shadow" }, { cluster: "refused" }] })
        .route("/refused", "refused", retries),
      runtime.subject === "node" ? { env: { NODE_OPTIONS: "--unhandled-rejections=strict" } } : {},
    );
  });
  afterAll(async () => {
    await runtime.stopAll();
    await origin.close();
    await shadow.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The bytes of one client: a request or several, some of them not right. */
  function requestOf(random: () => number, n: number): string {
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)];
    const route = pick(["web", "web", "retry", "retry", "tight", "mirror", "refused", "nowhere"]);
    const upgrade = random() < 0.12;
    const what = upgrade ? pick(UPGRADES) : pick(random() < 0.5 ? ANSWERS : BREAKS);
    const target = `/${route}/${what}?${n}`;
    const headers: [string, string][] = random() < 0.4 ? [["x-filter", pick(FILTERS)]] : [];
    if (random() < 0.1) headers.push(["connection", "close"]);
    if (random() < 0.1) headers.push(["expect", "100-continue"]);
    if (upgrade) {
      headers.push(["connection", "upgrade"], ["upgrade", "custom"]);
      return request(target, { headers }) + "t".repeat(Math.floor(random() * 150_000));
    }
    if (random() < 0.06)
      return `POST ${target} HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n`;
    if (random() < 0.06)
      return `POST ${target} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n`;
    const method = pick(["GET", "GET", "HEAD", "POST", "POST", "POST"]);
    if (method !== "POST") return request(target, { method, headers });
    const body = "b".repeat(Math.floor(random() * pick([10, 5_000, 300_000])));
    return random() < 0.5
      ? request(target, { method, headers, body })
      : request(target, { method, headers }).slice(0, -2) + `Transfer-Encoding: chunked\r\n\r\n${chunks(body, 20_000)}`;
  }

  async function client(random: () => number, n: number): Promise<void> {
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)];
    const action = pick(CLIENT_ACTIONS);
    let bytes = requestOf(random, n);
    for (let more = random() < 0.3 ? Math.floor(random() * 5) : 0; more > 0; more--) bytes += requestOf(random, n);
    const socket = connect({ port: gateway.port, host: "127.0.0.1", allowHalfOpen: true });
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    socket.on("error", () => {});
    socket.on("end", () => socket.end());
    if (action === "never-read") socket.pause();
    else if (action !== "slow") socket.resume();
    if (action === "half-request") socket.write(bytes.slice(0, Math.floor(bytes.length * random())));
    else if (action === "trickle") {
      for (let at = 0; at < bytes.length && !socket.destroyed; at += 1 + Math.floor(bytes.length / 20)) {
        socket.write(bytes.slice(at, at + 1 + Math.floor(bytes.length / 20)));
        await sleep(random() * 10);
      }
    } else socket.write(bytes);
    if (action === "slow") {
      socket.on("data", () => {
        socket.pause();
        setTimeout(() => socket.resume(), 5);
      });
    }
    const patience = action === "read" || action === "slow" ? 400 + random() * 800 : random() * 400;
    await Promise.race([closed, sleep(patience)]);
    if (action === "reset" || action === "never-read") socket.resetAndDestroy();
    else if (action === "end" || action === "half-request") socket.end();
    else socket.destroy();
    if (action === "end" || action === "half-request") {
      socket.resume();
      await Promise.race([closed, sleep(2_500)]);
      socket.destroy();
    }
  }

  it(
    `leaves nothing behind after ${CLIENTS} clients and upstreams that do what they should not`,
    { timeout: 60_000 },
    async () => {
      const random = seeded(Number(process.env["CHAOS_SEED"] ?? 20_261_124));
      let next = 0;
      const worker = async (): Promise<void> => {
        while (next < CLIENTS) await client(random, next++);
      };
      await Promise.all(Array.from({ length: AT_ONCE }, worker));
      expect((await fetchRaw(gateway.port, "/web/plain")).text()).toBe("plain");

      const zero = /(_active|\.pending_active|rq_open|cx_open|rq_pending_open|rq_retry_open)$/;
      const left = async (): Promise<string[]> => {
        const stats = await gateway.stats();
        return (
          [...stats]
            // Idle connections to upstreams are kept, and the admin's own are those that ask.
            .filter(
              ([name, value]) =>
                zero.test(name) &&
                value !== 0 &&
                !name.startsWith("http.admin") &&
                !/upstream_cx(_http1)?_active$/.test(name) &&
                !name.startsWith("listener.admin"),
            )
            .map(([name, value]) => `${name}: ${value}`)
        );
      };
      let last: readonly string[] = [];
      await until(
        async () => (last = await left()).length === 0,
        "all gauges to return to 0",
        20_000,
        () => last.join(", "),
      );
      expect(await left()).toEqual([]);
      // Idle upstream connections are closed by nobody; those that stay are whole.
      const hosts = (await gateway.ask("/clusters")).text;
      for (const [, value] of hosts.matchAll(/::rq_active::(\d+)/g)) expect(Number(value)).toBe(0);
      const log = readFileSync(join(folder, "log.txt"), "utf8");
      expect(log).not.toContain("/smuggled");
      expect(origin.requests).toEqual([]);
      expect(gateway.log).not.toMatch(/Unhandled|uncaught|RangeError|TypeError(?!: (reply|header))/);
      expect((await gateway.ask("/server_info")).status).toBe(200);
      const stats = await gateway.stats();
      // Every request has one line. The last is the plain one above.
      await until(
        () => readFileSync(join(folder, "log.txt"), "utf8").split("\n").length - 1 === stats.get("http.main.downstream_rq_total"),
        "one line for each request",
        5_000,
      );
    },
  );

  it("answers 10,000 pipelined requests in order, local replies and an upstream's", { timeout: 30_000 }, async () => {
    const client = await rawConnect(gateway.port);
    let bytes = "";
    for (let i = 0; i < 10_000; i++) bytes += `GET /${i % 100 === 0 ? "web/plain" : "nowhere"}?${i} HTTP/1.1\r\nHost: a\r\n\r\n`;
    const sending = client.send(bytes);
    for (let i = 0; i < 10_000; i++) {
      const response = await client.response();
      expect(response?.status).toBe(i % 100 === 0 ? 200 : 404);
    }
    await sending;
    client.destroy();
  });
});
