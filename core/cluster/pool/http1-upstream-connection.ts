import { Buffer } from "node:buffer";
import type { UpstreamRequest, UpstreamStream } from "../../contract/cluster.ts";
import type { ResetReason } from "../../contract/error.ts";
import type { HeaderMap } from "../../contract/headers.ts";
import { CHUNK_END, chunkPrefix, encodeTrailers, LAST_CHUNK } from "../../http1/encode.ts";
import { NO_FIELDS } from "../../http1/message-parser.ts";
import { ResponseParser } from "../../http1/response-parser.ts";
import type { Http1Events } from "../../http1/types.ts";
import { isGrpc } from "../../stream/grpc.ts";
import { HeaderMapImpl } from "../../stream/header-map.ts";
import { flushAtEndOfTurn } from "../end-of-turn.ts";
import type { Flushable } from "../end-of-turn.ts";
import type { ConnectionPool } from "./connection-pool.ts";
import { requestHead } from "./request-head.ts";
import type { RequestFraming } from "./request-head.ts";
import { BUSY, CLOSED, IDLE, TUNNEL, UpstreamConnection } from "./upstream-connection.ts";

/** Up to this size a chunk is copied between its size line and its end, so that all goes out in one write. */
const COALESCE = 16 * 1024;
const EMPTY = Buffer.alloc(0);

/**
 * One HTTP/1.1 connection to a host: transport handler, parser events and the stream of the request it carries in one object, so that
 * a request allocates nothing here but the response's header map.
 *
 * Who was given it as a stream may use it until the response and the request have ended, or a reset: after that it may carry another's.
 */
