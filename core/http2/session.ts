import { Buffer } from "node:buffer";
import {
  COMPRESSION_ERROR,
  ENHANCE_YOUR_CALM,
  FLOW_CONTROL_ERROR,
  FRAME_SIZE_ERROR,
  NO_ERROR,
  PROTOCOL_ERROR,
  REFUSED_STREAM,
  STREAM_CLOSED,
} from "./error-code.ts";
import { FieldBlock, REQUEST, RESPONSE, TRAILERS } from "./field-block.ts";
import { FrameOutput } from "./frame-output.ts";
import { FrameReader, type FrameEvents } from "./frame-reader.ts";
import {
  ACK,
  CONNECTION_PREFACE,
  CONTINUATION,
  DATA,
  DEFAULT_FRAME_SIZE,
  DEFAULT_WINDOW,
  ENABLE_CONNECT_PROTOCOL,
  ENABLE_PUSH,
  END_HEADERS,
  END_STREAM,
  GOAWAY,
  HAS_PRIORITY,
  HEADER_TABLE_SIZE,
  HEADERS,
  INITIAL_WINDOW_SIZE,
  LARGEST_FRAME_SIZE,
  LARGEST_WINDOW,
  MAX_CONCURRENT_STREAMS,
  MAX_FRAME_SIZE,
  MAX_HEADER_LIST_SIZE,
  PADDED,
  PING,
  PRIORITY,
  PUSH_PROMISE,
  RST_STREAM,
  SETTINGS,
  WINDOW_UPDATE,
} from "./frames.ts";
import { HpackDecoder } from "./hpack/decoder.ts";
import { BlockWriter, HpackEncoder } from "./hpack/encoder.ts";
import { LocallyReset } from "./locally-reset.ts";
import type { SessionOptions } from "./session-options.ts";
import { Http2Stream, type StreamOwner } from "./stream.ts";

/** What a session tells the connection that it belongs to. */
export interface SessionEvents {
  /** A peer has opened a stream with its request: who takes it. Servers only. Called before the owner's `onHeaders`. */
  onStream(stream: Http2Stream): StreamOwner;
  /** A stream is over and no longer counted; the owner was told. */
  onStreamClosed(stream: Http2Stream): void;
  /** There is something to write: called once until `flush()`. */
  onOutput(): void;
  /** The connection can't go on. GOAWAY is among what waits to be written. `flood`: the name of the counter, or "". */
  onError(code: number, message: string, flood: string): void;
  /** The peer ends: streams above `lastStreamId` were not looked at and have been reset. */
  onGoaway(code: number, lastStreamId: number): void;
  /** The peer's SETTINGS have come, the first or others. */
  onSettings(): void;
  /** Ours were acknowledged, or a PING of ours was answered. */
  onSettingsAck(): void;
  onPong(): void;
  /** Milliseconds, monotonic. */
  now(): number;
}

/** One block is encoded at a time, for all sessions together. */
const block = new BlockWriter();
const EMPTY = Buffer.alloc(0);
/** Fragments of one header block in octets, beyond what the list may have: whoever sends more wants our memory. */
const BLOCK_SLACK = 16 * 1024;
/** CONTINUATION frames of one block. */
const MAX_CONTINUATIONS = 128;
/** Half of the window is given back at once, so that a sender never waits, and no frame is spent on little. */
const CREDIT_SHARE = 2;

/**
 * HTTP/2 without I/O: octets in, calls of stream owners out, frames gathered for one write. Serves both ends.
 *
 * Source: RFC 9113, RFC 8441. Limits against floods are Envoy's, by its names.
 */
export class Session implements FrameEvents {
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
  readonly #events: SessionEvents;
  readonly #reader: FrameReader;
  readonly #decoder: HpackDecoder;
  readonly #encoder: HpackEncoder;
  #prefaceLeft: number;
  #peerInitialWindow: number;
  #sendWindow: number;
  #receiveWindow: number;
  #credit: number;
  /** The highest stream that the peer has opened. */
  #lastPeerStream: number;
  #nextLocalStream: number;
  /** Streams above are not looked at: what our GOAWAY said. */
  #lastAccepted: number;
  /** Streams of the peer's that are open. */
  #peerStreams: number;
  readonly #locallyReset: LocallyReset;
  /** A header block that is not whole. */
  #blockStream: number;
  #blockFlags: number;
  #block: Buffer[] | null;
  #blockSize: number;
  /** The DATA frame that is being read: its stream, or null when nobody takes it. */
  #dataStream: Http2Stream | null;
  /** Whether the part that was handed on last is held until it is known whether it is the last of the message. */
  #heldPart: Uint8Array | null;
  /** Streams with something to send, in turn. */
  #ready: Http2Stream[];
  #writable: boolean;
  #outputTold: boolean;
  /** Streams whose owners have been called in this `receive()`. */
  #touched: Http2Stream[];
  // What floods are told by.
  #emptyFrames: number;
  #priorityFrames: number;
  #windowUpdates: number;
  #openedStreams: number;
  #dataFramesSent: number;
  #outboundFrames: number;
  #outboundControl: number;
  #closedStreams: number;
  #prematureResets: number;

