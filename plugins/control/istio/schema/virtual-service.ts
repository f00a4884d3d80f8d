import {
  bool,
  boolValue,
  bytes,
  double,
  int32,
  map,
  orEmpty,
  required,
  uint32,
  uint32Value,
  type Infer,
} from "../../../../core/resources/schema/index.ts";
import type { IstioObject } from "../object.ts";
import { anyString, duration, enumOf, list, message, nullIsEmpty, string } from "./fields.ts";

/** How a text is compared; none of the three: that it is there. Istio: `StringMatch`. */
export const StringMatch = message(
  "StringMatch",
  {
    /** The whole text. */
    exact: anyString(),
    /** Its beginning. */
    prefix: anyString(),
    /** RE2, the whole text. */
    regex: anyString(),
  },
  { oneofs: [{ name: "match_type", fields: ["exact", "prefix", "regex"] }] },
);
export type StringMatch = Infer<typeof StringMatch>;

/** A percentage. Istio: `Percent`. */
export const Percent = message("Percent", {
  /** 0 to 100. Default 0. */
  value: double({ default: 0 }),
});
export type Percent = Infer<typeof Percent>;

/** A port of a service. Istio: `PortSelector`. */
export const PortSelector = message("PortSelector", {
  /** Default 0, which is refused. */
  number: uint32({ default: 0 }),
});
export type PortSelector = Infer<typeof PortSelector>;

/** Where traffic goes. Istio: `Destination`. */
export const Destination = message("Destination", {
  /** A service of the registry; a short name is one of the rule's namespace. */
  host: string({ required: true }),
  /** A subset that a DestinationRule of the host names. Default: all endpoints. */
  subset: string(),
  /** Needed when the service has more than one. */
  port: PortSelector,
});
export type Destination = Infer<typeof Destination>;

/** Istio: `Headers.HeaderOperations`. */
export const HeaderOperations = message("HeaderOperations", {
  /** Overwrites. */
  set: map(anyString()),
  /** Appends. */
  add: map(anyString()),
  /** Removes. */
  remove: list(anyString()),
});
export type HeaderOperations = Infer<typeof HeaderOperations>;

/** Istio: `Headers`. */
export const Headers = message("Headers", {
  /** Applied before the request goes on. Default: nothing. */
  request: orEmpty(HeaderOperations),
  /** Applied before the response goes back. Default: nothing. */
  response: orEmpty(HeaderOperations),
});
export type Headers = Infer<typeof Headers>;

/** All conditions must hold. Istio: `HTTPMatchRequest`. */
export const HTTPMatchRequest = message("HTTPMatchRequest", {
  /** Added to the route's name. Default none. */
  name: string(),
  /** The path, without query. */
  uri: StringMatch,
  scheme: StringMatch,
  method: StringMatch,
  authority: StringMatch,
  /** By name. An empty match asks for presence. */
  headers: map(nullIsEmpty(StringMatch)),
  /** The port that was addressed: at a gateway the server's. Default any. */
  port: uint32(),
  /** Labels of the client workload; means nothing at a gateway. */
  sourceLabels: map(anyString()),
  /** Takes the place of the VirtualService's own `gateways`. */
  gateways: list(string({ required: true })),
  /** By name. An empty match asks for presence. */
  queryParams: map(nullIsEmpty(StringMatch)),
  /** For `exact` and `prefix` of `uri`. Default false. */
  ignoreUriCase: bool({ default: false }),
  /** None of these may match. */
  withoutHeaders: map(nullIsEmpty(StringMatch)),
  /** Namespace of the client workload; means nothing at a gateway. */
  sourceNamespace: string(),
  /** Prefix of statistics of the route. */
  statPrefix: string(),
});
export type HTTPMatchRequest = Infer<typeof HTTPMatchRequest>;

/** One of the places that share a route's traffic. Istio: `HTTPRouteDestination`. */
export const HTTPRouteDestination = message("HTTPRouteDestination", {
  destination: required(Destination),
  /** Share among the route's destinations. Default 0; a destination alone gets everything. */
  weight: int32({ default: 0 }),
  /** After those of the route. */
  headers: Headers,
});
export type HTTPRouteDestination = Infer<typeof HTTPRouteDestination>;

/** Istio: `HTTPRedirect`. */
export const HTTPRedirect = message(
  "HTTPRedirect",
  {
    /** The whole path. Excludes `prefixRewrite`. Default: the request's. */
    uri: string(),
    /** Default: the request's. */
    authority: string(),
    /** Default: none is written. */
    port: uint32(),
    /** FROM_PROTOCOL_DEFAULT: that of the scheme; FROM_REQUEST_PORT: the request's. */
    derivePort: enumOf(["FROM_PROTOCOL_DEFAULT", "FROM_REQUEST_PORT"]),
    /** `http` or `https`. Default: the request's. */
    scheme: string(),
    /** 301, 302, 303, 307 or 308. Default 0, which is 301. */
    redirectCode: uint32({ default: 0 }),
    /** Takes the place of the prefix that matched. Excludes `uri`. */
    prefixRewrite: string(),
  },
  { oneofs: [{ name: "redirect_port", fields: ["port", "derivePort"] }] },
);
export type HTTPRedirect = Infer<typeof HTTPRedirect>;

