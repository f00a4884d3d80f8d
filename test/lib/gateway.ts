import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Mesh } from "./bootstrap.ts";
import type { Json } from "./bootstrap.ts";
import { freePorts } from "./ports.ts";
import { Program, residentMemory, until } from "./process.ts";
import { findDeno, findEnvoy } from "./tools.ts";

/** The project's folder. */
export const ROOT = findRoot(dirname(fileURLToPath(import.meta.url)));
const BINARY = join(ROOT, "dist", "isthmus.cjs");

/** What a test runs against. */
export type Subject = "node" | "deno" | "envoy";

/** Options of `Runtime.start`. */
export interface StartOptions {
  /** Arguments after `gateway FILE`, such as `--watch`. */
  args?: readonly string[];
  env?: NodeJS.ProcessEnv;
  /** Milliseconds until `/ready` must say 200. Default 20,000. */
  timeout?: number;
}

/** A running gateway. */
export class Gateway {
  readonly program: Program;
  readonly subject: Subject;
  readonly admin: number;
  readonly ports: Readonly<Record<string, number>>;
  /** The configuration file it reads. */
  readonly file: string;
  /** A folder of its own, removed when it stops. */
  readonly folder: string;

  constructor(
    program: Program,
    subject: Subject,
    admin: number,
    ports: Readonly<Record<string, number>>,
    folder: string,
    file: string,
  ) {
    this.program = program;
    this.subject = subject;
    this.admin = admin;
    this.ports = ports;
    this.folder = folder;
    this.file = file;
  }

  /** Port of listener "main". */
  get port(): number {
    return this.ports["main"];
  }

  get log(): string {
    return this.program.log;
  }

  /** Resident memory in bytes. */
  get memory(): number {
    return residentMemory(this.program.pid);
  }

  /** Asks the admin listener. */
  async ask(path: string, method = "GET"): Promise<{ status: number; text: string }> {
    const response = await fetch(`http://127.0.0.1:${this.admin}${path}`, { method });
    return { status: response.status, text: await response.text() };
  }

  /** All counters and gauges by name. */
  async stats(): Promise<Map<string, number>> {
    const { text } = await this.ask("/stats");
    const stats = new Map<string, number>();
    for (const [, name, value] of text.matchAll(/^(\S+): (\d+)$/gm)) stats.set(name, Number(value));
    return stats;
  }

  /** A counter or gauge; 0 when there is none of that name (yet). */
  async stat(name: string): Promise<number> {
    return (await this.stats()).get(name) ?? 0;
  }

  /** Waits until a counter or gauge has a value; some are counted a moment after the answer. */
  async untilStat(name: string, wanted: (value: number) => boolean, timeout = 5_000): Promise<void> {
    let last = 0;
    const holds = async (): Promise<boolean> => wanted((last = await this.stat(name)));
    await until(holds, `${name} to change`, timeout, () => `it is ${last}`);
  }

  /** Replaces the configuration file in one step, as editors and Kubernetes do. */
  write(config: Mesh | Json | string): void {
    const next = `${this.file}.next`;
    writeFileSync(next, this.text(config));
    renameSync(next, this.file);
  }

  /** A configuration as it is written for this gateway: meshes get its ports. */
  text(config: Mesh | Json | string): string {
    if (typeof config === "string") return config;
    return JSON.stringify(config instanceof Mesh ? config.build(this.ports, this.admin) : config, null, 1);
  }

  /** Ends it and removes its folder. */
  async stop(): Promise<number | null> {
    const code = await this.program.stop();
    rmSync(this.folder, { recursive: true, force: true });
    return code;
  }
}

/** How to run the gateway on one platform (or Envoy in its place). */
export class Runtime {
  readonly subject: Subject;
  readonly #started: Gateway[] = [];

  constructor(subject: Subject) {
    this.subject = subject;
  }

  get isEnvoy(): boolean {
    return this.subject === "envoy";
  }

