import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Mesh } from "../../test/lib/bootstrap.ts";
import { Runtime } from "../../test/lib/gateway.ts";
import { freePorts } from "../../test/lib/ports.ts";
import { Program } from "../../test/lib/process.ts";
import type { Latency } from "../lib/open-loop.ts";
import { cpuMicros, median, residentKib } from "../lib/usage.ts";
import { exactRoutes, fullStack, manyRoutes, routerOnly, tcpOnly } from "./configs.ts";
import { idleConnections, slowOrigin, slowReader, startMemoryOrigin } from "./memory.ts";
import { measurePaired } from "./paired.ts";
import { absence, accepting, startFromBootstrap, startPlain } from "./peers.ts";
import type { Peer } from "./peers.ts";
import { target } from "./report.ts";
import type { Target } from "./report.ts";
import { among, bootstrapped, FROM_BOOTSTRAP, toEnvoy } from "./row.ts";
import type { Bootstrapped, Row } from "./row.ts";
import { http2Rows } from "./rows-http2.ts";
import { tlsRows } from "./rows-tls.ts";
import { sendBytesProcess } from "./tcp-load.ts";
import { checkWorkDone } from "./work-done.ts";

const PLAIN = ["nginx", "haproxy", "node:http"] as const;

const router: Row = {
  id: "router",
  measure: (options) =>
    among(
      options,
      [
        ...bootstrapped(() => routerOnly(options.origin)),
        ...PLAIN.map((name) => [name, () => startPlain(name, options.origin)] as const),
      ],
      async (peers, absent) => {
        for (const peer of peers) await checkWorkDone(peer, options.origin);
        const paired = await measurePaired(
          peers.map((peer) => ({ label: peer.name, peer, load: {} })),
          options.rounds,
          options.seconds,
        );
        const targets = toEnvoy(
          "CPU per request, router only",
          (name) => paired.ratio(name, "Envoy"),
          (name) => paired.has(name),
          0.6,
          0.65,
        );
        if (paired.has("nginx") && paired.has("Isthmus on Node")) {
          targets.push(target("CPU per request, router only, Node, times nginx", paired.ratio("Isthmus on Node", "nginx"), 2));
        }
        const how = "HTTP/1.1, 32 keep-alive connections, 128-byte body, by wrk.";
        return { id: "router", title: "Router only", how, lines: paired.lines("Envoy"), targets, absent };
      },
    ),
};

