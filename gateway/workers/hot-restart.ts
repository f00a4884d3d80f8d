import { fork } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { HeldSocket } from "../../core/transport/connection.ts";
import { askToTakeOver, type Taken, type TakeOver } from "./control-socket.ts";

/** ms between two looks at whether the successor still runs. */
const LOOK = 200;
/** ms that a successor may take until it serves. */
const START_LIMIT = 60_000;

/** What the predecessor sends its successor; each `socket` comes with a handle. */
export type ToSuccessor =
  | { readonly type: "socket"; readonly key: string }
  | { readonly type: "start"; readonly argv: readonly string[] }
  /** The control socket is free. */
  | { readonly type: "released" };

/** What a successor says when it serves. */
export interface FromSuccessor {
  readonly type: "live";
}

/**
 * Asks the gateway that runs to let a new one take over its sockets. Only a child can be given sockets, so the running gateway starts the new one, from
 * this process's program and arguments, into this process's output; this process stands for it: it passes signals on and ends with it.
 * @returns null when there is nobody to take over from; else the exit code.
 */
export async function takeOver(path: string, argv: readonly string[]): Promise<number | null> {
  const taken = await askToTakeOver(path, {
    pid: process.pid,
    execPath: process.execPath,
    execArgv: process.execArgv,
    script: process.argv[1],
    argv,
    cwd: process.cwd(),
    env: process.env,
  });
  if (taken === null) return null;
  if ("failed" in taken) {
    process.stderr.write(`isthmus: --hot-restart: ${taken.failed}\n`);
    return 1;
  }
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1", "SIGUSR2"] as const)
    process.on(signal, () => void runs(taken.live, signal));
  while (runs(taken.live, 0)) await sleep(LOOK);
  return 0;
}

function runs(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** Starts a successor with these sockets. Fulfilled when it serves, or failed to. `release`: gives the control socket up, for it to have. */
export function startSuccessor(
  question: TakeOver,
  sockets: ReadonlyMap<string, HeldSocket>,
  release: () => void,
): Promise<Taken> {
  return new Promise((resolve) => {
    const output = [1, 2].map((fd) => outputOf(question.pid, fd));
    const child = fork(question.script, ["successor"], {
      execPath: question.execPath,
      execArgv: [...question.execArgv],
      cwd: question.cwd,
      env: { ...question.env },
      stdio: ["ignore", ...output, "ipc"],
      serialization: "advanced",
      // It outlives this process, and what ends the one's terminal is no business of the other's.
      detached: true,
    });
    for (const fd of output) if (typeof fd === "number") closeSync(fd);
    const limit = setTimeout(() => child.kill("SIGKILL"), START_LIMIT);
    child.on("error", (error) => resolve({ failed: error.message }));
    child.on("exit", (code, signal) => {
      clearTimeout(limit);
      resolve({ failed: `the new gateway ended with ${signal ?? `code ${code}`} before it served; the old one goes on` });
    });
    child.on("message", (message: FromSuccessor) => {
      if (message.type !== "live") return;
      clearTimeout(limit);
      release();
      child.send({ type: "released" } satisfies ToSuccessor, () => child.disconnect());
      child.unref();
      resolve({ live: child.pid ?? 0 });
    });
    const tell = (message: ToSuccessor, handle?: HeldSocket["handle"]): void => {
      if (handle === undefined) child.send(message);
      else child.send(message, handle, { keepOpen: true });
    };
    for (const [key, { handle }] of sockets) tell({ type: "socket", key }, handle);
    tell({ type: "start", argv: question.argv });
  });
}

/** The file, terminal or pipe that another process writes to; our own where the system does not show it. */
function outputOf(pid: number, fd: number): number | "inherit" {
  try {
    return openSync(`/proc/${pid}/fd/${fd}`, "a");
  } catch {
    return "inherit";
  }
}

/** What a successor was given. */
export interface Inheritance {
  readonly argv: readonly string[];
  /** Sockets by key. */
  readonly handles: ReadonlyMap<string, unknown>;
}

/** In a successor: what it was given, once all is there. */
export function inheritance(): Promise<Inheritance> {
  return new Promise((resolve, reject) => {
    if (process.send === undefined) {
      reject(new Error("a successor is started by isthmus gateway --hot-restart"));
      return;
    }
    const handles = new Map<string, unknown>();
    process.on("message", (message: ToSuccessor, handle: unknown) => {
      if (message.type === "socket") handles.set(message.key, handle);
      else if (message.type === "start") resolve({ argv: message.argv, handles });
    });
  });
}

/** In a successor: it serves, the predecessor may go. Fulfilled when that has, or has given its control socket up. */
export function tellLive(): Promise<void> {
  return new Promise((resolve) => {
    if (!process.connected) {
      resolve();
      return;
    }
    process.once("disconnect", resolve);
    process.on("message", (message: ToSuccessor) => {
      if (message.type === "released") resolve();
    });
    process.send?.({ type: "live" } satisfies FromSuccessor);
  });
}