  /** Starts a gateway and waits until it is ready. */
  async start(config: Mesh | Json | string, options: StartOptions = {}): Promise<Gateway> {
    const names = config instanceof Mesh ? config.listenerNames : [];
    const [admin, ...listeners] = await freePorts(names.length + 1);
    const ports = Object.fromEntries(names.map((name, i) => [name, listeners[i]]));
    return this.startOn(config, ports, admin, options);
  }

  /** As `start`, on given ports; `config` may be text that already holds them. */
  async startOn(
    config: Mesh | Json | string,
    ports: Readonly<Record<string, number>>,
    admin: number,
    options: StartOptions = {},
  ): Promise<Gateway> {
    const folder = mkdtempSync(join(tmpdir(), "isthmus-test-"));
    const file = join(folder, "gateway.yaml");
    const built = config instanceof Mesh ? config.build(ports, admin) : config;
    writeFileSync(file, typeof built === "string" ? built : JSON.stringify(built, null, 1));
    const { command, args } = this.command(["gateway", file, ...(options.args ?? [])]);
    const program = new Program(command, args, { env: { ...process.env, ...options.env }, cwd: ROOT });
    const gateway = new Gateway(program, this.subject, admin, ports, folder, file);
    this.#started.push(gateway);
    await untilReady(program, admin, options.timeout ?? 20_000);
    return gateway;
  }

  /** Runs a command of the binary to its end, such as `["analyze", FILE]`. */
  async run(args: readonly string[], timeout = 20_000): Promise<{ code: number | null; output: string }> {
    const { command, args: all } = this.command(args);
    const program = new Program(command, all, { cwd: ROOT });
    const timer = setTimeout(() => program.signal("SIGKILL"), timeout);
    const code = await program.exited;
    clearTimeout(timer);
    return { code, output: program.log };
  }

  /** Starts a command of the binary that keeps running, such as `["gateway", "--to", URL]`. */
  launch(args: readonly string[]): Program {
    const { command, args: all } = this.command(args);
    return new Program(command, all, { cwd: ROOT });
  }

  /** The command line for `isthmus ARGS`; for Envoy, of `gateway FILE`. */
  command(args: readonly string[]): { command: string; args: string[] } {
    if (this.subject === "envoy") {
      const limits = [
        "--concurrency",
        "1",
        "--use-dynamic-base-id",
        "-l",
        process.env["ENVOY_LOG"] ?? "error",
        "--drain-time-s",
        "1",
        "--file-flush-interval-msec",
        "100",
      ];
      return { command: findEnvoy().path ?? "envoy", args: ["-c", args[1], ...limits] };
    }
    if (!existsSync(BINARY)) throw new Error(`${BINARY} is missing: "npm run build" makes it`);
    if (this.subject === "node") return { command: process.execPath, args: [BINARY, ...args] };
    return { command: resolve(ROOT, findDeno().path ?? "deno"), args: ["run", "-A", BINARY, ...args] };
  }

  /** Ends every gateway that was started. */
  async stopAll(): Promise<void> {
    await Promise.all(this.#started.splice(0).map((gateway) => gateway.stop()));
  }
}

async function untilReady(program: Program, admin: number, timeout: number): Promise<void> {
  const ready = async (): Promise<boolean> => {
    if (program.exitCode !== undefined)
      throw new Error(`the gateway ended with ${program.exitCode}:\n${program.log.slice(-4_000)}`);
    try {
      const response = await fetch(`http://127.0.0.1:${admin}/ready`, { signal: AbortSignal.timeout(1_000) });
      await response.arrayBuffer();
      return response.status === 200;
    } catch {
      return false;
    }
  };
  await until(ready, "the gateway is ready", timeout, () => program.log.slice(-4_000));
}

/** The project's folder: this file may run from its place or from a bundle below node_modules. */
function findRoot(folder: string): string {
  if (existsSync(join(folder, "package.json")) || dirname(folder) === folder) return folder;
  return findRoot(dirname(folder));
}
