import { AccessLog, AccessLogFilter, SubstitutionFormatString } from "./accesslog.ts";
import { CidrRange } from "./address.ts";
import { DataSource, headersToAdd } from "./base.ts";
import { Http1ProtocolOptions, Http2ProtocolOptions, HttpProtocolOptions } from "./protocol-options.ts";
import { RouteConfiguration } from "./route.ts";
import type { Infer } from "./schema/index.ts";
import {
  any,
  bool,
  boolValue,
  duration,
  enumOf,
  headerValue,
  list,
  message,
  notBuilt,
  orEmpty,
  required,
  string,
  uint32,
  uint32Value,
  unsupported,
} from "./schema/index.ts";

const UUID = "envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig";
const H = "envoy.extensions.filters.network.http_connection_manager.v3";

/** An HTTP filter of a chain. */
export const HttpFilter = message(
  `${H}.HttpFilter`,
  {
    /** Any name; per-route configuration refers to it. */
    name: string({ minLength: 1, required: true }),
    typedConfig: any(),
    configDiscovery: unsupported("there is no dynamic configuration yet"),
    /** Whether a filter that the proxy does not have may be passed over. Default false. */
    isOptional: bool({ default: false }),
    /** Off unless a route's `FilterConfig` turns it on. Default false. */
    disabled: bool({ default: false }),
  },
  { oneofs: [{ name: "config_type", fields: ["typedConfig", "configDiscovery"], required: true }] },
);
export type HttpFilter = Infer<typeof HttpFilter>;

/** Changes local replies that its filter picks. */
export const ResponseMapper = message(`${H}.ResponseMapper`, {
  filter: required(AccessLogFilter),
  /** Unset: as it was. */
  statusCode: uint32Value({ min: 200, below: 600 }),
  /** Unset: as it was. */
  body: DataSource,
  bodyFormatOverride: SubstitutionFormatString,
  headersToAdd,
});
export type ResponseMapper = Infer<typeof ResponseMapper>;

/** What local replies look like. */
export const LocalReplyConfig = message(`${H}.LocalReplyConfig`, {
  /** The first that matches is used. */
  mappers: list(ResponseMapper),
  /** Default: the plain text of the reply. */
  bodyFormat: SubstitutionFormatString,
});
export type LocalReplyConfig = Infer<typeof LocalReplyConfig>;

/** An upgrade that is allowed on this listener. */
export const UpgradeConfig = message(`${H}.HttpConnectionManager.UpgradeConfig`, {
  /** `websocket`, `CONNECT`, ...; case does not matter. */
  upgradeType: string({ default: "" }),
  /** A chain of its own for such streams. Default: the normal one. */
  filters: notBuilt(list(HttpFilter), "upgrades take the normal chain"),
  /** Default true; routes may say otherwise. */
  enabled: boolValue({ default: true }),
});
export type UpgradeConfig = Infer<typeof UpgradeConfig>;

