import type { Cluster } from "./cluster.ts";
import type { HeaderMap } from "./headers.ts";

/** What a decision was about. Names are Envoy's where Envoy has one. */
export type DecisionKind =
  | "listener"
  | "filter chain"
  | "connection manager"
  | "virtual host"
  | "route"
  | "filter"
  | "fault"
  | "weighted cluster"
  | "timeout"
  | "retry"
  | "mirror"
  | "headers"
  | "cluster"
  | "circuit breaker"
  | "endpoint"
  | "response";

/**
 * What came of it. `chosen`: taken among others. `rejected`: looked at, and it does not fit. `applied`: it does something to the request.
 * `skipped`: it had its turn and does nothing. `ends`: it answers the request. `unknown`: it can't be told without doing it.
 */
export type DecisionVerdict = "chosen" | "rejected" | "applied" | "skipped" | "ends" | "unknown";

/** One decision about a request, with its reason. */
export interface Decision {
  readonly kind: DecisionKind;
  readonly verdict: DecisionVerdict;
  /** What it was about, by name: a listener, a virtual host, a filter. */
  readonly subject: string;
  /** Why, in words; "" where the subject says all. */
  readonly reason: string;
  /** The resource behind it: its place in the configuration is looked up by its identity. */
  readonly about?: object | undefined;
  /** Of what was rejected: a part of it did fit, so that somebody may wonder why it was not taken. */
  readonly near?: boolean;
}

/** A decision that a random number makes. */
export interface Draw {
  readonly kind: DecisionKind;
  readonly subject: string;
  readonly about?: object | undefined;
  /** How many numbers there are; option i has the `count` numbers behind those of the options before it. The counts sum up to it. */
  readonly of: number;
  readonly options: readonly DrawOption[];
  /** "stream": the one number of the stream, that other decisions look at as well. "own": drawn for this alone. */
  readonly source: "stream" | "own";
}
/** One outcome of a draw: what it is called, how many of the draw's numbers are its own, and what it is about. */
export interface DrawOption {
  readonly label: string;
  readonly count: number;
  readonly about?: object | undefined;
}

/**
 * Hears how a request is decided about (`isthmus explain`). Nothing on the data path has one: code that takes it as a parameter costs nothing without.
 */
export interface DecisionTrace {
  note(decision: Decision): void;
  /** The index of the option to go on with, in the place of a random number: whoever explains looks at all of them, one after the other. */
  draw(draw: Draw): number;
  /** Told by the terminal filter, last: the request goes to a cluster, in this form. `end`, `upgrade`: as `UpstreamStream.sendHeaders` has them. */
  forward(cluster: Cluster, headers: HeaderMap, end: boolean, upgrade: string): void;
}

/** How picks of a cluster spread over an endpoint. */
export interface HostShare {
  /** "10.0.0.1:8080", or a name with its port that is looked up while the gateway runs. */
  readonly address: string;
  readonly hostname: string;
  /** 0 to 1; undefined: not known before a pick. */
  readonly share: number | undefined;
  /** "healthy", "degraded", "unhealthy", or "not looked up". */
  readonly health: string;
  readonly weight: number;
  readonly priority: number;
  readonly activeRequests: number;
}
