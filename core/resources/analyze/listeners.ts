import type { Bootstrap } from "../bootstrap.ts";
import type { Address } from "../address.ts";
import { addressText } from "../address.ts";
import { resourceKey } from "../diff.ts";
import type { Extensions } from "../extensions.ts";
import type { HttpConnectionManager } from "../http-connection-manager.ts";
import { HttpConnectionManager as HttpConnectionManagerSchema } from "../http-connection-manager.ts";
import type { FilterChain, Listener } from "../listener.ts";
import { parse } from "../schema/any.ts";
import type { DecodeContext } from "../schema/context.ts";
import { complain } from "./reporter.ts";
import { checkRoutes } from "./routes.ts";

/** Checks names, addresses, filter chains and routes of all listeners. */
export function checkListeners(bootstrap: Bootstrap, extensions: Extensions, context: DecodeContext): void {
  const names = new Map<string, Listener>();
  const clusters = new Set(bootstrap.staticResources.clusters.map(({ name }) => name).filter(isKnown));
  for (const listener of bootstrap.staticResources.listeners) {
    if (listener.name !== "" && names.has(listener.name)) {
      complain(context, listener, "name", {
        code: "duplicate_name",
        message: `two listeners are called "${listener.name}"`,
        found: `"${listener.name}"`,
      });
    }
    names.set(listener.name, listener);
    checkFilterChains(listener, context);
    for (const chain of allChains(listener)) checkChain(chain, clusters, extensions, context);
  }
  checkAddresses(bootstrap, context);
}

function allChains(listener: Listener): readonly FilterChain[] {
  return listener.defaultFilterChain === undefined
    ? listener.filterChains
    : [...listener.filterChains, listener.defaultFilterChain];
}

function checkAddresses(bootstrap: Bootstrap, context: DecodeContext): void {
  const taken = new Map<string, string>();
  const take = (address: Address | undefined, owner: object, who: string): void => {
    // Port 0 is another one each time.
    if (address === undefined || address.socketAddress?.portValue === 0) return;
    const text = addressText(address);
    const other = taken.get(text);
    if (other !== undefined) {
      complain(context, owner, "address", { code: "duplicate_address", message: `${text} is taken by ${other}`, found: text });
    } else taken.set(text, who);
  };
  if (bootstrap.admin !== undefined) take(bootstrap.admin.address, bootstrap.admin, "the admin listener");
  bootstrap.staticResources.listeners.forEach((listener, index) => {
    const who = listener.name === "" ? `listener ${index + 1}` : `listener "${listener.name}"`;
    take(listener.address, listener, who);
    for (const additional of listener.additionalAddresses) take(additional.address, additional, who);
  });
}

function checkFilterChains(listener: Listener, context: DecodeContext): void {
  const seen = new Set<string>();
  for (const chain of listener.filterChains) {
    const key = resourceKey(chain.filterChainMatch ?? {});
    if (seen.has(key)) {
      const message = "another filter chain of this listener has the same match, so this one would never be used";
      complain(context, chain, "filterChainMatch", { code: "duplicate_name", message });
    }
    seen.add(key);
  }
}

function checkChain(chain: FilterChain, clusters: ReadonlySet<string>, extensions: Extensions, context: DecodeContext): void {
  if (chain.filters.length === 0) {
    const message = "this filter chain has no filter: its connections are closed at once";
    complain(context, chain, "filters", { code: "filter_order", message, severity: "warning" });
  }
  const last = chain.filters.length - 1;
  chain.filters.forEach((filter, index) => {
    const config = filter.typedConfig;
    const known = config && extensions.get(config.typeUrl);
    if (known?.kind === "network_filter" && (known.terminal === true) !== (index === last)) {
      const message =
        index < last
          ? `"${filter.name}" ends the chain: it must be the last filter`
          : `the last filter is "${filter.name}", wanted one that ends the chain, such as the HTTP connection manager or tcp_proxy`;
      complain(context, filter, undefined, { code: "filter_order", message });
    }
    if (config?.typeUrl !== HttpConnectionManagerSchema.typeName) return;
    const manager = parse(HttpConnectionManagerSchema, config, context);
    if (manager !== undefined) checkManager(manager, clusters, extensions, context);
  });
}

function checkManager(
  manager: HttpConnectionManager,
  clusters: ReadonlySet<string>,
  extensions: Extensions,
  context: DecodeContext,
): void {
  const filters = new Set<string>();
  const last = manager.httpFilters.length - 1;
  manager.httpFilters.forEach((filter, index) => {
    if (isKnown(filter.name)) filters.add(filter.name);
    const known = filter.typedConfig && extensions.get(filter.typedConfig.typeUrl);
    if (known?.kind !== "http_filter") return;
    const terminal = known.terminal === true;
    if (terminal && index < last) {
      complain(context, filter, undefined, {
        code: "filter_order",
        message: `"${filter.name}" ends the chain: it must be the last filter`,
      });
    } else if (terminal && filter.disabled) {
      complain(context, filter, "disabled", {
        code: "filter_order",
        message: `"${filter.name}" ends the chain: it can't be disabled`,
      });
    } else if (!terminal && index === last) {
      complain(context, filter, undefined, {
        code: "filter_order",
        message: `the last filter is "${filter.name}", wanted one that ends the chain: the router`,
        found: `"${filter.name}"`,
        wanted: "the router",
      });
    }
  });
  if (last < 0) {
    const message = "found no HTTP filter, wanted at least the router";
    complain(context, manager, "httpFilters", { code: "filter_order", message, found: "no HTTP filter", wanted: "the router" });
  }
  if (manager.routeConfig !== undefined) checkRoutes(manager.routeConfig, { clusters, filters }, context);
}

/** Names may be missing, whatever the types say, when the file was read only in part. */
function isKnown(name: string | undefined): name is string {
  return name !== undefined;
}
