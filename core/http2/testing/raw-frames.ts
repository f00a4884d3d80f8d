import { Buffer } from "node:buffer";
import { CONNECTION_PREFACE } from "../frames.ts";
import { BlockWriter, HpackEncoder } from "../hpack/encoder.ts";

/** A frame as octets. */
export function frame(type: number, flags: number, streamId: number, payload: Uint8Array | string = ""): Buffer {
  const body = Buffer.from(payload as string, "latin1");
  const header = Buffer.alloc(9);
  header.writeUIntBE(body.length, 0, 3);
  header[3] = type;
  header[4] = flags;
  header.writeUInt32BE(streamId, 5);
  return Buffer.concat([header, body]);
}

/** Four octets. */
export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A payload of SETTINGS: `[id, value, ...]`. */
export function settings(...pairs: number[]): Buffer {
  const bytes = Buffer.alloc(pairs.length * 3);
  for (let i = 0; i < pairs.length; i += 2) {
    bytes.writeUInt16BE(pairs[i], i * 3);
    bytes.writeUInt32BE(pairs[i + 1], i * 3 + 2);
  }
  return bytes;
}

/** What a client sends first. */
export function preface(...pairs: number[]): Buffer {
  return Buffer.concat([Buffer.from(CONNECTION_PREFACE), frame(4, 0, 0, settings(...pairs))]);
}

/** Blocks of one connection: `[name, value, ...]` to octets. */
export class Blocks {
  readonly #encoder = new HpackEncoder(4096);
  of(...fields: string[]): Buffer {
    const block = new BlockWriter();
    this.#encoder.begin(block);
    for (let i = 0; i < fields.length; i += 2) this.#encoder.field(block, fields[i], fields[i + 1]);
    return Buffer.from(block.bytes.subarray(0, block.length));
  }
}

/** A frame that was read back. */
export interface ReadFrame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
}

/** Cuts octets into frames. */
export function readFrames(bytes: Buffer): ReadFrame[] {
  const frames: ReadFrame[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = bytes.readUIntBE(at, 3);
    frames.push({
      type: bytes[at + 3],
      flags: bytes[at + 4],
      streamId: bytes.readUInt32BE(at + 5),
      payload: bytes.subarray(at + 9, at + 9 + length),
    });
    at += 9 + length;
  }
  return frames;
}
