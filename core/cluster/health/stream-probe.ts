import type { PendingStream, UpstreamRequest, UpstreamStream } from "../../contract/cluster.ts";
import type { HeaderMap } from "../../contract/headers.ts";
import type { HostImpl } from "../host.ts";
import type { Probe } from "./probe.ts";

/** A request to a host, on a connection that its probe keeps. */
export abstract class StreamProbe implements Probe {
  protected readonly host: HostImpl;
  readonly #reuse: boolean;
  readonly #newHost: (host: HostImpl) => HostImpl;
  /** Connections are made through it; null: there is none. */
  #through: HostImpl | null = null;
  #exchange: Exchange | null = null;

  constructor(host: HostImpl, reuse: boolean, newHost: (host: HostImpl) => HostImpl) {
    this.host = host;
    this.#reuse = reuse;
    this.#newHost = newHost;
  }

  /** The request's host; "": none was given. */
  abstract readonly authority: string;
  /** Sends the request. */
  protected abstract send(stream: UpstreamStream): void;
  /** What came. */
  abstract onHeaders(headers: HeaderMap, end: boolean): void;
  abstract onBody(chunk: Uint8Array, end: boolean): void;
  abstract onTrailers(trailers: HeaderMap): void;
  /** There is no connection, or it broke. */
  abstract onFailure(): void;

  check(): void {
    this.#through ??= this.#newHost(this.host);
    const exchange = new Exchange(this);
    this.#exchange = exchange;
    const pending = this.#through.newStream(exchange, "DEFAULT");
    if (this.#exchange === exchange && exchange.stream === null) exchange.pending = pending;
  }

  /** @internal */
  ready(stream: UpstreamStream): void {
    this.send(stream);
  }

  /** The check is decided. `whole`: its answer has ended too. */
  protected finish(whole: boolean): void {
    const exchange = this.#exchange;
    this.#exchange = null;
    if (exchange !== null) {
      exchange.probe = null;
      if (!whole) exchange.stream?.reset();
    }
    if (!this.#reuse) this.#through?.renewConnections();
  }

  abort(): void {
    const exchange = this.#exchange;
    const through = this.#through;
    this.#exchange = null;
    this.#through = null;
    if (exchange !== null) {
      exchange.probe = null;
      exchange.pending?.cancel();
      exchange.stream?.reset();
    }
    through?.dispose();
  }
}

/** One request. It outlives its probe's interest: what comes late is nobody's. */
class Exchange implements UpstreamRequest {
  readonly downstreamProtocol = "HTTP/1.1";
  probe: StreamProbe | null;
  pending: PendingStream | null = null;
  stream: UpstreamStream | null = null;

  constructor(probe: StreamProbe) {
    this.probe = probe;
  }

  get authority(): string {
    return this.probe?.authority ?? "";
  }

  onUpstreamReady(stream: UpstreamStream): void {
    this.pending = null;
    this.stream = stream;
    if (this.probe === null) stream.reset();
    else this.probe.ready(stream);
  }
  onUpstreamFailure(): void {
    this.pending = null;
    this.probe?.onFailure();
  }
  onUpstreamReset(): void {
    this.stream = null;
    this.probe?.onFailure();
  }
  onInformational(): void {}
  onResponseHeaders(headers: HeaderMap, end: boolean): void {
    this.probe?.onHeaders(headers, end);
  }
  onResponseBody(chunk: Uint8Array, end: boolean): void {
    this.probe?.onBody(chunk, end);
  }
  onResponseTrailers(trailers: HeaderMap): void {
    this.probe?.onTrailers(trailers);
  }
  onReadEnd(): void {}
  onUpstreamHighWatermark(): void {}
  onUpstreamLowWatermark(): void {}
}
