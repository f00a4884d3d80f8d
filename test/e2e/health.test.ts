import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { afterAll, expect, it } from "vitest";
import { mesh, typed } from "../lib/bootstrap.ts";
import { describeRuntimes } from "../lib/describe.ts";
import type { Gateway } from "../lib/gateway.ts";
import { type OriginHandler, startOrigin } from "../lib/origin.ts";
import { until } from "../lib/process.ts";
import { fetchRaw } from "../lib/raw.ts";

const TIMES = { timeout: "0.5s", interval: "0.1s", no_traffic_interval: "0.1s", unhealthy_threshold: 1, healthy_threshold: 1 };
const HTTP = { ...TIMES, http_health_check: { path: "/healthz" } };
const HTTP2 = {
  typed_extension_protocol_options: {
    "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": typed("envoy.extensions.upstreams.http.v3.HttpProtocolOptions", {
      explicit_http_config: { http2_protocol_options: {} },
    }),
  },
};

/** A gRPC server whose health the test sets; it notes which services were asked for. */
async function startHealthServer(): Promise<{ port: number; status: number; asked: string[]; stop(): void }> {
  const server = new Server();
  const state = { port: 0, status: 1, asked: [] as string[], stop: () => server.forceShutdown() };
  const bytes = (value: Buffer): Buffer => value;
  const Check = {
    path: "/grpc.health.v1.Health/Check",
    requestStream: false,
    responseStream: false,
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
  };
  server.addService(
    { Check },
    {
      Check: (call: { request: Buffer }, done: (error: null, answer: Buffer) => void) => {
        state.asked.push(call.request.toString("latin1"));
        done(null, Buffer.from([0x08, state.status]));
      },
    },
  );
  state.port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(port) : reject(error),
    ),
  );
  return state;
}

async function flags(gateway: Gateway, cluster: string): Promise<string[]> {
  const { text } = await gateway.ask("/clusters");
  return [...text.matchAll(new RegExp(`^${cluster}::127.*health_flags::(.*)$`, "gm"))].map((match) => match[1]);
}
const untilFlags = (gateway: Gateway, cluster: string, wanted: readonly string[]): Promise<unknown> =>
  until(async () => (await flags(gateway, cluster)).join() === wanted.join(), `${cluster} to be ${wanted.join()}`, 10_000);

