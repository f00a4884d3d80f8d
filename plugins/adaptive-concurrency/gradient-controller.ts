import type { Counter, Gauge, StatsScope } from "../../core/contract/stats.ts";
import type { GradientControllerConfig } from "../../core/resources/filters/adaptive-concurrency.ts";
import type { Clock } from "../../core/transport/clock.ts";
import { LatencyWindow } from "./latency-window.ts";

/** So many windows at the least limit in a row mean that the time without load is measured anew: it may have been wrong. */
const WINDOWS_AT_MINIMUM = 5;

/** What a controller takes of its surroundings. */
export interface ControllerEnvironment {
  readonly clock: Pick<Clock, "now">;
  /** 0 to below 1. */
  readonly random: () => number;
  /** The scope of its counters: `adaptive_concurrency.gradient_controller.` of the connection manager. */
  readonly stats: StatsScope;
}

/**
 * How many requests may run at a time, by how much longer they take than without load: `limit * gradient + sqrt(limit * gradient)`, where the gradient is the time
 * without load (measured now and then at the least limit, plus a buffer) by that of the last window, from 0.5 to 2. Windows end with the first event behind their
 * time: there are no timers, and nothing is worked out while nothing happens.
 *
 * Source: Envoy, "Adaptive Concurrency".
 */
export class GradientController {
  readonly #clock: Pick<Clock, "now">;
  readonly #random: () => number;
  readonly #share: number;
  readonly #maxLimit: number;
  readonly #minLimit: number;
  readonly #updateInterval: number;
  /** ms between measurements; Infinity: there are none. */
  readonly #measureInterval: number;
  readonly #jitter: number;
  readonly #measureRequests: number;
  readonly #buffer: number;
  readonly #window = new LatencyWindow();

  readonly #rqBlocked: Counter;
  readonly #measurementActive: Gauge;
  readonly #limitGauge: Gauge;
  readonly #gradientGauge: Gauge;
  readonly #burstGauge: Gauge;
  readonly #minRttGauge: Gauge;
  readonly #sampleRttGauge: Gauge;

  #limit: number;
  /** ms that a request takes without load. */
  #minRtt: number;
  #running = 0;
  #measuring = false;
  /** When the measurement under way, or the last one, began: requests from before tell nothing. */
  #epoch = 0;
  /** The limit in force before the measurement. */
  #limitBefore = 0;
  #windowEnd: number;
  #nextMeasurement: number;
  #windowsAtMinimum = 0;

  constructor(config: GradientControllerConfig, { clock, random, stats }: ControllerEnvironment) {
    const { concurrencyLimitParams: limits, minRttCalcParams: measuring } = config;
    this.#clock = clock;
    this.#random = random;
    this.#share = config.sampleAggregatePercentile / 100;
    this.#maxLimit = limits.maxConcurrencyLimit;
    this.#minLimit = measuring.minConcurrency;
    this.#updateInterval = limits.concurrencyUpdateInterval;
    this.#measureInterval = measuring.fixedValue === undefined ? (measuring.interval ?? Infinity) : Infinity;
    this.#jitter = measuring.jitter / 100;
    this.#measureRequests = measuring.requestCount;
    this.#buffer = 1 + measuring.buffer / 100;
    this.#rqBlocked = stats.counter("rq_blocked");
    this.#measurementActive = stats.gauge("min_rtt_calculation_active");
    this.#limitGauge = stats.gauge("concurrency_limit");
    this.#gradientGauge = stats.gauge("gradient");
    this.#burstGauge = stats.gauge("burst_queue_size");
    this.#minRttGauge = stats.gauge("min_rtt_msecs");
    this.#sampleRttGauge = stats.gauge("sample_rtt_msecs");
    this.#limit = this.#minLimit;
    this.#minRtt = measuring.fixedValue ?? 0;
    this.#limitGauge.value = this.#limit;
    this.#minRttGauge.value = Math.floor(this.#minRtt);
    this.#nextMeasurement = Infinity;
    const now = clock.now();
    this.#windowEnd = now + this.#updateInterval;
    if (this.#measureInterval !== Infinity) this.#beginMeasurement(now);
  }

  /** As it is now: windows that have ended since the last event are not counted in. */
  get limit(): number {
    return this.#limit;
  }

  /** Requests under way. */
  get running(): number {
    return this.#running;
  }

  /** Whether one more may run; then it counts as running until `finish` or `cancel`. */
  admit(): boolean {
    this.#pass(this.#clock.now());
    if (this.#running >= this.#limit) {
      this.#rqBlocked.value++;
      return false;
    }
    this.#running++;
    return true;
  }

  /** A response was there whole. @param start when its request was admitted. @param end when it was there. */
  finish(start: number, end: number): void {
    const now = this.#clock.now();
    this.#pass(now);
    this.#running--;
    if (start < this.#epoch) return;
    this.#window.add(end - start);
    if (this.#measuring && this.#window.count >= this.#measureRequests) this.#endMeasurement(now);
  }

  /** It was not, and its time tells nothing. */
  cancel(): void {
    this.#running--;
  }

  /** Ends windows whose time is over. */
  #pass(now: number): void {
    if (!this.#measuring && now >= this.#windowEnd) this.#endWindow(now);
    if (!this.#measuring && now >= this.#nextMeasurement) this.#beginMeasurement(now);
  }

  #beginMeasurement(now: number): void {
    this.#measuring = true;
    this.#measurementActive.value = 1;
    this.#limitBefore = this.#limit;
    this.#setLimit(this.#minLimit);
    this.#window.clear();
    this.#epoch = now;
  }

  #endMeasurement(now: number): void {
    this.#minRtt = this.#takeSample();
    this.#minRttGauge.value = Math.floor(this.#minRtt);
    this.#setLimit(this.#limitBefore);
    this.#measuring = false;
    this.#measurementActive.value = 0;
    this.#windowEnd = now + this.#updateInterval;
    this.#nextMeasurement = now + this.#measureInterval * (1 + this.#jitter * this.#random());
  }

  #endWindow(now: number): void {
    this.#windowEnd = now + this.#updateInterval;
    if (this.#window.count === 0) return;
    const sample = this.#takeSample();
    this.#sampleRttGauge.value = Math.floor(sample);
    const gradient = Math.max(0.5, Math.min(2, (this.#minRtt * this.#buffer) / sample));
    this.#gradientGauge.value = Math.round(gradient * 1000) / 1000;
    const limit = this.#limit * gradient;
    const headroom = Math.sqrt(limit);
    this.#burstGauge.value = Math.floor(headroom);
    this.#setLimit(Math.max(this.#minLimit, Math.min(this.#maxLimit, Math.floor(limit + headroom))));
    if (this.#windowsAtMinimum >= WINDOWS_AT_MINIMUM && this.#measureInterval !== Infinity) this.#beginMeasurement(now);
  }

  #takeSample(): number {
    const sample = this.#window.quantile(this.#share);
    this.#window.clear();
    return sample;
  }

  #setLimit(limit: number): void {
    const stays = !this.#measuring && this.#limit === this.#minLimit && limit === this.#minLimit;
    this.#windowsAtMinimum = stays ? this.#windowsAtMinimum + 1 : 0;
    this.#limit = limit;
    this.#limitGauge.value = limit;
  }
}
