import { existsSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** Where a plugin's code is: a file, or a package that is installed where the configuration is. */
export type PluginSource =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "npm"; readonly specifier: string; readonly directory: string };

/**
 * Reads a reference to a plugin: `file:./hello.ts`, `npm:some-plugin`, `npm:@scope/plugin/sub`, or without a scheme a path.
 * @param cwd what relative paths are relative to: the configuration file's directory. Packages are looked for from there upwards.
 */
export function parsePluginSource(reference: string, cwd: string): PluginSource {
  if (reference.startsWith("npm:")) return { kind: "npm", specifier: reference.slice(4), directory: resolve(cwd) };
  // A URL proper (file:///srv/x.ts) and the relative form that URLs lack (file:./x.ts).
  if (reference.startsWith("file://")) return { kind: "file", path: fileURLToPath(reference) };
  const path = reference.startsWith("file:") ? reference.slice(5) : reference;
  return { kind: "file", path: isAbsolute(path) ? path : resolve(cwd, path) };
}

/** Whether there is a file (not a directory) at `path`. */
export function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

const HERE = dirname(fileURLToPath(import.meta.url));

/**
 * The file that `isthmus/plugin` stands for inside plugins: `plugin.js` beside the built program, or `plugins/plugin.ts` when the source
 * runs as it is. Plugins get it without having anything installed.
 */
export function findPluginModule(): string {
  for (let directory = HERE; ; directory = dirname(directory)) {
    for (const name of ["plugin.js", join("plugins", "plugin.ts")]) {
      const path = join(directory, name);
      if (existsSync(path)) return path;
    }
    if (directory === dirname(directory))
      throw new Error(`isthmus/plugin was not found above ${HERE}: the installation is incomplete`);
  }
}

/** `node_modules` of this program, nearest first: where plugins find valibot when they have no copy of their own. */
export function findOwnPackages(): string[] {
  const out: string[] = [];
  for (let directory = HERE; directory !== dirname(directory); directory = dirname(directory)) {
    const path = join(directory, "node_modules");
    if (existsSync(path)) out.push(path);
  }
  return out;
}
