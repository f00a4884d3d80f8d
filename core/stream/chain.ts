import type { HttpFilter } from "../contract/filter.ts";

/** One filter as a direction of the chain sees it. */
export interface ChainStep {
  /** Place in this direction: 0 is called first. */
  readonly position: number;
  /** Index in `FilterChain.filters`, and of the filter's state. */
  readonly index: number;
  readonly filter: HttpFilter<unknown>;
}

/** The steps of one direction that have the hook, in the order in which they are called. */
export interface DirectionSteps {
  readonly headers: readonly ChainStep[];
  readonly body: readonly ChainStep[];
  readonly trailers: readonly ChainStep[];
  /** How many steps there are, hook or not. */
  readonly length: number;
}

/** One filter of a chain with what its definition declared. */
export interface ChainEntry {
  readonly name: string;
  readonly filter: HttpFilter<unknown>;
  /** A throw skips the hook instead of failing the stream. */
  readonly skipOnError: boolean;
  /** Bytes that HOLD may collect; 0: HOLD was not declared. */
  readonly requestBuffer: number;
  readonly responseBuffer: number;
  /** Its configuration as a resource, for `explain`. */
  readonly about?: object | undefined;
}

/** A chain compiled into one array a hook: a stream walks only over hooks that exist. */
export class FilterChain {
  readonly entries: readonly ChainEntry[];
  readonly request: DirectionSteps;
  readonly response: DirectionSteps;
  readonly informational: readonly ChainStep[];
  readonly complete: readonly ChainStep[];
  /** Indexes of filters with createState. */
  readonly stateful: readonly number[];

  constructor(entries: readonly ChainEntry[]) {
    this.entries = entries;
    const forward: ChainStep[] = entries.map((e, index) => ({ position: index, index, filter: e.filter }));
    const backward: ChainStep[] = entries
      .map((e, index) => ({ position: entries.length - 1 - index, index, filter: e.filter }))
      .reverse();
    this.request = {
      headers: forward.filter((s) => s.filter.onRequestHeaders !== undefined),
      body: forward.filter((s) => s.filter.onRequestBody !== undefined),
      trailers: forward.filter((s) => s.filter.onRequestTrailers !== undefined),
      length: entries.length,
    };
    this.response = {
      headers: backward.filter((s) => s.filter.onResponseHeaders !== undefined),
      body: backward.filter((s) => s.filter.onResponseBody !== undefined),
      trailers: backward.filter((s) => s.filter.onResponseTrailers !== undefined),
      length: entries.length,
    };
    this.informational = backward.filter((s) => s.filter.onInformational !== undefined);
    this.complete = forward.filter((s) => s.filter.onStreamComplete !== undefined);
    this.stateful = forward.filter((s) => s.filter.createState !== undefined).map((s) => s.index);
  }
}
