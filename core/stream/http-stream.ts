import type { HeaderMap } from "../contract/headers.ts";
import type { Route, RouteTable } from "../contract/route.ts";
import { ResponseFlag } from "../contract/response-flags.ts";
import type {
  DownstreamConnection,
  ReplyOptions,
  Stop,
  StreamOutcome,
  TerminalControl,
  TerminalStream,
  UpstreamHost,
} from "../contract/stream.ts";
import { clock } from "../transport/clock.ts";
import { Timer, timers } from "../transport/timers.ts";
import type { FilterChain } from "./chain.ts";
import { PAUSED_BY_FILTER, PAUSED_BY_PEER, RequestFlow, ResponseFlow } from "./directions.ts";
import { HeaderMapImpl } from "./header-map.ts";
import { checkReply, localReplyHeaders } from "./local-reply.ts";
import type { ResponseSink } from "./sink.ts";

/** What a stream needs of its connection manager: one object for all streams of a configuration. */
export interface StreamHost {
  readonly chain: FilterChain;
  readonly routes: RouteTable;
  /** Whether `Route.config[0]` may hold a chain: only then is the route looked up before the first filter. */
  readonly routesChooseChain: boolean;
  /** Whether 100 (Continue) responses of upstreams go to the client; otherwise the connection manager has said it. */
  readonly proxy100Continue: boolean;
  readonly listenerName: string;
  readonly filterChainName: string;
  /** Last change of response headers before they are written (server, date, via, ...). */
  finishResponseHeaders(stream: HttpStreamImpl, headers: HeaderMap): void;
  /** May replace status, headers and body of a local reply (`local_reply_config`). Returns the body. */
  mapLocalReply(stream: HttpStreamImpl, headers: HeaderMap, body: string): string;
  /** Counts and logs a finished stream. */
  completed(stream: HttpStreamImpl): void;
  hookError(stream: HttpStreamImpl, filter: string, error: unknown, skipped: boolean): void;
  /** Counts a stream that reached its bound. */
  durationReached(): void;
}

const STOP: Stop = Object.freeze({ kind: "stop" });
/** Envoy has no bound here; a loop of internal redirects must end somewhere. */
const MAX_RECREATIONS = 10;
const NO_REASON = "";

/** The time was the caller's or the route's, not a failure of the upstream. Source: Envoy, max_stream_duration. */
const GRPC_DEADLINE_EXCEEDED = 4;

/**
 * One request and its response: runs both directions through the filter chain, keeps what is known of the exchange, and ends it
 * exactly once. Codecs feed it (`requestHeaders`, `requestBody`, ...) and receive through {@link ResponseSink}.
 */
export class HttpStreamImpl implements TerminalStream {
  readonly id: number;
  readonly host: StreamHost;
  chain: FilterChain;
  readonly sink: ResponseSink;
  readonly connection: DownstreamConnection;
  readonly protocol: string;
  request: HeaderMapImpl;
  requestTrailers: HeaderMap | null;
  response: HeaderMap | null;
  responseTrailers: HeaderMap | null;
  originalPath: string;
  #clientAddress: string;
  #clientPort: number;
  requestId: string;
  upgrade: string;
  matchedRoute: Route | null;
  #routeKnown: boolean;
  startWallTime: number;
  startTime: number;
  requestEndTime: number;
  upstreamStartTime: number;
  upstreamRequestEndTime: number;
  upstreamFirstByteTime: number;
  upstreamEndTime: number;
  responseFirstByteTime: number;
  endTime: number;
  bytesReceived: number;
  bytesSent: number;
  responseCode: number;
  responseFlags: number;
  responseCodeDetails: string;
  upstreamHost: UpstreamHost | null;
  upstreamCluster: string;
  upstreamLocalAddress: string;
  upstreamTransportFailure: string;
  upstreamProtocol: string;
  attemptCount: number;
  dynamicMetadata: Record<string, Record<string, unknown>> | undefined;
  filterState: Record<string, unknown> | undefined;
  states: unknown[] | null;
  terminal: TerminalControl | null;
  active: boolean;
  requestComplete: boolean;
  /** The request was refused as not to be trusted: its connection ends with the answer. */
  refused: boolean;
  /** A filter gave the response `connection: close`. */
  closeConnection: boolean;
  /** Response headers have gone to the codec. */
  headersSent: boolean;
  /** The response made a tunnel of the exchange: a 101, or a 2xx to CONNECT. An upgrade that was refused is an exchange like others. */
  tunnel: boolean;
  /** The response's side of a tunnel has ended; the client's still runs. */
  #responseEnded: boolean;
  /** The response stands for an upstream that was not asked. */
  locallyReplied: boolean;
  #requestFlow: RequestFlow;
  #responseFlow: ResponseFlow;
  #requestPause: number;
  #responsePause: number;
  #controller: AbortController | null;
  #recreations: number;
  #durationTimer: Timer | null;

