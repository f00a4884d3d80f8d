import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** A runtime that is on this machine, and how a script is run on it. */
export interface Runtime {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

const NODE: Runtime = { name: "Node", command: process.execPath, args: ["--expose-gc"] };

/** Deno on the PATH, else the npm package's binary. */
function findDeno(): string | null {
  try {
    execFileSync("deno", ["--version"], { stdio: "ignore" });
    return "deno";
  } catch {
    const scope = fileURLToPath(new URL("../../node_modules/@deno", import.meta.url));
    const packages = existsSync(scope) ? readdirSync(scope) : [];
    return packages.map((name) => join(scope, name, "deno")).find((path) => existsSync(path)) ?? null;
  }
}

const deno = findDeno();

/** Node always; Deno where it is found. */
export const runtimes: readonly Runtime[] =
  deno === null ? [NODE] : [NODE, { name: "Deno", command: deno, args: ["run", "-A", "--no-config", "--v8-flags=--expose-gc"] }];

/** Why a runtime is missing, to be printed; empty when none is. */
export const missing: readonly string[] = deno === null ? ["Deno: no `deno` on the PATH and none in node_modules/@deno"] : [];

/** Bundles a script of this folder into one JavaScript file that every runtime runs, and returns its path. */
export async function bundle(script: string): Promise<string> {
  const outfile = join(mkdtempSync(join(tmpdir(), "isthmus-platform-")), `${script.replace(/\.ts$/, "")}.mjs`);
  await build({
    entryPoints: [fileURLToPath(new URL(script, import.meta.url))],
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    outfile,
    logLevel: "error",
  });
  return outfile;
}

/** Runs a bundled script to its end and returns what it printed. */
export function run(runtime: Runtime, file: string, args: readonly string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(runtime.command, [...runtime.args, file, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output }));
  });
}
