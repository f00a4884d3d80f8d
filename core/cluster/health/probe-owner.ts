import { StatsStore } from "../../observe/stats-store.ts";
import type { ClusterTls } from "../../tls/cluster-tls.ts";
import type { ConnectAddress } from "../../transport/connect.ts";
import { CircuitBreaker, DEFAULT_THRESHOLDS } from "../circuit-breaker.ts";
import { ClusterStatsImpl } from "../cluster-stats.ts";
import { HostImpl, type HostOwner, type UpstreamEnvironment, type UpstreamOptions } from "../host.ts";
import type { Http2UpstreamOptions } from "../pool/http2-upstream-connection.ts";
import type { HealthSettings, HealthTarget } from "./health-settings.ts";

/** What checks use of their cluster. */
export interface CheckedCluster {
  readonly name: string;
  readonly upstream: UpstreamOptions;
  readonly environment: UpstreamEnvironment;
  tlsFor(metadata: Readonly<Record<string, unknown>> | undefined): ClusterTls | null;
}

const UNLIMITED = { ...DEFAULT_THRESHOLDS, maxConnections: Infinity, maxPendingRequests: Infinity, maxRequests: Infinity };

/**
 * Owns the connections of checks: they are the pools' and codecs' that requests have, and count neither in the cluster's counters nor against its limits.
 */
export class ProbeOwner implements HostOwner {
  readonly name: string;
  readonly stats: ClusterStatsImpl;
  readonly limits: { readonly DEFAULT: CircuitBreaker; readonly HIGH: CircuitBreaker };
  readonly upstream: UpstreamOptions;
  readonly environment: UpstreamEnvironment;
  readonly alpn: readonly string[] | undefined;
  readonly #cluster: CheckedCluster;
  readonly #criteria: HealthSettings["matchCriteria"];

  constructor(cluster: CheckedCluster, settings: HealthSettings, http2: Http2UpstreamOptions | null) {
    const scope = new StatsStore();
    const breaker = new CircuitBreaker(UNLIMITED, scope, "default");
    this.name = cluster.name;
    this.stats = new ClusterStatsImpl(scope);
    this.limits = { DEFAULT: breaker, HIGH: breaker };
    this.upstream = {
      ...cluster.upstream,
      // The check's own timeout is what ends it.
      connectTimeout: settings.timeout + 60_000,
      idleTimeout: 0,
      maxConnectionDuration: 0,
      maxRequestsPerConnection: 0,
      preconnectRatio: 1,
      absoluteUrl: false,
      trailers: false,
      http2,
      choice: "none",
    };
    this.environment = cluster.environment;
    this.alpn = settings.alpn;
    this.#cluster = cluster;
    this.#criteria = settings.matchCriteria;
  }

  tlsFor(metadata: Readonly<Record<string, unknown>> | undefined): ClusterTls | null {
    const criteria = this.#criteria;
    return this.#cluster.tlsFor(criteria === undefined ? metadata : { "envoy.transport_socket_match": criteria });
  }

  onHealthChanged(): void {}

  /** What connections for checks of a host are made through. */
  newHost(host: HostImpl): HostImpl {
    return new HostImpl(this, {
      address: healthAddress(host.target, host.healthTarget),
      hostname: host.hostname,
      weight: 1,
      priority: 0,
      region: "",
      zone: "",
      subZone: "",
      metadata: host.metadata,
      healthFlags: 0,
      healthTarget: undefined,
    });
  }
}

/** Where a host is asked. */
export function healthAddress(target: ConnectAddress, health: HealthTarget | undefined): ConnectAddress {
  if (health === undefined) return target;
  if (health.path !== "") return { path: health.path };
  if ("path" in target) return health.address === "" ? target : { host: health.address, port: health.port };
  return {
    host: health.address === "" ? target.host : health.address,
    port: health.port === 0 ? target.port : health.port,
  };
}
