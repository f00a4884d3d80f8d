import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { KIND_BAD_NAME, KIND_BAD_VALUE, KIND_CONNECTION, KIND_OTHER, KIND_PATH, KIND_UNKNOWN_PSEUDO } from "../field-kind.ts";
import { HpackDecoder } from "./decoder.ts";
import { BlockWriter, HpackEncoder } from "./encoder.ts";
import { huffmanDecode } from "./huffman-decode.ts";
import { huffmanEncode, huffmanLength } from "./huffman-encode.ts";

type Field = readonly [name: string, value: string];

class Recorder {
  readonly fields: Field[] = [];
  readonly kinds: number[] = [];
  field(name: string, value: string, kind: number): void {
    this.fields.push([name, value]);
    this.kinds.push(kind);
  }
}

function decode(decoder: HpackDecoder, hex: string): readonly Field[] | null {
  const bytes = Buffer.from(hex.replaceAll(" ", ""), "hex");
  const recorder = new Recorder();
  return decoder.decode(bytes, 0, bytes.length, recorder) ? recorder.fields : null;
}

function encode(encoder: HpackEncoder, fields: readonly Field[]): Buffer {
  const block = new BlockWriter(16);
  encoder.begin(block);
  for (const [name, value] of fields) encoder.field(block, name, value);
  return Buffer.from(block.bytes.subarray(0, block.length));
}

const FIRST: readonly Field[] = [
  [":method", "GET"],
  [":scheme", "http"],
  [":path", "/"],
  [":authority", "www.example.com"],
];

describe("decoding", () => {
  // RFC 7541 Appendix C: the blocks of one connection, and the size of the table after each.
  it.each([
    [
      "C.3, without Huffman",
      [
        ["828684410f7777772e6578616d706c652e636f6d", 57, FIRST],
        ["828684be58086e6f2d6361636865", 110, [...FIRST, ["cache-control", "no-cache"]]],
        [
          "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565",
          164,
          [
            [":method", "GET"],
            [":scheme", "https"],
            [":path", "/index.html"],
            [":authority", "www.example.com"],
            ["custom-key", "custom-value"],
          ],
        ],
      ],
    ],
    [
      "C.4, with Huffman",
      [
        ["828684418cf1e3c2e5f23a6ba0ab90f4ff", 57, FIRST],
        ["828684be5886a8eb10649cbf", 110, [...FIRST, ["cache-control", "no-cache"]]],
      ],
    ],
  ] as [string, [string, number, readonly Field[]][]][])("RFC 7541 %s", (_, blocks) => {
    const decoder = new HpackDecoder(4096);
    for (const [hex, size, fields] of blocks) {
      expect(decode(decoder, hex)).toEqual(fields);
      expect(decoder.tableSize).toBe(size);
    }
  });

  it("drops the oldest entries of a small table (RFC 7541 C.5)", () => {
    const decoder = new HpackDecoder(256);
    decode(
      decoder,
      "4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d546e1768747470733a2f2f7777772e6578616d706c652e636f6d",
    );
    expect(decoder.tableSize).toBe(222);
    expect(decode(decoder, "4803333037c1c0bf")).toEqual([
      [":status", "307"],
      ["cache-control", "private"],
      ["date", "Mon, 21 Oct 2013 20:13:21 GMT"],
      ["location", "https://www.example.com"],
    ]);
    expect(decoder.tableSize).toBe(222);
  });

  it.each([
    ["index 0", "80"],
    ["an index behind both tables", "be"],
    ["a name's index behind both tables", "7f0061"],
    ["an index that doesn't end", "ff"],
    ["an index of 2^31", "ffffffffff07"],
    ["a length that doesn't end", "407f"],
    ["a name that ends with the block", "4005616263"],
    ["no value", "400161"],
    ["a value that ends with the block", "4001610561"],
    ["Huffman padding of 8 bits", "4001618261ff".replace("61ff", "1fff")],
    ["Huffman padding that is not all ones", "40016181" + "18"],
    ["EOS in a Huffman string", "40016184ffffffff"],
    ["a size update behind a field", "8220"],
    ["a size update above the limit", "3fe21f"],
    ["three size updates", "20203fe11f"],
  ])("refuses %s", (_, hex) => expect(decode(new HpackDecoder(4096), hex)).toBeNull());

  it("wants a size update after its limit was lowered", () => {
    const lowered = (): HpackDecoder => {
      const decoder = new HpackDecoder(4096);
      decoder.setLimit(100);
      return decoder;
    };
    expect(decode(lowered(), "82")).toBeNull();
    expect(decode(lowered(), "3f4582")).toEqual([[":method", "GET"]]);
    expect(decode(lowered(), "3f4682")).toBeNull();
  });

  it.each([
    ["a name in upper case", [["Ab", "x"]], KIND_BAD_NAME],
    ["an empty name", [["", "x"]], KIND_BAD_NAME],
    ["a name with a colon within", [["a:b", "x"]], KIND_BAD_NAME],
    ["a value with CR LF", [["a", "x\r\ny: z"]], KIND_BAD_VALUE],
    ["a value with NUL", [["a", "\0"]], KIND_BAD_VALUE],
    ["a value with a blank before it", [["a", " x"]], KIND_BAD_VALUE],
    ["a path with NUL", [[":path", "/\0"]], KIND_BAD_VALUE],
    ["an unknown pseudo-header", [[":a", "x"]], KIND_UNKNOWN_PSEUDO],
    ["a header of the connection", [["transfer-encoding", "chunked"]], KIND_CONNECTION],
    ["a path", [[":path", "/a"]], KIND_PATH],
    ["anything else", [["a", "\xe4 b"]], KIND_OTHER],
  ] as [string, Field[], number][])("tells %s, also from the table", (_, fields, kind) => {
    const encoder = new HpackEncoder(4096);
    const decoder = new HpackDecoder(4096);
    for (let i = 0; i < 2; i++) {
      const block = encode(encoder, fields);
      const recorder = new Recorder();
      expect(decoder.decode(block, 0, block.length, recorder)).toBe(true);
      expect(recorder.fields).toEqual(fields);
      expect(recorder.kinds).toEqual([kind]);
    }
  });
});

