import type { FilterScope, HookValue, HttpFilter, RuntimeReader } from "../../core/contract/filter.ts";
import type { HeaderMap } from "../../core/contract/headers.ts";
import type { Counter, Gauge, StatsScope } from "../../core/contract/stats.ts";
import type { Hold, HttpStream, Stop } from "../../core/contract/stream.ts";
import type { DecisionTrace } from "../../core/contract/trace.ts";
import { ResponseFlag } from "../../core/contract/response-flags.ts";
import { matchHeaders } from "../../core/match/header-matcher.ts";
import { clock } from "../../core/transport/clock.ts";
import { routeCluster } from "../route-resource.ts";
import type { AbortSettings, DelaySettings, FaultSettings } from "./fault-settings.ts";
import { headerNumber } from "./header-number.ts";
import { draws, type Percentage, shareOfPercentage } from "./percentage.ts";

/** A stream in which a fault was injected. */
interface ActiveFault {
  /** Wakes the delayed request. */
  timer: ReturnType<typeof setTimeout> | undefined;
  /** Bytes per millisecond of the response's body, or 0: not limited. */
  rate: number;
  /** When the bytes that were let through so far would have gone out at that rate. */
  due: number;
}

/**
 * Delays requests and aborts them, as configured for the filter or the route. Streams without a fault cost a look at the
 * settings; those with one are kept in a map. Envoy: "Fault Injection".
 */
export class FaultFilter implements HttpFilter {
  readonly #settings: FaultSettings;
  readonly #slot: number;
  readonly #runtime: RuntimeReader;
  readonly #stats: StatsScope;
  readonly #delaysInjected: Counter;
  readonly #abortsInjected: Counter;
  readonly #faultsOverflow: Counter;
  readonly #rateLimited: Counter;
  readonly #activeFaults: Gauge;
  readonly #active = new Map<HttpStream, ActiveFault>();

  constructor(settings: FaultSettings, scope: FilterScope) {
    this.#settings = settings;
    this.#slot = scope.slot;
    this.#runtime = scope.runtime;
    const stats = scope.stats.scope("fault");
    this.#stats = stats;
    this.#delaysInjected = stats.counter("delays_injected");
    this.#abortsInjected = stats.counter("aborts_injected");
    this.#faultsOverflow = stats.counter("faults_overflow");
    this.#rateLimited = stats.counter("response_rl_injected");
    this.#activeFaults = stats.gauge("active_faults");
  }

