import type { FilterScope, HttpFilter, RuntimeReader } from "../../core/contract/filter.ts";
import type { HeaderMap } from "../../core/contract/headers.ts";
import type { HttpStream, Stop, StreamOutcome } from "../../core/contract/stream.ts";
import type { DecisionTrace } from "../../core/contract/trace.ts";
import type { AdaptiveConcurrency } from "../../core/resources/filters/adaptive-concurrency.ts";
import { statusNumber } from "../../core/resources/http-status.ts";
import type { Clock } from "../../core/transport/clock.ts";
import { isOn } from "../feature-flag.ts";
import { HEALTH_CHECK_STATE } from "../health-check/health-check-filter.ts";
import { GradientController } from "./gradient-controller.ts";

/** When a request was admitted, in milliseconds; NaN: it was not, or does not count. */
export interface Admission {
  since: number;
}

/** Refuses requests beyond the limit that its controller finds. */
export class AdaptiveConcurrencyFilter implements HttpFilter<Admission> {
  readonly #controller: GradientController;
  readonly #clock: Pick<Clock, "now">;
  readonly #runtime: RuntimeReader;
  readonly #enabled: AdaptiveConcurrency["enabled"];
  readonly #status: number;

  constructor(config: AdaptiveConcurrency, scope: FilterScope, clock: Pick<Clock, "now">, random: () => number) {
    const stats = scope.stats.scope("adaptive_concurrency").scope("gradient_controller");
    this.#controller = new GradientController(config.gradientControllerConfig!, { clock, random, stats });
    this.#clock = clock;
    this.#runtime = scope.runtime;
    this.#enabled = config.enabled;
    const status =
      config.concurrencyLimitExceededStatus === undefined ? 503 : statusNumber(config.concurrencyLimitExceededStatus);
    this.#status = status < 400 ? 503 : status;
  }

  createState(): Admission {
    return { since: NaN };
  }

  onRequestHeaders(s: HttpStream, _headers: HeaderMap, _end: boolean, state: Admission): void | Stop {
    if (!this.#on(s)) return undefined;
    if (!this.#controller.admit()) return this.#refuse(s);
    state.since = this.#clock.now();
    return undefined;
  }

  explain(s: HttpStream, _headers: HeaderMap, _end: boolean, trace: DecisionTrace): void | Stop {
    const subject = "adaptive_concurrency";
    if (!this.#on(s)) return trace.note({ kind: "filter", verdict: "skipped", subject, reason: "turned off" });
    const { limit, running } = this.#controller;
    const reason = `${running} requests run, at most ${limit} may at the moment`;
    trace.note({ kind: "filter", verdict: running >= limit ? "ends" : "applied", subject, reason });
    return running >= limit ? this.#refuse(s) : undefined;
  }

  onStreamComplete(s: HttpStream, outcome: StreamOutcome, state: Admission): void {
    if (Number.isNaN(state.since)) return;
    // How long the client took to read is not the upstream's time.
    if (outcome.complete) this.#controller.finish(state.since, s.upstreamEndTime >= 0 ? s.upstreamEndTime : this.#clock.now());
    else this.#controller.cancel();
    state.since = NaN;
  }

  #on(s: HttpStream): boolean {
    return isOn(this.#enabled, this.#runtime) && s.filterState?.[HEALTH_CHECK_STATE] === undefined;
  }

  #refuse(s: HttpStream): Stop {
    return s.reply(this.#status, { body: "reached concurrency limit", details: "reached_concurrency_limit" });
  }
}