  constructor(isServer: boolean, options: SessionOptions, events: SessionEvents) {
    this.isServer = isServer;
    this.options = options;
    this.output = new FrameOutput();
    this.peerMaxConcurrentStreams = LARGEST_WINDOW;
    this.peerAllowsConnect = false;
    this.peerMaxHeaderListSize = Infinity;
    this.settingsPending = 0;
    this.ended = false;
    this.goawayReceived = false;
    this.goawaySent = false;
    this.streams = new Map();
    this.#events = events;
    this.#reader = new FrameReader(this);
    this.#decoder = new HpackDecoder(4096);
    this.#encoder = new HpackEncoder(options.hpackTableSize);
    this.#prefaceLeft = isServer ? CONNECTION_PREFACE.length : 0;
    this.settingsReceived = false;
    this.#peerInitialWindow = DEFAULT_WINDOW;
    this.#sendWindow = DEFAULT_WINDOW;
    this.#receiveWindow = DEFAULT_WINDOW;
    this.#credit = 0;
    this.#lastPeerStream = 0;
    this.#nextLocalStream = isServer ? 2 : 1;
    this.#lastAccepted = LARGEST_WINDOW;
    this.#peerStreams = 0;
    this.#locallyReset = new LocallyReset();
    this.#blockStream = 0;
    this.#blockFlags = 0;
    this.#block = null;
    this.#blockSize = 0;
    this.#dataStream = null;
    this.#heldPart = null;
    this.#ready = [];
    this.#writable = true;
    this.#outputTold = false;
    this.#touched = [];
    this.#emptyFrames = 0;
    this.#priorityFrames = 0;
    this.#windowUpdates = 0;
    this.#openedStreams = 0;
    this.#dataFramesSent = 0;
    this.#outboundFrames = 0;
    this.#outboundControl = 0;
    this.#closedStreams = 0;
    this.#prematureResets = 0;
  }

  /** Says what we want, first of all: preface, SETTINGS, and the connection's window. */
  start(): void {
    const { options } = this;
    if (!this.isServer) this.output.raw(CONNECTION_PREFACE);
    const settings: number[] = [];
    if (options.hpackTableSize !== 4096) settings.push(HEADER_TABLE_SIZE, options.hpackTableSize);
    if (!this.isServer) settings.push(ENABLE_PUSH, 0);
    settings.push(MAX_CONCURRENT_STREAMS, options.maxConcurrentStreams);
    settings.push(INITIAL_WINDOW_SIZE, options.initialStreamWindowSize);
    settings.push(MAX_HEADER_LIST_SIZE, options.maxHeaderListSize);
    if (this.isServer && options.allowConnect) settings.push(ENABLE_CONNECT_PROTOCOL, 1);
    const payload = Buffer.allocUnsafe(settings.length * 3);
    for (let i = 0; i < settings.length; i += 2) {
      payload.writeUInt16BE(settings[i], i * 3);
      payload.writeUInt32BE(settings[i + 1], i * 3 + 2);
    }
    this.#control(SETTINGS, 0, 0, payload);
    this.settingsPending++;
    const more = options.initialConnectionWindowSize - DEFAULT_WINDOW;
    if (more > 0) {
      this.#receiveWindow += more;
      this.output.number(WINDOW_UPDATE, 0, more);
    }
  }

  /** Whether another stream can be opened now. */
  get canOpen(): boolean {
    return (
      !this.ended &&
      !this.goawayReceived &&
      !this.goawaySent &&
      this.streams.size < this.maxLocalStreams &&
      this.#nextLocalStream <= LARGEST_WINDOW
    );
  }
  /** Streams that we may have open at once. */
  get maxLocalStreams(): number {
    return Math.min(this.peerMaxConcurrentStreams, this.options.maxConcurrentStreams);
  }
  /** The highest stream of the peer's that was looked at: what a GOAWAY says. */
  get lastPeerStream(): number {
    return this.#lastPeerStream;
  }

  // --- in ---------------------------------------------------------------------------------------------------------------

