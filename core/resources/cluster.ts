import { BindConfig, TcpKeepalive } from "./address.ts";
import { isIP } from "./ip.ts";
import { Metadata, RAW_BUFFER, RoutingPriority, TransportSocket } from "./base.ts";
import { UPSTREAM_TLS } from "./tls.ts";
import { ClusterLoadAssignment } from "./endpoint.ts";
import {
  ConsistentHashingLbConfig,
  LeastRequestLbConfig,
  LoadBalancingPolicy,
  MaglevLbConfig,
  RingHashLbConfig,
  RoundRobinLbConfig,
} from "./load-balancing.ts";
import { HealthCheck } from "./health-check.ts";
import { OutlierDetection } from "./outlier-detection.ts";
import { Percent } from "./percent.ts";
import {
  checkUpstreamOptions,
  Http1ProtocolOptions,
  Http2ProtocolOptions,
  HttpProtocolOptions,
  UpstreamTlsNames,
} from "./protocol-options.ts";
import type { Infer } from "./schema/index.ts";
import {
  any,
  bool,
  boolValue,
  doubleValue,
  duration,
  enumOf,
  list,
  map,
  message,
  orEmpty,
  string,
  struct,
  uint32Value,
  unsupported,
  withDefault,
} from "./schema/index.ts";

const C = "envoy.config.cluster.v3.Cluster";

/** Limits of one priority. */
export const Thresholds = message("envoy.config.cluster.v3.CircuitBreakers.Thresholds", {
  /** Default DEFAULT. */
  priority: RoutingPriority,
  /** Default 1,024. */
  maxConnections: uint32Value({ default: 1024 }),
  /** Default 1,024. */
  maxPendingRequests: uint32Value({ default: 1024 }),
  /** Default 1,024. */
  maxRequests: uint32Value({ default: 1024 }),
  /** Default 3. */
  maxRetries: uint32Value({ default: 3 }),
  /** Set: limits retries to a part of the requests in place of `maxRetries`. */
  retryBudget: message("envoy.config.cluster.v3.CircuitBreakers.Thresholds.RetryBudget", {
    /** Default 20. */
    budgetPercent: withDefault(Percent, 20),
    /** Default 3. */
    minRetryConcurrency: uint32Value({ default: 3 }),
  }),
  /** Whether the gauges `remaining_*` are kept. Default false. */
  trackRemaining: bool({ default: false }),
  maxConnectionPools: unsupported("there is one pool for each endpoint"),
});
export type Thresholds = Infer<typeof Thresholds>;

/** How long after a lookup that failed the next one is made. */
export const RefreshRate = message(`${C}.RefreshRate`, {
  /** Milliseconds. */
  baseInterval: duration({ above: 1, required: true }),
  /** Milliseconds. Unset: 10 times the base. */
  maxInterval: duration({ above: 1 }),
});
export type RefreshRate = Infer<typeof RefreshRate>;

/** Transport sockets of clusters. Any other is a mistake that nothing turns into a warning. */
const CLIENT_SOCKETS: ReadonlySet<string> = new Set([RAW_BUFFER, UPSTREAM_TLS]);

/** A transport socket for some endpoints. */
export const TransportSocketMatch = message(`${C}.TransportSocketMatch`, {
  name: string({ minLength: 1, required: true }),
  /** What the endpoint's metadata must hold. Unset: it is for all. */
  match: struct(),
  transportSocket: TransportSocket,
});
export type TransportSocketMatch = Infer<typeof TransportSocketMatch>;

