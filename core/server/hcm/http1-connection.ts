import type { HeaderMap } from "../../contract/headers.ts";
import { ResponseFlag } from "../../contract/response-flags.ts";
import { latin1 } from "../../bytes/latin1.ts";
import { chunkPrefix, encodeResponseHead, encodeTrailers, LAST_CHUNK, reasonPhrase } from "../../http1/encode.ts";
import { CONNECTION_PREFACE } from "../../http2/frames.ts";
import { RequestParser } from "../../http1/request-parser.ts";
import type { Http1Events } from "../../http1/types.ts";
import { HeaderMapImpl } from "../../stream/header-map.ts";
import { HttpStreamImpl } from "../../stream/http-stream.ts";
import type { ResponseSink } from "../../stream/sink.ts";
import { clock } from "../../transport/clock.ts";
import type { Connection, ConnectionHandler } from "../../transport/connection.ts";
import { Timer, type TimerOwner, timers } from "../../transport/timers.ts";
import type { ServedConnection } from "../accept/served-connection.ts";
import { Http2ServerConnection } from "./http2-connection.ts";
import { nextStreamId } from "./stream-id.ts";
import type { ManagerSlot } from "./manager-slot.ts";
import type { HttpConnectionManager } from "./manager.ts";
import type { HcmStats } from "./stats.ts";
import { acceptRequest } from "./accept-request.ts";
import { DelayedClose } from "./delayed-close.ts";
import { SocketDownstream } from "./socket-downstream.ts";

/** Bodies up to this many bytes are joined with the head into one string and one write: cheaper than a gathered write (measured: up to 4 KiB). */
const JOIN_LIMIT = 4096;
/** Pipelined bytes that may wait behind a running request before reading stops. */
const PIPELINE_LIMIT = 64 * 1024;

/** What the connection's one timer stands for. */
const IDLE = 0;
const STREAM_IDLE = 1;
const HEADERS = 2;

/** How the body of the current response is framed. */
const NONE = 0;
const LENGTH = 1;
const CHUNKED = 2;
const UNTIL_CLOSE = 3;
const TUNNEL = 4;

/** Refusals of a message that could be read: as Envoy's, they have no text. */
const NO_TEXT: ReadonlySet<string> = new Set(["http1.fragment_in_target", "http1.missing_host"]);

