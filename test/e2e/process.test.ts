import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mesh, typed } from "../lib/bootstrap.ts";
import type { Mesh } from "../lib/bootstrap.ts";
import { describeRuntimes, skipped } from "../lib/describe.ts";
import { startOrigin } from "../lib/origin.ts";
import type { Origin } from "../lib/origin.ts";
import { freePorts } from "../lib/ports.ts";
import { until } from "../lib/process.ts";
import { fetchRaw, rawConnect, request } from "../lib/raw.ts";

const suite: typeof describeRuntimes =
  process.env["SUBJECT"] === "envoy" ? (name) => skipped(name, "these are signals and files of our own") : describeRuntimes;

const slow = (delay: number): [string, string][] => [["x-answer", JSON.stringify({ delay, body: "late" })]];

suite("the process of a gateway", (runtime) => {
  let origin: Origin;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "isthmus-process-"));
    origin = await startOrigin();
  });
  afterAll(async () => {
    await runtime.stopAll();
    await origin.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const simple = (): Mesh => mesh().service("web", origin.port).route("/", "web");

  describe("signals", () => {
    it("SIGTERM gives busy connections the drain time and no more", async () => {
      const gateway = await runtime.start(simple(), { args: ["--drain-time", "1"] });
      const client = await rawConnect(gateway.port);
      await client.send(request("/", { headers: slow(20_000) }));
      await sleep(100);
      const start = performance.now();
      gateway.program.signal("SIGTERM");
      expect(await gateway.program.exited).toBe(0);
      expect(performance.now() - start).toBeGreaterThan(900);
      expect(performance.now() - start).toBeLessThan(4_000);
      client.destroy();
      await gateway.stop();
    });

    it("a second SIGTERM ends at once, and the access log is written all the same", async () => {
      const log = join(folder, "second.log");
      const access_log = [
        { name: "f", typed_config: typed("envoy.extensions.access_loggers.file.v3.FileAccessLog", { path: log }) },
      ];
      const gateway = await runtime.start(simple().hcm({ access_log }), { args: ["--drain-time", "60"] });
      await fetchRaw(gateway.port, "/logged");
      const client = await rawConnect(gateway.port);
      await client.send(request("/", { headers: slow(20_000) }));
      await sleep(100);
      gateway.program.signal("SIGTERM");
      await gateway.program.logged(/draining/);
      gateway.program.signal("SIGTERM");
      expect(await gateway.program.exited).toBe(1);
      expect(readFileSync(log, "utf8")).toContain("/logged");
      client.destroy();
      await gateway.stop();
    });

    it("SIGTERM waits for requests on a listener that a reload has removed", async () => {
      const [main, other, admin] = await freePorts(3);
      const both = simple().listener("other").route("/", "web");
      const gateway = await runtime.startOn(both, { main, other }, admin);
      const client = await rawConnect(other);
      await client.send(request("/", { headers: slow(1_200) }));
      await sleep(100);
      gateway.write(simple());
      gateway.program.signal("SIGHUP");
      await gateway.program.logged(/configuration 2 is live/);
      gateway.program.signal("SIGTERM");
      expect(await client.response()).toMatchObject({ status: 200, complete: true });
      expect(await gateway.program.exited).toBe(0);
      client.destroy();
      await gateway.stop();
    });

    it("SIGUSR1 and SIGUSR2 open logs anew, and no debugger", async () => {
      const log = join(folder, "rotated.log");
      const access_log = [
        { name: "f", typed_config: typed("envoy.extensions.access_loggers.file.v3.FileAccessLog", { path: log }) },
      ];
      const gateway = await runtime.start(simple().hcm({ access_log }));
      for (const [i, signal] of (["SIGUSR1", "SIGUSR2"] as const).entries()) {
        renameSync(log, `${log}.${i}`);
        gateway.program.signal(signal);
        await until(() => readable(log), "the log is opened anew");
        await fetchRaw(gateway.port, `/after-${i}`);
        await until(() => readFileSync(log, "utf8").includes(`/after-${i}`), "the line");
      }
      expect(gateway.log).not.toContain("Debugger listening");
      await gateway.stop();
    });
  });

  describe("--watch", () => {
    const plugin = (mark: string): string =>
      `import { defineFilter } from "isthmus/plugin";
       export default defineFilter({
         id: "marking", status: "alpha", posture: "untrusted",
         create: (_config, scope) => ({
           onResponseHeaders(_stream, headers) { headers.set("x-mark", "${mark}"); },
           dispose() { scope.log.warn("disposed of ${mark}"); },
         }),
       });`;
    const withPlugin = (file: string): Mesh => {
      const config = { "@type": "type.googleapis.com/xds.type.v3.TypedStruct", type_url: `file:${file}`, value: {} };
      return simple().filter("example.marking", config);
    };

    it("runs an edited plugin, lets streams end on the old one, and disposes of it once", async () => {
      const file = join(folder, "marking.ts");
      writeFileSync(file, plugin("one"));
      const gateway = await runtime.start(withPlugin(file), { args: ["--watch"] });
      const markOf = async (): Promise<string | undefined> => (await fetchRaw(gateway.port, "/")).header("x-mark");
      expect(await markOf()).toBe("one");
      const client = await rawConnect(gateway.port);
      await client.send(request("/", { headers: slow(1_500) }));
      await sleep(100);
      writeFileSync(file, plugin("two"));
      await until(async () => (await markOf()) === "two", "the new code");
      expect(gateway.log).not.toContain("disposed of one");
      expect((await client.response())?.header("x-mark")).toBe("one");
      await client.send(request("/"));
      expect((await client.response())?.header("x-mark"), "the same connection").toBe("two");
      await gateway.program.logged(/disposed of one/);
      writeFileSync(file, `${plugin("three")} this is no code`);
      await gateway.program.logged(/marking\.ts:\d+:\d+/);
      expect(await markOf()).toBe("two");
      writeFileSync(file, plugin("four"));
      await until(async () => (await markOf()) === "four", "the mended code");
      expect(gateway.log.match(/disposed of one/g)).toHaveLength(1);
      client.destroy();
      await gateway.stop();
    });

    it("follows a mounted ConfigMap, whose files are links", async () => {
      const [main, admin] = await freePorts(2);
      const mount = mkdtempSync(join(folder, "mount-"));
      const version = (name: string): void => {
        mkdirSync(join(mount, name));
        const marked = mesh().route({ match: { prefix: "/" }, direct_response: { status: 200, body: { inline_string: name } } });
        writeFileSync(join(mount, name, "gateway.json"), JSON.stringify(marked.build({ main }, admin)));
      };
      version("..one");
      symlinkSync("..one", join(mount, "..data"));
      symlinkSync(join("..data", "gateway.json"), join(mount, "gateway.json"));
      const program = runtime.launch(["gateway", join(mount, "gateway.json"), "--watch"]);
      const body = async (): Promise<string> => (await fetchRaw(main, "/").catch(() => undefined))?.body.toString() ?? "";
      await until(
        async () => (await body()) === "..one",
        "the first version",
        20_000,
        () => program.log,
      );
      version("..two");
      symlinkSync("..two", join(mount, "..data_tmp"));
      renameSync(join(mount, "..data_tmp"), join(mount, "..data"));
      await until(
        async () => (await body()) === "..two",
        "the second version",
        10_000,
        () => program.log,
      );
      expect(await program.stop()).toBe(0);
    });
  });

  describe("--to", () => {
    it.each([["127.0.0.1"], ["::1"]])("localhost works when the service listens on %s alone", async (host) => {
      const service = createServer((_request, response) => response.end("here"));
      await new Promise<void>((resolve) => service.listen(0, host, resolve));
      const { port: upstream } = service.address() as AddressInfo;
      const [port, admin] = await freePorts(2);
      const args = ["--to", `http://localhost:${upstream}`, "--port", String(port), "--admin-port", String(admin)];
      const program = runtime.launch(["gateway", ...args]);
      await program.logged(/all listeners are up/, 20_000);
      for (let i = 0; i < 10; i++) {
        const post = i % 2 === 0 ? {} : { method: "POST", body: "x".repeat(100_000), chunk: 50_000 };
        expect(await fetchRaw(port, "/", post)).toMatchObject({ status: 200 });
      }
      expect(await program.stop()).toBe(0);
      service.closeAllConnections();
      await new Promise((resolve) => service.close(resolve));
    });
  });

  describe("what can't be started", () => {
    it.each([
      ["an empty folder", "empty", /empty: error: found nothing to serve in/],
      ["an empty file", "empty.yaml", /empty\.yaml:1:1: error: found an empty document/],
      ["bytes that are no text", "binary.yaml", /binary\.yaml: error: found bytes that are no UTF-8/],
    ])("%s is named, and nothing runs on", async (_what, name, message) => {
      if (name === "empty") mkdirSync(join(folder, name));
      if (name === "empty.yaml") writeFileSync(join(folder, name), "");
      if (name === "binary.yaml") writeFileSync(join(folder, name), Buffer.from([0xff, 0xfe, 0x00]));
      const { code, output } = await runtime.run(["gateway", join(folder, name)]);
      expect(code).toBe(1);
      expect(output).toMatch(message);
    });

    it("a port in use is named, the admin port with what to do about it", async () => {
      const [admin, port] = await freePorts(2);
      const taken = await runtime.run([
        "gateway",
        "--to",
        "http://127.0.0.1:1",
        "--port",
        String(origin.port),
        "--admin-port",
        String(admin),
      ]);
      expect(taken).toMatchObject({ code: 1, output: `isthmus: 127.0.0.1:${origin.port} is in use by another process\n` });
      const other = await runtime.run([
        "gateway",
        "--to",
        "http://127.0.0.1:1",
        "--port",
        String(port),
        "--admin-port",
        String(origin.port),
      ]);
      expect(other.code).toBe(1);
      expect(other.output).toContain("--admin-port");
    });

    it("a mark at the beginning and Windows' line ends are no mistake", async () => {
      const [main, admin] = await freePorts(2);
      const text = JSON.stringify(simple().build({ main }, admin), null, 1);
      const gateway = await runtime.startOn(`\uFEFF${text.replaceAll("\n", "\r\n")}`, { main }, admin);
      expect((await fetchRaw(main, "/")).status).toBe(200);
      await gateway.stop();
    });
  });

  describe("the admin port", () => {
    it("answers every page, and takes POST where something changes", async () => {
      const gateway = await runtime.start(simple());
      await fetchRaw(gateway.port, "/");
      const help = (await gateway.ask("/help")).text;
      const pages = [...help.matchAll(/^ {2}(\/\S*)( \(POST\))?:/gm)].map(([, path, post]) => ({
        path,
        post: post !== undefined,
      }));
      expect(pages.length).toBeGreaterThan(18);
      for (const { path, post } of pages) {
        // What ends or changes something, and what wants a body.
        if (["/explain", "/quitquitquit", "/drain_listeners", "/runtime_modify", "/healthcheck/fail"].includes(path)) continue;
        const { status, text } = await gateway.ask(path, post ? "POST" : "GET");
        expect(status, `${path}: ${text}`).toBe(200);
        if (post) expect((await gateway.ask(path)).status, path).toBe(405);
      }
      expect((await gateway.ask("/runtime_modify?a=b", "POST")).status, "there is no admin layer").toBe(503);
      expect(JSON.parse((await gateway.ask("/listeners?format=json")).text)).toMatchObject({
        listener_statuses: [
          { name: "main", local_address: { socket_address: { address: "127.0.0.1", port_value: gateway.port } } },
        ],
      });
      const filtered = (await gateway.ask("/stats?filter=%5Ehttp%5C.main%5C.downstream_rq_2xx$")).text;
      expect(filtered).toMatch(/^http\.main\.downstream_rq_2xx: \d+\n$/);
      await gateway.ask("/logging?level=debug", "POST");
      expect((await gateway.ask("/logging", "POST")).text).toMatch(/main: debug/);
      await gateway.stop();
    });

    it("healthcheck/fail makes it not ready, and the health check filter say so", async () => {
      const health = typed("envoy.extensions.filters.http.health_check.v3.HealthCheck", {
        pass_through_mode: false,
        headers: [{ name: ":path", string_match: { exact: "/health" } }],
      });
      const gateway = await runtime.start(simple().filter("health_check", health));
      expect((await fetchRaw(gateway.port, "/health")).status).toBe(200);
      await gateway.ask("/healthcheck/fail", "POST");
      expect(await gateway.ask("/ready")).toMatchObject({ status: 503, text: "DRAINING\n" });
      expect((await fetchRaw(gateway.port, "/health")).status).toBe(503);
      expect((await fetchRaw(gateway.port, "/")).header("connection")).toBe("close");
      await gateway.ask("/healthcheck/ok", "POST");
      expect((await gateway.ask("/ready")).status).toBe(200);
      expect((await fetchRaw(gateway.port, "/health")).status).toBe(200);
      await gateway.stop();
    });

    it("quitquitquit lets what runs finish", async () => {
      const gateway = await runtime.start(simple());
      const client = await rawConnect(gateway.port);
      await client.send(request("/", { headers: slow(500) }));
      await sleep(100);
      expect((await gateway.ask("/quitquitquit", "POST")).text).toBe("OK\n");
      expect(await client.response()).toMatchObject({ status: 200, complete: true });
      expect(await gateway.program.exited).toBe(0);
      client.destroy();
      await gateway.stop();
    });
  });
});

function readable(file: string): boolean {
  try {
    readFileSync(file);
    return true;
  } catch {
    return false;
  }
}
