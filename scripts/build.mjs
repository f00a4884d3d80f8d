// Builds dist/: the bundles that Node 20 runs, and with --declarations the types of the published package.
import { build } from "esbuild";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");
const pkg = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
mkdirSync(dist, { recursive: true });

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

const { metafile } = await build({
  ...shared,
  metafile: true,
  entryPoints: { isthmus: "gateway/cli.ts", index: "gateway/index.ts", plugin: "plugins/plugin.ts" },
  outdir: dist,
  splitting: true,
  chunkNames: "chunks/[name]-[hash]",
});
chmodSync(join(dist, "isthmus.js"), 0o755);
// Chunks of earlier builds go only now: until here a gateway that starts finds all of the old ones.
const built = new Set(Object.keys(metafile.outputs).map((output) => resolve(root, output)));
for (const name of readdirSync(join(dist, "chunks")))
  if (!built.has(join(dist, "chunks", name))) rmSync(join(dist, "chunks", name));

const descriptors = join(root, "scripts", "build-descriptors.mjs");
if (existsSync(descriptors) && !existsSync(join(dist, "descriptors.bin"))) await import(pathToFileURL(descriptors).href);

if (process.argv.includes("--declarations")) declarations();

/** The compiler writes declarations of all that the program holds; the package carries what its two entries reach, a sixth of it. */
function declarations() {
  const types = join(dist, "types");
  rmSync(types, { recursive: true, force: true });
  execFileSync(
    process.execPath,
    [join(root, "node_modules", "typescript", "bin", "tsc"), "-p", join(root, "tsconfig.build.json")],
    { stdio: "inherit" },
  );
  const reached = new Set();
  const reach = (file) => {
    if (reached.has(file)) return;
    reached.add(file);
    for (const [, path] of readFileSync(file, "utf8").matchAll(/(?:\bfrom|\bimport\()\s*"(\.[^"]+)"/g)) {
      reach(resolve(dirname(file), path.replace(/\.ts$/, ".d.ts")));
    }
  };
  for (const { types: entry } of Object.values(pkg.exports)) reach(resolve(root, entry));
  for (const entry of readdirSync(types, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (entry.isFile() && !reached.has(file)) rmSync(file);
  }
}
