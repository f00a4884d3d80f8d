import type { HeaderMap } from "./headers.ts";
import type { ResetReason } from "./error.ts";
import type { Counter, Gauge, Histogram, StatsScope } from "./stats.ts";
import type { HttpStream, UpstreamHost } from "./stream.ts";
import type { ServiceKey } from "./filter.ts";
import type { HostShare } from "./trace.ts";

/** Finds clusters by name. One object for the life of a snapshot. */
export interface ClusterManager {
  get(name: string): Cluster | undefined;
  list(): readonly Cluster[];
}
/** The clusters of the snapshot that a filter belongs to. */
export const clusterManagerKey: ServiceKey<ClusterManager> = { id: "cluster_manager" };

/** What a balancer may look at. The stream is null for health checks and preconnects. */
export interface LoadBalancerContext {
  readonly stream: HttpStream | null;
  /** Hash of the request by the route's hash policies; null: there is none, or the cluster does not ask for it (`Cluster.usesHash`). */
  readonly hash: Hash64 | null;
  /** Hosts that were tried already by this request; a balancer need not look. */
  shouldSelectAnotherHost(host: Host): boolean;
}

/** A 64-bit hash in two halves, each a signed 32-bit integer. */
export interface Hash64 {
  readonly high: number;
  readonly low: number;
}

/** Which circuit breakers a request counts against. Envoy: `RoutingPriority`. */
export type ResourcePriority = "DEFAULT" | "HIGH";

/** Circuit breakers of one priority, and what is in use. Limits: Envoy CircuitBreakers.Thresholds. */
export interface ResourceLimits {
  maxConnections: number;
  maxPendingRequests: number;
  maxRequests: number;
  maxRetries: number;
  connections: number;
  pendingRequests: number;
  requests: number;
  retries: number;
}

/** A cluster at run time. */
export interface Cluster {
  readonly name: string;
  readonly altStatName: string;
  readonly stats: ClusterStats;
  readonly scope: StatsScope;
  /** ms. */
  readonly connectTimeout: number;
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
  readonly limits: { readonly DEFAULT: ResourceLimits; readonly HIGH: ResourceLimits };
  /** The next host by this cluster's balancer, or null when there is none. Allocates nothing. */
  pick(context: LoadBalancerContext | null): Host | null;
  readonly hosts: readonly Host[];
  /** Whether hosts are chosen by `LoadBalancerContext.hash`: else nobody need make one. */
  readonly usesHash: boolean;
  /** How the next picks spread over the hosts, as they are now. Picks nothing. Absent: not known. */
  spread?(): readonly HostShare[];
}

/** One endpoint. Its stats are the endpoint's own (shown in /clusters). */
export interface Host extends UpstreamHost {
  readonly ip: string;
  readonly port: number;
  readonly weight: number;
  readonly priority: number;
  readonly locality: string;
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
  readonly healthy: boolean;
  /** Since when it is here and healthy: ms of the monotonic clock. */
  readonly healthySince: number;
  /** Running requests: what least_request looks at. */
  readonly activeRequests: number;
  readonly requestsTotal: number;
  readonly requestsError: number;
  /**
   * Asks for a stream on a connection to this host. Calls `request.onUpstreamReady` at once when a connection is idle, else when there is one; calls
   * `request.onUpstreamFailure` when none can be had (overflow at once). Returns a handle only while it waits.
   */
  newStream(request: UpstreamRequest, priority: ResourcePriority): PendingStream | null;
  /** A plain TCP connection for the payload of a CONNECT that ends here. Its stream answers the CONNECT with 200 itself. */
  newTunnel(request: UpstreamRequest): PendingStream;
  /** A plain TCP connection, for one user; null when the cluster has as many as it may (`max_connections`). */
  newTcpConnection(user: TcpUpstreamUser): TcpUpstream | null;
  /** A request was given up because the route's or the attempt's time had run out. */
  countTimeout(): void;
}

/** A request that waits for a connection. */
export interface PendingStream {
  /** Gives the place in the queue back. */
  cancel(): void;
}

/** A TCP connection to a host. */
export interface TcpUpstream {
  readonly host: Host;
  /** "10.0.0.9:34567", or "" when it is gone. */
  readonly localAddress: string;
  /** Bytes that the kernel has not taken yet. */
  readonly buffered: number;
  /** False: more than the cluster's `per_connection_buffer_limit_bytes` is buffered, `onUpstreamDrain` follows. */
  write(chunk: Uint8Array): boolean;
  /**
   * See `Connection.lendReads`: of the client's and of this one. Both then return false from writes while any byte is not out, so that who reads
   * stops, and nothing is overwritten that waits.
   */
  lendReads(client: LendingConnection, limit: number): void;
  /** FIN once everything written is out. */
  end(): void;
  pause(): void;
  resume(): void;
  /** Closes at once. Nothing is told any more. */
  close(): void;
  /** As `close`, with RST. */
  reset(): void;
}

/** A connection that may lend what it reads. */
export interface LendingConnection {
  readonly tls: object | null;
  lendReads(limit: number): boolean;
  setWatermark(high: number): void;
}

