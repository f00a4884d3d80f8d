/** How a session behaves; names and defaults are those of Envoy's `Http2ProtocolOptions`, but for the windows. */
export interface SessionOptions {
  /** Octets of the table that the peer's encoder may use, and bound of our own. Default 4,096. */
  readonly hpackTableSize: number;
  /** Streams that the peer may have open at once. Default 1,024 (Envoy before 1.36: 2^31 - 1). */
  readonly maxConcurrentStreams: number;
  /** Octets that a stream may bring before they have been taken. */
  readonly initialStreamWindowSize: number;
  /** The same for all streams together: what bounds the memory that one connection can take. */
  readonly initialConnectionWindowSize: number;
  /** Whether `:protocol` is offered and taken (RFC 8441). Default false. */
  readonly allowConnect: boolean;
  /** Frames that may wait for the socket. Default 10,000. */
  readonly maxOutboundFrames: number;
  /** Of these PING, SETTINGS and RST_STREAM. Default 1,000. */
  readonly maxOutboundControlFrames: number;
  /** HEADERS, CONTINUATION and DATA in a row that are empty and end nothing. Default 1. */
  readonly maxConsecutiveInboundFramesWithEmptyPayload: number;
  /** PRIORITY frames for each stream. Default 100. */
  readonly maxInboundPriorityFramesPerStream: number;
  /** WINDOW_UPDATE frames for each DATA frame that was sent. Default 10. */
  readonly maxInboundWindowUpdateFramesPerDataFrameSent: number;
  /** A message that breaks HTTP's rules costs its stream only, not the connection. Default false, as in Envoy. */
  readonly streamErrorOnInvalidHttpMessage: boolean;
  /** Names and values of a message's fields, in octets, with 32 a field. Default 61,440. */
  readonly maxHeaderListSize: number;
  /** Fields of a message. Default 100. */
  readonly maxHeaders: number;
  /** Streams that were reset early, by the peer or because of it, before the connection is judged. Envoy: `overload.premature_reset_total_stream_count`, 500. */
  readonly maxPrematureResets: number;
  /** ms below which a stream's life is early. Envoy: `overload.premature_reset_min_stream_lifetime_seconds`, 1. */
  readonly prematureLifetime: number;
  /** Octets of one stream that wait for the peer's window before its source is held back. Default 1 MiB. */
  readonly bufferLimit: number;
}

export const DEFAULT_SESSION_OPTIONS: SessionOptions = {
  hpackTableSize: 4096,
  maxConcurrentStreams: 1024,
  initialStreamWindowSize: 1024 * 1024,
  initialConnectionWindowSize: 8 * 1024 * 1024,
  allowConnect: false,
  maxOutboundFrames: 10_000,
  maxOutboundControlFrames: 1_000,
  maxConsecutiveInboundFramesWithEmptyPayload: 1,
  maxInboundPriorityFramesPerStream: 100,
  maxInboundWindowUpdateFramesPerDataFrameSent: 10,
  streamErrorOnInvalidHttpMessage: false,
  maxHeaderListSize: 60 * 1024,
  maxHeaders: 100,
  maxPrematureResets: 500,
  prematureLifetime: 1000,
  bufferLimit: 1024 * 1024,
};
