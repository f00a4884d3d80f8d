import type { UpstreamRequest } from "../../contract/cluster.ts";
import type { ResetReason } from "../../contract/error.ts";
import type { Connection, ConnectionHandler } from "../../transport/base-connection.ts";
import { Timer } from "../../transport/timers.ts";
import type { TimerOwner } from "../../transport/timers.ts";
import { addressText } from "../address-text.ts";
import type { HostImpl } from "../host.ts";
import type { ConnectionPool } from "./connection-pool.ts";
import { connectFailureDetails } from "./failure-details.ts";

export const CONNECTING = 0;
/** In the pool's list, to be had, and nothing runs on it. */
export const IDLE = 1;
/** Carries requests, or is just being given one. */
export const BUSY = 2;
/** Both directions are bytes: after a 101, or a 2xx to CONNECT. */
export const TUNNEL = 3;
export const CLOSED = 4;

/** Tag of the timer for `max_connection_duration`; the other one has 0. */
const AGE = 1;
/** More requests than a connection lives to see; a small integer, which a field holds without a box. */
const UNLIMITED = 2 ** 30;

/**
 * A connection of a pool, whatever it speaks and however many requests it carries: how it comes to be, what it waits for, when it ends, and what that
 * counts. Counters and limits are given back at the moment of closing, not when the descriptor is closed.
 */
export abstract class PooledConnection implements ConnectionHandler, TimerOwner {
  readonly host: HostImpl;
  /** Links of the pool's connections that take another request. */
  nextIdle: PooledConnection | null;
  prevIdle: PooledConnection | null;
  /** It is in that list. */
  available: boolean;
  protected readonly pool: ConnectionPool;
  protected connection: Connection | null;
  protected state: number;
  /** It is not for another request. */
  protected closing: boolean;
  private readonly timer: Timer;
  private ageTimer: Timer | null;
  /** Requests that it may still take. */
  private requestsLeft: number;
  private requestsServed: number;
  private openedAt: number;
  private address: string;

  constructor(pool: ConnectionPool) {
    const { maxRequestsPerConnection } = pool.host.owner.upstream;
    this.host = pool.host;
    this.nextIdle = null;
    this.prevIdle = null;
    this.available = false;
    this.pool = pool;
    this.connection = null;
    this.state = CONNECTING;
    this.closing = false;
    this.timer = new Timer(this);
    this.ageTimer = null;
    this.requestsLeft = maxRequestsPerConnection === 0 ? UNLIMITED : maxRequestsPerConnection;
    this.requestsServed = 0;
    this.openedAt = 0;
    this.address = "";
  }

  abstract onData(chunk: Buffer): void;
  abstract onEnd(): void;
  abstract onDrain(): void;
  /** Gives it a request to carry. */
  abstract attach(request: UpstreamRequest): void;
  /** The connection is lost; it was established, and not closed by ourselves. */
  protected abstract lost(): void;
  /** Ends an established connection; what it carries is told "local_reset". */
  protected abstract terminateAll(): void;

  // What the pool calls.

  /** Connects. What comes of it is told to the pool, later. */
  open(): void {
    const { owner, stats } = this.host;
    const { environment, upstream } = owner;
    stats.cx_total++;
    stats.cx_active++;
    owner.stats.upstream_cx_total.value++;
    owner.stats.upstream_cx_active.value++;
    this.countProtocol();
    this.openedAt = environment.clock.now();
    environment.timers.arm(this.timer, upstream.connectTimeout);
    this.connection = this.host.connect(this.pool.name, this, this.pool.protocol.alpn);
    this.connection.setWatermark(upstream.bufferLimit);
  }

  /** Counts what it speaks. */
  protected abstract countProtocol(): void;

  /** Gives what it has to another one: it is known now what is spoken. */
  protected handOver(next: PooledConnection): void {
    const { connection } = this;
    const { environment, upstream } = this.host.owner;
    if (connection === null) return;
    environment.timers.disarm(this.timer);
    this.state = CLOSED;
    this.connection = null;
    next.countProtocol();
    next.openedAt = this.openedAt;
    next.connection = connection;
    connection.handler = next;
    // The time for connecting goes on: an HTTP/2 connection is there when its peer has said so.
    environment.timers.arm(next.timer, Math.max(1, upstream.connectTimeout - (environment.clock.now() - this.openedAt)));
    next.onConnect();
  }

  /** Whether it is neither idle nor on its way. */
  get busy(): boolean {
    return this.state === BUSY || this.state === TUNNEL;
  }

  /** It is in the pool's list now. */
  becameAvailable(): void {
    this.becameIdle();
  }

  /** Nothing runs on it. */
  protected becameIdle(): void {
    this.state = IDLE;
    const { owner } = this.host;
    if (owner.upstream.idleTimeout > 0) owner.environment.timers.arm(this.timer, owner.upstream.idleTimeout);
    else owner.environment.timers.disarm(this.timer);
  }

