import type {
  Host,
  PendingStream,
  ResourcePriority,
  TcpUpstream,
  TcpUpstreamUser,
  UpstreamRequest,
} from "../contract/cluster.ts";
import type { HeaderMap } from "../contract/headers.ts";
import { httpStatusOfGrpc } from "../stream/grpc.ts";
import type { Clock } from "../transport/clock.ts";
import type { ConnectAddress, ConnectOptions, connect } from "../transport/connect.ts";
import type { TimerWheel } from "../transport/timers.ts";
import type { Http1Limits } from "../http1/types.ts";
import type { CircuitBreaker } from "./circuit-breaker.ts";
import type { HealthTarget } from "./health/health-settings.ts";
import type { ClusterStatsImpl } from "./cluster-stats.ts";
import { addressText } from "./address-text.ts";
import { EDS_FLAGS, UNHEALTHY_FLAGS } from "./health-flag.ts";
import type { Connection, ConnectionHandler } from "../transport/base-connection.ts";
import type { ClusterTls, TlsKeeper } from "../tls/cluster-tls.ts";
import { ConnectionPool } from "./pool/connection-pool.ts";
import type { Http2UpstreamOptions } from "./pool/http2-upstream-connection.ts";
import { TcpTunnel } from "./pool/tcp-tunnel.ts";
import { TcpUpstreamConnection } from "./pool/tcp-upstream.ts";

/** What a cluster's hosts and connections use of the process. Tests put their own in. */
export interface UpstreamEnvironment {
  readonly connect: typeof connect;
  readonly clock: Clock;
  readonly timers: TimerWheel;
}

/**
 * Who chooses between HTTP/1.1 and HTTP/2: nobody, what the request came by (`use_downstream_protocol_config`), or the upstream (`auto_config`).
 */
export type ProtocolChoice = "none" | "downstream" | "alpn";

/** How connections of a cluster are made and kept. */
export interface UpstreamOptions {
  /** ms. */
  readonly connectTimeout: number;
  /** ms that a connection may be idle; 0: for ever. */
  readonly idleTimeout: number;
  /** ms that a connection may live; 0: for ever. */
  readonly maxConnectionDuration: number;
  /** 0: no limit. */
  readonly maxRequestsPerConnection: number;
  /** `per_upstream_preconnect_ratio`, 1 to 3. Default 1: no connection before it is needed. */
  readonly preconnectRatio: number;
  /** Bytes: `per_connection_buffer_limit_bytes`. */
  readonly bufferLimit: number;
  readonly connect: ConnectOptions;
  /** Bounds of a response's head and trailers. */
  readonly limits: Http1Limits;
  /** A response with both lengths is chunked, rather than refused. */
  readonly allowChunkedLength: boolean;
  /** `enable_trailers`: trailers are passed on, both ways; without it they are dropped. */
  readonly trailers: boolean;
  /** `send_fully_qualified_url`: the target is a whole URL. */
  readonly absoluteUrl: boolean;
  /** `header_key_format.proper_case_words`: `Content-Type`. */
  readonly properCase: boolean;
  /** null: HTTP/1.1 is spoken. */
  readonly http2: Http2UpstreamOptions | null;
  readonly choice: ProtocolChoice;
}

/** What a host knows of its cluster. */
export interface HostOwner {
  readonly name: string;
  readonly stats: ClusterStatsImpl;
  readonly limits: { readonly DEFAULT: CircuitBreaker; readonly HIGH: CircuitBreaker };
  readonly upstream: UpstreamOptions;
  readonly environment: UpstreamEnvironment;
  /** Offered by ALPN in place of what the TLS names. Absent: what it names. */
  readonly alpn?: readonly string[] | undefined;
  /** The TLS of connections to an endpoint with these metadata; null: plain. */
  tlsFor(metadata: Readonly<Record<string, unknown>> | undefined): ClusterTls | null;
  /** A host has become healthy, degraded or unhealthy. */
  onHealthChanged(host: HostImpl): void;
}