/** A group of endpoints that requests are balanced over. */
export const Cluster = message(
  C,
  {
    /** The first whose `match` is in the endpoint's metadata under `envoy.transport_socket_match`; `transportSocket` for the others. */
    transportSocketMatches: list(TransportSocketMatch),
    transportSocketMatcher: unsupported("use transport_socket_matches"),
    /** Unique. */
    name: string({ minLength: 1, required: true }),
    /** The name that counters have. Default "": `name`. */
    altStatName: string({ default: "" }),
    /** Where endpoints come from. Default STATIC. */
    type: enumOf(["STATIC", "STRICT_DNS", "LOGICAL_DNS", "EDS", "ORIGINAL_DST"], { unsupported: ["EDS", "ORIGINAL_DST"] }),
    clusterType: unsupported("use type"),
    edsClusterConfig: unsupported("there is no dynamic configuration yet"),
    /** Milliseconds. Default 5,000. */
    connectTimeout: duration({ above: 0, default: 5000 }),
    /** How much is held for a connection in each direction. Default 1,048,576. */
    perConnectionBufferLimitBytes: uint32Value({ default: 1_048_576 }),
    /** Default ROUND_ROBIN. */
    lbPolicy: enumOf(
      ["ROUND_ROBIN", "LEAST_REQUEST", "RING_HASH", "RANDOM", "MAGLEV", "CLUSTER_PROVIDED", "LOAD_BALANCING_POLICY_CONFIG"],
      {
        default: "ROUND_ROBIN",
        numbers: [0, 1, 2, 3, 5, 6, 7],
        unsupported: ["CLUSTER_PROVIDED"],
      },
    ),
    loadAssignment: ClusterLoadAssignment,
    /** At most one. Default: hosts are not asked. */
    healthChecks: list(HealthCheck),
    /** Deprecated form of `max_requests_per_connection` in the protocol options; 0 or unset: no limit. */
    maxRequestsPerConnection: uint32Value(),
    circuitBreakers: message("envoy.config.cluster.v3.CircuitBreakers", {
      /** One for each priority; what has none has the defaults. */
      thresholds: list(Thresholds),
      /** Limits for each host: only `maxConnections` is looked at. */
      perHostThresholds: list(Thresholds),
    }),
    /** Deprecated form of what the protocol options say. */
    upstreamHttpProtocolOptions: UpstreamTlsNames,
    /** Deprecated forms of what `typed_extension_protocol_options` says. */
    commonHttpProtocolOptions: HttpProtocolOptions,
    httpProtocolOptions: Http1ProtocolOptions,
    http2ProtocolOptions: Http2ProtocolOptions,
    /** By the name of the extension; `envoy.extensions.upstreams.http.v3.HttpProtocolOptions` is the one that is read. */
    typedExtensionProtocolOptions: map(any()),
    /** Milliseconds between lookups. Default 5,000. */
    dnsRefreshRate: duration({ above: 1, default: 5000 }),
    /** Milliseconds, drawn at random and added to the refresh rate. Default 0. */
    dnsJitter: duration({ min: 0, default: 0 }),
    /** Unset: `dnsRefreshRate`. */
    dnsFailureRefreshRate: RefreshRate,
    /** Looks up again when the TTL ends instead. Default false. */
    respectDnsTtl: bool({ default: false }),
    /** AUTO (default): IPv6, or IPv4 when there is none. */
    dnsLookupFamily: enumOf(["AUTO", "V4_ONLY", "V6_ONLY", "V4_PREFERRED", "ALL"], { default: "AUTO" }),
    dnsResolvers: unsupported("names are looked up by the system"),
    useTcpForDnsLookups: unsupported("names are looked up by the system", ["false"]),
    dnsResolutionConfig: unsupported("names are looked up by the system"),
    typedDnsResolverConfig: unsupported("names are looked up by the system"),
    /** Whether the first lookup must end before the proxy takes connections. Default true. */
    waitForWarmOnInit: boolValue({ default: true }),
    /** Unset: nobody is ejected. */
    outlierDetection: OutlierDetection,
    cleanupInterval: unsupported("for clusters by original destination"),
    upstreamBindConfig: BindConfig,
    lbSubsetConfig: unsupported("there are no subsets yet"),
    ringHashLbConfig: RingHashLbConfig,
    maglevLbConfig: MaglevLbConfig,
    originalDstLbConfig: unsupported("there are no clusters by original destination"),
    leastRequestLbConfig: LeastRequestLbConfig,
    roundRobinLbConfig: RoundRobinLbConfig,
    commonLbConfig: orEmpty(
      message(
        `${C}.CommonLbConfig`,
        {
          /** Percent of healthy hosts below which health is not looked at. Default 50; 0: never. */
          healthyPanicThreshold: withDefault(Percent, 50),
          zoneAwareLbConfig: unsupported("localities are not told apart yet"),
          localityWeightedLbConfig: unsupported("localities are not told apart yet"),
          /** Without effect: changes of hosts apply at once. Default 1,000. */
          updateMergeWindow: duration({ default: 1000 }),
          /** Whether new hosts do not count until they were checked once. Default false. */
          ignoreNewHostsUntilFirstHc: bool({ default: false }),
          /** Default false. */
          closeConnectionsOnHostSetChange: bool({ default: false }),
          consistentHashingLbConfig: ConsistentHashingLbConfig,
          overrideHostStatus: unsupported("there is no stateful session yet"),
        },
        { oneofs: [{ name: "locality_config_specifier", fields: ["zoneAwareLbConfig", "localityWeightedLbConfig"] }] },
      ),
    ),
    /** Unset: plain TCP. */
    transportSocket: TransportSocket,
    metadata: Metadata,
    /** Deprecated. USE_DOWNSTREAM_PROTOCOL is HTTP/1.1 as well. */
    protocolSelection: enumOf(["USE_CONFIGURED_PROTOCOL", "USE_DOWNSTREAM_PROTOCOL"], { default: "USE_CONFIGURED_PROTOCOL" }),
    upstreamConnectionOptions: message("envoy.config.cluster.v3.UpstreamConnectionOptions", {
      tcpKeepalive: TcpKeepalive,
      setLocalInterfaceNameOnUpstreamConnections: unsupported("the platform does not tell it", ["false"]),
      happyEyeballsConfig: unsupported("one address an endpoint"),
    }),
    /** Whether TCP connections to a host are closed when it fails. Those of HTTP get no new requests then in any case. Default false. */
    closeConnectionsOnHostHealthFailure: bool({ default: false }),
    /** Whether a host that discovery dropped goes even while its health checks pass. Default false. */
    ignoreHealthOnHostRemoval: bool({ default: false }),
    filters: unsupported("there are no upstream filters yet"),
    /** In place of `lb_policy` and what belongs to it. */
    loadBalancingPolicy: LoadBalancingPolicy,
    lrsServer: unsupported("there is no load reporting yet"),
    lrsReportEndpointMetrics: unsupported("there is no load reporting yet"),
    trackTimeoutBudgets: unsupported("deprecated; use track_cluster_stats", ["false"]),
    upstreamConfig: unsupported("there are no upstream extensions"),
    trackClusterStats: unsupported("these are not kept yet"),
    preconnectPolicy: message(`${C}.PreconnectPolicy`, {
      /** Default 1: no connection before it is needed. */
      perUpstreamPreconnectRatio: doubleValue({ min: 1, max: 3, default: 1 }),
      predictivePreconnectRatio: unsupported("only per_upstream_preconnect_ratio"),
    }),
    connectionPoolPerDownstreamConnection: unsupported("there is one pool for each endpoint", ["false"]),
  },
  {
    kept: true,
    oneofs: [
      { name: "cluster_discovery_type", fields: ["type", "clusterType"] },
      {
        name: "lb_config",
        fields: ["ringHashLbConfig", "maglevLbConfig", "originalDstLbConfig", "leastRequestLbConfig", "roundRobinLbConfig"],
      },
    ],
    protoNames: { http2ProtocolOptions: "http2_protocol_options" },
    check(cluster, complain) {
      checkUpstreamOptions(cluster.commonHttpProtocolOptions, complain);
      for (const socket of [cluster.transportSocket, ...cluster.transportSocketMatches.map((match) => match.transportSocket)]) {
        const type = socket?.typedConfig?.typeUrl;
        if (socket === undefined || type === undefined || CLIENT_SOCKETS.has(type)) continue;
        complain(`found ${type}, wanted one of ${[...CLIENT_SOCKETS].join(", ")}`, "typedConfig", socket);
      }
      const localities = cluster.loadAssignment?.endpoints ?? [];
      const count = localities.reduce((total, { lbEndpoints }) => total + lbEndpoints.length, 0);
      if (cluster.type === "LOGICAL_DNS" && count !== 1) {
        complain(`found ${count} endpoints, wanted one: a LOGICAL_DNS cluster has a single name`, "loadAssignment");
      }
      if (cluster.type !== undefined && cluster.type !== "STATIC") return;
      for (const { lbEndpoints } of localities) {
        for (const { endpoint } of lbEndpoints) {
          const socket = endpoint?.address.socketAddress;
          if (socket === undefined || isIP(socket.address) !== 0) continue;
          complain(
            `found "${socket.address}", wanted an IP address: names need the type STRICT_DNS or LOGICAL_DNS`,
            "address",
            socket,
          );
        }
      }
    },
  },
);
export type Cluster = Infer<typeof Cluster>;
