import type { FilterScope, HookValue, HttpFilter } from "../../core/contract/filter.ts";
import type { HeaderMap } from "../../core/contract/headers.ts";
import type { Hold, HttpStream, Stop } from "../../core/contract/stream.ts";
import type { DecisionTrace, DecisionVerdict } from "../../core/contract/trace.ts";

/** A bound, compiled: what the headers hook returns, so that no request makes one. */
export interface BufferBound {
  /** `limit` in bytes overrides the bound that the definition declares, where the core knows how. */
  readonly hold: Hold & { readonly limit: number };
}

/** The configuration of a route that turns the filter off. */
export const DISABLED: unique symbol = Symbol("buffer disabled");

/** The configuration for bodies of up to so many bytes. */
export function bufferBound(maxRequestBytes: number): BufferBound {
  return { hold: Object.freeze({ kind: "hold", limit: maxRequestBytes }) };
}

/** Holds requests until they are whole, see `buffer`. */
export class BufferFilter implements HttpFilter {
  readonly #bound: BufferBound;
  readonly #slot: number;
  /** Streams whose headers wait here, and their bounds. */
  readonly #held = new Map<HttpStream, BufferBound>();

  constructor(maxRequestBytes: number, scope: FilterScope) {
    this.#bound = bufferBound(maxRequestBytes);
    this.#slot = scope.slot;
  }

  onRequestHeaders(s: HttpStream, _headers: HeaderMap, end: boolean): HookValue<Hold> {
    if (end) return undefined;
    const route = s.routeConfig(this.#slot) as BufferBound | typeof DISABLED | undefined;
    if (route === DISABLED) return undefined;
    const bound = route ?? this.#bound;
    this.#held.set(s, bound);
    return bound.hold;
  }

  explain(s: HttpStream, headers: HeaderMap, end: boolean, trace: DecisionTrace): void | Stop {
    const note = (verdict: DecisionVerdict, reason: string): void =>
      trace.note({ kind: "filter", verdict, subject: "buffer", reason });
    if (end) return note("skipped", "the request has no body to wait for");
    const route = s.routeConfig(this.#slot) as BufferBound | typeof DISABLED | undefined;
    if (route === DISABLED) return note("skipped", "turned off for this route");
    const { limit } = (route ?? this.#bound).hold;
    const length = Number(headers.get("content-length") ?? 0);
    if (length > limit) {
      note("ends", `the body has ${length} bytes, at most ${limit} are taken (max_request_bytes)`);
      return s.reply(413, { body: "Payload Too Large", details: "request_payload_too_large" });
    }
    return note("applied", `the request goes on once its whole body is there, with its length; more than ${limit} bytes get 413`);
  }

  onRequestBody(s: HttpStream, chunk: Uint8Array, end: boolean): void | Stop {
    const bound = this.#held.get(s);
    if (bound === undefined) return undefined;
    this.#held.delete(s);
    if (chunk.length > bound.hold.limit) return s.reply(413, { body: "Payload Too Large", details: "request_payload_too_large" });
    // Behind a message with a length HTTP/1.1 sends no trailers: with trailers to come it stays chunked. Envoy drops them there.
    if (end && !s.request.has("content-length")) s.request.set("content-length", String(chunk.length));
    return undefined;
  }

  onStreamComplete(s: HttpStream): void {
    this.#held.delete(s);
  }
}
