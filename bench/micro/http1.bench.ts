import { Buffer } from "node:buffer";
import { encodeRequestHead, encodeResponseHead } from "../../core/http1/encode.ts";
import { RequestParser } from "../../core/http1/request-parser.ts";
import { ResponseParser } from "../../core/http1/response-parser.ts";
import {
  DEFAULT_HTTP1_LIMITS,
  DEFAULT_REQUEST_PARSER_OPTIONS,
  DEFAULT_RESPONSE_PARSER_OPTIONS,
  type Http1Events,
} from "../../core/http1/types.ts";
import type { Micro } from "./bench.ts";

const WRK_REQUEST = Buffer.from("GET / HTTP/1.1\r\nHost: 127.0.0.1:10000\r\n\r\n");

const BROWSER_REQUEST = Buffer.from(
  "GET /api/v1/users/12345?fields=name,email HTTP/1.1\r\nHost: www.example.com\r\nConnection: keep-alive\r\n" +
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36\r\n" +
    "Accept: text/html,application/xhtml+xml\r\nAccept-Encoding: gzip, deflate, br\r\nAccept-Language: en-US,en;q=0.5\r\n" +
    "Cookie: session=abcdef0123456789; theme=dark\r\nCache-Control: no-cache\r\nX-Request-Id: 01234567\r\n" +
    "X-Custom-Thing: a value\r\n\r\n",
);

const POST_REQUEST = Buffer.from(
  "POST /api/orders HTTP/1.1\r\nHost: api.example.com\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n" +
    "Content-Type: application/json\r\nContent-Length: 300\r\n\r\n" +
    "x".repeat(300),
);

const CHUNKED_REQUEST = Buffer.from(
  "POST /api/orders HTTP/1.1\r\nHost: api.example.com\r\nTransfer-Encoding: chunked\r\n\r\n" +
    `100\r\n${"y".repeat(256)}\r\n`.repeat(4) +
    "0\r\n\r\n",
);

const RESPONSE = Buffer.from(
  "HTTP/1.1 200 OK\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\nServer: nginx\r\nContent-Type: text/plain\r\nContent-Length: 128\r\n" +
    "Connection: keep-alive\r\n\r\n" +
    "z".repeat(128),
);

class Sink implements Http1Events {
  list: readonly string[];
  bytes: number;
  parser: { list: string[] } | null;
  constructor() {
    this.list = [];
    this.bytes = 0;
    this.parser = null;
  }
  onHead(): void {
    this.list = this.parser!.list;
  }
  onBody(chunk: Buffer): void {
    this.bytes += chunk.length;
  }
  onTrailers(): void {}
  onComplete(): void {}
}

function request(name: string, bytes: Buffer): Micro {
  const sink = new Sink();
  const parser = new RequestParser(sink, DEFAULT_HTTP1_LIMITS, DEFAULT_REQUEST_PARSER_OPTIONS);
  sink.parser = parser;
  return {
    name: `${name} (${bytes.length} bytes)`,
    fn: () => {
      parser.execute(bytes);
      parser.next();
    },
  };
}

function response(name: string, bytes: Buffer): Micro {
  const sink = new Sink();
  const parser = new ResponseParser(sink, DEFAULT_HTTP1_LIMITS, DEFAULT_RESPONSE_PARSER_OPTIONS);
  sink.parser = parser;
  return {
    name: `${name} (${bytes.length} bytes)`,
    fn: () => {
      parser.expect("GET");
      parser.execute(bytes);
    },
  };
}

const PIECES: Buffer[] = [];
for (let i = 0; i < BROWSER_REQUEST.length; i += 16) PIECES.push(BROWSER_REQUEST.subarray(i, i + 16));

function inPieces(): Micro {
  const sink = new Sink();
  const parser = new RequestParser(sink, DEFAULT_HTTP1_LIMITS, DEFAULT_REQUEST_PARSER_OPTIONS);
  sink.parser = parser;
  return {
    name: `http1: request of a browser in ${PIECES.length} pieces`,
    fn: () => {
      for (const piece of PIECES) parser.execute(piece);
      parser.next();
    },
  };
}

const FIELDS = [
  ["accept", "text/html", "user-agent", "curl/8.5.0", "x-forwarded-for", "10.0.0.1"],
  ["x-forwarded-proto", "http", "x-request-id", "5f0f2f2e-7d5b-4e2b-9d53-0d2a1f4b7c11"],
].flat();

let written = 0;

/** The HTTP/1.1 codec: heads of several kinds, bodies, and the writing of heads. */
export const http1Benchmarks: readonly Micro[] = [
  request("http1: smallest request", WRK_REQUEST),
  request("http1: request of a browser", BROWSER_REQUEST),
  inPieces(),
  request("http1: POST with a body by length", POST_REQUEST),
  request("http1: POST with a chunked body", CHUNKED_REQUEST),
  response("http1: response", RESPONSE),
  {
    name: "http1: write a request head",
    fn: () => {
      written += Buffer.from(encodeRequestHead("GET", "/api/v1", "a.example", FIELDS, ""), "latin1").length;
    },
  },
  {
    name: "http1: write a response head",
    fn: () => {
      written += Buffer.from(encodeResponseHead(200, "", FIELDS, "", false), "latin1").length;
    },
  },
];

/** Bytes written by the encoders; keeps them from being optimised away. */
export function bytesWritten(): number {
  return written;
}
