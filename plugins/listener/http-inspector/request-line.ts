/** What the first bytes of a connection are: a protocol by its ALPN name, something else, or too few to tell. */
export type FirstLine = "http/1.0" | "http/1.1" | "h2c" | "other" | "more";

const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");
const SPACE = 0x20;
const LF = 0x0a;
const CR = 0x0d;

/** A character of a token (RFC 9110 section 5.6.2). */
const TOKEN = new Uint8Array(256);
for (const c of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") TOKEN[c.charCodeAt(0)] = 1;

/** Reads a request line (RFC 9112 section 3), or the preface of HTTP/2 (RFC 9113 section 3.4). */
export function readFirstLine(bytes: Buffer): FirstLine {
  const length = Math.min(bytes.length, PREFACE.length);
  if (bytes.compare(PREFACE, 0, length, 0, length) === 0) return bytes.length >= PREFACE.length ? "h2c" : "more";
  let at = 0;
  // Empty lines before a request are passed over (RFC 9112 section 2.2).
  while (at < bytes.length && (bytes[at] === CR || bytes[at] === LF)) at++;
  const start = at;
  while (at < bytes.length && TOKEN[bytes[at]] === 1) at++;
  if (at === bytes.length) return "more";
  if (at === start || bytes[at] !== SPACE) return "other";
  const end = bytes.indexOf(LF, at);
  if (end < 0) {
    for (let i = at; i < bytes.length; i++) if (bytes[i] < SPACE && bytes[i] !== CR) return "other";
    return "more";
  }
  const line = bytes.toString("latin1", at + 1, bytes[end - 1] === CR ? end - 1 : end);
  const space = line.lastIndexOf(" ");
  if (space <= 0) return "other";
  const version = line.slice(space + 1);
  return version === "HTTP/1.1" ? "http/1.1" : version === "HTTP/1.0" ? "http/1.0" : "other";
}
