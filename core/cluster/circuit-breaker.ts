import type { ResourceLimits } from "../contract/cluster.ts";
import type { Gauge, StatsScope } from "../contract/stats.ts";

/** Limits of one priority. Envoy: `CircuitBreakers.Thresholds`. */
export interface Thresholds {
  /** Default 1024. */
  readonly maxConnections: number;
  /** Default 1024. */
  readonly maxPendingRequests: number;
  /** Default 1024. */
  readonly maxRequests: number;
  /** Default 3. */
  readonly maxRetries: number;
  /** In place of `maxRetries`: this part (percent) of what runs and waits, but not less than the minimum. */
  readonly retryBudget: { readonly budgetPercent: number; readonly minRetryConcurrency: number } | null;
  /** `per_host_thresholds`: connections to one host. Default: no limit. */
  readonly maxConnectionsPerHost: number;
  /** Whether `remaining_*` gauges are kept. Default false. */
  readonly trackRemaining: boolean;
}

/** Envoy's defaults. */
export const DEFAULT_THRESHOLDS: Thresholds = {
  maxConnections: 1024,
  maxPendingRequests: 1024,
  maxRequests: 1024,
  maxRetries: 3,
  retryBudget: null,
  maxConnectionsPerHost: Infinity,
  trackRemaining: false,
};

/** The part that one of several processes has, which can't know what the others use: an equal one, rounded up. */
export function shareOf(thresholds: Thresholds, processes: number): Thresholds {
  if (processes <= 1) return thresholds;
  const part = (limit: number): number => (limit >= UNLIMITED ? limit : Math.ceil(limit / processes));
  const { retryBudget } = thresholds;
  return {
    ...thresholds,
    maxConnections: part(thresholds.maxConnections),
    maxPendingRequests: part(thresholds.maxPendingRequests),
    maxRequests: part(thresholds.maxRequests),
    maxRetries: part(thresholds.maxRetries),
    maxConnectionsPerHost: part(thresholds.maxConnectionsPerHost),
    retryBudget: retryBudget === null ? null : { ...retryBudget, minRetryConcurrency: part(retryBudget.minRetryConcurrency) },
  };
}

/** The largest value of the field, which means no limit. */
const UNLIMITED = 4_294_967_295;

/**
 * What is in use of one priority's limits. Setting a field keeps Envoy's gauges (`cx_open`, `rq_pending_open`, `rq_open`, `rq_retry_open`: 1 while
 * no more is let through) right, so users only add and subtract.
 */
export class CircuitBreaker implements ResourceLimits {
  readonly maxConnections: number;
  readonly maxPendingRequests: number;
  readonly maxRequests: number;
  readonly maxConnectionsPerHost: number;
  readonly #maxRetries: number;
  readonly #budget: Thresholds["retryBudget"];
  readonly #cx: Resource;
  readonly #pending: Resource;
  readonly #rq: Resource;
  readonly #retry: Resource;

  /** @param scope the cluster's. @param priority "default" or "high". */
  constructor(thresholds: Thresholds, scope: StatsScope, priority: "default" | "high") {
    this.maxConnections = thresholds.maxConnections;
    this.maxPendingRequests = thresholds.maxPendingRequests;
    this.maxRequests = thresholds.maxRequests;
    this.maxConnectionsPerHost = thresholds.maxConnectionsPerHost;
    this.#maxRetries = thresholds.maxRetries;
    this.#budget = thresholds.retryBudget;
    const stats = scope.scope("circuit_breakers").scope(priority);
    const track = thresholds.trackRemaining;
    this.#cx = new Resource(stats, "cx", thresholds.maxConnections, track);
    this.#pending = new Resource(stats, "rq_pending", thresholds.maxPendingRequests, track, "pending");
    this.#rq = new Resource(stats, "rq", thresholds.maxRequests, track);
    this.#retry = new Resource(stats, "rq_retry", thresholds.maxRetries, track, "retries");
  }

  get maxRetries(): number {
    const budget = this.#budget;
    if (budget === null) return this.#maxRetries;
    const running = this.#rq.used + this.#pending.used;
    return Math.max(budget.minRetryConcurrency, Math.floor((running * budget.budgetPercent) / 100));
  }

  get connections(): number {
    return this.#cx.used;
  }
  set connections(used: number) {
    this.#cx.set(used);
  }
  get pendingRequests(): number {
    return this.#pending.used;
  }
  set pendingRequests(used: number) {
    this.#pending.set(used);
  }
  get requests(): number {
    return this.#rq.used;
  }
  set requests(used: number) {
    this.#rq.set(used);
  }
  get retries(): number {
    return this.#retry.used;
  }
  set retries(used: number) {
    this.#retry.set(used);
  }
}

class Resource {
  used: number;
  readonly #max: number;
  readonly #open: Gauge;
  readonly #remaining: Gauge | null;

  constructor(stats: StatsScope, name: string, max: number, track: boolean, remaining = name) {
    this.used = 0;
    this.#max = max;
    this.#open = stats.gauge(name + "_open");
    this.#remaining = track ? stats.gauge("remaining_" + remaining) : null;
    this.set(0);
  }

  set(used: number): void {
    this.used = used;
    this.#open.value = used >= this.#max ? 1 : 0;
    if (this.#remaining !== null) this.#remaining.value = used >= this.#max ? 0 : this.#max - used;
  }
}