  onRequestHeaders(s: HttpStream, headers: HeaderMap): HookValue<Hold> | Promise<HookValue<Hold>> {
    const settings = (s.routeConfig(this.#slot) as FaultSettings | undefined) ?? this.#settings;
    if (settings.delay === null && settings.abort === null && settings.rate === null) return undefined;
    if (!matches(settings, s, headers)) return undefined;
    const cluster = settings.clusterStats ? (headers.get("x-envoy-downstream-service-cluster") ?? "") : "";
    if (settings.rate !== null) this.#limit(s, settings, headers);
    const delay = this.#delay(settings, headers, cluster);
    if (delay > 0 && this.#begin(s, settings)) {
      this.#delaysInjected.value++;
      if (cluster !== "") this.#stats.counter(`${cluster}.delays_injected`).value++;
      s.responseFlags |= ResponseFlag.DelayInjected;
      note(s, settings);
      return this.#wait(s, delay).then(() => this.#abort(s, settings, headers, cluster));
    }
    return this.#abort(s, settings, headers, cluster);
  }

  explain(s: HttpStream, headers: HeaderMap, _end: boolean, trace: DecisionTrace): void | Stop {
    const own = s.routeConfig(this.#slot) as FaultSettings | undefined;
    const settings = own ?? this.#settings;
    const about = own === undefined ? undefined : s.route?.resource;
    const skipped = (reason: string): void => trace.note({ kind: "fault", verdict: "skipped", subject: "fault", reason, about });
    const { delay, abort, rate } = settings;
    if (delay === null && abort === null && rate === null)
      return skipped(own === undefined ? "neither the filter nor the route injects one" : "the route asks for none");
    if (!matches(settings, s, headers)) return skipped("the request is none that the fault is for");
    const cluster = settings.clusterStats ? (headers.get("x-envoy-downstream-service-cluster") ?? "") : "";
    const draw = (percentage: Percentage, key: string, subject: string): boolean => {
      const clusterKey = cluster === "" || key === "" ? "" : `fault.http.${cluster}.${key}`;
      const { count, of } = shareOfPercentage(percentage, headers, this.#runtime, clusterKey);
      const options = [
        { label: subject, count },
        { label: `no ${subject.slice(0, subject.indexOf(" "))}`, count: of - count },
      ];
      return trace.draw({ kind: "fault", subject, about, of, options, source: "own" }) === 0;
    };
    const kbps = rate === null ? 0 : (rate.fixed ?? headerNumber(headers, "x-envoy-fault-throughput-response") ?? 0);
    if (rate !== null && kbps > 0) draw(rate.percentage, "", `limit of ${kbps} KiB/s for the response`);
    const ms = delay === null ? 0 : this.#delayTime(delay, settings, headers, cluster);
    if (delay !== null && ms > 0) draw(delay.percentage, "delay.fixed_delay_percent", `delay of ${ms} ms`);
    if (abort === null) return undefined;
    const httpStatus = this.#httpStatus(abort, settings, headers, cluster);
    const grpcStatus = httpStatus === undefined ? this.#grpcStatus(abort, settings, headers) : undefined;
    if (httpStatus === undefined && grpcStatus === undefined) return undefined;
    const what = httpStatus === undefined ? `abort with gRPC status ${grpcStatus}` : `abort with ${httpStatus}`;
    if (!draw(abort.percentage, "abort.abort_percent", what)) return undefined;
    return abortReply(s, httpStatus, grpcStatus);
  }

  /** Milliseconds, or 0: no delay. */
  #delay(settings: FaultSettings, headers: HeaderMap, cluster: string): number {
    const delay = settings.delay;
    if (delay === null) return 0;
    const clusterKey = cluster === "" ? "" : `fault.http.${cluster}.delay.fixed_delay_percent`;
    return draws(delay.percentage, headers, this.#runtime, clusterKey) ? this.#delayTime(delay, settings, headers, cluster) : 0;
  }

  /** Milliseconds of the delay that a request gets which gets one. */
  #delayTime(delay: DelaySettings, settings: FaultSettings, headers: HeaderMap, cluster: string): number {
    const wanted = delay.fixed ?? headerNumber(headers, "x-envoy-fault-delay-request");
    if (wanted === undefined) return 0;
    const ms = this.#number(settings.delayDurationKey, cluster, "delay.fixed_duration_ms", wanted);
    return Math.min(ms, MAX_DELAY);
  }

  #abort(s: HttpStream, settings: FaultSettings, headers: HeaderMap, cluster: string): HookValue<Hold> {
    const abort = settings.abort;
    if (abort === null || !s.active) return undefined;
    const clusterKey = cluster === "" ? "" : `fault.http.${cluster}.abort.abort_percent`;
    if (!draws(abort.percentage, headers, this.#runtime, clusterKey)) return undefined;
    const httpStatus = this.#httpStatus(abort, settings, headers, cluster);
    const grpcStatus = httpStatus === undefined ? this.#grpcStatus(abort, settings, headers) : undefined;
    if ((httpStatus === undefined && grpcStatus === undefined) || !this.#begin(s, settings)) return undefined;
    this.#abortsInjected.value++;
    if (cluster !== "") this.#stats.counter(`${cluster}.aborts_injected`).value++;
    note(s, settings);
    return abortReply(s, httpStatus, grpcStatus);
  }

  #httpStatus(abort: AbortSettings, settings: FaultSettings, headers: HeaderMap, cluster: string): number | undefined {
    let wanted = abort.httpStatus;
    if (wanted === undefined && abort.percentage.header !== "") wanted = headerNumber(headers, "x-envoy-fault-abort-request");
    if (wanted === undefined || !isStatus(wanted)) return undefined;
    const status = this.#number(settings.abortHttpStatusKey, cluster, "abort.http_status", wanted);
    return isStatus(status) ? status : wanted;
  }

  #grpcStatus(abort: AbortSettings, settings: FaultSettings, headers: HeaderMap): number | undefined {
    let wanted = abort.grpcStatus;
    if (wanted === undefined && abort.percentage.header !== "")
      wanted = headerNumber(headers, "x-envoy-fault-abort-grpc-request");
    return wanted === undefined ? undefined : this.#runtime.number(settings.abortGrpcStatusKey, wanted);
  }

  /** A runtime number, which that of the downstream cluster overrides. */
  #number(key: string, cluster: string, clusterKey: string, fallback: number): number {
    const value = this.#runtime.number(key, fallback);
    return cluster === "" ? value : this.#runtime.number(`fault.http.${cluster}.${clusterKey}`, value);
  }

  #limit(s: HttpStream, settings: FaultSettings, headers: HeaderMap): void {
    const rate = settings.rate!;
    const kbps = rate.fixed ?? headerNumber(headers, "x-envoy-fault-throughput-response") ?? 0;
    if (kbps <= 0 || !draws(rate.percentage, headers, this.#runtime, "") || !this.#begin(s, settings)) return;
    this.#active.get(s)!.rate = (kbps * 1024) / 1000;
    this.#rateLimited.value++;
  }

  /** Counts a stream as one active fault, however many faults it gets. False: there are too many. */
  #begin(s: HttpStream, settings: FaultSettings): boolean {
    if (this.#active.has(s)) return true;
    if (this.#activeFaults.value >= this.#runtime.number(settings.maxActiveFaultsKey, settings.maxActiveFaults)) {
      this.#faultsOverflow.value++;
      return false;
    }
    this.#activeFaults.value++;
    this.#active.set(s, { timer: undefined, rate: 0, due: -1 });
    return true;
  }

  #wait(s: HttpStream, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const fault = this.#active.get(s);
      if (fault === undefined) resolve();
      else fault.timer = setTimeout(resolve, ms);
    });
  }

