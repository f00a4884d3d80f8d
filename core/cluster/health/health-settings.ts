import type { StringMatcher } from "../../match/string-matcher.ts";
import type { Http2UpstreamOptions } from "../pool/http2-upstream-connection.ts";

/** A check in the terms of this folder. Times in milliseconds. */
export interface HealthSettings {
  readonly timeout: number;
  readonly interval: number;
  readonly noTrafficInterval: number;
  readonly noTrafficHealthyInterval: number;
  readonly unhealthyInterval: number;
  readonly unhealthyEdgeInterval: number;
  readonly healthyEdgeInterval: number;
  readonly initialJitter: number;
  readonly intervalJitter: number;
  /** Percent. */
  readonly intervalJitterPercent: number;
  readonly unhealthyThreshold: number;
  readonly healthyThreshold: number;
  readonly reuseConnection: boolean;
  /** Files of events. */
  readonly logs: readonly HealthLog[];
  readonly alwaysLogFailures: boolean;
  readonly alwaysLogSuccess: boolean;
  /** Offered by ALPN in place of what the TLS names; undefined: what it names. */
  readonly alpn: readonly string[] | undefined;
  /** In place of the endpoint's `envoy.transport_socket_match`. */
  readonly matchCriteria: Readonly<Record<string, unknown>> | undefined;
  readonly check: HttpCheck | TcpCheck | GrpcCheck;
}

/** A file of events, and the message that names it. */
export interface HealthLog {
  readonly path: string;
  readonly about: object;
}

export interface HttpCheck {
  readonly kind: "HTTP";
  /** null: HTTP/1.1. */
  readonly http2: Http2UpstreamOptions | null;
  readonly method: string;
  readonly path: string;
  /** "": the cluster's name. */
  readonly host: string;
  readonly headers: HeaderChanges;
  /** null: no body. */
  readonly send: Uint8Array | null;
  readonly receive: readonly Uint8Array[];
  /** Bytes of the body that are looked at. */
  readonly bodyLimit: number;
  readonly expected: readonly StatusRange[];
  readonly retriable: readonly StatusRange[];
  readonly serviceName: StringMatcher | null;
}

export interface TcpCheck {
  readonly kind: "TCP";
  readonly send: Uint8Array | null;
  readonly receive: readonly Uint8Array[];
}

export interface GrpcCheck {
  readonly kind: "GRPC";
  readonly http2: Http2UpstreamOptions;
  readonly service: string;
  /** "": the cluster's name. */
  readonly authority: string;
  readonly headers: HeaderChanges;
}

/** From the first up to and without the second. */
export type StatusRange = readonly [start: number, end: number];

/** What becomes of a request's headers. */
export interface HeaderChanges {
  readonly add: readonly HeaderChange[];
  readonly remove: readonly string[];
}

export interface HeaderChange {
  readonly name: string;
  readonly value: string;
  readonly action: "APPEND_IF_EXISTS_OR_ADD" | "ADD_IF_ABSENT" | "OVERWRITE_IF_EXISTS_OR_ADD" | "OVERWRITE_IF_EXISTS";
}

/** Where a host is asked, when not where it serves. */
export interface HealthTarget {
  /** "" or an IP address. */
  readonly address: string;
  /** 0: the host's. */
  readonly port: number;
  /** A Unix socket; "": none. */
  readonly path: string;
  /** "": what the check says. */
  readonly hostname: string;
  /** Nobody asks it. */
  readonly disabled: boolean;
}

export function inRanges(status: number, ranges: readonly StatusRange[]): boolean {
  return ranges.some(([start, end]) => status >= start && status < end);
}
