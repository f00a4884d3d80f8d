import { Timer, type TimerOwner } from "../../transport/timers.ts";
import { HealthFlag } from "../health-flag.ts";
import type { HostImpl } from "../host.ts";
import type { HealthChecker, Transition } from "./health-checker.ts";
import type { FailureType } from "./health-event.ts";
import type { Probe, ProbeUser } from "./probe.ts";

const { FAILED_ACTIVE_HC, DEGRADED_ACTIVE_HC, PENDING_ACTIVE_HC, EXCLUDED_VIA_IMMEDIATE_HC_FAIL, ACTIVE_HC_TIMEOUT } = HealthFlag;

/** Tags of timers. */
const INTERVAL = 0;
const TIMEOUT = 1;

/** The checks of one host, one after the other. Source: Envoy, "Health checking". */
export class HealthSession implements ProbeUser, TimerOwner {
  readonly host: HostImpl;
  /** No check has come to anything yet. */
  first = true;
  readonly #checker: HealthChecker;
  readonly #probe: Probe;
  readonly #interval = new Timer(this, INTERVAL);
  readonly #timeout = new Timer(this, TIMEOUT);
  #healthy = 0;
  #unhealthy = 0;
  #stopped = false;

  constructor(checker: HealthChecker, host: HostImpl) {
    const { stats } = checker;
    this.host = host;
    this.#checker = checker;
    this.#probe = checker.newProbe(host, this);
    if (!this.#is(FAILED_ACTIVE_HC)) stats.healthy.value++;
    if (this.#is(DEGRADED_ACTIVE_HC)) stats.degraded.value++;
  }

  #is(flag: number): boolean {
    return (this.host.healthFlags & flag) !== 0;
  }

  start(): void {
    const { initialJitter } = this.#checker.settings;
    if (initialJitter === 0) this.#check();
    else this.#checker.timers.arm(this.#interval, this.#checker.withJitter(0, initialJitter));
  }

  stop(): void {
    if (this.#stopped) return;
    const { stats, timers } = this.#checker;
    this.#stopped = true;
    timers.disarm(this.#interval);
    timers.disarm(this.#timeout);
    this.#probe.abort();
    if (!this.#is(FAILED_ACTIVE_HC)) stats.healthy.value--;
    if (this.#is(DEGRADED_ACTIVE_HC)) stats.degraded.value--;
  }

  #check(): void {
    this.#checker.stats.attempt.value++;
    this.#checker.timers.arm(this.#timeout, this.#checker.settings.timeout);
    this.#probe.check();
  }

  onTimer(timer: Timer): void {
    if (timer.tag === INTERVAL) {
      this.#check();
      return;
    }
    this.#probe.abort();
    this.#failure("NETWORK_TIMEOUT", false, 0, false);
  }

  passed(degraded: boolean): void {
    if (this.#stopped) return;
    const { settings, stats } = this.#checker;
    let clear = 0;
    let transition: Transition = "unchanged";
    this.#unhealthy = 0;
    if (this.#is(FAILED_ACTIVE_HC)) {
      // The very first answer is believed at once: what starts is there sooner.
      if (this.first || ++this.#healthy === settings.healthyThreshold) {
        clear = ACTIVE_HC_TIMEOUT | EXCLUDED_VIA_IMMEDIATE_HC_FAIL | FAILED_ACTIVE_HC;
        stats.healthy.value++;
        transition = "changed";
        this.#checker.log(this.host, { name: "add_healthy_event", first: this.first });
      } else transition = "pending";
    }
    if (transition !== "changed" && settings.alwaysLogSuccess)
      this.#checker.log(this.host, { name: "successful_health_check_event" });
    if (this.#is(PENDING_ACTIVE_HC)) {
      clear |= PENDING_ACTIVE_HC;
      transition = "changed";
    }
    let set = 0;
    if (degraded !== this.#is(DEGRADED_ACTIVE_HC)) {
      if (degraded) {
        set = DEGRADED_ACTIVE_HC;
        stats.degraded.value++;
      } else {
        clear |= DEGRADED_ACTIVE_HC;
        stats.degraded.value--;
      }
      this.#checker.log(this.host, { name: degraded ? "degraded_healthy_host" : "no_longer_degraded_host" });
      if (transition === "unchanged") transition = "changed";
    }
    stats.success.value++;
    this.host.changeHealth(set, clear);
    this.#done("healthy", transition);
  }

  failed(type: "ACTIVE" | "NETWORK", retriable = false, status = 0, exclude = false): void {
    if (!this.#stopped) this.#failure(type, retriable, status, exclude);
  }

  #failure(type: FailureType, retriable: boolean, status: number, exclude: boolean): void {
    this.#done("unhealthy", this.#setUnhealthy(type, retriable, status, exclude));
  }

  /** An ordinary response of the host said that its checks would fail. The rhythm of checks stays. */
  failNow(): void {
    if (this.#stopped) return;
    this.#tell("unhealthy", this.#setUnhealthy("PASSIVE", false, 0, true));
  }

  #setUnhealthy(type: FailureType, retriable: boolean, status: number, exclude: boolean): Transition {
    const { settings, stats } = this.#checker;
    const network = type === "NETWORK" || type === "NETWORK_TIMEOUT";
    let transition: Transition = "unchanged";
    let set = exclude ? EXCLUDED_VIA_IMMEDIATE_HC_FAIL : 0;
    let clear = 0;
    let failed = this.#is(FAILED_ACTIVE_HC);
    this.#healthy = 0;
    if (!failed) {
      // Who says that it is not well is believed; who can't be asked may only have been unlucky.
      if ((!network && !retriable) || ++this.#unhealthy === settings.unhealthyThreshold) {
        failed = true;
        set |= FAILED_ACTIVE_HC;
        stats.healthy.value--;
        transition = "changed";
        this.#checker.log(this.host, { name: "eject_unhealthy_event", type, status });
      } else transition = "pending";
    }
    if (type === "NETWORK_TIMEOUT" && failed) set |= ACTIVE_HC_TIMEOUT;
    else clear |= ACTIVE_HC_TIMEOUT;
    if (this.#is(PENDING_ACTIVE_HC)) {
      clear |= PENDING_ACTIVE_HC;
      transition = "changed";
    }
    if (this.first || settings.alwaysLogFailures) {
      this.#checker.log(this.host, { name: "health_check_failure_event", type, first: this.first, status });
    }
    stats.failure.value++;
    if (network) stats.network_failure.value++;
    else if (type === "PASSIVE") stats.passive_failure.value++;
    this.host.changeHealth(set, clear);
    return transition;
  }

  #tell(result: "healthy" | "unhealthy", transition: Transition): void {
    this.first = false;
    this.#checker.checked(this, result, transition);
  }

  /** The next check is due after a while. */
  #done(result: "healthy" | "unhealthy", transition: Transition): void {
    this.#tell(result, transition);
    // The host may be gone: it was kept only while its checks passed.
    if (this.#stopped) return;
    this.#checker.timers.disarm(this.#timeout);
    this.#checker.timers.arm(this.#interval, this.#checker.nextInterval(result, transition));
  }
}
