import type { StatsScope } from "../../contract/stats.ts";
import type { OutlierDetection } from "../../resources/outlier-detection.ts";
import type { Clock } from "../../transport/clock.ts";
import { Timer, type TimerOwner, type TimerWheel } from "../../transport/timers.ts";
import type { EventLog } from "../event-log.ts";
import { HealthFlag } from "../health-flag.ts";
import type { HostImpl } from "../host.ts";
import type { EjectionType } from "./ejection-type.ts";
import { HostOutlier } from "./host-outlier.ts";
import { outlierEventLine } from "./outlier-event.ts";
import { OutlierStats } from "./outlier-stats.ts";
import { successRateBound, type SuccessRateBound } from "./success-rate.ts";

/** What a detector uses of its cluster and of the process. */
export interface OutlierEnvironment {
  readonly cluster: string;
  readonly scope: StatsScope;
  readonly clock: Clock;
  readonly timers: TimerWheel;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** null: events are not written. Asked at each event. */
  readonly eventLog: () => EventLog | null;
  /** The host was just ejected. */
  readonly onEjected: (host: HostImpl) => void;
}

/** Percent, of what upstreams answered and of what failed on our side; -1: not known. */
export interface OutlierBounds {
  external: SuccessRateBound;
  local: SuccessRateBound;
}

const FLAG = HealthFlag.FAILED_OUTLIER_CHECK;
const NO_BOUND: SuccessRateBound = { average: -1, threshold: -1 };
/** Least of `max_ejection_time`. ms. */
const MAX_EJECTION_TIME = 300_000;

/**
 * Ejects hosts that answer badly for a while: at once after failures in a row, at each interval by how they compare. Source: Envoy, "Outlier detection".
 */
export class OutlierDetector implements TimerOwner {
  readonly settings: OutlierDetection;
  readonly #environment: OutlierEnvironment;
  readonly #stats: OutlierStats;
  readonly #hosts = new Map<HostImpl, HostOutlier>();
  readonly #timer = new Timer(this);
  readonly #maxEjectionTime: number;
  #active = 0;
  /** Of the last interval, for `/clusters`. */
  bounds: OutlierBounds = { external: NO_BOUND, local: NO_BOUND };

