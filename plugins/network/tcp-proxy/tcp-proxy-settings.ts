import type { ClusterManager } from "../../../core/contract/cluster.ts";
import type { AccessLog, Logger } from "../../../core/contract/filter.ts";
import type { TcpProxy } from "../../../core/resources/network-filters/tcp-proxy.ts";
import type { Occupancy } from "../../../core/server/accept/occupancy.ts";
import type { TerminalScope } from "../../../core/server/network/terminal.ts";
import { TcpProxyStats } from "./tcp-proxy-stats.ts";

/** A TCP proxy's configuration in the form that its connections use. */
export interface TcpProxySettings {
  readonly clusters: ClusterManager;
  /** The cluster of the next connection. */
  readonly nextCluster: () => string;
  /** ms without a byte either way; 0: for ever. */
  readonly idleTimeout: number;
  /** ms that a connection may live; 0: for ever. */
  readonly maxDuration: number;
  readonly maxConnectAttempts: number;
  readonly accessLogs: readonly AccessLog[];
  /** ms between lines of a connection that lasts; 0: none. */
  readonly logInterval: number;
  readonly logsOnConnected: boolean;
  readonly bufferLimit: number;
  readonly listenerName: string;
  readonly filterChainName: string;
  readonly stats: TcpProxyStats;
  readonly log: Logger;
  readonly occupancy: Occupancy;
}

/** Reads the configuration once, so that a connection only looks at fields. */
export function compileTcpProxy(config: TcpProxy, scope: TerminalScope, clusters: ClusterManager): TcpProxySettings {
  const options = config.accessLogOptions;
  return {
    clusters,
    nextCluster: clusterChooser(config),
    idleTimeout: config.idleTimeout,
    maxDuration: config.maxDownstreamConnectionDuration ?? 0,
    maxConnectAttempts: config.maxConnectAttempts,
    accessLogs: config.accessLog.flatMap((resource) => scope.accessLog(resource) ?? []),
    logInterval: options?.accessLogFlushInterval ?? config.accessLogFlushInterval ?? 0,
    logsOnConnected: options?.flushAccessLogOnConnected ?? config.flushAccessLogOnConnected,
    bufferLimit: scope.bufferLimit,
    listenerName: scope.listenerName,
    filterChainName: scope.filterChainName,
    stats: new TcpProxyStats(scope.stats.scope("tcp", config.statPrefix, "envoy.tcp_prefix")),
    log: scope.log,
    occupancy: scope.occupancy,
  };
}

/** By weight, drawn for each connection. */
function clusterChooser({ cluster, weightedClusters }: TcpProxy): () => string {
  const shares = weightedClusters?.clusters;
  if (shares === undefined) {
    const name = cluster ?? "";
    return () => name;
  }
  const sum = shares.reduce((total, share) => total + share.weight, 0);
  return () => {
    let draw = Math.random() * sum;
    for (const share of shares) if ((draw -= share.weight) < 0) return share.name;
    return shares[shares.length - 1].name;
  };
}
