import type { Buffer } from "node:buffer";
import { CR, HEX, HTAB, LF, SP, TOKEN_LOWER, VALUE } from "./char-classes.ts";
import { quoteBytes } from "./http1-error.ts";
import type { Http1ErrorCode } from "./http1-error.ts";

const SEMICOLON = 59;
const EQUALS = 61;
const QUOTE = 34;
const BACKSLASH = 92;

// States of the line `1*HEXDIG *( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] ) CRLF`.
const SIZE = 0;
const BEFORE_SEMICOLON = 1;
const BEFORE_NAME = 2;
const NAME = 3;
const AFTER_NAME = 4;
const BEFORE_VALUE = 5;
const TOKEN_VALUE = 6;
const QUOTED_VALUE = 7;
const QUOTED_PAIR = 8;
const AFTER_QUOTED = 9;
const LINE_FEED = 10;

/**
 * The line before a chunk (RFC 9112 section 7.1), byte by byte, so that nothing of it need be kept. Extensions are checked and
 * dropped: they are hop-by-hop and mean nothing to anyone. One serves all chunks of a message.
 */
export class ChunkLine {
  readonly maxBytes: number;
  /** Bytes of data in the chunk; 0 is the last. */
  size: number;
  /** The whole line has been read. */
  done: boolean;
  /** Set when the line is refused; `message` says why. */
  code: Http1ErrorCode | null;
  message: string;
  private state: number;
  private digits: number;
  private length: number;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
    this.size = 0;
    this.done = false;
    this.code = null;
    this.message = "";
    this.state = SIZE;
    this.digits = 0;
    this.length = 0;
  }

  /** Ready for the next line. */
  reset(): void {
    this.size = 0;
    this.done = false;
    this.state = SIZE;
    this.digits = 0;
    this.length = 0;
  }

  /** Reads in `[i, end)` and returns where it stopped: behind the line once `done`, at the mistake once `code` is set, else `end`. */
  read(bytes: Buffer, i: number, end: number): number {
    for (; i < end; i++) {
      const c = bytes[i];
      if (this.state === LINE_FEED) {
        if (c !== LF) return this.refuse(bytes, i, end, "http1.bare_cr");
        this.done = true;
        return i + 1;
      }
      if (++this.length > this.maxBytes) {
        this.code = "http1.chunk_line_too_long";
        this.message = `a chunk's line of more than ${this.maxBytes} bytes; extensions that long are refused`;
        return i;
      }
      if (this.state === SIZE) {
        const digit = HEX[c];
        if (digit !== 0) {
          this.size = this.size * 16 + (digit - 1);
          if (++this.digits > 16 || this.size > Number.MAX_SAFE_INTEGER)
            return this.refuse(bytes, i, end, "http1.chunk_size_overflow");
          continue;
        }
        if (this.digits === 0) return this.refuse(bytes, i, end, "http1.invalid_chunk_size");
      }
      const next = nextState(this.state, c);
      if (next < 0) {
        if (c === LF) return this.refuse(bytes, i, end, "http1.bare_lf");
        const inSize = this.state === SIZE || this.state === BEFORE_SEMICOLON;
        return this.refuse(bytes, i, end, inSize ? "http1.invalid_chunk_size" : "http1.invalid_chunk_extension");
      }
      this.state = next;
    }
    return end;
  }

  private refuse(bytes: Buffer, i: number, end: number, code: Http1ErrorCode): number {
    this.code = code;
    this.message = `${quoteBytes(bytes, i, Math.min(end, i + 16))} in a chunk's line; wanted are hexadecimal digits below 2^53, extensions, CRLF`;
    return i;
  }
}

function nextState(state: number, c: number): number {
  const blank = c === SP || c === HTAB;
  switch (state) {
    case SIZE:
      return c === CR ? LINE_FEED : c === SEMICOLON ? BEFORE_NAME : blank ? BEFORE_SEMICOLON : -1;
    case BEFORE_SEMICOLON:
      return blank ? BEFORE_SEMICOLON : c === SEMICOLON ? BEFORE_NAME : -1;
    case BEFORE_NAME:
      return blank ? BEFORE_NAME : TOKEN_LOWER[c] !== 0 ? NAME : -1;
    case NAME:
      return TOKEN_LOWER[c] !== 0
        ? NAME
        : c === EQUALS
          ? BEFORE_VALUE
          : c === SEMICOLON
            ? BEFORE_NAME
            : c === CR
              ? LINE_FEED
              : blank
                ? AFTER_NAME
                : -1;
    case AFTER_NAME:
      return blank ? AFTER_NAME : c === EQUALS ? BEFORE_VALUE : c === SEMICOLON ? BEFORE_NAME : -1;
    case BEFORE_VALUE:
      return blank ? BEFORE_VALUE : c === QUOTE ? QUOTED_VALUE : TOKEN_LOWER[c] !== 0 ? TOKEN_VALUE : -1;
    case TOKEN_VALUE:
      return TOKEN_LOWER[c] !== 0 ? TOKEN_VALUE : afterValue(c, blank);
    case QUOTED_VALUE:
      return c === QUOTE ? AFTER_QUOTED : c === BACKSLASH ? QUOTED_PAIR : VALUE[c] === 1 ? QUOTED_VALUE : -1;
    case QUOTED_PAIR:
      return VALUE[c] === 1 ? QUOTED_VALUE : -1;
    default:
      return afterValue(c, blank);
  }
}

function afterValue(c: number, blank: boolean): number {
  return c === CR ? LINE_FEED : c === SEMICOLON ? BEFORE_NAME : blank ? BEFORE_SEMICOLON : -1;
}
