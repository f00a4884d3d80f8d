import type { FilterDefinition, FilterScope, HttpFilter } from "../contract/filter.ts";
import { type DecodeContext, locate, type MessageSchema, nodeOf, parse, type TypedConfig } from "../resources/schema/index.ts";
import type { PluginDefinition } from "./loader/plugin-brand.ts";
import { type ChainEntry, FilterChain } from "../stream/chain.ts";
import { isStandardSchema, validateConfig } from "./loader/validate-config.ts";
import { compileRouteConfigs, type RouteConfigs } from "./route-config.ts";
import type { FilterRegistry } from "./registry.ts";

/** An entry of `http_filters`. */
export interface HttpFilterEntry {
  readonly name: string;
  readonly typedConfig: TypedConfig | undefined;
  readonly disabled?: boolean;
  readonly isOptional?: boolean;
}

/** What compiling a chain takes. */
export interface ChainEnvironment {
  readonly registry: FilterRegistry;
  readonly context: DecodeContext;
  /** The scope of one filter. */
  scope(name: string, slot: number): FilterScope;
  /** A definition for a type URL that the registry doesn't know (`file:`, `npm:`), loaded beforehand. */
  plugin(typeUrl: string): PluginDefinition | undefined;
}

/** One filter as it was built. */
export interface BuiltFilter {
  readonly name: string;
  readonly slot: number;
  readonly definition: FilterDefinition;
  readonly scope: FilterScope;
  readonly entry: ChainEntry;
  readonly disabled: boolean;
}

/** A compiled chain with what routes need to configure its filters. */
export interface CompiledFilters {
  readonly chain: FilterChain;
  readonly filters: readonly BuiltFilter[];
  /** Per-route configuration -> slots. Slot 0: the chain variant, when the route disables or enables filters. */
  readonly routeConfigs: RouteConfigs;
  dispose(): void;
}

/** Builds every filter of the list; mistakes go to the context, and undefined comes back. */
export function compileChain(
  entries: readonly HttpFilterEntry[],
  owner: object,
  env: ChainEnvironment,
): CompiledFilters | undefined {
  const { context } = env;
  const failures = context.failures;
  const built: BuiltFilter[] = [];
  const report = (about: object, message: string): void => {
    const node = nodeOf(about) ?? nodeOf(owner);
    if (node !== undefined) context.report(node, "invalid_value", message);
  };
  entries.forEach((entry, index) => {
    const { typedConfig } = entry;
    if (typedConfig === undefined) {
      report(entry, `filter "${entry.name}" has no typed_config, wanted one that names its type`);
      return;
    }
    const plugin = env.plugin(typedConfig.typeUrl);
    if (plugin?.kind === "network_filter") {
      report(typedConfig, `"${plugin.id}" is a network filter, wanted an HTTP filter`);
      return;
    }
    const definition = plugin ?? env.registry.find(typedConfig.typeUrl);
    if (definition === undefined) {
      if (entry.isOptional === true) return;
      const node = nodeOf(typedConfig);
      if (node !== undefined) context.report(node, "unknown_type_url", `no filter answers to "${typedConfig.typeUrl}"`);
      return;
    }
    const slot = index + 1;
    const scope = env.scope(entry.name, slot);
    const config = readFilterConfig(definition, typedConfig, "config", context);
    if (config === FAILED) return;
    let filter: HttpFilter<unknown>;
    try {
      filter = definition.create(config, scope) as HttpFilter<unknown>;
    } catch (error) {
      report(typedConfig, `filter "${entry.name}" could not be built: ${error instanceof Error ? error.message : String(error)}`);
      return;
    }
    const limits = typeof definition.buffer === "function" ? definition.buffer(config) : definition.buffer;
    built.push({
      name: entry.name,
      slot,
      definition,
      scope,
      disabled: entry.disabled === true,
      entry: {
        name: entry.name,
        filter,
        skipOnError: definition.onError === "skip",
        requestBuffer: limits?.request ?? 0,
        responseBuffer: limits?.response ?? 0,
        about: typedConfig,
      },
    });
  });
  if (context.failures === failures) checkTerminal(entries, built, owner, report);
  const dispose = (): void => {
    for (const { entry } of built) entry.filter.dispose?.();
  };
  if (context.failures !== failures) {
    dispose();
    return undefined;
  }
  const chain = new FilterChain(built.filter((f) => !f.disabled).map((f) => f.entry));
  return { chain, filters: built, routeConfigs: compileRouteConfigs(built, entries.length + 1, context), dispose };
}

function checkTerminal(
  entries: readonly HttpFilterEntry[],
  built: readonly BuiltFilter[],
  owner: object,
  report: (about: object, message: string) => void,
): void {
  const terminals = built.filter((f) => f.definition.terminal === true);
  if (terminals.length === 0) {
    report(owner, `the chain has no terminal filter, wanted "envoy.filters.http.router" as the last of http_filters`);
    return;
  }
  const last = built[built.length - 1];
  for (const terminal of terminals) {
    if (terminal === last) continue;
    report(
      entries.find((e) => e.name === terminal.name) ?? owner,
      `terminal filter "${terminal.name}" must be the last of http_filters`,
    );
  }
  if (last.definition.terminal !== true)
    report(entries[entries.length - 1], `filter "${last.name}" is the last, wanted a terminal filter there`);
}

/** What `readFilterConfig` gives when the context has the mistakes. */
export const FAILED: unique symbol = Symbol("failed");

/** Reads a filter's configuration by its definition's schema, Envoy's or a user's own. */
export function readFilterConfig(
  definition: Pick<FilterDefinition, "id" | "config" | "routeConfig">,
  config: TypedConfig,
  which: "config" | "routeConfig",
  context: DecodeContext,
): unknown {
  const schema = which === "routeConfig" ? (definition.routeConfig ?? definition.config) : definition.config;
  if (schema !== undefined && !isStandardSchema(schema)) {
    const value = parse(schema as unknown as MessageSchema<object>, config, context);
    return value === undefined ? FAILED : value;
  }
  const result = validateConfig(definition, config.toJson(), "", which);
  if (result.issues === undefined) return result.value;
  for (const issue of result.issues) {
    context.report(locate(config.value, issue.nearest), "invalid_value", issue.text, { found: issue.found });
  }
  return FAILED;
}
