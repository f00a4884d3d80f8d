import { DataSource, headersToAdd, headersToRemove, Metadata, perFilterConfig } from "./base.ts";
import { CorsPolicy } from "./cors-policy.ts";
import { Matcher } from "./matcher-tree.ts";
import { RegexMatchAndSubstitute } from "./matchers.ts";
import { RequestMirrorPolicy, RouteAction } from "./route-action.ts";
import { RouteMatch } from "./route-match.ts";
import { RetryPolicy } from "./retry-policy.ts";
import type { Infer } from "./schema/index.ts";
import {
  bool,
  boolValue,
  enumOf,
  headerName,
  headerValue,
  list,
  message,
  notBuilt,
  required,
  string,
  uint32,
  uint32Value,
  uint64Value,
  unsupported,
} from "./schema/index.ts";

/** Answers with a redirect. Of the schemes at most one is set, of the path rewrites at most one. */
export const RedirectAction = message(
  "envoy.config.route.v3.RedirectAction",
  {
    /** To https; a port of 80 goes away. */
    httpsRedirect: bool(),
    schemeRedirect: string(),
    /** Default "": the request's host. */
    hostRedirect: headerValue({ default: "" }),
    /** Default 0: the request's port. */
    portRedirect: uint32({ default: 0, max: 65_535 }),
    /** The whole path, and query if it has one. */
    pathRedirect: headerValue(),
    /** Replaces what the match's prefix matched. */
    prefixRewrite: headerValue(),
    regexRewrite: RegexMatchAndSubstitute,
    /** 301, 302, 303, 307, 308. Default MOVED_PERMANENTLY. */
    responseCode: enumOf(["MOVED_PERMANENTLY", "FOUND", "SEE_OTHER", "TEMPORARY_REDIRECT", "PERMANENT_REDIRECT"], {
      default: "MOVED_PERMANENTLY",
    }),
    /** Default false. */
    stripQuery: bool({ default: false }),
  },
  {
    oneofs: [
      { name: "scheme_rewrite_specifier", fields: ["httpsRedirect", "schemeRedirect"] },
      { name: "path_rewrite_specifier", fields: ["pathRedirect", "prefixRewrite", "regexRewrite"] },
    ],
  },
);
export type RedirectAction = Infer<typeof RedirectAction>;

/** Answers without an upstream. */
export const DirectResponseAction = message("envoy.config.route.v3.DirectResponseAction", {
  status: uint32({ min: 200, below: 600, required: true }),
  /** Default: none. */
  body: DataSource,
  bodyFormat: unsupported("the body is sent as it is"),
});
export type DirectResponseAction = Infer<typeof DirectResponseAction>;

/** A route: what it matches, and exactly one of the actions. */
export const Route = message(
  "envoy.config.route.v3.Route",
  {
    /** Default "". */
    name: string({ default: "" }),
    match: required(RouteMatch),
    route: RouteAction,
    redirect: RedirectAction,
    directResponse: DirectResponseAction,
    filterAction: unsupported("there are no filters that are actions"),
    /** Answered by a filter of the chain, never by the router. */
    nonForwardingAction: message("envoy.config.route.v3.NonForwardingAction", {}),
    metadata: Metadata,
    decorator: unsupported("there is no tracing yet"),
    typedPerFilterConfig: perFilterConfig,
    requestHeadersToAdd: headersToAdd,
    requestHeadersToRemove: headersToRemove,
    responseHeadersToAdd: headersToAdd,
    responseHeadersToRemove: headersToRemove,
    tracing: unsupported("there is no tracing yet"),
    /** How much a retry or mirror may keep of a request's body. Unset: the connection's buffer limit. */
    perRequestBufferLimitBytes: uint32Value(),
    /** The newer form of `perRequestBufferLimitBytes`. */
    requestBodyBufferLimit: uint64Value(),
    /** Counts the route's requests below `vhost.NAME.route.PREFIX`. Default "": not counted. */
    statPrefix: notBuilt(string({ default: "" }), "requests are counted by connection manager and cluster", [""]),
  },
  {
    kept: true,
    oneofs: [
      { name: "action", fields: ["route", "redirect", "directResponse", "filterAction", "nonForwardingAction"], required: true },
    ],
  },
);
export type Route = Infer<typeof Route>;

