import { TypedExtensionConfig } from "./base.ts";
import { StringMatcher } from "./matchers.ts";
import type { Infer } from "./schema/index.ts";
import {
  bool,
  boolValue,
  duration,
  enumOf,
  list,
  message,
  notBuilt,
  orEmpty,
  string,
  uint32Value,
  unsupported,
  withDefault,
} from "./schema/index.ts";
import { Percent } from "./percent.ts";

/** What all versions of HTTP have in common, downstream and upstream. */
export const HttpProtocolOptions = message("envoy.config.core.v3.HttpProtocolOptions", {
  /** Milliseconds without an active stream after which a connection closes; 0: never. Default 3,600,000. */
  idleTimeout: duration({ default: 3_600_000 }),
  /** Milliseconds after which a connection drains. Unset or 0: none. */
  maxConnectionDuration: duration(),
  /** More are refused: requests with 431, responses with 502. Default 100. */
  maxHeadersCount: uint32Value({ min: 1, default: 100 }),
  /** Of responses from an upstream. Unset: 60. */
  maxResponseHeadersKb: uint32Value({ above: 0, max: 8192 }),
  /** Milliseconds for a whole stream; 0 or unset: none. */
  maxStreamDuration: duration(),
  /** Default ALLOW. Downstream only. */
  headersWithUnderscoresAction: enumOf(["ALLOW", "REJECT_REQUEST", "DROP_HEADER"], { default: "ALLOW" }),
  /** 0 or unset: no limit. */
  maxRequestsPerConnection: uint32Value(),
});
export type HttpProtocolOptions = Infer<typeof HttpProtocolOptions>;

/** HTTP/1.1 and 1.0. */
export const Http1ProtocolOptions = message(
  "envoy.config.core.v3.Http1ProtocolOptions",
  {
    /** Takes `GET http://host/path` as a proxy must. Default true. */
    allowAbsoluteUrl: notBuilt(boolValue({ default: true }), "RFC 9112 section 3.2.2 wants a server to take them", ["true"]),
    /** Default false: HTTP/1.0 is answered with 426. */
    acceptHttp10: bool({ default: false }),
    /** For HTTP/1.0 requests without `host`. Default "": 400. */
    defaultHostForHttp10: string({ default: "" }),
    /** How names of headers are written. Unset: lower case. */
    headerKeyFormat: message(
      "envoy.config.core.v3.Http1ProtocolOptions.HeaderKeyFormat",
      {
        /** `Content-Type`, `X-Request-Id`. */
        properCaseWords: message("envoy.config.core.v3.Http1ProtocolOptions.HeaderKeyFormat.ProperCaseWords", {}),
        /** `preserve_case` is the one that there is. */
        statefulFormatter: notBuilt(TypedExtensionConfig, "names of headers are kept in lower case"),
      },
      { oneofs: [{ name: "header_format", fields: ["properCaseWords", "statefulFormatter"], required: true }] },
    ),
    /** Passes trailers of chunked messages on. Default false: they are read and dropped. */
    enableTrailers: bool({ default: false }),
    /** Takes requests with both `content-length` and `transfer-encoding: chunked`, dropping the former. Refused by default. */
    allowChunkedLength: bool({ default: false }),
    /** Keeps the connection after an invalid message. Unset: the connection manager's setting. */
    overrideStreamErrorOnInvalidHttpMessage: notBuilt(boolValue(), "what follows an invalid message can't be trusted", ["false"]),
    /** Sends `GET http://host/path` to the upstream. Default false. */
    sendFullyQualifiedUrl: bool({ default: false }),
    /** Without effect: there is one parser. */
    useBalsaParser: boolValue(),
    /** Whether methods that no RFC names may pass. Default false. */
    allowCustomMethods: bool({ default: false }),
    /** `upgrade` values that are removed instead of refused. */
    ignoreHttp11Upgrade: notBuilt(list(StringMatcher), "upgrades are allowed by upgrade_configs"),
  },
  {
    protoNames: {
      acceptHttp10: "accept_http_10",
      defaultHostForHttp10: "default_host_for_http_10",
      ignoreHttp11Upgrade: "ignore_http_11_upgrade",
    },
  },
);
export type Http1ProtocolOptions = Infer<typeof Http1ProtocolOptions>;

