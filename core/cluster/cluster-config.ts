import type { Cluster } from "../resources/cluster.ts";
import type { HealthCheckConfig, LbEndpoint, LocalityLbEndpoints } from "../resources/endpoint.ts";
import { isIP } from "../resources/ip.ts";
import { RAW_BUFFER, type TransportSocket } from "../resources/base.ts";
import type { OutlierDetection } from "../resources/outlier-detection.ts";
import { Http2ProtocolOptions, UpstreamHttpProtocolOptions } from "../resources/protocol-options.ts";
import type { Http1ProtocolOptions, HttpProtocolOptions, UpstreamTlsNames } from "../resources/protocol-options.ts";
import { parse } from "../resources/schema/index.ts";
import type { DecodeContext, TypedConfig } from "../resources/schema/index.ts";
import type { AutoNames } from "../tls/cluster-tls.ts";
import { DEFAULT_HTTP1_LIMITS } from "../http1/types.ts";
import type { Thresholds } from "./circuit-breaker.ts";
import { DEFAULT_THRESHOLDS } from "./circuit-breaker.ts";
import { complain } from "./complain.ts";
import type { DnsRefresh } from "./dns/refresh-delay.ts";
import type { DnsLookupFamily } from "./dns/dns-resolver.ts";
import { readHealthCheck } from "./health/read-health-check.ts";
import type { HealthSettings, HealthTarget } from "./health/health-settings.ts";
import { healthFlagsOf } from "./health-flag.ts";
import { type LoadBalancingConfig, readLoadBalancing } from "./load-balancing-config.ts";
import type { HostOptions, ProtocolChoice, UpstreamOptions } from "./host.ts";
import { http2SessionOptions, keepaliveOptions } from "./http2-options.ts";
import type { Http2UpstreamOptions } from "./pool/http2-upstream-connection.ts";

/** A cluster's resource in the terms of this folder: what is deprecated, wrapped or optional there is one value here. */
export interface ClusterConfig {
  readonly name: string;
  /** Name of its counters. */
  readonly statName: string;
  readonly discovery: "STATIC" | "STRICT_DNS" | "LOGICAL_DNS";
  readonly endpoints: readonly EndpointConfig[];
  readonly loadBalancing: LoadBalancingConfig;
  /** Percent. */
  readonly panicThreshold: number;
  /** Percent. */
  readonly overprovisioning: number;
  /** Whether hosts count by their weights when it is judged how much of a priority is healthy. */
  readonly weightedHealth: boolean;
  /** Whether all connections are given up when a host comes or goes. */
  readonly renewOnChange: boolean;
  readonly thresholds: { readonly DEFAULT: Thresholds; readonly HIGH: Thresholds };
  readonly upstream: UpstreamOptions;
  readonly dnsFamily: DnsLookupFamily;
  readonly dnsRefresh: DnsRefresh;
  /** Whether traffic waits for the first resolution. */
  readonly waitForWarm: boolean;
  /** `transport_socket`, when it is not plain. */
  readonly transport: TypedConfig | undefined;
  /** `transport_socket_matches`, in order: for endpoints whose metadata hold `match`; without a configuration it is plain. */
  readonly transportMatches: readonly TransportMatch[];
  readonly autoNames: AutoNames;
  /** undefined: nobody is ejected. */
  readonly outliers: OutlierDetection | undefined;
  /** undefined: nobody is checked. */
  readonly health: HealthSettings | undefined;
  /** New hosts do not count until they were checked. */
  readonly ignoreNewHosts: boolean;
  /** A host that discovery dropped goes at once, even if its checks pass. */
  readonly ignoreHealthOnRemoval: boolean;
  /** `close_connections_on_host_health_failure`: of plain TCP; those of HTTP are given up in any case. */
  readonly closeOnFailure: boolean;
  /** `metadata.filter_metadata`. */
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
}

/** A transport for some endpoints. */
export interface TransportMatch {
  readonly match: Readonly<Record<string, unknown>>;
  readonly transport: TypedConfig | undefined;
}

