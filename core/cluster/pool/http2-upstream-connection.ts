import type { Buffer } from "node:buffer";
import type { UpstreamRequest } from "../../contract/cluster.ts";
import type { ResetReason } from "../../contract/error.ts";
import { errorCodeName, INTERNAL_ERROR, NO_ERROR } from "../../http2/error-code.ts";
import type { SessionOptions } from "../../http2/session-options.ts";
import { Session, type SessionEvents } from "../../http2/session.ts";
import type { Http2Stream, StreamOwner } from "../../http2/stream.ts";
import { Keepalive, type KeepaliveOptions } from "../../stream/keepalive.ts";
import { flushAtEndOfPoll, type PollFlushable } from "../../transport/end-of-poll.ts";
import type { ConnectionPool } from "./connection-pool.ts";
import { Http2UpstreamStream } from "./http2-upstream-stream.ts";
import { BUSY, CLOSED, CONNECTING, PooledConnection } from "./pooled-connection.ts";

/** How a cluster speaks HTTP/2. */
export interface Http2UpstreamOptions {
  readonly session: SessionOptions;
  /** null: nobody is asked. */
  readonly keepalive: KeepaliveOptions | null;
}

/**
 * An HTTP/2 connection to a host: many requests at once, up to what both sides allow. It stays in the pool's list while it takes more. After a GOAWAY it
 * finishes what was accepted; what was not is told as refused, which is safe to retry.
 */
export class Http2UpstreamConnection extends PooledConnection implements SessionEvents, PollFlushable {
  readonly session: Session;
  /** Why all that it carries ends, once it does. */
  lossReason: ResetReason | "";
  lossDetails: string;
  readonly #keepaliveOptions: KeepaliveOptions | null;
  #keepalive: Keepalive | null;
  #flushing: boolean;

  constructor(pool: ConnectionPool, options: Http2UpstreamOptions) {
    super(pool);
    this.session = new Session(false, options.session, this);
    this.lossReason = "";
    this.lossDetails = "";
    this.#keepaliveOptions = options.keepalive;
    this.#keepalive = null;
    this.#flushing = false;
  }

  protected countProtocol(): void {
    this.host.owner.stats.upstream_cx_http2_total.value++;
  }

  /** The socket is there; the connection is when the peer's SETTINGS are: how many streams it takes they say, and whether it speaks HTTP/2 at all. */
  override onConnect(): void {
    if (this.state !== CONNECTING) return;
    this.session.start();
    this.flush();
  }

  protected override established(): void {
    if (this.#keepaliveOptions !== null) {
      this.#keepalive = new Keepalive(this.session, this.#keepaliveOptions, () =>
        this.#lose("connection_termination", "http2.ping_timeout"),
      );
    }
  }

  // --- what the pool calls ----------------------------------------------------------------------------------------------

  attach(request: UpstreamRequest): void {
    this.countRequest();
    const stream = new Http2UpstreamStream(this, request);
    this.#offer();
    request.onUpstreamReady(stream);
  }

  /** It is in the pool's list while it takes another request. */
  #offer(): void {
    const takes = !this.closing && this.state !== CLOSED && this.session.canOpen;
    if (takes && !this.available) this.pool.free(this);
    else if (!takes && this.available) this.pool.unlinkIdle(this);
  }

  override becameAvailable(): void {
    if (this.session.streams.size === 0) this.becameIdle();
  }

  override retire(): void {
    if (this.session.streams.size === 0) this.close();
  }

  override closeWhenIdle(): void {
    this.closing = true;
    if (this.available) this.pool.unlinkIdle(this);
    if (this.state === BUSY && this.session.streams.size > 0) return;
    super.closeWhenIdle();
  }

  protected terminateAll(): void {
    this.#lose("local_reset", "");
  }

  // --- what streams call ------------------------------------------------------------------------------------------------

  requestOver(): void {
    this.countEnd();
  }
  lostRequest(responding: boolean): void {
    this.countLoss(responding);
  }
  /** Tells a stream of its failure when it is no longer in the middle of its call. */
  failSoon(stream: Http2UpstreamStream, details: string): void {
    queueMicrotask(() => stream.fail("protocol_error", details));
  }

  // --- ConnectionHandler ------------------------------------------------------------------------------------------------

  onData(chunk: Buffer): void {
    this.host.owner.stats.upstream_cx_rx_bytes_total.value += chunk.length;
    if (this.state !== CLOSED) this.session.receive(chunk);
  }

  onEnd(): void {
    if (this.state === CONNECTING) {
      this.close();
      return;
    }
    this.#lose("connection_termination", "", true);
  }

  onDrain(): void {
    this.session.drained();
  }

  protected lost(): void {
    this.#lose("connection_termination", "", true);
  }

  /** The connection is over: everything that it carries is told why. */
  #lose(reason: ResetReason, details: string, remote = false): void {
    if (this.state === CLOSED) return;
    this.lossReason = reason;
    this.lossDetails = details;
    this.#keepalive?.stop();
    if (!remote && !this.session.ended) {
      this.session.goaway(true);
      this.flush();
    }
    this.release(remote, this.session.streams.size > 0);
    this.session.abandon(remote ? INTERNAL_ERROR : NO_ERROR);
    this.pool.closed(this);
  }

  // --- SessionEvents ----------------------------------------------------------------------------------------------------

  /** No peer of a client opens streams: push is off. */
  onStream(): StreamOwner {
    throw new Error("a client was given a stream");
  }

  onStreamClosed(_stream: Http2Stream): void {
    if (this.state === CLOSED) return;
    if (this.session.streams.size === 0) {
      if (this.closing || this.session.goawayReceived) {
        this.#lose("local_reset", "");
        return;
      }
      this.becameIdle();
    }
    if (!this.available) {
      this.#offer();
      this.pool.serve();
    } else if (this.session.streams.size === 0) this.pool.settled(this);
  }

  onOutput(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    flushAtEndOfPoll(this);
  }

  /** All frames of this turn, in one write. */
  flush(): void {
    this.#flushing = false;
    const { connection } = this;
    const { output } = this.session;
    const { size } = output;
    if (size === 0 || connection === null) return;
    this.host.owner.stats.upstream_cx_tx_bytes_total.value += size;
    const below = output.flush(connection);
    this.session.flushed(below, connection.buffered === 0);
  }

  onError(code: number, message: string): void {
    const { stats } = this.host.owner;
    stats.upstream_cx_protocol_error.value++;
    this.flush();
    const details = `http2.${errorCodeName(code).toLowerCase()}: ${message}`;
    // Whoever answers HTTP/2 with something else was reached: 502, as by Envoy, not 503.
    if (this.state === CONNECTING) this.connectFailed("protocol_error", details, false);
    else this.#lose("protocol_error", details);
  }

  onGoaway(): void {
    if (this.state === CONNECTING) {
      this.close();
      return;
    }
    this.host.owner.stats.upstream_cx_close_notify.value++;
    this.closing = true;
    if (this.available) this.pool.unlinkIdle(this);
    if (this.session.streams.size === 0) this.#lose("local_reset", "");
  }

  onSettings(): void {
    this.pool.learned(this.session.maxLocalStreams);
    if (this.state === CONNECTING) {
      super.onConnect();
      return;
    }
    if (this.state === CLOSED) return;
    this.#offer();
    this.pool.serve();
  }

  onSettingsAck(): void {}

  onPong(): void {
    this.#keepalive?.answered();
  }

  now(): number {
    return this.host.owner.environment.clock.now();
  }
}