/** An endpoint as it was configured or resolved. */
export interface HostOptions {
  readonly address: ConnectAddress;
  readonly hostname: string;
  /** At least 1. */
  readonly weight: number;
  readonly priority: number;
  readonly region: string;
  readonly zone: string;
  readonly subZone: string;
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
  /** Bits of `HealthFlag`. */
  readonly healthFlags: number;
  /** Where and whether it is asked for its health, when that differs from where it serves. */
  readonly healthTarget?: HealthTarget | undefined;
}

/** The active health checks of a host. */
export interface HostChecks {
  /** The host said that its checks would fail (`x-envoy-immediate-health-check-fail`). */
  failNow(): void;
}

/**
 * What became of a request on this side: it has a connection ("final": that is all there is to hear of it, as for TCP), its time ran out, or there was none
 * or it broke.
 */
export type LocalOriginEvent = "connect_success" | "connect_success_final" | "timeout" | "failed";

/** Hears how a host does: outlier detection. */
export interface HostMonitor {
  /** Percent of the last interval, for `/clusters`; -1: not known. */
  readonly successRate: number;
  readonly localOriginSuccessRate: number;
  /** Status of a final response; of gRPC's, what its `grpc-status` stands for. */
  onResponse(status: number): void;
  onLocalOrigin(event: LocalOriginEvent): void;
}

/** Places of pools: protocol, then priority. */
const HTTP1 = 0;
const HTTP2 = 1;
const ALPN = 2;
const HIGH = 3;

/** What is offered by ALPN where the cluster's TLS does not say. By place. */
const OFFERS: readonly (readonly string[])[] = [["http/1.1"], ["h2"], ["h2", "http/1.1"]];
/** For what is not HTTP. */
const NOTHING: readonly string[] = [];

/** Counters of one endpoint, as `/clusters` names them. */
export class HostStats {
  cx_active = 0;
  cx_connect_fail = 0;
  cx_total = 0;
  rq_active = 0;
  rq_error = 0;
  rq_success = 0;
  rq_timeout = 0;
  rq_total = 0;
}

/** An endpoint with its connections. */
export class HostImpl implements Host {
  readonly owner: HostOwner;
  /** Where new connections go. */
  target: ConnectAddress;
  address: string;
  ip: string;
  port: number;
  readonly hostname: string;
  readonly cluster: string;
  readonly priority: number;
  readonly region: string;
  readonly zone: string;
  readonly subZone: string;
  /** "region/zone/sub_zone", or "". */
  readonly locality: string;
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
  readonly stats: HostStats;
  readonly healthTarget: HealthTarget | undefined;
  weight: number;
  monitor: HostMonitor | null;
  healthySince: number;
  /** null: nobody checks it. */
  checks: HostChecks | null;
  /** Plain TCP connections; null while there never was one. */
  tcpConnections: Set<TcpUpstreamConnection> | null;
  private flags: number;
  /** By priority and protocol; made when first needed. */
  private readonly pools: (ConnectionPool | null)[];
  private readonly protocol: number;
  /** The host left: pools that are still made keep no connection. */
  private left: boolean;
  /** null: connections are plain. */
  private readonly tls: TlsKeeper | null;
  /** With `auto_sni` a connection serves only requests for the name that it was made with. By kind of pool and name. */
  private namedPools: Map<string, ConnectionPool> | null;

  constructor(owner: HostOwner, options: HostOptions) {
    const { address } = options;
    this.owner = owner;
    this.target = address;
    this.ip = "path" in address ? "" : address.host;
    this.port = "path" in address ? 0 : address.port;
    this.address = addressText(address);
    this.hostname = options.hostname;
    this.cluster = owner.name;
    this.priority = options.priority;
    this.region = options.region;
    this.zone = options.zone;
    this.subZone = options.subZone;
    this.locality = [options.region, options.zone, options.subZone].join("/").replace(/\/+$/, "");
    this.metadata = options.metadata;
    this.stats = new HostStats();
    this.weight = options.weight;
    this.monitor = null;
    this.healthySince = owner.environment.clock.now();
    this.checks = null;
    this.healthTarget = options.healthTarget;
    this.tcpConnections = null;
    this.flags = options.healthFlags;
    this.pools = [null, null, null, null, null, null];
    this.left = false;
    const { choice, http2 } = owner.upstream;
    this.protocol = choice === "alpn" ? ALPN : http2 === null || choice === "downstream" ? HTTP1 : HTTP2;
    this.tls = owner.tlsFor(options.metadata)?.newKeeper() ?? null;
    this.namedPools = null;
  }

