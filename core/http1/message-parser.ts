import { Buffer } from "node:buffer";
import { controlAt, CR, latin1, LF } from "./char-classes.ts";
import { ChunkLine } from "./chunk-line.ts";
import { removeField } from "./connection-options.ts";
import { HeaderBlock, TRAILER_FIELDS } from "./header-block.ts";
import { HeldLine } from "./held-line.ts";
import { http1Error, quoteBytes, quoteText } from "./http1-error.ts";
import type { Http1ErrorCode } from "./http1-error.ts";
import {
  STATE_CHUNK_CR,
  STATE_CHUNK_DATA,
  STATE_CHUNK_LF,
  STATE_CHUNK_LINE,
  STATE_DONE,
  STATE_END,
  STATE_FIELDS,
  STATE_INTERIM,
  STATE_LENGTH,
  STATE_START,
  STATE_TRAILERS,
  STATE_TUNNEL,
  STATE_UNTIL_CLOSE,
} from "./parser-state.ts";
import { PieceQueue } from "./piece-queue.ts";
import { transferEncodingMistake } from "./transfer-encoding.ts";
import type { Http1Error, Http1Events, Http1Limits } from "./types.ts";

/** The list of a parser that has no head to show. Never written to: a message makes its own. */
export const NO_FIELDS: string[] = [];

/** Up to here the input is turned into a string without looking for the end of the head first: a copy is cheaper than a search. */
const SMALL_INPUT = 2048;
const HEAD_END = Buffer.from("\r\n\r\n");
const LINE_END = Buffer.from("\r\n");
const NOTHING = Buffer.alloc(0);

/**
 * What requests and responses have in common: cutting the input into lines, bodies by length, by chunks and until close, holding
 * what can't be read yet, pausing. Between messages it refers to no buffer, list or string of a message.
 */
export abstract class MessageParser {
  /** Flat `[name, value, ...]` without what is hop-by-hop; fresh for each message, its reader may keep and change it. */
  list: string[];
  versionMinor: 0 | 1;
  /** Content-Length; -1 without. With HEAD and 304 that of the body not sent. */
  contentLength: number;
  chunked: boolean;
  /** The connection can serve another message after this one. */
  keepAlive: boolean;
  /** Upgrade, when Connection names it; else "". */
  upgrade: string;
  /** Body bytes follow, or may follow. */
  hasBody: boolean;
  /** Set once; from then on input is ignored and nothing is reported. */
  error: Http1Error | null;

  protected readonly events: Http1Events;
  protected readonly limits: Http1Limits;
  protected state: number;
  protected remaining: number;
  /** Of the head or the trailers being read: bytes in whole lines. */
  protected headBytes: number;
  protected block: HeaderBlock | null;
  private chunkLine: ChunkLine | null;
  /** The incomplete line, if its length isn't 0; kept for the next until the head ends. */
  private line: HeldLine | null;
  private pieces: PieceQueue | null;
  private paused: boolean;
  private running: boolean;
  private finished: boolean;

  constructor(events: Http1Events, limits: Http1Limits, state: number) {
    this.list = NO_FIELDS;
    this.versionMinor = 1;
    this.contentLength = -1;
    this.chunked = false;
    this.keepAlive = false;
    this.upgrade = "";
    this.hasBody = false;
    this.error = null;
    this.events = events;
    this.limits = limits;
    this.state = state;
    this.remaining = 0;
    this.headBytes = 0;
    this.block = null;
    this.chunkLine = null;
    this.line = null;
    this.pieces = null;
    this.paused = false;
    this.running = false;
    this.finished = false;
  }

  /** Some of a message has been read, but not all of it. True in a tunnel. */
  get midMessage(): boolean {
    if (this.state === STATE_START) return this.lineLength > 0;
    return this.state !== STATE_DONE && this.state !== STATE_INTERIM;
  }

  /** Bytes held: an incomplete line, and what came while paused or between messages. The owner stops reading when it is too many. */
  get buffered(): number {
    return this.lineLength + (this.pieces === null ? 0 : this.pieces.bytes);
  }

