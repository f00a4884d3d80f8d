import type { HeaderMap } from "../../contract/headers.ts";
import { ResponseFlag } from "../../contract/response-flags.ts";
import { CANCEL, INTERNAL_ERROR, PROTOCOL_ERROR, REFUSED_STREAM } from "../../http2/error-code.ts";
import type { FieldBlock } from "../../http2/field-block.ts";
import type { Http2Stream, StreamOwner } from "../../http2/stream.ts";
import { HeaderMapImpl } from "../../stream/header-map.ts";
import { HttpStreamImpl } from "../../stream/http-stream.ts";
import type { ResponseSink } from "../../stream/sink.ts";
import { Timer, type TimerOwner, timers } from "../../transport/timers.ts";
import { acceptRequest, type AcceptingConnection, type RequestFacts } from "./accept-request.ts";
import type { Http2ServerConnection } from "./http2-connection.ts";
import type { HttpConnectionManager } from "./manager.ts";
import { nextStreamId } from "./stream-id.ts";

/** What the timers of a stream stand for. */
const IDLE = 0;
const REQUEST = 1;

/** A 101 has no place in HTTP/2: 200 says the same of an extended CONNECT. Source: RFC 8441 section 5. */
const SWITCHING = 101;

/** One exchange of an HTTP/2 connection: events of the session in, the stream's answer out. */
export class Http2ServerStream implements StreamOwner, ResponseSink, TimerOwner, AcceptingConnection, RequestFacts {
  readonly #connection: Http2ServerConnection;
  readonly #h2: Http2Stream;
  readonly #manager: HttpConnectionManager;
  #stream: HttpStreamImpl | null;
  #idleTimer: Timer | null;
  #idle: number;
  #requestTimer: Timer | null;
  #head: boolean;
  /** The answer has no body, whatever its headers or filters say: HEAD, 204, 304. */
  #bodiless: boolean;
  /** Octets that `content-length` of the answer still promises; -1: it promised nothing. */
  #remaining: number;
  hasBody: boolean;
  upgrade: string;
  expectContinue: boolean;
  /** The scheme of an absolute target, which HTTP/2 does not have. */
  readonly scheme = "";

  constructor(connection: Http2ServerConnection, h2: Http2Stream, manager: HttpConnectionManager) {
    this.#connection = connection;
    this.#h2 = h2;
    this.#manager = manager;
    this.#stream = null;
    this.#idleTimer = null;
    this.#idle = 0;
    this.#requestTimer = null;
    this.#head = false;
    this.#bodiless = false;
    this.#remaining = -1;
    this.hasBody = false;
    this.upgrade = "";
    this.expectContinue = false;
  }

  // --- StreamOwner: the request -----------------------------------------------------------------------------------------