describeRuntimes("health", (runtime) => {
  afterAll(() => runtime.stopAll());

  it("is asked for before the first request; an endpoint that dies gets none, and is back when it is", async () => {
    const stay = await startOrigin();
    let other = await startOrigin();
    const gateway = await runtime.start(
      mesh()
        .service("web", [stay.port, other.port], { health_checks: [HTTP] })
        .route("/", "web"),
    );
    expect(await flags(gateway, "web")).toEqual(["healthy", "healthy"]);
    const { port } = other;
    await other.close();
    await untilFlags(gateway, "web", ["healthy", "/failed_active_hc"]);
    for (let i = 0; i < 10; i++) expect((await fetchRaw(gateway.port, "/")).status).toBe(200);
    other = await startOrigin(undefined, port);
    await untilFlags(gateway, "web", ["healthy", "healthy"]);
    expect(await gateway.stat("cluster.web.membership_healthy")).toBe(2);
    await Promise.all([stay.close(), other.close()]);
  });

  it("is what a gRPC server says of a service", async () => {
    const server = await startHealthServer();
    const check = { ...TIMES, grpc_health_check: { service_name: "shop.Cart" } };
    const gateway = await runtime.start(
      mesh()
        .service("shop", server.port, { health_checks: [check], ...HTTP2 })
        .route("/", "shop"),
    );
    expect(await flags(gateway, "shop")).toEqual(["healthy"]);
    expect(new Set(server.asked)).toEqual(new Set(["\n\x09shop.Cart"]));
    server.status = 2;
    await untilFlags(gateway, "shop", ["/failed_active_hc"]);
    server.status = 1;
    await untilFlags(gateway, "shop", ["healthy"]);
    server.stop();
    await untilFlags(gateway, "shop", ["/failed_active_hc"]);
  });

  it("is asked by HTTP/2", async () => {
    const server = await startHealthServer();
    // It answers what is not gRPC with a status of HTTP: a check over HTTP/2 sees it.
    const check = {
      ...TIMES,
      http_health_check: { path: "/", codec_client_type: "HTTP2", expected_statuses: [{ start: 200, end: 600 }] },
    };
    const gateway = await runtime.start(
      mesh()
        .service("two", server.port, { health_checks: [check] })
        .route("/", "two"),
    );
    expect(await flags(gateway, "two")).toEqual(["healthy"]);
    server.stop();
  });

  it.each<[string, OriginHandler]>([
    [
      "a body without end",
      async (exchange) => {
        await exchange.send("HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n");
        await exchange.flood(1e12);
      },
    ],
    [
      "a head without end",
      async (exchange) => {
        await exchange.send("HTTP/1.1 200 OK\r\n");
        while (exchange.socket.writable) await exchange.send(`x-a: ${"y".repeat(1000)}\r\n`);
      },
    ],
    ["no answer", () => new Promise(() => {})],
    ["another protocol", (exchange) => exchange.send("220 mail.test ESMTP\r\n")],
  ])("of an endpoint that answers with %s is bad, and costs no memory", async (_name, handler) => {
    const bad = await startOrigin(handler);
    const good = await startOrigin();
    const gateway = await runtime.start(
      mesh()
        .service("bad", bad.port, { health_checks: [HTTP] })
        .service("good", good.port)
        .route("/", "good"),
    );
    const before = gateway.memory;
    await gateway.untilStat("cluster.bad.health_check.failure", (failures) => failures >= 3, 10_000);
    expect((await flags(gateway, "bad"))[0]).toContain("/failed_active_hc");
    expect((await fetchRaw(gateway.port, "/")).status).toBe(200);
    expect(gateway.memory - before).toBeLessThan(150 * 1024 * 1024);
    await Promise.all([bad.close(), good.close()]);
  });

  it("of TCP is that it connects, and what it says", async () => {
    const server = createServer((socket) =>
      socket.on("error", () => {}).on("data", (data) => socket.write(`+${data.toString()}`)),
    );
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const check = (receive: string): object => ({
      ...TIMES,
      tcp_health_check: { send: { text: "50494e47" }, receive: [{ text: receive }] },
    });
    const gateway = await runtime.start(
      mesh()
        .service("right", port, { health_checks: [check("2b50494e47")] })
        .service("wrong", port, { health_checks: [check("2d")] })
        .route("/", "right"),
    );
    expect(await flags(gateway, "right")).toEqual(["healthy"]);
    expect(await flags(gateway, "wrong")).toEqual(["/failed_active_hc/active_hc_timeout"]);
    server.close();
  });

  it("by outlier detection: an endpoint that answers 500 is out for its time, with a line in the log", async () => {
    let status = 500;
    const flaky = await startOrigin(async (exchange) => {
      await exchange.body();
      await exchange.respond({ status });
    });
    const good = await startOrigin();
    const outliers = { interval: "0.2s", base_ejection_time: "0.5s", consecutive_5xx: 3, max_ejection_percent: 50 };
    const folder = mkdtempSync(join(tmpdir(), "isthmus-ejections-"));
    const log = join(folder, "events.log");
    const gateway = await runtime.start(
      mesh()
        .service("web", [flaky.port, good.port], { outlier_detection: outliers })
        .route("/", "web")
        .bootstrap({ cluster_manager: { outlier_detection: { event_log_path: log } } }),
    );
    let failed = 0;
    for (let i = 0; i < 20 && (await flags(gateway, "web"))[0] === "healthy"; i++)
      if ((await fetchRaw(gateway.port, "/")).status === 500) failed++;
    expect(failed).toBe(3);
    expect((await flags(gateway, "web"))[0]).toBe("/failed_outlier_check");
    status = 200;
    await untilFlags(gateway, "web", ["healthy", "healthy"]);
    await until(() => readFileSync(log, "utf8").split("\n").length > 2, "two lines in the log", 5_000);
    expect(readFileSync(log, "utf8")).toMatch(/"action":"EJECT".*\n.*"action":"UNEJECT"/);
    rmSync(folder, { recursive: true });
    await Promise.all([flaky.close(), good.close()]);
  });
});
