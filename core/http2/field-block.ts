import {
  KIND_AUTHORITY,
  KIND_BAD_NAME,
  KIND_BAD_VALUE,
  KIND_CONNECTION,
  KIND_CONTENT_LENGTH,
  KIND_COOKIE,
  KIND_EXPECT,
  KIND_HOST,
  KIND_METHOD,
  KIND_OTHER,
  KIND_PATH,
  KIND_PROTOCOL,
  KIND_SCHEME,
  KIND_STATUS,
  KIND_TE,
} from "./field-kind.ts";
import { equalsIgnoreCase } from "../bytes/ascii.ts";
import { REG_NAME, TARGET } from "../http1/char-classes.ts";
import type { FieldSink } from "./hpack/decoder.ts";

/** What a message's fields are read as. */
export const REQUEST = 0;
export const RESPONSE = 1;
export const TRAILERS = 2;

/** What a field counts beside name and value. Source: RFC 9113 section 6.5.2. */
const FIELD_OVERHEAD = 32;

/**
 * The fields of one header block, read as they are decoded and checked as strictly as HTTP/1.1's: what comes out of it can be written to a connection of
 * HTTP/1.1. Fields that are too many or too large are counted and dropped, so that a small block that stands for a large list costs no memory.
 *
 * Source: RFC 9113 sections 8.2 and 8.3.
 */
export class FieldBlock implements FieldSink {
  readonly kind: number;
  /** `[name, value, ...]`, in the order of arrival, pieces of `cookie` joined. Without pseudo-headers and `host`. */
  list: string[];
  method: string;
  scheme: string;
  authority: string;
  path: string;
  /** `:protocol` of an extended CONNECT (RFC 8441), or "". */
  protocol: string;
  /** 0 for requests and trailers. */
  status: number;
  /** -1: none. */
  contentLength: number;
  expectContinue: boolean;
  /** Why the message is malformed, for a log; "" if it is not. */
  malformed: string;
  /** More fields, or more octets, than the limits allow. */
  tooLarge: boolean;
  readonly #maxSize: number;
  readonly #maxFields: number;
  #size: number;
  #fields: number;
  /** Bits, by kind, of pseudo-headers that were seen. */
  #seen: number;
  #regular: boolean;
  #host: string | undefined;
  /** Where in the list the value of `cookie` is; -1: nowhere yet. */
  #cookieAt: number;

  /** `maxSize` counts names and values in octets and 32 a field; `maxFields` counts fields. */
  constructor(kind: number, maxSize: number, maxFields: number) {
    this.kind = kind;
    this.list = [];
    this.method = "";
    this.scheme = "";
    this.authority = "";
    this.path = "";
    this.protocol = "";
    this.status = 0;
    this.contentLength = -1;
    this.expectContinue = false;
    this.malformed = "";
    this.tooLarge = false;
    this.#maxSize = maxSize;
    this.#maxFields = maxFields;
    this.#size = 0;
    this.#fields = 0;
    this.#seen = 0;
    this.#regular = false;
    this.#host = undefined;
    this.#cookieAt = -1;
  }

  field(name: string, value: string, kind: number): void {
    this.#size += name.length + value.length + FIELD_OVERHEAD;
    if (++this.#fields > this.#maxFields || this.#size > this.#maxSize) {
      this.tooLarge = true;
      return;
    }
    if (kind === KIND_OTHER) {
      this.#regular = true;
      this.list.push(name, value);
    } else this.#special(name, value, kind);
  }

