import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeCertificate } from "../../test/lib/certificates.ts";
import { overTls } from "../../test/lib/tls.ts";
import { freePorts } from "../../test/lib/ports.ts";
import { Program } from "../../test/lib/process.ts";
import { http2CostOf, noH2load } from "../lib/h2load.ts";
import type { Http2Load } from "../lib/h2load.ts";
import { http2Router } from "./configs.ts";
import { BULK, GRPC_MESSAGE, STREAM_MESSAGES } from "./http2-origin.ts";
import type { Http2Mode } from "./http2-origin.ts";
import { checkGrpcWork, checkHttp2Work } from "./http2-work.ts";
import { measureRounds } from "./paired.ts";
import type { Paired } from "./paired.ts";
import { accepting } from "./peers.ts";
import type { Peer } from "./peers.ts";
import { among, bootstrapped, toEnvoy } from "./row.ts";
import type { Row, RowOptions } from "./row.ts";
import { whileCounting } from "./work-done.ts";

/** Warms each up, and asks for as long as the options say: as many requests as it took of itself in the warm-up's time. */
async function measureHttp2(
  peers: readonly Peer[],
  options: RowOptions,
  load: Omit<Http2Load, "requests">,
  warm: number,
): Promise<Paired> {
  const entries = [];
  for (const peer of peers) {
    const ask = (requests: number) => () =>
      whileCounting(peer, false, () => http2CostOf(peer.port, peer.program.pid, { ...load, requests }));
    await ask(warm)();
    const { rate } = await ask(warm)();
    entries.push({ label: peer.name, measure: ask(Math.max(1, Math.round(rate * options.seconds))) });
  }
  return measureRounds(entries, options.rounds);
}

function need(): void {
  const missing = noH2load();
  if (missing !== undefined) throw new Error(missing);
}

const toHttp1: Row = {
  id: "http2",
  measure: async (options) => {
    need();
    return among(
      options,
      bootstrapped(() => http2Router(options.origin, "HTTP/1.1"), accepting),
      async (peers, absent) => {
        for (const peer of peers) await checkHttp2Work(peer.name, `http://127.0.0.1:${peer.port}`);
        const paired = await measureHttp2(peers, options, {}, 5_000);
        const targets = toEnvoy(
          "CPU per request, HTTP/2 to HTTP/1.1",
          (name) => paired.ratio(name, "Envoy"),
          (name) => paired.has(name),
          0.55,
          0.7,
        );
        const how = "HTTP/2 by prior knowledge to HTTP/1.1, 8 connections of 16 streams, 128-byte body, by h2load.";
        return { id: "http2", title: "HTTP/2 to HTTP/1.1", how, lines: paired.lines("Envoy"), targets, absent };
      },
    );
  },
};

const overTlsToHttp1: Row = {
  id: "http2-tls",
  measure: async (options) => {
    need();
    const certificate = await makeCertificate({ dns: ["localhost"] });
    const config = () => overTls(http2Router(options.origin, "HTTP/1.1"), certificate, ["h2", "http/1.1"], "TLSv1_3");
    return among(options, bootstrapped(config, accepting), async (peers, absent) => {
      for (const peer of peers) await checkHttp2Work(peer.name, `https://127.0.0.1:${peer.port}`);
      const paired = await measureHttp2(peers, options, { tls: true }, 5_000);
      const targets = toEnvoy(
        "CPU per request, HTTP/2 over TLS to HTTP/1.1",
        (name) => paired.ratio(name, "Envoy"),
        (name) => paired.has(name),
        0.55,
        0.55,
      );
      const how = "The same over TLS 1.3, by ALPN.";
      return { id: "http2-tls", title: "HTTP/2 over TLS to HTTP/1.1", how, lines: paired.lines("Envoy"), targets, absent };
    });
  },
};

