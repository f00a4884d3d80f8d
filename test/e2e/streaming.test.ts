import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { mesh } from "../lib/bootstrap.ts";
import { describeRuntimes } from "../lib/describe.ts";
import type { Gateway } from "../lib/gateway.ts";
import { startOrigin } from "../lib/origin.ts";
import type { Origin } from "../lib/origin.ts";
import { fetchRaw, rawConnect, request } from "../lib/raw.ts";

const MIB = 1 << 20;
const TOTAL = 64 * MIB;
/** Reading 64 KiB and waiting this long makes some 10 MiB a second. */
const PAUSE = 6;

describeRuntimes("streaming is bounded", (runtime) => {
  let origin: Origin;
  let gateway: Gateway;
  /** Bytes of the last upload that the slow origin has read. */
  let uploaded = 0;

  beforeAll(async () => {
    origin = await startOrigin(async (exchange) => {
      const pace = exchange.target.endsWith("/slow");
      if (exchange.method === "PUT") {
        uploaded = 0;
        const body = await exchange.body(async (part) => {
          uploaded += part.length;
          if (pace) await sleep((PAUSE * part.length) / 65_536);
        });
        return exchange.respond({ body: body.complete ? String(uploaded) : "cut" });
      }
      if (exchange.target.startsWith("/big")) {
        await exchange.send(`HTTP/1.1 200 OK\r\nContent-Length: ${TOTAL}\r\n\r\n`);
        return exchange.flood(TOTAL);
      }
      await exchange.respond({ body: "ok" });
    });
    gateway = await runtime.start(mesh().service("web", origin.port).route("/", "web", { timeout: "0s" }));
    // Code and pools are warm, so that what grows afterwards is what is buffered.
    for (let i = 0; i < 50; i++) await fetchRaw(gateway.port, "/warm");
    await fetchRaw(gateway.port, "/big", {}, { sink: () => undefined });
  });
  afterAll(async () => {
    await runtime.stopAll();
    await origin.close();
  });

  /** Runs `work` and tells by how many MiB resident memory grew at most meanwhile. */
  const growth = async (work: Promise<unknown>): Promise<number> => {
    const base = gateway.memory;
    let peak = base;
    let running = true;
    const watch = (async () => {
      for (; running; await sleep(20)) peak = Math.max(peak, gateway.memory);
    })();
    await work.finally(() => (running = false));
    await watch;
    return (peak - base) / MIB;
  };

  it("passes 64 MiB down whole, and up", async () => {
    let got = 0;
    const down = await fetchRaw(gateway.port, "/big", {}, { sink: (part) => void (got += part.length) });
    expect(down).toMatchObject({ status: 200, complete: true });
    expect(got).toBe(TOTAL);
    const client = await rawConnect(gateway.port);
    await client.send(`PUT /up HTTP/1.1\r\nHost: a\r\nContent-Length: ${TOTAL}\r\n\r\n`);
    const block = Buffer.alloc(65_536, "u");
    for (let sent = 0; sent < TOTAL; sent += block.length) await client.send(block);
    expect((await client.response())?.text()).toBe(String(TOTAL));
    client.destroy();
  });

  it("a slow reader stops the upstream: memory grows by less than 32 MiB", async () => {
    const client = await rawConnect(gateway.port);
    let got = 0;
    const end = performance.now() + 2_500;
    const grown = await growth(
      (async () => {
        await client.send(request("/big"));
        await client.head();
        while (performance.now() < end) {
          got += (await client.queue.read(65_536))?.length ?? 0;
          await sleep(PAUSE);
        }
      })(),
    );
    client.destroy();
    expect(got).toBeGreaterThan(2 * MIB);
    expect(grown).toBeLessThan(32);
  });

  it("a slow upstream stops the sender: memory grows by less than 32 MiB", async () => {
    const client = await rawConnect(gateway.port);
    const block = Buffer.alloc(65_536, "u");
    let sent = 0;
    const grown = await growth(
      (async () => {
        await client.send(`PUT /up/slow HTTP/1.1\r\nHost: a\r\nContent-Length: ${TOTAL}\r\n\r\n`);
        const end = performance.now() + 2_500;
        while (performance.now() < end && sent < TOTAL) {
          await Promise.race([client.send(block), sleep(end - performance.now())]);
          sent += block.length;
        }
      })(),
    );
    client.destroy();
    expect(uploaded).toBeGreaterThan(MIB);
    expect(sent).toBeLessThan(TOTAL);
    expect(grown).toBeLessThan(32);
  });

  it("a reader that stops altogether does not hold up others", async () => {
    const stuck = await rawConnect(gateway.port);
    await stuck.send(request("/big"));
    await stuck.head();
    stuck.socket.pause();
    for (let i = 0; i < 20; i++) expect((await fetchRaw(gateway.port, "/fine")).text()).toBe("ok");
    stuck.destroy();
  });

  it("an upstream answer before the upload's end ends the exchange", async () => {
    const hasty = await startOrigin(async (exchange) => {
      await exchange.respond({ status: 413, headers: [["Connection", "close"]], body: "enough" });
      exchange.socket.end();
    });
    const other = await runtime.start(mesh().service("web", hasty.port).route("/", "web"));
    const client = await rawConnect(other.port);
    await client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\nbegun");
    expect((await client.response())?.status).toBe(413);
    client.destroy();
    await other.stop();
    await hasty.close();
  });
});