  constructor(settings: OutlierDetection, environment: OutlierEnvironment) {
    this.settings = settings;
    this.#environment = environment;
    this.#stats = new OutlierStats(environment.scope);
    this.#maxEjectionTime = settings.maxEjectionTime ?? Math.max(MAX_EJECTION_TIME, settings.baseEjectionTime);
    environment.timers.arm(this.#timer, settings.interval);
  }

  add(host: HostImpl): void {
    const outlier = new HostOutlier(this, host);
    this.#hosts.set(host, outlier);
    host.monitor = outlier;
  }

  remove(host: HostImpl): void {
    if (!this.#hosts.delete(host)) return;
    if (isOut(host)) this.#count(-1);
  }

  /** The cluster is gone. */
  stop(): void {
    this.#environment.timers.disarm(this.#timer);
    this.#count(-this.#active);
    this.#hosts.clear();
  }

  #count(change: number): void {
    this.#active += change;
    // The cluster that takes this one's place counts in the same gauge.
    this.#stats.ejections_active.value += change;
  }

  /** An active health check of the host succeeded, and it is healthy by these. */
  onHealthCheckPassed(host: HostImpl): void {
    const outlier = this.#hosts.get(host);
    if (this.settings.successfulActiveHealthCheckUnejectHost && outlier !== undefined && isOut(host)) this.#uneject(outlier);
  }

  /** A host failed so often in a row that it is to be ejected. False: it is out already, or gone. */
  found(outlier: HostOutlier, type: EjectionType): boolean {
    const { host } = outlier;
    if (!this.#hosts.has(host) || isOut(host)) return false;
    this.#stats.byType[type].detected.value++;
    if (type === "CONSECUTIVE_5XX") this.#stats.ejections_consecutive_5xx.value++;
    this.#eject(outlier, type, 0, null);
    return true;
  }

  #eject(outlier: HostOutlier, type: EjectionType, rate: number, bound: SuccessRateBound | null): void {
    const { settings } = this;
    const { clock, random } = this.#environment;
    const stats = this.#stats;
    const may =
      (100 * (this.#active + 1)) / this.#hosts.size <= settings.maxEjectionPercent ||
      (settings.alwaysEjectOneHost && this.#active === 0);
    if (!may) {
      stats.ejections_overflow.value++;
      return;
    }
    if (type === "CONSECUTIVE_5XX" || type === "SUCCESS_RATE") stats.ejections_total.value++;
    const enforced = random() * 100 < this.#enforcing(type);
    if (enforced && !isOut(outlier.host)) {
      this.#count(1);
      stats.ejections_enforced_total.value++;
      stats.byType[type].enforced.value++;
      outlier.ejections++;
      outlier.ejectedAt = clock.now();
      outlier.jitter = Math.floor(random() * (settings.maxEjectionTimeJitter + 1));
      if (outlier.backOff * settings.baseEjectionTime < this.#maxEjectionTime + settings.baseEjectionTime) outlier.backOff++;
      outlier.host.setHealthFlag(FLAG, true);
      this.#environment.onEjected(outlier.host);
    }
    this.#log(outlier, outlier.unejectedAt, { type, enforced, rate, bound });
  }

  /** Percent. */
  #enforcing(type: EjectionType): number {
    const { settings } = this;
    switch (type) {
      case "CONSECUTIVE_5XX":
        return settings.enforcingConsecutive5xx;
      case "CONSECUTIVE_GATEWAY_FAILURE":
        return settings.enforcingConsecutiveGatewayFailure;
      case "SUCCESS_RATE":
        return settings.enforcingSuccessRate;
      case "CONSECUTIVE_LOCAL_ORIGIN_FAILURE":
        return settings.enforcingConsecutiveLocalOriginFailure;
      case "SUCCESS_RATE_LOCAL_ORIGIN":
        return settings.enforcingLocalOriginSuccessRate;
      case "FAILURE_PERCENTAGE":
        return settings.enforcingFailurePercentage;
      case "FAILURE_PERCENTAGE_LOCAL_ORIGIN":
        return settings.enforcingFailurePercentageLocalOrigin;
    }
  }

  #uneject(outlier: HostOutlier): void {
    this.#count(-1);
    outlier.forgive(this.#environment.clock.now());
    outlier.host.setHealthFlag(FLAG, false);
    this.#log(outlier, outlier.ejectedAt, null);
  }

  #log(outlier: HostOutlier, last: number, ejection: Parameters<typeof outlierEventLine>[1]): void {
    const { cluster, clock, eventLog } = this.#environment;
    const log = eventLog();
    if (log === null) return;
    const event = {
      cluster,
      address: outlier.host.address,
      wall: clock.wallNow(),
      sinceLast: last < 0 ? null : clock.now() - last,
      ejections: outlier.ejections,
    };
    log.write(outlierEventLine(event, ejection));
  }

  /** An interval is over. */
  onTimer(): void {
    const { settings } = this;
    const { clock, timers } = this.#environment;
    const now = clock.now();
    for (const outlier of this.#hosts.values()) {
      if (isOut(outlier.host)) {
        const time = Math.min(settings.baseEjectionTime * outlier.backOff, this.#maxEjectionTime) + outlier.jitter;
        if (now - outlier.ejectedAt >= time) this.#uneject(outlier);
      }
      outlier.external.turn();
      outlier.local.turn();
      outlier.external.shown = -1;
      outlier.local.shown = -1;
    }
    this.bounds = { external: NO_BOUND, local: NO_BOUND };
    this.#compare("external");
    this.#compare("local");
    // Who behaves is out less long the next time.
    for (const outlier of this.#hosts.values()) {
      if (isOut(outlier.host) || outlier.unejectedAt < 0 || outlier.backOff === 0) continue;
      if (now - outlier.unejectedAt >= settings.interval) outlier.backOff--;
    }
    timers.arm(this.#timer, settings.interval);
  }

  /** Success rates and failure percentages of the last interval. */
  #compare(origin: "external" | "local"): void {
    const { settings } = this;
    const { successRateRequestVolume, failurePercentageRequestVolume } = settings;
    if (this.#hosts.size < Math.min(settings.successRateMinimumHosts, settings.failurePercentageMinimumHosts)) return;
    const compared: HostOutlier[] = [];
    const judged: HostOutlier[] = [];
    for (const outlier of this.#hosts.values()) {
      const rate = outlier[origin];
      if (isOut(outlier.host) || rate.volume === 0) continue;
      if (rate.volume >= Math.min(successRateRequestVolume, failurePercentageRequestVolume)) rate.shown = rate.percent;
      if (rate.volume >= successRateRequestVolume) compared.push(outlier);
      if (rate.volume >= failurePercentageRequestVolume) judged.push(outlier);
    }
    const local = origin === "local";
    if (compared.length > 0 && compared.length >= settings.successRateMinimumHosts) {
      const bound = successRateBound(
        compared.map((outlier) => outlier[origin].percent),
        settings.successRateStdevFactor / 1000,
      );
      this.bounds[origin] = bound;
      for (const outlier of compared) {
        if (outlier[origin].percent >= bound.threshold) continue;
        this.#stats.ejections_success_rate.value++;
        this.#stands(outlier, local ? "SUCCESS_RATE_LOCAL_ORIGIN" : "SUCCESS_RATE", outlier[origin].percent, bound);
      }
    }
    if (judged.length > 0 && judged.length >= settings.failurePercentageMinimumHosts) {
      for (const outlier of judged) {
        const rate = outlier[origin].percent;
        if (100 - rate < settings.failurePercentageThreshold) continue;
        this.#stands(outlier, local ? "FAILURE_PERCENTAGE_LOCAL_ORIGIN" : "FAILURE_PERCENTAGE", rate, null);
      }
    }
  }

  #stands(outlier: HostOutlier, type: EjectionType, rate: number, bound: SuccessRateBound | null): void {
    this.#stats.byType[type].detected.value++;
    // Found for the one reason and for the other: it can be out only once.
    if (!isOut(outlier.host)) this.#eject(outlier, type, rate, bound);
  }
}

function isOut(host: HostImpl): boolean {
  return (host.healthFlags & FLAG) !== 0;
}
