import type { HeaderMap } from "./headers.ts";
import type { Hold, HttpStream, Stop, StreamInfo, StreamOutcome } from "./stream.ts";
import type { StatsScope } from "./stats.ts";
import type { DecisionTrace } from "./trace.ts";

/**
 * What a hook may return.
 * - `undefined`: go on. Costs one comparison.
 * - `Stop` (from `s.reply`, `s.reset`, `s.recreate`): this filter has ended the stream.
 * - `HOLD` (header hooks only): keep the headers until the body is whole, see `HttpFilter`.
 * - bytes (body and trailers hooks only): replace the chunk; from a trailers hook: a last chunk sent in place of the trailers.
 * - a promise of any of these: this direction pauses under watermarks until it settles; it is dropped if the stream ends first.
 *   A rejection is a throw.
 */
export type HookResult<T = never> = HookValue<T> | Promise<HookValue<T>>;
/** What a hook says at once: go on (nothing), its own kind of value, or `STOP` and its kin. */
export type HookValue<T = never> = void | undefined | T | Stop;

/**
 * An HTTP filter: built once per configuration, shared by all streams. An absent hook is never called and costs nothing.
 *
 * Order: request hooks run first to last in the order of the configuration, response hooks last to first. For one stream and direction:
 * headers once, body zero or more times, trailers at most once; `end` is true on the last of them. Local replies pass the response
 * hooks of all filters, including the one that made it.
 *
 * Bodies: without a body hook in the chain bytes bypass it. With `HOLD` from a headers hook (the filter must declare `buffer`) the body is collected
 * up to the declared bound (request: 413, response: 500 when exceeded), the body hook is then called once with all of it, and the headers
 * go on after that hook, so it may still change them. An empty chunk with `end` is delivered when a held message has no body.
 *
 * `onStreamComplete` is called exactly once for each stream that reached the chain, also when the client is gone.
 */
export interface HttpFilter<S = undefined> {
  /** State of one stream; when absent nothing is allocated and `state` is undefined. */
  createState?(stream: HttpStream): S;
  onRequestHeaders?(s: HttpStream, headers: HeaderMap, end: boolean, state: S): HookResult<Hold>;
  onRequestBody?(s: HttpStream, chunk: Uint8Array, end: boolean, state: S): HookResult<Uint8Array>;
  onRequestTrailers?(s: HttpStream, trailers: HeaderMap, state: S): HookResult<Uint8Array>;
  /** 1xx from the upstream, before it is passed on. */
  onInformational?(s: HttpStream, headers: HeaderMap, state: S): void;
  onResponseHeaders?(s: HttpStream, headers: HeaderMap, end: boolean, state: S): HookResult<Hold>;
  onResponseBody?(s: HttpStream, chunk: Uint8Array, end: boolean, state: S): HookResult<Uint8Array>;
  onResponseTrailers?(s: HttpStream, trailers: HeaderMap, state: S): HookResult<Uint8Array>;
  onStreamComplete?(s: HttpStream, outcome: StreamOutcome, state: S): void;
  /**
   * Tells what `onRequestHeaders` would do, for `isthmus explain`: changes `headers` as that does and ends the stream where that does, but counts nothing, keeps
   * nothing, waits for nothing, and asks nobody. What a random number decides goes to `trace.draw`. `s` is a stream that sends nothing anywhere.
   * Without it `explain` says that it can't tell what the filter does.
   */
  explain?(s: HttpStream, headers: HeaderMap, end: boolean, trace: DecisionTrace): void | Stop;
  /** The configuration is gone and no stream uses this filter any more: release timers, sockets, files. */
  dispose?(): void;
}

/** Maturity: "stable" may be relied on; "alpha" may change. */
export type ExtensionStatus = "stable" | "beta" | "alpha";
/** What an extension has been hardened against. Envoy: security_posture. */
export type SecurityPosture = "untrusted" | "trusted";

/** The Standard Schema interface (version 1): what valibot, zod, arktype and others implement. Only what is used here. */
export interface StandardSchema<Output = unknown> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}
/** The outcome of a validation: the value, or what is wrong with it. Source: the Standard Schema specification, as the other two. */
export type SchemaResult<Output> =
  { readonly value: Output; readonly issues?: undefined } | { readonly issues: readonly SchemaIssue[] };
