import tls from "node:tls";
import { Duplex } from "node:stream";
import { describe, expect, it } from "vitest";
import { readClientHello } from "./client-hello.ts";

/** What OpenSSL sends. */
function opensslHello(options: tls.ConnectionOptions): Promise<Buffer> {
  return new Promise((resolve) => {
    const socket = new Duplex({ read() {}, write: (chunk: Buffer, _, done) => (resolve(chunk), done()) });
    tls.connect({ ...options, socket }).on("error", () => undefined);
  });
}

/** A vector with its length in front. */
function vector(size: number, ...parts: (string | Buffer | number[])[]): Buffer {
  const body = Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : Buffer.from(part))));
  const length = Buffer.alloc(size);
  length.writeUIntBE(body.length, 0, size);
  return Buffer.concat([length, body]);
}

const extension = (type: number, body: Buffer): Buffer => Buffer.concat([Buffer.from([type >> 8, type & 255]), vector(2, body)]);
const sni = (name: string): Buffer => extension(0, vector(2, [0], vector(2, name)));
const alpn = (...names: string[]): Buffer => extension(16, vector(2, ...names.map((name) => vector(1, name))));

function message(...extensions: Buffer[]): Buffer {
  const body = Buffer.concat([
    Buffer.from([3, 3]),
    Buffer.alloc(32, 7),
    vector(1, Buffer.alloc(32, 8)),
    vector(2, [0x13, 1]),
    vector(1, [0]),
    ...(extensions.length === 0 ? [] : [vector(2, ...extensions)]),
  ]);
  return Buffer.concat([Buffer.from([1]), vector(3, body)]);
}

function withByte(bytes: Buffer, at: number, value: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = value;
  return copy;
}

/** The message in records of at most `size` bytes. */
function records(bytes: Buffer, size = 16_384): Buffer {
  const out: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) out.push(Buffer.from([22, 3, 1]), vector(2, bytes.subarray(at, at + size)));
  return Buffer.concat(out);
}

describe("a ClientHello", () => {
  it.each([
    [{ servername: "WWW.Example.com", ALPNProtocols: ["h2", "http/1.1"] }, "www.example.com", ["h2", "http/1.1"]],
    [{ servername: "a", maxVersion: "TLSv1.2" }, "a", []],
    [{}, "", []],
  ] as const)("of OpenSSL is read: %j", async (options, serverName, applicationProtocols) => {
    const hello = await opensslHello(options as tls.ConnectionOptions);
    expect(readClientHello(hello)).toEqual({ serverName, applicationProtocols });
  });

  it.each([1, 2, 3, 4, 5, 63, 16_384])("is read in records of %i bytes, and wants more after each prefix", (size) => {
    const bytes = records(message(sni("a.example"), alpn("h2")), size);
    for (let length = 1; length < bytes.length; length++) expect(readClientHello(bytes.subarray(0, length))).toBe("more");
    expect(readClientHello(Buffer.concat([bytes, Buffer.from("rest")]))).toEqual({
      serverName: "a.example",
      applicationProtocols: ["h2"],
    });
  });

  it("may have no extensions", () => {
    expect(readClientHello(records(message()))).toEqual({ serverName: "", applicationProtocols: [] });
  });

  it.each<[string, Buffer | string, "other" | "bad"]>([
    ["HTTP", "GET / HTTP/1.1\r\n", "other"],
    ["one byte of it", "G", "other"],
    ["SSH", "SSH-2.0-OpenSSH\r\n", "other"],
    ["a record of another type", Buffer.from([23, 3, 1, 0, 1, 1]), "other"],
    ["another version", Buffer.from([22, 2, 0]), "other"],
    ["SSL 2", Buffer.from([0x80, 0x2e, 1, 3, 1]), "other"],
    ["an empty record", Buffer.from([22, 3, 1, 0, 0]), "other"],
    ["a record too long", Buffer.from([22, 3, 1, 0x40, 1]), "other"],
    ["a ServerHello", records(Buffer.concat([Buffer.from([2]), vector(3, Buffer.alloc(40))])), "other"],
    ["a message without a body", records(Buffer.from([1, 0, 0, 0])), "bad"],
    ["a message too short", records(Buffer.concat([Buffer.from([1]), vector(3, Buffer.alloc(20))])), "bad"],
    [
      "another record inside",
      Buffer.concat([records(message(sni("a")), 30).subarray(0, 35), Buffer.from([23, 3, 1, 0, 1, 1])]),
      "bad",
    ],
    ["extensions longer than the message", records(withByte(message(sni("a")), 78, 99)), "bad"],
    ["an extension longer than its list", records(message(Buffer.from([0, 5, 0, 9, 1]))), "bad"],
    ["two names", records(message(extension(0, vector(2, [0], vector(2, "a"), [0], vector(2, "b"))))), "bad"],
    ["two lists of names", records(message(sni("a"), sni("b"))), "bad"],
    ["an empty name", records(message(sni(""))), "bad"],
    ["a name with NUL", records(message(sni("a\0b"))), "bad"],
    ["a name with a blank", records(message(sni("a b"))), "bad"],
    ["a name of 256 bytes", records(message(sni("a".repeat(256)))), "bad"],
    ["no name in the list", records(message(extension(0, vector(2)))), "bad"],
    ["an empty protocol", records(message(alpn("h2", ""))), "bad"],
    ["no protocol", records(message(alpn())), "bad"],
    [
      "bytes behind the protocols",
      records(message(extension(16, Buffer.concat([vector(2, vector(1, "h2")), Buffer.from([1])])))),
      "bad",
    ],
  ])("is not: %s", (_, bytes, result) => {
    const given = typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes;
    expect(readClientHello(given)).toBe(result);
  });
});
