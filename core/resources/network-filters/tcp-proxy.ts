import { AccessLog } from "../accesslog.ts";
import { Metadata } from "../base.ts";
import type { Infer } from "../schema/index.ts";
import { bool, duration, list, message, notBuilt, string, uint32, uint32Value, unsupported } from "../schema/index.ts";

const T = "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy";

/** Clusters that share the connections by weight. */
export const TcpWeightedCluster = message(`${T}.WeightedCluster`, {
  clusters: list(
    message(`${T}.WeightedCluster.ClusterWeight`, {
      name: string({ minLength: 1, required: true }),
      /** Its share is this of the sum of all. */
      weight: uint32({ min: 1, required: true }),
      metadataMatch: notBuilt(Metadata, "there are no subsets of hosts yet"),
    }),
    { min: 1 },
  ),
});
export type TcpWeightedCluster = Infer<typeof TcpWeightedCluster>;

/** When lines are written beside the one at the end of a connection. */
export const TcpAccessLogOptions = message(`${T}.TcpAccessLogOptions`, {
  /** Milliseconds between lines while a connection lasts. Unset: none. */
  accessLogFlushInterval: duration({ min: 1 }),
  /** Whether a line is written when the upstream is connected. Default false. */
  flushAccessLogOnConnected: bool({ default: false }),
});
export type TcpAccessLogOptions = Infer<typeof TcpAccessLogOptions>;

/** The TCP proxy, `envoy.filters.network.tcp_proxy`: a terminal filter that sends the bytes of a connection to a cluster, and back. */
export const TcpProxy = message(
  T,
  {
    /** Counters are below `tcp.PREFIX.`. */
    statPrefix: string({ minLength: 1, required: true }),
    /** The cluster; exactly one of this and `weightedClusters`. */
    cluster: string(),
    weightedClusters: TcpWeightedCluster,
    onDemand: unsupported("there are no dynamic resources yet"),
    metadataMatch: notBuilt(Metadata, "there are no subsets of hosts yet"),
    /** Milliseconds without a byte either way after which both connections are closed; 0: never. Default 3,600,000. */
    idleTimeout: duration({ default: 3_600_000, min: 0 }),
    downstreamIdleTimeout: unsupported("Envoy does not implement it either"),
    upstreamIdleTimeout: unsupported("Envoy does not implement it either"),
    /** A line for each connection, at its end. */
    accessLog: list(AccessLog),
    /** How many hosts are tried before the connection is given up. Default 1. */
    maxConnectAttempts: uint32Value({ min: 1, default: 1 }),
    backoffOptions: unsupported("the next host is tried at once"),
    hashPolicy: unsupported("there are no hashing balancers yet"),
    tunnelingConfig: unsupported("there are no tunnels over HTTP yet"),
    /** Milliseconds that a connection may live. Unset: for ever. */
    maxDownstreamConnectionDuration: duration({ min: 1 }),
    /** Deprecated form of `accessLogOptions.accessLogFlushInterval`. */
    accessLogFlushInterval: duration({ min: 1 }),
    /** Deprecated form of `accessLogOptions.flushAccessLogOnConnected`. Default false. */
    flushAccessLogOnConnected: bool({ default: false }),
    accessLogOptions: TcpAccessLogOptions,
    proxyProtocolTlvs: unsupported("the PROXY protocol is sent without values of its own"),
    proxyProtocolTlvMergePolicy: unsupported("the PROXY protocol is sent without values of its own"),
    upstreamConnectMode: unsupported("upstreams are connected at once"),
    maxEarlyDataBytes: unsupported("upstreams are connected at once"),
    checkDrainClose: unsupported("connections are drained by their listener"),
  },
  {
    oneofs: [{ name: "cluster_specifier", fields: ["cluster", "weightedClusters"], required: true }],
    check({ accessLogOptions, accessLogFlushInterval, flushAccessLogOnConnected }, complain) {
      if (accessLogOptions === undefined) return;
      for (const [name, set] of [
        ["accessLogFlushInterval", accessLogFlushInterval !== undefined],
        ["flushAccessLogOnConnected", flushAccessLogOnConnected],
      ] as const) {
        if (set) complain("found it beside access_log_options, wanted only one of them", name);
      }
    },
  },
);
export type TcpProxy = Infer<typeof TcpProxy>;
