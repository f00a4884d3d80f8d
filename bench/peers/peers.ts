import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Mesh } from "../../test/lib/bootstrap.ts";
import { Runtime } from "../../test/lib/gateway.ts";
import { freePorts } from "../../test/lib/ports.ts";
import { Program, until } from "../../test/lib/process.ts";
import { findDebian, findDeno, findEnvoy, onPath, skipReason } from "../../test/lib/tools.ts";
import { haproxyProxy, nginxOrigin, nginxProxy } from "./configs.ts";

/** Names of the peers, as the reports print them. */
export type PeerName = "Envoy" | "nginx" | "haproxy" | "node:http" | "Isthmus on Node" | "Isthmus on Deno";

/** A proxy that runs on core 0. */
export interface Peer {
  name: PeerName;
  port: number;
  /** Admin port, where there is one. */
  admin: number | undefined;
  program: Program;
  stop(): Promise<void>;
}

const CORE = ["-c", "0"];

/** Why a peer cannot take part, or undefined. */
export function absence(name: PeerName): string | undefined {
  const tool = {
    Envoy: findEnvoy,
    nginx: () => findDebian("nginx", "nginx-light"),
    haproxy: () => findDebian("haproxy", "haproxy"),
    "Isthmus on Deno": findDeno,
  }[name as "Envoy"];
  const found = tool?.();
  return found === undefined || found.path !== undefined ? undefined : skipReason(found);
}

/** Starts a peer that runs an Envoy bootstrap: Envoy, Isthmus on Node or on Deno. */
export async function startFromBootstrap(
  name: "Envoy" | "Isthmus on Node" | "Isthmus on Deno",
  config: Mesh,
  ready: (program: Program, port: number, name: string) => Promise<void> = answering,
): Promise<Peer> {
  const runtime = new Runtime(name === "Envoy" ? "envoy" : name === "Isthmus on Node" ? "node" : "deno");
  const folder = mkdtempSync(join(tmpdir(), "isthmus-bench-"));
  const [port, admin] = await freePorts(2);
  const file = join(folder, "bootstrap.yaml");
  writeFileSync(file, JSON.stringify(config.build({ main: port }, admin), null, 1));
  const { command, args } = runtime.command(["gateway", file]);
  const program = new Program("taskset", [...CORE, command, ...args]);
  await ready(program, port, name);
  return { name, port, admin, program, stop: () => stopped(program, folder) };
}

/** Starts nginx, haproxy or the `node:http` proxy in front of the origin. */
export async function startPlain(name: "nginx" | "haproxy" | "node:http", origin: number): Promise<Peer> {
  const folder = mkdtempSync(join(tmpdir(), "isthmus-bench-"));
  const [port] = await freePorts(1);
  const file = join(folder, "config");
  if (name !== "node:http") writeFileSync(file, name === "nginx" ? nginxProxy(port, origin, folder) : haproxyProxy(port, origin));
  const path = onPath(name) ?? name;
  const commands = {
    nginx: [path, "-c", file],
    haproxy: [path, "-f", file],
    "node:http": [process.execPath, process.argv[1], "--role", "node-http", String(port), String(origin)],
  };
  const program = new Program("taskset", [...CORE, ...commands[name]]);
  await answering(program, port, name);
  return { name, port, admin: undefined, program, stop: () => stopped(program, folder) };
}

/** Starts the origin on core 1: nginx, or a small one of our own where nginx is absent. */
export async function startOriginProcess(): Promise<{ port: number; what: string; stop: () => Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), "isthmus-bench-"));
  const [port] = await freePorts(1);
  const nginx = onPath("nginx");
  writeFileSync(join(folder, "config"), nginxOrigin(port, folder));
  const own = [process.execPath, process.argv[1], "--role", "origin", String(port)];
  const program = new Program("taskset", ["-c", "1", ...(nginx === undefined ? own : [nginx, "-c", join(folder, "config")])]);
  await answering(program, port, "origin");
  return {
    port,
    what: nginx === undefined ? "an origin of our own on Node (nginx is absent)" : "nginx",
    stop: () => stopped(program, folder),
  };
}

/** Waits until somebody accepts there: what does not speak HTTP can't be asked more. */
export async function accepting(program: Program, port: number, name: string): Promise<void> {
  const accepts = (): Promise<boolean> =>
    new Promise((resolve) => {
      if (program.exitCode !== undefined) throw new Error(`${name} ended with ${program.exitCode}: ${program.log.slice(-2_000)}`);
      const socket = connect({ port, host: "127.0.0.1" }, () => resolve(true)).on("error", () => resolve(false));
      socket.on("close", () => socket.destroy()).unref();
      socket.setTimeout(500, () => socket.destroy());
    });
  await until(accepts, `${name} accepts`, 30_000, () => program.log.slice(-2_000));
}

async function answering(program: Program, port: number, name: string): Promise<void> {
  const answers = async (): Promise<boolean> => {
    if (program.exitCode !== undefined) throw new Error(`${name} ended with ${program.exitCode}: ${program.log.slice(-2_000)}`);
    try {
      const response = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(2_000) });
      await response.arrayBuffer();
      return true;
    } catch {
      return false;
    }
  };
  await until(answers, `${name} answers`, 30_000, () => program.log.slice(-2_000));
}

async function stopped(program: Program, folder: string): Promise<void> {
  await program.stop();
  rmSync(folder, { recursive: true, force: true });
}
