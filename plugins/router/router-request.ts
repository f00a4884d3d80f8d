import type {
  Cluster,
  Hash64,
  Host,
  LoadBalancerContext,
  PendingStream,
  UpstreamRequest,
  UpstreamStream,
} from "../../core/contract/cluster.ts";
import type { ResetReason } from "../../core/contract/error.ts";
import type { HeaderMap } from "../../core/contract/headers.ts";
import { ResponseFlag } from "../../core/contract/response-flags.ts";
import type { HttpStream, TerminalControl, TerminalStream } from "../../core/contract/stream.ts";
import { clock } from "../../core/transport/clock.ts";
import { Timer, type TimerOwner, timers } from "../../core/transport/timers.ts";
import type { MirrorRequest } from "./mirror-request.ts";
import { resetReasonFlag, resetReasonStatus, resetReasonText } from "./reset-reason.ts";
import { attemptTime, tellAttemptTime } from "./request-terms.ts";
import { updateAuthority } from "../routing/table/authority.ts";
import { backOff, retriableReset, retriableResponse, type RetryPolicyView } from "./retry-state.ts";
import type { RouterConfig } from "./router.ts";
import type { HashCookies, HashPolicyView, RouterRoute } from "./router-route.ts";

/** A body is kept for a retry up to this many bytes unless the route says otherwise. Envoy: per_connection_buffer_limit_bytes. */
const RETRY_BUFFER = 1024 * 1024;

/**
 * One request on its way to an upstream: picks hosts, makes attempts one after the other, passes the response on. It is what the pool calls back,
 * what the stream's flow control reaches, and what the route's timer wakes.
 */
export class RouterRequest implements UpstreamRequest, TerminalControl, TimerOwner, LoadBalancerContext, HashCookies {
  readonly #s: TerminalStream;
  readonly #headers: HeaderMap;
  readonly #route: RouterRoute;
  readonly #cluster: Cluster;
  readonly #config: RouterConfig;
  readonly #retryPolicy: RetryPolicyView | undefined;
  #host: Host | null;
  #upstream: UpstreamStream | null;
  #pending: PendingStream | null;
  /** The route's timeout, then its whole life. */
  #timer: Timer | null;
  #tryTimer: Timer | null;
  #backOffTimer: Timer | null;
  #timeout: number;
  #perTryTimeout: number;
  #retryOn: number;
  #retriesLeft: number;
  #attempts: number;
  #headersEnd: boolean;
  /** What of the body came so far: until the upstream is ready, and for as long as a retry may need it. */
  #body: Uint8Array[] | null;
  #bodyBytes: number;
  #bodyEnd: boolean;
  #trailers: HeaderMap | null;
  #keepBody: boolean;
  #requestDone: boolean;
  #responseStarted: boolean;
  #sent: boolean;
  #over: boolean;
  /** The request waits because too much of its body gathered before there was an upstream. */
  #paused: boolean;
  /** The request waits because the upstream of this attempt takes no more for now. */
  #full: boolean;
  /** A place in the cluster's limit of retries is held. */
  #retrying: boolean;
  /** The response made a tunnel of the exchange. */
  #tunnel: boolean;
  /** The upstream's side of the tunnel has ended. */
  #tunnelEnded: boolean;
  #tryStart: number;
  #mirrors: readonly MirrorRequest[] | null;
  /** Hosts of earlier attempts, when the policy asks to avoid them. */
  #tried: Host[] | null;
  #picksLeft: number;
  #tryIdleTimer: Timer | null;
  #hash: Hash64 | null;
  /** Made by hash policies, for the response. */
  #cookies: string[] | null;