/** An endpoint: a host, or a name that stands for hosts (then `options.address.host` is that name). */
export interface EndpointConfig {
  readonly options: HostOptions;
  /** Whether it must be resolved. */
  readonly isName: boolean;
}

const PROTOCOL_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

/** Reads a cluster. Mistakes that only show here are reported to the context; the result is of use only when there are none. */
export function readClusterConfig(cluster: Cluster, context: DecodeContext): ClusterConfig {
  const { common, http1, http2, choice, names } = protocolOptions(cluster, context);
  const discovery = cluster.type === "STRICT_DNS" || cluster.type === "LOGICAL_DNS" ? cluster.type : "STATIC";
  const localities = cluster.loadAssignment?.endpoints ?? [];
  const failure = cluster.dnsFailureRefreshRate;
  const bind = cluster.upstreamBindConfig?.sourceAddress;
  const keepalive = cluster.upstreamConnectionOptions?.tcpKeepalive;
  if (failure?.maxInterval !== undefined && failure.maxInterval < failure.baseInterval) {
    complain(context, failure, "out_of_range", "found a maxInterval less than baseInterval, wanted it to be at least as long");
  }
  const outliers = cluster.outlierDetection;
  if (outliers?.maxEjectionTime !== undefined && outliers.maxEjectionTime < outliers.baseEjectionTime) {
    const message = "found a max_ejection_time less than base_ejection_time, wanted it to be at least as long";
    complain(context, outliers, "out_of_range", message);
  }
  if (choice === "alpn") checkAlpn(cluster, context);
  return {
    name: cluster.name,
    statName: cluster.altStatName === "" ? cluster.name : cluster.altStatName,
    discovery,
    endpoints: localities.flatMap((locality) =>
      locality.lbEndpoints.flatMap((endpoint) => readEndpoint(endpoint, locality, discovery, context)),
    ),
    loadBalancing: readLoadBalancing(cluster, context),
    panicThreshold: cluster.commonLbConfig.healthyPanicThreshold,
    overprovisioning: cluster.loadAssignment?.policy?.overprovisioningFactor ?? 140,
    weightedHealth: cluster.loadAssignment?.policy?.weightedPriorityHealth ?? false,
    renewOnChange: cluster.commonLbConfig.closeConnectionsOnHostSetChange,
    thresholds: { DEFAULT: readThresholds(cluster, "DEFAULT"), HIGH: readThresholds(cluster, "HIGH") },
    upstream: {
      connectTimeout: cluster.connectTimeout,
      idleTimeout: common?.idleTimeout ?? 3_600_000,
      maxConnectionDuration: common?.maxConnectionDuration ?? 0,
      maxRequestsPerConnection: common?.maxRequestsPerConnection ?? cluster.maxRequestsPerConnection ?? 0,
      preconnectRatio: cluster.preconnectPolicy?.perUpstreamPreconnectRatio ?? 1,
      bufferLimit: cluster.perConnectionBufferLimitBytes,
      connect: {
        ...(bind === undefined ? {} : { bindAddress: { host: bind.address, port: bind.portValue ?? 0 } }),
        // A keep-alive without a time has the system's, which is 2 hours by default (tcp(7)).
        ...(keepalive === undefined ? {} : { tcpKeepalive: { keepaliveTimeMs: (keepalive.keepaliveTime ?? 7200) * 1000 } }),
      },
      limits: {
        ...DEFAULT_HTTP1_LIMITS,
        maxHeadBytes: (common?.maxResponseHeadersKb ?? 60) * 1024,
        maxTrailerBytes: (common?.maxResponseHeadersKb ?? 60) * 1024,
        maxHeaders: common?.maxHeadersCount ?? 100,
      },
      allowChunkedLength: http1?.allowChunkedLength ?? false,
      trailers: http1?.enableTrailers ?? false,
      properCase: http1?.headerKeyFormat?.properCaseWords !== undefined,
      absoluteUrl: http1?.sendFullyQualifiedUrl ?? false,
      http2: http2 === undefined ? null : http2Options(http2, cluster, common),
      choice,
    },
    dnsFamily: cluster.dnsLookupFamily,
    dnsRefresh: {
      rate: cluster.dnsRefreshRate,
      respectTtl: cluster.respectDnsTtl,
      jitter: cluster.dnsJitter,
      failure:
        failure === undefined ? null : { base: failure.baseInterval, max: failure.maxInterval ?? failure.baseInterval * 10 },
    },
    waitForWarm: cluster.waitForWarmOnInit,
    transport: transportOf(cluster.transportSocket),
    transportMatches: cluster.transportSocketMatches.map(({ match, transportSocket }) => ({
      match: match ?? {},
      transport: transportOf(transportSocket),
    })),
    autoNames: { sni: names?.autoSni ?? false, sanValidation: names?.autoSanValidation ?? false },
    outliers,
    health: readHealthCheck(
      cluster,
      {
        spoken: http2 !== undefined,
        options: () => http2Options(http2 ?? Http2ProtocolOptions.empty(), cluster, common),
      },
      context,
    ),
    ignoreNewHosts: cluster.commonLbConfig.ignoreNewHostsUntilFirstHc,
    ignoreHealthOnRemoval: cluster.ignoreHealthOnHostRemoval,
    closeOnFailure: cluster.closeConnectionsOnHostHealthFailure,
    metadata: cluster.metadata?.filterMetadata,
  };
}

