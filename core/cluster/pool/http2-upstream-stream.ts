import { createHash } from "node:crypto";
import type { Host, UpstreamRequest, UpstreamStream } from "../../contract/cluster.ts";
import type { ResetReason } from "../../contract/error.ts";
import type { HeaderMap } from "../../contract/headers.ts";
import { CANCEL, errorCodeName, PROTOCOL_ERROR, REFUSED_STREAM } from "../../http2/error-code.ts";
import type { FieldBlock } from "../../http2/field-block.ts";
import type { Http2Stream, StreamOwner } from "../../http2/stream.ts";
import { isGrpc } from "../../stream/grpc.ts";
import { HeaderMapImpl } from "../../stream/header-map.ts";
import type { Http2UpstreamConnection } from "./http2-upstream-connection.ts";

/** RFC 6455 section 1.3. */
const WEBSOCKET_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** One request on an HTTP/2 connection to a host. */
export class Http2UpstreamStream implements UpstreamStream, StreamOwner {
  readonly protocol = "HTTP/2";
  readonly #connection: Http2UpstreamConnection;
  readonly #h2: Http2Stream;
  /** null: it is over, for whoever asked. */
  #request: UpstreamRequest | null;
  #responding: boolean;
  #upgrade: string;
  /** The key of a WebSocket that HTTP/1.1 asked for; the answer to it is made here. */
  #webSocketKey: string;
  #blocked: boolean;
  #paused: boolean;
  /** The host has ended its side of a tunnel; ours may go on. */
  #ended: boolean;
  /** The request is gRPC's, and somebody wants to know. */
  #grpc: boolean;

  constructor(connection: Http2UpstreamConnection, request: UpstreamRequest) {
    this.#connection = connection;
    this.#h2 = connection.session.open(this);
    this.#request = request;
    this.#responding = false;
    this.#upgrade = "";
    this.#webSocketKey = "";
    this.#blocked = false;
    this.#paused = false;
    this.#ended = false;
    this.#grpc = false;
  }

  get host(): Host {
    return this.#connection.host;
  }
  get localAddress(): string {
    return this.#connection.localAddress;
  }

  // --- UpstreamStream: the request --------------------------------------------------------------------------------------

