import { headersToAdd, headersToRemove, Metadata, perFilterConfig, RoutingPriority, TypedExtensionConfig } from "./base.ts";
import { CorsPolicy } from "./cors-policy.ts";
import { RegexMatchAndSubstitute } from "./matchers.ts";
import { RuntimeFractionalPercent } from "./percent.ts";
import { RetryPolicy } from "./retry-policy.ts";
import type { Infer } from "./schema/index.ts";
import {
  bool,
  boolValue,
  duration,
  enumOf,
  headerName,
  headerValue,
  list,
  message,
  notBuilt,
  string,
  uint32,
  uint32Value,
  unsupported,
} from "./schema/index.ts";

const NO_SUBSETS = "there are no subsets yet";
const R = "envoy.config.route.v3.RouteAction";

/** Several clusters, one of which is chosen for each request by weight. */
export const WeightedCluster = message(
  "envoy.config.route.v3.WeightedCluster",
  {
    /** At least one; the sum of the weights must be above 0 and at most 4,294,967,295. */
    clusters: list(
      message(
        "envoy.config.route.v3.WeightedCluster.ClusterWeight",
        {
          /** One of name and header is set. */
          name: string(),
          /** A header that names the cluster. */
          clusterHeader: headerName(),
          /** Default 0. */
          weight: uint32Value({ default: 0 }),
          metadataMatch: notBuilt(Metadata, NO_SUBSETS),
          requestHeadersToAdd: headersToAdd,
          requestHeadersToRemove: headersToRemove,
          responseHeadersToAdd: headersToAdd,
          responseHeadersToRemove: headersToRemove,
          typedPerFilterConfig: perFilterConfig,
          hostRewriteLiteral: headerValue(),
        },
        {
          oneofs: [
            { name: "cluster_specifier", fields: ["name", "clusterHeader"], required: true },
            { name: "host_rewrite_specifier", fields: ["hostRewriteLiteral"] },
          ],
          check({ name }, complain) {
            if (name === "") complain('found "", wanted the name of a cluster', "name");
          },
        },
      ),
      { min: 1 },
    ),
    /** Deprecated and without effect: the total is the sum of the weights. */
    totalWeight: uint32Value(),
    /** Runtime keys `PREFIX.CLUSTER` override the weights. Default "": none do. */
    runtimeKeyPrefix: string({ default: "" }),
    /** A request header whose value, a number, decides in place of a draw. */
    headerName: headerName(),
    /** Whether the hash of the route's hash policy decides in place of a draw. Default false. */
    useHashPolicy: boolValue(),
  },
  {
    oneofs: [{ name: "random_value_specifier", fields: ["headerName", "useHashPolicy"] }],
    check({ clusters }, complain) {
      const sum = clusters.reduce((total, { weight }) => total + weight, 0);
      if (sum === 0) complain("the weights add up to 0, wanted more", "clusters");
      else if (sum > 4_294_967_295) complain(`the weights add up to ${sum}, wanted at most 4294967295`, "clusters");
    },
  },
);
export type WeightedCluster = Infer<typeof WeightedCluster>;

/** A copy of requests that goes to another cluster, whose answers are dropped. */
export const RequestMirrorPolicy = message(
  `${R}.RequestMirrorPolicy`,
  {
    /** One of cluster and header is set. */
    cluster: string(),
    /** A header that names the cluster; no copy without it. */
    clusterHeader: headerName(),
    /** Which part of requests. Unset: all. */
    runtimeFraction: RuntimeFractionalPercent,
    traceSampled: unsupported("there is no tracing yet"),
    /** Leaves `host` as it is; else `-shadow` is added to it. Default false. */
    disableShadowHostSuffixAppend: bool({ default: false }),
    requestHeadersMutations: unsupported("copies carry the headers of the request"),
    /** Replaces `host` of the copy. Default "". */
    hostRewriteLiteral: headerValue({ default: "" }),
  },
  { oneofs: [{ name: "cluster_specifier", fields: ["cluster", "clusterHeader"], required: true }] },
);
export type RequestMirrorPolicy = Infer<typeof RequestMirrorPolicy>;

