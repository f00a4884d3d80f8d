import type { ListenerFilter, ListenerFilterDefinition } from "../../contract/listener-filter.ts";
import type { FilterScope } from "../../contract/filter.ts";
import { FAILED, readFilterConfig } from "../../filter/compile-chain.ts";
import type { Listener, ListenerFilter as FilterEntry } from "../../resources/listener.ts";
import { nodeOf } from "../../resources/schema/index.ts";
import { Occupancy } from "../accept/occupancy.ts";
import type { BuiltListenerFilters } from "../accept/sniffing-connection.ts";
import type { BuildEnvironment } from "./build-manager.ts";

/** Known to Envoy, and why they are not here. */
const UNSUPPORTED: Readonly<Record<string, string>> = {
  "envoy.extensions.filters.listener.original_dst.v3.OriginalDst":
    "original_dst is not supported: connections are taken where they arrive",
  "envoy.extensions.filters.listener.original_src.v3.OriginalSrc":
    "original_src is not supported: the platform can't connect from another machine's address",
};

/** Builds the listener filters of a listener; null when it has none, undefined after mistakes, which the context has. */
export function buildListenerFilters(resource: Listener, env: BuildEnvironment): BuiltListenerFilters | null | undefined {
  const { context } = env;
  if (resource.listenerFilters.length === 0) return null;
  const before = context.failures;
  const filters = resource.listenerFilters.flatMap((entry) => buildOne(entry, env) ?? []);
  if (context.failures !== before) {
    releaseListenerFilters(filters);
    return undefined;
  }
  return {
    filters,
    timeout: resource.listenerFiltersTimeout,
    continueOnTimeout: resource.continueOnListenerFiltersTimeout,
    occupancy: new Occupancy(),
  };
}

/** Lets go what the filters hold; nobody uses them any more. */
export function releaseListenerFilters(filters: readonly ListenerFilter<unknown>[]): void {
  for (const filter of filters) filter.dispose?.();
}

function buildOne(entry: FilterEntry, env: BuildEnvironment): ListenerFilter<unknown> | undefined {
  const { context } = env;
  const config = entry.typedConfig;
  const report = (code: "missing_field" | "unknown_type_url" | "invalid_value", message: string): undefined => {
    const node = nodeOf(config ?? entry) ?? nodeOf(entry);
    if (node !== undefined) context.report(node, code, message);
    return undefined;
  };
  if (config === undefined)
    return report("missing_field", `listener filter "${entry.name}" has no typed_config, wanted one that names its type`);
  const definition: ListenerFilterDefinition | undefined = env.listenerRegistry.find(config.typeUrl);
  if (definition === undefined) {
    const why = UNSUPPORTED[config.typeUrl];
    return report("unknown_type_url", why ?? `no listener filter answers to "${config.typeUrl}"`);
  }
  const value = readFilterConfig(definition, config, "config", context);
  if (value === FAILED) return undefined;
  const scope: FilterScope = {
    name: entry.name,
    slot: 0,
    stats: env.root,
    log: env.logger("filter"),
    runtime: env.runtime,
    services: env.services,
  };
  try {
    return definition.create(value, scope);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return report("invalid_value", `listener filter "${entry.name}" could not be built: ${why}`);
  }
}