/** Istio: `HTTPBody`. */
export const HTTPBody = message(
  "HTTPBody",
  {
    /** As text. */
    string: anyString(),
    /** In base64. */
    bytes: bytes(),
  },
  { oneofs: [{ name: "specifier", fields: ["string", "bytes"] }] },
);
export type HTTPBody = Infer<typeof HTTPBody>;

/** Istio: `HTTPDirectResponse`. */
export const HTTPDirectResponse = message("HTTPDirectResponse", {
  /** 200 to 599. */
  status: required(uint32()),
  /** Default: none. */
  body: HTTPBody,
});
export type HTTPDirectResponse = Infer<typeof HTTPDirectResponse>;

/** The VirtualService that has the rest of the route. Istio: `Delegate`. */
export const Delegate = message("Delegate", {
  name: string(),
  /** Default: that of the root VirtualService. */
  namespace: string(),
});
export type Delegate = Infer<typeof Delegate>;

/** Istio: `RegexRewrite`. */
export const RegexRewrite = message("RegexRewrite", {
  /** RE2; all that it finds is replaced. */
  match: string(),
  /** What takes its place: `\1` is the first group. Default: nothing. */
  rewrite: anyString({ default: "" }),
});
export type RegexRewrite = Infer<typeof RegexRewrite>;

/** Istio: `HTTPRewrite`. */
export const HTTPRewrite = message("HTTPRewrite", {
  /** Takes the place of the path, or of the prefix where that was matched. */
  uri: string(),
  /** The Host that is sent. */
  authority: string(),
  /** Rewrites the path by an expression. Excludes `uri`. */
  uriRegexRewrite: RegexRewrite,
});
export type HTTPRewrite = Infer<typeof HTTPRewrite>;

/** Istio: `HTTPRetry`. */
export const HTTPRetry = message("HTTPRetry", {
  /** Retries after the first attempt; 0 turns them off. Default 0. Routes without `retries` get the mesh's: 2. */
  attempts: int32({ default: 0 }),
  /** At least 1ms. Default: the route's timeout. */
  perTryTimeout: duration(),
  /** Envoy's policies and status codes, with commas. Default `connect-failure,refused-stream,unavailable,cancelled,503`. */
  retryOn: string(),
  /** Also in other localities. Default: the mesh's, which is false. */
  retryRemoteLocalities: boolValue(),
  /** Not to the host that failed. Default: the mesh's, which is true. */
  retryIgnorePreviousHosts: boolValue(),
  /** Pause before a retry. Default: Envoy's, 25 ms and more. */
  backoff: duration(),
});
export type HTTPRetry = Infer<typeof HTTPRetry>;

/** Istio: `HTTPFaultInjection.Delay`. */
export const Delay = message(
  "Delay",
  {
    /** Deprecated: use `percentage`. Default 0. */
    percent: int32({ default: 0 }),
    /** At least 1ms. */
    fixedDelay: duration(),
    /** Istio has it in its API and does not do it. */
    exponentialDelay: duration(),
    /** Of the requests. Unset: `percent`, and without that none. */
    percentage: Percent,
  },
  { oneofs: [{ name: "http_delay_type", fields: ["fixedDelay", "exponentialDelay"] }] },
);
export type Delay = Infer<typeof Delay>;

/** Istio: `HTTPFaultInjection.Abort`. */
export const Abort = message(
  "Abort",
  {
    httpStatus: int32(),
    /** A name such as UNAVAILABLE, or a number as text. */
    grpcStatus: anyString(),
    /** Istio has it in its API and does not do it. */
    http2Error: anyString(),
    /** Of the requests. Unset: none. */
    percentage: Percent,
  },
  { oneofs: [{ name: "error_type", fields: ["httpStatus", "grpcStatus", "http2Error"] }] },
);
export type Abort = Infer<typeof Abort>;

/** Istio: `HTTPFaultInjection`. */
export const HTTPFaultInjection = message("HTTPFaultInjection", { delay: Delay, abort: Abort });
export type HTTPFaultInjection = Infer<typeof HTTPFaultInjection>;

/** Istio: `CorsPolicy`. */
export const CorsPolicy = message("CorsPolicy", {
  /** Deprecated: use `allowOrigins`. Whole origins, or "*". */
  allowOrigin: list(anyString()),
  allowOrigins: list(StringMatch),
  allowMethods: list(anyString()),
  allowHeaders: list(anyString()),
  exposeHeaders: list(anyString()),
  /** How long a preflight holds. Default: no header. */
  maxAge: duration(),
  /** Default: no header. */
  allowCredentials: boolValue(),
  /** What preflights of other origins are. UNSPECIFIED (default): the same as FORWARD. */
  unmatchedPreflights: enumOf(["UNSPECIFIED", "FORWARD", "IGNORE"], { default: "UNSPECIFIED" }),
});
export type CorsPolicy = Infer<typeof CorsPolicy>;

