import { Buffer } from "node:buffer";
import { DATA, FRAME_HEADER } from "./frames.ts";

/** Where octets go: a connection. */
export interface ByteSink {
  /** The sink owns the octets until they are out. False: it would rather not be given more. */
  writeBytes(bytes: Uint8Array): boolean;
  /** Octets that are not out. */
  readonly buffered: number;
}

/** Frames of one turn are gathered in pieces of this size. */
const PIECE = 32 * 1024;
/** Pieces that wait to be used again, for all connections together. */
const MAX_SPARE = 32;

const spare: Buffer[] = [];

/**
 * Frames that wait to be written: those of one turn of the event loop go out in one write. An idle connection holds no memory here.
 */
export class FrameOutput {
  #piece: Buffer | null;
  #length: number;
  /** Pieces that are full, in order. */
  #full: Buffer[] | null;
  /** The sink did not take the last write at once, as TLS never does: a small one is copied rather than its piece given away. */
  #lags: boolean;
  /** Octets that wait. */
  size: number;

  constructor() {
    this.#piece = null;
    this.#length = 0;
    this.#full = null;
    this.#lags = false;
    this.size = 0;
  }

  /** Makes room for `count` octets in one piece; at most a frame of the default size. */
  #reserve(count: number): Buffer {
    const piece = this.#piece;
    if (piece !== null && this.#length + count <= piece.length) return piece;
    if (piece !== null) (this.#full ??= []).push(piece.subarray(0, this.#length));
    const next = (count <= PIECE ? spare.pop() : undefined) ?? Buffer.allocUnsafeSlow(Math.max(PIECE, count));
    this.#piece = next;
    this.#length = 0;
    return next;
  }

  #header(out: Buffer, length: number, type: number, flags: number, streamId: number): number {
    let at = this.#length;
    out[at++] = length >> 16;
    out[at++] = length >> 8;
    out[at++] = length;
    out[at++] = type;
    out[at++] = flags;
    out[at++] = streamId >>> 24;
    out[at++] = streamId >> 16;
    out[at++] = streamId >> 8;
    out[at++] = streamId;
    this.#length = at + length;
    this.size += FRAME_HEADER + length;
    return at;
  }

  /** A frame whose payload is part of `bytes`, which is copied. */
  frame(type: number, flags: number, streamId: number, bytes: Uint8Array, from: number, to: number): void {
    const length = to - from;
    const out = this.#reserve(FRAME_HEADER + length);
    const at = this.#header(out, length, type, flags, streamId);
    if (length > SHORT) out.set(from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to), at);
    else for (let i = 0; i < length; i++) out[at + i] = bytes[from + i];
  }

  data(flags: number, streamId: number, bytes: Uint8Array, from: number, to: number): void {
    this.frame(DATA, flags, streamId, bytes, from, to);
  }

  /** A frame whose payload is one number of 32 bits: RST_STREAM, WINDOW_UPDATE. */
  number(type: number, streamId: number, value: number): void {
    const out = this.#reserve(FRAME_HEADER + 4);
    out.writeUInt32BE(value, this.#header(out, 4, type, 0, streamId));
  }

  /** Octets as they are: the connection preface. */
  raw(text: string): void {
    const out = this.#reserve(text.length);
    out.write(text, this.#length, "latin1");
    this.#length += text.length;
    this.size += text.length;
  }

  /** Hands everything over. False: the sink would rather not be given more. */
  flush(sink: ByteSink): boolean {
    let below = true;
    const full = this.#full;
    if (full !== null) {
      this.#full = null;
      for (const bytes of full) below = sink.writeBytes(bytes);
    }
    const piece = this.#piece;
    if (piece === null || this.#length === 0) return below;
    const bytes = piece.length === this.#length ? piece : piece.subarray(0, this.#length);
    this.#piece = null;
    this.#length = 0;
    this.size = 0;
    if (this.#lags && bytes.length <= WORTH_A_COPY) {
      below = sink.writeBytes(Buffer.from(bytes));
      keep(piece);
    } else {
      below = sink.writeBytes(bytes);
      // What the system took at once is free again.
      if (sink.buffered === 0) keep(piece);
    }
    this.#lags = sink.buffered > 0;
    return below;
  }
}

function keep(piece: Buffer): void {
  if (piece.length === PIECE && spare.length < MAX_SPARE) spare.push(piece);
}

/** Above this many octets a new piece is cheaper than a copy. */
const WORTH_A_COPY = 8 * 1024;
/** Up to this many octets a loop is faster than a call. */
const SHORT = 32;