/** What the user of a TCP connection hears. */
export interface TcpUpstreamUser {
  onUpstreamConnected(): void;
  /** There will be no connection: "connection_failure", "connection_timeout". `details` is the transport's failure text. */
  onUpstreamConnectFailure(reason: ResetReason, details: string): void;
  onUpstreamData(chunk: Buffer): void;
  /** FIN: nothing more comes. It can still be written to. */
  onUpstreamEnd(): void;
  onUpstreamDrain(): void;
  /** It is closed. `whole`: both sides had ended. Last. */
  onUpstreamClosed(whole: boolean, details: string): void;
}

/** What the router hears of one attempt. */
export interface UpstreamRequest {
  /** What the request came by, "HTTP/2" say: clusters may be told to speak the same. */
  readonly downstreamProtocol: string;
  /** The request's host as it is sent: what TLS with `auto_sni` asks for. Absent: none. */
  readonly authority?: string;
  onUpstreamReady(stream: UpstreamStream): void;
  /** No stream: "overflow", "connection_failure", "connection_timeout". `details` is the transport's failure text. */
  onUpstreamFailure(reason: ResetReason, details: string): void;
  onInformational(headers: HeaderMap): void;
  /** `end`: no body and no trailers follow. */
  onResponseHeaders(headers: HeaderMap, end: boolean): void;
  onResponseBody(chunk: Uint8Array, end: boolean): void;
  onResponseTrailers(trailers: HeaderMap): void;
  /** The stream ended before the response was whole. Called at most once, last. */
  onUpstreamReset(reason: ResetReason, details: string): void;
  /** All events of one read have been delivered. */
  onReadEnd(): void;
  /** The upstream can't take more body now / can again. */
  onUpstreamHighWatermark(): void;
  onUpstreamLowWatermark(): void;
}

/** A stream on an upstream connection: where the request is written. */
export interface UpstreamStream {
  readonly host: Host;
  /** "HTTP/1.1" or "HTTP/2". */
  readonly protocol: string;
  readonly localAddress: string;
  /**
   * Request headers (pseudo-headers taken from the map). `end`: nothing follows. With `end` false and no content-length the body is chunked (HTTP/1.1).
   * `upgrade`: "" or the protocol for which the connection becomes a tunnel after a 101 (or a 2xx to CONNECT).
   */
  sendHeaders(headers: HeaderMap, end: boolean, upgrade: string): void;
  sendBody(chunk: Uint8Array, end: boolean): void;
  sendTrailers(trailers: HeaderMap): void;
  /** Gives up: HTTP/1.1 closes the connection, HTTP/2 resets the stream. No more events. */
  reset(): void;
  /** Stop and resume reading the response. */
  pause(): void;
  resume(): void;
}

/** Counters of a cluster, by Envoy's names ("cluster.NAME." + name). */
export interface ClusterStats {
  readonly upstream_rq_total: Counter;
  readonly upstream_rq_completed: Counter;
  readonly upstream_rq_active: Gauge;
  readonly upstream_rq_pending_total: Counter;
  readonly upstream_rq_pending_active: Gauge;
  readonly upstream_rq_pending_overflow: Counter;
  readonly upstream_rq_pending_failure_eject: Counter;
  readonly upstream_rq_cancelled: Counter;
  readonly upstream_rq_maintenance_mode: Counter;
  readonly upstream_rq_timeout: Counter;
  readonly upstream_rq_max_duration_reached: Counter;
  readonly upstream_rq_per_try_timeout: Counter;
  readonly upstream_rq_rx_reset: Counter;
  readonly upstream_rq_tx_reset: Counter;
  readonly upstream_rq_retry: Counter;
  readonly upstream_rq_retry_success: Counter;
  readonly upstream_rq_retry_overflow: Counter;
  readonly upstream_rq_retry_limit_exceeded: Counter;
  readonly upstream_rq_time: Histogram;
  readonly upstream_cx_total: Counter;
  readonly upstream_cx_active: Gauge;
  readonly upstream_cx_http1_total: Counter;
  readonly upstream_cx_http2_total: Counter;
  readonly upstream_cx_connect_fail: Counter;
  readonly upstream_cx_connect_timeout: Counter;
  readonly upstream_cx_connect_ms: Histogram;
  readonly upstream_cx_connect_attempts_exceeded: Counter;
  readonly upstream_cx_overflow: Counter;
  readonly upstream_cx_destroy: Counter;
  readonly upstream_cx_destroy_local: Counter;
  readonly upstream_cx_destroy_remote: Counter;
  readonly upstream_cx_destroy_with_active_rq: Counter;
  readonly upstream_cx_idle_timeout: Counter;
  readonly upstream_cx_max_requests: Counter;
  readonly upstream_cx_none_healthy: Counter;
  readonly upstream_cx_protocol_error: Counter;
  readonly upstream_cx_rx_bytes_total: Counter;
  readonly upstream_cx_tx_bytes_total: Counter;
  readonly upstream_flow_control_paused_reading_total: Counter;
  readonly upstream_flow_control_resumed_reading_total: Counter;
  /** upstream_rq_2xx and upstream_rq_200 and the like: made when first needed. */
  response(status: number): void;
}
