import { Buffer } from "node:buffer";
import {
  ENHANCE_YOUR_CALM,
  FLOW_CONTROL_ERROR,
  FRAME_SIZE_ERROR,
  NO_ERROR,
  PROTOCOL_ERROR,
  REFUSED_STREAM,
} from "./error-code.ts";
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
  GOAWAY,
  HEADER_TABLE_SIZE,
  HEADERS,
  INITIAL_WINDOW_SIZE,
  LARGEST_FRAME_SIZE,
  LARGEST_WINDOW,
  MAX_CONCURRENT_STREAMS,
  MAX_FRAME_SIZE,
  MAX_HEADER_LIST_SIZE,
  PING,
  PRIORITY,
  PUSH_PROMISE,
  RST_STREAM,
  SETTINGS,
  WINDOW_UPDATE,
} from "./frames.ts";
import type { SessionEvents } from "./session-events.ts";
import type { SessionOptions } from "./session-options.ts";
import { ReceivingSession } from "./receiving-session.ts";

export type { SessionEvents };

const EMPTY = Buffer.alloc(0);
/** Frames of unknown types in a row. */
const UNKNOWN_FRAMES = 10_000;

/**
 * HTTP/2 without I/O: octets in, calls of stream owners out, frames gathered for one write. Serves both ends. This part takes the octets and the frames
 * that are about the connection; `ReceivingSession` has messages that come, `SendingSession` what goes, `SessionCore` what they share.
 *
 * Source: RFC 9113, RFC 8441. Limits against floods are Envoy's, by its names.
 */
export class Session extends ReceivingSession implements FrameEvents {
  readonly #reader: FrameReader;
  #prefaceLeft: number;
  // What floods are told by.
  #priorityFrames: number;
  #windowUpdates: number;

  constructor(isServer: boolean, options: SessionOptions, events: SessionEvents) {
    super(isServer, options, events);
    this.#reader = new FrameReader(this);
    this.#prefaceLeft = isServer ? CONNECTION_PREFACE.length : 0;
    this.#priorityFrames = 0;
    this.#windowUpdates = 0;
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
    this.control(SETTINGS, 0, 0, payload);
    this.settingsPending++;
    const more = options.initialConnectionWindowSize - DEFAULT_WINDOW;
    if (more > 0) {
      this.receiveWindow += more;
      this.output.number(WINDOW_UPDATE, 0, more);
    }
  }