/** Routes as an action of a matcher tree: the first that matches. */
export const RouteList = message("envoy.config.route.v3.RouteList", { routes: list(Route) });
export type RouteList = Infer<typeof RouteList>;

/** The routes of some domains. Either `routes` or `matcher` is set. */
export const VirtualHost = message(
  "envoy.config.route.v3.VirtualHost",
  {
    name: string({ minLength: 1, required: true }),
    /** `www.example.com`, `*.example.com`, `www.example.*`, `*`; each once in a route configuration. */
    domains: list(headerValue(), { min: 1 }),
    routes: list(Route),
    matcher: Matcher,
    /** Which requests must come by TLS, else they are redirected. Default NONE. */
    requireTls: enumOf(["NONE", "EXTERNAL_ONLY", "ALL"], { default: "NONE" }),
    virtualClusters: unsupported("requests are counted by cluster and route"),
    rateLimits: unsupported("there is no rate limiting yet"),
    requestHeadersToAdd: headersToAdd,
    requestHeadersToRemove: headersToRemove,
    responseHeadersToAdd: headersToAdd,
    responseHeadersToRemove: headersToRemove,
    cors: CorsPolicy,
    typedPerFilterConfig: perFilterConfig,
    /** Sends `x-envoy-attempt-count` to the upstream. Default false. */
    includeRequestAttemptCount: bool({ default: false }),
    /** Sends `x-envoy-attempt-count` to the client. Default false. */
    includeAttemptCountInResponse: bool({ default: false }),
    /** For routes that have none. */
    retryPolicy: RetryPolicy,
    retryPolicyTypedConfig: unsupported("use retry_policy"),
    hedgePolicy: unsupported("set it on the route"),
    /** Sends `x-envoy-is-timeout-retry` to the upstream. Default false. */
    includeIsTimeoutRetryHeader: notBuilt(bool({ default: false }), "there is no such header yet", ["false"]),
    /** For routes that say nothing. */
    perRequestBufferLimitBytes: uint32Value(),
    /** The newer form of `perRequestBufferLimitBytes`. */
    requestBodyBufferLimit: uint64Value(),
    /** For routes that have none. */
    requestMirrorPolicies: list(RequestMirrorPolicy),
    metadata: Metadata,
  },
  {
    kept: true,
    check({ routes, matcher }, complain) {
      if (routes.length > 0 && matcher !== undefined)
        complain('"routes" and "matcher" exclude each other, wanted one', "matcher");
    },
  },
);
export type VirtualHost = Infer<typeof VirtualHost>;

/** All virtual hosts of a connection manager. */
export const RouteConfiguration = message("envoy.config.route.v3.RouteConfiguration", {
  /** Default "". */
  name: string({ default: "" }),
  virtualHosts: list(VirtualHost),
  vhds: unsupported("there is no dynamic configuration yet"),
  /** Removed from requests of external clients. */
  internalOnlyHeaders: list(headerName()),
  requestHeadersToAdd: headersToAdd,
  requestHeadersToRemove: headersToRemove,
  responseHeadersToAdd: headersToAdd,
  responseHeadersToRemove: headersToRemove,
  /** Default false: route, then virtual host, then this; with true the other way round, so that the most specific writes last. */
  mostSpecificHeaderMutationsWins: bool({ default: false }),
  /** Whether routes to clusters that do not exist are an error. Unset: true for a static file. */
  validateClusters: boolValue(),
  /** Default 4,096. */
  maxDirectResponseBodySizeBytes: uint32Value({ default: 4096 }),
  clusterSpecifierPlugins: unsupported("there are no cluster specifier extensions"),
  /** For virtual hosts and routes that have none. */
  requestMirrorPolicies: list(RequestMirrorPolicy),
  /** Default false. */
  ignorePortInHostMatching: bool({ default: false }),
  /** Leaves `;parameters` of path segments out of path matches. Default false. */
  ignorePathParametersInPathMatching: bool({ default: false }),
  /** A header that is used instead of the host to find the virtual host. Default "": the host. */
  vhostHeader: string({ default: "" }),
  typedPerFilterConfig: perFilterConfig,
  metadata: Metadata,
});
export type RouteConfiguration = Infer<typeof RouteConfiguration>;
