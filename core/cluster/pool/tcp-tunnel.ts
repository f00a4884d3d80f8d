import type { PendingStream, TcpUpstreamUser, UpstreamRequest, UpstreamStream } from "../../contract/cluster.ts";
import type { ResetReason } from "../../contract/error.ts";
import type { HeaderMap } from "../../contract/headers.ts";
import { HeaderMapImpl } from "../../stream/header-map.ts";
import type { HostImpl } from "../host.ts";
import { TcpUpstreamConnection } from "./tcp-upstream.ts";

/**
 * A plain TCP connection that carries the payload of a CONNECT which ends at this proxy (`connect_config`): the answer to the CONNECT is made here,
 * then bytes go both ways as they are.
 */
export class TcpTunnel implements TcpUpstreamUser, UpstreamStream, PendingStream {
  readonly protocol = "TCP";
  readonly host: HostImpl;
  readonly #upstream: TcpUpstreamConnection;
  #request: UpstreamRequest | null;
  #blocked: boolean;
  #responseEnded: boolean;
  #requestEnded: boolean;

  constructor(host: HostImpl, request: UpstreamRequest) {
    this.host = host;
    this.#upstream = new TcpUpstreamConnection(host, this);
    this.#request = request;
    this.#blocked = false;
    this.#responseEnded = false;
    this.#requestEnded = false;
  }

  /** Connects, unless the cluster has as many connections as it may. */
  open(): void {
    if (!this.#upstream.open()) this.#fail("overflow", "");
  }

  get localAddress(): string {
    return this.#upstream.localAddress;
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
    if (this.#requestEnded) return;
    if (chunk.length > 0 && !this.#upstream.write(chunk) && !this.#blocked) {
      this.#blocked = true;
      this.#request?.onUpstreamHighWatermark();
    }
    if (end) this.#end();
  }

  sendTrailers(): void {
    this.#end();
  }

  #end(): void {
    this.#requestEnded = true;
    this.#upstream.end();
    if (this.#responseEnded) this.#request = null;
  }

  pause(): void {
    this.#upstream.pause();
  }
  resume(): void {
    this.#upstream.resume();
  }

  reset(): void {
    this.#request = null;
    this.#upstream.close();
  }

  cancel(): void {
    if (this.#request === null) return;
    this.host.owner.stats.upstream_rq_cancelled.value++;
    this.reset();
  }

  onUpstreamConnected(): void {
    this.#request?.onUpstreamReady(this);
  }

  onUpstreamConnectFailure(reason: ResetReason, details: string): void {
    this.#fail(reason, details);
  }

  onUpstreamData(chunk: Buffer): void {
    const request = this.#request;
    if (request === null) return;
    request.onResponseBody(chunk, false);
    request.onReadEnd();
  }

  onUpstreamEnd(): void {
    const request = this.#request;
    if (request === null || this.#responseEnded) return;
    this.#responseEnded = true;
    request.onResponseBody(EMPTY, true);
    if (this.#requestEnded) this.#request = null;
  }

  onUpstreamDrain(): void {
    if (!this.#blocked) return;
    this.#blocked = false;
    this.#request?.onUpstreamLowWatermark();
  }

  onUpstreamClosed(): void {
    const request = this.#request;
    this.#request = null;
    if (request !== null && !this.#responseEnded) request.onUpstreamReset("connection_termination", "");
  }

  #fail(reason: ResetReason, details: string): void {
    const request = this.#request;
    this.#request = null;
    request?.onUpstreamFailure(reason, details);
  }
}

const EMPTY = new Uint8Array(0);
