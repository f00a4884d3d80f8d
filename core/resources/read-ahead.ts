import type { Pace, Sliced } from "../contract/sliced.ts";
import { Cluster } from "./cluster.ts";
import { HttpConnectionManager } from "./http-connection-manager.ts";
import { Listener } from "./listener.ts";
import { Route, VirtualHost } from "./route.ts";
import { DecodeContext, type DecodeOptions, type Node, type Schema } from "./schema/index.ts";

/**
 * Reads the parts of a bootstrap that may be many, one by one and with pauses, so that reading the whole, which knows no pauses, then finds them read
 * (`kept`). Says nothing of mistakes: reading the whole does.
 */
export function* readAhead(root: Node, options: DecodeOptions, pace: Pace): Sliced<void> {
  const read = function* (schema: Schema<object, unknown>, nodes: Iterable<Node>): Sliced<void> {
    for (const node of nodes) {
      schema.decode(node, new DecodeContext(options));
      if (pace.due()) yield;
    }
  };
  const resources = member(root, "static_resources", "staticResources");
  yield* read(Cluster, items(member(resources, "clusters")));
  const listeners = items(member(resources, "listeners"));
  for (const listener of listeners) {
    const chains = [
      ...items(member(listener, "filter_chains", "filterChains")),
      ...items(member(listener, "default_filter_chain", "defaultFilterChain")),
    ];
    for (const filter of chains.flatMap((chain) => items(member(chain, "filters")))) {
      const config = member(filter, "typed_config", "typedConfig");
      const type = member(config, "@type");
      if (type?.kind !== "scalar" || !type.text.endsWith(`/${HttpConnectionManager.typeName}`)) continue;
      const hosts = items(member(member(config, "route_config", "routeConfig"), "virtual_hosts", "virtualHosts"));
      for (const host of hosts) {
        if (VirtualHost.isKept(host)) continue;
        yield* read(Route, items(member(host, "routes")));
        yield* read(VirtualHost, [host]);
      }
    }
  }
  yield* read(Listener, listeners);
}

function member(node: Node | undefined, name: string, other = name): Node | undefined {
  return node?.kind === "map" ? (node.get(name) ?? node.get(other)) : undefined;
}

/** A single value is a list of one, as it is when read. */
function items(node: Node | undefined): readonly Node[] {
  return node === undefined ? [] : node.kind === "list" ? node.items : [node];
}
