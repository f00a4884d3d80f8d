/** A request that must be refused, as bytes (latin1). */
export interface BadRequest {
  name: string;
  bytes: string;
  /** Statuses that refuse it clearly. */
  status: readonly number[];
  /** The head is right and the body is not: an upstream may have seen the head, but never a whole message. */
  inBody?: boolean;
  /** What Envoy 1.40 does instead, where it is laxer. */
  envoy?: string;
}

const HOST = "Host: test.local\r\n";

/** A request with these header lines after Host. */
const withHeaders = (lines: string, rest = ""): string => `POST /bad HTTP/1.1\r\n${HOST}${lines}\r\n${rest}`;
/** A chunked request with these bytes for a body. */
const chunked = (body: string): string => withHeaders("Transfer-Encoding: chunked\r\n", body);
/** A request with this first line. */
const line = (first: string, headers = HOST): string => `${first}\r\n${headers}\r\n`;

/** A TLS 1.2 ClientHello as OpenSSL begins it: record header, handshake header, version, random. */
const TLS_HELLO = `\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03${"\x5a".repeat(32)}\x00\x00\x02\xc0\x2f\x01\x00\x00\x76${"\0".repeat(118)}`;
/** RFC 9113 section 3.4. */
const HTTP2_PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

const length: BadRequest[] = [
  {
    name: "Content-Length with Transfer-Encoding",
    bytes: withHeaders("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
    status: [400],
  },
  {
    name: "Transfer-Encoding before Content-Length",
    bytes: withHeaders("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"),
    status: [400],
  },
  {
    name: "two different Content-Lengths",
    bytes: withHeaders("Content-Length: 5\r\nContent-Length: 6\r\n", "hello!"),
    status: [400],
  },
  { name: "a list of Content-Lengths that differ", bytes: withHeaders("Content-Length: 5, 6\r\n", "hello!"), status: [400] },
  { name: "a list of equal Content-Lengths", bytes: withHeaders("Content-Length: 5, 5\r\n", "hello"), status: [400] },
  { name: "Content-Length +5", bytes: withHeaders("Content-Length: +5\r\n", "hello"), status: [400] },
  { name: "Content-Length -5", bytes: withHeaders("Content-Length: -5\r\n", "hello"), status: [400] },
  { name: "Content-Length 0x5", bytes: withHeaders("Content-Length: 0x5\r\n", "hello"), status: [400] },
  { name: "Content-Length 5 5", bytes: withHeaders("Content-Length: 5 5\r\n", "hello"), status: [400] },
  { name: "Content-Length 5.0", bytes: withHeaders("Content-Length: 5.0\r\n", "hello"), status: [400] },
  { name: "Content-Length 1e1", bytes: withHeaders("Content-Length: 1e1\r\n", "hellohello"), status: [400] },
  { name: "Content-Length 5;", bytes: withHeaders("Content-Length: 5;\r\n", "hello"), status: [400] },
  { name: "an empty Content-Length", bytes: withHeaders("Content-Length:\r\n", "hello"), status: [400] },
  {
    name: "a Content-Length that overflows",
    bytes: withHeaders("Content-Length: 99999999999999999999\r\n", "hello"),
    status: [400, 413],
  },
];

const transferEncoding: BadRequest[] = [
  { name: "Transfer-Encoding gzip", bytes: withHeaders("Transfer-Encoding: gzip\r\n", "0\r\n\r\n"), status: [400, 501] },
  { name: "Transfer-Encoding identity", bytes: withHeaders("Transfer-Encoding: identity\r\n", "0\r\n\r\n"), status: [400, 501] },
  {
    name: "Transfer-Encoding chunked, gzip",
    bytes: withHeaders("Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n"),
    status: [400, 501],
  },
  {
    name: "Transfer-Encoding chunked, chunked",
    bytes: withHeaders("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"),
    status: [400, 501],
  },
  {
    name: "two Transfer-Encoding chunked",
    bytes: withHeaders("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
    status: [400, 501],
  },
  { name: "Transfer-Encoding xchunked", bytes: withHeaders("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), status: [400, 501] },
  {
    name: "Transfer-Encoding with a vertical tab",
    bytes: withHeaders("Transfer-Encoding: \x0bchunked\r\n", "0\r\n\r\n"),
    status: [400, 501],
  },
  {
    name: "an empty Transfer-Encoding",
    bytes: withHeaders("Transfer-Encoding:\r\n", "0\r\n\r\n"),
    status: [400, 501],
  },
  {
    name: "Transfer-Encoding before its colon a space",
    bytes: withHeaders("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"),
    status: [400],
  },
  {
    name: "Transfer-Encoding in HTTP/1.0",
    bytes: `POST /bad HTTP/1.0\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    status: [400, 426],
  },
];

const fields: BadRequest[] = [
  { name: "space before the colon", bytes: withHeaders("X-A : 1\r\n"), status: [400] },
  { name: "tab before the colon", bytes: withHeaders("X-A\t: 1\r\n"), status: [400] },
  { name: "a folded line", bytes: withHeaders("X-A: 1\r\n folded\r\n"), status: [400], envoy: "unfolds it" },
  { name: "a line folded with a tab", bytes: withHeaders("X-A: 1\r\n\tfolded\r\n"), status: [400], envoy: "unfolds it" },
  { name: "a first header line that begins with a space", bytes: `GET /bad HTTP/1.1\r\n X-A: 1\r\n${HOST}\r\n`, status: [400] },
  {
    name: "a bare LF after the request line",
    bytes: `GET /bad HTTP/1.1\n${HOST}\r\n`,
    status: [400],
    envoy: "takes it for a line end",
  },
  { name: "a bare LF after a header", bytes: withHeaders("X-A: 1\nX-B: 2\r\n"), status: [400], envoy: "takes it for a line end" },
  {
    name: "a head that ends with a bare LF",
    bytes: `GET /bad HTTP/1.1\r\n${HOST}\n`,
    status: [400],
    envoy: "takes it for the end",
  },
  { name: "a bare CR in a value", bytes: withHeaders("X-A: 1\rX-B: 2\r\n"), status: [400], envoy: "deletes it" },
  { name: "a bare CR in a name", bytes: withHeaders("X\r-A: 1\r\n"), status: [400] },
  { name: "a bare CR after the request line", bytes: `GET /bad HTTP/1.1\r${HOST}\r\n`, status: [400] },
  { name: "CR CR LF after a header", bytes: withHeaders("X-A: 1\r\r\n"), status: [400], envoy: "deletes the first CR" },
  { name: "NUL in a value", bytes: withHeaders("X-A: 1\x002\r\n"), status: [400] },
  { name: "NUL in a name", bytes: withHeaders("X\0A: 1\r\n"), status: [400] },
  { name: "a control byte in a value", bytes: withHeaders("X-A: 1\x012\r\n"), status: [400] },
  { name: "DEL in a value", bytes: withHeaders("X-A: 1\x7f2\r\n"), status: [400] },
  { name: "a form feed before a value", bytes: withHeaders("X-A:\x0c1\r\n"), status: [400] },
  { name: "a space in a name", bytes: withHeaders("X A: 1\r\n"), status: [400] },
  { name: "a byte above 127 in a name", bytes: withHeaders("X\xe9: 1\r\n"), status: [400] },
  { name: "a parenthesis in a name", bytes: withHeaders("X(A): 1\r\n"), status: [400] },
  { name: "a header without a name", bytes: withHeaders(": 1\r\n"), status: [400] },
  { name: "a header without a colon", bytes: withHeaders("X-A\r\n"), status: [400] },
  { name: "101 headers", bytes: withHeaders(Array.from({ length: 101 }, (_, i) => `x-${i}: 1\r\n`).join("")), status: [431] },
  { name: "a header of 61 KiB", bytes: withHeaders(`X-A: ${"a".repeat(61 * 1024)}\r\n`), status: [431] },
  {
    name: "61 KiB of headers",
    bytes: withHeaders(Array.from({ length: 61 }, (_, i) => `x-${i}: ${"a".repeat(1018)}\r\n`).join("")),
    status: [431],
  },
  {
    name: "a header of 61 KiB without an end",
    bytes: `GET /bad HTTP/1.1\r\n${HOST}X-A: ${"a".repeat(61 * 1024)}`,
    status: [431],
  },
];

const requestLine: BadRequest[] = [
  { name: "a target of 61 KiB", bytes: line(`GET /${"a".repeat(61 * 1024)} HTTP/1.1`), status: [414, 431] },
  { name: "a target of 61 KiB without an end", bytes: `GET /${"a".repeat(61 * 1024)}`, status: [414, 431] },
  { name: "a method with a space", bytes: line("GE T /bad HTTP/1.1"), status: [400] },
  { name: "a target with a space", bytes: line("GET /bad path HTTP/1.1"), status: [400] },
  { name: "two spaces after the method", bytes: line("GET  /bad HTTP/1.1"), status: [400], envoy: "takes them for one" },
  { name: "two spaces before the version", bytes: line("GET /bad  HTTP/1.1"), status: [400], envoy: "takes them for one" },
  { name: "a space before the method", bytes: line(" GET /bad HTTP/1.1"), status: [400] },
  { name: "a space after the version", bytes: line("GET /bad HTTP/1.1 "), status: [400], envoy: "takes it" },
  { name: "tabs for spaces", bytes: line("GET\t/bad\tHTTP/1.1"), status: [400], envoy: "takes them for spaces" },
  { name: "a tab in the target", bytes: line("GET /b\tad HTTP/1.1"), status: [400] },
  { name: "NUL in the target", bytes: line("GET /b\0ad HTTP/1.1"), status: [400] },
  { name: "a control byte in the target", bytes: line("GET /b\x01ad HTTP/1.1"), status: [400] },
  { name: "DEL in the target", bytes: line("GET /b\x7fad HTTP/1.1"), status: [400] },
  { name: "a bare CR in the target", bytes: line("GET /b\rad HTTP/1.1"), status: [400] },
  { name: "a method that is no token", bytes: line("G@T /bad HTTP/1.1"), status: [400] },
  { name: "NUL in the method", bytes: line("G\0T /bad HTTP/1.1"), status: [400] },
  { name: "no method", bytes: line("/bad HTTP/1.1"), status: [400] },
  { name: "no target", bytes: line("GET HTTP/1.1"), status: [400] },
  { name: "no version (HTTP/0.9)", bytes: "GET /bad\r\n\r\n", status: [400, 426, 505] },
  { name: "an unknown version", bytes: line("GET /bad HTTP/1.2"), status: [400, 426, 505] },
  { name: "version 3.0", bytes: line("GET /bad HTTP/3.0"), status: [400, 426, 505] },
  { name: "a version in lower case", bytes: line("GET /bad http/1.1"), status: [400, 505] },
  { name: "a version with a leading zero", bytes: line("GET /bad HTTP/01.1"), status: [400, 505] },
  { name: "another protocol", bytes: line("GET /bad HTTQ/1.1"), status: [400, 505] },
  { name: "a target that is no path", bytes: line("GET bad HTTP/1.1"), status: [400] },
  { name: "CONNECT with a path", bytes: line("CONNECT /bad HTTP/1.1"), status: [400] },
  {
    name: "an absolute target with userinfo",
    bytes: line("GET http://user:pw@test.local/bad HTTP/1.1"),
    status: [400],
    envoy: "sends it on",
  },
  { name: "an absolute target without a host", bytes: line("GET http:///bad HTTP/1.1"), status: [400] },
  { name: "the HTTP/2 preface", bytes: HTTP2_PREFACE, status: [400, 426, 501, 505] },
  { name: "a TLS hello", bytes: TLS_HELLO, status: [400] },
  { name: "random bytes", bytes: "\x80\x81\x82\x83\r\n\r\n", status: [400] },
];

const host: BadRequest[] = [
  { name: "two equal Hosts", bytes: line("GET /bad HTTP/1.1", HOST + HOST), status: [400], envoy: "joins them" },
  {
    name: "two different Hosts",
    bytes: line("GET /bad HTTP/1.1", `${HOST}Host: other.local\r\n`),
    status: [400],
    envoy: "joins them",
  },
  { name: "no Host", bytes: line("GET /bad HTTP/1.1", "X-A: 1\r\n"), status: [400] },
  {
    name: "userinfo in Host",
    bytes: line("GET /bad HTTP/1.1", "Host: user@test.local\r\n"),
    status: [400],
    envoy: "sends it on",
  },
  { name: "a slash in Host", bytes: line("GET /bad HTTP/1.1", "Host: test.local/x\r\n"), status: [400] },
  { name: "a space in Host", bytes: line("GET /bad HTTP/1.1", "Host: test local\r\n"), status: [400] },
  {
    name: "a comma and another name in Host",
    bytes: line("GET /bad HTTP/1.1", "Host: test.local, other.local\r\n"),
    status: [400],
  },
];

const body: BadRequest[] = [
  { name: "a chunk size that is no number", bytes: chunked("G\r\nhello\r\n0\r\n\r\n"), status: [400], inBody: true },
  { name: "a chunk size with 0x", bytes: chunked("0x5\r\nhello\r\n0\r\n\r\n"), status: [400], inBody: true },
  { name: "a chunk size with a plus", bytes: chunked("+5\r\nhello\r\n0\r\n\r\n"), status: [400], inBody: true },
  { name: "a chunk size with a minus", bytes: chunked("-5\r\nhello\r\n0\r\n\r\n"), status: [400], inBody: true },
  { name: "a chunk size with an underscore", bytes: chunked("0_5\r\nhello\r\n0\r\n\r\n"), status: [400], inBody: true },
  { name: "no chunk size", bytes: chunked("\r\nhello\r\n0\r\n\r\n"), status: [400], inBody: true },
  { name: "a space before a chunk size", bytes: chunked(" 5\r\nhello\r\n0\r\n\r\n"), status: [400], inBody: true },
  {
    name: "junk after a chunk size",
    bytes: chunked("5 x\r\nhello\r\n0\r\n\r\n"),
    status: [400],
    inBody: true,
    envoy: "ignores it",
  },
  {
    name: "a chunk size that overflows",
    bytes: chunked("fffffffffffffffff\r\nhello\r\n0\r\n\r\n"),
    status: [400, 413],
    inBody: true,
  },
  {
    name: "a chunk size that wraps to 5",
    bytes: chunked("10000000000000005\r\nhello\r\n0\r\n\r\n"),
    status: [400, 413],
    inBody: true,
  },
  { name: "a bare LF after a chunk size", bytes: chunked("5\nhello\r\n0\r\n\r\n"), status: [400], inBody: true },
  { name: "a bare CR after a chunk size", bytes: chunked("5\rhello\r\n0\r\n\r\n"), status: [400], inBody: true },
  {
    name: "a bare LF after a chunk",
    bytes: chunked("5\r\nhello\n0\r\n\r\n"),
    status: [400],
    inBody: true,
    envoy: "takes it for a line end",
  },
  {
    name: "data past a chunk's size",
    bytes: chunked("5\r\nhello!\r\n0\r\n\r\n"),
    status: [400],
    inBody: true,
    envoy: "skips it",
  },
  { name: "a bare LF in a chunk extension", bytes: chunked("5;a\nb\r\nhello\r\n0\r\n\r\n"), status: [400], inBody: true },
  {
    name: "a control byte in a chunk extension",
    bytes: chunked("5;a\0b\r\nhello\r\n0\r\n\r\n"),
    status: [400],
    inBody: true,
    envoy: "ignores extensions",
  },
  {
    name: "a chunk extension without an end",
    bytes: chunked(`5;${"a".repeat(70 * 1024)}`),
    status: [400, 413, 431],
    inBody: true,
  },
  { name: "a chunk size of zeros without an end", bytes: chunked("0".repeat(70 * 1024)), status: [400, 413, 431], inBody: true },
  { name: "a trailer without a colon", bytes: chunked("5\r\nhello\r\n0\r\nbad\r\n\r\n"), status: [400], inBody: true },
  {
    name: "a trailer with a space before the colon",
    bytes: chunked("5\r\nhello\r\n0\r\nX-T : 1\r\n\r\n"),
    status: [400],
    inBody: true,
  },
  { name: "a trailer without a name", bytes: chunked("5\r\nhello\r\n0\r\n: 1\r\n\r\n"), status: [400], inBody: true },
  {
    name: "a folded trailer",
    bytes: chunked("5\r\nhello\r\n0\r\nX-T: 1\r\n 2\r\n\r\n"),
    status: [400],
    inBody: true,
    envoy: "unfolds it",
  },
  { name: "NUL in a trailer", bytes: chunked("5\r\nhello\r\n0\r\nX-T: \0\r\n\r\n"), status: [400], inBody: true },
  { name: "a bare LF after the last chunk", bytes: chunked("5\r\nhello\r\n0\n\r\n"), status: [400], inBody: true },
  {
    name: "a trailer of 61 KiB",
    bytes: chunked(`5\r\nhello\r\n0\r\nX-T: ${"a".repeat(61 * 1024)}\r\n\r\n`),
    status: [400, 413, 431],
    inBody: true,
  },
];

/** The requests that a gateway must refuse, by what is wrong with them. Sources: RFC 9110, RFC 9112; where they leave a choice, the strict one. */
export const badRequests: Record<string, readonly BadRequest[]> = { length, transferEncoding, fields, requestLine, host, body };