/** One downstream HTTP/1.1 connection: socket events in, stream events out, responses back. One stream at a time; the rest of a pipeline waits. */
export class Http1ServerConnection
  extends SocketDownstream
  implements ServedConnection, ConnectionHandler, Http1Events, ResponseSink, TimerOwner
{
  readonly #slot: ManagerSlot;
  readonly #parser: RequestParser;
  readonly #timer: Timer;
  #extraTimer: Timer | null;
  /** The manager that the current stream started on. */
  #manager: HttpConnectionManager;
  /** Where this connection was counted, and must be taken off again: an update may change the manager and its prefix. */
  readonly #stats: HcmStats;
  #stream: HttpStreamImpl | null;
  /** Text that waits for what follows it, so that both leave in one write. */
  #pending: string;
  /** The last chunk of the request, held until it is known whether it is the last. */
  #chunk: Buffer | null;
  #framing: number;
  /** Bytes that `content-length` still promises. */
  #remaining: number;
  #keepAlive: boolean;
  /** The connection was asked to end with the next response. */
  #last: boolean;
  #head: boolean;
  /** The response has no body, whatever its headers or filters say: HEAD, 204, 304. */
  #bodiless: boolean;
  #http10: boolean;
  #inParser: boolean;
  /** The parser waits to be asked for the next message. */
  #messageComplete: boolean;
  #requestPaused: boolean;
  #socketPaused: boolean;
  #closing: boolean;
  #peerEnded: boolean;
  #delayedClose: DelayedClose | null;
  #timerMeans: number;
  /** ms; of the current stream. */
  #streamIdle: number;
  #requests: number;
  #startTime: number;
  /** When the first byte of the request came whose head is being read; 0: there is none. */
  #headSince: number;
  /** Nothing was read yet, and what comes may be HTTP/2 (`codec_type: AUTO`). */
  #mayBeHttp2: boolean;
  /** The beginning of what may become HTTP/2's preface. */
  #preface: Buffer | null;

  constructor(socket: Connection, slot: ManagerSlot) {
    super(socket);
    this.#slot = slot;
    this.#manager = slot.manager;
    this.#stats = slot.manager.stats;
    const options = slot.manager.options;
    this.#parser = new RequestParser(this, options.limits, options.parser);
    this.#timer = new Timer(this);
    this.#extraTimer = null;
    this.#stream = null;
    this.#pending = "";
    this.#chunk = null;
    this.#framing = NONE;
    this.#remaining = 0;
    this.#keepAlive = true;
    this.#last = false;
    this.#head = false;
    this.#bodiless = false;
    this.#http10 = false;
    this.#inParser = false;
    this.#messageComplete = false;
    this.#requestPaused = false;
    this.#socketPaused = false;
    this.#closing = false;
    this.#peerEnded = false;
    this.#delayedClose = null;
    this.#timerMeans = IDLE;
    this.#streamIdle = 0;
    this.#requests = 0;
    this.#startTime = clock.now();
    this.#headSince = 0;
    this.#mayBeHttp2 = options.codec === "AUTO";
    this.#preface = null;
    const stats = this.#stats;
    if (socket.tls !== null) {
      stats.downstream_cx_ssl_total.value++;
      stats.downstream_cx_ssl_active.value++;
    }
    stats.downstream_cx_total.value++;
    stats.downstream_cx_http1_total.value++;
    stats.downstream_cx_active.value++;
    stats.downstream_cx_http1_active.value++;
    socket.handler = this;
    socket.setWatermark(options.bufferLimit);
    this.#armIdle();
    if (options.maxConnectionDuration > 0) {
      this.#extraTimer = new Timer(DURATION_OWNER(this));
      timers.arm(this.#extraTimer, options.maxConnectionDuration);
    }
  }

  // --- ConnectionHandler ------------------------------------------------------------------------------------------------

  onData(chunk: Buffer): void {
    this.#manager.stats.downstream_cx_rx_bytes_total.value += chunk.length;
    if (this.#closing) return;
    if (this.#stream === null && this.#timerMeans === IDLE) this.#armHeaders();
    let bytes = chunk;
    if (this.#mayBeHttp2) {
      const read = this.#tellProtocol(chunk);
      if (read === null) return;
      bytes = read;
    }
    this.#inParser = true;
    this.#parser.execute(bytes);
    this.#inParser = false;
    this.#afterParser();
  }

  /** Looks at the first octets. Those for the parser, or null: they are HTTP/2, or may become it. */
  #tellProtocol(chunk: Buffer): Buffer | null {
    const before = this.#preface;
    // "PRI" is no method of HTTP/1.1; nearly always the second octet says so.
    if (
      before === null &&
      (chunk[0] !== CONNECTION_PREFACE.charCodeAt(0) || (chunk.length > 1 && chunk[1] !== CONNECTION_PREFACE.charCodeAt(1)))
    ) {
      this.#mayBeHttp2 = false;
      return chunk;
    }
    const bytes = before === null ? chunk : Buffer.concat([before, chunk]);
    const length = Math.min(bytes.length, CONNECTION_PREFACE.length);
    for (let i = 0; i < length; i++) {
      if (bytes[i] === CONNECTION_PREFACE.charCodeAt(i)) continue;
      this.#mayBeHttp2 = false;
      this.#preface = null;
      return bytes;
    }
    this.#preface = bytes;
    if (length === CONNECTION_PREFACE.length) this.#becomeHttp2(bytes);
    return null;
  }

  /** The client speaks HTTP/2: another connection takes the socket over, and this one never was. */
  #becomeHttp2(read: Buffer): void {
    const { connections } = this.#slot;
    timers.disarm(this.#timer);
    if (this.#extraTimer !== null) timers.disarm(this.#extraTimer);
    const stats = this.#stats;
    stats.downstream_cx_total.value--;
    stats.downstream_cx_http1_total.value--;
    stats.downstream_cx_active.value--;
    stats.downstream_cx_http1_active.value--;
    if (this.socket.tls !== null) {
      stats.downstream_cx_ssl_total.value--;
      stats.downstream_cx_ssl_active.value--;
    }
    stats.downstream_cx_rx_bytes_total.value -= read.length;
    connections.delete(this);
    const http2 = new Http2ServerConnection(this.socket, this.#slot);
    connections.add(http2);
    http2.onData(read);
  }

  /** The parser has stopped: hand on what was held, answer what was wrong, go on with the pipeline. A loop, because a pipeline can be long. */
  #afterParser(): void {
    const parser = this.#parser;
    for (;;) {
      const held = this.#chunk;
      if (held !== null) {
        this.#chunk = null;
        this.#stream?.requestBody(held, false);
      }
      if (this.#closing) return;
      const error = parser.error;
      if (error !== null) {
        this.#protocolError(error.status, error.code);
        return;
      }
      if (this.#stream !== null) {
        if (parser.buffered > PIPELINE_LIMIT) this.#pauseSocket();
        return;
      }
      if (!this.#messageComplete) break;
      this.#messageComplete = false;
      if (!this.#requestPaused) this.#resumeSocket();
      this.#inParser = true;
      parser.next();
      this.#inParser = false;
    }
    if (this.#peerEnded) this.#close();
    else if (parser.midMessage && this.#timerMeans === IDLE) this.#armHeaders();
  }

  onEnd(): void {
    this.#peerEnded = true;
    this.#parser.finish();
    const stream = this.#stream;
    if (stream === null) {
      this.#close();
      return;
    }
    if (this.#framing === TUNNEL) {
      stream.requestBody(EMPTY, true);
      return;
    }
    // A client may end its side and still read (RFC 9112 section 9.6), but only after a whole request.
    if (!stream.requestComplete) stream.downstreamGone("downstream_remote_disconnect");
  }

  onDrain(): void {
    const stream = this.#stream;
    if (stream !== null) stream.downstreamDrained();
  }

  onClose(): void {
    timers.disarm(this.#timer);
    if (this.#extraTimer !== null) timers.disarm(this.#extraTimer);
    this.#delayedClose?.stop();
    const stats = this.#stats;
    const stream = this.#stream;
    stats.downstream_cx_active.value--;
    stats.downstream_cx_http1_active.value--;
    if (this.socket.tls !== null) stats.downstream_cx_ssl_active.value--;
    stats.downstream_cx_destroy.value++;
    if (this.#closing) stats.downstream_cx_destroy_local.value++;
    else stats.downstream_cx_destroy_remote.value++;
    if (stream !== null) {
      stats.downstream_cx_destroy_active_rq.value++;
      if (this.#closing) stats.downstream_cx_destroy_local_active_rq.value++;
      else stats.downstream_cx_destroy_remote_active_rq.value++;
    }
    stats.downstream_cx_length_ms.record(clock.now() - this.#startTime);
    this.#closing = true;
    if (stream !== null) stream.downstreamGone("downstream_remote_disconnect");
    this.#slot.closed(this, this.#startTime);
  }

  // --- Http1Events ------------------------------------------------------------------------------------------------------

  onHead(): void {
    const parser = this.#parser;
    const manager = this.#slot.manager;
    this.#manager = manager;
    this.#requests++;
    const headers = new HeaderMapImpl(parser.list);
    headers.method = parser.method;
    headers.path = parser.path;
    headers.authority = parser.host;
    this.#head = parser.method === "HEAD";
    this.#http10 = parser.versionMinor === 0;
    this.#keepAlive = parser.keepAlive && !this.#last;
    if (manager.tellsAddresses) this.socket.keepAddresses();
    const stream = new HttpStreamImpl(nextStreamId(), manager, this, this, this.#http10 ? "HTTP/1.0" : "HTTP/1.1", headers);
    this.#stream = stream;
    this.#setStart(stream);
    this.#framing = NONE;
    manager.started();
    manager.stats.downstream_rq_http1_total.value++;
    this.setIdleTimeout(stream, manager.options.streamIdleTimeout);
    if (manager.options.maxStreamDuration > 0) stream.setMaxDuration(manager.options.maxStreamDuration);
    acceptRequest(this, stream, parser, headers, manager);
  }

  onBody(chunk: Buffer): void {
    const stream = this.#stream;
    if (stream === null) return;
    this.#touch();
    const held = this.#chunk;
    if (this.#framing === TUNNEL) {
      stream.requestBody(chunk, false);
      return;
    }
    this.#chunk = chunk;
    if (held !== null) stream.requestBody(held, false);
  }

  onTrailers(list: string[]): void {
    if (!this.#manager.options.trailers) return;
    const held = this.#chunk;
    this.#chunk = null;
    if (held !== null) this.#stream?.requestBody(held, false);
    this.#stream?.requestTrailersArrived(new HeaderMapImpl(list));
  }

  onComplete(): void {
    this.#messageComplete = true;
    const stream = this.#stream;
    const held = this.#chunk;
    this.#chunk = null;
    if (stream === null || stream.requestComplete) return;
    // What follows an upgrade's request is the tunnel's, if there will be one.
    if (stream.upgrade === "") stream.requestBody(held ?? EMPTY, true);
    else if (held !== null) stream.requestBody(held, false);
  }

  // --- ResponseSink -----------------------------------------------------------------------------------------------------

  sendInformational(_stream: HttpStreamImpl, headers: HeaderMap): void {
    if (this.#http10) return;
    this.#manager.stats.downstream_rq_1xx.value++;
    this.#write(encodeResponseHead(headers.status, "", headers.list as string[], "", false));
  }

  sendHeaders(stream: HttpStreamImpl, headers: HeaderMap, end: boolean): void {
    this.#touch();
    const status = headers.status;
    let extra = "";
    if (this.#slot.draining && this.#keepAlive) {
      this.#keepAlive = false;
      this.#manager.stats.downstream_cx_drain_close.value++;
    }
    const max = this.#manager.options.maxRequestsPerConnection;
    if (max > 0 && this.#requests >= max && this.#keepAlive) {
      this.#keepAlive = false;
      this.#manager.stats.downstream_cx_max_requests_reached.value++;
    }
    // The rest of the request would be taken for the next one: the connection can't go on.
    if (stream.refused || stream.closeConnection || (!stream.requestComplete && stream.upgrade === "")) this.#keepAlive = false;
    if (stream.tunnel) {
      this.#framing = TUNNEL;
      this.#keepAlive = false;
      const type = stream.upgrade;
      if (status === 101) extra = "connection: upgrade\r\nupgrade: " + (headers.get("upgrade") ?? type) + "\r\n";
      (headers as HeaderMapImpl).remove("upgrade");
      this.#manager.stats.downstream_cx_upgrades_total.value++;
      this.#manager.stats.downstream_cx_upgrades_active.value++;
      this.#write(encodeResponseHead(status, "", headers.list as string[], extra, this.#http10));
      // From here bytes are the tunnel's. The parser may be running: it takes the change at its next byte.
      this.#parser.tunnel();
      // The client may not have waited for the answer: too much of a pipeline is no reason not to read any more.
      if (!this.#requestPaused) this.#resumeSocket();
      return;
    }
    if (stream.upgrade !== "") this.#keepAlive = false;
    this.#bodiless = this.#head || status === 204 || status === 304;
    this.#framing = NONE;
    if (this.#bodiless) {
      // RFC 9110 section 8.6: a 204 has no length.
      if (status === 204) (headers as HeaderMapImpl).remove("content-length");
    } else if (end) {
      if (!headers.has("content-length")) extra = "content-length: 0\r\n";
    } else extra = this.#frameBody(headers);
    if (!this.#keepAlive) extra += "connection: close\r\n";
    else if (this.#http10) extra += "connection: keep-alive\r\n";
    this.#pending += encodeResponseHead(status, "", headers.list as string[], extra, this.#http10);
    if (end || this.#bodiless) this.flush();
  }

  /** Chooses how the body's end is told; returns the lines that this takes. */
  #frameBody(headers: HeaderMap): string {
    const value = headers.get("content-length");
    if (value !== undefined) {
      const length = lengthOf(value);
      if (length >= 0) {
        this.#framing = LENGTH;
        this.#remaining = length;
        return "";
      }
      (headers as HeaderMapImpl).remove("content-length");
    }
    if (this.#http10) {
      this.#framing = UNTIL_CLOSE;
      this.#keepAlive = false;
      return "";
    }
    this.#framing = CHUNKED;
    return "transfer-encoding: chunked\r\n";
  }

  /** A filter changed the body and left the length: what follows would be read as another response. */
  #lengthMistake(stream: HttpStreamImpl): void {
    stream.responseFlags |= ResponseFlag.LocalReset;
    stream.reset("response_body_is_not_as_long_as_its_content_length");
  }

  sendBody(stream: HttpStreamImpl, chunk: Uint8Array, end: boolean): void {
    this.#touch();
    const length = chunk.length;
    if (this.#bodiless || this.#framing === NONE) return;
    if (this.#framing === LENGTH) {
      const remaining = (this.#remaining -= length);
      if (remaining < 0 || (end && remaining > 0)) {
        this.#lengthMistake(stream);
        return;
      }
    }
    if (length > 0) {
      const chunked = this.#framing === CHUNKED;
      if (length <= JOIN_LIMIT && this.#pending.length <= JOIN_LIMIT) {
        const text = latin1(chunk);
        this.#pending += chunked ? chunkPrefix(length) + text + "\r\n" : text;
      } else {
        const prefix = chunked ? this.#pending + chunkPrefix(length) : this.#pending;
        this.#pending = chunked ? "\r\n" : "";
        const stats = this.#manager.stats;
        stats.downstream_cx_tx_bytes_total.value += prefix.length + length;
        const room = prefix === "" ? this.socket.writeBytes(chunk) : this.socket.writeHeadAndBytes(prefix, chunk);
        if (!room) stream.downstreamFull();
      }
    }
    if (end) {
      if (this.#framing === CHUNKED) this.#pending += LAST_CHUNK;
      if (this.#framing === TUNNEL) {
        this.flush();
        this.socket.end();
        return;
      }
      this.flush();
    } else if (this.#framing === TUNNEL || this.#pending.length > JOIN_LIMIT) this.flush();
  }

  sendTrailers(stream: HttpStreamImpl, trailers: HeaderMap): void {
    if (this.#framing === LENGTH && this.#remaining > 0) {
      this.#lengthMistake(stream);
      return;
    }
    if (this.#framing === CHUNKED) this.#pending += this.#manager.options.trailers ? encodeTrailers(trailers.list) : LAST_CHUNK;
    this.flush();
  }

  flush(): void {
    const text = this.#pending;
    if (text === "") return;
    this.#pending = "";
    this.#write(text);
  }

  #write(text: string): void {
    this.#manager.stats.downstream_cx_tx_bytes_total.value += text.length;
    if (!this.socket.writeLatin1(text)) this.#stream?.downstreamFull();
  }

  abort(stream: HttpStreamImpl): void {
    this.flush();
    this.#closing = true;
    const stats = this.#manager.stats;
    if ((stream.responseFlags & ResponseFlag.DownstreamConnectionTermination) !== 0) stats.downstream_rq_rx_reset.value++;
    else stats.downstream_rq_tx_reset.value++;
    // A body that ends with the connection is told from a broken one only by RST.
    if (this.#framing === UNTIL_CLOSE && stream.headersSent) this.socket.reset();
    else this.socket.destroy();
  }

  pauseRequest(): void {
    this.#requestPaused = true;
    this.#manager.stats.downstream_flow_control_paused_reading_total.value++;
    this.#parser.pause();
    this.#pauseSocket();
  }

  resumeRequest(): void {
    this.#requestPaused = false;
    this.#manager.stats.downstream_flow_control_resumed_reading_total.value++;
    this.#resumeSocket();
    if (this.#inParser) {
      this.#parser.resume();
      return;
    }
    this.#inParser = true;
    this.#parser.resume();
    this.#inParser = false;
    this.#afterParser();
  }

  #pauseSocket(): void {
    if (this.#socketPaused) return;
    this.#socketPaused = true;
    this.socket.pause();
  }

  #resumeSocket(): void {
    if (!this.#socketPaused) return;
    this.#socketPaused = false;
    this.socket.resume();
  }

  setIdleTimeout(_stream: HttpStreamImpl, ms: number): void {
    this.#streamIdle = ms;
    this.#timerMeans = STREAM_IDLE;
    if (ms > 0) timers.touch(this.#timer, ms);
    else timers.disarm(this.#timer);
  }

  finished(stream: HttpStreamImpl): void {
    this.#stream = null;
    this.#chunk = null;
    if (this.#requestTimer !== null) timers.disarm(this.#requestTimer);
    if (this.#framing === TUNNEL) {
      this.#manager.stats.downstream_cx_upgrades_active.value--;
      // Both directions have ended, or the tunnel is broken; either way nobody needs the connection.
      this.#close();
      return;
    }
    if (this.#closing) return;
    if (!stream.requestComplete) this.#manager.stats.downstream_rq_response_before_rq_complete.value++;
    if (!this.#keepAlive) {
      this.#close();
      return;
    }
    if (this.#requestPaused) {
      this.#requestPaused = false;
      this.#parser.resume();
    }
    this.#armIdle();
    if (!this.#inParser) this.#afterParser();
  }

  // --- the end ----------------------------------------------------------------------------------------------------------

  /** FIN, then time for the client to read it (delayed_close_timeout): an immediate close with unread input would send RST and lose the response. */
  #close(): void {
    if (this.#closing) return;
    this.#closing = true;
    this.flush();
    this.#requestPaused = false;
    this.#socketPaused = false;
    this.#timerMeans = IDLE;
    timers.disarm(this.#timer);
    this.#delayedClose = new DelayedClose(this.socket, this.#manager);
    this.#delayedClose.begin();
  }

  /** The listener drains: an idle connection ends now, a busy one after its response. */
  drain(): void {
    if (this.#stream === null && !this.#parser.midMessage && this.#preface === null) this.#close();
  }

  /** Ends with the response that runs, or now. */
  drainWhenIdle(): void {
    this.#last = true;
    this.#keepAlive = false;
    this.drain();
  }

  /** Ends now, response or not. */
  destroy(): void {
    this.#closing = true;
    this.socket.destroy();
  }

  /** A request starts with its first byte, which may have come long before the rest of its head. */
  #setStart(stream: HttpStreamImpl): void {
    const since = this.#headSince;
    this.#headSince = 0;
    if (since === 0 || since === stream.startTime) return;
    stream.startWallTime -= stream.startTime - since;
    stream.startTime = since;
  }

  #protocolError(status: number, code: string): void {
    const manager = this.#manager;
    manager.stats.downstream_cx_protocol_error.value++;
    let stream = this.#stream;
    this.#keepAlive = false;
    if (stream === null) {
      const headers = new HeaderMapImpl([]);
      stream = new HttpStreamImpl(nextStreamId(), this.#slot.manager, this, this, "HTTP/1.1", headers);
      this.#stream = stream;
      this.#setStart(stream);
      this.#manager = this.#slot.manager;
      this.#head = false;
      this.#http10 = false;
      this.#framing = NONE;
      this.#slot.manager.started();
    }
    stream.upstreamTransportFailure = "";
    if (this.#parser.foreign && this.#requests === 0 && manager.options.codec === "AUTO") {
      // It may be a broken HTTP/2: an answer in HTTP/1.1 would say nothing to it (RFC 9113 section 3.4).
      stream.responseFlags |= ResponseFlag.DownstreamProtocolError;
      stream.reset(code);
      return;
    }
    stream.refuse(status, code, ResponseFlag.DownstreamProtocolError, NO_TEXT.has(code) ? "" : reasonPhrase(status));
  }

  // --- timers -----------------------------------------------------------------------------------------------------------

  #touch(): void {
    const delay = this.#streamIdle;
    if (delay > 0 && this.#timerMeans === STREAM_IDLE) timers.touch(this.#timer, delay);
  }

  #armIdle(): void {
    this.#timerMeans = IDLE;
    const delay = this.#slot.manager.options.idleTimeout;
    if (delay > 0) timers.touch(this.#timer, delay);
    else timers.disarm(this.#timer);
  }

  /** The first byte of a request is here. */
  #armHeaders(): void {
    if (this.#headSince === 0) this.#headSince = clock.now();
    const delay = this.#slot.manager.options.requestHeadersTimeout;
    if (delay <= 0) return;
    this.#timerMeans = HEADERS;
    timers.arm(this.#timer, delay);
  }

  #requestTimer: Timer | null = null;

  /** request_timeout: from the first byte (here: the head) to the last of the request. */
  armRequestTimeout(): void {
    const delay = this.#manager.options.requestTimeout;
    if (delay <= 0) return;
    this.#requestTimer ??= new Timer(REQUEST_OWNER(this));
    timers.arm(this.#requestTimer, delay);
  }

  onTimer(): void {
    const stats = this.#manager.stats;
    const stream = this.#stream;
    switch (this.#timerMeans) {
      case IDLE:
        stats.downstream_cx_idle_timeout.value++;
        this.#close();
        return;
      case HEADERS:
        stats.downstream_rq_header_timeout.value++;
        this.#timeoutWithoutStream();
        return;
      default:
        stats.downstream_rq_idle_timeout.value++;
        if (stream !== null) {
          // Envoy: 408 while the request is incomplete, 504 when the upstream is what is waited for.
          stream.refuse(
            stream.requestComplete ? 504 : 408,
            "stream_idle_timeout",
            ResponseFlag.StreamIdleTimeout,
            "stream timeout",
          );
        }
    }
  }

  #timeoutWithoutStream(): void {
    const stream = new HttpStreamImpl(nextStreamId(), this.#slot.manager, this, this, "HTTP/1.1", new HeaderMapImpl([]));
    this.#stream = stream;
    this.#setStart(stream);
    this.#keepAlive = false;
    this.#framing = NONE;
    this.#head = false;
    this.#http10 = false;
    this.#slot.manager.started();
    stream.refuse(408, "request_header_timeout", 0, "request header timeout");
  }

  requestTimedOut(): void {
    const stream = this.#stream;
    if (stream === null || stream.requestComplete) return;
    this.#manager.stats.downstream_rq_timeout.value++;
    stream.refuse(408, "request_overall_timeout", 0, "request timeout");
  }

  durationReached(): void {
    this.#manager.stats.downstream_cx_max_duration_reached.value++;
    this.#keepAlive = false;
    if (this.#stream === null) this.#close();
  }
}

const EMPTY = Buffer.alloc(0);

/** The value of a content-length field; -1 for what a filter may have made of it. */
function lengthOf(value: string): number {
  const n = value.length;
  if (n === 0 || n > 15) return -1;
  let length = 0;
  for (let i = 0; i < n; i++) {
    const digit = value.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return -1;
    length = length * 10 + digit;
  }
  return length;
}

function DURATION_OWNER(connection: Http1ServerConnection): TimerOwner {
  return { onTimer: () => connection.durationReached() };
}
function REQUEST_OWNER(connection: Http1ServerConnection): TimerOwner {
  return { onTimer: () => connection.requestTimedOut() };
}
