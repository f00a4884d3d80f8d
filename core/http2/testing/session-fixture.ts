import { Buffer } from "node:buffer";
import type { FieldBlock } from "../field-block.ts";
import { DEFAULT_SESSION_OPTIONS, type SessionOptions } from "../session-options.ts";
import { Session, type SessionEvents } from "../session.ts";
import type { Http2Stream, StreamOwner } from "../stream.ts";

/** What a stream's owner was told, as text: "headers GET /", "data 5 end", "reset 8 remote". */
export class RecordingStream implements StreamOwner {
  readonly stream: Http2Stream;
  readonly log: string[] = [];
  readonly chunks: Buffer[] = [];
  fields: FieldBlock | null = null;
  trailers: string[] | null = null;
  ended = false;
  code = -1;
  onHead: ((stream: this, end: boolean) => void) | null = null;
  onBody: ((stream: this, end: boolean) => void) | null = null;

  constructor(stream: Http2Stream) {
    this.stream = stream;
  }
  get body(): string {
    return Buffer.concat(this.chunks).toString("latin1");
  }
  onHeaders(fields: FieldBlock, end: boolean): void {
    this.fields = fields;
    this.log.push(
      `headers ${fields.tooLarge ? "too large" : fields.status || `${fields.method} ${fields.path}`}${end ? " end" : ""}`,
    );
    this.ended ||= end;
    this.onHead?.(this, end);
  }
  onData(chunk: Uint8Array, end: boolean): void {
    this.chunks.push(Buffer.from(chunk));
    this.log.push(`data ${chunk.length}${end ? " end" : ""}`);
    this.ended ||= end;
    this.onBody?.(this, end);
  }
  onTrailers(list: string[]): void {
    this.trailers = list;
    this.ended = true;
    this.log.push(`trailers ${list.join(" ")}`);
    this.onBody?.(this, true);
  }
  onReset(code: number, remote: boolean): void {
    this.code = code;
    this.log.push(`reset ${code}${remote ? " remote" : ""}`);
  }
  onDrain(): void {
    this.log.push("drain");
  }
}

/** A session with a recording owner for each stream. Octets that it wants to send are in `out`. */
export class Peer implements SessionEvents {
  readonly session: Session;
  readonly streams: RecordingStream[] = [];
  readonly log: string[] = [];
  error: { readonly code: number; readonly message: string; readonly flood: string } | null = null;
  time = 0;
  onNew: ((stream: RecordingStream) => void) | null = null;
  /** The socket is full: nothing goes out until `drain()`. */
  full = false;
  #held: Buffer[] = [];

  constructor(isServer: boolean, options: Partial<SessionOptions> = {}) {
    this.session = new Session(isServer, { ...DEFAULT_SESSION_OPTIONS, ...options }, this);
    this.session.start();
  }
  /** What was sent since the last call. */
  take(): Buffer {
    const parts: Buffer[] = [];
    const below = this.session.output.flush({
      buffered: this.full ? 1 : 0,
      writeBytes: (bytes) => {
        parts.push(Buffer.from(bytes));
        return !this.full;
      },
    });
    this.session.flushed(below, below);
    if (!this.full) return Buffer.concat([...this.#held.splice(0), ...parts]);
    this.#held.push(...parts);
    return Buffer.alloc(0);
  }
  drain(): void {
    this.full = false;
    this.session.drained();
  }
  open(): RecordingStream {
    const recording: RecordingStream[] = [];
    const owner: StreamOwner = {
      onHeaders: (fields, end) => recording[0].onHeaders(fields, end),
      onData: (chunk, end) => recording[0].onData(chunk, end),
      onTrailers: (list) => recording[0].onTrailers(list),
      onReset: (code, remote) => recording[0].onReset(code, remote),
      onDrain: () => recording[0].onDrain(),
    };
    const made = new RecordingStream(this.session.open(owner));
    recording.push(made);
    this.streams.push(made);
    return made;
  }
  onStream(stream: Http2Stream): StreamOwner {
    const made = new RecordingStream(stream);
    this.streams.push(made);
    this.onNew?.(made);
    return made;
  }
  onStreamClosed(): void {}
  onOutput(): void {}
  onError(code: number, message: string, flood: string): void {
    this.error = { code, message, flood };
  }
  onGoaway(code: number, last: number): void {
    this.log.push(`goaway ${code} ${last}`);
  }
  onSettings(): void {
    this.log.push("settings");
  }
  onSettingsAck(): void {
    this.log.push("settings ack");
  }
  onPong(): void {
    this.log.push("pong");
  }
  now(): number {
    return this.time;
  }
}

/** Carries octets between two peers, in pieces of `size`, until neither has any. */
export function exchange(a: Peer, b: Peer, size = Infinity): void {
  for (;;) {
    const toB = a.take();
    const toA = b.take();
    if (toA.length === 0 && toB.length === 0) return;
    for (const [bytes, to] of [
      [toB, b],
      [toA, a],
    ] as const) {
      for (let at = 0; at < bytes.length; at += size) to.session.receive(bytes.subarray(at, Math.min(bytes.length, at + size)));
    }
  }
}