  /**
   * Takes what the peer sent. The buffer becomes the parser's: body chunks are views of it, and it may be held for later, so it
   * must not be written to again.
   */
  execute(chunk: Buffer): void {
    if (this.error !== null || chunk.length === 0) return;
    if (this.running || this.paused || this.pieces !== null || this.state === STATE_DONE) {
      if (this.pieces === null) this.pieces = new PieceQueue();
      this.pieces.push(chunk);
      if (!this.running) this.drain();
      return;
    }
    this.consume(chunk);
    if (this.pieces !== null || this.finished) this.drain();
  }

  /** No events until `resume()`; input is held. */
  pause(): void {
    this.paused = true;
  }

  /** Goes on with what was held. */
  resume(): void {
    this.paused = false;
    if (!this.running) this.drain();
  }

  /** From here on all bytes are body, until `finish()`: the upgrade or CONNECT was accepted. */
  tunnel(): void {
    if (this.error !== null) return;
    this.state = STATE_TUNNEL;
    this.hasBody = true;
    if (!this.running) this.drain();
  }

  /** The peer sends no more. Sets `error` if a message is cut short, at once or when what was held has been read. */
  finish(): void {
    this.finished = true;
    if (!this.running) this.drain();
  }

  /** Reads the start line in `[from, end)`; returns what `HeaderBlock.read()` does, and leaves `block` set behind it. */
  protected abstract readStartLine(bytes: Buffer, text: string, from: number, end: number): number;
  /** Sets the fields and the next state from the whole block, or calls `fail()`. `onHead()` follows. */
  protected abstract completeHead(block: HeaderBlock): void;
  /** The input ended outside of any error: completes or fails the message, if there is one. */
  protected abstract completeInput(): void;
  /** Whether it is an upstream who is to blame. */
  protected abstract get isResponse(): boolean;

  protected fail(code: Http1ErrorCode, message: string): void {
    if (this.error !== null) return;
    this.error = http1Error(code, this.isResponse, message);
    this.state = STATE_DONE;
    this.block = null;
    this.chunkLine = null;
    this.line = null;
    this.pieces = null;
  }

  private get lineLength(): number {
    return this.line === null ? 0 : this.line.length;
  }

  /** Between messages. */
  protected get isDone(): boolean {
    return this.state === STATE_DONE && this.error === null;
  }

  /** Content-Length and Transfer-Encoding, if any, into `contentLength` and `chunked`; false if they contradict or can't be read. */
  protected takeFraming(block: HeaderBlock, allowChunkedLength: boolean): boolean {
    this.contentLength = block.contentLength;
    const value = block.transferEncoding;
    if (value === undefined) return true;
    if (this.versionMinor === 0) {
      this.fail("http1.transfer_encoding_not_allowed", "Transfer-Encoding in HTTP/1.0, which doesn't have it");
      return false;
    }
    if (this.contentLength >= 0 && !allowChunkedLength) {
      this.fail(
        "http1.content_length_and_chunked_not_allowed",
        "both Content-Length and Transfer-Encoding; one at most is wanted",
      );
      return false;
    }
    const mistake = transferEncodingMistake(value);
    if (mistake !== null) {
      this.fail(mistake, `Transfer-Encoding is ${quoteText(value)}; wanted is chunked`);
      return false;
    }
    if (this.contentLength >= 0) {
      removeField(this.list, "content-length");
      this.contentLength = -1;
    }
    this.chunked = true;
    return true;
  }

  /** Forgets the last message and looks for the next in what is held and what comes. */
  protected begin(): void {
    if (this.error !== null) return;
    this.list = NO_FIELDS;
    this.contentLength = -1;
    this.chunked = false;
    this.upgrade = "";
    this.hasBody = false;
    this.headBytes = 0;
    this.state = STATE_START;
    if (!this.running && this.pieces !== null) this.drain();
  }

  /** The state for the body that `contentLength` and `chunked` announce. */
  protected startBody(): void {
    if (this.chunked) {
      this.state = STATE_CHUNK_LINE;
      this.hasBody = true;
    } else if (this.contentLength > 0) {
      this.state = STATE_LENGTH;
      this.remaining = this.contentLength;
      this.hasBody = true;
    } else {
      this.state = STATE_END;
    }
  }

