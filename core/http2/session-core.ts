import { Buffer } from "node:buffer";
import { ENHANCE_YOUR_CALM, NO_ERROR, PROTOCOL_ERROR } from "./error-code.ts";
import { FrameOutput } from "./frame-output.ts";
import { DEFAULT_WINDOW, GOAWAY, LARGEST_WINDOW, PING, RST_STREAM, WINDOW_UPDATE } from "./frames.ts";
import { LocallyReset } from "./locally-reset.ts";
import type { SessionEvents } from "./session-events.ts";
import type { SessionOptions } from "./session-options.ts";
import type { Http2Stream } from "./stream.ts";

/** Half of a window is given back at once, so that a sender never waits, and no frame is spent on little. */
export const CREDIT_SHARE = 2;

/** What both directions of a session share: its streams, how they and the connection end, and the frames that say so. */
export abstract class SessionCore {
  readonly isServer: boolean;
  readonly options: SessionOptions;
  readonly output: FrameOutput;
  /** The peer's settings. */
  peerMaxConcurrentStreams: number;
  peerAllowsConnect: boolean;
  peerMaxHeaderListSize: number;
  /** The peer's first SETTINGS have come. */
  settingsReceived: boolean;
  /** SETTINGS of ours that were not acknowledged. */
  settingsPending: number;
  /** The connection is over: nothing is read or sent any more. */
  ended: boolean;
  /** The peer has sent GOAWAY: no new streams. */
  goawayReceived: boolean;
  /** We have said which streams are the last. */
  goawaySent: boolean;
  /** Streams that are open, ours and the peer's. */
  readonly streams: Map<number, Http2Stream>;
  protected readonly events: SessionEvents;
  /** Of the connection: octets that the peer may send, and those that were taken and not yet given back. */
  protected receiveWindow: number;
  #credit: number;
  /** The highest stream that the peer has opened: what a GOAWAY says was looked at. */
  lastPeerStream: number;
  protected nextLocalStream: number;
  /** Streams above are not looked at: what our GOAWAY said. */
  protected lastAccepted: number;
  /** Streams of the peer's that are open. */
  protected peerStreams: number;
  protected readonly locallyReset: LocallyReset;
  /** The DATA frame that is being read: its stream, or null when nobody takes it. */
  protected dataStream: Http2Stream | null;
  /** Whether the part that was handed on last is held until it is known whether it is the last of the message. */
  protected heldPart: Uint8Array | null;
  /** `onOutput` was called, and nothing was handed over since. */
  protected outputTold: boolean;
  /** Frames that were written and are not out, and those of them that a peer makes us write: what floods are told by. */
  protected outboundFrames: number;
  protected outboundControl: number;
  /** What rapid reset is told by. */
  #closedStreams: number;
  #prematureResets: number;

  constructor(isServer: boolean, options: SessionOptions, events: SessionEvents) {
    this.isServer = isServer;
    this.options = options;
    this.output = new FrameOutput();
    this.peerMaxConcurrentStreams = LARGEST_WINDOW;
    this.peerAllowsConnect = false;
    this.peerMaxHeaderListSize = Infinity;
    this.settingsReceived = false;
    this.settingsPending = 0;
    this.ended = false;
    this.goawayReceived = false;
    this.goawaySent = false;
    this.streams = new Map();
    this.events = events;
    this.receiveWindow = DEFAULT_WINDOW;
    this.#credit = 0;
    this.lastPeerStream = 0;
    this.nextLocalStream = isServer ? 2 : 1;
    this.lastAccepted = LARGEST_WINDOW;
    this.peerStreams = 0;
    this.locallyReset = new LocallyReset();
    this.dataStream = null;
    this.heldPart = null;
    this.outputTold = false;
    this.outboundFrames = 0;
    this.outboundControl = 0;
    this.#closedStreams = 0;
    this.#prematureResets = 0;
  }

  /** Whether another stream can be opened now. */
  get canOpen(): boolean {
    return (
      !this.ended &&
      !this.goawayReceived &&
      !this.goawaySent &&
      this.streams.size < this.maxLocalStreams &&
      this.nextLocalStream <= LARGEST_WINDOW
    );
  }

  /** Streams that we may have open at once. */
  get maxLocalStreams(): number {
    return Math.min(this.peerMaxConcurrentStreams, this.options.maxConcurrentStreams);
  }

  protected isIdle(streamId: number): boolean {
    const ours = (streamId & 1) === (this.isServer ? 0 : 1);
    return ours ? streamId >= this.nextLocalStream : streamId > this.lastPeerStream;
  }

  /**
   * Says that the connection will end. First with `final` false: whoever has already sent a request is heard (RFC 9113 section 6.8); then, a round trip
   * later, with true.
   */
  goaway(final: boolean): void {
    if (this.ended) return;
    this.goawaySent = true;
    if (final) this.lastAccepted = this.lastPeerStream;
    this.#goawayFrame(final ? this.lastPeerStream : LARGEST_WINDOW, NO_ERROR, "");
  }

