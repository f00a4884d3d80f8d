import type { PendingStream, UpstreamRequest } from "../../contract/cluster.ts";
import type { ResetReason } from "../../contract/error.ts";
import type { CircuitBreaker } from "../circuit-breaker.ts";
import type { HostImpl } from "../host.ts";
import { Http1UpstreamConnection } from "./http1-upstream-connection.ts";
import { Http2UpstreamConnection, type Http2UpstreamOptions } from "./http2-upstream-connection.ts";
import { NegotiatingConnection } from "./negotiating-connection.ts";
import { PendingRequest } from "./pending-request.ts";
import type { PooledConnection } from "./pooled-connection.ts";

const GONE = "the cluster was removed";

/** What connections of a pool speak. */
export interface PoolProtocol {
  /** null: HTTP/1.1. */
  readonly http2: Http2UpstreamOptions | null;
  /** HTTP/2 only where the host has chosen it by ALPN. */
  readonly negotiated: boolean;
  /** What is offered by ALPN where the cluster's TLS names nothing. */
  readonly alpn: readonly string[];
}

const HTTP1: PoolProtocol = { http2: null, negotiated: false, alpn: [] };

/**
 * The connections to one host for one priority: of HTTP/1.1, which carry one request at a time, or of HTTP/2, which carry many. The one that was used
 * last is used first, so that those not needed grow old and are closed. Requests that find none wait in the order of their arrival.
 */
export class ConnectionPool {
  readonly host: HostImpl;
  readonly limits: CircuitBreaker;
  readonly protocol: PoolProtocol;
  /** Of these: not established yet. */
  connecting: number;
  /** Requests that run. Kept by the connections. */
  active: number;
  /** Requests that wait. */
  pending: number;
  /** Connections of any state. */
  private readonly all: Set<PooledConnection>;
  private idle: PooledConnection | null;
  private first: PendingRequest | null;
  private last: PendingRequest | null;
  /** The rest of those that are just being told of a failure. */
  private failing: PendingRequest | null;
  /** The cluster or host is gone: no connection is kept for later. */
  private draining: boolean;
  private disposed: boolean;
  /** `per_upstream_preconnect_ratio`: connections for each request that runs or waits. */
  private readonly preconnectRatio: number;
  /** Requests that a connection is thought to take at once while it is not there yet. */
  private requestsPerConnection: number;

  /** What its connections ask for by SNI under `auto_sni`; "" otherwise. */
  readonly name: string;

  constructor(host: HostImpl, limits: CircuitBreaker, protocol = HTTP1, name = "") {
    this.host = host;
    this.name = name;
    this.limits = limits;
    this.protocol = protocol;
    this.all = new Set();
    this.connecting = 0;
    this.active = 0;
    this.pending = 0;
    this.idle = null;
    this.first = null;
    this.last = null;
    this.failing = null;
    this.draining = false;
    this.disposed = false;
    const { http2 } = protocol;
    const { preconnectRatio, maxRequestsPerConnection: most } = host.owner.upstream;
    this.preconnectRatio = preconnectRatio;
    this.requestsPerConnection = http2 === null ? 1 : Math.min(most === 0 ? Infinity : most, http2.session.maxConcurrentStreams);
  }

  /** See `Host.newStream`. */
  newStream(request: UpstreamRequest): PendingStream | null {
    const connection = this.idle;
    if (connection !== null) {
      if (this.admits(request)) {
        this.unlinkIdle(connection);
        connection.attach(request);
        if (this.preconnectRatio > 1) this.connectIfNeeded();
      }
      return null;
    }
    const { limits } = this;
    const { stats } = this.host.owner;
    if (this.disposed) {
      request.onUpstreamFailure("connection_failure", GONE);
      return null;
    }
    if (limits.pendingRequests >= limits.maxPendingRequests) {
      stats.upstream_rq_pending_overflow.value++;
      request.onUpstreamFailure("overflow", "");
      return null;
    }
    const waiting = new PendingRequest(request, this);
    waiting.prev = this.last;
    if (this.last === null) this.first = waiting;
    else this.last.next = waiting;
    this.last = waiting;
    this.pending++;
    limits.pendingRequests++;
    stats.upstream_rq_pending_total.value++;
    stats.upstream_rq_pending_active.value++;
    this.connectIfNeeded();
    return waiting;
  }

  /** Whether the breaker lets another request run; if not, the request is told. */
  private admits(request: UpstreamRequest): boolean {
    if (this.limits.requests < this.limits.maxRequests) return true;
    this.host.owner.stats.upstream_rq_pending_overflow.value++;
    request.onUpstreamFailure("overflow", "");
    return false;
  }

  /** @internal */
  cancel(waiting: PendingRequest): void {
    this.forget(waiting);
    this.host.owner.stats.upstream_rq_cancelled.value++;
    this.closeIfDrained();
  }

  /** Takes a request out of the queue and out of the accounts. */
  private forget(waiting: PendingRequest): void {
    const { prev, next } = waiting;
    if (prev !== null) prev.next = next;
    else if (this.first === waiting) this.first = next;
    else if (this.failing === waiting) this.failing = next;
    if (next !== null) next.prev = prev;
    else if (this.last === waiting) this.last = prev;
    waiting.prev = null;
    waiting.next = null;
    waiting.request = null;
    waiting.pool = null;
    this.pending--;
    this.limits.pendingRequests--;
    this.host.owner.stats.upstream_rq_pending_active.value--;
  }

  /**
   * Opens a connection when more wait than are on their way. Above the limit none is opened, unless this host has none at all: what waits
   * here would wait for ever, since only a connection to this host can serve it.
   */
  private connectIfNeeded(): void {
    if (this.disposed) return;
    // With a ratio one request may ask for several: not more than 3 at once, as in Envoy.
    for (let i = 0; i < 3 && this.wantsConnection() && this.connect(); i++);
  }

