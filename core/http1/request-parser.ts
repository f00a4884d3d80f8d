import type { Buffer } from "node:buffer";
import { controlAt, CR, latin1, LF, skipClass, SP, TARGET, TOKEN_LOWER } from "./char-classes.ts";
import { connectionOptions, removeField } from "./connection-options.ts";
import { HeaderBlock, REQUEST_FIELDS } from "./header-block.ts";
import { quoteBytes, quoteText } from "./http1-error.ts";
import { MessageParser } from "./message-parser.ts";
import { STATE_FIELDS, STATE_START, STATE_TUNNEL } from "./parser-state.ts";
import { requestTarget } from "./request-target.ts";
import type { Http1Events, Http1Limits, RequestParserOptions } from "./types.ts";

/** Empty lines taken before a request line: old clients sent one after a body (RFC 9112 section 2.2). */
const MAX_EMPTY_LINES = 4;
const SLASH = 47;
const HASH = 35;
const TLS_HANDSHAKE = 0x16;

/**
 * Reads the requests of one connection, one at a time: after `onComplete()` nothing is read until `next()`. The fields of the
 * head are valid from `onHead()` to `next()`.
 *
 * `hasBody` is false for CONNECT and for an upgrade without content; call `tunnel()` from `onHead()` to have what follows as
 * body rather than as the next request.
 */
export class RequestParser extends MessageParser {
  /** As sent; a token in any case. */
  method: string;
  /** As sent. */
  target: string;
  /** What `:path` must be: origin form; "*" for `OPTIONS *`; "" for CONNECT. */
  path: string;
  /** The authority: of the target if that has one (RFC 9112 section 3.2.2), else Host. */
  host: string;
  /** "http" or "https" of a target in absolute form; else "". */
  scheme: string;
  /** The client waits for 100 (Continue) before it sends the body. */
  expectContinue: boolean;
  /** The line that was refused names no version of HTTP: whoever sent it speaks something else. */
  foreign: boolean;
  private readonly options: RequestParserOptions;
  private emptyLines: number;

  constructor(events: Http1Events, limits: Http1Limits, options: RequestParserOptions) {
    super(events, limits, STATE_START);
    this.method = "";
    this.target = "";
    this.path = "";
    this.host = "";
    this.scheme = "";
    this.expectContinue = false;
    this.foreign = false;
    this.options = options;
    this.emptyLines = 0;
  }

  /** Reads the next request, from what is held first. Does nothing inside a message. */
  next(): void {
    if (!this.isDone) return;
    this.method = "";
    this.target = "";
    this.path = "";
    this.host = "";
    this.scheme = "";
    this.expectContinue = false;
    this.emptyLines = 0;
    this.begin();
  }

  protected get isResponse(): boolean {
    return false;
  }

  protected readStartLine(bytes: Buffer, text: string, from: number, end: number): number {
    let i = from;
    while (i + 1 < end && bytes[i] === CR && bytes[i + 1] === LF) {
      if (++this.emptyLines > MAX_EMPTY_LINES) {
        this.fail("http1.invalid_request_line", `more than ${MAX_EMPTY_LINES} empty lines before a request line`);
        return i;
      }
      i += 2;
    }
    const start = i;
    while (i < end && TOKEN_LOWER[bytes[i]] !== 0) i++;
    if (i === end) return start;
    if (bytes[i] !== SP || i === start) return this.startLineMistake(bytes, start, i, end, true);
    const methodEnd = i;
    const targetStart = ++i;
    i = skipClass(TARGET, bytes, i, end);
    const pathEnd = i;
    if (i < end && bytes[i] === HASH && this.options.stripFragment === true) {
      while (i < end && (TARGET[bytes[i]] === 1 || bytes[i] === HASH)) i++;
    }
    const targetEnd = i;
    // " HTTP/1.1" CR LF
    if (
      end - i < 11 ||
      bytes[i] !== SP ||
      bytes[i + 1] !== 72 ||
      bytes[i + 2] !== 84 ||
      bytes[i + 3] !== 84 ||
      bytes[i + 4] !== 80 ||
      bytes[i + 5] !== 47 ||
      bytes[i + 6] !== 49 ||
      bytes[i + 7] !== 46 ||
      (bytes[i + 8] !== 49 && bytes[i + 8] !== 48) ||
      bytes[i + 9] !== CR ||
      bytes[i + 10] !== LF ||
      targetStart === targetEnd
    ) {
      return this.startLineMistake(bytes, start, i, end, false);
    }
    this.versionMinor = bytes[i + 8] === 49 ? 1 : 0;
    if (this.versionMinor === 0 && !this.options.acceptHttp10) {
      this.fail("http1.http_10_not_accepted", "an HTTP/1.0 request; HTTP/1.1 is wanted");
      return i;
    }
    this.method = methodOf(bytes, text, start - from, start, methodEnd);
    this.target = text.slice(targetStart - from, targetEnd - from);
    if (bytes[targetStart] === SLASH && this.method !== "CONNECT") {
      this.path = pathEnd === targetEnd ? this.target : text.slice(targetStart - from, pathEnd - from);
    } else {
      const parts = requestTarget(this.method, bytes, targetStart, pathEnd);
      if (parts === null) {
        const found = quoteBytes(bytes, targetStart, targetEnd);
        this.fail(
          "http1.invalid_url",
          `target ${found} of ${quoteText(this.method)}; wanted is a path, an http(s) URL, host:port for CONNECT, or * for OPTIONS`,
        );
        return i;
      }
      this.path = parts.path;
      this.host = parts.host;
      this.scheme = parts.scheme;
    }
    this.block = new HeaderBlock(REQUEST_FIELDS, this.limits.maxHeaders);
    this.state = STATE_FIELDS;
    return i + 11;
  }