/** What a hash of the request is made of. Exactly one of the five is set. */
export const HashPolicy = message(
  `${R}.HashPolicy`,
  {
    header: message(`${R}.HashPolicy.Header`, {
      headerName: headerName({ required: true }),
      regexRewrite: RegexMatchAndSubstitute,
    }),
    cookie: message(`${R}.HashPolicy.Cookie`, {
      name: string({ minLength: 1, required: true }),
      /** Milliseconds. Set: a cookie is made when there is none; 0 makes one for the session. */
      ttl: duration(),
      /** Default "". */
      path: string({ default: "" }),
      attributes: list(
        message(`${R}.HashPolicy.CookieAttribute`, {
          name: headerValue({ minLength: 1, maxBytes: 16_384, required: true }),
          value: headerValue({ maxBytes: 16_384, default: "" }),
        }),
      ),
    }),
    connectionProperties: message(`${R}.HashPolicy.ConnectionProperties`, { sourceIp: bool({ default: false }) }),
    queryParameter: message(`${R}.HashPolicy.QueryParameter`, { name: string({ minLength: 1, required: true }) }),
    filterState: message(`${R}.HashPolicy.FilterState`, { key: string({ minLength: 1, required: true }) }),
    /** Stops at this policy when it gave a hash. Default false. */
    terminal: bool({ default: false }),
  },
  {
    oneofs: [
      {
        name: "policy_specifier",
        fields: ["header", "cookie", "connectionProperties", "queryParameter", "filterState"],
        required: true,
      },
    ],
  },
);
export type HashPolicy = Infer<typeof HashPolicy>;

/** Redirects of an upstream that the proxy follows itself. */
export const InternalRedirectPolicy = message("envoy.config.route.v3.InternalRedirectPolicy", {
  /** Default 1. */
  maxInternalRedirects: uint32Value({ default: 1 }),
  /** Of 301, 302, 303, 307, 308. Default: 302. */
  redirectResponseCodes: list(uint32(), { max: 5 }),
  predicates: list(TypedExtensionConfig),
  /** Default false. */
  allowCrossSchemeRedirect: bool({ default: false }),
  /** Headers of the redirect that go into the new request. */
  responseHeadersToCopy: list(headerName(), { unique: true }),
});
export type InternalRedirectPolicy = Infer<typeof InternalRedirectPolicy>;

/** Upgrades that a route allows or refuses, over what the connection manager says. */
export const RouteUpgradeConfig = message(`${R}.UpgradeConfig`, {
  /** `websocket`, `CONNECT`, ...; case does not matter. */
  upgradeType: headerValue({ minLength: 1, required: true }),
  /** Default true. */
  enabled: boolValue({ default: true }),
  /** For `CONNECT`: end the tunnel here and send its bytes to the upstream, instead of passing CONNECT on. */
  connectConfig: message(`${R}.UpgradeConfig.ConnectConfig`, {
    proxyProtocolConfig: unsupported("no PROXY header is sent to upstreams yet"),
    allowPost: unsupported("POST is not tunnelled", ["false"]),
  }),
});
export type RouteUpgradeConfig = Infer<typeof RouteUpgradeConfig>;

