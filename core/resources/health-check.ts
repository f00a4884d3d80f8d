import { headersToAdd, headersToRemove, TypedExtensionConfig } from "./base.ts";
import { StringMatcher } from "./matchers.ts";
import type { Infer } from "./schema/index.ts";
import {
  bool,
  boolValue,
  bytes,
  duration,
  enumOf,
  headerValue,
  int64,
  list,
  message,
  required,
  string,
  struct,
  uint32,
  uint32Value,
  uint64Value,
  unsupported,
} from "./schema/index.ts";

const H = "envoy.config.core.v3.HealthCheck";

/** Bytes: exactly one of the two. */
export const HealthCheckPayload = message(
  `${H}.Payload`,
  {
    /** In hexadecimal. */
    text: string({ minLength: 1 }),
    binary: bytes(),
  },
  { oneofs: [{ name: "payload", fields: ["text", "binary"], required: true }] },
);
export type HealthCheckPayload = Infer<typeof HealthCheckPayload>;

/** From `start` up to and without `end`. */
export const Int64Range = message("envoy.type.v3.Int64Range", {
  /** Default 0. */
  start: int64({ default: 0 }),
  /** Default 0. */
  end: int64({ default: 0 }),
});
export type Int64Range = Infer<typeof Int64Range>;

/** A request whose answer tells. */
export const HttpHealthCheck = message(`${H}.HttpHealthCheck`, {
  /** Default "": the cluster's name. An endpoint's own hostname for checks comes first. */
  host: headerValue({ default: "" }),
  path: headerValue({ required: true, minLength: 1 }),
  /** The request's body. */
  send: HealthCheckPayload,
  /** What the body must hold, in this order, with anything between. Default: nothing. */
  receive: list(HealthCheckPayload),
  /** How much of the body is looked at. Default 1,024; 0: a MiB. */
  responseBufferSize: uint64Value({ default: 1024 }),
  requestHeadersToAdd: headersToAdd,
  requestHeadersToRemove: headersToRemove,
  /** Default: 200. */
  expectedStatuses: list(Int64Range),
  /** Failures that count towards the threshold, where others are enough at once. Default: none. */
  retriableStatuses: list(Int64Range),
  /** Default HTTP1. */
  codecClientType: enumOf(["HTTP1", "HTTP2", "HTTP3"], { default: "HTTP1", unsupported: ["HTTP3"] }),
  /** What `x-envoy-upstream-healthchecked-cluster` of the answer must be. Unset: anything. */
  serviceNameMatcher: StringMatcher,
  /** Default GET. */
  method: enumOf(["METHOD_UNSPECIFIED", "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"], {
    default: "METHOD_UNSPECIFIED",
    unsupported: ["CONNECT"],
  }),
});
export type HttpHealthCheck = Infer<typeof HttpHealthCheck>;

/** A connection, and what is said on it. */
export const TcpHealthCheck = message(`${H}.TcpHealthCheck`, {
  send: HealthCheckPayload,
  /** What must come, in this order, with anything between. Default: nothing; that it connects is enough. */
  receive: list(HealthCheckPayload),
  proxyProtocolConfig: unsupported("there are no PROXY headers to upstreams yet"),
});
export type TcpHealthCheck = Infer<typeof TcpHealthCheck>;

/** `grpc.health.v1.Health/Check`. */
export const GrpcHealthCheck = message(`${H}.GrpcHealthCheck`, {
  /** Default "": the whole server. */
  serviceName: string({ default: "" }),
  /** Default "": the cluster's name. */
  authority: headerValue({ default: "" }),
  initialMetadata: headersToAdd,
});
export type GrpcHealthCheck = Infer<typeof GrpcHealthCheck>;

/** Where events are told: a file of JSON lines. */
export const HealthCheckEventFileSink = message("envoy.extensions.health_check.event_sinks.file.v3.HealthCheckEventFileSink", {
  eventLogPath: string({ minLength: 1, required: true }),
});
export type HealthCheckEventFileSink = Infer<typeof HealthCheckEventFileSink>;

/** Asks hosts whether they are well. Envoy: "Health checking". */
export const HealthCheck = message(
  H,
  {
    /** Milliseconds for a check. */
    timeout: duration({ above: 0, required: true }),
    /** Milliseconds between checks of a host that is well. */
    interval: duration({ above: 0, required: true }),
    /** Milliseconds, drawn at random, before the first check. Default 0. */
    initialJitter: duration({ min: 0, default: 0 }),
    /** Milliseconds, drawn at random and added to each interval. Default 0. */
    intervalJitter: duration({ min: 0, default: 0 }),
    /** Percent of the interval, drawn and added. Default 0. */
    intervalJitterPercent: uint32({ default: 0 }),
    /** Failures in a row that make a host unhealthy. An answer that says so is enough at once, unless it is retriable. */
    unhealthyThreshold: required(uint32Value()),
    /** Successes in a row that make it healthy again. The very first one is enough. */
    healthyThreshold: required(uint32Value()),
    altPort: unsupported("set health_check_config.port_value of the endpoint"),
    /** Whether a connection is used for more than one check. Default true. */
    reuseConnection: boolValue({ default: true }),
    httpHealthCheck: HttpHealthCheck,
    tcpHealthCheck: TcpHealthCheck,
    grpcHealthCheck: GrpcHealthCheck,
    customHealthCheck: unsupported("there are HTTP, TCP and gRPC checks"),
    /** Milliseconds between checks while the cluster never had traffic. Default 60,000. */
    noTrafficInterval: duration({ above: 0, default: 60_000 }),
    /** The same of hosts that are well. Unset: `noTrafficInterval`. */
    noTrafficHealthyInterval: duration({ above: 0 }),
    /** Milliseconds between checks of a host that is not well. Unset: `interval`. */
    unhealthyInterval: duration({ above: 0 }),
    /** The same while failures have begun and are not enough yet. Unset: `unhealthyInterval`. */
    unhealthyEdgeInterval: duration({ above: 0 }),
    /** The same while successes have begun and are not enough yet. Unset: `interval`. */
    healthyEdgeInterval: duration({ above: 0 }),
    /** Deprecated form of `eventLogger`: a file. Default "": none. */
    eventLogPath: string({ default: "" }),
    /** Default: none. */
    eventLogger: list(TypedExtensionConfig),
    eventService: unsupported("there are no gRPC clients yet"),
    /** Whether each failure is told, not only the first and what changes something. Default false. */
    alwaysLogHealthCheckFailures: bool({ default: false }),
    /** Whether each success is told. Default false. */
    alwaysLogHealthCheckSuccess: bool({ default: false }),
    tlsOptions: message(`${H}.TlsOptions`, {
      /** Offered in place of what the cluster's TLS names. Default: none. */
      alpnProtocols: list(string()),
    }),
    /** Chooses of `transport_socket_matches`, in place of the endpoint's metadata. */
    transportSocketMatchCriteria: struct(),
  },
  {
    oneofs: [
      {
        name: "health_checker",
        fields: ["httpHealthCheck", "tcpHealthCheck", "grpcHealthCheck", "customHealthCheck"],
        required: true,
      },
    ],
  },
);
export type HealthCheck = Infer<typeof HealthCheck>;