  private drain(): void {
    for (;;) {
      if (this.error !== null) return;
      if (this.state === STATE_END && !this.paused) {
        this.run(NOTHING, 0);
        continue;
      }
      if (this.paused || this.state === STATE_DONE) return;
      if (this.pieces === null) break;
      const piece = this.pieces.shift();
      if (this.pieces.bytes === 0) this.pieces = null;
      this.consume(piece);
    }
    if (this.finished) {
      this.completeInput();
      // Completing the input may have ended a message.
      if (this.error === null && (this.state as number) === STATE_END) this.run(NOTHING, 0);
    }
  }

  private consume(chunk: Buffer): void {
    const used = this.run(chunk, 0);
    if (used === chunk.length || this.error !== null) return;
    if (this.pieces === null) this.pieces = new PieceQueue();
    this.pieces.unshift(used === 0 ? chunk : chunk.subarray(used));
  }

  /** Reads from `i` on until the input, the message or the owner's patience ends; returns how far it came. */
  private run(bytes: Buffer, i: number): number {
    const end = bytes.length;
    this.running = true;
    while (this.error === null && !this.paused) {
      const state = this.state;
      if (state === STATE_END) {
        this.state = STATE_DONE;
        this.chunkLine = null;
        this.events.onComplete();
        continue;
      }
      if (i === end || state === STATE_DONE) break;
      switch (state) {
        case STATE_LENGTH:
        case STATE_CHUNK_DATA: {
          const stop = this.remaining < end - i ? i + this.remaining : end;
          this.remaining -= stop - i;
          if (this.remaining === 0) this.state = state === STATE_LENGTH ? STATE_END : STATE_CHUNK_CR;
          const from = i;
          i = stop;
          this.events.onBody(from === 0 && stop === end ? bytes : bytes.subarray(from, stop));
          break;
        }
        case STATE_UNTIL_CLOSE:
        case STATE_TUNNEL: {
          const from = i;
          i = end;
          this.events.onBody(from === 0 ? bytes : bytes.subarray(from, end));
          break;
        }
        case STATE_CHUNK_LINE:
          i = this.readChunkLine(bytes, i, end);
          break;
        case STATE_CHUNK_CR:
        case STATE_CHUNK_LF:
          if (bytes[i] !== (state === STATE_CHUNK_CR ? CR : LF)) {
            this.fail(
              "http1.chunk_data_overrun",
              `${quoteBytes(bytes, i, Math.min(end, i + 16))} after a chunk's data; CRLF is wanted`,
            );
          } else {
            i++;
            this.state = state === STATE_CHUNK_CR ? STATE_CHUNK_LF : STATE_CHUNK_LINE;
          }
          break;
        case STATE_INTERIM:
          this.begin();
          break;
        default:
          i = this.readLines(bytes, i, end);
      }
    }
    this.running = false;
    return i;
  }

  private readChunkLine(bytes: Buffer, i: number, end: number): number {
    if (this.chunkLine === null) this.chunkLine = new ChunkLine(this.limits.maxChunkLineBytes);
    const line = this.chunkLine;
    const stop = line.read(bytes, i, end);
    if (line.code !== null) {
      this.fail(line.code, line.message);
    } else if (line.done) {
      if (line.size === 0) {
        this.state = STATE_TRAILERS;
        this.headBytes = 0;
      } else {
        this.remaining = line.size;
        this.state = STATE_CHUNK_DATA;
      }
      line.reset();
    }
    return stop;
  }

