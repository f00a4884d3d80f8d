import { clusterManagerKey } from "../../../core/contract/cluster.ts";
import { TcpProxy as TcpProxySchema } from "../../../core/resources/network-filters/tcp-proxy.ts";
import type { NetworkTerminal, NetworkTerminalDefinition } from "../../../core/server/network/terminal.ts";
import { TcpProxyConnection } from "./tcp-proxy-connection.ts";
import { compileTcpProxy } from "./tcp-proxy-settings.ts";

/** Envoy's `envoy.filters.network.tcp_proxy`: the bytes of a connection go to a host of a cluster as they are, and its bytes back. */
export const tcpProxy: NetworkTerminalDefinition<TcpProxySchema> = {
  kind: "network_terminal",
  id: "envoy.filters.network.tcp_proxy",
  typeUrls: ["envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy"],
  status: "stable",
  posture: "untrusted",
  config: TcpProxySchema,
  create: (config, scope): NetworkTerminal => {
    const clusters = scope.services.get(clusterManagerKey);
    if (clusters === undefined) throw new Error("there are no clusters here");
    const settings = compileTcpProxy(config, scope, clusters);
    return {
      serve: (connection, read, owner) => {
        const served = new TcpProxyConnection(connection, settings, owner);
        served.begin(read);
        return served;
      },
    };
  },
};