  /** Asks whether the peer is there: `onPong` follows. */
  ping(payload: Buffer): void {
    if (!this.ended) this.control(PING, 0, 0, payload);
  }

  protected remoteEnd(stream: Http2Stream): void {
    stream.remoteClosed = true;
  }

  protected closeIfDone(stream: Http2Stream): void {
    if (stream.closed) this.removeStream(stream);
  }

  protected removeStream(stream: Http2Stream): void {
    if (!this.streams.delete(stream.id)) return;
    if (((stream.id & 1) === 1) === this.isServer) this.peerStreams--;
    this.#closedStreams++;
    stream.remoteClosed = true;
    stream.localClosed = true;
    stream.waiting = null;
    stream.waitingSize = 0;
    stream.trailers = null;
    if (stream.credit > 0) this.creditConnection(stream.credit);
    stream.credit = 0;
    if (this.dataStream === stream) {
      this.dataStream = null;
      this.heldPart = null;
    }
    this.events.onStreamClosed(stream);
  }

  /** Ends a stream early and tells its owner. */
  protected endStream(stream: Http2Stream, code: number, remote: boolean): void {
    const owner = stream.owner;
    stream.owner = null;
    this.removeStream(stream);
    owner?.onReset(code, remote);
  }

  /** The peer broke a rule of one stream. */
  protected streamError(stream: Http2Stream, code: number): boolean {
    this.locallyReset.add(stream.id);
    this.resetFrame(stream.id, code);
    this.endStream(stream, code, false);
    return this.isServer ? this.closedEarly() : !this.ended;
  }

  /** A message that breaks HTTP's rules (RFC 9113 section 8.1.1). */
  protected malformed(stream: Http2Stream, why: string): boolean {
    if (this.options.streamErrorOnInvalidHttpMessage || !this.isServer) return this.streamError(stream, PROTOCOL_ERROR);
    return this.broken(PROTOCOL_ERROR, why, "rx_messaging_error");
  }

  /** A stream was reset by the peer, or because of it, before it could do any good: rapid reset (CVE-2023-44487), MadeYouReset (CVE-2025-8671). */
  protected closedEarly(): boolean {
    const limit = this.options.maxPrematureResets;
    this.#prematureResets++;
    if (this.#prematureResets < limit || this.#prematureResets * 2 < this.#closedStreams) return !this.ended;
    return this.broken(ENHANCE_YOUR_CALM, "too many streams were reset early", "premature_reset_flood");
  }

  /** The connection is over; false, for the reader to stop. */
  protected broken(code: number, message: string, flood = ""): false {
    if (this.ended) return false;
    this.#goawayFrame(this.lastPeerStream, code, message);
    this.ended = true;
    this.heldPart = null;
    this.events.onError(code, message, flood);
    this.abandon(code);
    return false;
  }

  /** Reports something that the connection found: a timeout, say. */
  fail(code: number, message: string): void {
    this.broken(code, message);
  }

  /** The connection is gone: every stream ends. */
  abandon(code: number): void {
    this.ended = true;
    for (const stream of [...this.streams.values()]) this.endStream(stream, code, true);
  }

  protected creditConnection(octets: number): void {
    this.#credit += octets;
    if (this.#credit * CREDIT_SHARE < this.options.initialConnectionWindowSize || this.ended) return;
    this.receiveWindow += this.#credit;
    this.output.number(WINDOW_UPDATE, 0, this.#credit);
    this.#credit = 0;
    this.wrote();
  }

  protected resetFrame(streamId: number, code: number): void {
    this.output.number(RST_STREAM, streamId, code);
    this.#countControl();
    this.wrote();
  }

  #goawayFrame(last: number, code: number, debug: string): void {
    const payload = Buffer.allocUnsafe(8 + debug.length);
    payload.writeUInt32BE(last, 0);
    payload.writeUInt32BE(code, 4);
    payload.write(debug, 8, "latin1");
    this.output.frame(GOAWAY, 0, 0, payload, 0, payload.length);
    this.wrote();
  }

  protected control(type: number, flags: number, streamId: number, bytes: Uint8Array, from = 0, to = bytes.length): boolean {
    this.output.frame(type, flags, streamId, bytes, from, to);
    this.wrote();
    return this.#countControl();
  }

  /** Answers that a peer makes us give and does not read would take memory without end. */
  #countControl(): boolean {
    this.outboundFrames++;
    if (++this.outboundControl > this.options.maxOutboundControlFrames) {
      return this.broken(ENHANCE_YOUR_CALM, "too many answers wait to be read", "outbound_control_flood");
    }
    return true;
  }

  protected wrote(): void {
    if (this.outboundFrames > this.options.maxOutboundFrames && !this.ended) {
      this.broken(ENHANCE_YOUR_CALM, "too many frames wait to be read", "outbound_flood");
      return;
    }
    if (this.outputTold) return;
    this.outputTold = true;
    this.events.onOutput();
  }
}
