import {
  bool,
  boolValue,
  doubleValue,
  int32,
  map,
  required,
  uint32,
  uint32Value,
  uint64,
  type Infer,
} from "../../../../core/resources/schema/index.ts";
import type { IstioObject } from "../object.ts";
import { anyString, duration, enumOf, list, message, string } from "./fields.ts";
import { PortSelector } from "./virtual-service.ts";

/** Istio: `ConsistentHashLB.HTTPCookie.Attribute`. */
export const CookieAttribute = message("Attribute", {
  name: string({ required: true }),
  /** Default: an attribute without value. */
  value: string(),
});
export type CookieAttribute = Infer<typeof CookieAttribute>;

/** Istio: `ConsistentHashLB.HTTPCookie`. */
export const HTTPCookie = message("HTTPCookie", {
  name: string({ required: true }),
  /** Default: none is written. */
  path: string(),
  /** 0s: a session cookie. Unset: no cookie is made. */
  ttl: duration({ min: 0 }),
  attributes: list(CookieAttribute),
});
export type HTTPCookie = Infer<typeof HTTPCookie>;

/** Istio: `ConsistentHashLB`. */
export const ConsistentHashLB = message(
  "ConsistentHashLB",
  {
    /** Of one header. */
    httpHeaderName: string(),
    /** Of a cookie, which is made when it is missing. */
    httpCookie: HTTPCookie,
    /** Of the client's address. */
    useSourceIp: bool(),
    /** Of one query parameter. */
    httpQueryParameterName: string(),
    ringHash: message("RingHash", {
      /** Default 1024. */
      minimumRingSize: uint64(),
    }),
    maglev: message("MagLev", {
      /** A prime number. Default 65537. */
      tableSize: uint64(),
    }),
    /** Deprecated: use `ringHash`. */
    minimumRingSize: uint64(),
  },
  {
    oneofs: [
      { name: "hash_key", fields: ["httpHeaderName", "httpCookie", "useSourceIp", "httpQueryParameterName"] },
      { name: "hash_algorithm", fields: ["ringHash", "maglev"] },
    ],
  },
);
export type ConsistentHashLB = Infer<typeof ConsistentHashLB>;

const Failover = message("Failover", { from: string(), to: string() });

/** Istio: `LocalityLoadBalancerSetting`. */
export const LocalityLoadBalancerSetting = message("LocalityLoadBalancerSetting", {
  /** Shares by the client's locality. Excludes `failover` and `failoverPriority`. */
  distribute: list(message("Distribute", { from: string(), to: map(uint32()) })),
  failover: list(Failover),
  failoverPriority: list(anyString()),
  /** Default: the mesh's, which is true. */
  enabled: boolValue(),
});
export type LocalityLoadBalancerSetting = Infer<typeof LocalityLoadBalancerSetting>;

/** Istio: `LoadBalancerSettings`. */
export const LoadBalancerSettings = message(
  "LoadBalancerSettings",
  {
    /** UNSPECIFIED is LEAST_REQUEST. */
    simple: enumOf(["UNSPECIFIED", "LEAST_CONN", "RANDOM", "PASSTHROUGH", "ROUND_ROBIN", "LEAST_REQUEST"]),
    consistentHash: ConsistentHashLB,
    localityLbSetting: LocalityLoadBalancerSetting,
    zoneAwareLbSetting: message("ZoneAwareLoadBalancerSetting", {
      enabled: boolValue(),
      failover: list(Failover),
      failoverPriority: list(anyString()),
      minClusterSize: uint32Value(),
    }),
    /** Deprecated: use `warmup`. */
    warmupDurationSecs: duration({ min: 0 }),
    warmup: message("WarmupConfiguration", {
      duration: duration({ required: true }),
      /** Default 10. */
      minimumPercent: doubleValue(),
      /** Default 1. */
      aggression: doubleValue(),
    }),
  },
  { oneofs: [{ name: "lb_policy", fields: ["simple", "consistentHash"] }] },
);
export type LoadBalancerSettings = Infer<typeof LoadBalancerSettings>;

/** Istio: `ConnectionPoolSettings.TCPSettings`. */
export const TCPSettings = message("TCPSettings", {
  /** Default: no limit. */
  maxConnections: int32({ default: 0 }),
  /** At least 1ms. Default 10s. */
  connectTimeout: duration(),
  tcpKeepalive: message("TcpKeepalive", { probes: uint32(), time: duration(), interval: duration() }),
  /** Default: no limit. */
  maxConnectionDuration: duration(),
  /** For TCP; 0s is none. Default 1h. */
  idleTimeout: duration({ min: 0 }),
});
export type TCPSettings = Infer<typeof TCPSettings>;

/** Istio: `ConnectionPoolSettings.HTTPSettings`. */
export const HTTPSettings = message("HTTPSettings", {
  /** Default: no limit. */
  http1MaxPendingRequests: int32({ default: 0 }),
  /** Default: no limit. */
  http2MaxRequests: int32({ default: 0 }),
  /** 0 (default): no limit; 1 turns keep-alive off. */
  maxRequestsPerConnection: int32({ default: 0 }),
  /** Retries at the same time. Default: no limit. */
  maxRetries: int32({ default: 0 }),
  /** Default 1h. */
  idleTimeout: duration(),
  /** HTTP/2 for ports that do not declare it. DEFAULT: as the mesh says, which is DO_NOT_UPGRADE. */
  h2UpgradePolicy: enumOf(["DEFAULT", "DO_NOT_UPGRADE", "UPGRADE"], { default: "DEFAULT" }),
  /** Speaks upstream what the client spoke; excludes UPGRADE. Default false. */
  useClientProtocol: bool({ default: false }),
  /** Default: no limit of ours. */
  maxConcurrentStreams: int32({ default: 0 }),
  http2KeepAlive: message("ConnectionKeepalive", { interval: duration(), timeout: duration() }),
});
export type HTTPSettings = Infer<typeof HTTPSettings>;

