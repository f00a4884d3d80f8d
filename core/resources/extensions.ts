import { FileAccessLog, StderrAccessLog, StdoutAccessLog } from "./accesslog.ts";
import { FilterConfig } from "./base.ts";
import { CorsFilterPolicy } from "./cors-policy.ts";
import { AdaptiveConcurrency } from "./filters/adaptive-concurrency.ts";
import { AdmissionControl } from "./filters/admission-control.ts";
import { Buffer, BufferPerRoute } from "./filters/buffer.ts";
import { Cors } from "./filters/cors.ts";
import { HTTPFault } from "./filters/fault.ts";
import { GrpcStats } from "./filters/grpc-stats.ts";
import { GrpcWeb } from "./filters/grpc-web.ts";
import { HeaderMutation, HeaderMutationPerRoute } from "./filters/header-mutation.ts";
import { HealthCheck } from "./filters/health-check.ts";
import { HealthCheckEventFileSink } from "./health-check.ts";
import { Router } from "./filters/router.ts";
import { HttpInspector } from "./listener-filters/http-inspector.ts";
import { ProxyProtocol } from "./listener-filters/proxy-protocol.ts";
import { TlsInspector } from "./listener-filters/tls-inspector.ts";
import { ConnectionLimit } from "./network-filters/connection-limit.ts";
import { Echo, NetworkDirectResponse, SniCluster } from "./network-filters/simple.ts";
import { TcpProxy } from "./network-filters/tcp-proxy.ts";
import { HttpConnectionManager } from "./http-connection-manager.ts";
import { LeastRequest, Maglev, Random, RingHash, RoundRobin } from "./load-balancing.ts";
import { HttpRequestHeaderMatchInput, HttpRequestQueryParamMatchInput } from "./matcher-tree.ts";
import { UpstreamHttpProtocolOptions } from "./protocol-options.ts";
import { Route, RouteList } from "./route.ts";
import { DownstreamTlsContext, Secret, UpstreamTlsContext } from "./tls.ts";
import type { MessageSchema } from "./schema/message.ts";
import { boolValue, message } from "./schema/index.ts";

/** Where an extension may stand; "other" is anywhere else. */
export type ExtensionKind = "listener_filter" | "network_filter" | "http_filter" | "access_log" | "route_config" | "other";

/** What is known of a type URL. */
export interface Extension {
  readonly kind: ExtensionKind;
  /** Ends a chain of filters. */
  readonly terminal?: boolean;
  /** Reads its configuration; without one, only the type URL is checked. */
  readonly schema?: Pick<MessageSchema<unknown>, "decodeAny">;
}

/** Extensions by type URL, without `type.googleapis.com/`. */
export type Extensions = ReadonlyMap<string, Extension>;

/** Request ids: random UUIDs, in which the decision to trace is kept. */
export const UuidRequestIdConfig = message("envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig", {
  /** Default true. */
  packTraceReason: boolValue({ default: true }),
  /** Default true. */
  useRequestIdForTraceSampling: boolValue({ default: true }),
});

/** The extensions whose messages are described in this folder. */
export const builtInExtensions: Extensions = new Map<string, Extension>([
  terminal(HttpConnectionManager),
  terminal(TcpProxy),
  terminal(NetworkDirectResponse),
  terminal(Echo),
  entry("network_filter", ConnectionLimit),
  entry("network_filter", SniCluster),
  entry("listener_filter", TlsInspector),
  entry("listener_filter", HttpInspector),
  entry("listener_filter", ProxyProtocol),
  ["envoy.extensions.filters.http.router.v3.Router", { kind: "http_filter", schema: Router, terminal: true }],
  entry("http_filter", AdaptiveConcurrency),
  entry("http_filter", AdmissionControl),
  entry("http_filter", HTTPFault),
  entry("http_filter", Buffer),
  entry("route_config", BufferPerRoute),
  entry("http_filter", HealthCheck),
  entry("http_filter", HeaderMutation),
  entry("route_config", HeaderMutationPerRoute),
  entry("http_filter", Cors),
  entry("http_filter", GrpcStats),
  entry("http_filter", GrpcWeb),
  entry("route_config", CorsFilterPolicy),
  entry("route_config", FilterConfig),
  entry("access_log", FileAccessLog),
  entry("access_log", StdoutAccessLog),
  entry("access_log", StderrAccessLog),
  entry("other", HealthCheckEventFileSink),
  entry("other", DownstreamTlsContext),
  entry("other", UpstreamTlsContext),
  entry("other", Secret),
  entry("other", UuidRequestIdConfig),
  entry("other", UpstreamHttpProtocolOptions),
  entry("other", RoundRobin),
  entry("other", LeastRequest),
  entry("other", Random),
  entry("other", RingHash),
  entry("other", Maglev),
  entry("other", Route),
  entry("other", RouteList),
  entry("other", HttpRequestHeaderMatchInput),
  entry("other", HttpRequestQueryParamMatchInput),
  ...[
    "envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer",
    "envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate",
    "envoy.extensions.matching.common_inputs.environment_variable.v3.Config",
    "envoy.extensions.matching.input_matchers.ip.v3.Ip",
    "envoy.extensions.matching.input_matchers.runtime_fraction.v3.RuntimeFraction",
    ...["UriSan", "DnsSan", "Subject"].map((name) => `envoy.extensions.matching.common_inputs.ssl.v3.${name}Input`),
    ...[
      "DestinationIP",
      "DestinationPort",
      "SourceIP",
      "SourcePort",
      "DirectSourceIP",
      "ServerName",
      "TransportProtocol",
      "FilterState",
      "DynamicMetadata",
    ].map((name) => `envoy.extensions.matching.common_inputs.network.v3.${name}Input`),
  ].map((typeUrl): [string, Extension] => [typeUrl, { kind: "other" }]),
]);

function entry(kind: ExtensionKind, schema: Pick<MessageSchema<unknown>, "typeName" | "decodeAny">): [string, Extension] {
  return [schema.typeName, { kind, schema }];
}

function terminal(schema: Pick<MessageSchema<unknown>, "typeName" | "decodeAny">): [string, Extension] {
  return [schema.typeName, { kind: "network_filter", schema, terminal: true }];
}