  constructor(
    id: number,
    host: StreamHost,
    sink: ResponseSink,
    connection: DownstreamConnection,
    protocol: string,
    request: HeaderMapImpl,
  ) {
    this.id = id;
    this.host = host;
    this.chain = host.chain;
    this.sink = sink;
    this.connection = connection;
    this.protocol = protocol;
    this.request = request;
    this.requestTrailers = null;
    this.response = null;
    this.responseTrailers = null;
    this.originalPath = request.path;
    this.#clientAddress = "";
    this.#clientPort = 0;
    this.requestId = "";
    this.upgrade = "";
    this.matchedRoute = null;
    this.#routeKnown = false;
    this.startWallTime = clock.wallNow();
    this.startTime = clock.now();
    this.requestEndTime = -1;
    this.upstreamStartTime = -1;
    this.upstreamRequestEndTime = -1;
    this.upstreamFirstByteTime = -1;
    this.upstreamEndTime = -1;
    this.responseFirstByteTime = -1;
    this.endTime = -1;
    this.bytesReceived = 0;
    this.bytesSent = 0;
    this.responseCode = 0;
    this.responseFlags = 0;
    this.responseCodeDetails = "";
    this.upstreamHost = null;
    this.upstreamCluster = "";
    this.upstreamLocalAddress = "";
    this.upstreamTransportFailure = "";
    this.upstreamProtocol = "";
    this.attemptCount = 0;
    this.dynamicMetadata = undefined;
    this.filterState = undefined;
    this.states = null;
    this.terminal = null;
    this.active = true;
    this.requestComplete = false;
    this.refused = false;
    this.closeConnection = false;
    this.headersSent = false;
    this.tunnel = false;
    this.#responseEnded = false;
    this.locallyReplied = false;
    this.#requestFlow = new RequestFlow(this, host.chain.request);
    this.#responseFlow = new ResponseFlow(this, host.chain.response);
    this.#requestPause = 0;
    this.#responsePause = 0;
    this.#controller = null;
    this.#recreations = 0;
    this.#durationTimer = null;
  }

  /** The client; the peer itself unless a header named another. Asking a connection costs a system call, so it is asked late. */
  get clientAddress(): string {
    return this.#clientAddress !== "" ? this.#clientAddress : this.connection.remoteAddress;
  }
  set clientAddress(address: string) {
    this.#clientAddress = address;
  }
  get clientPort(): number {
    return this.#clientAddress !== "" ? this.#clientPort : this.connection.remotePort;
  }
  set clientPort(port: number) {
    this.#clientPort = port;
  }

  get listenerName(): string {
    return this.host.listenerName;
  }
  get filterChainName(): string {
    return this.host.filterChainName;
  }

  // --- the codec's side -------------------------------------------------------------------------------------------------

  /** The request is its head alone: known before the head is accepted, so that a refusal need not end the connection. */
  requestHasNoBody(): void {
    this.#requestEnded();
  }

  /** Answers before the first filter saw the request, in the filters' company: their response hooks run. */
  replyBeforeFilters(status: number, options: ReplyOptions): void {
    if (this.host.routesChooseChain) this.#chooseChain();
    this.#createStates();
    this.reply(status, options);
  }

  requestHeaders(end: boolean): void {
    if (end && !this.requestComplete) this.#requestEnded();
    if (this.host.routesChooseChain) this.#chooseChain();
    this.#createStates();
    this.#requestFlow.headers(end);
  }

