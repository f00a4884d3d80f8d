// How long a change takes until it is live, and what requests notice of it.
// usage: npm run bench:reload [-- --services 1000 --routes 10 --edits 10 --rate 500 --only folder,file,bootstrap]
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTcpServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { findDeno } from "../../test/lib/tools.ts";
import { OpenLoopClient } from "./client.ts";
import { bootstrap, edit, replace, type Shape, writeFolder } from "./generate.ts";

const { values } = parseArgs({
  options: {
    services: { type: "string", default: "1000" },
    routes: { type: "string", default: "10" },
    edits: { type: "string", default: "10" },
    rate: { type: "string", default: "500" },
    only: { type: "string", default: "folder,file,bootstrap" },
    runtime: { type: "string", default: "node,deno" },
  },
});
const shape: Shape = { services: Number(values.services), routes: Number(values.routes) };
const edits = Number(values.edits);
const rate = Number(values.rate);
/** An edit is over for requests when this time has passed since it was live. ms. */
const AFTER = 400;

const root = process.cwd();
const program = join(root, "dist", "isthmus.js");
const host = join(root, "bench", "reload", "host.mjs");
const now = (): number => performance.timeOrigin + performance.now();

interface Case {
  readonly name: string;
  readonly path: string;
  readonly hosts: readonly [steady: string, edited: string];
  write(generation: number): void;
}

/** How long the event loop stood still: by the clock, and by the CPU that the process used meanwhile. */
interface Block {
  readonly ms: number;
  readonly cpu: number;
}

interface Row {
  readonly runtime: string;
  readonly what: string;
  readonly start: number;
  readonly live: readonly number[];
  readonly slowest: readonly number[];
  readonly block: readonly Block[];
  readonly quiet: { readonly slowest: number; readonly block: Block };
  readonly failures: number;
}

async function freePort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

async function ask(port: number, authority: string): Promise<boolean> {
  return new Promise((done) => {
    const client = new OpenLoopClient(port, [authority], 1_000, 1);
    setTimeout(() => {
      done(client.samples.some(({ status }) => status === 200));
      client.stop();
    }, 10);
  });
}

async function measure(runtime: string, command: readonly string[], one: Case, folder: string, port: number): Promise<Row> {
  const probe = join(folder, "probe.json");
  const began = now();
  const args = [host, probe, program, "gateway", one.path, "--watch", "--admin-port", "0", "--log-level", "warning"];
  const child = spawn(command[0], [...command.slice(1), ...args], { stdio: ["ignore", "inherit", "inherit"] });
  try {
    while (!(await ask(port, one.hosts[0]))) {
      if (child.exitCode !== null) throw new Error(`the gateway ended with ${child.exitCode}`);
      if (now() - began > 60_000) throw new Error("the gateway does not answer after 60 s");
    }
    const start = now() - began;
    const client = new OpenLoopClient(port, one.hosts, rate);
    const windows: { from: number; to: number }[] = [];
    const live: number[] = [];
    await sleep(3_000);
    client.samples.length = 0;
    const quietFrom = now();
    await sleep(3_000);
    const quiet = { from: quietFrom, to: now() };
    for (let generation = 1; generation <= edits; generation++) {
      const from = now();
      one.write(generation);
      let seen: number | undefined;
      while (seen === undefined) {
        await sleep(2);
        const sample = client.samples.findLast((s) => s.generation === String(generation));
        if (sample !== undefined) seen = client.samples.find((s) => s.generation === String(generation))?.due;
        if (now() - from > 20_000) throw new Error(`edit ${generation} is not live after 20 s`);
      }
      live.push(seen - from);
      await sleep(AFTER);
      windows.push({ from, to: now() });
      await sleep(300);
    }
    await sleep(200);
    client.stop();
    const blocks = existsSync(probe) ? (JSON.parse(readFileSync(probe, "utf8")) as [number, number, number][]) : [];
    const slowestIn = ({ from, to }: { from: number; to: number }): number =>
      Math.max(0, ...client.samples.filter((s) => s.due >= from && s.due <= to).map((s) => s.ms));
    const blockIn = ({ from, to }: { from: number; to: number }): Block => {
      const within = blocks.filter(([at]) => at >= from && at <= to);
      return { ms: Math.max(0, ...within.map(([, ms]) => ms)), cpu: Math.max(0, ...within.map(([, , cpu]) => cpu)) };
    };
    return {
      runtime,
      what: one.name,
      start,
      live,
      slowest: windows.map(slowestIn),
      block: windows.map(blockIn),
      quiet: { slowest: slowestIn(quiet), block: blockIn(quiet) },
      failures: client.failures,
    };
  } finally {
    child.kill("SIGKILL");
    await new Promise((done) => (child.exitCode === null && child.signalCode === null ? child.once("exit", done) : done(null)));
  }
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

function show(row: Row): string {
  const ms = (value: number): string => value.toFixed(value < 100 ? 1 : 0);
  const both = (list: readonly number[]): string => `${ms(median(list))} (most ${ms(Math.max(...list))})`;
  return [
    `${row.runtime}, ${row.what}`,
    `start until live ${ms(row.start)} ms`,
    `edit until live ${both(row.live)} ms`,
    `slowest request of an edit ${both(row.slowest)} ms, without edits ${ms(row.quiet.slowest)} ms`,
    `longest block of the event loop ${both(row.block.map((b) => b.ms))} ms, without edits ${ms(row.quiet.block.ms)} ms`,
    `the same in ms of CPU ${both(row.block.map((b) => b.cpu))}, without edits ${ms(row.quiet.block.cpu)}`,
    `${row.failures} failed`,
  ].join("\n    ");
}

const origin = createServer((_request, response) => response.end("ok"));
await new Promise<void>((done) => origin.listen(0, "127.0.0.1", done));
const originPort = (origin.address() as AddressInfo).port;
const deno = findDeno();
const runtimes: [string, readonly string[]][] = [["Node", [process.execPath]]];
if (deno.path !== undefined) runtimes.push(["Deno", [resolve(root, deno.path), "run", "-A"]]);
for (const [runtime, command] of runtimes.filter(([name]) => values.runtime.includes(name.toLowerCase()))) {
  for (const kind of values.only.split(",")) {
    const folder = mkdtempSync(join(tmpdir(), "isthmus-reload-"));
    const port = await freePort();
    const files = join(folder, "config");
    const total = shape.services * shape.routes;
    const edited = shape.services >> 1;
    const hosts = ["app-0.example.com", `app-${edited}.example.com`] as const;
    let one: Case;
    if (kind === "bootstrap") {
      const file = join(folder, "envoy.yaml");
      writeFileSync(file, bootstrap(total, port, originPort, 0));
      const write = (generation: number): void => replace(file, bootstrap(total, port, originPort, generation));
      one = { name: `a bootstrap of ${total} routes`, path: file, hosts: ["a", "b"], write };
    } else {
      const isOne = kind === "file";
      writeFolder(files, shape, port, originPort, isOne);
      const write = (generation: number): void => edit(files, edited, shape, generation, isOne);
      const name = `${shape.services} VirtualServices of ${shape.routes} routes in ${isOne ? "one file" : "a file each"}`;
      one = { name, path: files, hosts, write };
    }
    process.stdout.write(show(await measure(runtime, command, one, folder, port)) + "\n");
    rmSync(folder, { recursive: true, force: true });
  }
}
origin.close();
