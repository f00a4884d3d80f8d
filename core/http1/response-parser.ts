import type { Buffer } from "node:buffer";
import { controlAt, CR, LF, skipClass, SP, VALUE } from "./char-classes.ts";
import { connectionOptions, removeField } from "./connection-options.ts";
import { HeaderBlock, RESPONSE_FIELDS } from "./header-block.ts";
import { quoteBytes } from "./http1-error.ts";
import { MessageParser } from "./message-parser.ts";
import { STATE_DONE, STATE_END, STATE_FIELDS, STATE_INTERIM, STATE_TUNNEL, STATE_UNTIL_CLOSE } from "./parser-state.ts";
import type { Http1Events, Http1Limits, ResponseParserOptions } from "./types.ts";

/**
 * Reads the responses of one connection. `expect()` goes before each; what comes when none is expected is held and shows in
 * `buffered`: such a connection must not be used again.
 *
 * A 1xx is reported by `onHead()` alone, the next head follows. After 101, and after a 2xx to CONNECT, all is body until
 * `finish()`, which also ends a response that has no length.
 */
export class ResponseParser extends MessageParser {
  /** 100 to 999, as sent. */
  status: number;
  /** As sent; may be empty. */
  reason: string;
  private readonly options: ResponseParserOptions;
  /** Of the request being answered. */
  private method: string;

  constructor(events: Http1Events, limits: Http1Limits, options: ResponseParserOptions) {
    super(events, limits, STATE_DONE);
    this.status = 0;
    this.reason = "";
    this.options = options;
    this.method = "";
  }

  /** The next response answers a request of that method, on which its framing depends (RFC 9112 section 6.3). Does nothing inside one. */
  expect(method: string): void {
    if (!this.isDone) return;
    this.method = method;
    this.status = 0;
    this.reason = "";
    this.begin();
  }

  protected get isResponse(): boolean {
    return true;
  }

  protected readStartLine(bytes: Buffer, text: string, from: number, end: number): number {
    // "HTTP/1.1 200" and CR LF, or a space, a reason, CR LF.
    if (end - from < 14) return this.startLineMistake(bytes, from, end);
    const minor = bytes[from + 7] - 48;
    const hundreds = bytes[from + 9] - 48;
    const tens = bytes[from + 10] - 48;
    const ones = bytes[from + 11] - 48;
    if (
      bytes[from] !== 72 ||
      bytes[from + 1] !== 84 ||
      bytes[from + 2] !== 84 ||
      bytes[from + 3] !== 80 ||
      bytes[from + 4] !== 47 ||
      bytes[from + 5] !== 49 ||
      bytes[from + 6] !== 46 ||
      (minor !== 0 && minor !== 1) ||
      bytes[from + 8] !== SP ||
      !(hundreds >= 1 && hundreds <= 9 && tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9)
    ) {
      return this.startLineMistake(bytes, from, end);
    }
    let i = from + 12;
    if (bytes[i] === SP) i = skipClass(VALUE, bytes, i, end);
    if (i + 1 >= end || bytes[i] !== CR || bytes[i + 1] !== LF) return this.startLineMistake(bytes, from, end);
    this.versionMinor = minor;
    this.status = hundreds * 100 + tens * 10 + ones;
    const length = i - from - 13;
    if (length === 2 && bytes[from + 13] === 79 && bytes[from + 14] === 75) this.reason = "OK";
    else this.reason = length > 0 ? text.slice(13, 13 + length) : "";
    this.block = new HeaderBlock(RESPONSE_FIELDS, this.limits.maxHeaders);
    this.state = STATE_FIELDS;
    return i + 2;
  }

  protected completeHead(block: HeaderBlock): void {
    if (!this.takeFraming(block, this.options.allowChunkedLength)) return;
    const options = connectionOptions(block.connection, this.list, false);
    this.keepAlive = !options.close && (this.versionMinor === 1 || options.keepAlive);
    if (this.chunked && block.contentLength >= 0) this.keepAlive = false;
    if (options.upgrade) this.upgrade = block.upgrade;
    this.frame();
  }

  /** The order of RFC 9112 section 6.3. */
  private frame(): void {
    const status = this.status;
    const accepted = this.method === "CONNECT" && status >= 200 && status < 300;
    if (status === 101 || accepted) {
      this.dropFraming();
      this.keepAlive = false;
      this.hasBody = true;
      this.state = STATE_TUNNEL;
    } else if (status < 200) {
      this.dropFraming();
      this.state = STATE_INTERIM;
    } else if (status === 204) {
      this.dropFraming();
      this.state = STATE_END;
    } else if (status === 304 || this.method === "HEAD") {
      this.state = STATE_END;
    } else if (this.chunked || this.contentLength >= 0) {
      this.startBody();
    } else {
      this.keepAlive = false;
      this.hasBody = true;
      this.state = STATE_UNTIL_CLOSE;
    }
  }

  protected completeInput(): void {
    if (this.state === STATE_UNTIL_CLOSE || this.state === STATE_TUNNEL) this.state = STATE_END;
    else if (this.midMessage) this.fail("http1.truncated_message", "the upstream closed inside a response");
  }

  /** These statuses have no body whatever their fields say, and must not carry a length on (RFC 9110 section 8.6). */
  private dropFraming(): void {
    if (this.contentLength >= 0) removeField(this.list, "content-length");
    this.contentLength = -1;
    this.chunked = false;
  }

  /** Tells what is wrong with a status line once it is whole; returns its start until then. */
  private startLineMistake(bytes: Buffer, start: number, end: number): number {
    const stop = bytes.indexOf(LF, start);
    if (stop === -1 || stop >= end) return start;
    const line = quoteBytes(bytes, start, stop);
    // The leftmost mistake, so that the answer doesn't depend on how much of the line has come.
    const mistake = controlAt(bytes, start, stop + 1, 0);
    if (mistake > start && bytes[mistake - 1] === CR) this.fail("http1.bare_cr", `a CR without LF in ${line}`);
    else if (mistake !== -1 && bytes[mistake] === LF)
      this.fail("http1.bare_lf", `a status line that ends in LF alone, ${line}; CRLF is wanted`);
    else
      this.fail("http1.invalid_status_line", `status line ${line}; wanted is HTTP/1.1, a space, three digits, a space, a reason`);
    return start;
  }
}