  /** Octets from the peer. */
  receive(chunk: Buffer): void {
    if (this.ended) return;
    let bytes = chunk;
    if (this.#prefaceLeft > 0) {
      const length = Math.min(this.#prefaceLeft, bytes.length);
      const from = CONNECTION_PREFACE.length - this.#prefaceLeft;
      for (let i = 0; i < length; i++) {
        if (bytes[i] !== CONNECTION_PREFACE.charCodeAt(from + i)) {
          this.#fail(PROTOCOL_ERROR, "no connection preface");
          return;
        }
      }
      this.#prefaceLeft -= length;
      if (length === bytes.length) return;
      bytes = bytes.subarray(length);
    }
    this.#reader.execute(bytes);
    this.#releasePart();
    const touched = this.#touched;
    if (touched.length === 0) return;
    for (let i = 0; i < touched.length; i++) touched[i].owner?.onReadEnd?.();
    touched.length = 0;
  }

  onFrameHeader(type: number, flags: number, streamId: number, length: number): boolean {
    if (length > DEFAULT_FRAME_SIZE)
      return this.#fail(FRAME_SIZE_ERROR, `a frame of ${length} octets, at most ${DEFAULT_FRAME_SIZE} are taken`);
    if (!this.settingsReceived && (type !== SETTINGS || (flags & ACK) !== 0))
      return this.#fail(PROTOCOL_ERROR, "the first frame is not SETTINGS");
    if (this.#blockStream !== 0 && (type !== CONTINUATION || streamId !== this.#blockStream)) {
      return this.#fail(PROTOCOL_ERROR, "a header block is interrupted");
    }
    if (type === DATA) return this.#dataHeader(flags, streamId, length);
    return true;
  }

  onBadPadding(): boolean {
    return this.#fail(PROTOCOL_ERROR, "padding is longer than its frame");
  }

  #dataHeader(flags: number, streamId: number, length: number): boolean {
    if (streamId === 0) return this.#fail(PROTOCOL_ERROR, "DATA on stream 0");
    if (length === 0 && (flags & END_STREAM) === 0) {
      if (!this.#emptyFrame()) return false;
    } else this.#emptyFrames = 0;
    if (length > this.#receiveWindow) return this.#fail(FLOW_CONTROL_ERROR, "DATA beyond the connection's window");
    this.#receiveWindow -= length;
    this.#dataStream = null;
    const stream = this.streams.get(streamId);
    if (stream === undefined || stream.remoteClosed) {
      // Nobody takes it: the connection's window has it back at once.
      this.#creditConnection(length);
      return stream === undefined ? this.#onUnknownStream(streamId, "DATA") : this.#streamError(stream, STREAM_CLOSED);
    }
    if (!stream.headReceived) {
      this.#creditConnection(length);
      return this.#streamError(stream, PROTOCOL_ERROR);
    }
    if (length > stream.receiveWindow) {
      this.#creditConnection(length);
      return this.#streamError(stream, FLOW_CONTROL_ERROR);
    }
    stream.receiveWindow -= length;
    stream.credit += length;
    this.#dataStream = stream;
    return true;
  }

  onDataPart(_streamId: number, chunk: Buffer): boolean {
    const stream = this.#dataStream;
    if (stream === null) return true;
    if (stream.promised >= 0) {
      stream.promised -= chunk.length;
      if (stream.promised < 0) {
        this.#dropData(stream);
        return this.#malformed(stream, "more octets than content-length says");
      }
    }
    this.#releasePart();
    this.#heldPart = chunk;
    return true;
  }

  onDataEnd(_streamId: number, flags: number): boolean {
    const stream = this.#dataStream;
    if (stream === null) return true;
    if ((flags & END_STREAM) !== 0) {
      if (stream.promised > 0) {
        this.#dropData(stream);
        return this.#malformed(stream, "fewer octets than content-length says");
      }
      const part = this.#heldPart ?? EMPTY;
      this.#heldPart = null;
      this.#dataStream = null;
      this.#remoteEnd(stream);
      this.#touch(stream);
      stream.owner?.onData(part, true);
      this.#creditConnection(stream.credit);
      stream.credit = 0;
      this.#closeIfDone(stream);
      return !this.ended;
    }
    this.#releasePart();
    this.#dataStream = null;
    return !this.ended;
  }

  /** Hands a part on: it is not the last of its message. */
  #releasePart(): void {
    const part = this.#heldPart;
    const stream = this.#dataStream;
    if (part === null || stream === null) return;
    this.#heldPart = null;
    this.#touch(stream);
    stream.owner?.onData(part, false);
    if (!stream.paused) this.#giveCredit(stream);
  }

  /** What was read of a DATA frame is of no use: the connection has its octets back. */
  #dropData(stream: Http2Stream): void {
    this.#heldPart = null;
    this.#dataStream = null;
    this.#creditConnection(stream.credit);
    stream.credit = 0;
  }

  onFrame(type: number, flags: number, streamId: number, bytes: Buffer, from: number, to: number): boolean {
    switch (type) {
      case HEADERS:
        return this.#headers(flags, streamId, bytes, from, to);
      case CONTINUATION:
        return this.#continuation(flags, streamId, bytes, from, to);
      case PRIORITY:
        return this.#priority(streamId, bytes, from, to);
      case RST_STREAM:
        return this.#rstStream(streamId, bytes, from, to);
      case SETTINGS:
        return this.#settings(flags, streamId, bytes, from, to);
      case PING:
        return this.#ping(flags, streamId, bytes, from, to);
      case GOAWAY:
        return this.#goaway(streamId, bytes, from, to);
      case WINDOW_UPDATE:
        return this.#windowUpdate(streamId, bytes, from, to);
      case PUSH_PROMISE:
        return this.#fail(PROTOCOL_ERROR, this.isServer ? "PUSH_PROMISE from a client" : "PUSH_PROMISE although push is off");
      default:
        // Extensions are ignored (RFC 9113 section 5.5), but not for ever.
        return this.#emptyFrame(UNKNOWN_FRAMES);
    }
  }

  #headers(flags: number, streamId: number, bytes: Buffer, from: number, to: number): boolean {
    if (streamId === 0) return this.#fail(PROTOCOL_ERROR, "HEADERS on stream 0");
    let end = to;
    let at = from;
    if ((flags & PADDED) !== 0) {
      const padding = at < end ? bytes[at++] : 256;
      end -= padding;
      if (end < at) return this.onBadPadding();
    }
    if ((flags & HAS_PRIORITY) !== 0) {
      if (end - at < 5) return this.#fail(FRAME_SIZE_ERROR, "HEADERS too short for its priority");
      if ((bytes.readUInt32BE(at) & LARGEST_WINDOW) === streamId) return this.#fail(PROTOCOL_ERROR, "a stream depends on itself");
      at += 5;
    }
    if (at === end && (flags & (END_STREAM | END_HEADERS)) === 0) {
      if (!this.#emptyFrame()) return false;
    } else this.#emptyFrames = 0;
    if ((flags & END_HEADERS) !== 0) return this.#blockRead(streamId, flags, bytes, at, end);
    this.#blockStream = streamId;
    this.#blockFlags = flags;
    this.#block = [Buffer.from(bytes.subarray(at, end))];
    this.#blockSize = end - at;
    return true;
  }