  /** Start line, header fields and trailers: by whole lines, an incomplete one is held. */
  private readLines(bytes: Buffer, i: number, end: number): number {
    if (this.state === STATE_TRAILERS && this.block === null) {
      if (bytes[i] === CR && i + 1 < end && bytes[i + 1] === LF && this.lineLength === 0) {
        this.state = STATE_END;
        return i + 2;
      }
      this.block = new HeaderBlock(TRAILER_FIELDS, this.limits.maxHeaders);
    }
    const most = this.state === STATE_TRAILERS ? this.limits.maxTrailerBytes : this.limits.maxHeadBytes;
    const room = most - this.headBytes - this.lineLength;
    if (this.lineLength > 0) return this.continueLine(bytes, i, end, room, most);
    let stop = end - i > room ? i + room : end;
    if (stop - i > SMALL_INPUT) {
      const headEnd = bytes.indexOf(HEAD_END, i);
      if (headEnd !== -1 && headEnd + 4 < stop) stop = headEnd + 4;
    }
    const used = this.readWholeLines(bytes, i, stop);
    if (this.error !== null || (this.state > STATE_FIELDS && this.state !== STATE_TRAILERS)) return used;
    this.headBytes += used - i;
    if (used === stop && stop - i < room) return used;
    const mistake = controlAt(bytes, used, stop, 0);
    if (mistake !== -1) this.failPartial(bytes, used, mistake);
    else if (stop < end && stop - i === room) this.failTooLarge(most);
    else this.holdLine(bytes, used, stop);
    return stop;
  }

  /** The line in `line` goes on in `bytes`. */
  private continueLine(bytes: Buffer, i: number, end: number, room: number, most: number): number {
    const lineFeed = bytes.indexOf(LF, i);
    let stop = lineFeed === -1 || lineFeed >= end ? end : lineFeed + 1;
    const tooLarge = stop - i > room;
    if (tooLarge) stop = i + room;
    const line = this.line!;
    const mistake = controlAt(bytes, i, stop, line.bytes[line.length - 1]);
    line.add(bytes, i, mistake === -1 ? stop : mistake + 1);
    if (mistake !== -1) {
      // A line feed is the line's own mistake; anything else is shown to the line's reader as if it ended here.
      if (bytes[mistake] === LF) this.endLine(line);
      else this.failPartial(line.bytes, 0, line.length - 1);
      return stop;
    }
    if (tooLarge) this.failTooLarge(most);
    else if (stop > i && bytes[stop - 1] === LF) this.endLine(line);
    return stop;
  }

  private endLine(line: HeldLine): void {
    const length = line.length;
    line.length = 0;
    this.headBytes += length;
    const used = this.readWholeLines(line.bytes, 0, length);
    if (used !== length) this.fail("http1.invalid_header_value", `${quoteBytes(line.bytes, 0, length)} can't be read as a line`);
  }

  /** Returns how far whole lines went. May change the state, and call `onHead()` or `onTrailers()`. */
  private readWholeLines(bytes: Buffer, from: number, end: number): number {
    const text = latin1(bytes, from, end);
    let i = from;
    if (this.state === STATE_START) {
      i = this.readStartLine(bytes, text, from, end);
      if (this.error !== null || this.block === null) return i;
    }
    const block = this.block!;
    i = block.read(bytes, text, from, i, end);
    if (block.code !== null) {
      this.fail(block.code, block.message);
    } else if (block.done) {
      this.block = null;
      this.line = null;
      if (this.state === STATE_TRAILERS) {
        this.state = STATE_END;
        if (block.list.length > 0) this.events.onTrailers(block.list);
      } else {
        this.list = block.list;
        this.completeHead(block);
        if (this.error === null) this.events.onHead();
      }
    }
    return i;
  }

  private holdLine(bytes: Buffer, from: number, to: number): void {
    if (from === to) return;
    if (this.line === null) this.line = new HeldLine();
    this.line.add(bytes, from, to);
  }

  /** No line can be right with the byte at `mistake`: let its reader say why, without waiting for an end that may never come. */
  private failPartial(bytes: Buffer, from: number, mistake: number): void {
    const line = Buffer.concat([bytes.subarray(from, mistake + 1), LINE_END]);
    this.readWholeLines(line, 0, line.length);
    this.fail("http1.invalid_header_value", `byte 0x${bytes[mistake].toString(16)} in ${quoteBytes(bytes, from, mistake + 1)}`);
  }

  private failTooLarge(most: number): void {
    if (this.state === STATE_TRAILERS) this.fail("http1.trailers_too_large", `trailers of more than ${most} bytes`);
    else if (this.state === STATE_START && !this.isResponse)
      this.fail("http1.target_too_long", `a request line of more than ${most} bytes`);
    else this.fail("http1.headers_too_large", `a head of more than ${most} bytes`);
  }
}