  sendHeaders(headers: HeaderMap, end: boolean, upgrade: string): void {
    if (this.#request === null) return;
    this.#upgrade = upgrade;
    const { session } = this.#connection;
    if (upgrade !== "" && upgrade !== "connect" && !session.peerAllowsConnect) {
      this.#connection.failSoon(this, "the upstream takes no extended CONNECT (SETTINGS_ENABLE_CONNECT_PROTOCOL)");
      return;
    }
    if (this.#connection.host.monitor !== null) this.#grpc = isGrpc(headers);
    this.#h2.bodiless = headers.method === "HEAD";
    session.sendHeaders(this.#h2, this.#pseudo(headers), this.#fields(headers), end && upgrade === "");
  }

  #pseudo(headers: HeaderMap): string[] {
    const { method, authority, path } = headers;
    const scheme = headers.scheme === "" ? "http" : headers.scheme;
    if (method === "CONNECT") return [":method", method, ":authority", authority];
    if (this.#upgrade === "") return [":method", method, ":scheme", scheme, ":authority", authority, ":path", path];
    // RFC 8441 section 5.1.
    this.#h2.tunnel = true;
    return [":method", "CONNECT", ":scheme", scheme, ":authority", authority, ":path", path, ":protocol", this.#upgrade];
  }

  /** The fields without those of an HTTP/1.1 connection (RFC 9113 section 8.2.2), which a filter may have added. */
  #fields(headers: HeaderMap): readonly string[] {
    const { list } = headers;
    let kept: string[] | null = null;
    for (let i = 0; i < list.length; i += 2) {
      if (!this.#isForeign(list[i], list[i + 1])) {
        if (kept !== null) kept.push(list[i], list[i + 1]);
      } else kept ??= list.slice(0, i);
    }
    return kept ?? list;
  }

  #isForeign(name: string, value: string): boolean {
    switch (name.length) {
      case 2:
        return name === "te" && value.toLowerCase() !== "trailers";
      case 7:
        return name === "upgrade";
      case 10:
        return name === "connection" || name === "keep-alive";
      case 16:
        return name === "proxy-connection";
      case 17:
        if (name === "sec-websocket-key" && this.#upgrade !== "") {
          this.#webSocketKey = value;
          return true;
        }
        return name === "transfer-encoding";
      default:
        return false;
    }
  }

  sendBody(chunk: Uint8Array, end: boolean): void {
    if (this.#request === null) return;
    const { stats } = this.#connection.host.owner;
    const below = this.#h2.session.sendData(this.#h2, chunk, end);
    if (end && this.#ended) this.#over();
    if (below || this.#blocked || this.#request === null) return;
    this.#blocked = true;
    stats.upstream_flow_control_backed_up_total.value++;
    this.#request.onUpstreamHighWatermark();
  }

  sendTrailers(trailers: HeaderMap): void {
    if (this.#request !== null) this.#h2.session.sendTrailers(this.#h2, trailers.list);
  }

  reset(): void {
    if (this.#request === null) return;
    this.#over();
    this.#h2.session.reset(this.#h2, CANCEL);
  }

  pause(): void {
    if (this.#request === null || this.#paused) return;
    this.#paused = true;
    this.#connection.host.owner.stats.upstream_flow_control_paused_reading_total.value++;
    this.#h2.session.pause(this.#h2);
  }

  resume(): void {
    if (this.#request === null || !this.#paused) return;
    this.#paused = false;
    this.#connection.host.owner.stats.upstream_flow_control_resumed_reading_total.value++;
    this.#h2.session.resume(this.#h2);
  }

  // --- StreamOwner: the response ----------------------------------------------------------------------------------------

  onHeaders(fields: FieldBlock, end: boolean): void {
    const request = this.#request;
    if (request === null) return;
    const headers = new HeaderMapImpl(fields.list);
    const { status } = fields;
    headers.status = status;
    if (status < 200) {
      request.onInformational(headers);
      return;
    }
    this.#responding = true;
    this.#connection.host.countResponse(headers, this.#grpc);
    if (this.#upgrade !== "" && this.#upgrade !== "connect" && status < 300) this.#switched(headers);
    if (end) this.#over();
    request.onResponseHeaders(headers, end);
  }

  /** To those who asked by HTTP/1.1's means, the answer is HTTP/1.1's. */
  #switched(headers: HeaderMapImpl): void {
    headers.status = 101;
    headers.setTrusted("upgrade", this.#upgrade);
    if (this.#webSocketKey !== "") {
      headers.setTrusted(
        "sec-websocket-accept",
        createHash("sha1")
          .update(this.#webSocketKey + WEBSOCKET_GUID)
          .digest("base64"),
      );
    }
  }

  onData(chunk: Uint8Array, end: boolean): void {
    const request = this.#request;
    if (request === null) return;
    if (end) {
      if (!this.#h2.tunnel || this.#h2.sendEnded) this.#over();
      else this.#ended = true;
    }
    request.onResponseBody(chunk, end);
  }

  onTrailers(list: string[]): void {
    const request = this.#request;
    if (request === null) return;
    this.#over();
    request.onResponseTrailers(new HeaderMapImpl(list));
  }

  onReset(code: number, remote: boolean): void {
    const request = this.#request;
    if (request === null) return;
    const { connection } = { connection: this.#connection };
    this.#over();
    connection.lostRequest(this.#responding);
    request.onUpstreamReset(...this.#why(code, remote));
  }

  #why(code: number, remote: boolean): [ResetReason, string] {
    const { lossReason, lossDetails } = this.#connection;
    if (lossReason !== "") return [lossReason, lossDetails];
    if (!remote)
      return ["protocol_error", code === PROTOCOL_ERROR ? "http2.violation.of.messaging.rule" : "http2.protocol_error"];
    this.#connection.host.owner.stats.upstream_rq_rx_reset.value++;
    return [
      code === REFUSED_STREAM ? "remote_refused_stream_reset" : "remote_reset",
      `http2.remote_reset{${errorCodeName(code)}}`,
    ];
  }

  onDrain(): void {
    if (!this.#blocked) return;
    this.#blocked = false;
    this.#connection.host.owner.stats.upstream_flow_control_drained_total.value++;
    this.#request?.onUpstreamLowWatermark();
  }

  onReadEnd(): void {
    this.#request?.onReadEnd();
  }

  /** Ends it for a reason of our own, and tells. */
  fail(reason: ResetReason, details: string): void {
    const request = this.#request;
    if (request === null) return;
    this.#over();
    this.#h2.session.reset(this.#h2, CANCEL);
    request.onUpstreamReset(reason, details);
  }

  /** Nobody hears of it any more. */
  #over(): void {
    this.#request = null;
    this.#connection.requestOver();
  }
}