  get healthy(): boolean {
    return (this.flags & UNHEALTHY_FLAGS) === 0;
  }

  /** Bits of `HealthFlag`. */
  get healthFlags(): number {
    return this.flags;
  }

  /** Whether connections to it are TLS. */
  get secure(): boolean {
    return this.tls !== null;
  }

  /** Percent, for `/clusters`; -1: not known. */
  get successRate(): number {
    return this.monitor?.successRate ?? -1;
  }

  /** Percent, for `/clusters`; -1: not known. */
  get localOriginSuccessRate(): number {
    return this.monitor?.localOriginSuccessRate ?? -1;
  }

  get activeRequests(): number {
    return this.stats.rq_active;
  }

  get requestsTotal(): number {
    return this.stats.rq_total;
  }

  get requestsError(): number {
    return this.stats.rq_error;
  }

  newStream(request: UpstreamRequest, priority: ResourcePriority): PendingStream | null {
    let which = this.protocol;
    if (this.owner.upstream.choice === "downstream" && request.downstreamProtocol === "HTTP/2") which = HTTP2;
    if (priority === "HIGH") which += HIGH;
    if (this.tls !== null && this.tls.cluster.autoSni)
      return this.namedPool(which, hostName(request.authority ?? "")).newStream(request);
    return (this.pools[which] ?? this.makePool(which)).newStream(request);
  }

  private makePool(which: number): ConnectionPool {
    return (this.pools[which] = this.newPool(which, ""));
  }

  private newPool(which: number, name: string): ConnectionPool {
    const { limits, upstream } = this.owner;
    const place = which % HIGH;
    const protocol = {
      http2: place === HTTP1 ? null : upstream.http2,
      negotiated: place === ALPN,
      alpn: OFFERS[place] as readonly string[],
    };
    const pool = new ConnectionPool(this, which >= HIGH ? limits.HIGH : limits.DEFAULT, protocol, name);
    if (this.left) pool.drain();
    return pool;
  }

  private namedPool(which: number, name: string): ConnectionPool {
    const key = `${which} ${name}`;
    const pools = (this.namedPools ??= new Map());
    let pool = pools.get(key);
    if (pool === undefined) {
      // Clients choose the names: those whose connections are gone make room.
      if (pools.size >= MAX_NAMED_POOLS) for (const [at, old] of pools) if (old.size === 0 && old.pending === 0) pools.delete(at);
      pools.set(key, (pool = this.newPool(which, name)));
    }
    return pool;
  }

  /** Connects, by TLS where the cluster says so. `name`: that of the pool. `alpn`: what is offered where the cluster's TLS names nothing. */
  connect(name: string, handler: ConnectionHandler, alpn = NOTHING): Connection {
    const { environment, upstream } = this.owner;
    const { alpn: override } = this.owner;
    const options =
      this.tls === null
        ? upstream.connect
        : { ...upstream.connect, tls: this.tls.next(this.hostname, name, override ?? alpn, override !== undefined) };
    return environment.connect(this.target, options, handler);
  }

  /** A connection is established. */
  connected(connection: Connection | null): void {
    if (this.tls !== null && connection !== null) this.tls.cluster.handshakeDone(connection);
  }

  /** One could not be. */
  connectFailed(error: Error | null): void {
    if (this.tls !== null) this.tls.cluster.handshakeFailed(error);
  }

  private *everyPool(): Generator<ConnectionPool> {
    for (const pool of this.pools) if (pool !== null) yield pool;
    if (this.namedPools !== null) yield* this.namedPools.values();
  }

  newTunnel(request: UpstreamRequest): PendingStream {
    const tunnel = new TcpTunnel(this, request);
    tunnel.open();
    return tunnel;
  }

