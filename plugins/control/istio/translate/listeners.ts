import { connectionManager } from "./connection-manager.ts";
import { originOfServer, type GatewayPort, type GatewayServer } from "./gateway-servers.ts";
import type { Json } from "./json.ts";
import { madeFrom, type Origin } from "./origin.ts";
import type { GatewayNode } from "./translation.ts";
import { typed } from "./type-url.ts";

/** What tells a client that takes its time with the handshake: Istio's. */
const HANDSHAKE = "15s";

/** Name of the listener of a port. Istio: `getListenerName`. */
export function listenerName({ address, port }: GatewayPort): string {
  return `${address}_${port}`;
}

/** The chain of servers that speak plain HTTP: one for all. */
export function httpChain(port: GatewayPort, node: GatewayNode): Json {
  const [first, ...also] = port.servers.map((server) => originOfServer(server));
  const chain: Json = {
    filters: [connectionManager(node, port.servers[0].routeName, `outbound_${listenerName(port)}`)],
    transport_socket_connect_timeout: HANDSHAKE,
  };
  return madeFrom(chain, also.length === 0 ? first : { ...first, also });
}

/** The chain of a server that ends TLS and speaks HTTP. */
export function httpsChain(server: GatewayServer, port: GatewayPort, node: GatewayNode, transportSocket: Json): Json {
  const prefix = server.server.name ?? `outbound_${listenerName(port)}`;
  return tlsChain(
    server,
    server.sniHosts,
    [connectionManager(node, server.routeName, prefix)],
    transportSocket,
    originOfServer(server),
  );
}

/**
 * The chain of a server that can't be served: its names stay its own, so that connections for them are ended and do not get to a server with a
 * wildcard, which may ask less of clients. Envoy does the same with a chain whose secret has not come.
 */
export function closedChain(server: GatewayServer): Json {
  const filter: Json = {
    name: "envoy.filters.network.direct_response",
    typed_config: typed("envoy.extensions.filters.network.direct_response.v3.Config"),
  };
  return tlsChain(server, server.sniHosts, [filter], undefined, originOfServer(server));
}

/** A chain of connections with a name asked for by SNI; with a star among the names, of all connections. */
export function tlsChain(
  server: GatewayServer,
  sniHosts: readonly string[],
  filters: readonly Json[],
  transportSocket: Json | undefined,
  origin: Origin,
): Json {
  const named = sniHosts.length > 0 && !sniHosts.includes("*");
  const chain: Json = {
    ...(named ? { filter_chain_match: { server_names: sniHosts } } : {}),
    filters,
    ...(transportSocket === undefined ? {} : { transport_socket: transportSocket }),
    transport_socket_connect_timeout: HANDSHAKE,
  };
  const own = originOfServer(server);
  return madeFrom(chain, origin.node === own.node ? origin : { ...origin, also: [own] });
}

/** A listener. `inspect`: whether its chains need to know of TLS before they are chosen. */
export function listener(port: GatewayPort, chains: readonly Json[], inspect: boolean): Json {
  const [first, ...also] = port.servers.map((server) => originOfServer(server));
  const made: Json = {
    name: listenerName(port),
    address: { socket_address: { address: port.address, port_value: port.port } },
    ...(inspect
      ? {
          listener_filters: [
            {
              name: "envoy.filters.listener.tls_inspector",
              typed_config: typed("envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector"),
            },
          ],
        }
      : {}),
    filter_chains: chains,
    traffic_direction: "OUTBOUND",
  };
  return madeFrom(made, also.length === 0 ? first : { ...first, also });
}
