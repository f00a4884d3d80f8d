import type { SessionOptions } from "../http2/session-options.ts";
import { DEFAULT_SESSION_OPTIONS } from "../http2/session-options.ts";
import type { Http2ProtocolOptions } from "../resources/protocol-options.ts";
import type { KeepaliveOptions } from "../stream/keepalive.ts";

/** What bounds messages, which for HTTP/2 stands elsewhere in the resources. */
export interface MessageLimits {
  readonly maxHeaderListSize: number;
  readonly maxHeaders: number;
  readonly bufferLimit: number;
  /** What the connection manager says of messages that break HTTP's rules. */
  readonly streamErrorOnInvalidHttpMessage: boolean;
}

/** Reads the options of a session. */
export function http2SessionOptions(options: Http2ProtocolOptions, limits: MessageLimits): SessionOptions {
  return {
    hpackTableSize: options.hpackTableSize,
    maxConcurrentStreams: options.maxConcurrentStreams,
    initialStreamWindowSize: options.initialStreamWindowSize,
    initialConnectionWindowSize: options.initialConnectionWindowSize,
    allowConnect: options.allowConnect,
    maxOutboundFrames: options.maxOutboundFrames,
    maxOutboundControlFrames: options.maxOutboundControlFrames,
    maxConsecutiveInboundFramesWithEmptyPayload: options.maxConsecutiveInboundFramesWithEmptyPayload,
    maxInboundPriorityFramesPerStream: options.maxInboundPriorityFramesPerStream,
    maxInboundWindowUpdateFramesPerDataFrameSent: options.maxInboundWindowUpdateFramesPerDataFrameSent,
    streamErrorOnInvalidHttpMessage:
      options.overrideStreamErrorOnInvalidHttpMessage ??
      (options.streamErrorOnInvalidHttpMessaging || limits.streamErrorOnInvalidHttpMessage),
    maxHeaderListSize: limits.maxHeaderListSize,
    maxHeaders: limits.maxHeaders,
    bufferLimit: limits.bufferLimit,
    maxPrematureResets: DEFAULT_SESSION_OPTIONS.maxPrematureResets,
    prematureLifetime: DEFAULT_SESSION_OPTIONS.prematureLifetime,
  };
}

/** Reads `connection_keepalive`; null: nobody is asked. */
export function keepaliveOptions(options: Http2ProtocolOptions): KeepaliveOptions | null {
  const keepalive = options.connectionKeepalive;
  if (keepalive === undefined) return null;
  return {
    interval: keepalive.interval ?? 0,
    timeout: keepalive.timeout,
    jitter: keepalive.intervalJitter,
    idleInterval: keepalive.connectionIdleInterval ?? 0,
  };
}
