import type { FilterDefinition } from "../core/contract/filter.ts";
import type { NetworkFilterDefinition } from "../core/contract/network-filter.ts";
import type { Hold } from "../core/contract/stream.ts";
import { findDefinitionProblem } from "../core/filter/loader/definition-shape.ts";
import { PLUGIN_BRAND, PLUGIN_VERSION, type PluginBrand } from "../core/filter/loader/plugin-brand.ts";

// What `isthmus/plugin` exports. A plugin's bundle holds a copy of this file, so nothing here may keep state, and what crosses the border
// between two copies is recognised by `kind` and by a `Symbol.for` brand, never by identity or `instanceof`.

export type {
  AccessLog,
  BufferLimits,
  ExtensionStatus,
  FilterDefinition,
  FilterScope,
  FilterServices,
  HookResult,
  HookValue,
  HttpFilter,
  Logger,
  RuntimeReader,
  SchemaIssue,
  SchemaResult,
  SecurityPosture,
  ServiceKey,
  StandardSchema,
} from "../core/contract/filter.ts";
export type { HeaderMap } from "../core/contract/headers.ts";
export type { Route } from "../core/contract/route.ts";
export type { Counter, Gauge, Histogram, StatsScope } from "../core/contract/stats.ts";
export type {
  DownstreamConnection,
  DownstreamTls,
  Hold,
  HttpStream,
  ReplyOptions,
  Stop,
  StreamInfo,
  StreamOutcome,
  UpstreamHost,
} from "../core/contract/stream.ts";
export { ResponseFlag } from "../core/contract/response-flags.ts";

export type { ConnectionFacts } from "../core/contract/listener-filter.ts";
export type {
  NetworkConnection,
  NetworkFilter,
  NetworkFilterDefinition,
  NetworkOutcome,
} from "../core/contract/network-filter.ts";

/** What `defineFilter` takes: a definition without its `kind`. */
export type FilterSpec<Config, S, RouteConfig> = Omit<FilterDefinition<Config, S, RouteConfig>, "kind">;

/** What `defineFilter` returns. */
export type Plugin<Config = undefined, S = undefined, RouteConfig = Config> = FilterDefinition<Config, S, RouteConfig> &
  PluginBrand;

/**
 * What `onRequestHeaders` and `onResponseHeaders` return to keep the headers until the body is whole. The filter must declare `buffer` for
 * that direction. Recognised by its `kind`, so the `HOLD` of any copy of the code will do.
 */
export const HOLD: Hold = Object.freeze({ kind: "hold" });

/**
 * Defines an HTTP filter: checks the shape of the definition and brands it, so that the loader finds it among a module's exports.
 * The type of the configuration follows from the schema. A filter with state says so on `create`, since TypeScript can't infer a type
 * from one hook for the next: `create: (config): HttpFilter<State> => ({ createState: () => ({ ... }), ... })`.
 *
 * @example
 * ```ts
 * import { defineFilter } from "isthmus/plugin";
 * import * as v from "valibot";
 *
 * export default defineFilter({
 *   id: "hello",
 *   status: "alpha",
 *   posture: "untrusted",
 *   config: v.strictObject({ greeting: v.string() }),
 *   create: (config) => ({
 *     onResponseHeaders(_stream, headers) {
 *       headers.set("x-hello", config.greeting);
 *     },
 *   }),
 * });
 * ```
 * @throws TypeError that names the field when the definition is malformed.
 */
export function defineFilter<Config = undefined, S = undefined, RouteConfig = Config>(
  spec: FilterSpec<Config, S, RouteConfig>,
): Plugin<Config, S, RouteConfig> {
  const problem = findDefinitionProblem({ kind: "http_filter", ...spec });
  if (problem !== undefined) throw new TypeError(problem);
  return Object.freeze({ ...spec, kind: "http_filter", [PLUGIN_BRAND]: PLUGIN_VERSION } as const);
}

/** What `defineNetworkFilter` takes: a definition without its `kind`. */
export type NetworkFilterSpec<Config, S> = Omit<NetworkFilterDefinition<Config, S>, "kind">;

/** What `defineNetworkFilter` returns. */
export type NetworkPlugin<Config = undefined, S = undefined> = NetworkFilterDefinition<Config, S> & PluginBrand;

/**
 * Defines a network filter: one that sees the bytes of a connection, whatever protocol they are. Everything that `defineFilter` says holds here
 * too.
 *
 * @example
 * ```ts
 * import { defineNetworkFilter } from "isthmus/plugin";
 * import * as v from "valibot";
 *
 * export default defineNetworkFilter({
 *   id: "banner",
 *   status: "alpha",
 *   posture: "untrusted",
 *   config: v.strictObject({ text: v.string() }),
 *   create: (config) => ({
 *     onConnection(c) {
 *       c.write(new TextEncoder().encode(config.text));
 *     },
 *   }),
 * });
 * ```
 * @throws TypeError that names the field when the definition is malformed.
 */
export function defineNetworkFilter<Config = undefined, S = undefined>(
  spec: NetworkFilterSpec<Config, S>,
): NetworkPlugin<Config, S> {
  const problem = findDefinitionProblem({ kind: "network_filter", ...spec });
  if (problem !== undefined) throw new TypeError(problem);
  return Object.freeze({ ...spec, kind: "network_filter", [PLUGIN_BRAND]: PLUGIN_VERSION } as const);
}

/** `anyFilter` for network filters. */
export function anyNetworkFilter<Config, S>(definition: NetworkFilterDefinition<Config, S>): NetworkFilterDefinition {
  return definition as unknown as NetworkFilterDefinition;
}

/**
 * Forgets the type parameters of a definition, so that definitions of different configurations fit one list. What the registry hands to
 * `create` is always what the definition's own schema produced, which is why this loses nothing.
 */
export function anyFilter<Config, S, RouteConfig>(definition: FilterDefinition<Config, S, RouteConfig>): FilterDefinition {
  return definition as unknown as FilterDefinition;
}