  protected completeHead(block: HeaderBlock): void {
    let host = block.host;
    if (host === undefined) {
      host = this.versionMinor === 0 ? (this.options.defaultHostForHttp10 ?? "") : "";
      if (host === "" && (this.versionMinor === 1 || this.host === "")) {
        this.fail("http1.missing_host", "no Host; one is wanted");
        return;
      }
    }
    // The target's authority wins over Host (RFC 9112 section 3.2.2).
    if (this.host === "") this.host = host;
    if (!this.takeFraming(block, this.options.allowChunkedLength)) return;
    const options = connectionOptions(block.connection, this.list, true);
    if (options.code !== null) {
      this.fail(options.code, options.message);
      return;
    }
    this.keepAlive = !options.close && !block.proxyClose && (this.versionMinor === 1 || options.keepAlive);
    // With both framings the connection must not be used again (RFC 9112 section 6.3).
    if (this.chunked && block.contentLength >= 0) this.keepAlive = false;
    if (this.versionMinor === 1) {
      this.expectContinue = block.expectContinue;
      // Envoy ignores h2c, and so do all who heed RFC 9113 section 3.1.
      if (options.upgrade && block.upgrade.toLowerCase() !== "h2c") this.upgrade = block.upgrade;
    }
    if (this.method === "CONNECT") {
      if (this.chunked || this.contentLength > 0) {
        this.fail("http1.body_disallowed", "a CONNECT with content, which has no meaning");
        return;
      }
      if (this.contentLength === 0) removeField(this.list, "content-length");
      this.contentLength = -1;
    }
    this.startBody();
  }

  protected completeInput(): void {
    if (this.state === STATE_TUNNEL || !this.midMessage) return;
    this.fail("http1.truncated_message", "the client closed inside a request");
  }

  /** Tells what is wrong with a request line once it is whole; returns its start until then. */
  private startLineMistake(bytes: Buffer, start: number, i: number, end: number, inMethod: boolean): number {
    const stop = bytes.indexOf(LF, start);
    if (stop === -1 || stop >= end) return start;
    const line = quoteBytes(bytes, start, stop);
    const c = bytes[i];
    if (c === CR && bytes[i + 1] !== LF) this.fail("http1.bare_cr", `a CR without LF in ${line}`);
    else if (inMethod) {
      if (bytes[start] === TLS_HANDSHAKE) this.fail("http1.tls_on_plain_port", `${line}, a TLS hello; plain HTTP/1.1 is wanted`);
      else if (c === LF) this.fail("http1.bare_lf", `a request line that ends in LF alone, ${line}; CRLF is wanted`);
      else this.fail("http1.invalid_method", `request line ${line}; wanted is a method, a space, a target, a space, HTTP/1.1`);
    } else if (c === HASH) this.fail("http1.fragment_in_target", `a fragment in the target of ${line}`);
    else if (c !== SP && c !== CR && c !== LF) {
      this.fail("http1.invalid_url", `byte 0x${c.toString(16)} in the target of ${line}`);
    } else this.versionMistake(bytes, i, stop, line);
    return start;
  }

  /** What comes behind the target isn't ` HTTP/1.1` CRLF. */
  private versionMistake(bytes: Buffer, i: number, stop: number, line: string): void {
    const rest = latin1(bytes, i, stop);
    const version = /^ HTTP\/([0-9])\.([0-9])\r?$/.exec(rest);
    if (version === null) {
      // The leftmost mistake, so that the answer doesn't depend on how much of the line has come.
      const mistake = controlAt(bytes, i, stop + 1, 0);
      if (mistake > i && bytes[mistake - 1] === CR) this.fail("http1.bare_cr", `a CR without LF in ${line}`);
      else if (mistake !== -1 && bytes[mistake] === LF)
        this.fail("http1.bare_lf", `a request line that ends in LF alone, ${line}; CRLF is wanted`);
      else {
        this.foreign = !line.includes("HTTP/");
        this.fail("http1.invalid_request_line", `request line ${line}; wanted is a method, a space, a target, a space, HTTP/1.1`);
      }
    } else if (!rest.endsWith("\r")) {
      this.fail("http1.bare_lf", `a request line that ends in LF alone, ${line}; CRLF is wanted`);
    } else if (line.startsWith('"PRI * HTTP/2.0')) {
      this.fail("http1.http2_preface", "the preface of HTTP/2; HTTP/1.1 is wanted");
    } else if (version[1] === "1" && (version[2] === "0" || version[2] === "1")) {
      // The version is right, so it was the target that is empty.
      this.fail("http1.invalid_request_line", `request line ${line}; wanted is a target between the spaces`);
    } else {
      this.fail("http1.version_not_supported", `version HTTP/${version[1]}.${version[2]}; HTTP/1.1 is wanted`);
    }
  }
}

/** The two methods that nearly all requests have need no string of their own. */
function methodOf(bytes: Buffer, text: string, at: number, from: number, to: number): string {
  const length = to - from;
  if (length === 3 && bytes[from] === 71 && bytes[from + 1] === 69 && bytes[from + 2] === 84) return "GET";
  if (length === 4 && bytes[from] === 80 && bytes[from + 1] === 79 && bytes[from + 2] === 83 && bytes[from + 3] === 84)
    return "POST";
  return text.slice(at, at + length);
}
