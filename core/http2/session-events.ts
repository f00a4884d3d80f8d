import type { Http2Stream, StreamOwner } from "./stream.ts";

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