  #special(name: string, value: string, kind: number): void {
    if (kind <= KIND_PROTOCOL) {
      this.#pseudo(name, value, kind);
      return;
    }
    this.#regular = true;
    switch (kind) {
      case KIND_HOST:
        if (this.kind !== REQUEST) this.list.push(name, value);
        else if (this.#host === undefined) this.#host = value;
        else this.#bad("two host fields");
        return;
      case KIND_CONTENT_LENGTH:
        this.#length(name, value);
        return;
      case KIND_COOKIE:
        if (this.#cookieAt >= 0) this.list[this.#cookieAt] += "; " + value;
        else this.#cookieAt = this.list.push(name, value) - 1;
        return;
      case KIND_TE:
        if (this.kind === REQUEST && value.toLowerCase() === "trailers") this.list.push(name, "trailers");
        else this.#bad(`te: ${quote(value)}, wanted trailers`);
        return;
      case KIND_EXPECT:
        if (this.kind === REQUEST && value.toLowerCase() === "100-continue") this.expectContinue = true;
        this.list.push(name, value);
        return;
      case KIND_CONNECTION:
        this.#bad(`${name} is a field of HTTP/1.1 connections`);
        return;
      case KIND_BAD_NAME:
        this.#bad(`field name ${quote(name)}, wanted a token in lower case`);
        return;
      case KIND_BAD_VALUE:
        this.#bad(`value of ${quote(name)} holds a character that no field may hold`);
        return;
      default:
        this.#bad(`unknown pseudo-header ${quote(name)}`);
    }
  }

  #pseudo(name: string, value: string, kind: number): void {
    const bit = 1 << kind;
    if (this.kind === TRAILERS) return this.#bad(`pseudo-header ${name} in trailers`);
    if (this.#regular) return this.#bad(`pseudo-header ${name} behind a field`);
    if ((this.#seen & bit) !== 0) return this.#bad(`two of ${name}`);
    this.#seen |= bit;
    if ((kind === KIND_STATUS) !== (this.kind === RESPONSE))
      return this.#bad(`pseudo-header ${name} in the wrong kind of message`);
    switch (kind) {
      case KIND_METHOD:
        this.method = value;
        return;
      case KIND_SCHEME:
        this.scheme = value;
        return;
      case KIND_AUTHORITY:
        this.authority = value;
        return;
      case KIND_PATH:
        this.path = value;
        return;
      case KIND_PROTOCOL:
        this.protocol = value;
        return;
      default:
        this.status = STATUS.test(value) ? Number(value) : 0;
        if (this.status < 100) this.#bad(`:status ${quote(value)}, wanted three digits`);
    }
  }

  #length(name: string, value: string): void {
    if (this.kind === TRAILERS) return this.#bad("content-length in trailers");
    let length = 0;
    for (let i = 0; i < value.length; i++) {
      const digit = value.charCodeAt(i) - 48;
      if (digit < 0 || digit > 9) length = NaN;
      length = length * 10 + digit;
    }
    if (value === "" || !(length <= Number.MAX_SAFE_INTEGER)) return this.#bad(`content-length ${quote(value)}, wanted digits`);
    if (this.contentLength >= 0) return this.#bad("two content-length fields");
    this.contentLength = length;
    this.list.push(name, value);
  }

  #bad(why: string): void {
    if (this.malformed === "") this.malformed = why;
  }

  /** The block has ended: what is missing, and what does not fit together. */
  finish(): void {
    if (this.malformed !== "" || this.tooLarge) return;
    if (this.kind === REQUEST) this.#finishRequest();
    else if (this.kind === RESPONSE && this.status === 0) this.#bad("a response without :status");
  }

  #finishRequest(): void {
    const { method, scheme, path, protocol } = this;
    if (method !== "GET" && method !== "POST" && !METHOD.test(method)) {
      return this.#bad(method === "" ? "no :method" : `:method ${quote(method)}, wanted a token`);
    }
    if (protocol !== "" && method !== "CONNECT") return this.#bad(":protocol with a method other than CONNECT");
    const connects = method === "CONNECT" && protocol === "";
    if (connects) {
      // RFC 9113 section 8.5.
      if ((this.#seen & ((1 << KIND_SCHEME) | (1 << KIND_PATH))) !== 0) return this.#bad("CONNECT with :scheme or :path");
    } else {
      if (scheme !== "http" && scheme !== "https" && !SCHEME.test(scheme)) {
        return this.#bad(scheme === "" ? "no :scheme" : `:scheme ${quote(scheme)}`);
      }
      if (!isPath(path) && !(path === "*" && method === "OPTIONS")) {
        return this.#bad(`:path ${quote(path)}, wanted one that begins with a slash and holds visible characters other than #`);
      }
    }
    const host = this.#host;
    if (host !== undefined) {
      if (this.authority === "") this.authority = host;
      else if (!equalsIgnoreCase(host, this.authority)) {
        return this.#bad(`host ${quote(host)} differs from :authority ${quote(this.authority)}`);
      }
    }
    const { authority } = this;
    if (authority === "") return this.#bad("neither :authority nor host");
    if (!isAuthority(authority)) return this.#bad(`:authority ${quote(authority)}, wanted a host and perhaps a port`);
    if (connects && !PORT.test(authority)) return this.#bad(`CONNECT to ${quote(authority)}, wanted a host and a port`);
  }
}

const METHOD = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*$/;
const STATUS = /^[1-5][0-9][0-9]$/;
const PORT = /:[0-9]+$/;
const COLON = 58;

/** As the codec of HTTP/1.1 takes it. */
function isPath(path: string): boolean {
  if (path.charCodeAt(0) !== 47) return false;
  for (let i = 1; i < path.length; i++) if (TARGET[path.charCodeAt(i)] !== 1) return false;
  return true;
}

/** `uri-host [":" port]` without userinfo, as the codec of HTTP/1.1 takes it. */
function isAuthority(text: string): boolean {
  const { length } = text;
  let i = 0;
  if (text.charCodeAt(0) === 91) {
    i = text.indexOf("]") + 1;
    if (i < 4 || !/^[0-9A-Fa-f:.]+$/.test(text.slice(1, i - 1))) return false;
  } else {
    while (i < length && REG_NAME[text.charCodeAt(i)] === 1) i++;
    if (i === 0) return false;
  }
  if (i === length) return true;
  if (text.charCodeAt(i) !== COLON) return false;
  let port = 0;
  for (i++; i < length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return false;
    port = port * 10 + digit;
    if (port > 65_535) return false;
  }
  return true;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 64 ? text.slice(0, 64) + "..." : text);
}