/** Istio: `HTTPMirrorPolicy`. */
export const HTTPMirrorPolicy = message("HTTPMirrorPolicy", {
  destination: required(Destination),
  /** Of the requests. Unset: all. */
  percentage: Percent,
});
export type HTTPMirrorPolicy = Infer<typeof HTTPMirrorPolicy>;

/** Istio: `HTTPRoute`. */
export const HTTPRoute = message("HTTPRoute", {
  /** For logs. Default none. */
  name: string(),
  /** Any of these. Unset: every request. */
  match: list(HTTPMatchRequest),
  /** One of `route`, `redirect`, `directResponse` and `delegate` is needed. */
  route: list(HTTPRouteDestination),
  redirect: HTTPRedirect,
  directResponse: HTTPDirectResponse,
  /** Only in a VirtualService with hosts; `route` and `redirect` must be unset. */
  delegate: Delegate,
  /** Default: the request goes on as it came. */
  rewrite: HTTPRewrite,
  /** Of the whole request with its retries. Default: none. */
  timeout: duration(),
  /** Default: the mesh's policy of two retries. */
  retries: HTTPRetry,
  fault: HTTPFaultInjection,
  /** A copy of each request goes here too, its response is not looked at. */
  mirror: Destination,
  mirrors: list(HTTPMirrorPolicy),
  /** Deprecated: use `mirrorPercentage`. */
  mirrorPercent: uint32Value(),
  /** Of the requests for `mirror`. Unset: all. */
  mirrorPercentage: Percent,
  corsPolicy: CorsPolicy,
  /** Default: nothing. */
  headers: Headers,
});
export type HTTPRoute = Infer<typeof HTTPRoute>;

/** Istio: `TLSMatchAttributes`. */
export const TLSMatchAttributes = message("TLSMatchAttributes", {
  /** Names of the ClientHello, `*.x` allowed; each must fit a host of the VirtualService. */
  sniHosts: list(anyString(), { min: 1 }),
  /** CIDR ranges. Default any. */
  destinationSubnets: list(anyString()),
  /** Default any. */
  port: uint32(),
  /** Means nothing at a gateway. */
  sourceLabels: map(anyString()),
  /** Takes the place of the VirtualService's own `gateways`. */
  gateways: list(string({ required: true })),
  /** Means nothing at a gateway. */
  sourceNamespace: string(),
});
export type TLSMatchAttributes = Infer<typeof TLSMatchAttributes>;

/** Istio: `L4MatchAttributes`. */
export const L4MatchAttributes = message("L4MatchAttributes", {
  /** CIDR ranges. Default any. */
  destinationSubnets: list(anyString()),
  /** Default any. */
  port: uint32(),
  /** Istio has it in its API; a CIDR range. */
  sourceSubnet: string(),
  /** Means nothing at a gateway. */
  sourceLabels: map(anyString()),
  /** Takes the place of the VirtualService's own `gateways`. */
  gateways: list(string({ required: true })),
  /** Means nothing at a gateway. */
  sourceNamespace: string(),
});
export type L4MatchAttributes = Infer<typeof L4MatchAttributes>;

/** Istio: `RouteDestination`. */
export const RouteDestination = message("RouteDestination", {
  destination: required(Destination),
  /** Share among the route's destinations. Default 0; a destination alone gets everything. */
  weight: int32({ default: 0 }),
});
export type RouteDestination = Infer<typeof RouteDestination>;

/** Istio: `TLSRoute`. */
export const TLSRoute = message("TLSRoute", { match: list(TLSMatchAttributes), route: list(RouteDestination) });
export type TLSRoute = Infer<typeof TLSRoute>;

/** Istio: `TCPRoute`. */
export const TCPRoute = message("TCPRoute", {
  /** Any of these. Unset: every connection. */
  match: list(L4MatchAttributes),
  route: list(RouteDestination),
});
export type TCPRoute = Infer<typeof TCPRoute>;

/** Istio: `VirtualService`, https://istio.io/latest/docs/reference/config/networking/virtual-service/ */
export const VirtualServiceSpec = message("VirtualService", {
  /** Names that traffic is addressed to: DNS names, `*.x`, IP addresses, short names. Empty: for others to delegate to. */
  hosts: list(anyString()),
  /** Names (`namespace/name` or `name`) of gateways, and `mesh` for sidecars. Unset: `mesh`. */
  gateways: list(string({ required: true })),
  /** The first whose match holds is taken. */
  http: list(HTTPRoute),
  /** For connections whose TLS is not ended here, by SNI. */
  tls: list(TLSRoute),
  /** For all other connections. */
  tcp: list(TCPRoute),
  /** Namespaces that see it: `.` its own, `*` all. Unset: all. */
  exportTo: list(anyString()),
});
export type VirtualServiceSpec = Infer<typeof VirtualServiceSpec>;

/** `kind: VirtualService` of `networking.istio.io`. */
export type VirtualService = IstioObject<VirtualServiceSpec, "VirtualService">;