/** Sends a request to a cluster: exactly one of the first three is set. */
export const RouteAction = message(
  R,
  {
    cluster: string({ minLength: 1 }),
    /** A header that names the cluster. */
    clusterHeader: headerName(),
    weightedClusters: WeightedCluster,
    clusterSpecifierPlugin: unsupported("there are no cluster specifier extensions"),
    inlineClusterSpecifierPlugin: unsupported("there are no cluster specifier extensions"),
    /** The answer when there is no such cluster. Default SERVICE_UNAVAILABLE. */
    clusterNotFoundResponseCode: enumOf(["SERVICE_UNAVAILABLE", "NOT_FOUND", "INTERNAL_SERVER_ERROR"], {
      default: "SERVICE_UNAVAILABLE",
    }),
    /** Endpoints must have this metadata (`envoy.lb`). */
    metadataMatch: notBuilt(Metadata, NO_SUBSETS),
    /** Replaces what `prefix`, `path` or `path_separated_prefix` matched. Default "": nothing. */
    prefixRewrite: headerValue({ default: "" }),
    /** Rewrites the path, without the query. */
    regexRewrite: RegexMatchAndSubstitute,
    pathRewritePolicy: unsupported("there are no path rewriting extensions"),
    pathRewrite: unsupported("use prefix_rewrite or regex_rewrite"),
    /** At most one of the four rewrites of `host` is set. */
    hostRewriteLiteral: headerValue(),
    /** The name of the chosen endpoint, for clusters by DNS. */
    autoHostRewrite: boolValue(),
    /** A header whose value becomes the host. */
    hostRewriteHeader: headerName(),
    /** Made from the path, without the query. */
    hostRewritePathRegex: RegexMatchAndSubstitute,
    hostRewrite: unsupported("use one of the other host rewrites"),
    /** Keeps the host from before the rewrite in `x-forwarded-host`. Default false. */
    appendXForwardedHost: bool({ default: false }),
    /** Milliseconds from the end of the request to the end of the response; 0: none. Default 15,000; none with `max_stream_duration`. */
    timeout: duration({ default: 15_000 }),
    /** Milliseconds without activity on the stream; 0: none. Unset: the connection manager's `stream_idle_timeout`. */
    idleTimeout: duration(),
    /** Milliseconds for the rest of a finished stream to leave its buffer. Unset: the idle timeout. */
    flushTimeout: unsupported("the idle timeout covers it"),
    earlyDataPolicy: unsupported("there is no early data"),
    retryPolicy: RetryPolicy,
    retryPolicyTypedConfig: unsupported("use retry_policy"),
    requestMirrorPolicies: list(RequestMirrorPolicy),
    /** Default DEFAULT. */
    priority: RoutingPriority,
    rateLimits: unsupported("there is no rate limiting yet"),
    includeVhRateLimits: unsupported("there is no rate limiting yet", ["false"]),
    /** Asked in order; read by clusters that balance by hash. */
    hashPolicy: list(HashPolicy),
    /** Deprecated form of the CORS filter's configuration. */
    cors: CorsPolicy,
    /** Milliseconds. Set: `grpc-timeout` of gRPC requests counts in place of `timeout`, up to this; 0: without limit. */
    maxGrpcTimeout: duration(),
    /** Milliseconds, subtracted from `grpc-timeout` where it is larger. */
    grpcTimeoutOffset: duration(),
    upgradeConfigs: list(RouteUpgradeConfig),
    internalRedirectPolicy: notBuilt(InternalRedirectPolicy, "redirects go to the client"),
    internalRedirectAction: unsupported("deprecated; use internal_redirect_policy"),
    maxInternalRedirects: unsupported("deprecated; use internal_redirect_policy"),
    hedgePolicy: message("envoy.config.route.v3.HedgePolicy", {
      initialRequests: unsupported("Envoy does not implement it either"),
      additionalRequestChance: unsupported("Envoy does not implement it either"),
      /** Default false. */
      hedgeOnPerTryTimeout: notBuilt(bool({ default: false }), "there is no hedging yet", ["false"]),
    }),
    /** Bounds the whole stream, in place of `timeout` and `max_grpc_timeout`. */
    maxStreamDuration: message(`${R}.MaxStreamDuration`, {
      /** Milliseconds; 0: none. Unset: the connection manager's. */
      maxStreamDuration: duration(),
      /** Milliseconds. Set: `grpc-timeout` counts in place of `max_stream_duration`, up to this; 0: without limit. */
      grpcTimeoutHeaderMax: duration(),
      /** Milliseconds, subtracted from `grpc-timeout`. */
      grpcTimeoutHeaderOffset: duration(),
    }),
  },
  {
    oneofs: [
      {
        name: "cluster_specifier",
        fields: ["cluster", "clusterHeader", "weightedClusters", "clusterSpecifierPlugin", "inlineClusterSpecifierPlugin"],
        required: true,
      },
      {
        name: "host_rewrite_specifier",
        fields: ["hostRewriteLiteral", "autoHostRewrite", "hostRewriteHeader", "hostRewritePathRegex"],
      },
    ],
    check({ prefixRewrite, regexRewrite }, complain) {
      if (prefixRewrite !== "" && regexRewrite !== undefined) {
        complain('"prefix_rewrite" and "regex_rewrite" exclude each other, wanted one', "regexRewrite");
      }
    },
  },
);
export type RouteAction = Infer<typeof RouteAction>;
