import type { Buffer } from "node:buffer";
import { COLON, CR, HTAB, LF, skipClass, SP, TOKEN_LOWER, VALUE } from "./char-classes.ts";
import {
  FIELD_CONNECTION,
  FIELD_CONTENT_LENGTH,
  FIELD_EXPECT,
  FIELD_HOST,
  FIELD_HTTP2_SETTINGS,
  FIELD_KEEP_ALIVE,
  FIELD_OTHER,
  FIELD_PROXY_CONNECTION,
  FIELD_TE,
  FIELD_TRANSFER_ENCODING,
  FIELD_UPGRADE,
  HASH_SEED,
  hashStep,
  knownName,
} from "./header-names.ts";
import { hostEnd } from "./host.ts";
import { quoteBytes } from "./http1-error.ts";
import type { Http1ErrorCode } from "./http1-error.ts";
import { hasToken } from "./token-list.ts";

/** The fields of a request's head. */
export const REQUEST_FIELDS = 0;
/** The fields of a response's head. */
export const RESPONSE_FIELDS = 1;
/** The fields after a chunked body. */
export const TRAILER_FIELDS = 2;

/**
 * The field lines of one message, read as they come in: whole lines only, so that a head in many pieces is scanned once. Lives
 * from the start line to the end of the head; what is of use later is copied out, or is the `list` itself.
 *
 * `list` gets everything but what concerns this connection alone (RFC 9110 section 7.6.1); those are in the other members.
 */
export class HeaderBlock {
  /** `[name, value, ...]`, names in lower case, in the order of arrival. */
  list: string[];
  /** One of `REQUEST_FIELDS`, `RESPONSE_FIELDS`, `TRAILER_FIELDS`. */
  readonly kind: number;
  readonly maxHeaders: number;
  /** Field lines so far, those left out of `list` included. */
  count: number;
  /** The empty line has been read. */
  done: boolean;
  /** Content-Length; -1 without. */
  contentLength: number;
  /** Host of a request; undefined without. */
  host: string | undefined;
  /** Transfer-Encoding, lines joined by a comma; undefined without. */
  transferEncoding: string | undefined;
  /** Connection, lines joined by a comma; "" without. */
  connection: string;
  /** Upgrade, lines joined by a comma and a space; "" without. */
  upgrade: string;
  /** `te: trailers` is in `list`. */
  teTrailers: boolean;
  /** `Proxy-Connection: close`, which Envoy heeds. */
  proxyClose: boolean;
  expectContinue: boolean;
  /** Set when a line is refused; `message` says why. */
  code: Http1ErrorCode | null;
  message: string;

  constructor(kind: number, maxHeaders: number) {
    this.list = [];
    this.kind = kind;
    this.maxHeaders = maxHeaders;
    this.count = 0;
    this.done = false;
    this.contentLength = -1;
    this.host = undefined;
    this.transferEncoding = undefined;
    this.connection = "";
    this.upgrade = "";
    this.teTrailers = false;
    this.proxyClose = false;
    this.expectContinue = false;
    this.code = null;
    this.message = "";
  }

  /**
   * Reads the lines in `[i, end)`. `text` is the string of the bytes from `base` on. Returns where the first incomplete line
   * starts, or, once `done`, where the message goes on. After a mistake `code` is set and the result means nothing.
   */
  read(bytes: Buffer, text: string, base: number, i: number, end: number): number {
    while (i < end) {
      const start = i;
      let hash = HASH_SEED;
      let lower = TOKEN_LOWER[bytes[i]];
      while (lower !== 0) {
        hash = hashStep(hash, lower);
        if (++i === end) return start;
        lower = TOKEN_LOWER[bytes[i]];
      }
      if (bytes[i] !== COLON || i === start) {
        if (i === start && bytes[i] === CR) {
          if (i + 1 === end) return start;
          if (bytes[i + 1] === LF) {
            this.done = true;
            return i + 2;
          }
        }
        return this.nameMistake(bytes, start, i, end);
      }
      const nameEnd = i++;
      while (i < end && (bytes[i] === SP || bytes[i] === HTAB)) i++;
      const valueStart = i;
      i = skipClass(VALUE, bytes, i, end);
      if (i === end) return start;
      if (bytes[i] !== CR) return this.valueMistake(bytes, start, nameEnd, i, end);
      if (i + 1 === end) return start;
      if (bytes[i + 1] !== LF) return this.valueMistake(bytes, start, nameEnd, i, end);
      let valueEnd = i;
      while (valueEnd > valueStart && (bytes[valueEnd - 1] === SP || bytes[valueEnd - 1] === HTAB)) valueEnd--;
      i += 2;
      if (++this.count > this.maxHeaders) {
        return this.refuse("http1.too_many_headers", `more than ${this.maxHeaders} header fields; at most that many are taken`);
      }
      const value = text.slice(valueStart - base, valueEnd - base);
      const known = knownName(bytes, start, nameEnd, hash);
      if (known === null) {
        // toLowerCase gives the same string back when there is nothing to change.
        this.list.push(text.slice(start - base, nameEnd - base).toLowerCase(), value);
      } else if (known.field === FIELD_OTHER) {
        this.list.push(known.name, value);
      } else {
        this.special(known.field, known.name, value, bytes, valueStart, valueEnd);
        if (this.code !== null) return start;
      }
    }
    return i;
  }

