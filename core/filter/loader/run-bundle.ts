import { createRequire, isBuiltin } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { compileFunction } from "node:vm";
import type { PluginBundle } from "./bundle-plugin.ts";
import { PluginLoadError } from "./plugin-load-error.ts";
import { describeThrown, mapStack, registerSourceMap, SCRIPT_PREFIX } from "./map-stack.ts";

/** What a bundle exported, and how to let it go. */
export interface RunningBundle {
  readonly exports: unknown;
  dispose(): void;
}

/** What a bundle finds around it, in this order. */
const PARAMETERS = ["exports", "require", "module", "__filename", "__dirname", "__importMetaUrl"];

/** Each run has a name of its own, so that stacks of an old version are not mapped by the new one's lines. */
let runs = 0;

/**
 * Runs a bundle as a CommonJS module. It can `require` Node's own modules, and of packages only those that were left out of the bundle.
 * Compiled as a function rather than by `import("x?v=2")` or as a `vm.Script`: the runtime keeps every imported module and the text of every
 * script for ever (Node 20: 35 KB with each load), a function goes when nothing uses it.
 * @throws PluginLoadError when the module throws.
 */
export function runBundle(bundle: PluginBundle, external: readonly string[]): RunningBundle {
  const name = `${SCRIPT_PREFIX}${bundle.entry}#${++runs}`;
  const filename = bundle.entry.startsWith("npm:") ? join(bundle.root, "plugin.js") : bundle.entry;
  const requireHere = createRequire(filename);
  const require = (id: string): unknown => {
    if (isBuiltin(id) || external.some((item) => id === item || id.startsWith(`${item}/`))) return requireHere(id);
    throw new Error(`Cannot load "${id}": a plugin may load Node's own modules and what was there when it was bundled`);
  };
  const forget = registerSourceMap(name, bundle.map, bundle.root, 0);
  const module: { exports: unknown } = { exports: {} };
  try {
    const run = compileFunction(bundle.code, PARAMETERS, { filename: name }) as (...around: unknown[]) => void;
    run(module.exports, require, module, filename, bundle.root, pathToFileURL(filename).href);
  } catch (error) {
    const stack = describeThrown(error);
    forget();
    throw new PluginLoadError(
      "plugin.threw",
      firstPlace(stack, bundle),
      `the module threw while it was loaded\n${indent(stack)}`,
      bundle.files,
      error,
    );
  }
  return { exports: module.exports, dispose: forget };
}

/** The topmost frame that lies in the plugin's own files, else the entry. */
function firstPlace(stack: string, bundle: PluginBundle): PluginLoadError["place"] {
  for (const match of mapStack(stack).matchAll(/(?:\(|at )([^()\n]+):(\d+):(\d+)\)?$/gm)) {
    if (bundle.files.includes(match[1])) return { file: match[1], line: Number(match[2]), column: Number(match[3]) };
  }
  return { file: bundle.entry, line: 0, column: 0 };
}

function indent(text: string): string {
  return text.replace(/^/gm, "  ");
}
