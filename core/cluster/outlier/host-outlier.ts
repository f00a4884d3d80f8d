import type { HostImpl, HostMonitor, LocalOriginEvent } from "../host.ts";
import type { OutlierDetector } from "./outlier-detector.ts";
import { SuccessRate } from "./success-rate.ts";

/** What outlier detection knows of a host. Responses reach it directly: counting one is a few additions. */
export class HostOutlier implements HostMonitor {
  readonly host: HostImpl;
  /** What the upstream answered; all failures, where ours are not told apart. */
  readonly external: SuccessRate;
  /** Ours, where they are told apart. */
  readonly local: SuccessRate;
  consecutive5xx: number;
  consecutiveGatewayFailure: number;
  consecutiveLocalOriginFailure: number;
  /** How often it was ejected. */
  ejections: number;
  /** How many times the base time the next ejection lasts. */
  backOff: number;
  /** ms of the clock; -1: never. */
  ejectedAt: number;
  unejectedAt: number;
  /** ms that are added to the ejection of now. */
  jitter: number;
  readonly #detector: OutlierDetector;
  readonly #split: boolean;

  constructor(detector: OutlierDetector, host: HostImpl) {
    this.host = host;
    this.external = new SuccessRate();
    this.local = new SuccessRate();
    this.consecutive5xx = 0;
    this.consecutiveGatewayFailure = 0;
    this.consecutiveLocalOriginFailure = 0;
    this.ejections = 0;
    this.backOff = 0;
    this.ejectedAt = -1;
    this.unejectedAt = -1;
    this.jitter = 0;
    this.#detector = detector;
    this.#split = detector.settings.splitExternalLocalOriginErrors;
  }

  get successRate(): number {
    return this.external.shown;
  }

  get localOriginSuccessRate(): number {
    return this.local.shown;
  }

  onResponse(status: number): void {
    this.#status(status);
    if (this.#split && status < 500) this.#localSuccess();
  }

  onLocalOrigin(event: LocalOriginEvent): void {
    switch (event) {
      case "connect_success":
        if (this.#split) this.#localSuccess();
        break;
      case "connect_success_final":
        if (this.#split) this.#localSuccess();
        else this.#status(200);
        break;
      case "timeout":
        if (this.#split) this.#localFailure();
        else this.#status(504);
        break;
      case "failed":
        if (this.#split) this.#localFailure();
        else this.#status(503);
        break;
    }
  }

  #status(status: number): void {
    const { settings } = this.#detector;
    this.external.total++;
    if (status < 500 || status > 599) {
      this.external.good++;
      this.consecutive5xx = 0;
      this.consecutiveGatewayFailure = 0;
      return;
    }
    if (status >= 502 && status <= 504) {
      // Exactly then, not from then on: who is out is not found again by what was still on its way.
      if (++this.consecutiveGatewayFailure === settings.consecutiveGatewayFailure) {
        if (this.#detector.found(this, "CONSECUTIVE_GATEWAY_FAILURE")) this.consecutiveGatewayFailure = 0;
      }
    } else this.consecutiveGatewayFailure = 0;
    if (++this.consecutive5xx === settings.consecutive5xx) {
      if (this.#detector.found(this, "CONSECUTIVE_5XX")) this.consecutive5xx = 0;
    }
  }

  #localFailure(): void {
    this.local.total++;
    if (++this.consecutiveLocalOriginFailure !== this.#detector.settings.consecutiveLocalOriginFailure) return;
    if (this.#detector.found(this, "CONSECUTIVE_LOCAL_ORIGIN_FAILURE")) this.consecutiveLocalOriginFailure = 0;
  }

  #localSuccess(): void {
    this.local.total++;
    this.local.good++;
    this.consecutiveLocalOriginFailure = 0;
  }

  /** The host is back: what it did before no longer counts against it. */
  forgive(now: number): void {
    this.consecutive5xx = 0;
    this.consecutiveGatewayFailure = 0;
    this.consecutiveLocalOriginFailure = 0;
    this.unejectedAt = now;
  }
}