  /** Octets from the peer. */
  receive(chunk: Buffer): void {
    if (this.ended) return;
    let bytes = chunk;
    if (this.#prefaceLeft > 0) {
      const length = Math.min(this.#prefaceLeft, bytes.length);
      const from = CONNECTION_PREFACE.length - this.#prefaceLeft;
      for (let i = 0; i < length; i++) {
        if (bytes[i] !== CONNECTION_PREFACE.charCodeAt(from + i)) {
          this.broken(PROTOCOL_ERROR, "no connection preface");
          return;
        }
      }
      this.#prefaceLeft -= length;
      if (length === bytes.length) return;
      bytes = bytes.subarray(length);
    }
    this.#reader.execute(bytes);
    this.releasePart();
    const touched = this.touched;
    if (touched.length === 0) return;
    for (let i = 0; i < touched.length; i++) touched[i].owner?.onReadEnd?.();
    touched.length = 0;
  }

  onFrameHeader(type: number, flags: number, streamId: number, length: number): boolean {
    if (length > DEFAULT_FRAME_SIZE)
      return this.broken(FRAME_SIZE_ERROR, `a frame of ${length} octets, at most ${DEFAULT_FRAME_SIZE} are taken`);
    if (!this.settingsReceived && (type !== SETTINGS || (flags & ACK) !== 0))
      return this.broken(PROTOCOL_ERROR, "the first frame is not SETTINGS");
    if (this.blockStream !== 0 && (type !== CONTINUATION || streamId !== this.blockStream)) {
      return this.broken(PROTOCOL_ERROR, "a header block is interrupted");
    }
    if (type === DATA) return this.dataHeader(flags, streamId, length);
    return true;
  }

  onFrame(type: number, flags: number, streamId: number, bytes: Buffer, from: number, to: number): boolean {
    switch (type) {
      case HEADERS:
        return this.readHeaders(flags, streamId, bytes, from, to);
      case CONTINUATION:
        return this.readContinuation(flags, streamId, bytes, from, to);
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
        return this.broken(PROTOCOL_ERROR, this.isServer ? "PUSH_PROMISE from a client" : "PUSH_PROMISE although push is off");
      default:
        // Extensions are ignored (RFC 9113 section 5.5), but not for ever.
        return this.emptyFrame(UNKNOWN_FRAMES);
    }
  }

  #priority(streamId: number, bytes: Buffer, from: number, to: number): boolean {
    if (streamId === 0) return this.broken(PROTOCOL_ERROR, "PRIORITY on stream 0");
    const limit = this.options.maxInboundPriorityFramesPerStream * (1 + this.openedStreams);
    if (++this.#priorityFrames > limit)
      return this.broken(ENHANCE_YOUR_CALM, "too many PRIORITY frames", "inbound_priority_frames_flood");
    const code =
      to - from !== 5 ? FRAME_SIZE_ERROR : (bytes.readUInt32BE(from) & LARGEST_WINDOW) === streamId ? PROTOCOL_ERROR : NO_ERROR;
    if (code === NO_ERROR) return true;
    const stream = this.streams.get(streamId);
    return stream === undefined ? this.broken(code, "a PRIORITY frame that is broken") : this.streamError(stream, code);
  }

  #rstStream(streamId: number, bytes: Buffer, from: number, to: number): boolean {
    if (to - from !== 4) return this.broken(FRAME_SIZE_ERROR, "RST_STREAM that has not 4 octets");
    if (streamId === 0) return this.broken(PROTOCOL_ERROR, "RST_STREAM on stream 0");
    const stream = this.streams.get(streamId);
    if (stream === undefined) return this.isIdle(streamId) ? this.broken(PROTOCOL_ERROR, "RST_STREAM on an idle stream") : true;
    const code = bytes.readUInt32BE(from);
    const early =
      this.events.now() - stream.started < this.options.prematureLifetime && !(code === NO_ERROR && stream.remoteClosed);
    this.touch(stream);
    this.endStream(stream, code, true);
    return early && this.isServer ? this.closedEarly() : !this.ended;
  }

  #settings(flags: number, streamId: number, bytes: Buffer, from: number, to: number): boolean {
    if (streamId !== 0) return this.broken(PROTOCOL_ERROR, "SETTINGS on a stream");
    if ((flags & ACK) !== 0) {
      if (to !== from) return this.broken(FRAME_SIZE_ERROR, "an acknowledgement of SETTINGS with a payload");
      if (this.settingsPending === 0) return true;
      this.settingsPending--;
      this.decoder.setLimit(this.options.hpackTableSize);
      this.events.onSettingsAck();
      return !this.ended;
    }
    if ((to - from) % 6 !== 0) return this.broken(FRAME_SIZE_ERROR, "SETTINGS of a broken length");
    for (let i = from; i < to; i += 6) if (!this.#setting(bytes.readUInt16BE(i), bytes.readUInt32BE(i + 2))) return false;
    this.settingsReceived = true;
    if (!this.control(SETTINGS, ACK, 0, EMPTY)) return false;
    this.events.onSettings();
    return !this.ended;
  }

