import { spawn } from "node:child_process";
import { onPath } from "../../test/lib/tools.ts";
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
  seconds: number;
}

/** Runs wrk on core 1 against a port and reads what it cost the process tree of `pid`. Fails if any request failed. */
export async function costOf(port: number, pid: number, load: Load): Promise<Cost> {
  const headers = (load.headers ?? []).flatMap((header) => ["-H", header]);
  const url = `http://127.0.0.1:${port}${load.path ?? "/"}`;
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

function run(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    let out = "";
    child.stdout.on("data", (data: Buffer) => (out += String(data)));
    child.stderr.on("data", (data: Buffer) => (out += String(data)));
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve(out) : reject(new Error(`${command} ended with ${code}: ${out}`))));
  });
}