/** The filter that speaks HTTP on a connection. Exactly one way to its routes is set; static files have `routeConfig`. */
export const HttpConnectionManager = message(
  `${H}.HttpConnectionManager`,
  {
    /** AUTO (default) is told by ALPN, else by the first octets. */
    codecType: enumOf(["AUTO", "HTTP1", "HTTP2", "HTTP3"], { default: "AUTO", unsupported: ["HTTP3"] }),
    /** Counters are below `http.PREFIX.`. */
    statPrefix: string({ minLength: 1, required: true }),
    rds: unsupported("there is no dynamic configuration yet"),
    routeConfig: RouteConfiguration,
    scopedRoutes: unsupported("there is no dynamic configuration yet"),
    /** In order; the last one is the router. */
    httpFilters: list(HttpFilter),
    /** Sets `user-agent` and `x-envoy-downstream-service-cluster`, `...-node`. Default false. */
    addUserAgent: boolValue({ default: false }),
    tracing: unsupported("there is no tracing yet"),
    commonHttpProtocolOptions: orEmpty(HttpProtocolOptions),
    /** Sends `connection: close` and waits for the client before closing after `max_connection_duration`. Default false. */
    http1SafeMaxConnectionDuration: notBuilt(bool({ default: false }), "connections drain at that time already", ["false"]),
    httpProtocolOptions: orEmpty(Http1ProtocolOptions),
    http2ProtocolOptions: orEmpty(Http2ProtocolOptions),
    http3ProtocolOptions: unsupported("there is no HTTP/3"),
    /** Value of `server`. Default "": `envoy`, unless the proxy is told another name. */
    serverName: headerValue({ default: "" }),
    /** Default OVERWRITE. */
    serverHeaderTransformation: enumOf(["OVERWRITE", "APPEND_IF_ABSENT", "PASS_THROUGH"], { default: "OVERWRITE" }),
    schemeHeaderTransformation: message(
      "envoy.config.core.v3.SchemeHeaderTransformation",
      {
        schemeToOverwrite: string({ in: ["http", "https"] }),
        /** Default false. */
        matchUpstream: notBuilt(bool({ default: false }), "the scheme follows the downstream connection", ["false"]),
      },
      { oneofs: [{ name: "transformation", fields: ["schemeToOverwrite"] }] },
    ),
    /** Default 60. */
    maxRequestHeadersKb: uint32Value({ above: 0, max: 8192, default: 60 }),
    /** Milliseconds without activity; 0: none. Default 300,000. */
    streamIdleTimeout: duration({ default: 300_000 }),
    streamFlushTimeout: unsupported("the idle timeout covers it"),
    /** Milliseconds for the whole request; 0: none. Default 0. */
    requestTimeout: duration({ default: 0 }),
    /** Milliseconds from the first byte to the end of the headers; 0: none. Default 0. */
    requestHeadersTimeout: duration({ min: 0, default: 0 }),
    /** Milliseconds between the announcement that a connection will close and closing it. Default 5,000. */
    drainTimeout: duration({ default: 5000 }),
    /** Milliseconds to wait for the client to close after an error reply; 0: none. Default 1,000. */
    delayedCloseTimeout: duration({ default: 1000 }),
    accessLog: list(AccessLog),
    accessLogFlushInterval: unsupported("streams are logged once, at their end"),
    flushAccessLogOnNewRequest: unsupported("streams are logged once, at their end", ["false"]),
    accessLogOptions: unsupported("streams are logged once, at their end"),
    /** Whether this proxy is the edge: the client's address is the connection's, and goes to `x-forwarded-for`. Default false. */
    useRemoteAddress: boolValue({ default: false }),
    /** Proxies before this one that are trusted to have written `x-forwarded-for`. Default 0. */
    xffNumTrustedHops: uint32({ default: 0 }),
    originalIpDetectionExtensions: unsupported("the client's address comes from x-forwarded-for"),
    earlyHeaderMutationExtensions: unsupported("use a header mutation filter"),
    /** Which addresses are internal. Unset: none. */
    internalAddressConfig: message(`${H}.HttpConnectionManager.InternalAddressConfig`, {
      /** Default false. */
      unixSockets: notBuilt(bool({ default: false }), "listeners take TCP", ["false"]),
      cidrRanges: list(CidrRange),
    }),
    /** Default false. */
    skipXffAppend: bool({ default: false }),
    /** Added to `via` of requests and responses. Default "": nothing. */
    via: headerValue({ default: "" }),
    /** Default true. */
    generateRequestId: boolValue({ default: true }),
    /** Default false: at the edge, an external client's `x-request-id` is replaced. */
    preserveExternalRequestId: bool({ default: false }),
    /** Default false. */
    alwaysSetRequestIdInResponse: bool({ default: false }),
    /** Default SANITIZE. */
    forwardClientCertDetails: enumOf(["SANITIZE", "FORWARD_ONLY", "APPEND_FORWARD", "SANITIZE_SET", "ALWAYS_FORWARD_ONLY"], {
      default: "SANITIZE",
    }),
    setCurrentClientCertDetails: message(`${H}.HttpConnectionManager.SetCurrentClientCertDetails`, {
      subject: boolValue({ default: false }),
      cert: bool({ default: false }),
      chain: bool({ default: false }),
      dns: bool({ default: false }),
      uri: bool({ default: false }),
    }),
    forwardClientCertMatcher: unsupported("set forward_client_cert_details"),
    /** Passes `expect: 100-continue` and 100 responses on instead of answering itself. Default false. */
    proxy100Continue: bool({ default: false }),
    /** Default false. */
    representIpv4RemoteAddressAsIpv4MappedIpv6: notBuilt(bool({ default: false }), "addresses are written as they are", [
      "false",
    ]),
    upgradeConfigs: list(UpgradeConfig),
    /** RFC 3986 normalization of the path. Envoy's default: false. */
    normalizePath: boolValue({ default: false }),
    /** Default false. */
    mergeSlashes: bool({ default: false }),
    /** What `%2F` and `%5C` in a path do. IMPLEMENTATION_SPECIFIC_DEFAULT (default) is KEEP_UNCHANGED. */
    pathWithEscapedSlashesAction: enumOf(
      ["IMPLEMENTATION_SPECIFIC_DEFAULT", "KEEP_UNCHANGED", "REJECT_REQUEST", "UNESCAPE_AND_REDIRECT", "UNESCAPE_AND_FORWARD"],
      { default: "IMPLEMENTATION_SPECIFIC_DEFAULT" },
    ),
    /** How request ids are made; `envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig` is the one that there is. */
    requestIdExtension: message(
      `${H}.RequestIDExtension`,
      { typedConfig: any() },
      {
        check({ typedConfig }, complain) {
          const type = typedConfig?.typeUrl;
          if (type !== undefined && type !== UUID) complain(`found ${type}, wanted ${UUID}: there is no other`, "typedConfig");
        },
      },
    ),
    localReplyConfig: LocalReplyConfig,
    /** Removes the port from `host` when it is the listener's. Default false; excludes `stripAnyHostPort`. */
    stripMatchingHostPort: bool(),
    stripAnyHostPort: bool(),
    /** Default false. */
    stripTrailingHostDot: bool({ default: false }),
    /** HTTP/2: a message that breaks HTTP's rules costs its stream only. HTTP/1.1: without effect, since what follows can't be trusted. Default false. */
    streamErrorOnInvalidHttpMessage: boolValue({ default: false }),
    pathNormalizationOptions: unsupported("use normalize_path and merge_slashes"),
    proxyStatusConfig: unsupported("there is no proxy-status header"),
    typedHeaderValidationConfig: unsupported("there is one validator"),
    /** Sends the listener's port as `x-forwarded-port`. Default false. */
    appendXForwardedPort: bool({ default: false }),
    /** Adds `x-envoy-local-overloaded` to replies of the overload manager, which there is not yet: without effect. Default false. */
    appendLocalOverload: bool({ default: false }),
    addProxyProtocolConnectionState: unsupported("there is no PROXY protocol yet", ["false"]),
    forwardProtoConfig: unsupported("x-forwarded-proto follows the connection"),
  },
  {
    oneofs: [
      { name: "route_specifier", fields: ["rds", "routeConfig", "scopedRoutes"], required: true },
      { name: "strip_port_mode", fields: ["stripMatchingHostPort", "stripAnyHostPort"] },
    ],
    protoNames: {
      proxy100Continue: "proxy_100_continue",
      http2ProtocolOptions: "http2_protocol_options",
    },
    check({ httpProtocolOptions }, complain) {
      const format = httpProtocolOptions.headerKeyFormat;
      if (format !== undefined) {
        complain(
          "responses have their names of headers in lower case: a format of them is for clusters only yet",
          "properCaseWords",
          format,
        );
      }
    },
  },
);
export type HttpConnectionManager = Infer<typeof HttpConnectionManager>;
