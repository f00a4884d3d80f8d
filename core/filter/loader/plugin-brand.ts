import type { FilterDefinition } from "../../contract/filter.ts";
import type { NetworkFilterDefinition } from "../../contract/network-filter.ts";

/** What a plugin may define. */
export type PluginDefinition = FilterDefinition | NetworkFilterDefinition;

/** Key of the brand that `defineFilter` and `defineNetworkFilter` put on a definition. The value is the version of the plugin contract. */
export const PLUGIN_BRAND: unique symbol = Symbol.for("isthmus.plugin") as never;

/** Version of the plugin contract that this copy of the code speaks. */
export const PLUGIN_VERSION = 1;

/** What marks a definition as made by one of these, in this copy of the code or another. */
export interface PluginBrand {
  readonly [PLUGIN_BRAND]: typeof PLUGIN_VERSION;
}

/** Whether a value carries the brand, of whatever copy and version. */
export function isPlugin(value: unknown): value is PluginDefinition & { readonly [PLUGIN_BRAND]: unknown } {
  return typeof value === "object" && value !== null && PLUGIN_BRAND in value;
}
