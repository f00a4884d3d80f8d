import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mesh } from "../lib/bootstrap.ts";
import type { Mesh } from "../lib/bootstrap.ts";
import { describeRuntimes, skipped } from "../lib/describe.ts";
import type { Gateway } from "../lib/gateway.ts";
import { startOrigin } from "../lib/origin.ts";
import type { Origin } from "../lib/origin.ts";
import { until } from "../lib/process.ts";
import { fetchRaw, rawConnect, request } from "../lib/raw.ts";

const REQUESTS = 10_000;
const RELOADS = 50;
const CONNECTIONS = 16;

/** Envoy does not read its bootstrap again. */
const suite: typeof describeRuntimes =
  process.env["SUBJECT"] === "envoy" ? (name) => skipped(name, "Envoy does not read its bootstrap again") : describeRuntimes;

suite("reload", (runtime) => {
  let origin: Origin;
  let second: Origin;

  beforeAll(async () => {
    origin = await startOrigin();
    second = await startOrigin();
  });
  afterAll(async () => {
    await runtime.stopAll();
    await origin.close();
    await second.close();
  });

  /** Configuration number `generation`: its responses say so; clusters and a listener come and go. */
  const config = (generation: number): Mesh => {
    const mark = { response_headers_to_add: [{ header: { key: "x-generation", value: String(generation) } }] };
    const draft = mesh().service("web", origin.port);
    if (generation % 2 === 1) draft.service(`extra-${generation}`, second.port).route(`/extra`, `extra-${generation}`);
    return draft
      .route({ match: { prefix: "/" }, route: { cluster: generation % 5 === 4 ? "moved" : "web" }, ...mark })
      .service("moved", second.port);
  };
  const generationOf = async (gateway: Gateway): Promise<string | undefined> =>
    (await fetchRaw(gateway.port, "/")).header("x-generation");

  describe("under load", () => {
    it(`loses none of ${REQUESTS} requests over ${RELOADS} reloads`, { timeout: 180_000 }, async () => {
      const gateway = await runtime.start(config(0), { args: ["--watch"] });
      const post = "0123456789abcdef".repeat(4_096);
      const seen = new Set<string>();
      const lost: string[] = [];
      let done = 0;
      let reloading = true;
      const load = async (): Promise<void> => {
        let client = await rawConnect(gateway.port);
        while (done < REQUESTS || reloading) {
          const number = done++;
          const big = number % 5 === 0;
          const parts = big
            ? { method: "POST", body: number % 10 === 0 ? post : "small", chunk: number % 10 === 0 ? 8_000 : 2, headers: [] }
            : { headers: [] };
          await client.send(request(`/${number}`, parts));
          const response = await client.response().catch((error: unknown) => {
            lost.push(`${number}: ${String(error)}`);
            return null;
          });
          const wanted = `"target":"/${number}"`;
          const length = `"bodyLength":${parts.body?.length ?? 0}`;
          const right =
            response?.status === 200 && response.complete && response.text().includes(wanted) && response.text().includes(length);
          if (!right) lost.push(`${number}: ${response?.statusLine} ${response?.text().slice(0, 200)}`);
          seen.add(response?.header("x-generation") ?? "none");
          // A listener that is replaced says so; the client then connects anew, as clients do.
          if (response === null || response.header("connection") === "close") {
            client.destroy();
            client = await rawConnect(gateway.port);
          }
          if (lost.length > 20) break;
        }
        client.destroy();
      };
      const clients = Promise.all(Array.from({ length: CONNECTIONS }, () => load()));
      for (let generation = 1; generation <= RELOADS; generation++) {
        gateway.write(config(generation));
        await until(
          () => seen.has(String(generation)),
          `generation ${generation} answers`,
          10_000,
          () => gateway.log.slice(-1_000),
        );
        // The load goes on a while on each configuration.
        const share = (REQUESTS / (RELOADS + 1)) * generation;
        await until(() => done >= share || lost.length > 20, "its share of the requests", 20_000);
      }
      reloading = false;
      await clients;
      expect(lost).toEqual([]);
      expect(done).toBeGreaterThanOrEqual(REQUESTS);
      expect([...seen].sort()).toEqual(Array.from({ length: RELOADS + 1 }, (_, i) => String(i)).sort());
      expect(await gateway.stat("http.main.downstream_rq_5xx")).toBe(0);
      await gateway.stop();
    });
  });

  it("leaves a request in flight on the configuration it began with", async () => {
    const gateway = await runtime.start(config(0), { args: ["--watch"] });
    const client = await rawConnect(gateway.port);
    await client.send(request("/slow", { headers: [["x-answer", '{"delay":800,"body":"late"}']] }));
    await sleep(100);
    gateway.write(config(2));
    await until(async () => (await generationOf(gateway)) === "2", "the new configuration");
    const response = await client.response();
    expect(response).toMatchObject({ status: 200, complete: true });
    expect(response?.header("x-generation")).toBe("0");
    client.destroy();
    await gateway.stop();
  });

  it("keeps the pool of a cluster that has not changed", async () => {
    const gateway = await runtime.start(config(0), { args: ["--watch"] });
    const client = await rawConnect(gateway.port);
    await client.ask(request("/"));
    const before = origin.accepted;
    gateway.write(config(2));
    await until(async () => (await generationOf(gateway)) === "2", "the new configuration");
    await client.ask(request("/"));
    expect(origin.accepted).toBe(before);
    expect(await gateway.stat("cluster.web.upstream_cx_total")).toBeLessThan(3);
    client.destroy();
    await gateway.stop();
  });

  it("opens and closes listeners", async () => {
    const both = mesh().service("web", origin.port).route("/", "web").listener("second").route("/", "web");
    const gateway = await runtime.start(both, { args: ["--watch"] });
    expect((await fetchRaw(gateway.ports["second"], "/")).status).toBe(200);
    const kept = await rawConnect(gateway.port);
    await kept.ask(request("/"));
    gateway.write(mesh().service("web", origin.port).route("/", "web"));
    const refused = async (): Promise<boolean> => {
      try {
        (await rawConnect(gateway.ports["second"])).destroy();
        return false;
      } catch {
        return true;
      }
    };
    await until(refused, "the removed listener refuses connections");
    expect((await kept.ask(request("/"))).status, "a connection of the listener that stayed").toBe(200);
    gateway.write(both);
    await until(async () => !(await refused()), "the listener is back");
    expect((await fetchRaw(gateway.ports["second"], "/")).status).toBe(200);
    kept.destroy();
    await gateway.stop();
  });

  it("happens on SIGHUP without --watch", async () => {
    const gateway = await runtime.start(config(0));
    gateway.write(config(2));
    await sleep(700);
    expect(await generationOf(gateway), "without --watch an edit alone does nothing").toBe("0");
    gateway.program.signal("SIGHUP");
    await until(async () => (await generationOf(gateway)) === "2", "the new configuration");
    await gateway.stop();
  });

  it("refuses a broken edit with its place and keeps serving", async () => {
    const gateway = await runtime.start(config(0), { args: ["--watch"] });
    const good = readFileSync(gateway.file, "utf8");
    const edits: [what: string, text: string, field: string, value: string][] = [
      ["a misspelt field", good.replace('"cluster": "web"', '"clustr": "web"'), "clustr", "cluster"],
      ["a wrong type", good.replace('"cluster": "web"', '"cluster": "web", "timeout": "soon"'), "timeout", "soon"],
      ["an unknown cluster", good.replace('"cluster": "web"', '"cluster": "wbe"'), "cluster", "wbe"],
    ];
    for (const [what, text, name, value] of edits) {
      const line = text.split("\n").findIndex((content, i) => content !== good.split("\n")[i]) + 1;
      const before = gateway.log.length;
      gateway.write(text);
      await until(
        () => /gateway\.yaml:\d+:\d+/.test(gateway.log.slice(before)),
        `a refusal of ${what}`,
        10_000,
        () => gateway.log.slice(before),
      );
      const said = gateway.log.slice(before);
      expect(Number(/gateway\.yaml:(\d+):\d+/.exec(said)?.[1]), `line of ${what} in ${said}`).toBe(line);
      expect(said, what).toContain(name);
      expect(said, what).toContain(value);
      expect(await generationOf(gateway), "the last good configuration serves").toBe("0");
    }
    gateway.write("static_resources: [unclosed");
    await sleep(500);
    expect(await generationOf(gateway)).toBe("0");
    gateway.write(config(2));
    await until(async () => (await generationOf(gateway)) === "2", "the mended configuration");
    await gateway.stop();
  });
});