  #continuation(flags: number, streamId: number, bytes: Buffer, from: number, to: number): boolean {
    const pieces = this.#block;
    if (this.#blockStream === 0 || pieces === null) return this.#fail(PROTOCOL_ERROR, "CONTINUATION without HEADERS");
    if (from === to && (flags & END_HEADERS) === 0) {
      if (!this.#emptyFrame()) return false;
    } else this.#emptyFrames = 0;
    this.#blockSize += to - from;
    if (this.#blockSize > this.options.maxHeaderListSize + BLOCK_SLACK || pieces.length >= MAX_CONTINUATIONS) {
      return this.#fail(ENHANCE_YOUR_CALM, "a header block without end", "header_overflow");
    }
    pieces.push(Buffer.from(bytes.subarray(from, to)));
    if ((flags & END_HEADERS) === 0) return true;
    this.#blockStream = 0;
    this.#block = null;
    const whole = Buffer.concat(pieces, this.#blockSize);
    return this.#blockRead(streamId, this.#blockFlags, whole, 0, whole.length);
  }

  /** A whole header block. It is decoded whatever becomes of it: the table must stay the peer's. */
  #blockRead(streamId: number, flags: number, bytes: Buffer, from: number, to: number): boolean {
    const { options } = this;
    const end = (flags & END_STREAM) !== 0;
    const stream = this.streams.get(streamId);
    const kind = stream === undefined ? REQUEST : stream.headReceived ? TRAILERS : this.isServer ? REQUEST : RESPONSE;
    const fields = new FieldBlock(kind, options.maxHeaderListSize, options.maxHeaders);
    if (!this.#decoder.decode(bytes, from, to, fields)) return this.#fail(COMPRESSION_ERROR, "a header block that is broken");
    if (stream === undefined) return this.#newStream(streamId, fields, end);
    if (stream.remoteClosed) return this.#streamError(stream, STREAM_CLOSED);
    fields.finish();
    if (kind === TRAILERS) {
      if (!end) return this.#malformed(stream, "trailers that end nothing");
      if (stream.promised > 0) return this.#malformed(stream, "fewer octets than content-length says");
      if (fields.malformed !== "" || fields.tooLarge) return this.#malformed(stream, fields.malformed || "trailers too large");
      this.#remoteEnd(stream);
      this.#touch(stream);
      stream.owner?.onTrailers(fields.list);
      this.#closeIfDone(stream);
      return !this.ended;
    }
    return this.#response(stream, fields, end);
  }

  #newStream(streamId: number, fields: FieldBlock, end: boolean): boolean {
    if (!this.isServer || (streamId & 1) === 0 || streamId <= this.#lastPeerStream)
      return this.#onUnknownStream(streamId, "HEADERS");
    this.#lastPeerStream = streamId;
    // Above what our GOAWAY said: the peer will ask elsewhere.
    if (streamId > this.#lastAccepted) return true;
    if (this.#peerStreams >= this.options.maxConcurrentStreams) {
      this.#locallyReset.add(streamId);
      this.#resetFrame(streamId, REFUSED_STREAM);
      return this.#closedEarly();
    }
    const { options } = this;
    const stream = new Http2Stream(this, streamId, this.#peerInitialWindow, options.initialStreamWindowSize, this.#events.now());
    this.streams.set(streamId, stream);
    this.#peerStreams++;
    fields.finish();
    if (fields.malformed === "" && fields.protocol !== "" && !options.allowConnect)
      fields.malformed = ":protocol, which was not offered";
    if (fields.malformed !== "") return this.#malformed(stream, fields.malformed);
    stream.headReceived = true;
    stream.promised = fields.contentLength;
    if (end) {
      this.#remoteEnd(stream);
      if (stream.promised > 0) return this.#malformed(stream, "content-length without a body");
    }
    stream.owner = this.#events.onStream(stream);
    this.#touch(stream);
    stream.owner.onHeaders(fields, end);
    this.#closeIfDone(stream);
    return !this.ended;
  }

  #response(stream: Http2Stream, fields: FieldBlock, end: boolean): boolean {
    if (fields.malformed !== "" || fields.tooLarge)
      return this.#malformed(stream, fields.malformed || "a response head too large");
    const interim = fields.status < 200;
    if (interim && (end || fields.status === 101))
      return this.#malformed(stream, `status ${fields.status} that is no interim response`);
    if (!interim) {
      stream.headReceived = true;
      if (!end) stream.promised = fields.contentLength;
      else if (fields.contentLength > 0 && !stream.bodiless && fields.status !== 304) {
        return this.#malformed(stream, "content-length without a body");
      }
    }
    if (end) this.#remoteEnd(stream);
    this.#touch(stream);
    stream.owner?.onHeaders(fields, end);
    this.#closeIfDone(stream);
    return !this.ended;
  }

  #priority(streamId: number, bytes: Buffer, from: number, to: number): boolean {
    if (streamId === 0) return this.#fail(PROTOCOL_ERROR, "PRIORITY on stream 0");
    const limit = this.options.maxInboundPriorityFramesPerStream * (1 + this.#openedStreams);
    if (++this.#priorityFrames > limit)
      return this.#fail(ENHANCE_YOUR_CALM, "too many PRIORITY frames", "inbound_priority_frames_flood");
    const code =
      to - from !== 5 ? FRAME_SIZE_ERROR : (bytes.readUInt32BE(from) & LARGEST_WINDOW) === streamId ? PROTOCOL_ERROR : NO_ERROR;
    if (code === NO_ERROR) return true;
    const stream = this.streams.get(streamId);
    return stream === undefined ? this.#fail(code, "a PRIORITY frame that is broken") : this.#streamError(stream, code);
  }

  #rstStream(streamId: number, bytes: Buffer, from: number, to: number): boolean {
    if (to - from !== 4) return this.#fail(FRAME_SIZE_ERROR, "RST_STREAM that has not 4 octets");
    if (streamId === 0) return this.#fail(PROTOCOL_ERROR, "RST_STREAM on stream 0");
    const stream = this.streams.get(streamId);
    if (stream === undefined) return this.#isIdle(streamId) ? this.#fail(PROTOCOL_ERROR, "RST_STREAM on an idle stream") : true;
    const code = bytes.readUInt32BE(from);
    const early =
      this.#events.now() - stream.started < this.options.prematureLifetime && !(code === NO_ERROR && stream.remoteClosed);
    this.#touch(stream);
    this.#end(stream, code, true);
    return early && this.isServer ? this.#closedEarly() : !this.ended;
  }

  #settings(flags: number, streamId: number, bytes: Buffer, from: number, to: number): boolean {
    if (streamId !== 0) return this.#fail(PROTOCOL_ERROR, "SETTINGS on a stream");
    if ((flags & ACK) !== 0) {
      if (to !== from) return this.#fail(FRAME_SIZE_ERROR, "an acknowledgement of SETTINGS with a payload");
      if (this.settingsPending === 0) return true;
      this.settingsPending--;
      this.#decoder.setLimit(this.options.hpackTableSize);
      this.#events.onSettingsAck();
      return !this.ended;
    }
    if ((to - from) % 6 !== 0) return this.#fail(FRAME_SIZE_ERROR, "SETTINGS of a broken length");
    for (let i = from; i < to; i += 6) if (!this.#setting(bytes.readUInt16BE(i), bytes.readUInt32BE(i + 2))) return false;
    this.settingsReceived = true;
    if (!this.#control(SETTINGS, ACK, 0, EMPTY)) return false;
    this.#events.onSettings();
    return !this.ended;
  }

  #setting(id: number, value: number): boolean {
    switch (id) {
      case HEADER_TABLE_SIZE:
        this.#encoder.setPeerLimit(value);
        return true;
      case ENABLE_PUSH:
        // A server that offers push is as wrong as a value that is no boolean (RFC 9113 section 6.5.2).
        return value === 0 || (value === 1 && this.isServer) || this.#fail(PROTOCOL_ERROR, `SETTINGS_ENABLE_PUSH ${value}`);
      case MAX_CONCURRENT_STREAMS:
        this.peerMaxConcurrentStreams = value;
        return true;
      case INITIAL_WINDOW_SIZE: {
        if (value > LARGEST_WINDOW) return this.#fail(FLOW_CONTROL_ERROR, `SETTINGS_INITIAL_WINDOW_SIZE ${value}`);
        const change = value - this.#peerInitialWindow;
        this.#peerInitialWindow = value;
        for (const stream of this.streams.values()) {
          stream.sendWindow += change;
          if (stream.sendWindow > LARGEST_WINDOW) return this.#fail(FLOW_CONTROL_ERROR, "a stream's window grows too large");
          if (change > 0) this.#schedule(stream);
        }
        if (change > 0) this.#pump();
        return true;
      }
      case MAX_FRAME_SIZE:
        if (value < DEFAULT_FRAME_SIZE || value > LARGEST_FRAME_SIZE)
          return this.#fail(PROTOCOL_ERROR, `SETTINGS_MAX_FRAME_SIZE ${value}`);
        // Larger frames would be theirs to take; what we send stays small, so that streams take turns.
        return true;
      case MAX_HEADER_LIST_SIZE:
        this.peerMaxHeaderListSize = value;
        return true;
      case ENABLE_CONNECT_PROTOCOL:
        if (value > 1 || (value === 0 && this.peerAllowsConnect))
          return this.#fail(PROTOCOL_ERROR, `SETTINGS_ENABLE_CONNECT_PROTOCOL ${value}`);
        this.peerAllowsConnect = value === 1;
        return true;
      default:
        return true;
    }
  }

  #ping(flags: number, streamId: number, bytes: Buffer, from: number, to: number): boolean {
    if (streamId !== 0) return this.#fail(PROTOCOL_ERROR, "PING on a stream");
    if (to - from !== 8) return this.#fail(FRAME_SIZE_ERROR, "PING that has not 8 octets");
    if ((flags & ACK) === 0) return this.#control(PING, ACK, 0, bytes, from, to);
    this.#events.onPong();
    return !this.ended;
  }

  #goaway(streamId: number, bytes: Buffer, from: number, to: number): boolean {
    if (streamId !== 0) return this.#fail(PROTOCOL_ERROR, "GOAWAY on a stream");
    if (to - from < 8) return this.#fail(FRAME_SIZE_ERROR, "GOAWAY of less than 8 octets");
    const last = bytes.readUInt32BE(from) & LARGEST_WINDOW;
    const code = bytes.readUInt32BE(from + 4);
    this.goawayReceived = true;
    for (const stream of [...this.streams.values()]) {
      // Never looked at: they can be asked for again, elsewhere (RFC 9113 section 6.8).
      if (!this.isServer && stream.id > last) this.#end(stream, REFUSED_STREAM, true);
    }
    this.#events.onGoaway(code, last);
    return !this.ended;
  }

  #windowUpdate(streamId: number, bytes: Buffer, from: number, to: number): boolean {
    if (to - from !== 4) return this.#fail(FRAME_SIZE_ERROR, "WINDOW_UPDATE that has not 4 octets");
    const limit =
      5 + 2 * (this.#openedStreams + this.options.maxInboundWindowUpdateFramesPerDataFrameSent * this.#dataFramesSent);
    if (++this.#windowUpdates > limit)
      return this.#fail(ENHANCE_YOUR_CALM, "too many WINDOW_UPDATE frames", "inbound_window_update_frames_flood");
    const increment = bytes.readUInt32BE(from) & LARGEST_WINDOW;
    if (streamId === 0) {
      if (increment === 0) return this.#fail(PROTOCOL_ERROR, "WINDOW_UPDATE by 0");
      this.#sendWindow += increment;
      if (this.#sendWindow > LARGEST_WINDOW) return this.#fail(FLOW_CONTROL_ERROR, "the connection's window grows too large");
      this.#pump();
      return !this.ended;
    }
    const stream = this.streams.get(streamId);
    if (stream === undefined)
      return this.#isIdle(streamId) ? this.#fail(PROTOCOL_ERROR, "WINDOW_UPDATE on an idle stream") : true;
    if (increment === 0) return this.#streamError(stream, PROTOCOL_ERROR);
    stream.sendWindow += increment;
    if (stream.sendWindow > LARGEST_WINDOW) return this.#streamError(stream, FLOW_CONTROL_ERROR);
    this.#schedule(stream);
    this.#pump();
    return !this.ended;
  }

  /** DATA or HEADERS on a stream that is not there: idle, closed, or one that we have reset and the peer does not know of yet. */
  #onUnknownStream(streamId: number, what: string): boolean {
    if (this.#locallyReset.has(streamId) || streamId > this.#lastAccepted) return true;
    if (this.#isIdle(streamId)) return this.#fail(PROTOCOL_ERROR, `${what} on an idle stream`);
    return this.#fail(STREAM_CLOSED, `${what} on a closed stream`);
  }

  #isIdle(streamId: number): boolean {
    const ours = (streamId & 1) === (this.isServer ? 0 : 1);
    return ours ? streamId >= this.#nextLocalStream : streamId > this.#lastPeerStream;
  }

  #touch(stream: Http2Stream): void {
    const touched = this.#touched;
    if (touched.length === 0 || touched[touched.length - 1] !== stream) touched.push(stream);
  }

  /** Frames that carry nothing; `limit` in a row are too many. */
  #emptyFrame(limit = this.options.maxConsecutiveInboundFramesWithEmptyPayload): boolean {
    if (++this.#emptyFrames <= limit) return true;
    return this.#fail(ENHANCE_YOUR_CALM, "too many frames that carry nothing", "inbound_empty_frames_flood");
  }

  /** A stream was reset by the peer, or because of it, before it could do any good: rapid reset (CVE-2023-44487), MadeYouReset (CVE-2025-8671). */
  #closedEarly(): boolean {
    const limit = this.options.maxPrematureResets;
    this.#prematureResets++;
    if (this.#prematureResets < limit || this.#prematureResets * 2 < this.#closedStreams) return !this.ended;
    return this.#fail(ENHANCE_YOUR_CALM, "too many streams were reset early", "premature_reset_flood");
  }

  // --- ends -------------------------------------------------------------------------------------------------------------

  #remoteEnd(stream: Http2Stream): void {
    stream.remoteClosed = true;
  }

  #closeIfDone(stream: Http2Stream): void {
    if (stream.closed) this.#remove(stream);
  }