export class Http1UpstreamConnection
  extends UpstreamConnection
  implements Http1Events, UpstreamStream, RequestFraming, Flushable
{
  readonly protocol: string;
  chunked: boolean;
  remaining: number;
  private readonly parser: ResponseParser;
  /** Text that waits for the next body chunk, or the end of the turn: a head, or the end of a chunk. */
  private held: string;
  private method: string;
  private upgrade: string;
  /** The request is gRPC's, and somebody wants to know. */
  private grpc: boolean;
  private requestDone: boolean;
  private responseDone: boolean;
  /** The write buffer is above its watermark, and the request was told. */
  private blocked: boolean;
  private paused: boolean;
  /** Why it is being closed by ourselves, to be told when it is; "" otherwise. */
  private failure: ResetReason | "";
  private failureDetails: string;
  /** The last event of the response that was read and not told: whether it was the very last shows only after it. */
  private heldHeaders: HeaderMapImpl | null;
  private heldChunk: Uint8Array | null;
  private heldTrailers: HeaderMapImpl | null;

  constructor(pool: ConnectionPool) {
    super(pool);
    const { upstream } = pool.host.owner;
    this.protocol = "HTTP/1.1";
    this.chunked = false;
    this.remaining = -1;
    this.parser = new ResponseParser(this, upstream.limits, upstream);
    this.held = "";
    this.method = "";
    this.upgrade = "";
    this.grpc = false;
    this.requestDone = false;
    this.responseDone = false;
    this.blocked = false;
    this.paused = false;
    this.failure = "";
    this.failureDetails = "";
    this.heldHeaders = null;
    this.heldChunk = null;
    this.heldTrailers = null;
  }

  protected countProtocol(): void {
    this.host.owner.stats.upstream_cx_http1_total.value++;
  }

  protected begin(request: UpstreamRequest): void {
    this.requestDone = false;
    this.responseDone = false;
    this.paused = false;
    request.onUpstreamReady(this);
  }

  protected get exchanged(): boolean {
    return this.requestDone && this.responseDone;
  }

  protected forget(): void {
    this.method = "";
    this.upgrade = "";
    this.held = "";
    this.heldHeaders = null;
    this.heldChunk = null;
    this.heldTrailers = null;
  }

  // UpstreamStream: the request.

  sendHeaders(headers: HeaderMap, end: boolean, upgrade: string): void {
    if (this.request === null) return;
    this.method = headers.method;
    this.upgrade = upgrade;
    if (this.host.monitor !== null) this.grpc = isGrpc(headers);
    this.parser.expect(headers.method);
    const head = requestHead(headers, end, upgrade, this.host.owner.upstream, this);
    if (end && upgrade === "") {
      this.requestDone = true;
      this.writeText(head);
    } else {
      this.hold(head);
    }
  }

  sendBody(chunk: Uint8Array, end: boolean): void {
    if (this.request === null || this.requestDone) return;
    if (end) this.requestDone = true;
    if (this.chunked) this.sendChunk(chunk, end);
    else if (this.remaining >= 0) this.sendCounted(chunk, end);
    else this.sendRaw(chunk, end);
  }

  private sendChunk(chunk: Uint8Array, end: boolean): void {
    const tail = end ? CHUNK_END + LAST_CHUNK : CHUNK_END;
    if (chunk.length === 0) {
      // An empty chunk would end the body.
      if (end) this.writeText(this.takeHeld() + LAST_CHUNK);
      return;
    }
    const head = this.takeHeld() + chunkPrefix(chunk.length);
    if (chunk.length <= COALESCE) {
      this.writeBytes(framed(head, chunk, tail));
      return;
    }
    this.writeBoth(head, chunk);
    if (this.state === CLOSED) return;
    if (end) this.writeText(tail);
    else this.hold(tail);
  }

  private sendCounted(chunk: Uint8Array, end: boolean): void {
    this.remaining -= chunk.length;
    if (this.remaining < 0 || (end && this.remaining > 0)) {
      this.fail(`request body is ${this.remaining < 0 ? "longer" : "shorter"} than its content-length`);
      return;
    }
    const head = this.takeHeld();
    if (chunk.length === 0) this.writeText(head);
    else this.writeBoth(head, chunk);
  }

  /** To a tunnel: what comes before the answer to the upgrade is sent as well. */
  private sendRaw(chunk: Uint8Array, end: boolean): void {
    const head = this.takeHeld();
    if (chunk.length === 0) this.writeText(head);
    else this.writeBoth(head, chunk);
    // Both sides ended: the connection closes by itself, when all is out.
    if (end) this.connection?.end();
  }

  sendTrailers(trailers: HeaderMap): void {
    if (this.request === null || this.requestDone) return;
    if (!this.chunked) {
      this.sendBody(EMPTY, true);
      return;
    }
    this.requestDone = true;
    const end = this.host.owner.upstream.trailers ? encodeTrailers(trailers.list) : LAST_CHUNK;
    this.writeText(this.takeHeld() + end);
  }

  reset(): void {
    if (this.request === null) return;
    this.terminate(false, "", "");
  }

  pause(): void {
    if (this.request === null || this.paused) return;
    this.paused = true;
    this.host.owner.stats.upstream_flow_control_paused_reading_total.value++;
    this.connection?.pause();
  }

  resume(): void {
    if (this.request === null || !this.paused) return;
    this.paused = false;
    this.host.owner.stats.upstream_flow_control_resumed_reading_total.value++;
    this.connection?.resume();
  }

  // Writing.

  private hold(text: string): void {
    if (this.held === "") flushAtEndOfTurn(this);
    this.held += text;
  }

  private takeHeld(): string {
    const text = this.held;
    this.held = "";
    return text;
  }

  flush(): void {
    if (this.held !== "" && this.state !== CLOSED) this.writeText(this.takeHeld());
  }

  private writeText(text: string): void {
    if (this.connection === null || text === "") return;
    this.wrote(this.connection.writeLatin1(text), text.length);
  }

  private writeBytes(bytes: Uint8Array): void {
    if (this.connection !== null) this.wrote(this.connection.writeBytes(bytes), bytes.length);
  }

  private writeBoth(head: string, bytes: Uint8Array): void {
    if (this.connection === null) return;
    if (head === "") this.writeBytes(bytes);
    else this.wrote(this.connection.writeHeadAndBytes(head, bytes), head.length + bytes.length);
  }

  private wrote(below: boolean, length: number): void {
    const { stats } = this.host.owner;
    stats.upstream_cx_tx_bytes_total.value += length;
    if (below || this.blocked) return;
    this.blocked = true;
    stats.upstream_flow_control_backed_up_total.value++;
    if (this.request !== null && !this.requestDone) this.request.onUpstreamHighWatermark();
  }

  onDrain(): void {
    if (!this.blocked) return;
    this.blocked = false;
    this.host.owner.stats.upstream_flow_control_drained_total.value++;
    if (this.request !== null && !this.requestDone) this.request.onUpstreamLowWatermark();
  }

  // ConnectionHandler.

  onData(chunk: Buffer): void {
    const { stats } = this.host.owner;
    stats.upstream_cx_rx_bytes_total.value += chunk.length;
    switch (this.state) {
      case BUSY:
        this.parse(chunk);
        break;
      case TUNNEL: {
        const request = this.request;
        if (request === null) break;
        request.onResponseBody(chunk, false);
        request.onReadEnd();
        break;
      }
      case IDLE:
        // Some servers say 408 before they close an idle connection: that is no mistake of theirs, nor a response to anything.
        if (!(chunk.length >= 12 && chunk.toString("latin1", 9, 12) === "408")) stats.upstream_cx_protocol_error.value++;
        this.terminate(false, "", "");
        break;
    }
  }

  private parse(chunk: Buffer): void {
    const { parser } = this;
    if (this.method === "") {
      this.protocolError(false, "http1.unsolicited: bytes came before the request was sent");
      return;
    }
    parser.execute(chunk);
    const request = this.request;
    // Whoever was told may have reset the stream.
    if (request === null) return;
    if (this.failure !== "") {
      this.protocolError(false, this.failureDetails);
    } else if (parser.error !== null) {
      this.protocolError(false, `${parser.error.code}: ${parser.error.message}`);
    } else if (this.responseDone) {
      this.finishExchange(false);
    } else {
      this.tellHeld(request);
      request.onReadEnd();
    }
  }

  onEnd(): void {
    switch (this.state) {
      case TUNNEL:
        this.tunnelEnded();
        break;
      case BUSY:
        if (this.responding || this.parser.midMessage) {
          // A body that ends with the connection is whole now.
          this.closing = true;
          this.parser.finish();
          if (this.responseDone) this.finishExchange(true);
          else
            this.protocolError(true, this.parser.error === null ? "" : `${this.parser.error.code}: ${this.parser.error.message}`);
        } else {
          this.terminate(true, "connection_termination", "");
        }
        break;
      case IDLE:
        this.terminate(true, "", "");
        break;
    }
  }

  protected lost(): void {
    if (this.failure !== "") this.terminate(false, this.failure, this.failureDetails);
    else if (this.state === TUNNEL && this.responseDone) this.terminate(true, "", "");
    else this.terminate(true, "connection_termination", "");
  }

  // Http1Events.

  onHead(): void {
    const { parser } = this;
    const status = parser.status;
    const request = this.request;
    if (request === null) return;
    const headers = new HeaderMapImpl(parser.list);
    headers.status = status;
    // The list is the map's from here on: nothing of it stays with an idle connection.
    parser.list = NO_FIELDS;
    if (status < 200 && status !== 101) {
      request.onInformational(headers);
      return;
    }
    this.responding = true;
    this.host.countResponse(headers, this.grpc);
    this.heldHeaders = headers;
    if (status === 101 ? this.upgrade !== "" : this.method === "CONNECT" && status < 300) {
      this.state = TUNNEL;
      // The codec takes it out as it does all that is about the connection; here it is part of the answer.
      if (status === 101) headers.append("upgrade", parser.upgrade === "" ? this.upgrade : parser.upgrade);
    } else if (status === 101) {
      this.failure = "protocol_error";
      this.failureDetails = "http1.unexpected_upgrade: a 101 came and no upgrade was asked for";
    } else if (status > 599) {
      this.failure = "protocol_error";
      this.failureDetails = `http1.invalid_status: status ${status}, wanted 100 to 599`;
    } else if (!parser.keepAlive) {
      this.closing = true;
      this.host.owner.stats.upstream_cx_close_notify.value++;
    }
  }

  onBody(chunk: Buffer): void {
    if (this.request === null) return;
    this.tellHeld(this.request);
    if (this.request === null) return;
    this.heldChunk = chunk;
  }

  onTrailers(list: string[]): void {
    if (this.request === null || !this.host.owner.upstream.trailers) return;
    this.tellHeld(this.request);
    if (this.request === null) return;
    this.heldTrailers = new HeaderMapImpl(list);
  }

  onComplete(): void {
    this.responseDone = true;
  }

  /** Tells what is held: something follows it. */
  private tellHeld(request: UpstreamRequest): void {
    const { heldHeaders, heldChunk } = this;
    if (heldHeaders !== null) {
      this.heldHeaders = null;
      request.onResponseHeaders(heldHeaders, false);
    } else if (heldChunk !== null) {
      this.heldChunk = null;
      request.onResponseBody(heldChunk, false);
    }
  }

  // The end of a request, or of the connection.

  /**
   * The response is whole. The connection goes back to the pool before the request hears of it: what the end of a response sets off
   * (a pipelined request, a retry) then finds it there.
   */
  private finishExchange(remote: boolean): void {
    const request = this.request;
    if (request === null) return;
    const { heldHeaders, heldChunk, heldTrailers } = this;
    this.heldHeaders = null;
    this.heldChunk = null;
    this.heldTrailers = null;
    const surplus = this.parser.buffered > 0;
    if (surplus) this.host.owner.stats.upstream_cx_protocol_error.value++;
    // What is written and not yet out would delay the next request, or its loss break it.
    const reusable = this.requestDone && !this.closing && !this.blocked && !surplus;
    if (reusable) {
      this.endStream();
      if (this.paused) {
        this.paused = false;
        this.connection?.resume();
      }
      this.pool.free(this);
    } else {
      if (this.requestDone) this.endStream();
      this.terminate(remote, "", "");
    }
    if (heldHeaders !== null) request.onResponseHeaders(heldHeaders, true);
    else if (heldTrailers !== null) request.onResponseTrailers(heldTrailers);
    else request.onResponseBody(heldChunk ?? EMPTY, true);
    request.onReadEnd();
    if (reusable) this.pool.serve();
  }

  private tunnelEnded(): void {
    const request = this.request;
    if (request === null || this.responseDone) return;
    this.responseDone = true;
    request.onResponseBody(EMPTY, true);
    request.onReadEnd();
  }

  private protocolError(remote: boolean, details: string): void {
    this.host.owner.stats.upstream_cx_protocol_error.value++;
    this.terminate(remote, "protocol_error", details);
  }

  /** Closes for a mistake of the request's own. It is told when it is no longer in the middle of its call. */
  private fail(details: string): void {
    this.requestDone = true;
    this.failure = "local_reset";
    this.failureDetails = details;
    this.connection?.destroy();
  }
}

/** One buffer with all three. */
function framed(head: string, bytes: Uint8Array, tail: string): Buffer {
  const all = Buffer.allocUnsafe(head.length + bytes.length + tail.length);
  all.write(head, 0, "latin1");
  all.set(bytes, head.length);
  all.write(tail, head.length + bytes.length, "latin1");
  return all;
}
