// Builds dist/: the bundles that Node 20 runs, and with --declarations the types of the published package.
//   isthmus.cjs         the command: starts the program, from its compiled form where there is one for this engine (gateway/launch.ts)
//   isthmus.js          the same, for who imports it
//   chunks/program-*    the program in one piece, and what the engine makes of it (scripts/build-code-cache.mjs)
//   index.js, plugin.js what `import "isthmus"` and `import "isthmus/plugin"` give, and their chunks
import { build } from "esbuild";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");
const pkg = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
mkdirSync(dist, { recursive: true });

const shared = {
  absWorkingDir: root,
  outdir: dist,
  bundle: true,
  metafile: true,
  platform: "node",
  target: "node20",
  sourcemap: true,
  sourcesContent: false,
  legalComments: "none",
  logLevel: "warning",
  define: { __ISTHMUS_VERSION__: JSON.stringify(pkg.version) },
  // What starts the gateway is bundled; esbuild itself is only needed where there are plugins, the others where a certificate is made.
  external: ["esbuild", "@peculiar/x509", "reflect-metadata"],
  chunkNames: "chunks/[name]-[hash]",
};

const library = await build({
  ...shared,
  format: "esm",
  splitting: true,
  entryPoints: { index: "gateway/index.ts", plugin: "plugins/plugin.ts" },
  // CommonJS inside an ES module bundle still asks for require.
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
});

/** Parts of the runtime that take milliseconds to load and that not every gateway, or not the first answer, needs. */
const LATE = ["node:crypto", "node:tls", "node:fs/promises", "node:dns/promises", "node:os", "node:vm", "node:v8"];

/** Loads these when something of them is first used: what is imported is an object that looks there. */
const lateBuiltins = {
  name: "late-builtins",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:/, namespace: "file" }, ({ path }) =>
      LATE.includes(path) ? { path, namespace: "late" } : undefined,
    );
    onLoad({ filter: /^/, namespace: "late" }, async ({ path }) => {
      const names = Object.keys(await import(path)).filter((name) => name !== "default");
      const id = JSON.stringify(path);
      // Inherited, because the bundler copies own properties for each file that imports them.
      return {
        contents: `const late = {};
for (const name of ${JSON.stringify(names)}) Object.defineProperty(late, name, { get: () => require(${id})[name] });
module.exports = Object.create(late);`,
      };
    });
    onResolve({ filter: /^node:/, namespace: "late" }, ({ path }) => ({ path, external: true }));
  },
};

// CommonJS: its compiled form can be kept, and Node starts its module loader for ES modules only when something asks for one.
const program = await build({
  ...shared,
  format: "cjs",
  entryPoints: { program: "gateway/cli.ts" },
  plugins: [lateBuiltins],
  entryNames: "chunks/[name]-[hash]",
  outExtension: { ".js": ".cjs" },
  // A script that was taken from its compiled form has no module loader behind `import()`.
  supported: { "dynamic-import": false },
  define: { ...shared.define, "import.meta.url": "__programUrl" },
  // First of all strict, as ES modules are.
  banner: { js: '"use strict"; const __programUrl = require("node:url").pathToFileURL(__filename).href;' },
});
const programFile = Object.keys(program.metafile.outputs).find((output) => output.endsWith(".cjs"));
const launcher = await build({
  ...shared,
  format: "cjs",
  entryPoints: { isthmus: "gateway/launch.ts" },
  outExtension: { ".js": ".cjs" },
  define: { __PROGRAM__: JSON.stringify(`chunks/${basename(programFile, ".cjs")}`) },
  banner: { js: "#!/usr/bin/env node" },
});
chmodSync(join(dist, "isthmus.cjs"), 0o755);
writeFileSync(join(dist, "isthmus.js"), 'import launcher from "./isthmus.cjs";\nlauncher.start();\n');

// A gateway starts without it as well, only later.
try {
  execFileSync(
    process.execPath,
    [join(root, "scripts", "build-code-cache.mjs"), join(dist, "isthmus.cjs"), resolve(root, programFile)],
    {
      stdio: "inherit",
      timeout: 30_000,
      env: { ...process.env, NODE_OPTIONS: "" },
    },
  );
} catch (error) {
  console.warn(`the program's compiled form could not be made, it will be compiled at each start: ${error.message}`);
}

// Chunks of earlier builds go only now: until here a gateway that starts finds all of the old ones.
const built = new Set([library, program, launcher].flatMap(({ metafile }) => Object.keys(metafile.outputs)));
for (const name of readdirSync(join(dist, "chunks"))) {
  // The compiled form is named after what it is made of.
  const source = name.endsWith(".cache") ? `${name.split(".")[0]}.cjs` : name;
  if (!built.has(`dist/chunks/${source}`)) rmSync(join(dist, "chunks", name));
}

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