  #remove(stream: Http2Stream): void {
    if (!this.streams.delete(stream.id)) return;
    if (((stream.id & 1) === 1) === this.isServer) this.#peerStreams--;
    this.#closedStreams++;
    stream.remoteClosed = true;
    stream.localClosed = true;
    stream.waiting = null;
    stream.waitingSize = 0;
    stream.trailers = null;
    if (stream.credit > 0) this.#creditConnection(stream.credit);
    stream.credit = 0;
    if (this.#dataStream === stream) {
      this.#dataStream = null;
      this.#heldPart = null;
    }
    this.#events.onStreamClosed(stream);
  }

  /** Ends a stream early and tells its owner. */
  #end(stream: Http2Stream, code: number, remote: boolean): void {
    const owner = stream.owner;
    stream.owner = null;
    this.#remove(stream);
    owner?.onReset(code, remote);
  }

  /** The peer broke a rule of one stream. */
  #streamError(stream: Http2Stream, code: number): boolean {
    this.#locallyReset.add(stream.id);
    this.#resetFrame(stream.id, code);
    this.#end(stream, code, false);
    return this.isServer ? this.#closedEarly() : !this.ended;
  }

  /** A message that breaks HTTP's rules (RFC 9113 section 8.1.1). */
  #malformed(stream: Http2Stream, why: string): boolean {
    if (this.options.streamErrorOnInvalidHttpMessage || !this.isServer) return this.#streamError(stream, PROTOCOL_ERROR);
    return this.#fail(PROTOCOL_ERROR, why, "rx_messaging_error");
  }

  /** The connection is over; false, for the reader to stop. */
  #fail(code: number, message: string, flood = ""): false {
    if (this.ended) return false;
    this.#goawayFrame(this.#lastPeerStream, code, message);
    this.ended = true;
    this.#heldPart = null;
    this.#events.onError(code, message, flood);
    this.abandon(code);
    return false;
  }

  /** The connection is gone: every stream ends. */
  abandon(code: number): void {
    this.ended = true;
    for (const stream of [...this.streams.values()]) this.#end(stream, code, true);
  }

  /** Reports something that the connection found: a timeout, say. */
  fail(code: number, message: string): void {
    this.#fail(code, message);
  }

  /**
   * Says that the connection will end. First with `final` false: whoever has already sent a request is heard (RFC 9113 section 6.8); then, a round trip
   * later, with true.
   */
  goaway(final: boolean): void {
    if (this.ended) return;
    this.goawaySent = true;
    if (final) this.#lastAccepted = this.#lastPeerStream;
    this.#goawayFrame(final ? this.#lastPeerStream : LARGEST_WINDOW, NO_ERROR, "");
  }

  // --- out --------------------------------------------------------------------------------------------------------------

  /** Opens a stream of ours. Ask `canOpen` before. */
  open(owner: StreamOwner): Http2Stream {
    const id = this.#nextLocalStream;
    this.#nextLocalStream += 2;
    const stream = new Http2Stream(this, id, this.#peerInitialWindow, this.options.initialStreamWindowSize, this.#events.now());
    stream.owner = owner;
    this.streams.set(id, stream);
    this.#openedStreams++;
    return stream;
  }

  /** Sends a head: pseudo-headers first, as flat pairs, then the list. `end`: nothing follows. */
  sendHeaders(stream: Http2Stream, pseudo: readonly string[], list: readonly string[], end: boolean, interim = false): void {
    if (stream.localClosed || this.ended) return;
    const encoder = this.#encoder;
    encoder.begin(block);
    for (let i = 0; i < pseudo.length; i += 2) encoder.field(block, pseudo[i], pseudo[i + 1]);
    for (let i = 0; i < list.length; i += 2) encoder.field(block, list[i], list[i + 1]);
    if (!interim && !stream.headSent) {
      stream.headSent = true;
      if (this.isServer) this.#openedStreams++;
    }
    this.#blockFrames(stream, end);
    if (end) this.#localEnd(stream);
  }

  #blockFrames(stream: Http2Stream, end: boolean): void {
    const { bytes, length } = block;
    const first = Math.min(length, DEFAULT_FRAME_SIZE);
    const flags = (end ? END_STREAM : 0) | (first === length ? END_HEADERS : 0);
    this.output.frame(HEADERS, flags, stream.id, bytes, 0, first);
    for (let from = first; from < length; from += DEFAULT_FRAME_SIZE) {
      const to = Math.min(length, from + DEFAULT_FRAME_SIZE);
      this.output.frame(CONTINUATION, to === length ? END_HEADERS : 0, stream.id, bytes, from, to);
    }
    this.#wrote();
  }

  /** Sends part of a body, which must not change until it is out. False: more waits than should, `onDrain` will follow. */
  sendData(stream: Http2Stream, chunk: Uint8Array, end: boolean): boolean {
    if (stream.localClosed || stream.sendEnded || this.ended) return true;
    if (end) stream.sendEnded = true;
    let at = 0;
    if (stream.waiting === null && this.#writable) {
      at = this.#writeData(stream, chunk, 0, end);
      if (stream.localClosed) return true;
    }
    if (at < chunk.length || (end && !stream.localClosed)) {
      (stream.waiting ??= []).push(at === 0 ? chunk : chunk.subarray(at));
      stream.waitingSize += chunk.length - at;
      this.#schedule(stream);
    }
    if (stream.waitingSize <= this.#waitingLimit) return true;
    stream.blocked = true;
    return false;
  }

  /** What may wait of one stream. Streams share the limit, so that a peer which opens many and reads none can't multiply it. */
  get #waitingLimit(): number {
    return Math.max(LEAST_WAITING, this.options.bufferLimit / this.streams.size);
  }

  /** Writes as much as both windows take; returns where it stopped. */
  #writeData(stream: Http2Stream, chunk: Uint8Array, from: number, last: boolean): number {
    let at = from;
    const { length } = chunk;
    do {
      const room = Math.min(stream.sendWindow, this.#sendWindow, DEFAULT_FRAME_SIZE);
      if (room <= 0 && length > at) break;
      const to = Math.min(length, at + Math.max(0, room));
      const end = last && to === length && stream.trailers === null;
      if (to === at && !end) break;
      this.output.data(end ? END_STREAM : 0, stream.id, chunk, at, to);
      this.#dataFramesSent++;
      this.#outboundFrames++;
      stream.sendWindow -= to - at;
      this.#sendWindow -= to - at;
      at = to;
      if (end) this.#localEnd(stream);
    } while (at < length);
    // Also what the window cut short has to go out: nothing else may come that would take it along.
    if (at > from || stream.localClosed) this.#wrote();
    return at;
  }

  /** Sends trailers: the end of the message. They go behind what waits. */
  sendTrailers(stream: Http2Stream, list: readonly string[]): void {
    if (stream.localClosed || stream.sendEnded || this.ended) return;
    stream.sendEnded = true;
    if (stream.waiting !== null) {
      stream.trailers = list;
      return;
    }
    this.#writeTrailers(stream, list);
  }

  #writeTrailers(stream: Http2Stream, list: readonly string[]): void {
    const encoder = this.#encoder;
    encoder.begin(block);
    for (let i = 0; i < list.length; i += 2) encoder.field(block, list[i], list[i + 1]);
    this.#blockFrames(stream, true);
    this.#localEnd(stream);
  }

  #localEnd(stream: Http2Stream): void {
    stream.localClosed = true;
    stream.sendEnded = true;
    // A server whose answer is whole does not need the rest of the request (RFC 9113 section 8.1).
    if (this.isServer && !stream.remoteClosed && !stream.tunnel) {
      this.#locallyReset.add(stream.id);
      this.#resetFrame(stream.id, NO_ERROR);
      stream.owner = null;
      this.#remove(stream);
    } else if (stream.remoteClosed) this.#remove(stream);
  }

  #schedule(stream: Http2Stream): void {
    if (stream.scheduled || stream.waiting === null) return;
    stream.scheduled = true;
    this.#ready.push(stream);
  }

  /** Streams in turn, a frame each, while the windows and the socket take more. */
  #pump(): void {
    let ready = this.#ready;
    while (ready.length > 0 && this.#writable && this.#sendWindow > 0 && !this.ended) {
      const now = ready;
      ready = this.#ready = [];
      for (let i = 0; i < now.length; i++) {
        const stream = now[i];
        stream.scheduled = false;
        if (this.#sendWindow <= 0 && stream.waitingSize > 0) this.#schedule(stream);
        else if (this.#pumpStream(stream)) this.#schedule(stream);
      }
    }
  }

  /** Writes a frame of what waits. True: it can go on. */
  #pumpStream(stream: Http2Stream): boolean {
    const { waiting } = stream;
    if (waiting === null || stream.localClosed) return false;
    const chunk = waiting[stream.waitingAt];
    const last = stream.sendEnded && stream.waitingAt === waiting.length - 1;
    const room = Math.min(stream.sendWindow, this.#sendWindow, DEFAULT_FRAME_SIZE);
    if (room <= 0 && chunk.length > 0) return false;
    const piece = chunk.length <= room ? chunk : chunk.subarray(0, room);
    const whole = piece.length === chunk.length;
    stream.waitingSize -= piece.length;
    if (!whole) waiting[stream.waitingAt] = chunk.subarray(piece.length);
    else if (++stream.waitingAt === waiting.length) {
      stream.waiting = null;
      stream.waitingAt = 0;
    } else if (stream.waitingAt > 64) {
      waiting.splice(0, stream.waitingAt);
      stream.waitingAt = 0;
    }
    this.#writeData(stream, piece, 0, last && whole);
    if (!stream.localClosed && stream.waiting === null && stream.trailers !== null) this.#writeTrailers(stream, stream.trailers);
    if (stream.blocked && stream.waitingSize <= this.#waitingLimit / 2) {
      stream.blocked = false;
      stream.owner?.onDrain();
    }
    return stream.waiting !== null && stream.sendWindow > 0;
  }

  /** Ends a stream before its end. The owner is not told: it asked. */
  reset(stream: Http2Stream, code: number): void {
    if (!this.streams.has(stream.id)) return;
    stream.owner = null;
    if (!this.ended) {
      this.#locallyReset.add(stream.id);
      this.#resetFrame(stream.id, code);
    }
    this.#remove(stream);
  }

  /** The owner takes nothing for now: the peer may send as much as its window still has. */
  pause(stream: Http2Stream): void {
    stream.paused = true;
  }
  resume(stream: Http2Stream): void {
    if (!stream.paused) return;
    stream.paused = false;
    this.#giveCredit(stream);
  }

  #giveCredit(stream: Http2Stream): void {
    const { credit } = stream;
    if (credit === 0 || this.ended) return;
    if (stream.remoteClosed) {
      stream.credit = 0;
      this.#creditConnection(credit);
      return;
    }
    if (credit * CREDIT_SHARE < this.options.initialStreamWindowSize) return;
    stream.credit = 0;
    stream.receiveWindow += credit;
    this.output.number(WINDOW_UPDATE, stream.id, credit);
    this.#creditConnection(credit);
    this.#wrote();
  }

  #creditConnection(octets: number): void {
    this.#credit += octets;
    if (this.#credit * CREDIT_SHARE < this.options.initialConnectionWindowSize || this.ended) return;
    this.#receiveWindow += this.#credit;
    this.output.number(WINDOW_UPDATE, 0, this.#credit);
    this.#credit = 0;
    this.#wrote();
  }

  /** Asks whether the peer is there: `onPong` follows. */
  ping(payload: Buffer): void {
    if (!this.ended) this.#control(PING, 0, 0, payload);
  }

  #resetFrame(streamId: number, code: number): void {
    this.output.number(RST_STREAM, streamId, code);
    this.#countControl();
    this.#wrote();
  }

  #goawayFrame(last: number, code: number, debug: string): void {
    const payload = Buffer.allocUnsafe(8 + debug.length);
    payload.writeUInt32BE(last, 0);
    payload.writeUInt32BE(code, 4);
    payload.write(debug, 8, "latin1");
    this.output.frame(GOAWAY, 0, 0, payload, 0, payload.length);
    this.#wrote();
  }

  #control(type: number, flags: number, streamId: number, bytes: Uint8Array, from = 0, to = bytes.length): boolean {
    this.output.frame(type, flags, streamId, bytes, from, to);
    this.#wrote();
    return this.#countControl();
  }

  /** Answers that a peer makes us give and does not read would take memory without end. */
  #countControl(): boolean {
    this.#outboundFrames++;
    if (++this.#outboundControl > this.options.maxOutboundControlFrames) {
      return this.#fail(ENHANCE_YOUR_CALM, "too many answers wait to be read", "outbound_control_flood");
    }
    return true;
  }

  #wrote(): void {
    if (this.#outboundFrames > this.options.maxOutboundFrames && !this.ended) {
      this.#fail(ENHANCE_YOUR_CALM, "too many frames wait to be read", "outbound_flood");
      return;
    }
    if (this.#outputTold) return;
    this.#outputTold = true;
    this.#events.onOutput();
  }

  /** The output was handed to the socket; `below`: the socket takes more, `drained`: it has taken everything. */
  flushed(below: boolean, drained: boolean): void {
    this.#outputTold = false;
    this.#writable = below;
    if (drained) {
      this.#outboundFrames = 0;
      this.#outboundControl = 0;
    }
  }

  /** The socket takes more again. */
  drained(): void {
    this.#writable = true;
    this.#outboundFrames = 0;
    this.#outboundControl = 0;
    this.#pump();
  }
}

/** What may wait of a stream, however many there are. */
const LEAST_WAITING = 16 * 1024;
/** Frames of unknown types in a row. */
const UNKNOWN_FRAMES = 10_000;
