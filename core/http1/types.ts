import type { Buffer } from "node:buffer";

/**
 * What a parser tells its owner. A connection class implements it; the parser calls it synchronously, from inside `execute()`,
 * `next()`, `resume()`, `tunnel()` or `finish()`.
 */
export interface Http1Events {
  /** A head is complete: read the fields of the parser. Call `tunnel()` here, or later, to take what follows as bytes. */
  onHead(): void;
  /** Part of the body: a view of the input, never a copy, good for as long as its buffer is. Never empty. */
  onBody(chunk: Buffer): void;
  /** Trailer fields after a chunked body, as flat `[name, value, ...]`. Called only when there are any, before `onComplete()`. */
  onTrailers(list: string[]): void;
  /** The message has ended. A parser then consumes nothing until `next()`. */
  onComplete(): void;
}

/** What a peer may make a parser hold; lengths are in bytes. */
export interface Http1Limits {
  /** Start line and header fields together. Default 61440 (Envoy `max_request_headers_kb: 60`). */
  readonly maxHeadBytes: number;
  /** Header fields in a message, and again in its trailers. Default 100 (Envoy `common_http_protocol_options.max_headers_count`). */
  readonly maxHeaders: number;
  /** The line before a chunk: size and extensions. Default 4096 (RFC 9112 section 7.1.1 asks for a bound). */
  readonly maxChunkLineBytes: number;
  /** All trailer fields of a message. Default 61440. */
  readonly maxTrailerBytes: number;
}

/** Envoy's defaults. */
export const DEFAULT_HTTP1_LIMITS: Http1Limits = {
  maxHeadBytes: 60 * 1024,
  maxHeaders: 100,
  maxChunkLineBytes: 4096,
  maxTrailerBytes: 60 * 1024,
};

/** How a request parser deviates from RFC 9112, as Envoy's `Http1ProtocolOptions` names it. */
export interface RequestParserOptions {
  /** `accept_http_10`: serve HTTP/1.0 rather than answer 426. */
  readonly acceptHttp10: boolean;
  /**
   * `allow_chunked_length`: with both, `Transfer-Encoding: chunked` wins and `Content-Length` is removed (RFC 9112 section 6.3);
   * the connection is then not kept alive. False, Envoy's default, refuses such a message.
   */
  readonly allowChunkedLength: boolean;
  /** `default_host_for_http_10`: the authority of a 1.0 request without `Host`. Absent or "": such a request is refused. */
  readonly defaultHostForHttp10?: string;
  /**
   * Drop a fragment from the target rather than refuse it. Default false, as Envoy; its runtime key
   * `envoy.reloadable_features.http_reject_path_with_fragment: false`, which Istio sets, asks for true.
   */
  readonly stripFragment?: boolean;
}

/** Envoy's defaults. */
export const DEFAULT_REQUEST_PARSER_OPTIONS: RequestParserOptions = { acceptHttp10: false, allowChunkedLength: false };

/** How a response parser deviates from RFC 9112. */
export interface ResponseParserOptions {
  /** As for requests. */
  readonly allowChunkedLength: boolean;
}

/** Envoy's defaults. */
export const DEFAULT_RESPONSE_PARSER_OPTIONS: ResponseParserOptions = { allowChunkedLength: false };

/** Why a peer's bytes were refused. Final: the connection can't be trusted further. */
export interface Http1Error {
  /** The status to answer a request with (400, 414, 426, 431, 501, 505); always 502 for a response. */
  readonly status: number;
  /** Stable name, such as `http1.two_content_lengths`; one of `HTTP1_ERROR_CODES`. */
  readonly code: string;
  /** What was found and what was wanted, for a log. Quotes at most 64 characters of the peer's, control characters escaped. */
  readonly message: string;
}
