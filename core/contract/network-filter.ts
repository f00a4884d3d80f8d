import type { ExtensionStatus, FilterScope, HookResult, ResourceSchema, SecurityPosture, StandardSchema } from "./filter.ts";
import type { ConnectionFacts } from "./listener-filter.ts";
import type { DownstreamConnection, Stop } from "./stream.ts";

/** A downstream connection as network filters see it. It lives as long as the connection; keep no reference to it afterwards. */
export interface NetworkConnection extends DownstreamConnection {
  /** What listener filters have learned of the connection: its first protocol, the names and protocols offered in its ClientHello. */
  readonly facts: ConnectionFacts;
  /** Bytes of the client that have come, and bytes for it that were written, as the socket sees them (TLS: without its framing). */
  readonly bytesReceived: number;
  readonly bytesSent: number;
  /** Whether it still runs: check it in late callbacks of your own. */
  readonly active: boolean;
  /** Aborted when the connection is over. Made when first asked for. */
  readonly signal: AbortSignal;

  /**
   * Writes to the client, through the `onWrite` hooks of all filters. `end` (default false): nothing follows, the client gets a FIN.
   * Where the last filter of a chain does so, the client is not read from while it does not take what it got.
   */
  write(chunk: Uint8Array, end?: boolean): void;
  /**
   * Ends the connection: what was written goes out, what the client still sends is dropped. `details` is for logs. `return c.close(...)`
   * from a hook.
   */
  close(details?: string): Stop;
  /** Ends it at once, with RST: the client can't take what it got for all there is. */
  reset(details?: string): Stop;

  readonly filterState: Readonly<Record<string, unknown>> | undefined;
  setFilterState(key: string, value: unknown): void;
  setMetadata(namespace: string, key: string, value: unknown): void;
}

/** Why a connection is over. */
export interface NetworkOutcome {
  /** "remote": the client closed, or went away; "local": this side did, a filter, the upstream, a timeout or a drain. */
  readonly by: "remote" | "local";
  /** The code of a socket error ("ECONNRESET"), what a filter gave to `close` or `reset`, or "". */
  readonly details: string;
}

/**
 * A network filter: sees the bytes of a connection, whatever they are. Built once per configuration, shared by all connections. An absent hook
 * is never called and costs nothing.
 *
 * Order: `onConnection` and `onData` run first to last in the order of the configuration, `onWrite` last to first. For one connection: `onConnection` once,
 * before any byte; then each direction for itself; `end` is true on the last call of a direction, whose chunk may be empty. `onClose`
 * is called exactly once for each connection whose `onConnection` hooks have begun.
 *
 * What a hook returns: `undefined` goes on; bytes take the chunk's place (empty ones drop it); `Stop`, from `c.close` or `c.reset`, ends the connection; a promise
 * of these pauses that direction under watermarks until it settles, and is dropped when the connection is over first. A throw
 * or a rejection follows the definition's `onError`: `fail` resets the connection, `skip` goes on without this call.
 */
export interface NetworkFilter<S = undefined> {
  /** State of one connection; when absent nothing is allocated and `state` is undefined. */
  createState?(c: NetworkConnection): S;
  /** The connection is there (for TLS: after the handshake). The filters behind this one wait for it. */
  onConnection?(c: NetworkConnection, state: S): HookResult;
  /** Bytes from the client. */
  onData?(c: NetworkConnection, chunk: Uint8Array, end: boolean, state: S): HookResult<Uint8Array>;
  /** Bytes to the client. */
  onWrite?(c: NetworkConnection, chunk: Uint8Array, end: boolean, state: S): HookResult<Uint8Array>;
  onClose?(c: NetworkConnection, outcome: NetworkOutcome, state: S): void;
  /** The configuration is gone and no connection uses this filter any more: release timers, sockets, files. */
  dispose?(): void;
}

/** Definition of a network filter: plain data, made by `defineNetworkFilter`. */
export interface NetworkFilterDefinition<Config = unknown, S = unknown> {
  readonly kind: "network_filter";
  /** Unique, such as "network.filters.banner": what `filters[].typed_config.type_url` of a TypedStruct ends in. */
  readonly id: string;
  /** Envoy type URLs (without "type.googleapis.com/") that it answers to as well. */
  readonly typeUrls?: readonly string[];
  readonly status: ExtensionStatus;
  readonly posture: SecurityPosture;
  /** What a throw or rejection in a hook does. Default "fail". */
  readonly onError?: "fail" | "skip";
  /** It answers the client itself, so it must be the last of its chain; what passes it goes nowhere. Default false. */
  readonly terminal?: boolean;
  readonly config?: StandardSchema<Config> | ResourceSchema<Config>;
  readonly create: (config: Config, scope: FilterScope) => NetworkFilter<S>;
}
