import type { Json } from "./json.ts";
import { madeFrom, originOf } from "./origin.ts";
import type { Translation } from "./translation.ts";

/** Copies that were made of parts, so that the same parts give the same copies again. */
const copies = new WeakMap<object, { readonly inputs: readonly unknown[]; readonly copy: Json }>();

/**
 * Listeners for a static bootstrap: each connection manager has its routes in `route_config` where `rds` named them. A listener whose routes
 * are the same objects as before is the same object again. Secrets stay by name: they go to `static_resources.secrets`.
 */
export function inlineReferences(translation: Pick<Translation, "listeners" | "routes">): readonly Json[] {
  const routes = new Map(translation.routes.map((route) => [route.name as string, route]));
  return translation.listeners.map((listener) => {
    const used: (Json | undefined)[] = [];
    for (const chain of listener.filter_chains as readonly Json[]) {
      for (const filter of chain.filters as readonly Json[]) {
        const name = routeNameOf(filter);
        if (name !== undefined) used.push(routes.get(name));
      }
    }
    if (used.length === 0) return listener;
    const before = copies.get(listener);
    if (before?.inputs.every((input, i) => input === used[i]) === true) return before.copy;
    const chains = (listener.filter_chains as readonly Json[]).map((chain) => inlineChain(chain, routes));
    const copy = sameOrigin({ ...listener, filter_chains: chains }, listener);
    copies.set(listener, { inputs: used, copy });
    return copy;
  });
}

function inlineChain(chain: Json, routes: ReadonlyMap<string, Json>): Json {
  const filters = (chain.filters as readonly Json[]).map((filter): Json => {
    const name = routeNameOf(filter);
    if (name === undefined) return filter;
    const config = Object.entries(filter.typed_config as Json).map(([key, value]) =>
      key === "rds" ? ["route_config", routes.get(name) ?? { name, virtual_hosts: [] }] : [key, value],
    );
    return { ...filter, typed_config: Object.fromEntries(config) as Json };
  });
  return sameOrigin({ ...chain, filters }, chain);
}

function routeNameOf(filter: Json): string | undefined {
  const config = filter.typed_config as Json | undefined;
  return (config?.rds as { readonly route_config_name: string } | undefined)?.route_config_name;
}

function sameOrigin(copy: Json, original: Json): Json {
  const origin = originOf(original);
  return origin === undefined ? copy : madeFrom(copy, origin);
}