  private wantsConnection(): boolean {
    if (this.pending > this.connecting * this.requestsPerConnection) return true;
    const ratio = this.preconnectRatio;
    return (
      ratio > 1 &&
      !this.draining &&
      this.host.healthy &&
      (this.pending + this.active) * ratio > this.all.size * this.requestsPerConnection
    );
  }

  /** Whether it opened one below the limits. */
  private connect(): boolean {
    let below = true;
    if (this.limits.connections >= this.limits.maxConnections || this.all.size >= this.limits.maxConnectionsPerHost) {
      this.host.owner.stats.upstream_cx_overflow.value++;
      if (this.all.size > 0) return false;
      below = false;
    }
    this.connecting++;
    this.limits.connections++;
    const connection = this.newConnection();
    this.all.add(connection);
    connection.open();
    return below;
  }

  private newConnection(): PooledConnection {
    const { http2, negotiated } = this.protocol;
    if (http2 === null) return new Http1UpstreamConnection(this);
    return negotiated ? new NegotiatingConnection(this) : new Http2UpstreamConnection(this, http2);
  }

  /** The host has chosen what a connection speaks: what is returned goes on with it. The connection after it is thought to be alike. */
  negotiated(connection: PooledConnection, http2: boolean): PooledConnection {
    if (!http2) this.learned(1);
    const options = this.protocol.http2;
    const next = http2 && options !== null ? new Http2UpstreamConnection(this, options) : new Http1UpstreamConnection(this);
    this.all.delete(connection);
    this.all.add(next);
    return next;
  }

  /** How many requests the host takes on a connection, as it has said itself: what the next one is thought to take. */
  learned(requests: number): void {
    const { maxRequestsPerConnection: most } = this.host.owner.upstream;
    this.requestsPerConnection = Math.max(1, Math.min(requests, most === 0 ? Infinity : most));
  }

  /** A connection is established. */
  connected(connection: PooledConnection): void {
    this.connecting--;
    this.free(connection);
    this.serve();
    // It may take fewer than it was thought to.
    if (this.pending > 0) this.connectIfNeeded();
  }

  /** A connection may take another request. Follow with `serve()` once what the last request still hears has been said. */
  free(connection: PooledConnection): void {
    if (this.draining && this.pending === 0) {
      connection.retire();
      return;
    }
    const head = this.idle;
    connection.nextIdle = head;
    connection.prevIdle = null;
    connection.available = true;
    if (head !== null) head.prevIdle = connection;
    this.idle = connection;
    connection.becameAvailable();
  }

  /** Gives idle connections to those who wait. */
  serve(): void {
    while (this.first !== null && this.idle !== null) {
      const request = this.first.request as UpstreamRequest;
      this.forget(this.first);
      if (!this.admits(request)) continue;
      const connection = this.idle;
      this.unlinkIdle(connection);
      connection.attach(request);
    }
    this.closeIfDrained();
  }

  /** Nothing runs on a connection of many any more; it is still to be had. */
  settled(connection: PooledConnection): void {
    if (this.draining && this.pending === 0) connection.close();
  }

  /** A connection is no longer to be had. */
  unlinkIdle(connection: PooledConnection): void {
    const { prevIdle, nextIdle } = connection;
    if (prevIdle !== null) prevIdle.nextIdle = nextIdle;
    else this.idle = nextIdle;
    if (nextIdle !== null) nextIdle.prevIdle = prevIdle;
    connection.prevIdle = null;
    connection.nextIdle = null;
    connection.available = false;
  }

  /** An established connection is gone. */
  closed(connection: PooledConnection): void {
    this.all.delete(connection);
    this.limits.connections--;
    this.connectIfNeeded();
  }

  /** A connection could not be established: all that wait are told, and may try another host, rather than wait for this one. */
  connectFailed(connection: PooledConnection, reason: ResetReason, details: string): void {
    this.all.delete(connection);
    this.connecting--;
    this.limits.connections--;
    this.failAll(reason, details);
    this.connectIfNeeded();
  }

  private failAll(reason: ResetReason, details: string): void {
    // Called from within itself (who is told of a failure disposes of the pool): the others are told first.
    this.fail(reason, details);
    // What waits anew from here on is not told, but served.
    this.failing = this.first;
    this.first = null;
    this.last = null;
    this.fail(reason, details);
  }

  private fail(reason: ResetReason, details: string): void {
    while (this.failing !== null) {
      const waiting = this.failing;
      const request = waiting.request as UpstreamRequest;
      this.forget(waiting);
      this.host.owner.stats.upstream_rq_pending_failure_eject.value++;
      this.host.stats.rq_error++;
      if (this.host.monitor !== null) this.host.monitor.onLocalOrigin("failed");
      request.onUpstreamFailure(reason, details);
    }
  }

  /** The connections of now are not used again; new ones are made as ever. */
  renew(): void {
    for (const connection of this.all) connection.closeWhenIdle();
  }

  /** No connection is kept from now on; what runs and what waits is still served. */
  drain(): void {
    this.draining = true;
    this.closeIfDrained();
  }

  private closeIfDrained(): void {
    if (!this.draining || this.pending > 0) return;
    for (const connection of this.all) if (!connection.busy) connection.close();
  }

  /** Closes everything now; what runs and what waits is told so. */
  dispose(): void {
    this.draining = true;
    this.disposed = true;
    for (const connection of this.all) connection.close();
    this.failAll("connection_failure", GONE);
  }

  /** For tests and /clusters. */
  get size(): number {
    return this.all.size;
  }
}