/** Istio: `ConnectionPoolSettings`. */
export const ConnectionPoolSettings = message("ConnectionPoolSettings", { tcp: TCPSettings, http: HTTPSettings });
export type ConnectionPoolSettings = Infer<typeof ConnectionPoolSettings>;

/** Istio: `OutlierDetection`. */
export const OutlierDetection = message("OutlierDetection", {
  /** Deprecated: use `consecutive5xxErrors`. */
  consecutiveErrors: int32({ default: 0 }),
  /** Default false. */
  splitExternalLocalOriginErrors: bool({ default: false }),
  /** Default 5. */
  consecutiveLocalOriginFailures: uint32Value(),
  /** 0 turns it off. Default off. */
  consecutiveGatewayErrors: uint32Value(),
  /** 0 turns it off. Default 5. */
  consecutive5xxErrors: uint32Value(),
  /** Default 10s. */
  interval: duration(),
  /** Default 30s. */
  baseEjectionTime: duration(),
  /** Default 10. */
  maxEjectionPercent: int32({ default: 0 }),
  /** Default 0: always. */
  minHealthPercent: int32({ default: 0 }),
  /** Status codes that count as errors. Default: 5xx. */
  outlierDetectionHttpErrorCodes: list(uint32()),
});
export type OutlierDetection = Infer<typeof OutlierDetection>;

/** Istio: `ClientTLSSettings`. */
export const ClientTLSSettings = message("ClientTLSSettings", {
  /** Default DISABLE. */
  mode: enumOf(["DISABLE", "SIMPLE", "MUTUAL", "ISTIO_MUTUAL"], { default: "DISABLE" }),
  /** Path of the client's certificate chain: needed with MUTUAL. */
  clientCertificate: string(),
  /** Path of the client's key: needed with MUTUAL. */
  privateKey: string(),
  /** Path of the CA certificates that the server is checked by. Default: it is checked by those of the system. */
  caCertificates: string(),
  /** Secret in place of the three paths. */
  credentialName: string(),
  /** One of these must be a name of the server's certificate. */
  subjectAltNames: list(anyString()),
  /** Default: the host. */
  sni: string(),
  /** Lets servers pass whose certificate does not hold. Default false. */
  insecureSkipVerify: boolValue(),
  /** Path of the list of revoked certificates. */
  caCrl: string(),
});
export type ClientTLSSettings = Infer<typeof ClientTLSSettings>;

/** Istio: `TrafficPolicy.PortTrafficPolicy`. */
export const PortTrafficPolicy = message("PortTrafficPolicy", {
  port: PortSelector,
  loadBalancer: LoadBalancerSettings,
  connectionPool: ConnectionPoolSettings,
  outlierDetection: OutlierDetection,
  tls: ClientTLSSettings,
});
export type PortTrafficPolicy = Infer<typeof PortTrafficPolicy>;

/** Istio: `TrafficPolicy`. */
export const TrafficPolicy = message("TrafficPolicy", {
  loadBalancer: LoadBalancerSettings,
  connectionPool: ConnectionPoolSettings,
  outlierDetection: OutlierDetection,
  tls: ClientTLSSettings,
  /** Take the place of all settings above for their ports. */
  portLevelSettings: list(PortTrafficPolicy),
  tunnel: message("TunnelSettings", {
    /** CONNECT or POST. Default CONNECT. */
    protocol: string(),
    targetHost: string({ required: true }),
    targetPort: required(uint32()),
  }),
  proxyProtocol: message("ProxyProtocol", {
    /** Default V1. */
    version: enumOf(["V1", "V2"], { default: "V1" }),
  }),
  retryBudget: message("RetryBudget", {
    /** Default 20. */
    percent: doubleValue(),
    /** Default 3. */
    minRetryConcurrency: uint32(),
    budgetInterval: duration({ min: 0 }),
  }),
});
export type TrafficPolicy = Infer<typeof TrafficPolicy>;

/** Istio: `Subset`. */
export const Subset = message("Subset", {
  name: string({ required: true }),
  /** That the endpoints of the subset have. */
  labels: map(anyString()),
  /** In place of settings of the rule's policy. */
  trafficPolicy: TrafficPolicy,
});
export type Subset = Infer<typeof Subset>;

/** Istio: `DestinationRule`, https://istio.io/latest/docs/reference/config/networking/destination-rule/ */
export const DestinationRuleSpec = message("DestinationRule", {
  /** A service of the registry, or `*.x`; a short name is one of the rule's namespace. */
  host: string({ required: true }),
  trafficPolicy: TrafficPolicy,
  subsets: list(Subset),
  /** Namespaces that see it: `.` its own, `*` all. Unset: all. */
  exportTo: list(anyString()),
  /** Client workloads that it is for. Unset: all. */
  workloadSelector: message("WorkloadSelector", { matchLabels: map(anyString()) }),
});
export type DestinationRuleSpec = Infer<typeof DestinationRuleSpec>;

/** `kind: DestinationRule` of `networking.istio.io`. */
export type DestinationRule = IstioObject<DestinationRuleSpec, "DestinationRule">;
