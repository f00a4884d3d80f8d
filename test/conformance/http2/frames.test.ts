import { Buffer } from "node:buffer";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { FrameOutput } from "../../../core/http2/frame-output.ts";
import { FrameReader } from "../../../core/http2/frame-reader.ts";
import { Blocks, frame, preface, readFrames } from "../../../core/http2/testing/raw-frames.ts";
import { Peer } from "../../../core/http2/testing/session-fixture.ts";

/** The frames of http2jp/http2-frame-test-case, where they lie beside the project. */
const FOLDER = resolve(fileURLToPath(new URL("../../..", import.meta.url)), "../shared/data/http2-frames");
const POST = [":method", "POST", ":scheme", "http", ":authority", "a.example", ":path", "/"];

interface FrameCase {
  readonly error: readonly number[] | null;
  readonly wire: string;
  readonly description: string;
  readonly frame: {
    readonly length: number;
    readonly type: number;
    readonly flags: number;
    readonly stream_identifier: number;
    readonly frame_payload: Readonly<Record<string, unknown>>;
  } | null;
}

const present = existsSync(FOLDER);
const cases: [string, FrameCase][] = !present
  ? []
  : readdirSync(FOLDER, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".json"))
      .sort()
      .map((name) => [name, JSON.parse(readFileSync(join(FOLDER, name), "utf8")) as FrameCase]);

/** What the reader says of one frame. */
function read(bytes: Buffer): { type: number; flags: number; streamId: number; length: number; payload: Buffer } {
  const seen = { type: -1, flags: 0, streamId: 0, length: 0, payload: Buffer.alloc(0) };
  const reader = new FrameReader({
    onFrameHeader(type, flags, streamId, length) {
      Object.assign(seen, { type, flags, streamId, length });
      return true;
    },
    onFrame(_type, _flags, _streamId, payload, from, to) {
      seen.payload = Buffer.from(payload.subarray(from, to));
      return true;
    },
    onDataPart(_streamId, chunk) {
      seen.payload = Buffer.concat([seen.payload, chunk]);
      return true;
    },
    onDataEnd: () => true,
    onBadPadding: () => false,
  });
  expect(reader.execute(bytes)).toBe(true);
  expect(reader.betweenFrames).toBe(true);
  return seen;
}

describe.skipIf(!present)("frames of others (skipped where ../shared/data/http2-frames is not beside the project)", () => {
  it.each(cases.filter(([, { error }]) => error === null))("%s is read, and written again", (_, { wire, frame: wanted }) => {
    const bytes = Buffer.from(wire, "hex");
    const seen = read(bytes);
    expect([seen.type, seen.flags, seen.streamId, seen.length]).toEqual([
      wanted!.type,
      wanted!.flags,
      wanted!.stream_identifier,
      wanted!.length,
    ]);
    const { data } = wanted!.frame_payload;
    if (typeof data === "string") expect(seen.payload.toString()).toBe(data);
    const output = new FrameOutput();
    output.frame(seen.type, seen.flags, seen.streamId, bytes, 9, bytes.length);
    const written: Uint8Array[] = [];
    output.flush({ buffered: 1, writeBytes: (part) => written.push(part) > 0 });
    expect(Buffer.concat(written).toString("hex")).toBe(wire.toLowerCase());
  });

  it.each(cases.filter(([, { error }]) => error !== null))("%s is refused, by one of its errors", (name, { wire, error }) => {
    const bytes = Buffer.from(wire, "hex");
    const peer = new Peer(true);
    peer.session.receive(preface());
    // A frame of a stream belongs to one that is open.
    if (/^error[\\/](data|rst_stream|priority|window_update)-frame/.test(name)) {
      const streamId = bytes.readUInt32BE(5);
      const blocks = new Blocks();
      if ((streamId & 1) === 1) peer.session.receive(frame(1, 4, streamId, blocks.of(...POST)));
    }
    peer.take();
    peer.session.receive(Buffer.concat([bytes, Buffer.alloc(Math.max(0, bytes.readUIntBE(0, 3) + 9 - bytes.length))]));
    const codes = readFrames(peer.take()).flatMap(({ type, payload }) =>
      type === 3 ? [payload.readUInt32BE()] : type === 7 ? [payload.readUInt32BE(4)] : [],
    );
    expect(codes.length).toBeGreaterThan(0);
    // On a stream that nobody opened, that is the mistake (RFC 9113 section 5.1).
    for (const code of codes) expect([...error!, 1]).toContain(code);
  });
});