  /** Lets a chunk through when all bytes up to its end would have gone out at the stream's rate; the upstream is paused meanwhile. */
  onResponseBody(s: HttpStream, chunk: Uint8Array): void | Promise<void> {
    if (this.#active.size === 0) return undefined;
    const fault = this.#active.get(s);
    if (fault === undefined || fault.rate === 0 || chunk.length === 0) return undefined;
    const now = clock.now();
    fault.due = Math.max(fault.due, now) + chunk.length / fault.rate;
    return this.#wait(s, fault.due - now);
  }

  onStreamComplete(s: HttpStream): void {
    if (this.#active.size === 0) return;
    const fault = this.#active.get(s);
    if (fault === undefined) return;
    this.#active.delete(s);
    this.#activeFaults.value--;
    if (fault.timer !== undefined) clearTimeout(fault.timer);
  }
}

/** The runtimes' timers take no longer delay: 24.8 days. */
const MAX_DELAY = 2 ** 31 - 1;

function abortReply(s: HttpStream, httpStatus: number | undefined, grpcStatus: number | undefined): Stop {
  return s.reply(httpStatus ?? 200, {
    body: "fault filter abort",
    details: "fault_filter_abort",
    flags: ResponseFlag.FaultInjected,
    grpcStatus,
  });
}

function isStatus(status: number): boolean {
  return Number.isInteger(status) && status >= 200 && status < 600;
}

function note(s: HttpStream, settings: FaultSettings): void {
  for (const [key, value] of settings.metadata) s.setMetadata("envoy.filters.http.fault", key, value);
}

function matches(settings: FaultSettings, s: HttpStream, headers: HeaderMap): boolean {
  if (settings.upstreamCluster !== "" && routeCluster(s, headers) !== settings.upstreamCluster) return false;
  if (settings.downstreamNodes !== null) {
    const node = headers.get("x-envoy-downstream-service-node");
    if (node === undefined || !settings.downstreamNodes.has(node)) return false;
  }
  return matchHeaders(settings.headers, headers);
}
