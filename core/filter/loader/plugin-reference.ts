import type { PluginDefinition } from "./plugin-brand.ts";

/** A `type_url` that names a plugin's code instead of a definition that is already known. */
export interface PluginReference {
  /** What `loadPluginModule` takes: `file:./hello.ts`, `npm:name`. */
  readonly source: string;
  /** Which definition of the module is meant; undefined when it holds one. */
  readonly id: string | undefined;
}

/**
 * Reads the `type_url` of an `xds.type.v3.TypedStruct` in `http_filters` or in the `filters` of a filter chain.
 * `file:./hello.ts` (relative to the configuration file) or `npm:name`, each with `#id` behind it when the module defines several filters.
 * @returns undefined for any other type URL: that of a definition which ships or was preloaded.
 */
export function parsePluginReference(typeUrl: string): PluginReference | undefined {
  if (!typeUrl.startsWith("file:") && !typeUrl.startsWith("npm:")) return undefined;
  const hash = typeUrl.lastIndexOf("#");
  return hash < 0 ? { source: typeUrl, id: undefined } : { source: typeUrl.slice(0, hash), id: typeUrl.slice(hash + 1) };
}

/** The definition that a reference means among those of its module, or a sentence that says why there is none. */
export function chooseDefinition(
  reference: PluginReference,
  definitions: readonly PluginDefinition[],
): PluginDefinition | string {
  const ids = definitions.map((d) => d.id).join(", ");
  if (reference.id !== undefined) {
    return (
      definitions.find((d) => d.id === reference.id) ??
      `${reference.source} defines no filter "${reference.id}"; it defines ${ids}`
    );
  }
  if (definitions.length === 1) return definitions[0];
  return `${reference.source} defines several filters (${ids}); say which, such as ${reference.source}#${definitions[0].id}`;
}

/**
 * The id that a type URL asks for when it is no Envoy type and no file: its last part, so that `isthmus.dev/plugins/hello` and `hello` are the same.
 */
export function pluginIdOf(typeUrl: string): string {
  return typeUrl.slice(typeUrl.lastIndexOf("/") + 1);
}
