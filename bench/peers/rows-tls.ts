import { connect } from "node:tls";
import type { Mesh } from "../../test/lib/bootstrap.ts";
import { makeCertificate } from "../../test/lib/certificates.ts";
import { overTls } from "../../test/lib/tls.ts";
import { run } from "../lib/run.ts";
import { cpuMicros, residentKib } from "../lib/usage.ts";
import type { Cost } from "../lib/wrk.ts";
import { routerOnly } from "./configs.ts";
import { idleConnections } from "./memory.ts";
import { measurePaired, measureRounds } from "./paired.ts";
import { accepting } from "./peers.ts";
import type { Peer, PeerName } from "./peers.ts";
import { target } from "./report.ts";
import type { Target } from "./report.ts";
import { among, bootstrapped, toEnvoy } from "./row.ts";
import type { Row, RowOptions } from "./row.ts";
import type { Handshakes } from "./tls-load.ts";

/** The router alone behind TLS 1.3 with an ECDSA P-256 certificate. */
async function securely(options: RowOptions): Promise<(readonly [PeerName, () => Promise<Peer>])[]> {
  const certificate = await makeCertificate({ dns: ["localhost"] });
  const config = (): Mesh => overTls(routerOnly(options.origin), certificate, ["http/1.1"], "TLSv1_3");
  return bootstrapped(config, accepting);
}

const http1: Row = {
  id: "tls",
  measure: async (options) =>
    among(options, await securely(options), async (peers, absent) => {
      const paired = await measurePaired(
        peers.map((peer) => ({ label: peer.name, peer, load: { tls: true } })),
        options.rounds,
        options.seconds,
      );
      const targets = toEnvoy(
        "CPU per request, HTTP/1.1 over TLS 1.3",
        (name) => paired.ratio(name, "Envoy"),
        (name) => paired.has(name),
        0.65,
        0.75,
      );
      const how = "HTTP/1.1 over TLS 1.3, ECDSA P-256, 32 keep-alive connections, 128-byte body, by wrk.";
      return { id: "tls", title: "HTTP/1.1 over TLS", how, lines: paired.lines("Envoy"), targets, absent };
    }),
};

/** What a handshake costs a proxy; its own counter must have seen them all. */
async function handshakes(peer: Peer, seconds: number, kind: "full" | "resumed"): Promise<Cost> {
  const [before, cpu] = [await secured(peer), cpuMicros(peer.program.pid)];
  const role = ["--role", "tls-handshakes", String(peer.port), String(seconds), kind];
  const { count, rate } = JSON.parse(await run("taskset", ["-c", "1", process.execPath, process.argv[1], ...role])) as Handshakes;
  const used = cpuMicros(peer.program.pid) - cpu;
  const seen = (await secured(peer)) - before;
  if (seen < count) throw new Error(`${peer.name} counted ${seen} of ${count} handshakes`);
  return { requests: count, cpu: used / count, rate, memory: residentKib(peer.program.pid) / 1024 };
}

async function secured(peer: Peer): Promise<number> {
  const stats = await (await fetch(`http://127.0.0.1:${peer.admin}/stats?filter=ssl.handshake`)).text();
  return Number(/^listener\.127\.0\.0\.1_\d+\.ssl\.handshake: (\d+)$/m.exec(stats)?.[1] ?? 0);
}

const KINDS = ["full", "resumed"] as const;

const handshake: Row = {
  id: "handshakes",
  measure: async (options) =>
    among(options, await securely(options), async (peers, absent) => {
      const label = (name: string, kind: string): string => `${name}, ${kind}`;
      for (const peer of peers) await handshakes(peer, 1, "full");
      const paired = await measureRounds(
        peers.flatMap((peer) =>
          KINDS.map((kind) => ({ label: label(peer.name, kind), measure: () => handshakes(peer, options.seconds, kind) })),
        ),
        options.rounds,
      );
      const lines = peers.flatMap(({ name }) =>
        KINDS.map((kind) => ({
          proxy: label(name, kind),
          "CPU us/handshake": paired.median(label(name, kind), "cpu"),
          "handshakes/s of a core": Math.round(1e6 / paired.median(label(name, kind), "cpu")),
          "ratio of CPU to Envoy": paired.has(label("Envoy", kind)) ? paired.ratio(label(name, kind), label("Envoy", kind)) : "",
          "handshakes/s offered": Math.round(paired.median(label(name, kind), "rate")),
        })),
      );
      const targets = KINDS.flatMap((kind) =>
        toEnvoy(
          `CPU per TLS handshake, ${kind}`,
          (name) => paired.ratio(label(name, kind), label("Envoy", kind)),
          (name) => paired.has(label(name, kind)),
          // Nine tenths as many handshakes.
          Number((1 / 0.9).toFixed(2)),
        ),
      );
      const how =
        "TLS 1.3 connections, ECDSA P-256, X25519, 16 at a time, which end once they are secure; resumed ones by a ticket. The client is the bottleneck, so what a core could do is counted from the CPU time.";
      return { id: "handshakes", title: "TLS handshakes", how, lines, targets, absent };
    }),
};

/** Idle connections of the memory row. */
const IDLE = 2_000;

const memory: Row = {
  id: "tls-memory",
  measure: async (options) =>
    among(options, await securely(options), async (peers, absent) => {
      const dial = (port: number) => () => connect({ port, host: "127.0.0.1", rejectUnauthorized: false });
      const grown = new Map<PeerName, number>();
      for (const { name, port, program } of peers) grown.set(name, await idleConnections(port, program.pid, IDLE, dial(port)));
      const envoy = grown.get("Envoy");
      const lines = [...grown].map(([proxy, each]) => ({
        proxy,
        "idle TLS connection KiB": each,
        "ratio to Envoy": envoy === undefined ? "" : each / envoy,
      }));
      const targets: Target[] = [];
      for (const [name, each] of grown) {
        if (envoy !== undefined && name !== "Envoy")
          targets.push(target(`idle TLS connection, ${name}, times Envoy`, each / envoy, 1.2));
      }
      const how = `Resident memory for each of ${IDLE} idle keep-alive connections over TLS 1.3, each of which has had one answer.`;
      return { id: "tls-memory", title: "Memory of TLS connections", how, lines, targets, absent };
    }),
};

/** Rows about TLS. */
export const tlsRows: readonly Row[] = [http1, handshake, memory];