  constructor(s: TerminalStream, headers: HeaderMap, route: RouterRoute, cluster: Cluster, config: RouterConfig) {
    this.#s = s;
    this.#headers = headers;
    this.#route = route;
    this.#cluster = cluster;
    this.#config = config;
    this.#retryPolicy = route.retryPolicy;
    this.#host = null;
    this.#upstream = null;
    this.#pending = null;
    this.#timer = null;
    this.#tryTimer = null;
    this.#backOffTimer = null;
    this.#timeout = route.timeout;
    this.#perTryTimeout = 0;
    this.#retryOn = route.retryPolicy?.on ?? 0;
    this.#retriesLeft = route.retryPolicy?.numRetries ?? 0;
    this.#attempts = 0;
    this.#headersEnd = false;
    this.#body = null;
    this.#bodyBytes = 0;
    this.#bodyEnd = false;
    this.#trailers = null;
    this.#keepBody = false;
    this.#requestDone = false;
    this.#responseStarted = false;
    this.#sent = false;
    this.#over = false;
    this.#paused = false;
    this.#full = false;
    this.#retrying = false;
    this.#tunnel = false;
    this.#tunnelEnded = false;
    this.#tryStart = 0;
    this.#mirrors = null;
    this.#tried = null;
    this.#picksLeft = 0;
    this.#tryIdleTimer = null;
    this.#hash = null;
    this.#cookies = null;
  }

  // --- LoadBalancerContext ----------------------------------------------------------------------------------------------

  get stream(): HttpStream {
    return this.#s;
  }
  get hash(): Hash64 | null {
    return this.#hash;
  }
  /** `retry_host_predicate`: a retry asks for a host that was not tried yet, but not for ever. */
  get downstreamProtocol(): string {
    return this.#s.protocol;
  }

