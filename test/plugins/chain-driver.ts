import type { FilterDefinition, HttpFilter } from "../../core/contract/filter.ts";
import type { Route } from "../../core/contract/route.ts";
import type { HttpStream } from "../../core/contract/stream.ts";

/** A filter under test with what its definition would declare. */
export interface TestFilter {
  readonly name: string;
  readonly filter: HttpFilter<never> | HttpFilter;
  readonly onError?: FilterDefinition["onError"];
  /** Bytes that HOLD may collect. */
  readonly buffer?: { readonly request?: number; readonly response?: number };
}

/** Flat list `[name, value, ...]`. */
export type FlatHeaders = readonly string[];

/** What the client sends. Headers, each chunk and trailers are separate events, all delivered in one turn, paused or not. */
export interface RequestScript {
  readonly method: string;
  readonly path: string;
  readonly headers: FlatHeaders;
  readonly body: readonly string[];
  readonly trailers: FlatHeaders | null;
}

/** What the upstream answers once the whole request has reached it: all in one turn, paused or not. */
export interface UpstreamScript {
  /** Status codes of interim responses. */
  readonly informational: readonly number[];
  readonly status: number;
  readonly headers: FlatHeaders;
  readonly body: readonly string[];
  readonly trailers: FlatHeaders | null;
  /** Breaks off behind the last chunk, without an end. */
  readonly breaksOff: boolean;
}

/** One exchange for a driver to run. */
export interface Exchange {
  readonly filters: readonly TestFilter[];
  readonly request: RequestScript;
  readonly upstream: UpstreamScript;
  /** The route of all requests; absent: one named after the path. */
  readonly route?: Route;
  /** Whether the client leaves once everything was sent and nothing moves any more. */
  readonly clientLeaves: boolean;
  /** Waits until the stream is over (at most a second) before it looks whether anything moves: for filters with timers. Default false. */
  readonly untilComplete?: boolean;
  /** Called when nothing moves any more (after the client left, if it does): lets the case settle promises it kept. */
  readonly whenIdle: () => void;
  /**
   * The driver's own events, in order with those that filters note: `up.headers`, `up.end`, `up.cancel`, `down.1xx STATUS`, `down.headers STATUS`,
   * `down.end`, `down.broken`, `pause request`, `resume request`, `pause response`, `resume response`.
   */
  readonly log: (event: string) => void;
}

/** What upstream and client saw of an exchange. */
export interface Trace {
  readonly upstream: {
    /** How often headers arrived. */
    readonly requests: number;
    readonly path: string;
    readonly headers: FlatHeaders;
    readonly body: string;
    readonly trailers: FlatHeaders | null;
    readonly complete: boolean;
  };
  readonly client: {
    readonly status: number;
    readonly headers: FlatHeaders;
    readonly body: string;
    readonly trailers: FlatHeaders | null;
    /** "complete", "broken" (the message was cut), or "none": nothing final was sent. */
    readonly end: "complete" | "broken" | "none";
  };
  readonly details: string;
  readonly flags: number;
  /** Names of filters whose hooks failed. */
  readonly errors: readonly string[];
}

/**
 * Runs an exchange through a chain of filters. Behind the chain stands a terminal filter that plays the upstream script; its routes
 * are named after the request's path unless the exchange brings one.
 */
export interface ChainDriver {
  run(exchange: Exchange): Promise<Trace>;
}

/** A filter that notes every hook that is called, with ` end` where it was told so, and does nothing else. */
export function noting(name: string, log: (event: string) => void): HttpFilter {
  const end = (is: boolean): string => (is ? " end" : "");
  return {
    onRequestHeaders: (_s, _h, last) => log(`${name}.requestHeaders${end(last)}`),
    onRequestBody: (_s, chunk, last) => log(`${name}.requestBody ${text(chunk)}${end(last)}`),
    onRequestTrailers: () => log(`${name}.requestTrailers`),
    onInformational: (_s, headers) => log(`${name}.informational ${headers.status}`),
    onResponseHeaders: (_s, headers, last) => log(`${name}.responseHeaders ${headers.status}${end(last)}`),
    onResponseBody: (_s, chunk, last) => log(`${name}.responseBody ${text(chunk)}${end(last)}`),
    onResponseTrailers: () => log(`${name}.responseTrailers`),
    onStreamComplete: (_s: HttpStream, outcome) => log(`${name}.complete ${outcome.reason}`),
  };
}

export function text(chunk: Uint8Array): string {
  return Buffer.from(chunk).toString("latin1");
}

export function bytes(content: string): Uint8Array {
  return Buffer.from(content, "latin1");
}