  /** Some routes disable or enable filters: the route's own chain serves this stream. */
  #chooseChain(): void {
    const chain = (this.route?.config[0] as FilterChain | undefined) ?? this.host.chain;
    if (chain === this.chain) return;
    this.chain = chain;
    this.#requestFlow = new RequestFlow(this, chain.request);
    this.#responseFlow = new ResponseFlow(this, chain.response);
  }

  requestBody(chunk: Uint8Array, end: boolean): void {
    this.bytesReceived += chunk.length;
    if (end) this.#requestEnded();
    this.#requestFlow.body(chunk, end);
    if (end && this.#responseEnded) this.#end(true, "complete");
  }

  requestTrailersArrived(trailers: HeaderMap): void {
    this.requestTrailers = trailers;
    this.#requestEnded();
    this.#requestFlow.trailers(trailers);
  }

  #requestEnded(): void {
    this.requestComplete = true;
    // A request without a body ends when it starts: one reading of the clock less.
    this.requestEndTime = this.bytesReceived === 0 ? this.startTime : clock.now();
  }

  #createStates(): void {
    const stateful = this.chain.stateful;
    if (stateful.length === 0) return;
    const entries = this.chain.entries;
    const states: unknown[] = new Array(entries.length).fill(undefined);
    this.states = states;
    // The reply to a failure passes the hooks of all filters: they need their states first.
    let failures: { index: number; error: unknown }[] | null = null;
    for (const index of stateful) {
      try {
        states[index] = entries[index].filter.createState!(this);
      } catch (error) {
        (failures ??= []).push({ index, error });
      }
    }
    if (failures !== null) for (const { index, error } of failures) this.hookFailed(index, error);
  }

  /**
   * The request itself can't be trusted (the codec refused it) or came too late: answer without asking the filters, who have not seen it whole,
   * and log it.
   */
  refuse(status: number, details: string, flags: number, body = "", grpcStatus?: number): void {
    if (!this.active) return;
    this.responseFlags |= flags;
    if (this.headersSent) {
      this.reset(details);
      return;
    }
    this.responseCodeDetails = details;
    this.refused = true;
    this.#requestFlow.stop();
    this.#responseFlow.stop();
    const terminal = this.terminal;
    this.terminal = null;
    terminal?.cancel();
    this.locallyReplied = true;
    const reply = localReplyHeaders(this, status, body === "" ? undefined : { body, grpcStatus }, this.host);
    this.response = reply.headers;
    this.sendHeaders(reply.body.length === 0);
    if (reply.body.length > 0) this.sendBody(reply.body, true);
  }

  /** The client is gone, or its connection is: nobody reads an answer any more. */
  downstreamGone(details: string, flags: number = ResponseFlag.DownstreamConnectionTermination): void {
    if (!this.active) return;
    this.responseFlags |= flags;
    this.responseCodeDetails = details;
    this.#end(false, "downstream_disconnect");
  }

  /** The client can't take more of the response for now. */
  downstreamFull(): void {
    this.pauseResponseFor(PAUSED_BY_PEER);
  }
  downstreamDrained(): void {
    this.resumeResponseFor(PAUSED_BY_PEER);
  }

  // --- flow control -----------------------------------------------------------------------------------------------------

  pauseRequestFor(reason: number): void {
    if (this.#requestPause === 0 && this.active) this.sink.pauseRequest(this);
    this.#requestPause |= reason;
  }
  resumeRequestFor(reason: number): void {
    if (this.#requestPause === 0) return;
    this.#requestPause &= ~reason;
    if (this.#requestPause === 0 && this.active) this.sink.resumeRequest(this);
  }
  pauseResponseFor(reason: number): void {
    if (this.#responsePause === 0) this.terminal?.pauseResponse();
    this.#responsePause |= reason;
  }
  resumeResponseFor(reason: number): void {
    if (this.#responsePause === 0) return;
    this.#responsePause &= ~reason;
    if (this.#responsePause === 0) this.terminal?.resumeResponse();
  }
  pauseRequest(): void {
    this.pauseRequestFor(PAUSED_BY_PEER);
  }
  resumeRequest(): void {
    this.resumeRequestFor(PAUSED_BY_PEER);
  }

  setIdleTimeout(ms: number): void {
    this.sink.setIdleTimeout(this, ms);
  }

  /** Envoy: max_stream_duration. */
  setMaxDuration(ms: number): void {
    if (ms <= 0) {
      if (this.#durationTimer !== null) timers.disarm(this.#durationTimer);
      return;
    }
    this.#durationTimer ??= new Timer({ onTimer: () => this.#durationReached() });
    timers.arm(this.#durationTimer, ms - (clock.now() - this.startTime));
  }

  #durationReached(): void {
    this.host.durationReached();
    this.refuse(
      this.requestComplete ? 504 : 408,
      "max_duration_timeout",
      ResponseFlag.DurationTimeout,
      "downstream duration timeout",
      GRPC_DEADLINE_EXCEEDED,
    );
  }

  // --- the terminal filter's side ---------------------------------------------------------------------------------------

  respond(headers: HeaderMap, end: boolean): void {
    if (!this.active || this.response !== null) return;
    this.response = headers;
    this.responseCode = headers.status;
    this.matchedRoute?.finalizeResponse?.(this, headers);
    this.#responseFlow.headers(end);
  }
  respondBody(chunk: Uint8Array, end: boolean): void {
    if (this.active) this.#responseFlow.body(chunk, end);
  }
  respondTrailers(trailers: HeaderMap): void {
    if (!this.active) return;
    this.responseTrailers = trailers;
    this.#responseFlow.trailers(trailers);
  }
  respondInformational(headers: HeaderMap): void {
    if (!this.active || this.headersSent || (headers.status === 100 && !this.host.proxy100Continue)) return;
    for (const step of this.chain.informational) {
      try {
        const result: unknown = step.filter.onInformational!(
          this,
          headers,
          this.states === null ? undefined : this.states[step.index],
        );
        if (result instanceof Promise) this.#caught(step.index, result);
      } catch (error) {
        if (!this.hookFailed(step.index, error)) return;
      }
    }
    this.sink.sendInformational(this, headers);
  }
  sendInformational(headers: HeaderMap): void {
    if (this.active && !this.headersSent) this.sink.sendInformational(this, headers);
  }
  flushResponse(): void {
    if (this.active) this.sink.flush();
  }

  // --- out to the codec, behind the last filter -------------------------------------------------------------------------

  sendHeaders(end: boolean): void {
    const headers = this.response!;
    this.host.finishResponseHeaders(this, headers);
    this.headersSent = true;
    const status = headers.status;
    this.responseCode = status;
    if (this.upgrade !== "") this.tunnel = status === 101 || (this.request.method === "CONNECT" && status >= 200 && status < 300);
    if (this.responseFirstByteTime < 0)
      this.responseFirstByteTime = this.upstreamFirstByteTime >= 0 ? this.upstreamFirstByteTime : clock.now();
    this.sink.sendHeaders(this, headers, end);
    if (end) this.#end(true, "complete");
  }
  sendBody(chunk: Uint8Array, end: boolean): void {
    this.bytesSent += chunk.length;
    this.sink.sendBody(this, chunk, end);
    if (!end) return;
    // A tunnel is over when both of its directions are.
    if (this.tunnel && !this.requestComplete) this.#responseEnded = true;
    else this.#end(true, "complete");
  }
  sendTrailers(trailers: HeaderMap): void {
    this.responseTrailers = trailers;
    this.sink.sendTrailers(this, trailers);
    this.#end(true, "complete");
  }

  // --- what filters call ------------------------------------------------------------------------------------------------

  get route(): Route | null {
    if (!this.#routeKnown) {
      this.#routeKnown = true;
      this.matchedRoute = this.host.routes.match(this, this.request) ?? null;
    }
    return this.matchedRoute;
  }
  clearRoute(): void {
    this.#routeKnown = false;
    this.matchedRoute = null;
  }
  routeConfig(slot: number): unknown {
    const route = this.route;
    return route === null ? undefined : route.config[slot];
  }

  reply(status: number, options?: ReplyOptions): Stop {
    if (!this.active) return STOP;
    // Throws before anything has changed: the hook that asked for it has failed, and the stream can still be answered.
    checkReply(status, options);
    if (options?.flags !== undefined) this.responseFlags |= options.flags;
    if (this.headersSent) return this.reset(options?.details);
    const details = options?.details ?? "direct_response";
    this.responseCodeDetails = details.includes(" ") ? details.replaceAll(" ", "_") : details;
    this.#requestFlow.stop();
    const terminal = this.terminal;
    if (terminal !== null) {
      this.terminal = null;
      terminal.cancel();
    }
    this.locallyReplied = true;
    // A reply from a response hook takes the place of the response; the hooks have seen one, and do not see another.
    const direct = this.response !== null;
    if (direct) this.#responseFlow.stop();
    // Also a filter that answers without asking for the route answers on the route's behalf.
    else void this.route;
    const reply = localReplyHeaders(this, status, options, this.host);
    const body = reply.body;
    this.response = reply.headers;
    if (direct) {
      this.sendHeaders(body.length === 0);
      if (body.length > 0) this.sendBody(body, true);
      return STOP;
    }
    this.#responseFlow.headers(body.length === 0);
    if (body.length > 0 && this.active) this.#responseFlow.body(body, true);
    return STOP;
  }

  reset(details?: string): Stop {
    if (!this.active) return STOP;
    if (details !== undefined) this.responseCodeDetails = details.replaceAll(" ", "_");
    this.#end(false, "local_reset");
    return STOP;
  }

  recreate(): Stop {
    if (!this.active) return STOP;
    const restartable = this.bytesReceived === 0 && !this.headersSent;
    if (!restartable || ++this.#recreations > MAX_RECREATIONS) {
      return this.reply(500, { body: "Internal Server Error", details: "recreate_stream_not_possible" });
    }
    this.#requestFlow.stop();
    this.#responseFlow.stop();
    const terminal = this.terminal;
    this.terminal = null;
    terminal?.cancel();
    this.#completeHooks({ complete: false, reason: "recreated" });
    this.#requestFlow = new RequestFlow(this, this.chain.request);
    this.#responseFlow = new ResponseFlow(this, this.chain.response);
    this.response = null;
    this.responseTrailers = null;
    this.#responsePause = 0;
    this.clearRoute();
    if (this.host.routesChooseChain) this.#chooseChain();
    this.resumeRequestFor(PAUSED_BY_FILTER | PAUSED_BY_PEER);
    this.#createStates();
    this.#requestFlow.headers(this.requestComplete);
    return STOP;
  }

  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (!this.active) this.#controller.abort();
    }
    return this.#controller.signal;
  }

  addRequestBody(chunk: Uint8Array): void {
    this.#requestFlow.addBody(chunk);
  }
  addResponseBody(chunk: Uint8Array): void {
    this.#responseFlow.addBody(chunk);
  }
  addRequestTrailers(): HeaderMap {
    return (this.requestTrailers ??= this.#requestFlow.addTrailers(newHeaderMap));
  }
  addResponseTrailers(): HeaderMap {
    return (this.responseTrailers ??= this.#responseFlow.addTrailers(newHeaderMap));
  }
  setMetadata(namespace: string, key: string, value: unknown): void {
    const all = (this.dynamicMetadata ??= Object.create(null) as Record<string, Record<string, unknown>>);
    (all[namespace] ??= Object.create(null) as Record<string, unknown>)[key] = value;
  }
  setFilterState(key: string, value: unknown): void {
    (this.filterState ??= Object.create(null) as Record<string, unknown>)[key] = value;
  }
  newHeaders(): HeaderMap {
    return newHeaderMap();
  }

  /** A hook threw, rejected or returned rubbish. True: go on without it. */
  hookFailed(index: number, error: unknown): boolean {
    const entry = this.chain.entries[index];
    this.host.hookError(this, entry.name, error, entry.skipOnError);
    if (!this.active) return false;
    if (entry.skipOnError) return true;
    this.reply(500, { body: "Internal Server Error", details: `filter_error{${entry.name}}` });
    return false;
  }

  /** A promise of a hook was rejected after the stream had gone on without it. */
  lateFailure(index: number, error: unknown): void {
    this.host.hookError(this, this.chain.entries[index].name, error, true);
  }

  // --- the end ----------------------------------------------------------------------------------------------------------

  #completeHooks(outcome: StreamOutcome): void {
    const steps = this.chain.complete;
    for (let k = 0; k < steps.length; k++) {
      const step = steps[k];
      try {
        const result: unknown = step.filter.onStreamComplete!(
          this,
          outcome,
          this.states === null ? undefined : this.states[step.index],
        );
        if (result instanceof Promise) this.#caught(step.index, result);
      } catch (error) {
        this.host.hookError(this, this.chain.entries[step.index].name, error, true);
      }
    }
  }

  /** The hook promises nothing that anyone waits for: a rejection is noted, as a throw is. */
  #caught(index: number, promise: Promise<unknown>): void {
    promise.catch((error: unknown) => this.lateFailure(index, error));
  }

  #end(complete: boolean, reason: string): void {
    if (!this.active) return;
    this.active = false;
    this.endTime = clock.now();
    this.#requestFlow.stop();
    this.#responseFlow.stop();
    const terminal = this.terminal;
    if (terminal !== null) {
      this.terminal = null;
      terminal.cancel();
    }
    if (!complete) this.sink.abort(this);
    if (this.chain.complete.length > 0) this.#completeHooks(complete ? COMPLETE : { complete, reason: reason || NO_REASON });
    this.host.completed(this);
    this.#controller?.abort();
    if (this.#durationTimer !== null) timers.disarm(this.#durationTimer);
    this.sink.finished(this);
  }
}

const COMPLETE: StreamOutcome = Object.freeze({ complete: true, reason: "complete" });

function newHeaderMap(): HeaderMap {
  return new HeaderMapImpl([]);
}
