import { dirname, resolve } from "node:path";
import type * as Esbuild from "esbuild";
import { findOwnPackages, findPluginModule, isFile, type PluginSource } from "./plugin-source.ts";
import { PluginLoadError } from "./plugin-load-error.ts";

/** A plugin in one piece, ready to run. */
export interface PluginBundle {
  /** CommonJS, without a source map comment. */
  readonly code: string;
  /** Source map, version 3, as JSON. Its sources are relative to `root`. */
  readonly map: string;
  readonly root: string;
  /** The plugin's own files, absolute: what to watch. Packages and `isthmus/plugin` are not among them. */
  readonly files: readonly string[];
  /** The file that stands for the whole in messages. */
  readonly entry: string;
}

/** Builds that run now. esbuild's child process is stopped when there are none, or it would keep Deno alive and hold memory. */
let running = 0;

/**
 * Bundles a plugin with everything it imports, except Node's own modules and `external` packages, to one CommonJS text. One piece, because a
 * reload then is one compilation, nothing of the old one stays in a module cache, and TypeScript runs where the runtime reads none.
 * @throws PluginLoadError
 */
export async function bundlePlugin(source: PluginSource, external: readonly string[] = []): Promise<PluginBundle> {
  const entry = source.kind === "file" ? source.path : `npm:${source.specifier}`;
  const watch = source.kind === "file" ? [source.path] : [];
  if (source.kind === "file" && !isFile(source.path)) {
    throw new PluginLoadError("plugin.not_found", { file: entry, line: 0, column: 0 }, "there is no such plugin file", watch);
  }
  const root = source.kind === "file" ? dirname(source.path) : source.directory;
  const pluginModule = findPluginModule();
  // esbuild is a tenth of a second of start-up that a gateway without plugins doesn't need.
  const esbuild = await import("esbuild");
  running++;
  try {
    const result = await esbuild.build({
      ...(source.kind === "file" ? { entryPoints: [source.path] } : { stdin: importPackage(source) }),
      absWorkingDir: root,
      outfile: "plugin.cjs",
      write: false,
      bundle: true,
      platform: "node",
      format: "cjs",
      target: "node20",
      // `import()` in CommonJS becomes `require`, which needs no module loader behind vm.Script.
      supported: { "dynamic-import": false },
      define: { "import.meta.url": "__importMetaUrl", "import.meta.filename": "__filename", "import.meta.dirname": "__dirname" },
      alias: { "isthmus/plugin": pluginModule },
      // Packages that the plugin has installed win; these are the last resort.
      nodePaths: findOwnPackages(),
      external: [...external],
      sourcemap: "external",
      metafile: true,
      logLevel: "silent",
    });
    const text = (suffix: string): string => result.outputFiles.find((file) => file.path.endsWith(suffix))?.text ?? "";
    const files = ownFiles(result.metafile, root, pluginModule);
    return { code: text(".cjs"), map: text(".cjs.map"), root, files: [...new Set([...watch, ...files])], entry };
  } catch (error) {
    throw buildError(error, source, root, watch);
  } finally {
    running--;
    if (running === 0) await esbuild.stop();
  }
}

/** Files that are reached from the entry without passing through a package or `isthmus/plugin`. */
function ownFiles(metafile: Esbuild.Metafile, root: string, pluginModule: string): string[] {
  const out: string[] = [];
  const pending = Object.values(metafile.outputs).flatMap((output) => output.entryPoint ?? []);
  const seen = new Set(pending);
  for (let input = pending.pop(); input !== undefined; input = pending.pop()) {
    const path = resolve(root, input);
    if (path === pluginModule || /[\\/]node_modules[\\/]/.test(path)) continue;
    if (isFile(path)) out.push(path);
    for (const imported of metafile.inputs[input]?.imports ?? []) {
      if (imported.external === true || seen.has(imported.path)) continue;
      seen.add(imported.path);
      pending.push(imported.path);
    }
  }
  return out;
}

/** Imports the whole package as a namespace, which is right for packages with and without a default export. */
function importPackage(source: PluginSource & { kind: "npm" }): Esbuild.StdinOptions {
  return {
    contents: `import * as plugin from ${JSON.stringify(source.specifier)};\nmodule.exports = plugin;\n`,
    resolveDir: source.directory,
    sourcefile: `npm:${source.specifier}`,
    loader: "js",
  };
}

function buildError(error: unknown, source: PluginSource, root: string, watch: readonly string[]): PluginLoadError {
  const entry = source.kind === "file" ? source.path : `npm:${source.specifier}`;
  const first = (error as Partial<Esbuild.BuildFailure>).errors?.[0];
  if (first === undefined) {
    return new PluginLoadError(
      "plugin.syntax",
      { file: entry, line: 0, column: 0 },
      String((error as Error)?.message ?? error),
      watch,
      error,
    );
  }
  const at = first.location;
  if (source.kind === "npm" && (at === null || at.file.startsWith("npm:"))) {
    const message = `there is no package "${source.specifier}" in ${source.directory} or above; install it there (npm install ${source.specifier})`;
    return new PluginLoadError("plugin.not_found", { file: entry, line: 0, column: 0 }, message, watch, error);
  }
  if (at === null) return new PluginLoadError("plugin.syntax", { file: entry, line: 0, column: 0 }, first.text, watch, error);
  const file = resolve(root, at.file);
  // The broken file need not be the entry: both may mend it.
  const files = [...new Set([...watch, file])];
  const more = ((error as Esbuild.BuildFailure).errors.length ?? 1) - 1;
  const line = at.lineText.trim();
  const message = `${first.text}${line === "" ? "" : ` in: ${line.length > 100 ? `${line.slice(0, 100)}...` : line}`}${more > 0 ? ` (and ${more} more)` : ""}`;
  return new PluginLoadError("plugin.syntax", { file, line: at.line, column: at.column + 1 }, message, files, error);
}
