import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { mesh } from "../lib/bootstrap.ts";
import { describeRuntimes } from "../lib/describe.ts";
import type { Gateway } from "../lib/gateway.ts";
import { startOrigin } from "../lib/origin.ts";
import type { Origin } from "../lib/origin.ts";
import { rawConnect, request } from "../lib/raw.ts";
import type { RawClient } from "../lib/raw.ts";

const SLOW = 2_000;

describeRuntimes("slow clients", (runtime) => {
  let origin: Origin;
  let gateway: Gateway;

  beforeAll(async () => {
    origin = await startOrigin(async (exchange) => {
      await exchange.body();
      await exchange.respond({ body: "ok" });
    });
    const breakers = { thresholds: [{ max_connections: 4096, max_pending_requests: 4096, max_requests: 4096 }] };
    gateway = await runtime.start(mesh().service("web", origin.port, { circuit_breakers: breakers }).route("/", "web"));
  });
  afterAll(async () => {
    await runtime.stopAll();
    await origin.close();
  });

  /** Latencies in milliseconds of requests one after the other, for `duration` ms, sorted. */
  const latencies = async (duration: number): Promise<number[]> => {
    const client = await rawConnect(gateway.port);
    const took: number[] = [];
    for (const end = performance.now() + duration; performance.now() < end;) {
      const start = performance.now();
      expect((await client.ask(request("/"))).text()).toBe("ok");
      took.push(performance.now() - start);
    }
    client.destroy();
    return took.sort((a, b) => a - b);
  };

  it(`${SLOW} of them, a byte a second, do not slow the others`, { timeout: 60_000 }, async () => {
    await latencies(300);
    const alone = await latencies(1_000);
    const clients: RawClient[] = [];
    for (let i = 0; i < SLOW; i += 100) {
      clients.push(...(await Promise.all(Array.from({ length: 100 }, () => rawConnect(gateway.port)))));
    }
    // Half of them are slow with their heads, half with their bodies.
    const heads = "GET /slow-head HTTP/1.1\r\nHost: slow.local\r\n";
    const bodies = "POST /slow-body HTTP/1.1\r\nHost: slow.local\r\nContent-Length: 1000\r\n\r\n";
    await Promise.all(clients.map((client, i) => client.send(i % 2 === 0 ? heads : bodies)));
    await sleep(1_000);
    let next = 0;
    // One byte a second each, spread over the second.
    const drip = setInterval(() => {
      for (let i = 0; i < SLOW / 50; i++) clients[next++ % SLOW].socket.write("x");
    }, 20);
    const among = await latencies(3_000);
    clearInterval(drip);
    const median = (sorted: number[]): number => sorted[sorted.length >> 1];
    expect(among.length).toBeGreaterThan(200);
    // The dripping itself takes a share of this process's time.
    expect(median(among)).toBeLessThan(median(alone) * 3 + 3);
    expect(clients.filter((client) => client.queue.ended).length, "slow ones that were dropped").toBe(0);
    for (const client of clients) client.destroy();
    await gateway.untilStat("http.main.downstream_cx_active", (value) => value < 10);
  });
});
