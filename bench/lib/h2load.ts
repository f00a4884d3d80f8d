import { onPath } from "../../test/lib/tools.ts";
import { run } from "./run.ts";
import { cpuMicros, residentKib } from "./usage.ts";
import type { Cost } from "./wrk.ts";

/** How h2load is to ask. */
export interface Http2Load {
  /** Requests in all. */
  requests: number;
  /** Default 8. */
  connections?: number;
  /** Streams at once on each connection. Default 16. */
  streams?: number;
  /** Over TLS, by ALPN. Default false: prior knowledge. */
  tls?: boolean;
  path?: string;
  headers?: readonly string[];
  /** A file that every request posts. */
  data?: string;
}

/** Runs h2load on core 1 against a port and reads what it cost the process tree of `pid`. Fails if any request failed. */
export async function http2CostOf(port: number, pid: number, load: Http2Load): Promise<Cost> {
  const url = `${load.tls === true ? "https" : "http"}://127.0.0.1:${port}${load.path ?? "/"}`;
  const before = cpuMicros(pid);
  const out = await run("taskset", [
    "-c",
    "1",
    "h2load",
    `-n${load.requests}`,
    `-c${load.connections ?? 8}`,
    `-m${load.streams ?? 16}`,
    ...(load.headers ?? []).flatMap((header) => ["-H", header]),
    ...(load.data === undefined ? [] : ["-d", load.data]),
    url,
  ]);
  const used = cpuMicros(pid) - before;
  const good = Number(/status codes: (\d+) 2xx/.exec(out)?.[1] ?? 0);
  const done = Number(/(\d+) succeeded/.exec(out)?.[1] ?? 0);
  if (good !== load.requests || done !== load.requests || !out.includes("Application protocol: h2"))
    throw new Error(`requests failed: ${out.slice(-1_500)}`);
  return {
    requests: done,
    cpu: used / done,
    rate: Number(/finished in [^,]+, ([\d.]+) req\/s/.exec(out)?.[1]),
    memory: residentKib(pid) / 1024,
  };
}

/** Why there is no load over HTTP/2, or undefined. */
export function noH2load(): string | undefined {
  return onPath("h2load") === undefined
    ? 'h2load is absent; "apt-get install --no-install-recommends nghttp2-client" brings it'
    : undefined;
}
