import { Buffer } from "node:buffer";
import { FieldBlock, REQUEST } from "../../core/http2/field-block.ts";
import { HpackDecoder } from "../../core/http2/hpack/decoder.ts";
import { BlockWriter, HpackEncoder } from "../../core/http2/hpack/encoder.ts";
import type { Micro } from "./bench.ts";

/** 20 fields as a browser behind a gateway sends them. */
const FIELDS: readonly string[] = [
  ...[":method", "GET", ":scheme", "https", ":authority", "www.example.com", ":path", "/api/v1/users/12345?fields=name,email"],
  ...["user-agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36"],
  ...["accept", "text/html,application/xhtml+xml", "accept-encoding", "gzip, deflate, br", "accept-language", "en-US,en;q=0.5"],
  ...["cookie", "session=abcdef0123456789abcdef0123456789; theme=dark", "cache-control", "no-cache", "dnt", "1"],
  ...[
    "sec-fetch-dest",
    "document",
    "sec-fetch-mode",
    "navigate",
    "sec-fetch-site",
    "none",
    "referer",
    "https://www.example.com/",
  ],
  ...[
    "x-forwarded-for",
    "192.0.2.1",
    "x-forwarded-proto",
    "https",
    "x-custom-thing",
    "a value",
    "x-tenant",
    "tenant-17",
    "te",
    "trailers",
  ],
];

function encodeOnce(encoder: HpackEncoder, block: BlockWriter): void {
  encoder.begin(block);
  for (let i = 0; i < FIELDS.length; i += 2) encoder.field(block, FIELDS[i], FIELDS[i + 1]);
}

function copy(block: BlockWriter): Buffer {
  return Buffer.from(block.bytes.subarray(0, block.length));
}

const first = new BlockWriter();
const warm = new HpackEncoder(4096);
encodeOnce(warm, first);
const literal = copy(first);
encodeOnce(warm, first);
const indexed = copy(first);
const decoder = new HpackDecoder(4096);
const sink = { last: new FieldBlock(REQUEST, 61_440, 100) };

function decodeOnce(bytes: Buffer, by: HpackDecoder): void {
  const block = new FieldBlock(REQUEST, 61_440, 100);
  if (!by.decode(bytes, 0, bytes.length, block)) throw new Error("the block is broken");
  block.finish();
  sink.last = block;
}
decodeOnce(literal, decoder);

const out = new BlockWriter();

export const hpack: readonly Micro[] = [
  { name: "encode 20 fields that are in the table", fn: () => encodeOnce(warm, out) },
  { name: "decode 20 fields that are in the table, checked", fn: () => decodeOnce(indexed, decoder) },
  { name: "encode 20 fields for the first time (new tables)", fn: () => encodeOnce(new HpackEncoder(4096), out) },
  { name: "decode 20 fields for the first time (new tables)", fn: () => decodeOnce(literal, new HpackDecoder(4096)) },
];
