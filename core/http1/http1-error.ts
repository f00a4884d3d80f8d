import { Buffer } from "node:buffer";
import type { Http1Error } from "./types.ts";

/**
 * Every way a peer's bytes can be wrong, with the status a request is answered with. A response that is wrong is a 502 whatever
 * the reason. Where Envoy has a response-code detail of the same meaning the name is Envoy's.
 */
export const HTTP1_ERROR_CODES = {
  /** A TLS hello on a plain-text port. */
  "http1.tls_on_plain_port": 400,
  /** The HTTP/2 connection preface where only HTTP/1.1 is spoken. */
  "http1.http2_preface": 505,
  /** The request line isn't `method SP target SP version` (RFC 9112 section 3). */
  "http1.invalid_request_line": 400,
  /** The method isn't a token (RFC 9110 section 9.1). */
  "http1.invalid_method": 400,
  /** The target has a byte no target may have, or none of the four forms (RFC 9112 section 3.2). */
  "http1.invalid_url": 400,
  /** The target has a fragment (RFC 9110 section 4.2.5). */
  "http1.fragment_in_target": 400,
  /** The request line alone is longer than a head may be (RFC 9112 section 3). */
  "http1.target_too_long": 414,
  /** A version other than 1.0 and 1.1 (RFC 9110 section 15.6.6). */
  "http1.version_not_supported": 505,
  /** HTTP/1.0 where `accept_http_10` isn't set; as Envoy. */
  "http1.http_10_not_accepted": 426,
  /** The status line isn't `version SP 3DIGIT [SP reason]` (RFC 9112 section 4). */
  "http1.invalid_status_line": 502,
  /** A line ends in LF without CR (RFC 9112 section 2.2). */
  "http1.bare_lf": 400,
  /** A CR without LF (RFC 9112 section 2.2). */
  "http1.bare_cr": 400,
  /** A field without a name. */
  "http1.empty_header_name": 400,
  /** A field line whose name isn't a token: whitespace before the colon, no colon, a control byte (RFC 9112 section 5.1). */
  "http1.invalid_header_name": 400,
  /** A control byte in a field value (RFC 9110 section 5.5). */
  "http1.invalid_header_value": 400,
  /** A line folded onto the next (RFC 9112 section 5.2). */
  "http1.obs_fold": 400,
  /** More than `maxHeaders` fields. */
  "http1.too_many_headers": 431,
  /** More than `maxHeadBytes`. */
  "http1.headers_too_large": 431,
  /** More than `maxTrailerBytes`. */
  "http1.trailers_too_large": 431,
  /** A trailer that would change framing or routing (RFC 9110 section 6.5.1). */
  "http1.forbidden_trailer": 400,
  /** HTTP/1.1 without `Host` (RFC 9112 section 3.2). */
  "http1.missing_host": 400,
  /** `Host` twice (RFC 9112 section 3.2). */
  "http1.two_hosts": 400,
  /** `Host`, or the authority of the target, isn't `uri-host [":" port]` (RFC 9110 section 7.2). */
  "http1.invalid_host": 400,
  /** Content-Length isn't one decimal number below 2^53 (RFC 9110 section 8.6). */
  "http1.invalid_content_length": 400,
  /** Content-Length twice, be they equal (RFC 9112 section 6.3). */
  "http1.two_content_lengths": 400,
  /** Both, while `allow_chunked_length` isn't set (RFC 9112 section 6.1). */
  "http1.content_length_and_chunked_not_allowed": 400,
  /** Transfer-Encoding isn't a list of codings that ends in `chunked`, once (RFC 9112 section 6.1). */
  "http1.invalid_transfer_encoding": 400,
  /** A coding before `chunked` (RFC 9112 section 6.1). */
  "http1.unsupported_transfer_encoding": 501,
  /** Transfer-Encoding in HTTP/1.0 (RFC 9112 section 6.1). */
  "http1.transfer_encoding_not_allowed": 400,
  /** A CONNECT with content (RFC 9110 section 9.3.6). */
  "http1.body_disallowed": 400,
  /** Connection names a field that must not be dropped, or ten options and more; as Envoy. */
  "http1.connection_header_rejected": 400,
  /** A chunk's line isn't `1*HEXDIG [extensions] CRLF` (RFC 9112 section 7.1). */
  "http1.invalid_chunk_size": 400,
  /** A chunk of 2^53 bytes or more, or a size of more than 16 digits. */
  "http1.chunk_size_overflow": 400,
  /** Chunk extensions that aren't as RFC 9112 section 7.1.1 says. */
  "http1.invalid_chunk_extension": 400,
  /** A chunk's line longer than `maxChunkLineBytes`. */
  "http1.chunk_line_too_long": 400,
  /** A chunk's data isn't followed by CRLF. */
  "http1.chunk_data_overrun": 400,
  /** The connection ended inside a message (RFC 9112 section 8). */
  "http1.truncated_message": 400,
} as const satisfies Record<string, number>;

/** One of the codes above. */
export type Http1ErrorCode = keyof typeof HTTP1_ERROR_CODES;

/** The error for a code; `response`: it was an upstream who sent it. */
export function http1Error(code: Http1ErrorCode, response: boolean, message: string): Http1Error {
  return { status: response ? 502 : HTTP1_ERROR_CODES[code], code, message };
}

/** A peer's bytes for a message: in quotes, the first 64, everything but printable ASCII as `\xNN`. */
export function quoteBytes(bytes: Uint8Array, from: number, to: number): string {
  const end = Math.min(to, from + 64);
  let text = '"';
  for (let i = from; i < end; i++) {
    const c = bytes[i];
    if (c === 34 || c === 92) text += "\\" + String.fromCharCode(c);
    else if (c >= 32 && c < 127) text += String.fromCharCode(c);
    else text += "\\x" + (c < 16 ? "0" : "") + c.toString(16);
  }
  return text + (end < to ? '"...' : '"');
}

/** The same for a string of latin1 characters. */
export function quoteText(text: string): string {
  const bytes = Buffer.from(text.slice(0, 65), "latin1");
  return quoteBytes(bytes, 0, bytes.length);
}