  #setting(id: number, value: number): boolean {
    switch (id) {
      case HEADER_TABLE_SIZE:
        this.encoder.setPeerLimit(value);
        return true;
      case ENABLE_PUSH:
        // A server that offers push is as wrong as a value that is no boolean (RFC 9113 section 6.5.2).
        return value === 0 || (value === 1 && this.isServer) || this.broken(PROTOCOL_ERROR, `SETTINGS_ENABLE_PUSH ${value}`);
      case MAX_CONCURRENT_STREAMS:
        this.peerMaxConcurrentStreams = value;
        return true;
      case INITIAL_WINDOW_SIZE: {
        if (value > LARGEST_WINDOW) return this.broken(FLOW_CONTROL_ERROR, `SETTINGS_INITIAL_WINDOW_SIZE ${value}`);
        const change = value - this.peerInitialWindow;
        this.peerInitialWindow = value;
        for (const stream of this.streams.values()) {
          stream.sendWindow += change;
          if (stream.sendWindow > LARGEST_WINDOW) return this.broken(FLOW_CONTROL_ERROR, "a stream's window grows too large");
          if (change > 0) this.schedule(stream);
        }
        if (change > 0) this.pump();
        return true;
      }
      case MAX_FRAME_SIZE:
        if (value < DEFAULT_FRAME_SIZE || value > LARGEST_FRAME_SIZE)
          return this.broken(PROTOCOL_ERROR, `SETTINGS_MAX_FRAME_SIZE ${value}`);
        // Larger frames would be theirs to take; what we send stays small, so that streams take turns.
        return true;
      case MAX_HEADER_LIST_SIZE:
        this.peerMaxHeaderListSize = value;
        return true;
      case ENABLE_CONNECT_PROTOCOL:
        if (value > 1 || (value === 0 && this.peerAllowsConnect))
          return this.broken(PROTOCOL_ERROR, `SETTINGS_ENABLE_CONNECT_PROTOCOL ${value}`);
        this.peerAllowsConnect = value === 1;
        return true;
      default:
        return true;
    }
  }

  #ping(flags: number, streamId: number, bytes: Buffer, from: number, to: number): boolean {
    if (streamId !== 0) return this.broken(PROTOCOL_ERROR, "PING on a stream");
    if (to - from !== 8) return this.broken(FRAME_SIZE_ERROR, "PING that has not 8 octets");
    if ((flags & ACK) === 0) return this.control(PING, ACK, 0, bytes, from, to);
    this.events.onPong();
    return !this.ended;
  }

  #goaway(streamId: number, bytes: Buffer, from: number, to: number): boolean {
    if (streamId !== 0) return this.broken(PROTOCOL_ERROR, "GOAWAY on a stream");
    if (to - from < 8) return this.broken(FRAME_SIZE_ERROR, "GOAWAY of less than 8 octets");
    const last = bytes.readUInt32BE(from) & LARGEST_WINDOW;
    const code = bytes.readUInt32BE(from + 4);
    this.goawayReceived = true;
    for (const stream of [...this.streams.values()]) {
      // Never looked at: they can be asked for again, elsewhere (RFC 9113 section 6.8).
      if (!this.isServer && stream.id > last) this.endStream(stream, REFUSED_STREAM, true);
    }
    this.events.onGoaway(code, last);
    return !this.ended;
  }

  #windowUpdate(streamId: number, bytes: Buffer, from: number, to: number): boolean {
    if (to - from !== 4) return this.broken(FRAME_SIZE_ERROR, "WINDOW_UPDATE that has not 4 octets");
    const limit = 5 + 2 * (this.openedStreams + this.options.maxInboundWindowUpdateFramesPerDataFrameSent * this.dataFramesSent);
    if (++this.#windowUpdates > limit)
      return this.broken(ENHANCE_YOUR_CALM, "too many WINDOW_UPDATE frames", "inbound_window_update_frames_flood");
    const increment = bytes.readUInt32BE(from) & LARGEST_WINDOW;
    if (streamId === 0) {
      if (increment === 0) return this.broken(PROTOCOL_ERROR, "WINDOW_UPDATE by 0");
      this.sendWindow += increment;
      if (this.sendWindow > LARGEST_WINDOW) return this.broken(FLOW_CONTROL_ERROR, "the connection's window grows too large");
      this.pump();
      return !this.ended;
    }
    const stream = this.streams.get(streamId);
    if (stream === undefined)
      return this.isIdle(streamId) ? this.broken(PROTOCOL_ERROR, "WINDOW_UPDATE on an idle stream") : true;
    if (increment === 0) return this.streamError(stream, PROTOCOL_ERROR);
    stream.sendWindow += increment;
    if (stream.sendWindow > LARGEST_WINDOW) return this.streamError(stream, FLOW_CONTROL_ERROR);
    this.schedule(stream);
    this.pump();
    return !this.ended;
  }
}
