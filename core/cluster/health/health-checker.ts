import type { StatsScope } from "../../contract/stats.ts";
import type { TimerWheel } from "../../transport/timers.ts";
import type { EventLog } from "../event-log.ts";
import type { HostImpl } from "../host.ts";
import { GrpcProbe } from "./grpc-probe.ts";
import { type HealthEvent, healthEventLine } from "./health-event.ts";
import { HealthSession } from "./health-session.ts";
import type { HealthSettings } from "./health-settings.ts";
import { HealthStats } from "./health-stats.ts";
import { HttpProbe } from "./http-probe.ts";
import { type CheckedCluster, ProbeOwner } from "./probe-owner.ts";
import type { Probe, ProbeUser } from "./probe.ts";
import { TcpProbe } from "./tcp-probe.ts";

/** What a check did to a host's health: nothing, something, or it will if the next ones say the same. */
export type Transition = "unchanged" | "changed" | "pending";

/** What a checker uses of its cluster. */
export interface HealthEnvironment extends CheckedCluster {
  readonly scope: StatsScope;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Whether the cluster ever had a connection. */
  hadTraffic(): boolean;
  /** A check of the host has ended, and its flags say what came of it. `changed`: they are others now. */
  onHealthChecked(host: HostImpl, well: boolean, changed: boolean): void;
}

/** Checks the hosts of a cluster. */
export class HealthChecker {
  readonly settings: HealthSettings;
  readonly stats: HealthStats;
  readonly #environment: HealthEnvironment;
  readonly #owner: ProbeOwner;
  readonly #logs: readonly EventLog[];
  readonly #sessions = new Map<HostImpl, HealthSession>();
  #waiting: (() => void)[] = [];

  /** Takes the logs over: `stop` releases them. */
  constructor(settings: HealthSettings, environment: HealthEnvironment, logs: readonly EventLog[]) {
    const { check } = settings;
    this.settings = settings;
    this.stats = new HealthStats(environment.scope);
    this.#environment = environment;
    this.#owner = new ProbeOwner(environment, settings, check.kind === "TCP" ? null : check.http2);
    this.#logs = logs;
  }

  get timers(): TimerWheel {
    return this.#environment.environment.timers;
  }

  /** Begins to check a host; its flags say that it has yet to pass. */
  add(host: HostImpl): void {
    const session = new HealthSession(this, host);
    this.#sessions.set(host, session);
    host.checks = session;
    session.start();
  }

  remove(host: HostImpl): void {
    const session = this.#sessions.get(host);
    if (session === undefined) return;
    this.#sessions.delete(host);
    session.stop();
    this.#settle();
  }

  /** Whether the host is checked. */
  has(host: HostImpl): boolean {
    return this.#sessions.has(host);
  }

  /** Fulfilled when each host that is there has been checked once. */
  firstRound(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#settle();
    });
  }

  #settle(): void {
    if (this.#waiting.length === 0) return;
    for (const session of this.#sessions.values()) if (session.first) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  /** The cluster is gone. */
  stop(): void {
    for (const session of this.#sessions.values()) session.stop();
    this.#sessions.clear();
    this.#settle();
    for (const log of this.#logs) log.release();
    (this.#logs as EventLog[]).length = 0;
  }

  newProbe(host: HostImpl, user: ProbeUser): Probe {
    const { check, timeout, reuseConnection: reuse } = this.settings;
    const newHost = (of: HostImpl): HostImpl => this.#owner.newHost(of);
    const context = { host, user, cluster: this.#environment.name, reuse, stats: this.stats, newHost };
    switch (check.kind) {
      case "HTTP":
        return new HttpProbe(check, context);
      case "TCP":
        return new TcpProbe(check, context);
      case "GRPC":
        return new GrpcProbe(check, timeout, context);
    }
  }

  checked(session: HealthSession, result: "healthy" | "unhealthy", transition: Transition): void {
    this.#environment.onHealthChecked(session.host, result === "healthy", transition === "changed");
    this.#settle();
  }

  log(host: HostImpl, event: HealthEvent): void {
    if (this.#logs.length === 0) return;
    const line = healthEventLine(this.settings.check.kind, host, event, this.#environment.environment.clock.wallNow());
    for (const log of this.#logs) log.write(line);
  }

  /** ms until a host's next check. */
  nextInterval(result: "healthy" | "unhealthy", transition: Transition): number {
    const { settings } = this;
    const pending = transition === "pending";
    let base: number;
    if (!this.#environment.hadTraffic()) {
      base = result === "healthy" && !pending ? settings.noTrafficHealthyInterval : settings.noTrafficInterval;
    } else if (result === "unhealthy") base = pending ? settings.unhealthyEdgeInterval : settings.unhealthyInterval;
    else base = pending ? settings.healthyEdgeInterval : settings.interval;
    return this.withJitter(base, settings.intervalJitter);
  }

  /** An interval with the random parts that are asked for; at least 1 ms. */
  withJitter(base: number, jitter: number): number {
    const { random } = this.#environment;
    const part = (base * this.settings.intervalJitterPercent) / 100;
    let total = base;
    if (part > 0) total += Math.floor(random() * part);
    if (jitter > 0) total += Math.floor(random() * jitter);
    return Math.max(1, total);
  }
}