  /** A field that concerns framing, routing or the connection. */
  private special(field: number, name: string, value: string, bytes: Buffer, from: number, to: number): void {
    if (this.kind === TRAILER_FIELDS) {
      this.specialTrailer(field, name, value);
      return;
    }
    switch (field) {
      case FIELD_HOST:
        if (this.kind === REQUEST_FIELDS) this.takeHost(value, bytes, from, to);
        else this.list.push(name, value);
        return;
      case FIELD_CONTENT_LENGTH:
        this.takeContentLength(bytes, from, to);
        return;
      case FIELD_TRANSFER_ENCODING:
        this.transferEncoding = this.transferEncoding === undefined ? value : this.transferEncoding + "," + value;
        return;
      case FIELD_CONNECTION:
        this.connection = this.connection === "" ? value : this.connection + "," + value;
        return;
      case FIELD_UPGRADE:
        this.upgrade = this.upgrade === "" ? value : this.upgrade + ", " + value;
        return;
      case FIELD_PROXY_CONNECTION:
        if (hasToken(value, "close")) this.proxyClose = true;
        return;
      case FIELD_TE:
        // The one member of TE that may go on: that the client takes trailers (RFC 9110 section 10.1.4).
        if (!this.teTrailers && this.kind === REQUEST_FIELDS && hasToken(value, "trailers")) {
          this.teTrailers = true;
          this.list.push("te", "trailers");
        }
        return;
      case FIELD_EXPECT:
        if (value.length === 12 && value.toLowerCase() === "100-continue") this.expectContinue = true;
        this.list.push(name, value);
        return;
      case FIELD_KEEP_ALIVE:
      case FIELD_HTTP2_SETTINGS:
        return;
    }
  }

  /** In trailers: what frames or routes is refused, since it can only be meant to deceive; what is hop-by-hop is dropped. */
  private specialTrailer(field: number, name: string, value: string): void {
    if (field === FIELD_HOST || field === FIELD_CONTENT_LENGTH || field === FIELD_TRANSFER_ENCODING) {
      this.refuse("http1.forbidden_trailer", `${name} among the trailers; trailers can't change framing or routing`);
    } else if (field === FIELD_EXPECT) {
      this.list.push(name, value);
    }
  }

  private takeHost(value: string, bytes: Buffer, from: number, to: number): void {
    if (this.host !== undefined) {
      this.refuse("http1.two_hosts", `a second Host, ${quoteBytes(bytes, from, to)}; one is wanted`);
    } else if (from === to || hostEnd(bytes, from, to) !== to) {
      this.refuse("http1.invalid_host", `Host is ${quoteBytes(bytes, from, to)}; wanted is host or host:port`);
    } else {
      this.host = value;
    }
  }

  private takeContentLength(bytes: Buffer, from: number, to: number): void {
    let length = 0;
    let i = from;
    for (; i < to; i++) {
      const digit = bytes[i] - 48;
      if (digit < 0 || digit > 9) break;
      length = length * 10 + digit;
    }
    if (this.contentLength >= 0) {
      this.refuse("http1.two_content_lengths", `a second Content-Length, ${quoteBytes(bytes, from, to)}; one is wanted`);
    } else if (i < to || from === to || length > Number.MAX_SAFE_INTEGER) {
      this.refuse(
        "http1.invalid_content_length",
        `Content-Length is ${quoteBytes(bytes, from, to)}; wanted is one decimal number`,
      );
    } else {
      this.contentLength = length;
      // Leading zeros go: what the next hop reads should be what we read.
      this.list.push("content-length", String(length));
    }
  }

  private refuse(code: Http1ErrorCode, message: string): number {
    this.code = code;
    this.message = message;
    return 0;
  }

  /** Mistakes are told once the line is whole, so that they don't depend on how the bytes were cut. */
  private nameMistake(bytes: Buffer, start: number, i: number, end: number): number {
    const stop = bytes.indexOf(LF, i);
    if (stop === -1 || stop >= end) return start;
    const c = bytes[i];
    const line = quoteBytes(bytes, start, stop);
    if (c === LF) return this.refuse("http1.bare_lf", `a line that ends in LF alone, ${line}; CRLF is wanted`);
    if (c === CR && bytes[i + 1] !== LF) return this.refuse("http1.bare_cr", `a CR without LF in ${line}`);
    if (i > start) return this.refuse("http1.invalid_header_name", `field line ${line}; wanted is a token and a colon at once`);
    if (c === SP || c === HTAB)
      return this.refuse("http1.obs_fold", `a line that starts with whitespace, ${line}; folding is refused`);
    if (c === COLON) return this.refuse("http1.empty_header_name", `field line ${line}; a name is wanted before the colon`);
    return this.refuse("http1.invalid_header_name", `field line ${line}; wanted is a token and a colon at once`);
  }

  private valueMistake(bytes: Buffer, start: number, nameEnd: number, i: number, end: number): number {
    const stop = bytes.indexOf(LF, i);
    if (stop === -1 || stop >= end) return start;
    const c = bytes[i];
    const line = quoteBytes(bytes, start, stop);
    if (c === LF) return this.refuse("http1.bare_lf", `a line that ends in LF alone, ${line}; CRLF is wanted`);
    if (c === CR) return this.refuse("http1.bare_cr", `a CR without LF in ${line}`);
    const name = quoteBytes(bytes, start, nameEnd);
    return this.refuse(
      "http1.invalid_header_value",
      `byte 0x${c.toString(16)} in the value of ${name}; control characters are refused`,
    );
  }
}
