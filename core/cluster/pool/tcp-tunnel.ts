import type { PendingStream, UpstreamRequest, UpstreamStream } from "../../contract/cluster.ts";
import type { ResetReason } from "../../contract/error.ts";
import type { HeaderMap } from "../../contract/headers.ts";
import { HeaderMapImpl } from "../../stream/header-map.ts";
import type { Connection, ConnectionHandler } from "../../transport/base-connection.ts";
import { Timer, type TimerOwner } from "../../transport/timers.ts";
import { addressText } from "../address-text.ts";
import type { HostImpl } from "../host.ts";
import { connectFailureDetails } from "./failure-details.ts";

/**
 * A plain TCP connection that carries the payload of a CONNECT which ends at this proxy (`connect_config`): the answer to the CONNECT is made here,
 * then bytes go both ways as they are. Never pooled.
 */
export class TcpTunnel implements ConnectionHandler, UpstreamStream, PendingStream, TimerOwner {
  readonly protocol = "TCP";
  readonly host: HostImpl;
  readonly #timer: Timer;
  #request: UpstreamRequest | null;
  #connection: Connection | null;
  #connected: boolean;
  #blocked: boolean;
  #responseEnded: boolean;
  #requestEnded: boolean;

  constructor(host: HostImpl, request: UpstreamRequest) {
    this.host = host;
    this.#timer = new Timer(this);
    this.#request = request;
    this.#connection = null;
    this.#connected = false;
    this.#blocked = false;
    this.#responseEnded = false;
    this.#requestEnded = false;
  }

  /** Connects, unless the cluster has as many connections as it may. */
  open(): void {
    const { owner, stats, target } = this.host;
    const { environment, upstream } = owner;
    const limits = owner.limits.DEFAULT;
    if (limits.connections >= limits.maxConnections) {
      owner.stats.upstream_cx_overflow.value++;
      this.host.tunnels?.delete(this);
      this.#fail("overflow", "");
      return;
    }
    limits.connections++;
    stats.cx_total++;
    stats.cx_active++;
    owner.stats.upstream_cx_total.value++;
    owner.stats.upstream_cx_active.value++;
    environment.timers.arm(this.#timer, upstream.connectTimeout);
    this.#connection = environment.connect(target, upstream.connect, this);
    this.#connection.setWatermark(upstream.bufferLimit);
  }

  get localAddress(): string {
    const connection = this.#connection;
    return connection === null || connection.localAddress === ""
      ? ""
      : addressText({ host: connection.localAddress, port: connection.localPort });
  }

  /** The CONNECT itself is not sent: that there is a connection is the answer. */
  sendHeaders(_headers: HeaderMap, end: boolean): void {
    const headers = new HeaderMapImpl([]);
    headers.status = 200;
    if (end) this.#end();
    this.#request?.onResponseHeaders(headers, false);
    this.#request?.onReadEnd();
  }

  sendBody(chunk: Uint8Array, end: boolean): void {
    const connection = this.#connection;
    if (connection === null || this.#requestEnded) return;
    if (chunk.length > 0) {
      this.host.owner.stats.upstream_cx_tx_bytes_total.value += chunk.length;
      if (!connection.writeBytes(chunk) && !this.#blocked) {
        this.#blocked = true;
        this.#request?.onUpstreamHighWatermark();
      }
    }
    if (end) this.#end();
  }

  sendTrailers(): void {
    this.#end();
  }

  #end(): void {
    this.#requestEnded = true;
    this.#connection?.end();
    if (this.#responseEnded) this.#request = null;
  }

  pause(): void {
    this.#connection?.pause();
  }
  resume(): void {
    this.#connection?.resume();
  }

  reset(): void {
    this.#request = null;
    this.#close(false, false);
  }

  cancel(): void {
    if (this.#request === null) return;
    this.host.owner.stats.upstream_rq_cancelled.value++;
    this.reset();
  }

  onConnect(): void {
    const { owner, stats } = this.host;
    this.#connected = true;
    owner.environment.timers.disarm(this.#timer);
    stats.rq_total++;
    stats.rq_active++;
    owner.stats.upstream_rq_total.value++;
    owner.stats.upstream_rq_active.value++;
    owner.limits.DEFAULT.requests++;
    this.#request?.onUpstreamReady(this);
  }

  onData(chunk: Buffer): void {
    this.host.owner.stats.upstream_cx_rx_bytes_total.value += chunk.length;
    const request = this.#request;
    if (request === null) return;
    request.onResponseBody(chunk, false);
    request.onReadEnd();
  }

  onEnd(): void {
    const request = this.#request;
    if (request === null || this.#responseEnded) return;
    this.#responseEnded = true;
    request.onResponseBody(EMPTY, true);
    if (this.#requestEnded) this.#request = null;
  }

  onDrain(): void {
    if (!this.#blocked) return;
    this.#blocked = false;
    this.#request?.onUpstreamLowWatermark();
  }

  onClose(error: Error | null): void {
    const request = this.#request;
    const connected = this.#connected;
    const whole = this.#responseEnded;
    this.#close(true, request !== null && !whole);
    if (request === null) return;
    if (!connected) this.#fail("connection_failure", connectFailureDetails(error));
    else {
      this.#request = null;
      if (!whole) request.onUpstreamReset("connection_termination", "");
    }
  }

  onTimer(): void {
    this.host.owner.stats.upstream_cx_connect_timeout.value++;
    this.#close(false, false);
    this.#fail("connection_timeout", "");
  }

  #fail(reason: ResetReason, details: string): void {
    const request = this.#request;
    this.#request = null;
    if (request === null) return;
    if (reason !== "overflow") this.host.stats.rq_error++;
    request.onUpstreamFailure(reason, details);
  }

  /** Gives everything back, once. */
  #close(remote: boolean, active: boolean): void {
    const connection = this.#connection;
    if (connection === null) return;
    this.#connection = null;
    const { owner, stats } = this.host;
    owner.environment.timers.disarm(this.#timer);
    this.host.tunnels?.delete(this);
    stats.cx_active--;
    owner.limits.DEFAULT.connections--;
    owner.stats.upstream_cx_active.value--;
    owner.stats.upstream_cx_destroy.value++;
    (remote ? owner.stats.upstream_cx_destroy_remote : owner.stats.upstream_cx_destroy_local).value++;
    if (active) owner.stats.upstream_cx_destroy_with_active_rq.value++;
    if (this.#connected) {
      stats.rq_active--;
      owner.stats.upstream_rq_active.value--;
      owner.limits.DEFAULT.requests--;
    } else {
      stats.cx_connect_fail++;
      owner.stats.upstream_cx_connect_fail.value++;
    }
    connection.destroy();
  }
}

const EMPTY = new Uint8Array(0);
