import type { HeaderMap } from "./headers.ts";
import type { HttpStream } from "./stream.ts";
import type { DecisionTrace } from "./trace.ts";

/** The virtual host and route that a request matched, compiled. Shared by all streams; immutable. */
export interface Route {
  readonly name: string;
  readonly virtualHost: string;
  /** Per-filter configuration, by slot (`FilterScope.slot`): the most specific that was given, or undefined. */
  readonly config: readonly unknown[];
  /** Metadata of the route resource (`metadata.filter_metadata`), or undefined. */
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
  /** The route resource it was compiled from. */
  readonly resource: object;
  /** Changes the headers of a response, an upstream's or a local one, before any filter sees them. */
  finalizeResponse?(stream: HttpStream, headers: HeaderMap): void;
}

/** A compiled route configuration. Finding a route allocates nothing. */
export interface RouteTable {
  /** The first route that matches, in the order of the configuration, or undefined. Never throws. `trace` hears how it came about. */
  match(stream: HttpStream, headers: HeaderMap, trace?: DecisionTrace): Route | undefined;
}
