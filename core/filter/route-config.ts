import { type DecodeContext, nodeOf, type TypedConfig } from "../resources/schema/index.ts";
import { FilterConfig } from "../resources/base.ts";
import { parse } from "../resources/schema/index.ts";
import { FilterChain } from "../stream/chain.ts";
import { type BuiltFilter, FAILED, readFilterConfig } from "./compile-chain.ts";

/** `typed_per_filter_config` of one level. */
export type PerFilterConfig = Readonly<Record<string, TypedConfig>>;

/** The configurations of one route, by slot, from those of its levels, least specific first: route configuration, virtual host, route, weighted cluster. */
export type RouteConfigCompiler = (levels: readonly (PerFilterConfig | undefined)[]) => readonly unknown[];

/** The compiler, and whether any route that went through it has a chain of its own. */
export interface RouteConfigs {
  readonly compile: RouteConfigCompiler;
  hasVariants(): boolean;
}

const NOTHING: readonly unknown[] = Object.freeze([]);

interface Level {
  readonly disabled: boolean;
  /** Absent: only `disabled` was said. */
  readonly config: unknown;
}

/** Makes the compiler for a chain. A level that many routes share is read once. */
export function compileRouteConfigs(filters: readonly BuiltFilter[], slots: number, context: DecodeContext): RouteConfigs {
  const read = new WeakMap<TypedConfig, Level>();
  const variants = new Map<string, FilterChain>();
  const standard = filters.map((f) => (f.disabled ? "0" : "1")).join("");
  const compile: RouteConfigCompiler = (levels) => {
    if (levels.every((level) => level === undefined || isEmpty(level))) return NOTHING;
    const out: unknown[] = new Array(slots).fill(undefined);
    let enabled = "";
    for (const filter of filters) {
      const configs: unknown[] = [];
      let disabled = filter.disabled;
      for (const level of levels) {
        const typed = level?.[filter.name];
        if (typed === undefined) continue;
        let known = read.get(typed);
        if (known === undefined) read.set(typed, (known = readLevel(filter, typed, context)));
        disabled = known.disabled;
        if (known.config !== undefined) configs.push(known.config);
      }
      enabled += disabled ? "0" : "1";
      if (configs.length > 0) out[filter.slot] = finish(filter, configs, context);
    }
    if (enabled !== standard) {
      let variant = variants.get(enabled);
      if (variant === undefined) {
        variant = new FilterChain(filters.filter((_, i) => enabled[i] === "1").map((f) => f.entry));
        variants.set(enabled, variant);
      }
      out[0] = variant;
    }
    return out;
  };
  return { compile, hasVariants: () => variants.size > 0 };
}

function isEmpty(level: PerFilterConfig): boolean {
  for (const _ in level) return false;
  return true;
}

function readLevel(filter: BuiltFilter, typed: TypedConfig, context: DecodeContext): Level {
  let inner = typed;
  let disabled = false;
  if (typed.typeUrl === "envoy.config.route.v3.FilterConfig") {
    const wrapper = parse(FilterConfig, typed, context);
    if (wrapper === undefined) return { disabled: false, config: undefined };
    disabled = wrapper.disabled ?? false;
    if (wrapper.config === undefined) return { disabled, config: undefined };
    inner = wrapper.config;
  }
  const config = readFilterConfig(filter.definition, inner, "routeConfig", context);
  return { disabled, config: config === FAILED ? undefined : config };
}

function finish(filter: BuiltFilter, configs: readonly unknown[], context: DecodeContext): unknown {
  const { definition, scope } = filter;
  const merged = definition.mergeRouteConfig === undefined ? configs[configs.length - 1] : definition.mergeRouteConfig(configs);
  if (definition.createRouteConfig === undefined) return merged;
  try {
    return definition.createRouteConfig(merged, scope);
  } catch (error) {
    const node = typeof merged === "object" && merged !== null ? nodeOf(merged) : undefined;
    if (node !== undefined) context.report(node, "invalid_value", error instanceof Error ? error.message : String(error));
    return undefined;
  }
}
