import { NO_ERROR } from "./error-code.ts";
import { CONTINUATION, DEFAULT_FRAME_SIZE, DEFAULT_WINDOW, END_HEADERS, END_STREAM, HEADERS, WINDOW_UPDATE } from "./frames.ts";
import { BlockWriter, HpackEncoder } from "./hpack/encoder.ts";
import type { SessionEvents } from "./session-events.ts";
import type { SessionOptions } from "./session-options.ts";
import { Http2Stream, type StreamOwner } from "./stream.ts";
import { CREDIT_SHARE, SessionCore } from "./session-core.ts";

/** One block is encoded at a time, for all sessions together. */
const block = new BlockWriter();
/** What may wait of a stream, however many there are. */
const LEAST_WAITING = 16 * 1024;

/** What we send: heads, bodies within the windows, streams in turn, and what the peer may send us. */
export abstract class SendingSession extends SessionCore {
  protected readonly encoder: HpackEncoder;
  /** What the peer's settings give a new stream. */
  protected peerInitialWindow: number;
  /** Of the connection: octets that we may send. */
  protected sendWindow: number;
  /** Streams with something to send, in turn. */
  #ready: Http2Stream[];
  /** The socket takes more. */
  #writable: boolean;
  /** What the peer's WINDOW_UPDATE and PRIORITY frames are held against. */
  protected openedStreams: number;
  protected dataFramesSent: number;

  constructor(isServer: boolean, options: SessionOptions, events: SessionEvents) {
    super(isServer, options, events);
    this.encoder = new HpackEncoder(options.hpackTableSize);
    this.peerInitialWindow = DEFAULT_WINDOW;
    this.sendWindow = DEFAULT_WINDOW;
    this.#ready = [];
    this.#writable = true;
    this.openedStreams = 0;
    this.dataFramesSent = 0;
  }

  /** Opens a stream of ours. Ask `canOpen` before. */
  open(owner: StreamOwner): Http2Stream {
    const id = this.nextLocalStream;
    this.nextLocalStream += 2;
    const stream = new Http2Stream(this, id, this.peerInitialWindow, this.options.initialStreamWindowSize, this.events.now());
    stream.owner = owner;
    this.streams.set(id, stream);
    this.openedStreams++;
    return stream;
  }

  /** Sends a head: pseudo-headers first, as flat pairs, then the list. `end`: nothing follows. */
  sendHeaders(stream: Http2Stream, pseudo: readonly string[], list: readonly string[], end: boolean, interim = false): void {
    if (stream.localClosed || this.ended) return;
    const encoder = this.encoder;
    encoder.begin(block);
    for (let i = 0; i < pseudo.length; i += 2) encoder.field(block, pseudo[i], pseudo[i + 1]);
    for (let i = 0; i < list.length; i += 2) encoder.field(block, list[i], list[i + 1]);
    if (!interim && !stream.headSent) {
      stream.headSent = true;
      if (this.isServer) this.openedStreams++;
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
    this.wrote();
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
      this.schedule(stream);
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
      const room = Math.min(stream.sendWindow, this.sendWindow, DEFAULT_FRAME_SIZE);
      if (room <= 0 && length > at) break;
      const to = Math.min(length, at + Math.max(0, room));
      const end = last && to === length && stream.trailers === null;
      if (to === at && !end) break;
      this.output.data(end ? END_STREAM : 0, stream.id, chunk, at, to);
      this.dataFramesSent++;
      this.outboundFrames++;
      stream.sendWindow -= to - at;
      this.sendWindow -= to - at;
      at = to;
      if (end) this.#localEnd(stream);
    } while (at < length);
    // Also what the window cut short has to go out: nothing else may come that would take it along.
    if (at > from || stream.localClosed) this.wrote();
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
    const encoder = this.encoder;
    encoder.begin(block);
    for (let i = 0; i < list.length; i += 2) encoder.field(block, list[i], list[i + 1]);
    this.#blockFrames(stream, true);
    this.#localEnd(stream);
  }

  /** Ends a stream before its end. The owner is not told: it asked. */
  reset(stream: Http2Stream, code: number): void {
    if (!this.streams.has(stream.id)) return;
    stream.owner = null;
    if (!this.ended) {
      this.locallyReset.add(stream.id);
      this.resetFrame(stream.id, code);
    }
    this.removeStream(stream);
  }

  #localEnd(stream: Http2Stream): void {
    stream.localClosed = true;
    stream.sendEnded = true;
    // A server whose answer is whole does not need the rest of the request (RFC 9113 section 8.1).
    if (this.isServer && !stream.remoteClosed && !stream.tunnel) {
      this.locallyReset.add(stream.id);
      this.resetFrame(stream.id, NO_ERROR);
      stream.owner = null;
      this.removeStream(stream);
    } else if (stream.remoteClosed) this.removeStream(stream);
  }

  /** The owner takes nothing for now: the peer may send as much as its window still has. */
  pause(stream: Http2Stream): void {
    stream.paused = true;
  }

  resume(stream: Http2Stream): void {
    if (!stream.paused) return;
    stream.paused = false;
    this.giveCredit(stream);
  }

  protected giveCredit(stream: Http2Stream): void {
    const { credit } = stream;
    if (credit === 0 || this.ended) return;
    if (stream.remoteClosed) {
      stream.credit = 0;
      this.creditConnection(credit);
      return;
    }
    if (credit * CREDIT_SHARE < this.options.initialStreamWindowSize) return;
    stream.credit = 0;
    stream.receiveWindow += credit;
    this.output.number(WINDOW_UPDATE, stream.id, credit);
    this.creditConnection(credit);
    this.wrote();
  }

  protected schedule(stream: Http2Stream): void {
    if (stream.scheduled || stream.waiting === null) return;
    stream.scheduled = true;
    this.#ready.push(stream);
  }

  /** Streams in turn, a frame each, while the windows and the socket take more. */
  protected pump(): void {
    let ready = this.#ready;
    while (ready.length > 0 && this.#writable && this.sendWindow > 0 && !this.ended) {
      const now = ready;
      ready = this.#ready = [];
      for (let i = 0; i < now.length; i++) {
        const stream = now[i];
        stream.scheduled = false;
        if (this.sendWindow <= 0 && stream.waitingSize > 0) this.schedule(stream);
        else if (this.#pumpStream(stream)) this.schedule(stream);
      }
    }
  }

  /** Writes a frame of what waits. True: it can go on. */
  #pumpStream(stream: Http2Stream): boolean {
    const { waiting } = stream;
    if (waiting === null || stream.localClosed) return false;
    const chunk = waiting[stream.waitingAt];
    const last = stream.sendEnded && stream.waitingAt === waiting.length - 1;
    const room = Math.min(stream.sendWindow, this.sendWindow, DEFAULT_FRAME_SIZE);
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

  /** The output was handed to the socket; `below`: the socket takes more, `drained`: it has taken everything. */
  flushed(below: boolean, drained: boolean): void {
    this.outputTold = false;
    this.#writable = below;
    if (drained) {
      this.outboundFrames = 0;
      this.outboundControl = 0;
    }
  }

  /** The socket takes more again. */
  drained(): void {
    this.#writable = true;
    this.outboundFrames = 0;
    this.outboundControl = 0;
    this.pump();
  }
}
