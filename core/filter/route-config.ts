import type { FilterScope } from "../contract/filter.ts";
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
  /** What configurations depend on beside their levels: which filters there are, in which slots. */
  readonly layout: string;
  /** Whether a configuration may serve in another chain of the same layout: it holds on to nothing of this chain or its snapshot. */
  isPortable(config: readonly unknown[]): boolean;
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
  const bound = new WeakSet<readonly unknown[]>();
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
      if (configs.length > 0) out[filter.slot] = finish(filter, configs, context, () => bound.add(out));
    }
    if (enabled !== standard) {
      let variant = variants.get(enabled);
      if (variant === undefined) {
        variant = new FilterChain(filters.filter((_, i) => enabled[i] === "1").map((f) => f.entry));
        variants.set(enabled, variant);
      }
      out[0] = variant;
      bound.add(out);
    }
    return out;
  };
  return {
    compile,
    hasVariants: () => variants.size > 0,
    layout: filters
      .map((f) => `${f.slot} ${f.name} ${identityOf(f.definition)} ${identityOf(f.scope.stats)} ${f.disabled}`)
      .join("\n"),
    isPortable: (config) => !bound.has(config),
  };
}

const identities = new WeakMap<object, number>();
let nextIdentity = 0;

/** A number for an object: a plugin that was loaded anew is another one, whatever its id. */
function identityOf(object: object): number {
  let identity = identities.get(object);
  if (identity === undefined) identities.set(object, (identity = nextIdentity++));
  return identity;
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

function finish(filter: BuiltFilter, configs: readonly unknown[], context: DecodeContext, onBound: () => void): unknown {
  const { definition, scope } = filter;
  const merged = definition.mergeRouteConfig === undefined ? configs[configs.length - 1] : definition.mergeRouteConfig(configs);
  if (definition.createRouteConfig === undefined) return merged;
  try {
    return definition.createRouteConfig(merged, watched(scope, onBound));
  } catch (error) {
    const node = typeof merged === "object" && merged !== null ? nodeOf(merged) : undefined;
    if (node !== undefined) context.report(node, "invalid_value", error instanceof Error ? error.message : String(error));
    return undefined;
  }
}

/** The scope, which tells when somebody takes the doors that belong to one snapshot: what was made by them may not outlive it. */
function watched(scope: FilterScope, onBound: () => void): FilterScope {
  return {
    name: scope.name,
    slot: scope.slot,
    stats: scope.stats,
    log: scope.log,
    runtime: scope.runtime,
    get services() {
      onBound();
      return scope.services;
    },
  };
}