/** The extension's options, or the deprecated fields of the cluster. Envoy refuses a cluster that has both. */
function protocolOptions(cluster: Cluster, context: DecodeContext): ProtocolOptions {
  const {
    typedExtensionProtocolOptions: typed,
    commonHttpProtocolOptions: common,
    httpProtocolOptions: http1,
    http2ProtocolOptions: http2,
    upstreamHttpProtocolOptions: names,
  } = cluster;
  for (const [name, config] of Object.entries(typed ?? {})) {
    if (config.typeUrl !== PROTOCOL_OPTIONS) {
      const message = `found options of type ${config.typeUrl} for "${name}", wanted ${PROTOCOL_OPTIONS}`;
      context.report(config.node, "unknown_type_url", message, { found: config.typeUrl, wanted: PROTOCOL_OPTIONS });
      continue;
    }
    const options = parse(UpstreamHttpProtocolOptions, config, context);
    if (options === undefined) continue;
    if (common !== undefined || http1 !== undefined || http2 !== undefined) {
      const message = `found the same options in the deprecated fields of the cluster, wanted them only in "${PROTOCOL_OPTIONS}"`;
      context.report(config.node, "oneof_conflict", message);
    }
    const { explicitHttpConfig: explicit, useDownstreamProtocolConfig: downstream, autoConfig: auto } = options;
    const several = downstream ?? auto;
    return {
      common: options.commonHttpProtocolOptions,
      http1: explicit?.httpProtocolOptions ?? several?.httpProtocolOptions,
      http2: explicit?.http2ProtocolOptions ?? several?.http2ProtocolOptions,
      choice: downstream !== undefined ? "downstream" : auto !== undefined ? "alpn" : "none",
      names: options.upstreamHttpProtocolOptions,
    };
  }
  const follows = cluster.protocolSelection === "USE_DOWNSTREAM_PROTOCOL";
  const options2 = http2 ?? (follows ? Http2ProtocolOptions.empty() : undefined);
  return { common, http1, http2: options2, choice: follows ? "downstream" : "none", names };
}

/** What a cluster speaks. */
interface ProtocolOptions {
  readonly common: HttpProtocolOptions | undefined;
  readonly http1: Http1ProtocolOptions | undefined;
  readonly http2: Http2ProtocolOptions | undefined;
  readonly choice: ProtocolChoice;
  readonly names: UpstreamTlsNames | undefined;
}

/** Without a handshake there is nobody to choose. Envoy refuses the same. */
function checkAlpn(cluster: Cluster, context: DecodeContext): void {
  const wanted = "wanted TLS: the upstream chooses its protocol by ALPN (auto_config)";
  if (transportOf(cluster.transportSocket) === undefined) {
    complain(context, cluster, "invalid_value", `found a plain transport_socket in cluster "${cluster.name}", ${wanted}`);
  }
  for (const match of cluster.transportSocketMatches) {
    if (transportOf(match.transportSocket) !== undefined) continue;
    complain(context, match, "invalid_value", `found a plain transport_socket for "${match.name}", ${wanted}`);
  }
}

