import type { PendingStream, UpstreamRequest, UpstreamStream } from "../../contract/cluster.ts";
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

  open(): void {
    const { owner, stats, target } = this.host;
    const { environment, upstream } = owner;
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
    return connection === null || connection.localAddress === "" ? "" : addressText({ host: connection.localAddress, port: connection.localPort });
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
    this.#connection?.destroy();
  }

  cancel(): void {
    this.host.owner.stats.upstream_rq_cancelled.value++;
    this.reset();
  }

  onConnect(): void {
    this.#connected = true;
    this.host.owner.environment.timers.disarm(this.#timer);
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
    const { owner, stats } = this.host;
    stats.cx_active--;
    owner.stats.upstream_cx_active.value--;
    owner.stats.upstream_cx_destroy.value++;
    owner.environment.timers.disarm(this.#timer);
    this.host.tunnels?.delete(this);
    const request = this.#request;
    this.#request = null;
    this.#connection = null;
    if (request === null) return;
    if (!this.#connected) {
      stats.cx_connect_fail++;
      owner.stats.upstream_cx_connect_fail.value++;
      request.onUpstreamFailure("connection_failure", connectFailureDetails(error));
    } else if (!this.#responseEnded) request.onUpstreamReset("connection_termination", "");
  }

  onTimer(): void {
    const request = this.#request;
    this.#request = null;
    this.host.stats.cx_connect_fail++;
    this.host.owner.stats.upstream_cx_connect_timeout.value++;
    this.#connection?.destroy();
    request?.onUpstreamFailure("connection_timeout", "");
  }
}

const EMPTY = new Uint8Array(0);