  newTcpConnection(user: TcpUpstreamUser): TcpUpstream | null {
    const connection = new TcpUpstreamConnection(this, user);
    return connection.open() ? connection : null;
  }

  /** A host of a LOGICAL_DNS cluster is somewhere else now. Connections that exist stay. */
  moveTo(address: { readonly host: string; readonly port: number }): void {
    if (address.host === this.ip && address.port === this.port) return;
    this.target = address;
    this.ip = address.host;
    this.port = address.port;
    this.address = addressText(address);
  }

  /** Sets or clears a bit of `HealthFlag`: what health checks and outlier detection do. */
  setHealthFlag(flag: number, on: boolean): void {
    this.changeFlags(on ? this.flags | flag : this.flags & ~flag);
  }

  /** Sets and clears bits of `HealthFlag` in one change. */
  changeHealth(set: number, clear: number): void {
    this.changeFlags((this.flags & ~clear) | set);
  }

  /** Replaces what the endpoint's own `health_status` said. */
  setEndpointHealth(flags: number): void {
    this.changeFlags((this.flags & ~EDS_FLAGS) | flags);
  }

  private changeFlags(flags: number): void {
    if (flags === this.flags) return;
    if ((this.flags & UNHEALTHY_FLAGS) !== 0 && (flags & UNHEALTHY_FLAGS) === 0)
      this.healthySince = this.owner.environment.clock.now();
    this.flags = flags;
    this.owner.onHealthChanged(this);
  }

  /** A final response has begun. `grpc`: to a request of gRPC; only told while there is a monitor. */
  countResponse(headers: HeaderMap, grpc: boolean): void {
    const { status } = headers;
    if (status >= 500) this.stats.rq_error++;
    else this.stats.rq_success++;
    if (this.monitor !== null) this.monitor.onResponse(grpc ? statusOf(headers) : status);
    if (this.checks !== null && headers.has("x-envoy-immediate-health-check-fail")) {
      // Not in the middle of what its connection tells: the host may have to go.
      queueMicrotask(() => this.checks?.failNow());
    }
  }

  /** A request was given up because the route's or attempt's time had run out: the router calls it. */
  countTimeout(): void {
    this.stats.rq_timeout++;
    this.stats.rq_error++;
    if (this.monitor !== null) this.monitor.onLocalOrigin("timeout");
  }

  /** Connections, of any state and priority. */
  get connections(): number {
    let total = 0;
    for (const pool of this.everyPool()) total += pool.size;
    return total;
  }

  /** Requests that wait for a connection. */
  get pendingRequests(): number {
    let total = 0;
    for (const pool of this.everyPool()) total += pool.pending;
    return total;
  }

  /** Plain TCP connections are closed at once; their users are told. */
  closeTcpConnections(): void {
    if (this.tcpConnections !== null) for (const connection of [...this.tcpConnections]) connection.dispose();
  }

  /** Idle connections are closed, the others when their response is over; new ones are made as ever. */
  renewConnections(): void {
    for (const pool of this.everyPool()) pool.renew();
  }

  /** The host left the cluster, or the cluster is gone: idle connections are closed, the others when their response is over. */
  drain(): void {
    this.left = true;
    for (const pool of this.everyPool()) pool.drain();
  }

  /** Closes all connections at once. */
  dispose(): void {
    for (const pool of this.everyPool()) pool.dispose();
    if (this.tcpConnections !== null) for (const connection of [...this.tcpConnections]) connection.dispose();
  }
}

const MAX_NAMED_POOLS = 100;

/** What an answer to gRPC comes to: of one without a message (a "trailers-only" one) its `grpc-status`. */
function statusOf(headers: HeaderMap): number {
  const status = headers.get("grpc-status");
  return status === undefined ? headers.status : httpStatusOfGrpc(/^\d+$/.test(status) ? Number(status) : -1);
}

/** The host of an authority, in lower case: "example.com:8443" and "[::1]:80". */
function hostName(authority: string): string {
  const colon = authority.lastIndexOf(":");
  const host = colon > authority.lastIndexOf("]") ? authority.slice(0, colon) : authority;
  return host.replace(/^\[|\]$/g, "").toLowerCase();
}
