/** A response that a gateway must not pass on, as bytes (latin1). */
export interface BadResponse {
  name: string;
  bytes: string;
  /** The head is right and the body is not: the client gets a broken message, or a 502 where the head had not gone out. */
  inBody?: boolean;
  /** What Envoy 1.40 does instead, where it is laxer. */
  envoy?: string;
}

const ok = (headers: string, body = ""): string => `HTTP/1.1 200 OK\r\n${headers}\r\n${body}`;
const chunked = (body: string): string => ok("Transfer-Encoding: chunked\r\n", body);
const line = (first: string): string => `${first}\r\nContent-Length: 2\r\n\r\nok`;

const length: BadResponse[] = [
  {
    name: "Content-Length with Transfer-Encoding",
    bytes: ok("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
  },
  { name: "two different Content-Lengths", bytes: ok("Content-Length: 5\r\nContent-Length: 6\r\n", "hello!") },
  { name: "a list of Content-Lengths that differ", bytes: ok("Content-Length: 5, 6\r\n", "hello!") },
  { name: "Content-Length +5", bytes: ok("Content-Length: +5\r\n", "hello") },
  { name: "Content-Length 0x5", bytes: ok("Content-Length: 0x5\r\n", "hello") },
  { name: "a Content-Length that overflows", bytes: ok("Content-Length: 99999999999999999999\r\n", "hello") },
  { name: "Transfer-Encoding chunked, gzip", bytes: ok("Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n") },
  { name: "Transfer-Encoding chunked, chunked", bytes: ok("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n") },
];

const fields: BadResponse[] = [
  { name: "space before the colon", bytes: ok("X-A : 1\r\nContent-Length: 2\r\n", "ok") },
  { name: "a folded line", bytes: ok("X-A: 1\r\n folded\r\nContent-Length: 2\r\n", "ok"), envoy: "unfolds it" },
  { name: "a bare LF after a header", bytes: ok("X-A: 1\nContent-Length: 2\r\n", "ok"), envoy: "takes it for a line end" },
  { name: "a bare CR in a value", bytes: ok("X-A: 1\rX-B: 2\r\nContent-Length: 2\r\n", "ok"), envoy: "deletes it" },
  { name: "NUL in a value", bytes: ok("X-A: 1\x002\r\nContent-Length: 2\r\n", "ok") },
  { name: "a control byte in a value", bytes: ok("X-A: 1\x012\r\nContent-Length: 2\r\n", "ok") },
  { name: "a space in a name", bytes: ok("X A: 1\r\nContent-Length: 2\r\n", "ok") },
  { name: "a header without a name", bytes: ok(": 1\r\nContent-Length: 2\r\n", "ok") },
  { name: "a header without a colon", bytes: ok("X-A\r\nContent-Length: 2\r\n", "ok") },
  {
    name: "101 headers",
    bytes: ok(`${Array.from({ length: 101 }, (_, i) => `x-${i}: 1\r\n`).join("")}Content-Length: 2\r\n`, "ok"),
  },
  { name: "a header of 81 KiB", bytes: ok(`X-A: ${"a".repeat(81 * 1024)}\r\nContent-Length: 2\r\n`, "ok") },
  { name: "a header of 200 KiB without an end", bytes: `HTTP/1.1 200 OK\r\nX-A: ${"a".repeat(200 * 1024)}` },
];

const statusLine: BadResponse[] = [
  { name: "no HTTP at all", bytes: "SSH-2.0-OpenSSH_9.2\r\n\r\n" },
  { name: "an unknown version", bytes: line("HTTP/1.2 200 OK"), envoy: "takes it" },
  { name: "version 2.0", bytes: line("HTTP/2.0 200 OK"), envoy: "takes it" },
  { name: "a version in lower case", bytes: line("http/1.1 200 OK") },
  { name: "a status of two digits", bytes: line("HTTP/1.1 20 OK") },
  { name: "a status of four digits", bytes: line("HTTP/1.1 2000 OK"), envoy: "sends it on" },
  { name: "a status that is no number", bytes: line("HTTP/1.1 2x0 OK") },
  { name: "status 000", bytes: line("HTTP/1.1 000 Zero") },
  { name: "no status", bytes: line("HTTP/1.1") },
  { name: "two spaces before the status", bytes: line("HTTP/1.1  200 OK"), envoy: "takes them for one" },
  { name: "a tab before the status", bytes: line("HTTP/1.1\t200 OK"), envoy: "takes it for a space" },
  { name: "NUL in the reason", bytes: line("HTTP/1.1 200 O\0K") },
  { name: "a bare CR in the reason", bytes: line("HTTP/1.1 200 O\rK"), envoy: "takes it" },
  {
    name: "a bare LF after the status line",
    bytes: "HTTP/1.1 200 OK\nContent-Length: 2\r\n\r\nok",
    envoy: "takes it for a line end",
  },
  {
    name: "101 that nobody asked for",
    bytes: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    envoy: "sends it on",
  },
];

const body: BadResponse[] = [
  { name: "a chunk size that is no number", bytes: chunked("G\r\nhello\r\n0\r\n\r\n"), inBody: true },
  { name: "a chunk size with 0x", bytes: chunked("0x5\r\nhello\r\n0\r\n\r\n"), inBody: true },
  { name: "a chunk size that overflows", bytes: chunked("fffffffffffffffff\r\nhello\r\n0\r\n\r\n"), inBody: true },
  { name: "a bare LF after a chunk size", bytes: chunked("5\nhello\r\n0\r\n\r\n"), inBody: true },
  { name: "data past a chunk's size", bytes: chunked("5\r\nhello!\r\n0\r\n\r\n"), inBody: true, envoy: "skips it" },
  { name: "a trailer without a colon", bytes: chunked("5\r\nhello\r\n0\r\nbad\r\n\r\n"), inBody: true },
  { name: "a trailer of 81 KiB", bytes: chunked(`5\r\nhello\r\n0\r\nX-T: ${"a".repeat(81 * 1024)}\r\n\r\n`), inBody: true },
];

/** The responses that a gateway must take for a broken upstream. */
export const badResponses: Record<string, readonly BadResponse[]> = { length, fields, statusLine, body };
