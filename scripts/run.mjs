// Runs a TypeScript file: bundles it with esbuild (Node 20 cannot strip types) and hands on the arguments that follow.
// usage: node scripts/run.mjs FILE [ARGS...]; NODE_ARGS holds arguments for node itself, such as --expose-gc.
import { build } from "esbuild";
import { spawn } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const [file, ...args] = process.argv.slice(2);
if (file === undefined) {
  console.error("usage: node scripts/run.mjs FILE [ARGS...]");
  process.exit(2);
}
// Below node_modules, so that packages resolve from the bundle as they do from the source.
const folder = join(fileURLToPath(new URL("..", import.meta.url)), "node_modules", ".cache", "run");
mkdirSync(folder, { recursive: true });
const outfile = join(folder, `${basename(file, ".ts")}-${process.pid}.mjs`);
await build({
  entryPoints: [file],
  outfile,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  packages: "external",
  sourcemap: "inline",
  logLevel: "warning",
});
const nodeArgs = (process.env["NODE_ARGS"] ?? "").split(" ").filter(Boolean);
const child = spawn(process.execPath, ["--enable-source-maps", ...nodeArgs, outfile, ...args], { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
child.on("close", (code) => {
  rmSync(outfile, { force: true });
  process.exit(code ?? 1);
});
