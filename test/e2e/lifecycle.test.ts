import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mesh, typed } from "../lib/bootstrap.ts";
import { describeRuntimes } from "../lib/describe.ts";
import { field } from "../lib/message.ts";
import { seenBy, startOrigin } from "../lib/origin.ts";
import type { Origin } from "../lib/origin.ts";
import { freePorts } from "../lib/ports.ts";
import { until } from "../lib/process.ts";
import { fetchRaw, rawConnect, request } from "../lib/raw.ts";

const slow = (delay: number): [string, string][] => [["x-answer", JSON.stringify({ delay, body: "late" })]];

const refused = (port: number): Promise<boolean> =>
  rawConnect(port).then(
    (client) => (client.destroy(), false),
    () => true,
  );

describeRuntimes("the life of a gateway", (runtime) => {
  let origin: Origin;
  let folder: string;
  const own = !runtime.isEnvoy;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "isthmus-life-"));
    origin = await startOrigin();
  });
  afterAll(async () => {
    await runtime.stopAll();
    await origin.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const simple = () => mesh().service("web", origin.port).route("/", "web");

  describe.runIf(own)("SIGTERM", () => {
    it("lets requests in flight finish, closes idle connections at once, takes no new ones, and exits 0", async () => {
      const gateway = await runtime.start(simple());
      const idle = await rawConnect(gateway.port);
      await idle.ask(request("/"));
      const busy = await rawConnect(gateway.port);
      await busy.send(request("/", { headers: slow(800) }));
      await sleep(100);
      const start = performance.now();
      gateway.program.signal("SIGTERM");
      expect(await idle.closedWithin(600), "an idle connection").toBe(true);
      expect(performance.now() - start).toBeLessThan(600);
      await expect(rawConnect(gateway.port)).rejects.toThrow();
      const response = await busy.response();
      expect(response).toMatchObject({ status: 200, complete: true });
      expect(response?.header("connection")).toBe("close");
      expect(await gateway.program.exited).toBe(0);
      busy.destroy();
      idle.destroy();
      await gateway.stop();
    });

    it("finishes a response that is being sent", async () => {
      const gateway = await runtime.start(simple());
      const client = await rawConnect(gateway.port);
      const body = "x".repeat(200_000);
      const big = await startOrigin(async (exchange) => {
        await exchange.send(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length * 5}\r\n\r\n`);
        for (let i = 0; i < 5; i++) {
          await exchange.send(body);
          await sleep(100);
        }
      });
      const other = await runtime.start(mesh().service("web", big.port).route("/", "web"));
      const reader = await rawConnect(other.port);
      await reader.send(request("/"));
      await sleep(150);
      other.program.signal("SIGTERM");
      const response = await reader.response();
      expect(response?.complete).toBe(true);
      expect(response?.body.length).toBe(1_000_000);
      expect(await other.program.exited).toBe(0);
      for (const connection of [client, reader]) connection.destroy();
      await gateway.stop();
      await big.close();
    });

    it("is quick when nothing is in flight", async () => {
      const gateway = await runtime.start(simple());
      const start = performance.now();
      gateway.program.signal("SIGTERM");
      expect(await gateway.program.exited).toBe(0);
      expect(performance.now() - start).toBeLessThan(2_000);
      await gateway.stop();
    });
  });

  describe("admin", () => {
    it("says ready, live stats, clusters, listeners and configuration", async () => {
      const gateway = await runtime.start(simple());
      for (let i = 0; i < 5; i++) await fetchRaw(gateway.port, "/");
      expect(await gateway.ask("/ready")).toEqual({ status: 200, text: "LIVE\n" });
      expect(await gateway.stat("http.main.downstream_rq_total")).toBe(5);
      expect(await gateway.stat("http.main.downstream_rq_2xx")).toBe(5);
      expect(await gateway.stat("cluster.web.upstream_rq_total")).toBe(5);
      expect(await gateway.stat("cluster.web.upstream_rq_200")).toBe(5);
      expect((await gateway.ask("/clusters")).text).toContain(`web::127.0.0.1:${origin.port}::rq_total::5`);
      expect((await gateway.ask("/listeners")).text).toContain(`main::127.0.0.1:${gateway.port}`);
      expect(JSON.parse((await gateway.ask("/server_info")).text)).toMatchObject({ state: "LIVE" });
      const dump = JSON.parse((await gateway.ask("/config_dump")).text) as { configs: { "@type": string }[] };
      expect(dump.configs.map((entry) => entry["@type"])).toContain("type.googleapis.com/envoy.admin.v3.BootstrapConfigDump");
      const metrics = (await gateway.ask("/stats/prometheus")).text;
      expect(metrics).toMatch(/^# TYPE envoy_http_downstream_rq_total counter$/m);
      expect(metrics).toMatch(/^envoy_http_downstream_rq_total\{envoy_http_conn_manager_prefix="main"\} 5$/m);
      // Envoy shows histograms with the next flush only.
      if (own) expect(metrics).toMatch(/^envoy_cluster_upstream_rq_time_count\{envoy_cluster_name="web"\} 5$/m);
      expect((await gateway.ask("/nothing")).status).toBe(404);
      expect((await gateway.ask("/quitquitquit")).status, "changes want POST").toBe(405);
      await gateway.stop();
    });

    it("ends the process by quitquitquit", async () => {
      const gateway = await runtime.start(simple());
      expect((await gateway.ask("/quitquitquit", "POST")).status).toBe(200);
      expect(await gateway.program.exited).toBe(0);
      await gateway.stop();
    });

    it("drain_listeners?graceful accepts over the drain time, ends connections with their responses, then closes", async () => {
      const gateway = await runtime.start(simple(), own ? { args: ["--drain-time", "3"] } : {});
      const held = await rawConnect(gateway.port);
      expect((await held.ask(request("/"))).header("connection")).toBeUndefined();
      expect((await gateway.ask("/drain_listeners?graceful", "POST")).status).toBe(200);
      expect((await fetchRaw(gateway.port, "/")).status).toBe(200);
      // Envoy closes the more of them the more of its drain time, ten minutes, is over.
      if (own) {
        expect((await held.ask(request("/"))).header("connection")).toBe("close");
        await until(() => refused(gateway.port), "the listener refuses connections");
      }
      held.destroy();
      await gateway.stop();
    });

    it("drain_listeners closes the listeners, and keeps their connections and the admin page", async () => {
      const gateway = await runtime.start(simple());
      const held = await rawConnect(gateway.port);
      expect((await held.ask(request("/"))).status).toBe(200);
      expect((await gateway.ask("/drain_listeners", "POST")).status).toBe(200);
      await until(() => refused(gateway.port), "the listener refuses connections");
      expect((await held.ask(request("/"))).status).toBe(200);
      held.destroy();
      expect((await gateway.ask("/ready")).text).not.toBe("");
      await gateway.stop();
    });
  });

  describe("limits", () => {
    it("a buffered body that is too large gets 413", async () => {
      const buffered = simple().filter(
        "buffer",
        typed("envoy.extensions.filters.http.buffer.v3.Buffer", { max_request_bytes: 1000 }),
      );
      const gateway = await runtime.start(buffered);
      const before = origin.requests.length;
      expect((await fetchRaw(gateway.port, "/", { method: "POST", body: "x".repeat(1001) })).status).toBe(413);
      expect((await fetchRaw(gateway.port, "/", { method: "POST", body: "x".repeat(1001), chunk: 100 })).status).toBe(413);
      expect(origin.requests.length).toBe(before);
      const seen = seenBy(await fetchRaw(gateway.port, "/", { method: "POST", body: "x".repeat(1000), chunk: 100 }));
      expect(seen.bodyLength).toBe(1000);
      await gateway.stop();
    });

    it("headers_count and max_request_headers_kb may be raised and lowered", async () => {
      const gateway = await runtime.start(
        simple()
          .hcm({ common_http_protocol_options: { max_headers_count: 200 }, max_request_headers_kb: 90 })
          .listener("tight")
          .hcm({ common_http_protocol_options: { max_headers_count: 10 }, max_request_headers_kb: 2 })
          .route("/", "web"),
      );
      const many: [string, string][] = Array.from({ length: 150 }, (_, i) => [`x-${i}`, "1"]);
      expect((await fetchRaw(gateway.port, "/", { headers: many })).status).toBe(200);
      expect((await fetchRaw(gateway.port, "/", { headers: [["x-big", "a".repeat(80 * 1024)]] })).status).not.toBe(431);
      expect((await fetchRaw(gateway.ports["tight"], "/", { headers: many.slice(0, 11) })).status).toBe(431);
      expect((await fetchRaw(gateway.ports["tight"], "/", { headers: [["x-big", "a".repeat(3000)]] })).status).toBe(431);
      await gateway.stop();
    });
  });

  describe.runIf(own)("the command line", () => {
    const write = (name: string, text: string): string => {
      const file = join(folder, name);
      writeFileSync(file, text);
      return file;
    };

    it("analyze prints all mistakes at once, with their places, and exits 1", async () => {
      const file = write(
        "wrong.yaml",
        [
          "admin: { address: { socket_address: { address: 127.0.0.1, port_value: 0 } } }",
          "static_resources:",
          "  listeners:",
          "  - name: main",
          "    address: { socket_address: { address: 127.0.0.1, port_value: 700000 } }",
          "    filter_chain: []",
          "  clusters:",
          "  - name: web",
          "    type: STATIK",
          "    connect_timeout: quick",
          "",
        ].join("\n"),
      );
      const { code, output } = await runtime.run(["analyze", file]);
      expect(code).toBe(1);
      for (const [line, name] of [
        [5, "700000"],
        [6, "filter_chain"],
        [9, "STATIK"],
        [10, "quick"],
      ]) {
        expect(output).toMatch(new RegExp(`wrong\\.yaml:${line}:\\d+.*${name}`));
      }
    });

    it("analyze exits 0 for a right file, and starts nothing", async () => {
      const [main, admin] = await freePorts(2);
      const file = write("right.yaml", JSON.stringify(simple().build({ main }, admin)));
      const { code } = await runtime.run(["analyze", file]);
      expect(code).toBe(0);
      expect(origin.accepted).toBeGreaterThanOrEqual(0);
      await expect(rawConnect(main)).rejects.toThrow();
    });

    it("gateway refuses a wrong file and exits 1", async () => {
      const file = write("broken.yaml", "static_resources: { listenres: [] }\n");
      const { code, output } = await runtime.run(["gateway", file]);
      expect(code).toBe(1);
      expect(output).toMatch(/broken\.yaml:1:\d+.*listenres/);
      expect(output).toContain("listeners");
    });

    it("a missing file is named", async () => {
      const { code, output } = await runtime.run(["gateway", join(folder, "absent.yaml")]);
      expect(code).toBe(1);
      expect(output).toContain("absent.yaml");
    });

    it("an admin port that is taken is an error", async () => {
      const file = write("busy.yaml", JSON.stringify(simple().build({ main: (await freePorts(1))[0] }, origin.port)));
      const { code, output } = await runtime.run(["gateway", file]);
      expect(code).toBe(1);
      expect(output).toContain(String(origin.port));
    });

    it("--to needs no file", async () => {
      const [port, admin] = await freePorts(2);
      const program = runtime.launch([
        "gateway",
        "--to",
        `http://127.0.0.1:${origin.port}`,
        "--port",
        String(port),
        "--admin-port",
        String(admin),
      ]);
      await until(
        async () =>
          fetchRaw(port, "/up").then(
            (response) => response.status === 200,
            () => false,
          ),
        "an answer",
        10_000,
        () => program.log,
      );
      const seen = seenBy(await fetchRaw(port, "/to/here?x=1", { headers: [["x-one", "1"]] }));
      expect(seen.target).toBe("/to/here?x=1");
      expect(field(seen.headers, "x-one")).toBe("1");
      expect(field(seen.headers, "x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
      expect(await program.stop()).toBe(0);
    });

    it("takes YAML and JSON, snake_case and camelCase", async () => {
      const [main, admin] = await freePorts(2);
      const snake = JSON.stringify(simple().build({ main }, admin));
      const camel = snake.replace(
        /"([a-z]+(?:_[a-z0-9]+)+)":/g,
        (_, name: string) => `"${name.replace(/_([a-z0-9])/g, (__, c: string) => c.toUpperCase())}":`,
      );
      expect(camel).toContain('"staticResources"');
      const gateway = await runtime.startOn(camel, { main }, admin);
      expect((await fetchRaw(gateway.port, "/")).status).toBe(200);
      await gateway.stop();
    });
  });
});