/** PING that asks whether the peer is there. */
export const KeepaliveSettings = message("envoy.config.core.v3.KeepaliveSettings", {
  /** Milliseconds between two; unset: none by time. */
  interval: duration({ min: 1 }),
  /** Milliseconds for the answer; after that the connection closes. */
  timeout: duration({ min: 1, required: true }),
  /** Percent of the interval, added at random. Default 15. */
  intervalJitter: withDefault(Percent, 15),
  /** Milliseconds without octets after which a connection is asked before it carries another request. Unset: never. */
  connectionIdleInterval: duration({ min: 1 }),
});
export type KeepaliveSettings = Infer<typeof KeepaliveSettings>;

/** HTTP/2. Limits against floods end a connection that passes them. */
export const Http2ProtocolOptions = message(
  "envoy.config.core.v3.Http2ProtocolOptions",
  {
    /** Octets of the tables for compression, the peer's and ours. Default 4,096; 0: none. */
    hpackTableSize: uint32Value({ default: 4096 }),
    /** Streams that a peer may have open at once; to upstreams also how many we open. Default 1,024, as in Envoy from 1.36 on. */
    maxConcurrentStreams: uint32Value({ min: 1, max: 2_147_483_647, default: 1024 }),
    /** Octets that may be on the way for a stream. Default 16,777,216. */
    initialStreamWindowSize: uint32Value({ min: 65_535, max: 2_147_483_647, default: 16_777_216 }),
    /** The same for all streams of a connection together: bounds what one can make us hold. Default 25,165,824. */
    initialConnectionWindowSize: uint32Value({ min: 65_535, max: 2_147_483_647, default: 25_165_824 }),
    /** WebSocket and other upgrades over HTTP/2 (RFC 8441). Default false. */
    allowConnect: bool({ default: false }),
    allowMetadata: unsupported("METADATA frames are Envoy's own", ["false"]),
    /** Frames that may wait for a peer that does not read. Default 10,000. */
    maxOutboundFrames: uint32Value({ min: 1, default: 10_000 }),
    /** Of these PING, SETTINGS and RST_STREAM. Default 1,000. */
    maxOutboundControlFrames: uint32Value({ min: 1, default: 1_000 }),
    /** HEADERS, CONTINUATION and DATA in a row that carry nothing. Default 1. */
    maxConsecutiveInboundFramesWithEmptyPayload: uint32Value({ default: 1 }),
    /** PRIORITY frames for each stream. Default 100. */
    maxInboundPriorityFramesPerStream: uint32Value({ default: 100 }),
    /** WINDOW_UPDATE frames for each DATA frame that was sent. Default 10. */
    maxInboundWindowUpdateFramesPerDataFrameSent: uint32Value({ min: 1, default: 10 }),
    /** Deprecated form of `override_stream_error_on_invalid_http_message`. Default false. */
    streamErrorOnInvalidHttpMessaging: bool({ default: false }),
    /** Whether a message that breaks HTTP's rules costs its stream only, not the connection. Unset: the deprecated form, or the connection manager's. */
    overrideStreamErrorOnInvalidHttpMessage: boolValue(),
    customSettingsParameters: unsupported("settings have fields of their own"),
    connectionKeepalive: KeepaliveSettings,
    /** Without effect: there is one codec. */
    useOghttp2Codec: boolValue(),
  },
  { protoNames: { useOghttp2Codec: "use_oghttp2_codec" } },
);
export type Http2ProtocolOptions = Infer<typeof Http2ProtocolOptions>;
/** Which name TLS to upstreams asks for. */
export const UpstreamTlsNames = message("envoy.config.core.v3.UpstreamHttpProtocolOptions", {
  /** Asks for the request's host by SNI. Default false. */
  autoSni: bool({ default: false }),
  /** That name must be in the upstream's certificate. Default false. */
  autoSanValidation: bool({ default: false }),
  /** Takes the name from this header, where there is one. Default "": the host. */
  overrideAutoSniHeader: notBuilt(string({ default: "" }), "the name is the host's", [""]),
});
export type UpstreamTlsNames = Infer<typeof UpstreamTlsNames>;