/** The configuration of a transport socket that is not the plain one. */
function transportOf(socket: TransportSocket | undefined): TypedConfig | undefined {
  const config = socket?.typedConfig;
  return config === undefined || config.typeUrl === RAW_BUFFER ? undefined : config;
}

function http2Options(
  options: Http2ProtocolOptions,
  cluster: Cluster,
  common: HttpProtocolOptions | undefined,
): Http2UpstreamOptions {
  return {
    session: http2SessionOptions(options, {
      maxHeaderListSize: (common?.maxResponseHeadersKb ?? 60) * 1024,
      maxHeaders: common?.maxHeadersCount ?? 100,
      bufferLimit: cluster.perConnectionBufferLimitBytes,
      streamErrorOnInvalidHttpMessage: true,
    }),
    keepalive: keepaliveOptions(options),
  };
}

function readThresholds(cluster: Cluster, priority: "DEFAULT" | "HIGH"): Thresholds {
  const found = cluster.circuitBreakers?.thresholds.find((thresholds) => thresholds.priority === priority);
  const perHost = cluster.circuitBreakers?.perHostThresholds.find((thresholds) => thresholds.priority === priority);
  return {
    ...(found ?? DEFAULT_THRESHOLDS),
    retryBudget: found?.retryBudget ?? null,
    maxConnectionsPerHost: perHost?.maxConnections ?? Infinity,
  };
}

function readEndpoint(
  lbEndpoint: LbEndpoint,
  { locality, priority }: LocalityLbEndpoints,
  discovery: ClusterConfig["discovery"],
  context: DecodeContext,
): EndpointConfig[] {
  const { endpoint } = lbEndpoint;
  if (endpoint === undefined) return [];
  const { pipe, socketAddress } = endpoint.address;
  let address: HostOptions["address"];
  let isName = false;
  if (pipe !== undefined) {
    address = { path: pipe.path };
  } else {
    address = { host: socketAddress?.address ?? "", port: socketAddress?.portValue ?? 0 };
    isName = isIP(address.host) === 0;
  }
  const options: HostOptions = {
    address,
    // A name stands for its hosts; a static host has only the name that it was given.
    hostname: endpoint.hostname !== "" || discovery === "STATIC" || "path" in address ? endpoint.hostname : address.host,
    weight: lbEndpoint.loadBalancingWeight,
    priority,
    region: locality?.region ?? "",
    zone: locality?.zone ?? "",
    subZone: locality?.subZone ?? "",
    metadata: lbEndpoint.metadata?.filterMetadata,
    healthFlags: healthFlagsOf(lbEndpoint.healthStatus),
    healthTarget:
      endpoint.healthCheckConfig === undefined
        ? undefined
        : readHealthTarget(endpoint.healthCheckConfig, pipe !== undefined, context),
  };
  return [{ options, isName }];
}

/** Where an endpoint is asked for its health. */
function readHealthTarget(config: HealthCheckConfig, overPipe: boolean, context: DecodeContext): HealthTarget {
  const { address, portValue, hostname, disableActiveHealthCheck: disabled } = config;
  const { pipe, socketAddress: socket } = address ?? {};
  if (socket !== undefined && isIP(socket.address) === 0) {
    complain(context, socket, "invalid_value", `found "${socket.address}", wanted an IP address to check the health at`);
  }
  if (portValue !== 0 && (pipe !== undefined || (overPipe && address === undefined))) {
    complain(
      context,
      config,
      "invalid_value",
      `found the port ${portValue} to check the health at, wanted none: a pipe has no ports`,
    );
  }
  const port = portValue !== 0 ? portValue : (socket?.portValue ?? 0);
  return { address: socket?.address ?? "", port, path: pipe?.path ?? "", hostname, disabled };
}