describe("encoding", () => {
  const size = (encoder: HpackEncoder, ...fields: Field[]): number => encode(encoder, fields).length;

  it("takes an octet for what a table has", () => {
    const encoder = new HpackEncoder(4096);
    expect(size(encoder, [":method", "GET"], [":scheme", "https"])).toBe(2);
    expect(size(encoder, ["x-a", "some value"])).toBeGreaterThan(8);
    expect(size(encoder, ["x-a", "some value"])).toBe(1);
  });

  it.each([
    ["authorization", "Bearer of a token that is much longer than twenty characters"],
    ["cookie", "session=short"],
  ])("never puts a guessable %s into a table, of whoever passes it on", (name, value) => {
    const encoder = new HpackEncoder(4096);
    const block = encode(encoder, [[name, value]]);
    expect(block[0] & 0xf0).toBe(0x10);
    expect(encode(encoder, [[name, value]])).toEqual(block);
    expect(encoder.tableSize).toBe(0);
  });

  it("puts a long cookie into the table", () => {
    const encoder = new HpackEncoder(4096);
    const cookie: Field = ["cookie", "session=0123456789abcdef0123456789abcdef"];
    size(encoder, cookie);
    expect(size(encoder, cookie)).toBe(1);
  });

  it("learns that values of a name never come again, and that they do", () => {
    const encoder = new HpackEncoder(4096);
    for (let i = 0; i < 1000; i++) size(encoder, ["x-trace", `trace-${i}`]);
    // A few in the beginning, one in 32 after that.
    expect(encoder.tableSize).toBeLessThan(40 * 60);
    for (let i = 0; i < 64; i++) size(encoder, ["x-trace", "constant"]);
    expect(size(encoder, ["x-trace", "constant"])).toBe(1);
  });

  it("forgets names with the table's entries", () => {
    const encoder = new HpackEncoder(4096);
    for (let i = 0; i < 10_000; i++) size(encoder, [`x-${i}`, "v"]);
    expect(encoder.tableSize).toBeLessThanOrEqual(4096);
    expect(encoder.names).toBeLessThan(200);
  });

  it.each([0, 64, 200, 4096, 65_536])("follows a peer whose table has %i octets", (limit) => {
    const encoder = new HpackEncoder(4096);
    const decoder = new HpackDecoder(4096);
    const fields: Field[] = [...FIRST, ["x-a", "a value"], ["x-b", "another"]];
    const pass = (): void => {
      const block = encode(encoder, fields);
      const recorder = new Recorder();
      expect(decoder.decode(block, 0, block.length, recorder)).toBe(true);
      expect(recorder.fields).toEqual(fields);
    };
    pass();
    decoder.setLimit(limit);
    encoder.setPeerLimit(limit);
    pass();
    pass();
    // Lowered and raised between two blocks: both must be told.
    encoder.setPeerLimit(0);
    encoder.setPeerLimit(limit);
    pass();
    pass();
    expect(encoder.tableSize).toBe(decoder.tableSize);
  });

  it("agrees with the decoder about anything", () => {
    let seed = 12345;
    const random = (below: number): number => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) % below;
    const text = (length: number): string => String.fromCharCode(...Array.from({ length }, () => random(256)));
    const encoder = new HpackEncoder(1000);
    const decoder = new HpackDecoder(4096);
    for (let round = 0; round < 3000; round++) {
      if (random(50) === 0) encoder.setPeerLimit(random(1500));
      const fields: Field[] = Array.from({ length: random(12) }, () => [
        random(3) === 0 ? text(1 + random(30)) : ["x-a", "x-b", ":path", "cookie", "date"][random(5)],
        random(2) === 0 ? String(random(20)) : text(random(60)),
      ]);
      const block = encode(encoder, fields);
      const recorder = new Recorder();
      expect(decoder.decode(block, 0, block.length, recorder)).toBe(true);
      expect(recorder.fields).toEqual(fields);
      expect(decoder.tableSize).toBe(encoder.tableSize);
    }
  });
});

describe("Huffman", () => {
  it("gives every octet back", () => {
    const text = String.fromCharCode(...Array.from({ length: 1024 }, (_, i) => (i * 7) & 255));
    const out = Buffer.alloc(huffmanLength(text));
    expect(huffmanEncode(text, out, 0)).toBe(out.length);
    const back = Buffer.alloc(4096);
    expect(back.toString("latin1", 0, huffmanDecode(out, 0, out.length, back))).toBe(text);
  });
});
