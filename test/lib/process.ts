import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Enough to see why something failed; endless logs don't grow the test's memory. */
const LOG_LIMIT = 1 << 20;

/** A child process whose output is kept and which does not outlive the test. */
export class Program {
  readonly child: ChildProcess;
  #log = "";
  #exit: Promise<number | null>;
  /** Exit code, or null after a signal; undefined while it runs. */
  exitCode: number | null | undefined;

  constructor(command: string, args: readonly string[], options: { env?: NodeJS.ProcessEnv; cwd?: string } = {}) {
    this.child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
    running.add(this.child);
    const keep = (data: Buffer): void => {
      this.#log = (this.#log + data.toString("utf8")).slice(-LOG_LIMIT);
    };
    this.child.stdout?.on("data", keep);
    this.child.stderr?.on("data", keep);
    this.#exit = new Promise((resolve) => {
      const done = (code: number | null): void => {
        running.delete(this.child);
        this.exitCode = code;
        resolve(code);
      };
      this.child.once("close", done);
      this.child.once("error", (error) => {
        this.#log += String(error);
        done(-1);
      });
    });
  }

  get pid(): number {
    return this.child.pid ?? -1;
  }

  /** What it printed on stdout and stderr, the last MiB. */
  get log(): string {
    return this.#log;
  }

  /** Resolves when the process has ended: its exit code, null after a signal. */
  get exited(): Promise<number | null> {
    return this.#exit;
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Ends it: SIGTERM, then SIGKILL when it has not ended after `grace` ms. */
  async stop(grace = 3_000): Promise<number | null> {
    if (this.exitCode !== undefined) return this.exitCode;
    this.child.kill("SIGTERM");
    const timer = setTimeout(() => this.child.kill("SIGKILL"), grace);
    const code = await this.#exit;
    clearTimeout(timer);
    return code;
  }

  /** Waits until the log has a match. */
  async logged(pattern: RegExp, timeout = 10_000): Promise<RegExpExecArray> {
    return until(
      () => pattern.exec(this.#log),
      `${pattern} in the log`,
      timeout,
      () => this.#log.slice(-2_000),
    );
  }
}

/** Polls until `check` gives something truthy; fails with what was awaited and `context` after `timeout` ms. */
export async function until<T>(
  check: () => T | Promise<T>,
  what: string,
  timeout = 10_000,
  context: () => string = () => "",
): Promise<NonNullable<T>> {
  const end = performance.now() + timeout;
  for (;;) {
    const value = await check();
    if (value) return value as NonNullable<T>;
    if (performance.now() > end) throw new Error(`not within ${timeout} ms: ${what}\n${context()}`);
    await sleep(10);
  }
}

/** A process and its descendants. */
export function family(pid: number): number[] {
  const pids = [pid];
  try {
    for (const child of readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ")) {
      if (child.trim() !== "") pids.push(...family(Number(child)));
    }
  } catch {
    // Gone meanwhile.
  }
  return pids;
}

/** Resident memory of a process and its descendants, in bytes. Linux only; 0 elsewhere. */
export function residentMemory(pid: number): number {
  let sum = 0;
  for (const p of family(pid)) {
    try {
      sum += Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${p}/status`, "utf8"))?.[1] ?? 0) * 1024;
    } catch {
      // Gone meanwhile, or not Linux.
    }
  }
  return sum;
}
