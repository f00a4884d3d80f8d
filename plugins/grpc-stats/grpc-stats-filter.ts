import type { FilterScope, HttpFilter } from "../../core/contract/filter.ts";
import type { HeaderMap } from "../../core/contract/headers.ts";
import type { HttpStream } from "../../core/contract/stream.ts";
import type { GrpcStats } from "../../core/resources/filters/grpc-stats.ts";
import { isGrpc } from "../../core/stream/grpc.ts";
import { CallStats, type MethodStats } from "../grpc-call-stats.ts";
import { MessageCounter } from "./message-counter.ts";

/** A gRPC call under way. */
interface Call {
  readonly stats: MethodStats | undefined;
  readonly requests: MessageCounter;
  readonly responses: MessageCounter;
  /** The answer is gRPC as well. */
  answered: boolean;
}

const STATE = "envoy.filters.http.grpc_stats";

/** Counts gRPC calls and their messages in the scope of their cluster. Other streams cost a look at their content type. */
export class GrpcStatsFilter implements HttpFilter {
  readonly #stats: CallStats;
  readonly #emitState: boolean;
  readonly #upstreamTime: boolean;
  readonly #calls = new Map<HttpStream, Call>();

  constructor(config: GrpcStats, scope: FilterScope) {
    const all = config.statsForAllMethods === true;
    const listed = new Set<string>();
    for (const { name, methodNames } of config.individualMethodStatsAllowlist?.services ?? [])
      for (const method of methodNames) listed.add(`${name}/${method}`);
    const replaceDots = all && config.replaceDotsInGrpcServiceName;
    this.#stats = new CallStats({ protocol: "grpc", apart: all ? "all" : listed, replaceDots }, scope);
    this.#emitState = config.emitFilterState;
    this.#upstreamTime = config.enableUpstreamStats;
  }

  onRequestHeaders(s: HttpStream, headers: HeaderMap): void {
    if (!isGrpc(headers)) return;
    const stats = this.#stats.find(s, headers);
    if (stats === undefined && !this.#emitState) return;
    this.#calls.set(s, { stats, requests: new MessageCounter(), responses: new MessageCounter(), answered: false });
  }

  onRequestBody(s: HttpStream, chunk: Uint8Array): void {
    const call = this.#calls.get(s);
    if (call === undefined) return;
    const count = call.requests.add(chunk);
    if (count === 0) return;
    call.stats?.chargeRequestMessages(count);
    if (this.#emitState) note(s, call);
  }

  onResponseHeaders(s: HttpStream, headers: HeaderMap, end: boolean): void {
    const call = this.#calls.get(s);
    if (call === undefined) return;
    call.answered = end ? headers.has("grpc-status") : headers.status === 200 && isGrpc(headers);
    call.stats?.chargeStatus(headers);
    if (end) this.#recordTime(s, call);
  }

  onResponseBody(s: HttpStream, chunk: Uint8Array, end: boolean): void {
    const call = this.#calls.get(s);
    if (call === undefined) return;
    if (call.answered) {
      const count = call.responses.add(chunk);
      if (count > 0) {
        call.stats?.chargeResponseMessages(count);
        if (this.#emitState) note(s, call);
      }
    }
    if (end) this.#recordTime(s, call);
  }

  onResponseTrailers(s: HttpStream, trailers: HeaderMap): undefined {
    const call = this.#calls.get(s);
    if (call === undefined) return;
    call.stats?.chargeStatus(trailers);
    this.#recordTime(s, call);
  }

  onStreamComplete(s: HttpStream): void {
    if (this.#calls.size > 0) this.#calls.delete(s);
  }

  #recordTime(s: HttpStream, call: Call): void {
    if (!this.#upstreamTime || s.upstreamRequestEndTime < 0 || s.upstreamEndTime < 0) return;
    call.stats?.recordUpstreamTime(Math.max(0, s.upstreamEndTime - s.upstreamRequestEndTime));
  }
}

function note(s: HttpStream, call: Call): void {
  s.setFilterState(STATE, { request_message_count: call.requests.count, response_message_count: call.responses.count });
}