  /** Counts a request that it is given. */
  protected countRequest(): void {
    const { owner, stats } = this.host;
    this.state = BUSY;
    this.requestsServed++;
    if (--this.requestsLeft === 0) {
      this.closing = true;
      owner.stats.upstream_cx_max_requests.value++;
    }
    stats.rq_total++;
    stats.rq_active++;
    owner.stats.upstream_rq_total.value++;
    owner.stats.upstream_rq_active.value++;
    this.pool.limits.requests++;
    this.pool.active++;
    if (this.host.monitor !== null) this.host.monitor.onLocalOrigin("connect_success");
  }

  /** Counts one that is over. */
  protected countEnd(): void {
    const { owner, stats } = this.host;
    stats.rq_active--;
    owner.stats.upstream_rq_active.value--;
    this.pool.limits.requests--;
    this.pool.active--;
  }

  /** The pool drains and nobody waits for it. What it carried last is over, or is still to be heard of. */
  retire(): void {
    this.close();
  }

  /** Closes it when what it carries is over: now, if it carries nothing. */
  closeWhenIdle(): void {
    this.closing = true;
    if (this.state === IDLE) this.close();
  }

  /** Closes it now. A request that it carries is told. */
  close(): void {
    if (this.state === CONNECTING) this.connectFailed("connection_failure", "", false);
    else this.terminateAll();
  }

  /** "10.0.0.1:34567"; "" before it is connected. */
  get localAddress(): string {
    if (this.address === "" && this.connection !== null && this.connection.localAddress !== "") {
      this.address = addressText({ host: this.connection.localAddress, port: this.connection.localPort });
    }
    return this.address;
  }

  // What the transport and the timers call.

  onConnect(): void {
    const { owner } = this.host;
    const { environment, upstream, stats } = owner;
    if (this.state !== CONNECTING) return;
    // Nobody's yet; the pool says whose, or that it is idle.
    this.state = BUSY;
    this.connection?.keepAddresses();
    this.host.connected(this.connection);
    stats.upstream_cx_connect_ms.record(environment.clock.now() - this.openedAt);
    if (upstream.maxConnectionDuration > 0) {
      this.ageTimer = new Timer(this, AGE);
      environment.timers.arm(this.ageTimer, upstream.maxConnectionDuration);
    }
    this.established();
    this.pool.connected(this);
  }

  /** The connection is there, and nobody has it yet. */
  protected established(): void {}

  onClose(error: Error | null): void {
    if (this.state === CLOSED) return;
    if (this.state === CONNECTING) {
      this.host.connectFailed(error);
      this.connectFailed("connection_failure", connectFailureDetails(error), true);
    } else this.lost();
  }

  onTimer(timer: Timer): void {
    const { stats } = this.host.owner;
    if (timer.tag === AGE) {
      stats.upstream_cx_max_duration_reached.value++;
      this.closeWhenIdle();
    } else if (this.state === CONNECTING) {
      stats.upstream_cx_connect_timeout.value++;
      this.connectFailed("connection_timeout", "", false);
    } else if (this.state === IDLE) {
      stats.upstream_cx_idle_timeout.value++;
      this.close();
    }
  }

  /** It could not be established: who waits is told. */
  protected connectFailed(reason: ResetReason, details: string, remote: boolean): void {
    const { host } = this;
    host.stats.cx_connect_fail++;
    host.owner.stats.upstream_cx_connect_fail.value++;
    this.release(remote, false);
    this.pool.connectFailed(this, reason, details);
  }

  /** A request got no whole response. `responding`: but a part of it. */
  protected countLoss(responding: boolean): void {
    if (!responding) this.host.stats.rq_error++;
    if (this.host.monitor !== null) this.host.monitor.onLocalOrigin("failed");
  }

  /** Gives everything back that the connection holds. */
  protected release(remote: boolean, active: boolean): void {
    const { owner } = this.host;
    const { stats, environment } = owner;
    if (this.available) this.pool.unlinkIdle(this);
    this.state = CLOSED;
    environment.timers.disarm(this.timer);
    if (this.ageTimer !== null) environment.timers.disarm(this.ageTimer);
    this.connection?.destroy();
    this.connection = null;
    this.host.stats.cx_active--;
    stats.upstream_cx_active.value--;
    stats.upstream_cx_length_ms.record(environment.clock.now() - this.openedAt);
    if (this.requestsServed > 0) stats.upstream_rq_per_cx.record(this.requestsServed);
    stats.upstream_cx_destroy.value++;
    (remote ? stats.upstream_cx_destroy_remote : stats.upstream_cx_destroy_local).value++;
    if (!active) return;
    stats.upstream_cx_destroy_with_active_rq.value++;
    (remote ? stats.upstream_cx_destroy_remote_with_active_rq : stats.upstream_cx_destroy_local_with_active_rq).value++;
  }
}
