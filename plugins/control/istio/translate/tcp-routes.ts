import { hostsOverlap } from "../hostname.ts";
import type { RouteDestination } from "../schema/virtual-service.ts";
import { clusterOf, type ClusterUse } from "./destination.ts";
import { hostsFor, type GatewayServer } from "./gateway-servers.ts";
import { durationText, type Json } from "./json.ts";
import { nodeAt, type Origin } from "./origin.ts";
import type { Problems } from "./problems.ts";
import { gatewayName } from "./resolve-names.ts";
import type { Registry } from "./registry.ts";
import { typed } from "./type-url.ts";
import type { ResolvedVirtualService } from "./virtual-service.ts";

/** Where connections of a server without HTTP go. */
export interface TcpRoute {
  /** By SNI; empty: all connections of the server. */
  readonly sniHosts: readonly string[];
  readonly destinations: readonly RouteDestination[];
  readonly service: ResolvedVirtualService;
  readonly origin: Origin;
}

/** Whether a VirtualService has a host that the server is for. Istio: `pickMatchingGatewayHosts`. */
function fits(server: GatewayServer, service: ResolvedVirtualService): boolean {
  const ours = hostsFor(server, service.object.namespace);
  return service.hosts.some((host) => ours.some((one) => hostsOverlap(one, host)));
}

interface L4Match {
  readonly port?: number | undefined;
  readonly gateways: readonly string[];
}

function matches(match: L4Match, server: GatewayServer, namespace: string): boolean {
  if (match.port !== undefined && match.port !== 0 && match.port !== server.server.port.number) return false;
  return match.gateways.length === 0 || match.gateways.some((name) => gatewayName(name, namespace) === server.name);
}

/** The first `tcp` rule for a server, of the oldest VirtualService that has one. Istio: `buildGatewayNetworkFiltersFromTCPRoutes`. */
export function tcpRouteOf(server: GatewayServer, services: readonly ResolvedVirtualService[]): TcpRoute | undefined {
  for (const service of services) {
    if (!fits(server, service)) continue;
    for (const rule of service.object.spec.tcp) {
      if (rule.route.length === 0) continue;
      if (rule.match.length > 0 && !rule.match.some((match) => matches(match, server, service.object.namespace))) continue;
      const { object } = service;
      return { sniHosts: [], destinations: rule.route, service, origin: { object, node: nodeAt(object, rule) } };
    }
  }
  return undefined;
}

/**
 * The `tls` rules for a server that passes TLS through, one for each match; those with names that an older one has are left out. Istio:
 * `buildGatewayNetworkFiltersFromTLSRoutes`.
 */
export function tlsRoutesOf(
  server: GatewayServer,
  services: readonly ResolvedVirtualService[],
  taken: Map<string, Origin>,
  problems: Problems,
): readonly TcpRoute[] {
  const routes: TcpRoute[] = [];
  for (const service of services) {
    if (!fits(server, service)) continue;
    const { object } = service;
    const ours = hostsFor(server, object.namespace);
    for (const rule of object.spec.tls) {
      if (rule.route.length === 0) continue;
      for (const match of rule.match) {
        if (!matches(match, server, object.namespace)) continue;
        const origin: Origin = { object, node: nodeAt(object, match) };
        // Names that the server is not for are not let in by it.
        const sniHosts = match.sniHosts
          .map((name) => name.toLowerCase())
          .filter((name) => ours.some((one) => hostsOverlap(one, name)));
        if (sniHosts.length === 0) continue;
        const twice = sniHosts.find((name) => taken.has(name));
        if (twice !== undefined) {
          const { name, namespace } = (taken.get(twice) as Origin).object;
          problems.warn(
            origin.node,
            "conflict",
            `"${twice}" goes where ${namespace}/${name} says on this port: the match is left out`,
          );
          continue;
        }
        for (const name of sniHosts) taken.set(name, origin);
        routes.push({ sniHosts, destinations: rule.route, service, origin });
      }
    }
  }
  return routes;
}

/** What of a connection's settings stands in a DestinationRule. */
export interface TcpSettings {
  readonly idleTimeout: number | undefined;
  readonly maxConnectionDuration: number | undefined;
}

/** The filter `tcp_proxy` for a route, and its clusters. */
export function tcpProxy(
  route: TcpRoute,
  server: GatewayServer,
  registry: Registry,
  settingsOf: (use: ClusterUse) => TcpSettings,
  accessLog: readonly Json[] | undefined,
): { readonly filter: Json; readonly uses: readonly ClusterUse[] } {
  const { object } = route.service;
  const { namespace } = object;
  const from = { names: namespace, namespace, object, listenPort: server.server.port.number };
  const single = route.destinations.length === 1;
  const weighted = single ? route.destinations : route.destinations.filter(({ weight }) => weight > 0);
  const uses = weighted.map(({ destination }) => clusterOf(destination, registry, from));
  const settings = uses.length === 0 ? undefined : settingsOf(uses[0]);
  const config: Json = {
    stat_prefix: single ? uses[0].name : `${object.name}.${object.namespace}`,
    ...(single
      ? { cluster: uses[0].name }
      : { weighted_clusters: { clusters: uses.map((use, i) => ({ name: use.name, weight: weighted[i].weight })) } }),
    ...(settings?.idleTimeout === undefined ? {} : { idle_timeout: durationText(settings.idleTimeout) }),
    ...(settings?.maxConnectionDuration === undefined
      ? {}
      : { max_downstream_connection_duration: durationText(settings.maxConnectionDuration) }),
    ...(accessLog === undefined ? {} : { access_log: accessLog }),
  };
  const filter: Json = {
    name: "envoy.filters.network.tcp_proxy",
    typed_config: typed("envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy", config),
  };
  return { filter, uses };
}
