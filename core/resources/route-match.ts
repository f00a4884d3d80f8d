import { TypedExtensionConfig } from "./base.ts";
import {
  CookieMatcher,
  FilterStateMatcher,
  HeaderMatcher,
  MetadataMatcher,
  QueryParameterMatcher,
  RegexMatcher,
} from "./matchers.ts";
import { RuntimeFractionalPercent } from "./percent.ts";
import type { Infer } from "./schema/index.ts";
import { boolValue, list, message, string } from "./schema/index.ts";

/** Which requests a route is for. Exactly one of the first six is set; all else that is set must match too. */
export const RouteMatch = message(
  "envoy.config.route.v3.RouteMatch",
  {
    /** The beginning of the path, without the query. */
    prefix: string(),
    /** The whole path, without the query. */
    path: string(),
    /** Matches the whole path, without the query. */
    safeRegex: RegexMatcher,
    /** CONNECT requests, and upgrades by HTTP/2's extended CONNECT. */
    connectMatcher: message("envoy.config.route.v3.RouteMatch.ConnectMatcher", {}),
    /** The path, or its beginning before a slash. Must not end in a slash, or hold a query or fragment. */
    pathSeparatedPrefix: string({
      pattern: { regex: /^[^?#]+[^?#/]$/, wanted: 'a path without "?" and "#" that does not end in "/"' },
    }),
    /** A path matching extension such as URI templates. */
    pathMatchPolicy: TypedExtensionConfig,
    /** Of `prefix`, `path` and `pathSeparatedPrefix`. Default true. */
    caseSensitive: boolValue({ default: true }),
    /** Only for this fraction of requests. */
    runtimeFraction: RuntimeFractionalPercent,
    /** All must match. */
    headers: list(HeaderMatcher),
    /** All must match. */
    queryParameters: list(QueryParameterMatcher),
    /** All must match. */
    cookies: list(CookieMatcher),
    /** Set: only requests whose content type is gRPC's. */
    grpc: message("envoy.config.route.v3.RouteMatch.GrpcRouteMatchOptions", {}),
    /** What is known of the client's certificate. */
    tlsContext: message("envoy.config.route.v3.RouteMatch.TlsContextMatchOptions", {
      /** Whether there is one. Unset: either. */
      presented: boolValue(),
      /** Whether it was validated. Unset: either. */
      validated: boolValue(),
    }),
    /** All must match. */
    dynamicMetadata: list(MetadataMatcher),
    /** All must match. */
    filterState: list(FilterStateMatcher),
  },
  {
    oneofs: [
      {
        name: "path_specifier",
        fields: ["prefix", "path", "safeRegex", "connectMatcher", "pathSeparatedPrefix", "pathMatchPolicy"],
        required: true,
      },
    ],
  },
);
export type RouteMatch = Infer<typeof RouteMatch>;
