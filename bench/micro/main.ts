// usage: npm run bench -- [NAME...]   NAME: parts of module names (http1, route, ...); all by default. --time MS: how long each is measured.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { cpus } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { Bench } from "tinybench";
import { table } from "../peers/report.ts";
import { bytesPerCall } from "./allocation.ts";
import type { Micro } from "./bench.ts";

const FOLDER = resolve("bench/micro");

const { values, positionals } = parseArgs({ allowPositionals: true, options: { time: { type: "string", default: "300" } } });

if ((globalThis as { gc?: () => void }).gc === undefined) {
  // The allocation columns want a collector that can be called.
  const again = spawnSync(process.execPath, ["--expose-gc", ...process.execArgv, ...process.argv.slice(1)], { stdio: "inherit" });
  process.exitCode = again.status ?? 1;
} else await main();

async function main(): Promise<void> {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith(".bench.ts"));
  const chosen = files.filter((file) => positionals.length === 0 || positionals.some((part) => file.includes(part)));
  if (chosen.length === 0)
    throw new Error(`no such benchmarks: ${positionals.join(", ")}; there are ${files.join(", ") || "none"}`);
  console.log(`# Micro benchmarks\n\nNode ${process.version}, ${cpus()[0]?.model ?? "unknown CPU"}, ${shortCommit()}`);
  for (const file of chosen) {
    console.log(`\n## ${file.replace(/\.bench\.ts$/, "")}\n`);
    const benches = await load(file);
    const lines = [];
    for (const { name, fn, before, operations = 1 } of benches) {
      before?.();
      const bench = new Bench({ time: Number(values.time), warmupTime: 100 });
      const batch = batchOf(fn);
      bench.add(name, () => {
        for (let i = 0; i < batch; i++) fn();
      });
      const [task] = await bench.run();
      const result = task.result;
      if (!("latency" in result))
        throw new Error(`${file}: ${name} failed`, { cause: "error" in result ? result.error : undefined });
      lines.push({
        benchmark: name,
        "ns/op": (result.latency.mean * 1e6) / batch / operations,
        "median ns/op": (result.latency.p50 * 1e6) / batch / operations,
        "bytes/op": Math.round(bytesPerCall(fn) / operations),
        "±%": result.latency.rme,
      });
    }
    console.log(table(lines).join("\n"));
  }
}

/** The benchmarks of a module (each array of them that it exports), bundled with what they measure. */
async function load(file: string): Promise<Micro[]> {
  const folder = mkdtempSync(join(resolve("node_modules/.cache"), "bench-"));
  try {
    const outfile = join(folder, `${file}.mjs`);
    const options = {
      bundle: true,
      platform: "node",
      format: "esm",
      target: "node20",
      packages: "external",
      logLevel: "warning",
    } as const;
    await build({ entryPoints: [join(FOLDER, file)], outfile, ...options });
    const exported = Object.values((await import(pathToFileURL(outfile).href)) as Record<string, unknown>);
    const benches = exported.filter(Array.isArray).flat().filter(isMicro);
    if (benches.length === 0) throw new Error(`${file} exports no array of { name, fn }`);
    return benches;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** How many calls make some 20 us: reading the clock costs 40 ns, which would drown a quick function. */
function batchOf(fn: () => void): number {
  for (let i = 0; i < 2_000; i++) fn();
  const start = performance.now();
  let calls = 0;
  for (; performance.now() - start < 5; calls += 10) for (let i = 0; i < 10; i++) fn();
  return Math.max(1, Math.ceil(calls / 250));
}

function isMicro(value: unknown): value is Micro {
  return typeof value === "object" && value !== null && "name" in value && "fn" in value && typeof value.fn === "function";
}

function shortCommit(): string {
  try {
    return `commit ${execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim()}`;
  } catch {
    return "no commit";
  }
}
