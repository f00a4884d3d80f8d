import { Buffer } from "node:buffer";
import {
  COMPRESSION_ERROR,
  ENHANCE_YOUR_CALM,
  FLOW_CONTROL_ERROR,
  FRAME_SIZE_ERROR,
  PROTOCOL_ERROR,
  REFUSED_STREAM,
  STREAM_CLOSED,
} from "./error-code.ts";
import { FieldBlock, REQUEST, RESPONSE, TRAILERS } from "./field-block.ts";
import { END_HEADERS, END_STREAM, HAS_PRIORITY, LARGEST_WINDOW, PADDED } from "./frames.ts";
import { HpackDecoder } from "./hpack/decoder.ts";
import type { SessionEvents } from "./session-events.ts";
import type { SessionOptions } from "./session-options.ts";
import { Http2Stream } from "./stream.ts";
import { SendingSession } from "./sending-session.ts";

const EMPTY = Buffer.alloc(0);
/** Fragments of one header block in octets, beyond what the list may have: whoever sends more wants our memory. */
const BLOCK_SLACK = 16 * 1024;
/** CONTINUATION frames of one block. */
const MAX_CONTINUATIONS = 128;

/** Messages that come: header blocks of any number of frames, bodies, trailers, held to HTTP's rules. */
export abstract class ReceivingSession extends SendingSession {
  protected readonly decoder: HpackDecoder;
  /** A header block that is not whole. */
  protected blockStream: number;
  #blockFlags: number;
  #block: Buffer[] | null;
  #blockSize: number;
  /** Streams whose owners have been called in this `receive()`. */
  protected touched: Http2Stream[];
  /** In a row: what a flood of them is told by. */
  #emptyFrames: number;

  constructor(isServer: boolean, options: SessionOptions, events: SessionEvents) {
    super(isServer, options, events);
    this.decoder = new HpackDecoder(4096);
    this.blockStream = 0;
    this.#blockFlags = 0;
    this.#block = null;
    this.#blockSize = 0;
    this.touched = [];
    this.#emptyFrames = 0;
  }

  protected dataHeader(flags: number, streamId: number, length: number): boolean {
    if (streamId === 0) return this.broken(PROTOCOL_ERROR, "DATA on stream 0");
    if (length === 0 && (flags & END_STREAM) === 0) {
      if (!this.emptyFrame()) return false;
    } else this.#emptyFrames = 0;
    if (length > this.receiveWindow) return this.broken(FLOW_CONTROL_ERROR, "DATA beyond the connection's window");
    this.receiveWindow -= length;
    this.dataStream = null;
    const stream = this.streams.get(streamId);
    if (stream === undefined || stream.remoteClosed) {
      // Nobody takes it: the connection's window has it back at once.
      this.creditConnection(length);
      return stream === undefined ? this.#onUnknownStream(streamId, "DATA") : this.streamError(stream, STREAM_CLOSED);
    }
    if (!stream.headReceived) {
      this.creditConnection(length);
      return this.streamError(stream, PROTOCOL_ERROR);
    }
    if (length > stream.receiveWindow) {
      this.creditConnection(length);
      return this.streamError(stream, FLOW_CONTROL_ERROR);
    }
    stream.receiveWindow -= length;
    stream.credit += length;
    this.dataStream = stream;
    return true;
  }

  onDataPart(_streamId: number, chunk: Buffer): boolean {
    const stream = this.dataStream;
    if (stream === null) return true;
    if (stream.promised >= 0) {
      stream.promised -= chunk.length;
      if (stream.promised < 0) {
        this.#dropData(stream);
        return this.malformed(stream, "more octets than content-length says");
      }
    }
    this.releasePart();
    this.heldPart = chunk;
    return true;
  }

  onDataEnd(_streamId: number, flags: number): boolean {
    const stream = this.dataStream;
    if (stream === null) return true;
    if ((flags & END_STREAM) !== 0) {
      if (stream.promised > 0) {
        this.#dropData(stream);
        return this.malformed(stream, "fewer octets than content-length says");
      }
      const part = this.heldPart ?? EMPTY;
      this.heldPart = null;
      this.dataStream = null;
      this.remoteEnd(stream);
      this.touch(stream);
      stream.owner?.onData(part, true);
      this.creditConnection(stream.credit);
      stream.credit = 0;
      this.closeIfDone(stream);
      return !this.ended;
    }
    this.releasePart();
    this.dataStream = null;
    return !this.ended;
  }

  /** Hands a part on: it is not the last of its message. */
  protected releasePart(): void {
    const part = this.heldPart;
    const stream = this.dataStream;
    if (part === null || stream === null) return;
    this.heldPart = null;
    this.touch(stream);
    stream.owner?.onData(part, false);
    if (!stream.paused) this.giveCredit(stream);
  }

