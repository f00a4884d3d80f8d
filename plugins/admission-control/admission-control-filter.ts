import type { FilterScope, HttpFilter, RuntimeReader } from "../../core/contract/filter.ts";
import type { HeaderMap } from "../../core/contract/headers.ts";
import type { Counter } from "../../core/contract/stats.ts";
import type { HttpStream, Stop } from "../../core/contract/stream.ts";
import type { AdmissionControl } from "../../core/resources/filters/admission-control.ts";
import { isGrpc } from "../../core/stream/grpc.ts";
import type { Clock } from "../../core/transport/clock.ts";
import { isOn } from "../feature-flag.ts";
import { HEALTH_CHECK_STATE } from "../health-check/health-check-filter.ts";
import { SuccessWindow } from "./success-window.ts";

/** OK, CANCELLED, UNKNOWN, INVALID_ARGUMENT, NOT_FOUND, ALREADY_EXISTS, PERMISSION_DENIED, FAILED_PRECONDITION, OUT_OF_RANGE, UNIMPLEMENTED, UNAUTHENTICATED. */
const GRPC_SUCCESS: readonly number[] = [0, 1, 2, 3, 5, 6, 7, 9, 11, 12, 16];

/** A request that was let through: its outcome is still to be counted. */
export interface Attempt {
  waits: boolean;
}

/**
 * Refuses requests with the probability `((n - successes / sr_threshold) / (n + 1)) ^ (1 / aggression)` of those in the window.
 * Source: Envoy, "Admission Control".
 */
export class AdmissionControlFilter implements HttpFilter<Attempt> {
  readonly #config: AdmissionControl;
  readonly #runtime: RuntimeReader;
  readonly #clock: Pick<Clock, "now">;
  readonly #random: () => number;
  readonly #window: SuccessWindow;
  readonly #grpc: ReadonlySet<number>;
  readonly #rejected: Counter;
  readonly #success: Counter;
  readonly #failure: Counter;

  constructor(config: AdmissionControl, scope: FilterScope, clock: Pick<Clock, "now">, random: () => number) {
    this.#config = config;
    this.#runtime = scope.runtime;
    this.#clock = clock;
    this.#random = random;
    this.#window = new SuccessWindow(Math.floor((config.samplingWindow ?? 30_000) / 1000));
    this.#grpc = new Set(config.successCriteria?.grpcCriteria?.grpcSuccessStatus ?? GRPC_SUCCESS);
    const stats = scope.stats.scope("admission_control");
    this.#rejected = stats.counter("rq_rejected");
    this.#success = stats.counter("rq_success");
    this.#failure = stats.counter("rq_failure");
  }

  createState(): Attempt {
    return { waits: false };
  }

  onRequestHeaders(s: HttpStream, _headers: HeaderMap, _end: boolean, attempt: Attempt): void | Stop {
    if (!isOn(this.#config.enabled, this.#runtime) || s.filterState?.[HEALTH_CHECK_STATE] !== undefined) return undefined;
    if (this.#random() < this.#probability()) {
      this.#rejected.value++;
      return s.reply(503, { details: "denied_by_admission_control" });
    }
    attempt.waits = true;
    return undefined;
  }

  onResponseHeaders(_s: HttpStream, headers: HeaderMap, end: boolean, attempt: Attempt): void {
    if (!attempt.waits) return;
    const status = headers.get("grpc-status");
    if (end ? status !== undefined : headers.status === 200 && isGrpc(headers)) {
      if (status !== undefined) this.#count(attempt, this.#grpc.has(Number(status)));
      return;
    }
    this.#count(attempt, this.#isSuccess(headers.status));
  }

  onResponseTrailers(_s: HttpStream, trailers: HeaderMap, attempt: Attempt): undefined {
    if (!attempt.waits) return;
    const status = trailers.get("grpc-status");
    this.#count(attempt, status !== undefined && this.#grpc.has(Number(status)));
  }

  /** Without an answer it has failed. */
  onStreamComplete(_s: HttpStream, _outcome: unknown, attempt: Attempt): void {
    if (attempt.waits) this.#count(attempt, false);
  }

  #isSuccess(status: number): boolean {
    const ranges = this.#config.successCriteria?.httpCriteria?.httpSuccessStatus;
    return ranges === undefined ? status < 500 : ranges.some(({ start, end }) => status >= start && status < end);
  }

  #count(attempt: Attempt, success: boolean): void {
    attempt.waits = false;
    this.#window.add(this.#clock.now(), success);
    (success ? this.#success : this.#failure).value++;
  }

  #probability(): number {
    const window = this.#window;
    window.pass(this.#clock.now());
    const { rpsThreshold, srThreshold, aggression, maxRejectionProbability } = this.#config;
    if (window.rate() < this.#number(rpsThreshold, 0)) return 0;
    const threshold = Math.min(this.#number(srThreshold, 95), 100) / 100;
    const linear = (window.requests - window.successes / threshold) / (window.requests + 1);
    if (!(linear > 0)) return 0;
    const wanted = linear ** (1 / Math.max(1, this.#number(aggression, 1)));
    return Math.min(wanted, this.#number(maxRejectionProbability, 80) / 100);
  }

  #number(setting: { readonly defaultValue: number; readonly runtimeKey: string } | undefined, unset: number): number {
    return setting === undefined ? unset : this.#runtime.number(setting.runtimeKey, setting.defaultValue);
  }
}
