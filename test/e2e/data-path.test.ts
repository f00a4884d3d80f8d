import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mesh } from "../lib/bootstrap.ts";
import { describeRuntimes } from "../lib/describe.ts";
import type { Gateway } from "../lib/gateway.ts";
import { startOrigin } from "../lib/origin.ts";
import type { Origin } from "../lib/origin.ts";
import { until } from "../lib/process.ts";
import { rawConnect, request } from "../lib/raw.ts";

const CUSTOM: [string, string][] = [
  ["Connection", "Upgrade"],
  ["Upgrade", "custom"],
];

describeRuntimes("the data path", (runtime) => {
  let origin: Origin;
  let shadow: Origin;
  let gateway: Gateway;
  let shadowClosed = 0;
  const seen = new Map<string, number>();
  const bodies: number[] = [];

  beforeAll(async () => {
    origin = await startOrigin(async (exchange) => {
      const { target, queue, socket } = exchange;
      const nth = (seen.get(target) ?? 0) + 1;
      seen.set(target, nth);
      switch (target) {
        case "/refuse":
          return exchange.respond({ status: 200, body: "not today", chunk: 3 });
        case "/tunnel": {
          await sleep(200);
          await exchange.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: custom\r\n\r\n");
          for (let part = await queue.read(65_536); part !== null; part = await queue.read(65_536)) await exchange.send(part);
          socket.end();
          return;
        }
        case "/end-first": {
          // Says all it has to say, and takes its time to read.
          await exchange.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: custom\r\n\r\n");
          socket.end();
          let length = 0;
          for (let part = await queue.read(65_536); part !== null; part = await queue.read(65_536)) {
            length += part.length;
            await sleep(2);
          }
          bodies.push(length);
          return;
        }
        case "/big":
          return exchange.respond({ body: "x".repeat(8_000_000) });
        case "/stuck-then-well":
          if (nth === 1) {
            // Nothing is read until the gateway has stopped reading from the client, then all is lost.
            socket.pause();
            await sleep(300);
            return exchange.die();
          }
          return exchange.respond({ body: String((await exchange.body()).bytes.length) });
        case "/slow-start":
          socket.pause();
          await sleep(300);
          socket.resume();
          return exchange.respond({ body: String((await exchange.body()).bytes.length) });
        case "/retried":
          if (nth % 2 === 1) return exchange.respond({ status: 503, body: "first" });
          await sleep(500);
          return exchange.respond({ body: "second" });
        case "/refused-once":
          return exchange.respond({ status: 503, body: "no" });
        case "/early":
          // The copy has its connection by then.
          await sleep(100);
          return exchange.respond({ body: "early" });
        default:
          return exchange.echo();
      }
    });
    shadow = await startOrigin(async (exchange) => {
      exchange.socket.once("close", () => shadowClosed++);
      await exchange.body();
    });
    const small = { per_connection_buffer_limit_bytes: 16_384 };
    const retry = { retry_policy: { retry_on: "5xx,reset", num_retries: 1, retry_back_off: { base_interval: "0.001s" } } };
    gateway = await runtime.start(
      mesh()
        .service("web", origin.port)
        .service("small", origin.port, small)
        .service("one", origin.port, { circuit_breakers: { thresholds: [{ max_retries: 1 }] } })
        .service("shadow", shadow.port)
        .hcm({ upgrade_configs: [{ upgrade_type: "custom" }], delayed_close_timeout: "0.2s" })
        .route({
          match: { prefix: "/stuck-then-well" },
          route: { cluster: "small", timeout: "0s", ...retry },
          per_request_buffer_limit_bytes: 64_000_000,
        })
        .route("/slow-start", "small", { timeout: "0s" })
        .route("/retried", "one", retry)
        .route("/refused-once", "one", retry)
        .route("/early", "web", { timeout: "0s", request_mirror_policies: [{ cluster: "shadow" }] })
        .route("/", "web", { timeout: "0s" }),
    );
  });
  afterAll(async () => {
    await runtime.stopAll();
    await origin.close();
    await shadow.close();
  });

  describe("upgrades", () => {
    it("a refusal with a body ends the exchange and the connection, and nothing behind it is read", async () => {
      const client = await rawConnect(gateway.port);
      const asked = await gateway.stat("http.main.downstream_rq_total");
      const response = await client.ask(request("/refuse", { headers: CUSTOM }) + request("/smuggled"));
      expect(response.text()).toBe("not today");
      expect(await client.closedWithin(1_000)).toBe(true);
      expect(await client.response()).toBeNull();
      expect((await gateway.stat("http.main.downstream_rq_total")) - asked).toBe(1);
      expect(await gateway.stat("http.main.downstream_rq_active")).toBe(0);
      expect(await gateway.stat("cluster.web.upstream_rq_active")).toBe(0);
      expect(seen.has("/smuggled")).toBe(false);
      client.destroy();
    });

    it("pass on what the client sends before the answer, however much", async () => {
      const client = await rawConnect(gateway.port);
      const bytes = 2_000_000;
      void client.send(request("/tunnel", { headers: CUSTOM }) + "t".repeat(bytes));
      expect((await client.head())?.startLine).toMatch(/^HTTP\/1.1 101 /);
      expect((await client.queue.readExactly(bytes)).length).toBe(bytes);
      client.destroy();
    });

    it.skipIf(runtime.isEnvoy)("pass on the body that came with the request", async () => {
      const client = await rawConnect(gateway.port);
      await client.send(request("/tunnel", { method: "POST", headers: CUSTOM, body: "hello" }));
      expect((await client.head())?.startLine).toMatch(/^HTTP\/1.1 101 /);
      await client.send(" there");
      expect(String(await client.queue.readExactly(11))).toBe("hello there");
      client.destroy();
    });

    // Envoy ends a tunnel as soon as one side has.
    it.skipIf(runtime.isEnvoy)("deliver all of the client's bytes when the upstream has ended first", async () => {
      const client = await rawConnect(gateway.port);
      await client.send(request("/end-first", { headers: CUSTOM }));
      expect((await client.head())?.startLine).toMatch(/^HTTP\/1.1 101 /);
      await client.closed();
      await client.send(Buffer.alloc(12_000_000));
      client.end();
      await until(() => bodies.length === 1, "the upstream's end");
      expect(bodies).toEqual([12_000_000]);
      client.destroy();
    });
  });

  // Envoy cuts it off when the kernel takes nothing for delayed_close_timeout.
  it.skipIf(runtime.isEnvoy)("gives a slow reader the whole response although the connection closes behind it", async () => {
    const client = await rawConnect(gateway.port);
    await client.send(request("/big", { headers: [["Connection", "close"]] }));
    let length = 0;
    const response = await client.response({
      // Slow enough for the delayed close, which must not cut off what is not out yet.
      sink: async (part) => {
        length += part.length;
        await sleep(10);
      },
    });
    expect(length).toBe(8_000_000);
    expect(response?.complete).toBe(true);
    expect(await client.closedWithin(2_000)).toBe(true);
    client.destroy();
  });

  describe("flow control", () => {
    // The loopback's buffers take some MiB by themselves: what is sent must be more.
    const body = "b".repeat(16_000_000);

    it("of an upstream that died holds the retry's request back no longer", async () => {
      const client = await rawConnect(gateway.port);
      const response = await client.ask(request("/stuck-then-well", { method: "POST", body }));
      expect(response.text()).toBe(String(body.length));
      client.destroy();
    });

    it("of a new upstream holds the request back from the start, and lets it go on", async () => {
      const client = await rawConnect(gateway.port);
      const response = await client.ask(request("/slow-start", { method: "POST", body }));
      expect(response.text()).toBe(String(body.length));
      client.destroy();
    });
  });

  it("counts a retry against max_retries until its outcome", async () => {
    const first = await rawConnect(gateway.port);
    await first.send(request("/retried"));
    await sleep(200);
    expect(await gateway.stat("cluster.one.circuit_breakers.default.rq_retry_open")).toBe(1);
    const second = await rawConnect(gateway.port);
    expect((await second.ask(request("/refused-once"))).status).toBe(503);
    expect(await gateway.stat("cluster.one.upstream_rq_retry_overflow")).toBe(1);
    expect((await first.response())?.text()).toBe("second");
    expect(await gateway.stat("cluster.one.circuit_breakers.default.rq_retry_open")).toBe(0);
    expect((await second.ask(request("/retried-no-more"))).status).toBe(200);
    first.destroy();
    second.destroy();
  });

  it("gives up the copy of a request that was answered before it was whole", async () => {
    const client = await rawConnect(gateway.port);
    await client.send(request("/early", { method: "POST", headers: [["Content-Length", "100"]] }) + "part");
    expect((await client.response())?.text()).toBe("early");
    await until(() => shadowClosed === 1, "the copy to be given up", 3_000);
    await gateway.untilStat("cluster.shadow.upstream_rq_active", (value) => value === 0);
    client.destroy();
  });

  it("takes a connection off where it was counted, also when its listener has another name for it by then", async () => {
    if (runtime.isEnvoy) return;
    const build = (prefix: string) => mesh().service("web", origin.port).hcm({ stat_prefix: prefix }).route("/", "web");
    const other = await runtime.start(build("one"), { args: ["--watch"] });
    const client = await rawConnect(other.port);
    await client.ask(request("/x"));
    other.write(build("two"));
    await until(
      async () =>
        (await other.stat("http.two.downstream_cx_total")) > 0 || (await other.stats()).has("http.two.downstream_rq_total"),
      "the update",
    );
    await client.ask(request("/x"));
    expect(await other.stat("http.two.downstream_rq_total")).toBe(1);
    client.destroy();
    await other.untilStat("http.one.downstream_cx_active", (value) => value === 0);
    // A gauge below zero is not shown as digits.
    expect((await other.ask("/stats")).text).toMatch(/^http\.two\.downstream_cx_active: 0$/m);
    await other.stop();
  });
});
