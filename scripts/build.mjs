// Builds dist/: the bundles that Node 20 runs, and with --declarations the types of the published package.
import { build } from "esbuild";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");
const pkg = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
mkdirSync(dist, { recursive: true });
rmSync(join(dist, "chunks"), { recursive: true, force: true });

const shared = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  sourcemap: true,
  sourcesContent: false,
  legalComments: "none",
  logLevel: "warning",
  define: { __ISTHMUS_VERSION__: JSON.stringify(pkg.version) },
  // yaml and the descriptors are read at once or not at all: what starts the gateway is bundled, esbuild itself is not.
  external: ["esbuild"],
  // CommonJS inside an ES module bundle still asks for require.
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
};

await build({
  ...shared,
  entryPoints: { isthmus: "gateway/cli.ts", index: "gateway/index.ts", plugin: "plugins/plugin.ts" },
  outdir: dist,
  splitting: true,
  chunkNames: "chunks/[name]-[hash]",
});
chmodSync(join(dist, "isthmus.js"), 0o755);

const descriptors = join(root, "scripts", "build-descriptors.mjs");
if (existsSync(descriptors) && !existsSync(join(dist, "descriptors.bin"))) await import(pathToFileURL(descriptors).href);

if (process.argv.includes("--declarations")) {
  execFileSync(
    process.execPath,
    [join(root, "node_modules", "typescript", "bin", "tsc"), "-p", join(root, "tsconfig.build.json")],
    { stdio: "inherit" },
  );
}
