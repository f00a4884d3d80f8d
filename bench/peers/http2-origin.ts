import { createServer } from "node:net";
import type { Socket } from "node:net";
import { CONNECTION_PREFACE } from "../../core/http2/frames.ts";
import { frame, settings, uint32 } from "../../core/http2/testing/raw-frames.ts";

/** How the origin answers: a gRPC message of 100 bytes, 10,000 of 1 KiB, 100 MiB, or, to an upload, with nothing. */
export type Http2Mode = "unary" | "stream" | "down" | "up";

/** gRPC messages of one call of "stream". */
export const STREAM_MESSAGES = 10_000;
/** Octets of one answer of "down". */
export const BULK = 100 * 2 ** 20;
/** A gRPC message of 100 bytes in its five octets of frame. */
export const GRPC_MESSAGE = Buffer.concat([Buffer.from([0, 0, 0, 0, 100]), Buffer.alloc(100, "m")]);

const [DATA, HEADERS, SETTINGS, PING, WINDOW_UPDATE] = [0, 1, 4, 6, 8];
const [END_STREAM, END_HEADERS, ACK] = [1, 4, 1];
/** What a stream, and a connection, may bring before it was taken: half of it is given back at once. */
const WINDOW = 2 ** 20;
const LEAST_WINDOW = 65_535;

/** Fields as an encoder with a table writes them: whole the first time, an octet each later. */
const STATUS = Buffer.from([0x88]);
const GRPC = Buffer.from("\x10application/grpc", "latin1");
const GRPC_OK = Buffer.from("\x0bgrpc-status\x010", "latin1");
const FIRST_HEAD = Buffer.concat([STATUS, Buffer.from([0x5f]), GRPC]);
const FIRST_TRAILERS = Buffer.concat([Buffer.from([0x40]), GRPC_OK]);
const LATER_HEAD = Buffer.from([0x88, 0xbf]);
const LATER_TRAILERS = Buffer.from([0xbe]);
/** The same without a table, for answers that overlap. */
const LONE_HEAD = Buffer.concat([STATUS, Buffer.from([0x0f, 0x10]), GRPC]);
const LONE_TRAILERS = Buffer.concat([Buffer.from([0x00]), GRPC_OK]);

/**
 * Answers HTTP/2 with prior knowledge from frames that are ready: not what is measured, so as fast as can be. It reads no fields, keeps
 * to the peer's windows and gives its own back.
 */
export function runHttp2Origin(port: number, mode: Http2Mode): void {
  createServer({ noDelay: true }, (socket) => void new Connection(socket, mode)).listen(port, "127.0.0.1", 4096);
}

interface Stream {
  readonly id: number;
  window: number;
  /** DATA frames that are left. */
  left: number;
  begun: boolean;
}

class Connection {
  readonly #socket: Socket;
  readonly #mode: Http2Mode;
  /** The payload of one DATA frame of an answer. */
  readonly #piece: Buffer;
  readonly #pieces: number;
  #held: Buffer = Buffer.alloc(0);
  #prefaceLeft = CONNECTION_PREFACE.length;
  #out: Buffer[] = [];
  #window = LEAST_WINDOW;
  #initial = LEAST_WINDOW;
  #taken = 0;
  #tableFilled = false;
  readonly #windows = new Map<number, number>();
  readonly #takenOf = new Map<number, number>();
  readonly #waiting: Stream[] = [];

  constructor(socket: Socket, mode: Http2Mode) {
    this.#socket = socket;
    this.#mode = mode;
    const message = Buffer.alloc(1029, "m");
    message.writeUIntBE(1024, 0, 5);
    this.#piece = { unary: GRPC_MESSAGE, stream: message, down: Buffer.alloc(16_384, "b"), up: Buffer.alloc(0) }[mode];
    this.#pieces = { unary: 1, stream: STREAM_MESSAGES, down: BULK / 16_384, up: 0 }[mode];
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.on("drain", () => this.#pump());
    this.#out.push(frame(SETTINGS, 0, 0, settings(4, WINDOW)), frame(WINDOW_UPDATE, 0, 0, uint32(WINDOW - LEAST_WINDOW)));
  }

  #read(chunk: Buffer): void {
    let bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    let at = 0;
    if (this.#prefaceLeft > 0) {
      at = Math.min(this.#prefaceLeft, bytes.length);
      this.#prefaceLeft -= at;
    }
    while (bytes.length - at >= 9) {
      const length = bytes.readUIntBE(at, 3);
      if (bytes.length - at < 9 + length) break;
      this.#frame(bytes[at + 3], bytes[at + 4], bytes.readUInt32BE(at + 5), bytes.subarray(at + 9, at + 9 + length));
      at += 9 + length;
    }
    bytes = bytes.subarray(at);
    this.#held = bytes.length === 0 ? bytes : Buffer.from(bytes);
    this.#pump();
  }

  #frame(type: number, flags: number, id: number, payload: Buffer): void {
    switch (type) {
      case SETTINGS:
        if ((flags & ACK) === 0) this.#settings(payload);
        return;
      case PING:
        if ((flags & ACK) === 0) this.#out.push(frame(PING, ACK, 0, payload));
        return;
      case WINDOW_UPDATE:
        if (id === 0) this.#window += payload.readUInt32BE(0);
        else this.#grow(id, payload.readUInt32BE(0));
        return;
      case DATA:
        this.#take(id, payload.length, (flags & END_STREAM) !== 0);
    }
    if ((type === HEADERS || type === DATA) && (flags & END_STREAM) !== 0) this.#answer(id);
  }