/** A cluster's protocol, in `typed_extension_protocol_options["envoy.extensions.upstreams.http.v3.HttpProtocolOptions"]`. */
export const UpstreamHttpProtocolOptions = message(
  "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
  {
    commonHttpProtocolOptions: HttpProtocolOptions,
    upstreamHttpProtocolOptions: UpstreamTlsNames,
    explicitHttpConfig: message(
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions.ExplicitHttpConfig",
      {
        httpProtocolOptions: Http1ProtocolOptions,
        /** Prior knowledge on plain connections, ALPN `h2` on TLS. */
        http2ProtocolOptions: Http2ProtocolOptions,
        http3ProtocolOptions: unsupported("there is no HTTP/3"),
      },
      {
        oneofs: [
          {
            name: "protocol_config",
            fields: ["httpProtocolOptions", "http2ProtocolOptions", "http3ProtocolOptions"],
            required: true,
          },
        ],
      },
    ),
    /** The protocol of the downstream's request. */
    useDownstreamProtocolConfig: message("envoy.extensions.upstreams.http.v3.HttpProtocolOptions.UseDownstreamHttpConfig", {
      httpProtocolOptions: Http1ProtocolOptions,
      /** Options for requests that came by HTTP/2; unset: the defaults. */
      http2ProtocolOptions: orEmpty(Http2ProtocolOptions),
      http3ProtocolOptions: unsupported("there is no HTTP/3"),
    }),
    /** The upstream chooses by ALPN, of `h2` and `http/1.1`; one without ALPN speaks HTTP/1.1. Needs TLS. */
    autoConfig: message("envoy.extensions.upstreams.http.v3.HttpProtocolOptions.AutoHttpConfig", {
      httpProtocolOptions: Http1ProtocolOptions,
      http2ProtocolOptions: orEmpty(Http2ProtocolOptions),
      http3ProtocolOptions: unsupported("there is no HTTP/3"),
      alternateProtocolsCacheOptions: unsupported("there is no HTTP/3"),
    }),
    httpFilters: unsupported("there are no upstream filters yet"),
    headerValidationConfig: unsupported("there is one validator"),
    outlierDetection: unsupported("there is no outlier detection yet"),
    requestMirrorPolicies: unsupported("set it on the route"),
    hashPolicy: unsupported("set it on the route"),
    retryPolicy: unsupported("set it on the route"),
  },
  {
    oneofs: [
      {
        name: "upstream_protocol_options",
        fields: ["explicitHttpConfig", "useDownstreamProtocolConfig", "autoConfig"],
        required: true,
      },
    ],
    check: ({ commonHttpProtocolOptions: common }, complain) => checkUpstreamOptions(common, complain),
  },
);

/** What of the common options clusters do not do yet. */
export function checkUpstreamOptions(
  common: HttpProtocolOptions | undefined,
  complain: (message: string, key: string, within: object) => void,
): void {
  if (common === undefined || (common.maxStreamDuration ?? 0) === 0) return;
  complain(
    "streams to upstreams have no limit of their own yet: set max_stream_duration on the route",
    "maxStreamDuration",
    common,
  );
}
export type UpstreamHttpProtocolOptions = Infer<typeof UpstreamHttpProtocolOptions>;
