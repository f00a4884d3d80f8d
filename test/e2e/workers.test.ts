import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mesh } from "../lib/bootstrap.ts";
import type { Mesh } from "../lib/bootstrap.ts";
import { type describeRuntimes, skipped } from "../lib/describe.ts";
import { type Gateway, Runtime } from "../lib/gateway.ts";
import { startOrigin } from "../lib/origin.ts";
import type { Origin } from "../lib/origin.ts";
import { family, until } from "../lib/process.ts";
import { fetchRaw, rawConnect, request } from "../lib/raw.ts";

/** Envoy has threads, and on Deno sockets do not reach a child reliably. */
const suite: typeof describeRuntimes = (name, body) =>
  [undefined, "node"].includes(process.env["SUBJECT"])
    ? describe(`${name} (node)`, { timeout: 30_000 }, () => body(new Runtime("node")))
    : skipped(name, "--workers is for Node");

suite("several processes", (runtime) => {
  let origin: Origin;

  beforeAll(async () => {
    origin = await startOrigin();
  });
  afterAll(async () => {
    await runtime.stopAll();
    await origin.close();
  });

  const config = (mark: string): Mesh =>
    mesh()
      .service("web", origin.port)
      .route({
        match: { prefix: "/" },
        route: { cluster: "web" },
        response_headers_to_add: [{ header: { key: "x-mark", value: mark } }],
      });
  const start = (mark = "first", ...args: string[]): Promise<Gateway> =>
    runtime.start(config(mark), { args: ["--workers", "2", ...args] });
  const workersOf = (gateway: Gateway): number[] =>
    family(gateway.program.pid).filter((pid) => /isthmus\.cjs worker/.test(commandOf(pid)));

  /** A request on a connection of its own, again and again until told to stop: what did not get its answer. */
  function load(gateway: Gateway): { stop(): Promise<{ done: number; lost: string[]; marks: Set<string> }> } {
    let on = true;
    let done = 0;
    const lost: string[] = [];
    const marks = new Set<string>();
    const one = async (): Promise<void> => {
      for (; on; done++) {
        const answer = await fetchRaw(gateway.port, `/${done}`).catch((error: unknown) => String(error));
        if (typeof answer === "string") lost.push(answer);
        else if (answer.status !== 200) lost.push(answer.statusLine);
        else marks.add(answer.header("x-mark") ?? "none");
      }
    };
    const clients = Promise.all(Array.from({ length: 8 }, one));
    return {
      stop: async () => {
        on = false;
        await clients;
        return { done, lost, marks };
      },
    };
  }

  it("serve together, and one admin port tells what all count", async () => {
    const gateway = await start();
    const clients = await Promise.all(Array.from({ length: 40 }, () => rawConnect(gateway.port)));
    for (const client of clients) expect((await client.ask(request("/"))).status).toBe(200);
    const stats = await gateway.stats();
    expect(stats.get("http.main.downstream_rq_total")).toBe(40);
    expect(stats.get("http.main.downstream_cx_active")).toBe(40);
    expect(stats.get("cluster.web.upstream_rq_total")).toBe(40);
    expect(stats.get("server.concurrency")).toBe(2);
    expect(stats.get("server.live")).toBe(1);
    const clusters = (await gateway.ask("/clusters")).text;
    expect(clusters).toContain(`web::127.0.0.1:${origin.port}::rq_total::40`);
    expect(clusters).toContain("web::default_priority::max_connections::1024");
    // Two serve, one is ready to.
    await until(() => workersOf(gateway).length === 3, "a spare worker");
    for (const client of clients) client.destroy();
    await gateway.stop();
  });

  it("do what the admin port is told, all of them", async () => {
    const gateway = await start();
    expect((await gateway.ask("/healthcheck/fail", "POST")).status).toBe(200);
    for (let i = 0; i < 20; i++) expect((await fetchRaw(gateway.port, "/")).header("connection")).toBe("close");
    expect((await gateway.ask("/healthcheck/ok", "POST")).status).toBe(200);
    expect((await gateway.ask("/reset_counters", "POST")).status).toBe(200);
    expect(await gateway.stat("http.main.downstream_rq_total")).toBe(0);
    await gateway.stop();
  });

  it("lose only what a killed one had in flight, refuse nobody, and count on", { timeout: 60_000 }, async () => {
    const gateway = await start();
    await fetchRaw(gateway.port, "/before");
    const running = load(gateway);
    for (let kill = 0; kill < 3; kill++) {
      await until(() => workersOf(gateway).length === 3, "a spare worker");
      await sleep(300);
      await gateway.stats();
      process.kill(workersOf(gateway)[0], "SIGKILL");
      await gateway.program.logged(new RegExp(`(?:worker \\d+ serves[^]*){${kill + 1}}`));
    }
    const { done, lost } = await running.stop();
    expect(done).toBeGreaterThan(100);
    // Eight clients have at most eight requests in flight each time; a connection that is refused would say so.
    expect(lost.length, lost.join("\n")).toBeLessThanOrEqual(24);
    expect(lost.join("\n")).not.toMatch(/ECONNREFUSED/);
    expect(await gateway.stat("http.main.downstream_rq_total")).toBeGreaterThan(done / 2);
    expect(await gateway.stop()).toBe(0);
  });

  it("wait for nobody: who connects while none is left is served by the next", { timeout: 60_000 }, async () => {
    const gateway = await start();
    await until(() => workersOf(gateway).length === 3, "a spare worker");
    for (const pid of workersOf(gateway)) process.kill(pid, "SIGKILL");
    expect((await fetchRaw(gateway.port, "/")).status).toBe(200);
    await gateway.stop();
  });

  it("take a new configuration all or not at all, under load and without a loss", { timeout: 60_000 }, async () => {
    const gateway = await start("0", "--watch");
    const running = load(gateway);
    for (let edit = 1; edit <= 10; edit++) {
      gateway.write(config(String(edit)));
      await gateway.program.logged(new RegExp(`\\[${gateway.program.pid}\\].*configuration ${edit + 1} is live`));
      for (let i = 0; i < 8; i++) expect((await fetchRaw(gateway.port, "/")).header("x-mark")).toBe(String(edit));
    }
    gateway.write("static_resources: { listeners: 5 }");
    await gateway.program.logged(/was refused/);
    const { lost, marks } = await running.stop();
    expect(lost).toEqual([]);
    expect(marks.has("10")).toBe(true);
    expect((await fetchRaw(gateway.port, "/")).header("x-mark")).toBe("10");
    await gateway.stop();
  });

  it("bind what an edit adds, and let go what it takes away", async () => {
    const gateway = await runtime.start(config("both").listener("second").route("/", "web"), {
      args: ["--workers", "2", "--watch", "--drain-time", "1"],
    });
    expect((await fetchRaw(gateway.ports["second"], "/")).status).toBe(200);
    gateway.write(config("one"));
    await gateway.program.logged(new RegExp(`\\[${gateway.program.pid}\\].*configuration 2 is live`));
    const refused = (): Promise<boolean> =>
      new Promise((resolve) => {
        const socket = connect(gateway.ports["second"], "127.0.0.1");
        socket.on("connect", () => {
          socket.destroy();
          resolve(false);
        });
        socket.on("error", () => resolve(true));
      });
    await until(refused, "nobody listens there any more");
    gateway.write(config("again").listener("second").route("/", "web"));
    await gateway.program.logged(new RegExp(`\\[${gateway.program.pid}\\].*configuration 3 is live`));
    expect((await fetchRaw(gateway.ports["second"], "/")).status).toBe(200);
    await gateway.stop();
  });

  it("finish what runs after SIGTERM, and end, all of them", async () => {
    const gateway = await start();
    const workers = await until(() => (workersOf(gateway).length === 3 ? workersOf(gateway) : null), "a spare worker");
    const client = await rawConnect(gateway.port);
    await client.send(request("/", { headers: [["x-answer", JSON.stringify({ delay: 700 })]] }));
    await sleep(150);
    gateway.program.signal("SIGTERM");
    expect((await client.response())?.status).toBe(200);
    expect(await gateway.program.exited).toBe(0);
    await until(() => workers.every((pid) => commandOf(pid) === ""), "no worker is left");
    client.destroy();
    await gateway.stop();
  });

  it("end when their supervisor is killed", async () => {
    const gateway = await start();
    const workers = workersOf(gateway);
    gateway.program.signal("SIGKILL");
    await until(() => workers.every((pid) => commandOf(pid) === ""), "no worker is left");
    await gateway.stop();
  });

  it(
    "are taken over from by --hot-restart: no connection is refused, only one that has not asked yet may be ended",
    { timeout: 60_000 },
    async () => {
      const id = String(100_000 + Math.floor(Math.random() * 900_000));
      const gateway = await start("old", "--hot-restart", "--base-id", id);
      const running = load(gateway);
      await sleep(200);
      const args = ["gateway", gateway.file, "--workers", "2", "--hot-restart", "--base-id", id];

      // One that can't start changes nothing.
      gateway.write("static_resources: { listeners: 5 }");
      const failed = runtime.launch(args);
      expect(await failed.exited).toBe(1);
      expect(failed.log).toMatch(/the old one goes on/);

      gateway.write(config("new"));
      const next = runtime.launch(args);
      // Its output may live on in its successor's, so that it is not "closed".
      expect(await until(() => gateway.program.child.exitCode !== null, "the old one ends", 20_000)).toBe(true);
      expect(gateway.program.child.exitCode).toBe(0);
      await sleep(300);
      const { done, lost, marks } = await running.stop();
      // The old ones end idle connections, and one that was just accepted is idle.
      expect(lost.filter((why) => !why.includes("ended without a response"))).toEqual([]);
      expect(lost.length).toBeLessThanOrEqual(8);
      expect(done).toBeGreaterThan(50);
      expect([...marks].toSorted()).toEqual(["new", "old"]);
      expect((await gateway.ask("/ready")).status).toBe(200);
      expect(gateway.program.log + next.log).toMatch(/all listeners are up[^]*all listeners are up/);

      // And once more, now from the successor.
      const third = runtime.launch(args);
      await until(() => next.child.exitCode !== null, "the second one ends", 20_000);
      expect(next.child.exitCode).toBe(0);
      expect((await fetchRaw(gateway.port, "/")).status).toBe(200);
      third.signal("SIGTERM");
      await until(() => third.child.exitCode !== null, "the third one ends", 20_000);
      expect(third.child.exitCode).toBe(0);
    },
  );
});

/** The command line of a process; "" when it is gone. */
function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ");
  } catch {
    return "";
  }
}