  #settings(payload: Buffer): void {
    for (let i = 0; i < payload.length; i += 6) {
      if (payload.readUInt16BE(i) === 4) this.#initial = payload.readUInt32BE(i + 2);
    }
    this.#out.push(frame(SETTINGS, ACK, 0));
  }

  #grow(id: number, octets: number): void {
    const stream = this.#waiting.find((one) => one.id === id);
    if (stream !== undefined) stream.window += octets;
    // A window may grow before there is an answer.
    else if (this.#mode === "down" || this.#mode === "stream") this.#windows.set(id, (this.#windows.get(id) ?? 0) + octets);
  }

  #take(id: number, octets: number, end: boolean): void {
    this.#taken += octets;
    if (this.#taken >= WINDOW / 2) {
      this.#out.push(frame(WINDOW_UPDATE, 0, 0, uint32(this.#taken)));
      this.#taken = 0;
    }
    if (this.#mode !== "up") return;
    const taken = (this.#takenOf.get(id) ?? 0) + octets;
    if (end) this.#takenOf.delete(id);
    else if (taken < WINDOW / 2) this.#takenOf.set(id, taken);
    else {
      this.#out.push(frame(WINDOW_UPDATE, 0, id, uint32(taken)));
      this.#takenOf.set(id, 0);
    }
  }

  #answer(id: number): void {
    if (this.#mode === "up") {
      this.#out.push(frame(HEADERS, END_HEADERS | END_STREAM, id, STATUS));
      return;
    }
    const grown = this.#windows.get(id) ?? 0;
    this.#windows.delete(id);
    this.#waiting.push({ id, window: this.#initial + grown, left: this.#pieces, begun: false });
  }

  #head(): Buffer {
    if (this.#mode === "down") return STATUS;
    if (this.#mode === "stream") return LONE_HEAD;
    return this.#tableFilled ? LATER_HEAD : FIRST_HEAD;
  }

  /** A short answer leaves whole, so that the table is the client's too when the next head counts on it. */
  #trailers(): Buffer {
    if (this.#mode === "stream") return LONE_TRAILERS;
    const trailers = this.#tableFilled ? LATER_TRAILERS : FIRST_TRAILERS;
    this.#tableFilled = true;
    return trailers;
  }

  #pump(): void {
    const { length } = this.#piece;
    const waiting = this.#waiting;
    while (waiting.length > 0 && !this.#socket.writableNeedDrain) {
      let sent = 0;
      for (let i = 0; i < waiting.length; i++) {
        const stream = waiting[i];
        if (stream.window < length || this.#window < length) continue;
        if (!stream.begun) {
          stream.begun = true;
          this.#out.push(frame(HEADERS, END_HEADERS, stream.id, this.#head()));
        }
        for (let n = 0; n < 64 && stream.left > 0 && stream.window >= length && this.#window >= length; n++) {
          stream.window -= length;
          this.#window -= length;
          stream.left--;
          sent++;
          const last = stream.left === 0 && this.#mode === "down";
          this.#out.push(frame(DATA, last ? END_STREAM : 0, stream.id, this.#piece));
        }
        if (stream.left > 0) continue;
        waiting.splice(i--, 1);
        if (this.#mode !== "down") this.#out.push(frame(HEADERS, END_HEADERS | END_STREAM, stream.id, this.#trailers()));
      }
      if (sent === 0) break;
      this.#flush();
    }
    this.#flush();
  }

  #flush(): void {
    if (this.#out.length === 0) return;
    this.#socket.write(Buffer.concat(this.#out));
    this.#out = [];
  }
}