  /** What was read of a DATA frame is of no use: the connection has its octets back. */
  #dropData(stream: Http2Stream): void {
    this.heldPart = null;
    this.dataStream = null;
    this.creditConnection(stream.credit);
    stream.credit = 0;
  }

  protected readHeaders(flags: number, streamId: number, bytes: Buffer, from: number, to: number): boolean {
    if (streamId === 0) return this.broken(PROTOCOL_ERROR, "HEADERS on stream 0");
    let end = to;
    let at = from;
    if ((flags & PADDED) !== 0) {
      const padding = at < end ? bytes[at++] : 256;
      end -= padding;
      if (end < at) return this.onBadPadding();
    }
    if ((flags & HAS_PRIORITY) !== 0) {
      if (end - at < 5) return this.broken(FRAME_SIZE_ERROR, "HEADERS too short for its priority");
      if ((bytes.readUInt32BE(at) & LARGEST_WINDOW) === streamId)
        return this.broken(PROTOCOL_ERROR, "a stream depends on itself");
      at += 5;
    }
    if (at === end && (flags & (END_STREAM | END_HEADERS)) === 0) {
      if (!this.emptyFrame()) return false;
    } else this.#emptyFrames = 0;
    if ((flags & END_HEADERS) !== 0) return this.#blockRead(streamId, flags, bytes, at, end);
    this.blockStream = streamId;
    this.#blockFlags = flags;
    this.#block = [Buffer.from(bytes.subarray(at, end))];
    this.#blockSize = end - at;
    return true;
  }

  protected readContinuation(flags: number, streamId: number, bytes: Buffer, from: number, to: number): boolean {
    const pieces = this.#block;
    if (this.blockStream === 0 || pieces === null) return this.broken(PROTOCOL_ERROR, "CONTINUATION without HEADERS");
    if (from === to && (flags & END_HEADERS) === 0) {
      if (!this.emptyFrame()) return false;
    } else this.#emptyFrames = 0;
    this.#blockSize += to - from;
    if (this.#blockSize > this.options.maxHeaderListSize + BLOCK_SLACK || pieces.length >= MAX_CONTINUATIONS) {
      return this.broken(ENHANCE_YOUR_CALM, "a header block without end", "header_overflow");
    }
    pieces.push(Buffer.from(bytes.subarray(from, to)));
    if ((flags & END_HEADERS) === 0) return true;
    this.blockStream = 0;
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
    if (!this.decoder.decode(bytes, from, to, fields)) return this.broken(COMPRESSION_ERROR, "a header block that is broken");
    if (stream === undefined) return this.#newStream(streamId, fields, end);
    if (stream.remoteClosed) return this.streamError(stream, STREAM_CLOSED);
    fields.finish();
    if (kind === TRAILERS) {
      if (!end) return this.malformed(stream, "trailers that end nothing");
      if (stream.promised > 0) return this.malformed(stream, "fewer octets than content-length says");
      if (fields.malformed !== "" || fields.tooLarge) return this.malformed(stream, fields.malformed || "trailers too large");
      this.remoteEnd(stream);
      this.touch(stream);
      stream.owner?.onTrailers(fields.list);
      this.closeIfDone(stream);
      return !this.ended;
    }
    return this.#response(stream, fields, end);
  }

  #newStream(streamId: number, fields: FieldBlock, end: boolean): boolean {
    if (!this.isServer || (streamId & 1) === 0 || streamId <= this.lastPeerStream)
      return this.#onUnknownStream(streamId, "HEADERS");
    this.lastPeerStream = streamId;
    // Above what our GOAWAY said: the peer will ask elsewhere.
    if (streamId > this.lastAccepted) return true;
    if (this.peerStreams >= this.options.maxConcurrentStreams) {
      this.locallyReset.add(streamId);
      this.resetFrame(streamId, REFUSED_STREAM);
      return this.closedEarly();
    }
    const { options } = this;
    const stream = new Http2Stream(this, streamId, this.peerInitialWindow, options.initialStreamWindowSize, this.events.now());
    this.streams.set(streamId, stream);
    this.peerStreams++;
    fields.finish();
    if (fields.malformed === "" && fields.protocol !== "" && !options.allowConnect)
      fields.malformed = ":protocol, which was not offered";
    if (fields.malformed !== "") return this.malformed(stream, fields.malformed);
    stream.headReceived = true;
    stream.promised = fields.contentLength;
    if (end) {
      this.remoteEnd(stream);
      if (stream.promised > 0) return this.malformed(stream, "content-length without a body");
    }
    stream.owner = this.events.onStream(stream);
    this.touch(stream);
    stream.owner.onHeaders(fields, end);
    this.closeIfDone(stream);
    return !this.ended;
  }

  #response(stream: Http2Stream, fields: FieldBlock, end: boolean): boolean {
    if (fields.malformed !== "" || fields.tooLarge)
      return this.malformed(stream, fields.malformed || "a response head too large");
    const interim = fields.status < 200;
    if (interim && (end || fields.status === 101))
      return this.malformed(stream, `status ${fields.status} that is no interim response`);
    if (!interim) {
      stream.headReceived = true;
      if (!end) stream.promised = fields.contentLength;
      else if (fields.contentLength > 0 && !stream.bodiless && fields.status !== 304) {
        return this.malformed(stream, "content-length without a body");
      }
    }
    if (end) this.remoteEnd(stream);
    this.touch(stream);
    stream.owner?.onHeaders(fields, end);
    this.closeIfDone(stream);
    return !this.ended;
  }

  /** DATA or HEADERS on a stream that is not there: idle, closed, or one that we have reset and the peer does not know of yet. */
  #onUnknownStream(streamId: number, what: string): boolean {
    if (this.locallyReset.has(streamId) || streamId > this.lastAccepted) return true;
    if (this.isIdle(streamId)) return this.broken(PROTOCOL_ERROR, `${what} on an idle stream`);
    return this.broken(STREAM_CLOSED, `${what} on a closed stream`);
  }

  protected touch(stream: Http2Stream): void {
    const touched = this.touched;
    if (touched.length === 0 || touched[touched.length - 1] !== stream) touched.push(stream);
  }

  /** Frames that carry nothing; `limit` in a row are too many. */
  protected emptyFrame(limit = this.options.maxConsecutiveInboundFramesWithEmptyPayload): boolean {
    if (++this.#emptyFrames <= limit) return true;
    return this.broken(ENHANCE_YOUR_CALM, "too many frames that carry nothing", "inbound_empty_frames_flood");
  }

  onBadPadding(): boolean {
    return this.broken(PROTOCOL_ERROR, "padding is longer than its frame");
  }
}
