import type { FieldBlock } from "./field-block.ts";
import type { SendingSession } from "./sending-session.ts";

/** Who a stream belongs to. Called from inside the session's `receive()`; bad input of a peer must not make it throw. */
export interface StreamOwner {
  /** A request (of a server's stream: before anything else), a response, or one of 1xx before it. `end`: nothing follows. */
  onHeaders(fields: FieldBlock, end: boolean): void;
  /** Part of the body: a view of the input. Empty only with `end`. */
  onData(chunk: Uint8Array, end: boolean): void;
  /** Trailers, flat: the end of the message. */
  onTrailers(list: string[]): void;
  /** The stream is over before its end: by the peer (`remote`) or because the session refused what it brought. The last call. */
  onReset(code: number, remote: boolean): void;
  /** After `sendData` returned false: what waits has sunk to half the limit or below. */
  onDrain(): void;
  /** The session has handed on all of one `receive()` for the streams that it touched. */
  onReadEnd?(): void;
}

/** One stream of a session: its state, its windows and what waits for them. Source: RFC 9113 section 5. */
export class Http2Stream {
  readonly session: SendingSession;
  readonly id: number;
  owner: StreamOwner | null;
  /** The peer has ended its side, or the stream was reset. */
  remoteClosed: boolean;
  /** Our END_STREAM is written. */
  localClosed: boolean;
  /** The last of what is to be sent was handed over: nothing may follow. */
  sendEnded: boolean;
  /** A final head was received: what comes next is body or trailers. */
  headReceived: boolean;
  /** A final head was sent. */
  headSent: boolean;
  /** Octets that we may send. Negative after a peer lowered its initial window. */
  sendWindow: number;
  /** Octets that the peer may send. */
  receiveWindow: number;
  /** Octets that were taken and not yet given back to the peer's window. */
  credit: number;
  /** The owner takes nothing for now: credit is held back. */
  paused: boolean;
  /** Octets of body that `content-length` still promises; -1: it promised nothing. */
  promised: number;
  /** The request was HEAD: the length that its answer tells does not come. */
  bodiless: boolean;
  /** Both directions are bytes that end each on their own: an answer that ended does not end the request. */
  tunnel: boolean;
  /** ms of the clock. */
  readonly started: number;
  /** Body that waits for a window; empty for most streams for all of their life. */
  waiting: Uint8Array[] | null;
  waitingAt: number;
  waitingSize: number;
  /** The source was told to hold back. */
  blocked: boolean;
  /** Trailers that wait behind the body. */
  trailers: readonly string[] | null;
  /** It is in the session's list of streams with something to send. */
  scheduled: boolean;

  constructor(session: SendingSession, id: number, sendWindow: number, receiveWindow: number, started: number) {
    this.session = session;
    this.id = id;
    this.owner = null;
    this.remoteClosed = false;
    this.localClosed = false;
    this.sendEnded = false;
    this.headReceived = false;
    this.headSent = false;
    this.sendWindow = sendWindow;
    this.receiveWindow = receiveWindow;
    this.credit = 0;
    this.paused = false;
    this.promised = -1;
    this.bodiless = false;
    this.tunnel = false;
    this.started = started;
    this.waiting = null;
    this.waitingAt = 0;
    this.waitingSize = 0;
    this.blocked = false;
    this.trailers = null;
    this.scheduled = false;
  }

  /** Both sides have ended. */
  get closed(): boolean {
    return this.localClosed && this.remoteClosed;
  }
}