  onHeaders(fields: FieldBlock, end: boolean): void {
    const manager = this.#manager;
    const headers = new HeaderMapImpl(fields.list);
    headers.method = fields.method;
    headers.path = fields.path;
    headers.authority = fields.authority;
    this.#head = fields.method === "HEAD";
    this.hasBody = !end;
    this.expectContinue = fields.expectContinue;
    if (fields.protocol !== "") this.#switchProtocol(fields, headers);
    if (manager.tellsAddresses) this.#connection.keepAddresses();
    const stream = new HttpStreamImpl(nextStreamId(), manager, this, this.#connection, "HTTP/2", headers);
    this.#stream = stream;
    manager.started();
    manager.stats.downstream_rq_http2_total.value++;
    this.setIdleTimeout(stream, manager.options.streamIdleTimeout);
    if (manager.options.maxStreamDuration > 0) stream.setMaxDuration(manager.options.maxStreamDuration);
    if (fields.tooLarge) {
      stream.refuse(431, "http2.too_many_headers", ResponseFlag.DownstreamProtocolError, "Request Header Fields Too Large");
      return;
    }
    acceptRequest(this, stream, this, headers, manager);
  }

  /** An extended CONNECT is, to filters and to HTTP/1.1, an upgrade (RFC 8441 section 5.1). */
  #switchProtocol(fields: FieldBlock, headers: HeaderMapImpl): void {
    this.upgrade = fields.protocol;
    headers.method = "GET";
    // RFC 8441 section 5: HTTP/2 does without; an upstream that speaks HTTP/1.1 insists.
    if (fields.protocol.toLowerCase() === "websocket" && !headers.has("sec-websocket-key")) {
      headers.setTrusted("sec-websocket-key", this.#connection.webSocketKey());
    }
  }

  onData(chunk: Uint8Array, end: boolean): void {
    const stream = this.#stream;
    if (stream === null) return;
    this.#touch();
    stream.requestBody(chunk, end);
  }

  onTrailers(list: string[]): void {
    this.#touch();
    this.#stream?.requestTrailersArrived(new HeaderMapImpl(list));
  }

  onReset(code: number, remote: boolean): void {
    const stream = this.#stream;
    if (stream === null) return;
    const stats = this.#manager.stats;
    if (this.#connection.gone) {
      stream.downstreamGone("downstream_remote_disconnect");
    } else if (remote) {
      stats.downstream_rq_rx_reset.value++;
      const refused = code === REFUSED_STREAM || code === CANCEL;
      stream.downstreamGone(
        refused && code === REFUSED_STREAM ? "http2.remote_refuse" : "http2.remote_reset",
        ResponseFlag.DownstreamRemoteReset,
      );
    } else {
      stats.downstream_rq_tx_reset.value++;
      stream.downstreamGone(
        code === PROTOCOL_ERROR ? "http2.violation.of.messaging.rule" : "http2.protocol_error",
        ResponseFlag.DownstreamProtocolError,
      );
    }
  }

  onDrain(): void {
    this.#stream?.downstreamDrained();
  }

  // --- ResponseSink: the answer -----------------------------------------------------------------------------------------

  sendInformational(_stream: HttpStreamImpl, headers: HeaderMap): void {
    this.#manager.stats.downstream_rq_1xx.value++;
    this.#h2.session.sendHeaders(this.#h2, statusOf(headers.status), headers.list, false, true);
  }

  sendHeaders(stream: HttpStreamImpl, headers: HeaderMap, end: boolean): void {
    this.#touch();
    this.#connection.answering(stream);
    const h2 = this.#h2;
    let status = headers.status;
    if (stream.tunnel) {
      h2.tunnel = true;
      (headers as HeaderMapImpl).remove("upgrade");
      (headers as HeaderMapImpl).remove("sec-websocket-accept");
      if (status === SWITCHING) status = 200;
      this.#manager.stats.downstream_cx_upgrades_total.value++;
      this.#manager.stats.downstream_cx_upgrades_active.value++;
    } else {
      this.#bodiless = this.#head || status === 204 || status === 304;
      if (this.#bodiless) {
        // RFC 9110 section 8.6: a 204 has no length.
        if (status === 204) (headers as HeaderMapImpl).remove("content-length");
      } else {
        const length = headers.get("content-length");
        if (length !== undefined) this.#remaining = end ? -1 : lengthOf(length);
      }
    }
    h2.session.sendHeaders(h2, statusOf(status), headers.list, end || this.#bodiless);
  }

  sendBody(stream: HttpStreamImpl, chunk: Uint8Array, end: boolean): void {
    this.#touch();
    if (this.#bodiless) return;
    if (this.#remaining >= 0) {
      this.#remaining -= chunk.length;
      // A filter changed the body and left the length: the message would be malformed (RFC 9113 section 8.1.1).
      if (this.#remaining < 0 || (end && this.#remaining > 0)) {
        stream.responseFlags |= ResponseFlag.LocalReset;
        stream.reset("response_body_is_not_as_long_as_its_content_length");
        return;
      }
    }
    if (!this.#h2.session.sendData(this.#h2, chunk, end)) stream.downstreamFull();
  }

  sendTrailers(_stream: HttpStreamImpl, trailers: HeaderMap): void {
    if (!this.#bodiless) this.#h2.session.sendTrailers(this.#h2, trailers.list);
  }

  /** What was written leaves with all else of this turn. */
  flush(): void {}

  abort(): void {
    // What the client has reset, or the session, is gone already.
    if (!this.#h2.session.streams.has(this.#h2.id)) return;
    this.#manager.stats.downstream_rq_tx_reset.value++;
    this.#h2.session.reset(this.#h2, INTERNAL_ERROR);
  }

  pauseRequest(): void {
    this.#manager.stats.downstream_flow_control_paused_reading_total.value++;
    this.#h2.session.pause(this.#h2);
  }

  resumeRequest(): void {
    this.#manager.stats.downstream_flow_control_resumed_reading_total.value++;
    this.#h2.session.resume(this.#h2);
  }

  setIdleTimeout(_stream: HttpStreamImpl, ms: number): void {
    this.#idle = ms;
    if (ms > 0) timers.touch((this.#idleTimer ??= new Timer(this, IDLE)), ms);
    else if (this.#idleTimer !== null) timers.disarm(this.#idleTimer);
  }

  armRequestTimeout(): void {
    const delay = this.#manager.options.requestTimeout;
    if (delay > 0) timers.arm((this.#requestTimer ??= new Timer(this, REQUEST)), delay);
  }

  finished(stream: HttpStreamImpl): void {
    this.#stream = null;
    if (this.#idleTimer !== null) timers.disarm(this.#idleTimer);
    if (this.#requestTimer !== null) timers.disarm(this.#requestTimer);
    const stats = this.#manager.stats;
    if (stream.tunnel) stats.downstream_cx_upgrades_active.value--;
    else if (!stream.requestComplete && !this.#connection.gone) stats.downstream_rq_response_before_rq_complete.value++;
    const h2 = this.#h2;
    // What has ended on both sides goes out as the client takes it; a tunnel that ended on one side alone is cut.
    if (h2.tunnel && !(h2.sendEnded && h2.remoteClosed)) h2.session.reset(h2, CANCEL);
    h2.owner = null;
  }

  // --- timers -----------------------------------------------------------------------------------------------------------

  #touch(): void {
    if (this.#idle > 0 && this.#idleTimer !== null) timers.touch(this.#idleTimer, this.#idle);
  }

  onTimer(timer: Timer): void {
    const stream = this.#stream;
    if (stream === null) return;
    const stats = this.#manager.stats;
    if (timer.tag === REQUEST) {
      if (stream.requestComplete) return;
      stats.downstream_rq_timeout.value++;
      stream.refuse(408, "request_overall_timeout", 0, "request timeout");
      return;
    }
    stats.downstream_rq_idle_timeout.value++;
    // As for HTTP/1.1: 408 while the request is incomplete, 504 when the upstream is what is waited for.
    stream.refuse(stream.requestComplete ? 504 : 408, "stream_idle_timeout", ResponseFlag.StreamIdleTimeout, "stream timeout");
  }
}

const STATUSES = new Map<number, readonly string[]>();

/** The pseudo-header of a response: the same list for the same status. */
function statusOf(status: number): readonly string[] {
  let fields = STATUSES.get(status);
  if (fields === undefined) STATUSES.set(status, (fields = [":status", String(status)]));
  return fields;
}

/** The value of a content-length field; -1 for what a filter may have made of it. */
function lengthOf(value: string): number {
  return /^[0-9]{1,15}$/.test(value) ? Number(value) : -1;
}
