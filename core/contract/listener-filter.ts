import type { ExtensionStatus, FilterScope, ResourceSchema, SecurityPosture, StandardSchema } from "./filter.ts";

/**
 * What is known of a connection when its filter chain is chosen, and to whoever serves it afterwards. Listener filters write it. It exists only for
 * connections of listeners that have such filters.
 */
export interface ConnectionFacts {
  /** The client: the peer of the socket, or whom a proxy in front of us named. An IP, without port. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Where the client connected to. */
  readonly localAddress: string;
  readonly localPort: number;
  /** The peer of the socket, whatever the PROXY protocol said. */
  readonly directRemoteAddress: string;
  readonly directRemotePort: number;
  /** The name asked for by SNI, in lower case; "": none. */
  readonly serverName: string;
  /** "tls", "raw_buffer"; "": nobody looked. */
  readonly transportProtocol: string;
  /** What the client offers by ALPN, or what its first bytes are: "h2", "http/1.1", "http/1.0", "h2c". */
  readonly applicationProtocols: readonly string[];
  /** Dynamic metadata by namespace, for logs and filters; undefined while there is none. */
  readonly metadata: Record<string, Record<string, unknown>> | undefined;
  /** Filter state by key; undefined while there is none. */
  readonly filterState: Record<string, unknown> | undefined;
}

/** A connection as listener filters see it. */
export interface ListenerFilterConnection extends ConnectionFacts {
  serverName: string;
  transportProtocol: string;
  applicationProtocols: readonly string[];
  /** The addresses that a proxy in front of us told. */
  setAddresses(remote: string, remotePort: number, local: string, localPort: number): void;
  setMetadata(namespace: string, key: string, value: unknown): void;
  /** Takes bytes off the front of what was read: nobody behind this filter sees them. Only while `onData` runs. */
  consume(bytes: number): void;
}

/**
 * What a listener filter returns. `undefined`: it is done, the next one's turn. `"more"`: it wants more bytes than there are.
 * `"close"`: the connection is refused.
 */
export type ListenerFilterResult = undefined | void | "more" | "close";

/**
 * A listener filter: looks at a connection, and at its first bytes, before the filter chain is chosen. Built once per configuration and shared by all
 * connections. Filters run one after the other; all of them together have `listener_filters_timeout`.
 */
export interface ListenerFilter<S = undefined> {
  /** Bytes it may want to see. A connection for which it returns "more" with that many there is closed. */
  readonly maxReadBytes: number;
  /** State of one connection; when absent nothing is allocated. */
  createState?(): S;
  /** Its turn has come. Absent: "more" when there is `onData`, else done. */
  onAccept?(connection: ListenerFilterConnection, state: S): ListenerFilterResult;
  /** All bytes that were read and not taken, each time that there are more of them. Never empty; not to be changed. */
  onData?(connection: ListenerFilterConnection, bytes: Buffer, state: S): ListenerFilterResult;
  /** The connection closed while it was this filter's turn. */
  onClose?(connection: ListenerFilterConnection, state: S): void;
  /** The configuration is gone and no connection uses the filter any more. */
  dispose?(): void;
}

/** Definition of a listener filter: plain data. */
export interface ListenerFilterDefinition<Config = unknown, S = unknown> {
  readonly kind: "listener_filter";
  readonly id: string;
  /** Envoy type URLs (without "type.googleapis.com/") that it answers to. */
  readonly typeUrls?: readonly string[];
  readonly status: ExtensionStatus;
  readonly posture: SecurityPosture;
  readonly config?: StandardSchema<Config> | ResourceSchema<Config>;
  readonly create: (config: Config, scope: FilterScope) => ListenerFilter<S>;
}
