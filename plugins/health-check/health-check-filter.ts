import { clusterManagerKey, type ClusterManager } from "../../core/contract/cluster.ts";
import type { FilterScope, HookValue, HttpFilter } from "../../core/contract/filter.ts";
import type { HeaderMap } from "../../core/contract/headers.ts";
import type { Counter } from "../../core/contract/stats.ts";
import { ResponseFlag } from "../../core/contract/response-flags.ts";
import type { Hold, HttpStream, Stop } from "../../core/contract/stream.ts";
import type { DecisionTrace, DecisionVerdict } from "../../core/contract/trace.ts";
import { matchHeaders, type HeaderMatcher } from "../../core/match/header-matcher.ts";
import { clock } from "../../core/transport/clock.ts";
import { EMPTY, judgeClusters, NO_CLUSTER, UNHEALTHY } from "./cluster-health.ts";
import { localServerKey, type LocalServer } from "./local-server.ts";

/** A compiled `HealthCheck`. */
export interface HealthCheckSettings {
  readonly passThrough: boolean;
  readonly headers: readonly HeaderMatcher[];
  /** ms; 0: the upstream's answer is not kept. */
  readonly cacheTime: number;
  readonly minimums: readonly (readonly [name: string, percent: number])[];
}

const DEGRADED: readonly string[] = ["x-envoy-degraded", ""];

/** Where a stream is marked as a health check, for access logs that leave them out. */
export const HEALTH_CHECK_STATE = "envoy.http.health_check";

/**
 * Answers health checks in the service's place, or passes them on and keeps the answer for a while. Says 503 once the server was told
 * to fail. Envoy: "Health check".
 */
export class HealthCheckFilter implements HttpFilter {
  readonly #settings: HealthCheckSettings;
  readonly #server: LocalServer | undefined;
  readonly #clusters: ClusterManager | undefined;
  /** Times are cut into pieces of `cacheTime` from here: in each, one check goes through and the others get its answer. */
  readonly #start = clock.now();
  #cachedPiece = -1;
  #cachedStatus = 200;
  #cachedDegraded = false;
  readonly #checks = new Set<HttpStream>();

  readonly #requestTotal: Counter;
  readonly #ok: Counter;
  readonly #failures: Counter;
  readonly #cachedResponse: Counter;
  readonly #degraded: Counter;
  readonly #byVerdict: Readonly<Record<string, Counter>>;

  constructor(settings: HealthCheckSettings, scope: FilterScope) {
    this.#settings = settings;
    this.#server = scope.services.get(localServerKey);
    this.#clusters = scope.services.get(clusterManagerKey);
    const stats = scope.stats.scope("health_check");
    this.#requestTotal = stats.counter("request_total");
    this.#ok = stats.counter("ok");
    this.#failures = stats.counter("failed");
    this.#cachedResponse = stats.counter("cached_response");
    this.#degraded = stats.counter("degraded");
    this.#byVerdict = {
      [NO_CLUSTER.details]: stats.counter("failed_cluster_not_found"),
      [EMPTY.details]: stats.counter("failed_cluster_empty"),
      [UNHEALTHY.details]: stats.counter("failed_cluster_unhealthy"),
    };
  }

  onRequestHeaders(s: HttpStream, headers: HeaderMap): HookValue<Hold> {
    const settings = this.#settings;
    if (!matchHeaders(settings.headers, headers)) return undefined;
    this.#checks.add(s);
    s.setFilterState(HEALTH_CHECK_STATE, true);
    if (this.#failed) return this.#answer(s, 503, "health_check_failed");
    if (settings.passThrough) {
      if (settings.cacheTime === 0 || this.#cachedPiece !== this.#piece()) return undefined;
      this.#cachedResponse.value++;
      if (!this.#cachedDegraded) return this.#answer(s, this.#cachedStatus, "health_check_cached");
      this.#degraded.value++;
      return this.#answer(s, this.#cachedStatus, "health_check_cached", DEGRADED);
    }
    if (settings.minimums.length === 0) return this.#answer(s, 200, "health_check_ok");
    const { healthy, details } = judgeClusters(this.#clusters, settings.minimums);
    if (healthy) return this.#answer(s, 200, details);
    this.#byVerdict[details].value++;
    return this.#answer(s, 503, details);
  }

  explain(s: HttpStream, headers: HeaderMap, _end: boolean, trace: DecisionTrace): void | Stop {
    const settings = this.#settings;
    const note = (verdict: DecisionVerdict, reason: string): void =>
      trace.note({ kind: "filter", verdict, subject: "health check", reason });
    const miss = settings.headers.find((matcher) => !matcher.match(headers));
    if (miss !== undefined) return note("skipped", `no health check: wanted ${miss.describe()}`);
    s.setFilterState(HEALTH_CHECK_STATE, true);
    const end = (status: number, details: string, reason: string): Stop => {
      note("ends", reason);
      return s.reply(status, { details, flags: status < 300 ? 0 : ResponseFlag.FailedLocalHealthCheck });
    };
    if (this.#failed) return end(503, "health_check_failed", "this server was told to fail its health checks");
    if (settings.passThrough) {
      if (settings.cacheTime === 0 || this.#cachedPiece !== this.#piece()) return note("applied", "passed on to the upstream");
      return end(this.#cachedStatus, "health_check_cached", "the upstream's last answer is still kept");
    }
    if (settings.minimums.length === 0) return end(200, "health_check_ok", "answered here");
    const { healthy, details } = judgeClusters(this.#clusters, settings.minimums);
    return end(healthy ? 200 : 503, details, "answered here, by the health of clusters");
  }

  #answer(s: HttpStream, status: number, details: string, headers?: readonly string[]): Stop {
    this.#requestTotal.value++;
    const good = status >= 200 && status < 300;
    (good ? this.#ok : this.#failures).value++;
    return s.reply(status, { details, flags: good ? 0 : ResponseFlag.FailedLocalHealthCheck, headers });
  }

  onResponseHeaders(s: HttpStream, headers: HeaderMap): void {
    // Whoever checks passively learns it with any response.
    if (this.#failed) headers.set("x-envoy-immediate-health-check-fail", "true");
    if (!this.#checks.has(s)) return;
    if (this.#settings.cacheTime > 0) {
      this.#cachedPiece = this.#piece();
      this.#cachedStatus = headers.status;
      this.#cachedDegraded = headers.has("x-envoy-degraded");
    }
    headers.set("x-envoy-upstream-healthchecked-cluster", this.#server?.cluster ?? "");
  }

  onStreamComplete(s: HttpStream): void {
    this.#checks.delete(s);
  }

  get #failed(): boolean {
    return this.#server !== undefined && this.#server.healthCheckFailed;
  }

  #piece(): number {
    return Math.floor((clock.now() - this.#start) / this.#settings.cacheTime);
  }
}