/** Runs `work` before an origin that speaks HTTP/2, with a file to post. */
async function beforeOrigin<T>(mode: Http2Mode, post: Buffer, work: (port: number, file: string) => Promise<T>): Promise<T> {
  need();
  const [port] = await freePorts(1);
  const folder = mkdtempSync(join(tmpdir(), "isthmus-bench-"));
  const file = join(folder, "post");
  writeFileSync(file, post);
  const args = ["-c", "1", process.execPath, process.argv[1], "--role", "http2-origin", String(port), mode];
  const origin = new Program("taskset", args);
  try {
    await accepting(origin, port, "the origin");
    return await work(port, file);
  } finally {
    await origin.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const GRPC_HEADERS = ["content-type: application/grpc", "te: trailers"];

const unary: Row = {
  id: "grpc-unary",
  measure: (options) =>
    beforeOrigin("unary", GRPC_MESSAGE, (origin, data) =>
      among(
        options,
        bootstrapped(() => http2Router(origin, "HTTP/2"), accepting),
        async (peers, absent) => {
          for (const peer of peers)
            await checkGrpcWork(peer.name, `http://127.0.0.1:${peer.port}`, GRPC_MESSAGE, GRPC_MESSAGE.length);
          const load = { headers: GRPC_HEADERS, data, path: "/bench.Bytes/Call" };
          const paired = await measureHttp2(peers, options, load, 5_000);
          const targets = toEnvoy(
            "CPU per call, gRPC unary",
            (name) => paired.ratio(name, "Envoy"),
            (name) => paired.has(name),
            0.6,
            0.6,
          );
          const how =
            "gRPC calls over HTTP/2 to HTTP/2, messages of 100 bytes both ways, 8 connections of 16 streams, by h2load, before an origin of our own that answers from frames that are ready.";
          return { id: "grpc-unary", title: "gRPC unary", how, lines: paired.lines("Envoy", "call"), targets, absent };
        },
      ),
    ),
};

const stream: Row = {
  id: "grpc-stream",
  measure: (options) =>
    beforeOrigin("stream", GRPC_MESSAGE, (origin, data) =>
      among(
        options,
        bootstrapped(() => http2Router(origin, "HTTP/2"), accepting),
        async (peers, absent) => {
          for (const peer of peers)
            await checkGrpcWork(peer.name, `http://127.0.0.1:${peer.port}`, GRPC_MESSAGE, STREAM_MESSAGES * 1029);
          const load = { headers: GRPC_HEADERS, data, path: "/bench.Bytes/Call", connections: 1, streams: 1 };
          const paired = await measureHttp2(peers, options, load, 5);
          const targets = toEnvoy(
            "CPU per call, gRPC server stream",
            (name) => paired.ratio(name, "Envoy"),
            (name) => paired.has(name),
            0.6,
            0.6,
          );
          const how = `A gRPC call is answered with ${STREAM_MESSAGES} messages of 1 KiB, a DATA frame each; one call at a time, over HTTP/2 to HTTP/2.`;
          const lines = paired.lines("Envoy", "call").map((line) => ({
            ...line,
            "messages/s": Math.round(paired.median(String(line.proxy), "rate") * STREAM_MESSAGES),
          }));
          return { id: "grpc-stream", title: "gRPC server stream", how, lines, targets, absent };
        },
      ),
    ),
};

/** 100 MiB over one stream, one way. */
function bulk(id: string, mode: "down" | "up", title: string, how: string): Row {
  return {
    id,
    measure: (options) =>
      beforeOrigin(mode, mode === "up" ? Buffer.alloc(BULK, "u") : GRPC_MESSAGE, (origin, file) =>
        among(
          options,
          bootstrapped(() => http2Router(origin, "HTTP/2"), accepting),
          async (peers, absent) => {
            const load = { connections: 1, streams: 1, ...(mode === "up" ? { data: file } : {}) };
            const paired = await measureHttp2(peers, options, load, 2);
            const targets = toEnvoy(
              `CPU per 100 MiB, ${mode}`,
              (name) => paired.ratio(name, "Envoy"),
              (name) => paired.has(name),
              1.2,
              1.2,
            );
            const lines = [...peers].map(({ name }) => ({
              proxy: name,
              "CPU ms/100 MiB": paired.median(name, "cpu") / 1000,
              "ratio to Envoy": paired.has("Envoy") ? paired.ratio(name, "Envoy") : "",
              "MiB/s": Math.round((paired.median(name, "rate") * BULK) / 2 ** 20),
              "memory MiB": Math.round(paired.median(name, "memory")),
            }));
            return { id, title, how, lines, targets, absent };
          },
        ),
      ),
  };
}

/** Rows about HTTP/2 and gRPC. */
export const http2Rows: readonly Row[] = [
  toHttp1,
  overTlsToHttp1,
  unary,
  stream,
  bulk(
    "http2-down",
    "down",
    "100 MiB down over one HTTP/2 stream",
    "An answer of 100 MiB in frames of 16 KiB, over HTTP/2 to HTTP/2; windows are those of each proxy.",
  ),
  bulk(
    "http2-up",
    "up",
    "100 MiB up over one HTTP/2 stream",
    "The same as a request's body, to an origin whose window is 1 MiB.",
  ),
];
