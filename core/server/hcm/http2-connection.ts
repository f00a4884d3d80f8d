import type { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { errorCodeName, NO_ERROR, SETTINGS_TIMEOUT } from "../../http2/error-code.ts";
import { Session, type SessionEvents } from "../../http2/session.ts";
import type { Http2Stream, StreamOwner } from "../../http2/stream.ts";
import type { HttpStreamImpl } from "../../stream/http-stream.ts";
import { Keepalive } from "../../stream/keepalive.ts";
import { clock } from "../../transport/clock.ts";
import type { Connection, ConnectionHandler } from "../../transport/connection.ts";
import { flushAtEndOfPoll, type PollFlushable } from "../../transport/end-of-poll.ts";
import { Timer, type TimerOwner, timers } from "../../transport/timers.ts";
import type { ServedConnection } from "../accept/served-connection.ts";
import { DelayedClose } from "./delayed-close.ts";
import { SocketDownstream } from "./socket-downstream.ts";
import { Http2ServerStream } from "./http2-stream.ts";
import type { ManagerSlot } from "./manager-slot.ts";
import type { HcmStats } from "./stats.ts";

/** What the connection's timers stand for. */
const IDLE = 0;
const DURATION = 1;
const SETTINGS_ACK = 2;
const DRAIN = 3;

/** ms for a peer to acknowledge SETTINGS, after which it is not listening (RFC 9113 section 6.5.3). */
const SETTINGS_LIMIT = 10_000;

/**
 * One downstream HTTP/2 connection: many exchanges at once, each with a stream of its own. What they write in one turn of the event loop leaves in one
 * write.
 */
export class Http2ServerConnection
  extends SocketDownstream
  implements ServedConnection, ConnectionHandler, SessionEvents, TimerOwner, PollFlushable
{
  readonly #slot: ManagerSlot;
  readonly #session: Session;
  /** Where this connection was counted, and must be taken off again: an update may change the manager and its prefix. */
  readonly #stats: HcmStats;
  readonly #idleTimer: Timer;
  readonly #close: DelayedClose;
  #settingsTimer: Timer | null;
  #durationTimer: Timer | null;
  readonly #keepalive: Keepalive | null;
  #drainTimer: Timer | null;
  #requests: number;
  readonly #startTime: number;
  /** The socket is closed, or is about to be by ourselves. */
  #closing: boolean;
  /** The peer is gone: streams end because of that. */
  gone: boolean;
  /** `flush` is called with the next turn. */
  #flushing: boolean;

  constructor(socket: Connection, slot: ManagerSlot) {
    super(socket);
    this.#slot = slot;
    const { options, stats } = slot.manager;
    this.#stats = stats;
    this.#session = new Session(true, options.http2, this);
    this.#idleTimer = new Timer(this, IDLE);
    this.#close = new DelayedClose(socket, slot.manager);
    this.#settingsTimer = null;
    this.#durationTimer = null;
    this.#drainTimer = null;
    this.#requests = 0;
    this.#startTime = clock.now();
    this.#closing = false;
    this.gone = false;
    this.#flushing = false;
    stats.downstream_cx_total.value++;
    stats.downstream_cx_http2_total.value++;
    stats.downstream_cx_active.value++;
    stats.downstream_cx_http2_active.value++;
    if (socket.tls !== null) {
      stats.downstream_cx_ssl_total.value++;
      stats.downstream_cx_ssl_active.value++;
    }
    socket.handler = this;
    socket.setWatermark(options.bufferLimit);
    this.#session.start();
    this.#settingsTimer = new Timer(this, SETTINGS_ACK);
    timers.arm(this.#settingsTimer, SETTINGS_LIMIT);
    this.#armIdle();
    if (options.maxConnectionDuration > 0) {
      this.#durationTimer = new Timer(this, DURATION);
      timers.arm(this.#durationTimer, options.maxConnectionDuration);
    }
    this.#keepalive =
      options.keepalive === null ? null : new Keepalive(this.#session, options.keepalive, () => this.#unanswered());
  }

  // --- ConnectionHandler ------------------------------------------------------------------------------------------------

  onData(chunk: Buffer): void {
    this.#stats.downstream_cx_rx_bytes_total.value += chunk.length;
    if (this.#closing) return;
    this.#session.receive(chunk);
  }

  onEnd(): void {
    // A peer that sends no more can't acknowledge, nor open a window: there is no half of a connection in HTTP/2.
    if (this.#closing) return;
    this.gone = true;
    this.#session.abandon(NO_ERROR);
    this.#end();
  }

  onDrain(): void {
    this.#session.drained();
  }

  onClose(): void {
    for (const timer of [this.#idleTimer, this.#settingsTimer, this.#durationTimer, this.#drainTimer]) {
      if (timer !== null) timers.disarm(timer);
    }
    this.#close.stop();
    this.#keepalive?.stop();
    const stats = this.#stats;
    const active = this.#session.streams.size > 0;
    stats.downstream_cx_active.value--;
    stats.downstream_cx_http2_active.value--;
    if (this.socket.tls !== null) stats.downstream_cx_ssl_active.value--;
    stats.downstream_cx_destroy.value++;
    if (this.#closing) stats.downstream_cx_destroy_local.value++;
    else stats.downstream_cx_destroy_remote.value++;
    if (active) {
      stats.downstream_cx_destroy_active_rq.value++;
      if (this.#closing) stats.downstream_cx_destroy_local_active_rq.value++;
      else stats.downstream_cx_destroy_remote_active_rq.value++;
    }
    stats.downstream_cx_length_ms.record(clock.now() - this.#startTime);
    this.#closing = true;
    this.gone = true;
    this.#session.abandon(NO_ERROR);
    this.#slot.closed(this, this.#startTime);
  }

  // --- SessionEvents ----------------------------------------------------------------------------------------------------

  onStream(stream: Http2Stream): StreamOwner {
    const manager = this.#slot.manager;
    timers.disarm(this.#idleTimer);
    this.#requests++;
    return new Http2ServerStream(this, stream, manager);
  }

  onStreamClosed(): void {
    if (this.#session.streams.size > 0 || this.#closing) return;
    if (this.#session.goawaySent && this.#drainTimer === null) this.#end();
    else this.#armIdle();
  }

  onOutput(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    flushAtEndOfPoll(this);
  }

  /** All frames of this turn, in one write. */
  flush(): void {
    this.#flushing = false;
    const { output } = this.#session;
    const { size } = output;
    if (size === 0) return;
    this.#stats.downstream_cx_tx_bytes_total.value += size;
    const below = output.flush(this.socket);
    this.#session.flushed(below, this.socket.buffered === 0);
  }

  onError(code: number, message: string, flood: string): void {
    const { manager } = this.#slot;
    manager.stats.downstream_cx_protocol_error.value++;
    if (flood !== "") manager.stats.http2(flood).value++;
    manager.log.debug(`connection ${this.id} from ${this.remoteAddress}: ${errorCodeName(code)}, ${message}`);
    this.#end();
  }

  onGoaway(): void {
    // A client that leaves finishes what it has asked for; nothing more will come.
    if (this.#session.streams.size === 0) this.#end();
  }

  onSettings(): void {}

  onSettingsAck(): void {
    if (this.#settingsTimer !== null) timers.disarm(this.#settingsTimer);
    this.#settingsTimer = null;
  }

  onPong(): void {
    this.#keepalive?.answered();
  }

  now(): number {
    return clock.now();
  }

  // --- what streams ask -------------------------------------------------------------------------------------------------

  /** An answer is about to be sent: the place to say that the connection will end. */
  answering(stream: HttpStreamImpl): void {
    const { maxRequestsPerConnection: max } = this.#slot.manager.options;
    if (this.#slot.draining) this.drainWhenIdle();
    else if (max > 0 && this.#requests >= max && !this.#session.goawaySent) {
      this.#stats.downstream_cx_max_requests_reached.value++;
      this.drainWhenIdle();
    } else if (stream.closeConnection) this.drainWhenIdle();
  }

  /** A log will tell the addresses, perhaps of a client that is gone by then. */
  keepAddresses(): void {
    this.socket.keepAddresses();
  }

  /** A key for an upgrade that HTTP/2 has none for. */
  webSocketKey(): string {
    return randomBytes(16).toString("base64");
  }

  // --- the end ----------------------------------------------------------------------------------------------------------

  /** The listener drains: whoever has asked is heard, then the connection ends. */
  drain(): void {
    if (this.#session.streams.size === 0 && !this.#session.goawaySent) {
      this.#session.goaway(true);
      this.#end();
    } else this.drainWhenIdle();
  }

  /** Says that the connection will end, and ends it with the last exchange. In two steps, so that no request is lost on the way (RFC 9113 section 6.8). */
  drainWhenIdle(): void {
    if (this.#session.goawaySent || this.#closing) return;
    this.#stats.downstream_cx_drain_close.value++;
    this.#session.goaway(false);
    this.#drainTimer = new Timer(this, DRAIN);
    timers.arm(this.#drainTimer, Math.max(1, this.#slot.manager.options.drainTimeout));
  }

  /** Ends now, exchanges or not. */
  destroy(): void {
    this.#closing = true;
    this.socket.destroy();
  }

  /** Everything that was written goes out, then the connection closes. */
  #end(): void {
    if (this.#closing) return;
    this.flush();
    this.#closing = true;
    timers.disarm(this.#idleTimer);
    this.#close.begin();
  }

  // --- timers -----------------------------------------------------------------------------------------------------------

  #armIdle(): void {
    const delay = this.#slot.manager.options.idleTimeout;
    if (delay > 0) timers.touch(this.#idleTimer, delay);
    else timers.disarm(this.#idleTimer);
  }

  #unanswered(): void {
    this.#stats.http2("keepalive_timeout").value++;
    this.gone = true;
    this.destroy();
  }

  onTimer(timer: Timer): void {
    switch (timer.tag) {
      case IDLE:
        this.#stats.downstream_cx_idle_timeout.value++;
        this.#session.goaway(true);
        this.#end();
        return;
      case DURATION:
        this.#stats.downstream_cx_max_duration_reached.value++;
        this.drain();
        return;
      case SETTINGS_ACK:
        this.#settingsTimer = null;
        this.#session.fail(SETTINGS_TIMEOUT, "SETTINGS were not acknowledged");
        return;
      default:
        this.#drainTimer = null;
        this.#session.goaway(true);
        if (this.#session.streams.size === 0) this.#end();
    }
  }
}
