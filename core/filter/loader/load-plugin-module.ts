import type { FilterScope } from "../../contract/filter.ts";
import { bundlePlugin } from "./bundle-plugin.ts";
import { findDefinitionProblem, findFilterProblem } from "./definition-shape.ts";
import { isPlugin, PLUGIN_BRAND, PLUGIN_VERSION, type PluginDefinition } from "./plugin-brand.ts";
import { PluginLoadError, type PluginErrorCode } from "./plugin-load-error.ts";
import { parsePluginSource } from "./plugin-source.ts";
import { runBundle } from "./run-bundle.ts";

/** A loaded plugin module. */
export interface PluginModule {
  /** What the module exports that `defineFilter` or `defineNetworkFilter` made, in the order of its exports. At least one. */
  readonly definitions: readonly PluginDefinition[];
  /** The plugin's own source files, absolute: when one changes, load anew. */
  readonly files: readonly string[];
  /** Lets the module go; call it when no filter of it is in use any more. */
  dispose(): void;
}

/** From where a plugin is loaded. */
export interface LoadPluginOptions {
  /** What relative paths are relative to, and where packages are looked for: the configuration file's directory. */
  readonly cwd: string;
  /** Packages that stay outside the bundle and are loaded by the runtime: such as hold native code. */
  readonly external?: readonly string[];
}

/**
 * Loads a plugin from a file (TypeScript or JavaScript; `./hello.ts`, `file:./hello.ts`) or a package (`npm:name`). Every load compiles the
 * code as it is now and runs it afresh; nothing is shared with an earlier load.
 * @throws PluginLoadError
 */
export async function loadPluginModule(reference: string, options: LoadPluginOptions): Promise<PluginModule> {
  const external = options.external ?? [];
  const bundle = await bundlePlugin(parsePluginSource(reference, options.cwd), external);
  const running = runBundle(bundle, external);
  const definitions: PluginDefinition[] = [];
  const seen = new Set<unknown>();
  const refuse = (code: PluginErrorCode, message: string): never => {
    running.dispose();
    throw new PluginLoadError(code, { file: bundle.entry, line: 0, column: 0 }, message, bundle.files);
  };
  const exported = Object.entries((running.exports ?? {}) as Readonly<Record<string, unknown>>);
  for (const [name, value] of exported) {
    // One definition under two names (`export const hello = ...; export default hello`) is one.
    if (!isPlugin(value) || seen.has(value)) continue;
    if (value[PLUGIN_BRAND] !== PLUGIN_VERSION) {
      const found = String(value[PLUGIN_BRAND]);
      refuse(
        "plugin.invalid_definition",
        `export "${name}" speaks version ${found} of the plugin contract, this is version ${PLUGIN_VERSION}`,
      );
    }
    const problem = findDefinitionProblem(value);
    if (problem !== undefined) refuse("plugin.invalid_definition", `export "${name}": ${problem}`);
    if (definitions.some((other) => other.id === value.id))
      refuse("plugin.duplicate_id", `two exports define a filter with the id "${value.id}"`);
    definitions.push(checked(value));
    seen.add(value);
  }
  if (definitions.length === 0) {
    const names = exported.map(([name]) => name);
    const found =
      names.length === 0
        ? "the module exports nothing"
        : `none of its exports (${names.join(", ")}) was made by defineFilter or defineNetworkFilter`;
    refuse("plugin.no_definition", `${found}; wanted: export default defineFilter({ ... })`);
  }
  return { definitions, files: bundle.files, dispose: running.dispose };
}

/** The same definition, whose `create` also looks at what it made: a misspelt hook would otherwise just never be called. */
function checked(definition: PluginDefinition): PluginDefinition {
  const create = (config: unknown, scope: FilterScope): unknown => {
    const filter = definition.create(config, scope);
    const problem = findFilterProblem(definition, filter);
    if (problem !== undefined) throw new TypeError(problem);
    return filter;
  };
  return Object.freeze({ ...definition, create } as PluginDefinition);
}
