import type { HeaderMap } from "../contract/headers.ts";
import type { ChainStep } from "./chain.ts";
import { Flow, type HookReturn } from "./flow.ts";

/** Downstream to upstream. Behind the last filter lies nothing: the last filter is the terminal one. */
export class RequestFlow extends Flow {
  protected override callHeaders(step: ChainStep, end: boolean): HookReturn {
    const s = this.stream;
    return step.filter.onRequestHeaders!(s, s.request, end, s.states === null ? undefined : s.states[step.index]) as HookReturn;
  }
  protected override callBody(step: ChainStep, chunk: Uint8Array, end: boolean): HookReturn {
    const s = this.stream;
    return step.filter.onRequestBody!(s, chunk, end, s.states === null ? undefined : s.states[step.index]) as HookReturn;
  }
  protected override callTrailers(step: ChainStep, trailers: HeaderMap): HookReturn {
    const s = this.stream;
    s.requestTrailers = trailers;
    return step.filter.onRequestTrailers!(s, trailers, s.states === null ? undefined : s.states[step.index]) as HookReturn;
  }
  protected override outHeaders(): void {}
  protected override outBody(): void {}
  protected override outTrailers(): void {}
  protected override pauseSource(): void {
    this.stream.pauseRequestFor(PAUSED_BY_FILTER);
  }
  protected override resumeSource(): void {
    this.stream.resumeRequestFor(PAUSED_BY_FILTER);
  }
  protected override holdLimit(position: number): number {
    return this.stream.chain.entries[position].requestBuffer;
  }
  protected override overflow(): void {
    this.stream.reply(413, { body: "Payload Too Large", details: "request_payload_too_large" });
  }
}

/** Upstream to downstream: behind the last filter lies the codec. */
export class ResponseFlow extends Flow {
  protected override callHeaders(step: ChainStep, end: boolean): HookReturn {
    const s = this.stream;
    return step.filter.onResponseHeaders!(
      s,
      s.response!,
      end,
      s.states === null ? undefined : s.states[step.index],
    ) as HookReturn;
  }
  protected override callBody(step: ChainStep, chunk: Uint8Array, end: boolean): HookReturn {
    const s = this.stream;
    return step.filter.onResponseBody!(s, chunk, end, s.states === null ? undefined : s.states[step.index]) as HookReturn;
  }
  protected override callTrailers(step: ChainStep, trailers: HeaderMap): HookReturn {
    const s = this.stream;
    return step.filter.onResponseTrailers!(s, trailers, s.states === null ? undefined : s.states[step.index]) as HookReturn;
  }
  protected override outHeaders(end: boolean): void {
    this.stream.sendHeaders(end);
  }
  protected override outBody(chunk: Uint8Array, end: boolean): void {
    this.stream.sendBody(chunk, end);
  }
  protected override outTrailers(trailers: HeaderMap): void {
    this.stream.sendTrailers(trailers);
  }
  protected override pauseSource(): void {
    this.stream.pauseResponseFor(PAUSED_BY_FILTER);
  }
  protected override resumeSource(): void {
    this.stream.resumeResponseFor(PAUSED_BY_FILTER);
  }
  protected override holdLimit(position: number): number {
    const entries = this.stream.chain.entries;
    return entries[entries.length - 1 - position].responseBuffer;
  }
  protected override overflow(): void {
    this.stream.reply(500, { body: "Internal Server Error", details: "response_payload_too_large" });
  }
}

/** Reasons for which a source is paused; it runs again when none is left. */
export const PAUSED_BY_FILTER = 1;
export const PAUSED_BY_PEER = 2;