const stack: Row = {
  id: "stack",
  measure: async (options) => {
    const folder = mkdtempSync(join(tmpdir(), "isthmus-bench-log-"));
    const config = (name: Bootstrapped): Mesh =>
      fullStack(
        options.origin,
        name === "Envoy" ? "header_mutation" : "typescript",
        join(folder, `${name.replaceAll(" ", "-")}.log`),
      );
    try {
      return await among(options, bootstrapped(config), async (peers, absent) => {
        for (const peer of peers) {
          await checkWorkDone(peer, options.origin);
          const hello = (await fetch(`http://127.0.0.1:${peer.port}/`)).headers.get("x-hello");
          if (hello !== "hello") throw new Error(`${peer.name}: the filter did not run: x-hello is ${hello}`);
        }
        const paired = await measurePaired(
          peers.map((peer) => ({ label: peer.name, peer, load: {} })),
          options.rounds,
          options.seconds,
        );
        const targets = toEnvoy(
          "CPU per request, filters and log",
          (name) => paired.ratio(name, "Envoy"),
          (name) => paired.has(name),
          0.65,
        );
        const how =
          "Fault (armed, not firing), access log as JSON to a file, Prometheus counters, and a filter that sets a response header: the user's own in TypeScript (examples/hello.ts) for Isthmus, header_mutation for Envoy.";
        return { id: "stack", title: "Filters and access log", how, lines: paired.lines("Envoy"), targets, absent };
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

const routes: Row = {
  id: "routes",
  measure: (options) =>
    among(
      options,
      bootstrapped(() => manyRoutes(options.origin, 10_000)),
      async (many, absent) =>
        among(
          { ...options, only: many.map((peer) => peer.name) },
          bootstrapped(() => manyRoutes(options.origin, 1)),
          async (one) => {
            for (const peer of [...many, ...one]) await checkWorkDone(peer, options.origin, "/last/resource");
            const load = { path: "/last/resource" };
            const label = (peer: Peer, count: string): string => `${peer.name}, ${count}`;
            const paired = await measurePaired(
              many.flatMap((peer, i) => [
                { label: label(one[i], "one route"), peer: one[i], load },
                { label: label(peer, "last of 10,000"), peer, load },
              ]),
              options.rounds,
              options.seconds,
            );
            const times = (peer: Peer): number => paired.ratio(label(peer, "last of 10,000"), label(peer, "one route"));
            const lines = many.map((peer) => ({
              proxy: peer.name,
              "one route, CPU us/request": paired.median(label(peer, "one route"), "cpu"),
              "last of 10,000, CPU us/request": paired.median(label(peer, "last of 10,000"), "cpu"),
              ratio: times(peer),
            }));
            const targets = many
              .filter((peer) => peer.name !== "Envoy")
              .map((peer) => target(`last of 10,000 routes, ${peer.name}, times one route`, times(peer), 1.1));
            const how =
              "10,000 routes: exact, prefix, regex, separated prefix, with a header match and with a query match, in turn; the last one is asked for.";
            return { id: "routes", title: "10,000 mixed routes", how, lines, targets, absent };
          },
        ),
    ),
};

const connections: Row = {
  id: "connections",
  measure: (options) =>
    among(
      options,
      [
        ...bootstrapped(() => routerOnly(options.origin)),
        ...PLAIN.map((name) => [name, () => startPlain(name, options.origin)] as const),
      ],
      async (peers, absent) => {
        const load = { headers: ["Connection: close"] };
        const paired = await measurePaired(
          peers.map((peer) => ({ label: peer.name, peer, load })),
          options.rounds,
          options.seconds,
        );
        const targets = toEnvoy(
          "CPU per request, a connection each",
          (name) => paired.ratio(name, "Envoy"),
          (name) => paired.has(name),
          1.6,
        );
        const how = "Each request over a connection of its own (Connection: close), 32 at a time, by wrk.";
        return { id: "connections", title: "A fresh connection per request", how, lines: paired.lines("Envoy"), targets, absent };
      },
    ),
};

const latency: Row = {
  id: "latency",
  measure: (options) =>
    among(
      options,
      [
        ...bootstrapped(() => routerOnly(options.origin)),
        ...PLAIN.map((name) => [name, () => startPlain(name, options.origin)] as const),
      ],
      async (peers, absent) => {
        const runs = new Map<string, Latency[]>(peers.map((peer) => [peer.name, []]));
        for (const peer of peers) await openLoopProcess(peer.port, options.rate, 1);
        for (let round = 0; round < options.rounds; round++) {
          for (const peer of peers) runs.get(peer.name)?.push(await openLoopProcess(peer.port, options.rate, options.seconds));
        }
        const lines = [...runs].map(([proxy, all]) => ({
          proxy,
          "offered/s": options.rate,
          failures: all.reduce((sum, one) => sum + one.failures, 0),
          "p50 ms": median(all.map((one) => one.p50)),
          "p90 ms": median(all.map((one) => one.p90)),
          "p99 ms": median(all.map((one) => one.p99)),
          "max ms": median(all.map((one) => one.max)),
        }));
        const how =
          "Equal offered load from an open-loop client over 32 connections; latency counts from when a request was due, so waiting is not hidden.";
        return { id: "latency", title: "Latency at equal load", how, lines, targets: [], absent };
      },
    ),
};

const memory: Row = {
  id: "memory",
  measure: async (options) => {
    const origin = await startMemoryOrigin();
    try {
      return await among(
        options,
        [
          ...bootstrapped(() => routerOnly(origin.port)),
          ...PLAIN.map((name) => [name, () => startPlain(name, origin.port)] as const),
        ],
        async (peers, absent) => {
          const lines = [];
          const targets: Target[] = [];
          const seconds = Math.max(4, options.seconds);
          for (const peer of peers) {
            const pid = peer.program.pid;
            const idle = await idleConnections(peer.port, pid, 4_000);
            const down = await slowReader(peer.port, pid, seconds);
            const up = await slowOrigin(peer.port, pid, seconds);
            lines.push({
              proxy: peer.name,
              "idle connection KiB": idle,
              "slow reader, grew MiB": down.grown,
              "down MiB": Math.round(down.moved),
              "slow origin, grew MiB": up.grown,
              "up MiB": Math.round(up.moved),
            });
            if (!peer.name.startsWith("Isthmus")) continue;
            targets.push(target(`idle connection, ${peer.name}, KiB`, idle, 8));
            targets.push(target(`slow reader of 1 GiB, ${peer.name}, MiB of growth`, down.grown, 32));
            targets.push(target(`slow origin of 1 GiB, ${peer.name}, MiB of growth`, up.grown, 32));
          }
          const how = `Resident memory: for each of 4,000 idle keep-alive connections; while a client reads 10 MiB/s of 1 GiB, and while an origin reads 10 MiB/s of 1 GiB (${seconds} s each).`;
          return { id: "memory", title: "Memory", how, lines, targets, absent };
        },
      );
    } finally {
      origin.close();
    }
  },
};

const start: Row = {
  id: "start",
  measure: async (options) => {
    const lines = [];
    const targets: Target[] = [];
    const absent: string[] = [];
    const folder = mkdtempSync(join(tmpdir(), "isthmus-bench-"));
    for (const name of FROM_BOOTSTRAP) {
      if (!options.only.includes(name)) continue;
      const reason = absence(name);
      if (reason !== undefined) {
        absent.push(reason);
        continue;
      }
      const took: number[] = [];
      for (let round = 0; round < 5; round++) took.push(await startTime(name, options.origin, folder));
      lines.push({ proxy: name, "start to first answer, ms": Math.round(median(took)) });
      if (name === "Isthmus on Node")
        targets.push(target("start to the first answer, 1,000 routes, Node, ms", median(took), 350));
    }
    rmSync(folder, { recursive: true, force: true });
    const how =
      "From starting the process to the first right answer through the last of 1,000 exact routes; median of 5, on any core.";
    return { id: "start", title: "Start with 1,000 routes", how, lines, targets, absent };
  },
};

async function startTime(name: Bootstrapped, origin: number, folder: string): Promise<number> {
  const [port, admin] = await freePorts(2);
  const file = join(folder, "start.yaml");
  writeFileSync(file, JSON.stringify(exactRoutes(origin, 1_000).build({ main: port }, admin), null, 1));
  const runtime = new Runtime(name === "Envoy" ? "envoy" : name === "Isthmus on Node" ? "node" : "deno");
  const { command, args } = runtime.command(["gateway", file]);
  const begin = performance.now();
  const program = new Program(command, args);
  try {
    for (;;) {
      if (program.exitCode !== undefined) throw new Error(`${name} ended: ${program.log.slice(-2_000)}`);
      const status = await fetch(`http://127.0.0.1:${port}/svc/999/resource`).then(
        async (response) => (await response.arrayBuffer(), response.status),
        () => 0,
      );
      if (status === 200) return performance.now() - begin;
      if (performance.now() - begin > 30_000) throw new Error(`${name} gave no right answer`);
      await sleep(3);
    }
  } finally {
    await program.stop();
  }
}

/** The open-loop client runs on core 1, in a process of its own. */
function openLoopProcess(port: number, rate: number, seconds: number): Promise<Latency> {
  return new Promise((resolve, reject) => {
    const args = [
      "-c",
      "1",
      process.execPath,
      process.argv[1],
      "--role",
      "open-loop",
      String(port),
      String(rate),
      String(seconds),
    ];
    const child = spawn("taskset", args, { stdio: ["ignore", "pipe", "inherit"] });
    let out = "";
    child.stdout.on("data", (data: Buffer) => (out += String(data)));
    child.on("close", (code) =>
      code === 0 ? resolve(JSON.parse(out) as Latency) : reject(new Error(`the open-loop client ended with ${code}`)),
    );
  });
}

/** GiB of one measurement of the TCP row. */
const TCP_GIB = 2;

const tcp: Row = {
  id: "tcp",
  measure: async (options) => {
    const [port] = await freePorts(1);
    const sink = new Program("taskset", ["-c", "1", process.execPath, process.argv[1], "--role", "tcp-sink", String(port)]);
    try {
      await accepting(sink, port, "the sink");
      const starts = FROM_BOOTSTRAP.map((name) => [name, () => startFromBootstrap(name, tcpOnly(port), accepting)] as const);
      return await among(options, starts, async (peers, absent) => {
        const costs = new Map<string, { cpu: number; rate: number; memory: number }[]>(peers.map(({ name }) => [name, []]));
        for (const peer of peers) await sendBytesProcess(peer.port, 2 ** 28);
        for (let round = 0; round < options.rounds; round++) {
          for (const { name, port: at, program } of peers) {
            const [cpu, begun] = [cpuMicros(program.pid), performance.now()];
            await sendBytesProcess(at, TCP_GIB * 2 ** 30);
            const seconds = (performance.now() - begun) / 1000;
            costs.get(name)?.push({
              cpu: (cpuMicros(program.pid) - cpu) / 1e6 / TCP_GIB,
              rate: TCP_GIB / seconds,
              memory: residentKib(program.pid) / 1024,
            });
          }
        }
        const of = (name: string, what: "cpu" | "rate" | "memory"): number => median((costs.get(name) ?? []).map((c) => c[what]));
        const ratio = (name: string): number =>
          median((costs.get(name) ?? []).map(({ cpu }, round) => cpu / (costs.get("Envoy")?.[round]?.cpu ?? Number.NaN)));
        const lines = peers.map(({ name }) => ({
          proxy: name,
          "CPU s/GiB": of(name, "cpu"),
          "ratio to Envoy": costs.has("Envoy") ? ratio(name) : "",
          "GiB/s": of(name, "rate"),
          "memory MiB": Math.round(of(name, "memory")),
        }));
        const targets = toEnvoy("CPU per GiB, TCP proxy", ratio, (name) => costs.has(name), 1.5, 1.5);
        const how = `One connection sends ${TCP_GIB} GiB in chunks of 64 KiB through tcp_proxy to a sink, which tells how many came.`;
        return { id: "tcp", title: "TCP proxy", how, lines, targets, absent };
      });
    } finally {
      await sink.stop();
    }
  },
};

/** All rows, in the order of the report. */
export const rows: readonly Row[] = [router, stack, routes, connections, tcp, ...http2Rows, ...tlsRows, latency, memory, start];
