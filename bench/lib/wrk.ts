import { onPath } from "../../test/lib/tools.ts";
import { run } from "./run.ts";
import { cpuMicros, residentKib } from "./usage.ts";

/** What a load run cost the proxy. */
export interface Cost {
  requests: number;
  /** CPU time of the proxy for each request, in microseconds. */
  cpu: number;
  /** Requests a second that the load reached. */
  rate: number;
  /** Resident memory at the end, in MiB. */
  memory: number;
}

/** How wrk is to ask. */
export interface Load {
  path?: string;
  headers?: readonly string[];
  connections?: number;
  /** Over TLS. Default false. */
  tls?: boolean;
  seconds: number;
}

/** Runs wrk on core 1 against a port and reads what it cost the process tree of `pid`. Fails if any request failed. */
export async function costOf(port: number, pid: number, load: Load): Promise<Cost> {
  const headers = (load.headers ?? []).flatMap((header) => ["-H", header]);
  const url = `${load.tls === true ? "https" : "http"}://127.0.0.1:${port}${load.path ?? "/"}`;
  const before = cpuMicros(pid);
  const out = await run("taskset", [
    "-c",
    "1",
    "wrk",
    "-t1",
    `-c${load.connections ?? 32}`,
    `-d${load.seconds}s`,
    ...headers,
    url,
  ]);
  const used = cpuMicros(pid) - before;
  const requests = Number(/(\d+) requests in/.exec(out)?.[1] ?? 0);
  const failures = /(Non-2xx.*|Socket errors.*)/.exec(out)?.[1];
  if (failures !== undefined || requests === 0) throw new Error(`requests failed: ${failures ?? out}`);
  return {
    requests,
    cpu: used / requests,
    rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(out)?.[1]),
    memory: residentKib(pid) / 1024,
  };
}

/** Whether wrk and taskset are there; else what brings them. */
export function loadTools(): string | undefined {
  if (onPath("wrk") === undefined) return 'wrk is absent; "apt-get install --no-install-recommends wrk" brings it';
  if (onPath("taskset") === undefined) return 'taskset is absent; "apt-get install --no-install-recommends util-linux" brings it';
  return undefined;
}