/** One thing that is wrong, and where in the value it is. */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined;
}

/** What a filter gets while it is built. */
export interface FilterScope {
  /** Name of the filter in its chain (`http_filters[].name`). */
  readonly name: string;
  /** Index of the per-route configuration: `stream.routeConfig(slot)`. */
  readonly slot: number;
  /** Counters below `http.STAT_PREFIX.` of the connection manager. */
  readonly stats: StatsScope;
  readonly log: Logger;
  /** A runtime value (`layered_runtime`), or the default. */
  runtime: RuntimeReader;
  /** Terminal filters and a few others reach clusters by it. */
  readonly services: FilterServices;
}

/** Doors to the rest of the proxy, each declared by the layer that fills it. Looked up while building, never per request. */
export interface FilterServices {
  /** undefined where the host has none (a unit test). */
  get<T>(key: ServiceKey<T>): T | undefined;
}
/** Names a service and, for the compiler, its type. Two keys with the same `id` are the same service. */
export interface ServiceKey<T> {
  readonly id: string;
  readonly __type?: T;
}

/** Reads `layered_runtime`. */
export interface RuntimeReader {
  number(key: string, fallback: number): number;
  boolean(key: string, fallback: boolean): boolean;
  string(key: string, fallback: string): string;
  /** Whether a draw falls below a runtime fraction. `denominator`: 100, 10_000 or 1_000_000. */
  fraction(key: string, numerator: number, denominator: number, draw: number): boolean;
}

/** A log under a component's name; the text is one line. */
export interface Logger {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** What a body hook may collect, in bytes, per direction. */
export interface BufferLimits {
  request?: number;
  response?: number;
}

/** Definition of an HTTP filter: plain data, made by `defineFilter`. */
export interface FilterDefinition<Config = unknown, S = unknown, RouteConfig = Config> {
  readonly kind: "http_filter";
  /** Unique, such as "http.filters.api_key": what `http_filters[].typed_config.type_url` of a TypedStruct ends in, or its name. */
  readonly id: string;
  /** Envoy type URLs (without "type.googleapis.com/") that it answers to as well. */
  readonly typeUrls?: readonly string[];
  readonly status: ExtensionStatus;
  readonly posture: SecurityPosture;
  /** What a throw or rejection in a hook does: "fail" answers 500 (or resets), "skip" goes on without this hook. Default "fail". */
  readonly onError?: "fail" | "skip";
  /** A terminal filter ends the chain: it must be the last one, and exactly one. */
  readonly terminal?: boolean;
  readonly buffer?: BufferLimits | ((config: Config) => BufferLimits);
  /** Schema of the configuration: Standard Schema (valibot, zod, ...), or a schema of core/resources for Envoy's own messages. */
  readonly config?: StandardSchema<Config> | ResourceSchema<Config>;
  /** Schema of `typed_per_filter_config`; default: that of `config`. */
  readonly routeConfig?: StandardSchema<RouteConfig> | ResourceSchema<RouteConfig>;
  /** Type URLs of the per-route message when it differs from the filter's. */
  readonly routeTypeUrls?: readonly string[];
  /** Merges per-route configurations, least specific first; default: the most specific wins. */
  readonly mergeRouteConfig?: (configs: readonly RouteConfig[]) => unknown;
  /** Compiles a per-route configuration once, when the routes are built; what it returns is what `stream.routeConfig` gives. */
  readonly createRouteConfig?: (config: RouteConfig, scope: FilterScope) => unknown;
  readonly create: (config: Config, scope: FilterScope) => HttpFilter<S>;
}

/** A schema of core/resources (opaque here, so that this layer imports nothing). */
export interface ResourceSchema<T> {
  readonly kind: string;
  readonly __type?: T;
}

/** Writes one entry for each finished stream. */
export interface AccessLog {
  log(info: StreamInfo): void;
  /** Writes what is held. */
  flush?(): void;
  reopen?(): void;
  dispose?(): void;
}