  shouldSelectAnotherHost(host: Host): boolean {
    if (this.#tried === null || this.#picksLeft <= 0 || !this.#tried.includes(host)) return false;
    this.#picksLeft--;
    return true;
  }

  // --- request ----------------------------------------------------------------------------------------------------------

  /** The headers are hashed as they go upstream, once: all attempts go by the same hash. Envoy 1.40 hashes what the route made of them too. */
  hashBy(policy: HashPolicyView): void {
    this.#hash = policy.hash(this.#s, this.#headers, this);
  }

  add(cookie: string): void {
    (this.#cookies ??= []).push(cookie);
  }

  /** Timeouts that the request's own headers ask for, if it may. They are read before the headers change. */
  start(
    end: boolean,
    timeout: number,
    perTryTimeout: number,
    retryOn: number,
    maxRetries: number,
    mirrors: readonly MirrorRequest[] | null,
  ): void {
    this.#mirrors = mirrors;
    this.#timeout = timeout;
    this.#perTryTimeout = perTryTimeout;
    if (retryOn !== 0) this.#retryOn |= retryOn;
    if (maxRetries >= 0) this.#retriesLeft = maxRetries;
    else if (this.#retryOn !== 0 && this.#retryPolicy === undefined) this.#retriesLeft = 1;
    this.#headersEnd = end;
    const only = this.#retryPolicy?.retriableRequestHeaders;
    if (only !== undefined && only.length > 0 && !only.some((matcher) => matcher.match(this.#headers))) this.#retryOn = 0;
    this.#keepBody = this.#retryOn !== 0 && this.#retriesLeft > 0;
    this.#s.terminal = this;
    if (end) this.#requestComplete();
    this.#attempt();
  }

  body(chunk: Uint8Array, end: boolean): void {
    if (this.#mirrors !== null) for (const mirror of this.#mirrors) mirror.body(chunk, end);
    if (this.#over) return;
    const upstream = this.#upstream;
    if (upstream === null || this.#keepBody) {
      // A view of a read buffer: nothing writes to it again.
      this.#bodyBytes += chunk.length;
      if (chunk.length > 0) (this.#body ??= []).push(chunk);
      this.#bodyEnd = end;
      if (this.#keepBody && this.#bodyBytes > (this.#route.requestBufferLimit ?? RETRY_BUFFER)) {
        // The retry is given up, never the request.
        this.#keepBody = false;
        this.#retriesLeft = 0;
        if (upstream !== null) this.#body = null;
      }
      if (upstream === null && !this.#paused && this.#bodyBytes > PENDING_BODY) {
        this.#paused = true;
        this.#s.pauseRequest();
      }
    }
    if (end) this.#requestComplete();
    if (upstream !== null) {
      if (end) (this.#s as WritableTimes).upstreamRequestEndTime = clock.now();
      upstream.sendBody(chunk, end);
      this.#touchTry();
    }
  }

  trailers(trailers: HeaderMap): void {
    if (this.#mirrors !== null) for (const mirror of this.#mirrors) mirror.trailers(trailers);
    if (this.#over) return;
    this.#trailers = trailers;
    this.#requestComplete();
    const upstream = this.#upstream;
    if (upstream === null) return;
    (this.#s as WritableTimes).upstreamRequestEndTime = clock.now();
    upstream.sendTrailers(trailers);
  }

  #requestComplete(): void {
    this.#requestDone = true;
    if (this.#timeout > 0 && this.#s.upgrade === "") {
      this.#timer = new Timer(this);
      timers.arm(this.#timer, this.#timeout);
    }
    if (this.#upstream !== null) this.#armTry();
  }

  #armTry(): void {
    if (this.#perTryTimeout <= 0 || this.#responseStarted) return;
    this.#tryTimer ??= new Timer({ onTimer: () => this.#tryTimedOut("upstream_per_try_timeout") });
    timers.arm(this.#tryTimer, this.#perTryTimeout);
  }

  /** `per_try_idle_timeout`: nothing moved in either direction of this attempt. */
  #touchTry(): void {
    const delay = this.#route.perTryIdleTimeout;
    if (delay <= 0 || this.#over) return;
    this.#tryIdleTimer ??= new Timer({ onTimer: () => this.#tryTimedOut("upstream_per_try_idle_timeout") });
    timers.touch(this.#tryIdleTimer, delay);
  }

  // --- attempts ---------------------------------------------------------------------------------------------------------

  #attempt(): void {
    this.#attempts++;
    const s = this.#s;
    const cluster = this.#cluster;
    s.attemptCount = this.#attempts;
    const policy = this.#retryPolicy;
    if (policy !== undefined && policy.avoidPreviousHosts) this.#picksLeft = policy.hostSelectionMaxAttempts;
    const host = cluster.pick(this);
    if (host === null) {
      cluster.stats.upstream_cx_none_healthy.value++;
      this.#finish();
      this.#charge(503);
      s.reply(503, { body: "no healthy upstream", details: "no_healthy_upstream", flags: ResponseFlag.NoHealthyUpstream });
      return;
    }
    this.#host = host;
    if (policy !== undefined && policy.avoidPreviousHosts) (this.#tried ??= []).push(host);
    s.upstreamHost = host;
    const route = this.#route;
    if (route.autoHostRewrite && host.hostname !== "") {
      updateAuthority(this.#headers, host.hostname, route.appendForwardedHost, !this.#config.suppressEnvoyHeaders);
    }
    if (route.includeAttemptCount) this.#headers.set("x-envoy-attempt-count", String(this.#attempts));
    if (this.#attempts > 1) this.#tellTime();
    this.#sent = false;
    this.#tryStart = clock.now();
    const pending =
      s.upgrade === "connect" && route.upgrades.get("connect")?.terminate === true
        ? host.newTunnel(this)
        : host.newStream(this, route.priority);
    if (this.#upstream === null && !this.#over && this.#host === host) this.#pending = pending;
  }

  /** The first attempt was told with the request's terms. */
  #tellTime(): void {
    const whole = this.#s.requestEndTime;
    const time = attemptTime(this.#timeout, this.#perTryTimeout, whole >= 0 ? clock.now() - whole : 0);
    tellAttemptTime(this.#route, this.#headers, time, !this.#config.suppressEnvoyHeaders);
  }

  get authority(): string {
    return this.#headers.authority;
  }

  onUpstreamReady(upstream: UpstreamStream): void {
    this.#pending = null;
    this.#upstream = upstream;
    this.#sent = true;
    const s = this.#s as WritableTimes;
    s.upstreamProtocol = upstream.protocol;
    s.upstreamStartTime = clock.now();
    const body = this.#body;
    const trailers = this.#trailers;
    const bare = body === null && trailers === null && (this.#headersEnd || this.#bodyEnd);
    upstream.sendHeaders(this.#headers, bare && this.#headersEnd, s.upgrade);
    if (body !== null) {
      const last = body.length - 1;
      for (let i = 0; i <= last; i++) upstream.sendBody(body[i], this.#bodyEnd && i === last);
    } else if (this.#bodyEnd && !this.#headersEnd) upstream.sendBody(EMPTY, true);
    if (trailers !== null) upstream.sendTrailers(trailers);
    if (!this.#keepBody) this.#body = null;
    if (this.#paused) {
      this.#paused = false;
      // What was just sent may already be more than the upstream takes.
      if (!this.#full) this.#s.resumeRequest();
    }
    if (this.#requestDone) {
      s.upstreamRequestEndTime = s.upstreamStartTime;
      this.#armTry();
    }
    this.#touchTry();
  }

  onUpstreamFailure(reason: ResetReason, details: string): void {
    this.#pending = null;
    this.#reset(reason, details);
  }

  onUpstreamReset(reason: ResetReason, details: string): void {
    this.#upstream = null;
    this.#reset(reason, details);
  }

  #reset(reason: ResetReason, details: string): void {
    if (this.#over) return;
    const s = this.#s;
    if (details !== "") s.upstreamTransportFailure = details;
    if (reason === "remote_reset") this.#cluster.stats.upstream_rq_rx_reset.value++;
    if (this.#responseStarted) {
      this.#finish();
      this.#config.stats.rq_reset_after_downstream_response_started.value++;
      s.responseFlags |= resetReasonFlag(reason);
      s.reset(`upstream_reset_after_response_started{${detailsOf(reason, details)}}`);
      return;
    }
    if (this.#mayRetry() && retriableReset(this.#retryOn, reason, this.#sent) && this.#retry()) return;
    s.responseFlags |= resetReasonFlag(reason);
    this.#finish();
    const retried = this.#attempts > 1 ? "retried and the latest " : "";
    const status = resetReasonStatus(reason);
    this.#charge(status);
    s.reply(status, {
      body: `upstream connect error or disconnect/reset before headers. ${retried}reset reason: ${resetReasonText(reason)}`,
      details: `upstream_reset_before_response_started{${detailsOf(reason, details)}}`,
      headers: reason === "overflow" ? OVERLOADED : undefined,
    });
  }

  #mayRetry(): boolean {
    return this.#retryOn !== 0 && !this.#responseStarted && this.#s.upgrade === "";
  }

  /** Whether another attempt is under way. */
  #retry(): boolean {
    const cluster = this.#cluster;
    const stats = cluster.stats;
    this.#releaseRetry();
    if (this.#retriesLeft <= 0) {
      stats.upstream_rq_retry_limit_exceeded.value++;
      this.#s.responseFlags |= ResponseFlag.UpstreamRetryLimitExceeded;
      return false;
    }
    if (!this.#keepBody && !this.#headersEnd) return false;
    const limits = cluster.limits[this.#route.priority];
    if (limits.retries >= limits.maxRetries) {
      stats.upstream_rq_retry_overflow.value++;
      this.#s.responseFlags |= ResponseFlag.UpstreamOverflow;
      return false;
    }
    this.#retriesLeft--;
    this.#retrying = true;
    limits.retries++;
    stats.upstream_rq_retry.value++;
    this.#upstream = null;
    if (this.#tryTimer !== null) timers.disarm(this.#tryTimer);
    if (this.#tryIdleTimer !== null) timers.disarm(this.#tryIdleTimer);
    const delay = backOff(this.#retryPolicy, this.#attempts);
    this.#backOffTimer ??= new Timer({ onTimer: () => this.#again() });
    timers.arm(this.#backOffTimer, delay);
    if (this.#full) {
      // The upstream that asked to wait is gone: nobody else would wake the request.
      this.#full = false;
      if (!this.#paused) this.#s.resumeRequest();
    }
    return true;
  }

  #again(): void {
    if (!this.#over) this.#attempt();
  }

  /** A retry is one of the limited number from its back-off to its outcome. Source: Envoy, circuit breakers, max_retries. */
  #releaseRetry(): void {
    if (!this.#retrying) return;
    this.#retrying = false;
    this.#cluster.limits[this.#route.priority].retries--;
  }

  // --- response ---------------------------------------------------------------------------------------------------------

  onInformational(headers: HeaderMap): void {
    this.#s.respondInformational(headers);
  }

  onResponseHeaders(headers: HeaderMap, end: boolean): void {
    const s = this.#s as WritableTimes;
    const route = this.#route;
    const stats = this.#cluster.stats;
    if (this.#tryTimer !== null) timers.disarm(this.#tryTimer);
    if (this.#retryOn !== 0 && this.#mayRetry() && this.#retryPolicyMatches(headers)) {
      const upstream = this.#upstream;
      if (this.#retry()) {
        chargeRetried(this.#cluster, headers.status);
        if (!end) upstream?.reset();
        return;
      }
    } else if (this.#retrying) stats.upstream_rq_retry_success.value++;
    const now = clock.now();
    this.#responseStarted = true;
    this.#releaseRetry();
    if (s.upgrade !== "")
      this.#tunnel = headers.status === 101 || (s.upgrade === "connect" && headers.status >= 200 && headers.status < 300);
    if (!end) this.#touchTry();
    s.upstreamFirstByteTime = now;
    if (!this.#config.suppressEnvoyHeaders) {
      const since = s.requestEndTime >= 0 ? now - s.requestEndTime : 0;
      setTrusted(headers, "x-envoy-upstream-service-time", String(Math.round(since)));
    }
    if (route.includeAttemptCountInResponse) headers.set("x-envoy-attempt-count", String(this.#attempts));
    if (this.#cookies !== null) for (const cookie of this.#cookies) headers.append("set-cookie", cookie);
    this.#charge(headers.status);
    s.responseCodeDetails = "via_upstream";
    if (end) this.#responseDone();
    s.respond(headers, end);
  }

  /** Counts the answer, the upstream's or one in its place. Source: Envoy, "Dynamic HTTP statistics". */
  #charge(status: number): void {
    const { stats } = this.#cluster;
    stats.upstream_rq_completed.value++;
    stats.response(status);
  }

  #retryPolicyMatches(headers: HeaderMap): boolean {
    return retriableResponse(this.#retryPolicy, this.#retryOn, headers);
  }

  onResponseBody(chunk: Uint8Array, end: boolean): void {
    if (!this.#responseStarted) return;
    if (!end) this.#touchTry();
    if (end) this.#responseDone();
    this.#s.respondBody(chunk, end);
  }

  onResponseTrailers(trailers: HeaderMap): void {
    if (!this.#responseStarted) return;
    this.#responseDone();
    this.#s.respondTrailers(trailers);
  }

  onReadEnd(): void {
    if (this.#responseStarted) this.#s.flushResponse();
  }

  onUpstreamHighWatermark(): void {
    this.#full = true;
    this.#s.pauseRequest();
  }
  onUpstreamLowWatermark(): void {
    this.#full = false;
    this.#s.resumeRequest();
  }

  #responseDone(): void {
    const s = this.#s as WritableTimes;
    const now = clock.now();
    s.upstreamEndTime = now;
    const stats = this.#cluster.stats;
    stats.upstream_rq_time.record(now - this.#tryStart);
    // A tunnel is over when both of its directions are.
    if (this.#tunnel && !s.requestComplete) {
      this.#tunnelEnded = true;
      return;
    }
    const upstream = this.#upstream;
    this.#finish();
    // An answer before the whole request: the connection can't be told what not to expect.
    if (!this.#requestDone) upstream?.reset();
  }

  // --- TerminalControl --------------------------------------------------------------------------------------------------

  pauseResponse(): void {
    this.#upstream?.pause();
  }
  resumeResponse(): void {
    this.#upstream?.resume();
  }

  cancel(): void {
    if (this.#over) return;
    const upstream = this.#upstream;
    const pending = this.#pending;
    // Both sides of a tunnel have ended: its connection closes by itself once all of the client's bytes are out.
    const ended = this.#tunnelEnded && this.#requestDone;
    this.#finish();
    pending?.cancel();
    if (!ended) upstream?.reset();
  }

  /** No more events in either direction. */
  #finish(): void {
    this.#over = true;
    this.#upstream = null;
    this.#pending = null;
    this.#body = null;
    this.#releaseRetry();
    // Half a request is nothing to mirror.
    if (this.#mirrors !== null && !this.#requestDone) for (const mirror of this.#mirrors) mirror.cancel();
    if (this.#s.terminal === this) this.#s.terminal = null;
    if (this.#timer !== null) timers.disarm(this.#timer);
    if (this.#tryTimer !== null) timers.disarm(this.#tryTimer);
    if (this.#tryIdleTimer !== null) timers.disarm(this.#tryIdleTimer);
    if (this.#backOffTimer !== null) timers.disarm(this.#backOffTimer);
  }

  // --- timeouts ---------------------------------------------------------------------------------------------------------

  onTimer(): void {
    if (this.#over) return;
    this.#cluster.stats.upstream_rq_timeout.value++;
    this.#host?.countTimeout();
    this.#timedOut("response_timeout");
  }

  #tryTimedOut(details: string): void {
    if (this.#over) return;
    const stats = this.#cluster.stats;
    stats.upstream_rq_per_try_timeout.value++;
    this.#host?.countTimeout();
    const upstream = this.#upstream;
    const pending = this.#pending;
    if (this.#mayRetry() && retriableReset(this.#retryOn, "local_reset", this.#sent)) {
      this.#upstream = null;
      this.#pending = null;
      if (this.#retry()) {
        pending?.cancel();
        upstream?.reset();
        return;
      }
      this.#upstream = upstream;
      this.#pending = pending;
    }
    this.#timedOut(details);
  }

  #timedOut(details: string): void {
    const s = this.#s;
    const upstream = this.#upstream;
    const pending = this.#pending;
    this.#finish();
    pending?.cancel();
    upstream?.reset();
    s.responseFlags |= ResponseFlag.UpstreamRequestTimeout;
    if (this.#responseStarted) {
      s.reset(details);
      return;
    }
    this.#charge(504);
    s.reply(504, { body: "upstream request timeout", details });
  }
}

/** Body bytes that may gather while no connection is there yet. */
const PENDING_BODY = 64 * 1024;
const EMPTY = new Uint8Array(0);
const OVERLOADED: readonly string[] = ["x-envoy-overloaded", "true"];
/** The router is what writes the upstream's times. */
interface WritableTimes extends TerminalStream {
  upstreamStartTime: number;
  upstreamRequestEndTime: number;
  upstreamFirstByteTime: number;
  upstreamEndTime: number;
}

/** An answer that a retry replaced is counted apart (`retry.upstream_rq_503`), so that the cluster's own counters tell what clients got. */
function chargeRetried(cluster: Cluster, status: number): void {
  const scope = cluster.scope.scope("retry");
  scope.counter("upstream_rq_completed").value++;
  scope.counter(`upstream_rq_${Math.trunc(status / 100)}xx`).value++;
  scope.counter(`upstream_rq_${status}`).value++;
}

function setTrusted(headers: HeaderMap, name: string, value: string): void {
  if (headers.has(name)) headers.set(name, value);
  else (headers.list as string[]).push(name, value);
}

function detailsOf(reason: ResetReason, details: string): string {
  const text = resetReasonText(reason).replaceAll(" ", "_");
  return details === "" || reason === "protocol_error" ? text : `${text}|${details.replaceAll(" ", "_")}`;
}
