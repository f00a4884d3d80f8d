import { Buffer } from "node:buffer";
import { DATA, FRAME_HEADER, PADDED } from "./frames.ts";

/** What a reader finds, told in the order of the octets, from inside `execute()`. False from any of them stops the reading: the connection is over. */
export interface FrameEvents {
  /** A frame begins: its header alone is known. The place to refuse it before its payload has come. */
  onFrameHeader(type: number, flags: number, streamId: number, length: number): boolean;
  /** A whole frame that is not DATA. The payload is `bytes[from, to)`, good during the call. */
  onFrame(type: number, flags: number, streamId: number, bytes: Buffer, from: number, to: number): boolean;
  /** Octets of a DATA frame as they come in, without padding: a view of the input. Never empty. */
  onDataPart(streamId: number, chunk: Buffer): boolean;
  /** All of a DATA frame has come. */
  onDataEnd(streamId: number, flags: number): boolean;
  /** The padding of a DATA frame is longer than its payload. */
  onBadPadding(streamId: number): boolean;
}

/** In the header of a frame. */
const IN_HEADER = 0;
/** In a payload that must be whole before it is looked at. */
const IN_PAYLOAD = 1;
/** Before the octet that tells the length of a DATA frame's padding. */
const IN_PAD_LENGTH = 2;
const IN_DATA = 3;
const IN_PADDING = 4;

/**
 * Cuts octets into frames. What DATA frames carry is handed on as it comes, never collected; of others at most one payload is held, and `onFrameHeader`
 * decides how long one may be.
 *
 * Source: RFC 9113 section 4.1.
 */
export class FrameReader {
  readonly #events: FrameEvents;
  #state: number;
  /** A header or payload that the last input ended in. */
  #held: Buffer | null;
  #heldLength: number;
  #type: number;
  #flags: number;
  #streamId: number;
  #length: number;
  /** Octets of data, then of padding, that are still to come. */
  #data: number;
  #padding: number;

  constructor(events: FrameEvents) {
    this.#events = events;
    this.#state = IN_HEADER;
    this.#held = null;
    this.#heldLength = 0;
    this.#type = 0;
    this.#flags = 0;
    this.#streamId = 0;
    this.#length = 0;
    this.#data = 0;
    this.#padding = 0;
  }

  /** Whether the input so far ends between two frames. */
  get betweenFrames(): boolean {
    return this.#state === IN_HEADER && this.#heldLength === 0;
  }

  /** Reads on. False: an event said that the connection is over. */
  execute(chunk: Buffer): boolean {
    const end = chunk.length;
    let at = 0;
    while (at < end) {
      switch (this.#state) {
        case IN_HEADER: {
          let bytes = chunk;
          let from = at;
          if (this.#heldLength > 0 || end - at < FRAME_HEADER) {
            at = this.#hold(chunk, at, FRAME_HEADER);
            if (this.#heldLength < FRAME_HEADER) return true;
            bytes = this.#held as Buffer;
            from = 0;
            this.#heldLength = 0;
          } else at += FRAME_HEADER;
          if (!this.#header(bytes, from)) return false;
          break;
        }
        case IN_PAYLOAD: {
          const length = this.#length;
          let bytes = chunk;
          let from = at;
          if (this.#heldLength > 0 || end - at < length) {
            at = this.#hold(chunk, at, length);
            if (this.#heldLength < length) return true;
            bytes = this.#held as Buffer;
            from = 0;
          } else at += length;
          this.#state = IN_HEADER;
          this.#heldLength = 0;
          if (!this.#events.onFrame(this.#type, this.#flags, this.#streamId, bytes, from, from + length)) return false;
          if (length > KEPT) this.#held = null;
          break;
        }
        case IN_PAD_LENGTH: {
          const padding = chunk[at++];
          if (padding >= this.#length) return this.#events.onBadPadding(this.#streamId);
          this.#padding = padding;
          this.#data = this.#length - 1 - padding;
          if (!this.#startData()) return false;
          break;
        }
        case IN_DATA: {
          const take = Math.min(this.#data, end - at);
          this.#data -= take;
          const part = take === end && at === 0 ? chunk : chunk.subarray(at, at + take);
          at += take;
          const last = this.#data === 0;
          if (last) this.#state = this.#padding > 0 ? IN_PADDING : IN_HEADER;
          if (!this.#events.onDataPart(this.#streamId, part)) return false;
          if (last && this.#state === IN_HEADER && !this.#events.onDataEnd(this.#streamId, this.#flags)) return false;
          break;
        }
        default: {
          const take = Math.min(this.#padding, end - at);
          this.#padding -= take;
          at += take;
          if (this.#padding > 0) break;
          this.#state = IN_HEADER;
          if (!this.#events.onDataEnd(this.#streamId, this.#flags)) return false;
        }
      }
    }
    return true;
  }

  #header(bytes: Buffer, i: number): boolean {
    const length = (bytes[i] << 16) | (bytes[i + 1] << 8) | bytes[i + 2];
    const type = bytes[i + 3];
    const flags = bytes[i + 4];
    const streamId = ((bytes[i + 5] & 127) << 24) | (bytes[i + 6] << 16) | (bytes[i + 7] << 8) | bytes[i + 8];
    this.#length = length;
    this.#type = type;
    this.#flags = flags;
    this.#streamId = streamId;
    if (!this.#events.onFrameHeader(type, flags, streamId, length)) return false;
    if (type === DATA) {
      if ((flags & PADDED) !== 0) {
        this.#state = IN_PAD_LENGTH;
        return length > 0 || this.#events.onBadPadding(streamId);
      }
      this.#padding = 0;
      this.#data = length;
      return this.#startData();
    }
    if (length > 0) this.#state = IN_PAYLOAD;
    else return this.#events.onFrame(type, flags, streamId, bytes, i, i);
    return true;
  }

  #startData(): boolean {
    this.#state = this.#data > 0 ? IN_DATA : this.#padding > 0 ? IN_PADDING : IN_HEADER;
    return this.#state !== IN_HEADER || this.#events.onDataEnd(this.#streamId, this.#flags);
  }

  /** Collects up to `wanted` octets over inputs; returns where the input goes on. */
  #hold(chunk: Buffer, at: number, wanted: number): number {
    if (this.#held === null || this.#held.length < wanted) {
      const larger = Buffer.allocUnsafeSlow(Math.max(wanted, 64));
      if (this.#heldLength > 0) (this.#held as Buffer).copy(larger, 0, 0, this.#heldLength);
      this.#held = larger;
    }
    const take = Math.min(wanted - this.#heldLength, chunk.length - at);
    chunk.copy(this.#held, this.#heldLength, at, at + take);
    this.#heldLength += take;
    return at + take;
  }
}

/** What is collected beyond this is not kept for the next frame. */
const KEPT = 1024;
