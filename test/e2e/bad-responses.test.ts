import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mesh } from "../lib/bootstrap.ts";
import { describeRuntimes } from "../lib/describe.ts";
import type { Gateway } from "../lib/gateway.ts";
import { startOrigin } from "../lib/origin.ts";
import type { Origin } from "../lib/origin.ts";
import { until } from "../lib/process.ts";
import { fetchRaw, rawConnect, request } from "../lib/raw.ts";
import { badResponses } from "./bad-responses.ts";
import type { BadResponse } from "./bad-responses.ts";

describeRuntimes("bad responses of an upstream are not passed on", (runtime) => {
  let origin: Origin;
  let gateway: Gateway;
  let answer = "";
  let byteByByte = false;

  beforeAll(async () => {
    origin = await startOrigin(async (exchange) => {
      await exchange.body();
      if (exchange.target === "/fine") return exchange.respond({ body: "fine" });
      const bytes = Buffer.from(answer, "latin1");
      if (!byteByByte) return exchange.send(bytes);
      for (let i = 0; i < bytes.length && exchange.socket.writable; i++) {
        exchange.socket.write(bytes.subarray(i, i + 1));
        if (bytes.length < 4096 || i % 64 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    });
    gateway = await runtime.start(mesh().service("web", origin.port).route("/", "web"));
  });
  afterAll(async () => {
    await runtime.stopAll();
    await origin.close();
  });

  const refuses = async (bad: BadResponse, slowly: boolean): Promise<void> => {
    for (const socket of origin.sockets) socket.destroy();
    await until(() => origin.sockets.size === 0, "no connection is left");
    await sleep(10);
    answer = bad.bytes;
    byteByByte = slowly;
    const accepted = origin.accepted;
    const client = await rawConnect(gateway.port);
    await client.send(request("/bad"));
    const response = await client.response();
    if (bad.inBody && response?.status === 200) expect(response.complete, "a broken message").toBe(false);
    else expect(response?.status).toBe(502);
    client.destroy();
    await until(() => origin.sockets.size === 0, "the upstream connection is dropped", 3_000);
    expect(origin.accepted - accepted, "connections made for it").toBe(1);
    expect((await fetchRaw(gateway.port, "/fine")).text(), "the next one").toBe("fine");
  };

  for (const [group, cases] of Object.entries(badResponses)) {
    describe(group, () => {
      for (const bad of cases) {
        const lax = runtime.isEnvoy && bad.envoy !== undefined;
        it.skipIf(lax)(`${bad.name}, in one piece`, () => refuses(bad, false));
        it.skipIf(lax)(`${bad.name}, byte by byte`, () => refuses(bad, true));
      }
    });
  }

  it("counts them as protocol errors of the cluster", async () => {
    expect(await gateway.stat("cluster.web.upstream_cx_protocol_error")).toBeGreaterThan(10);
    expect(await gateway.stat("http.main.downstream_rq_5xx")).toBeGreaterThan(10);
  });
});
