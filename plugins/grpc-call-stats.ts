import { type Cluster, clusterManagerKey, type ClusterManager } from "../core/contract/cluster.ts";
import type { FilterScope } from "../core/contract/filter.ts";
import type { HeaderMap } from "../core/contract/headers.ts";
import type { Counter, Histogram, StatsScope } from "../core/contract/stats.ts";
import type { HttpStream } from "../core/contract/stream.ts";
import { routeCluster } from "./route-resource.ts";

/** Distinct methods of a cluster that are counted apart: clients name them, so their number must have a bound. Further ones are counted together. */
const MAX_METHODS = 1_000;

/**
 * Counters of one method, or of several together, in a cluster's scope: `grpc.SERVICE.METHOD.success` and so on, `grpc.success` for those
 * together. Source: Envoy, "gRPC Statistics".
 */
export class MethodStats {
  readonly #scope: StatsScope;
  readonly #prefix: string;
  readonly #success: Counter;
  readonly #failure: Counter;
  readonly #total: Counter;
  readonly #statuses = new Map<string, Counter>();
  #requestMessages: Counter | null = null;
  #responseMessages: Counter | null = null;
  #upstreamTime: Histogram | null = null;

  constructor(scope: StatsScope, prefix: string) {
    this.#scope = scope;
    this.#prefix = prefix;
    this.#success = scope.counter(`${prefix}success`);
    this.#failure = scope.counter(`${prefix}failure`);
    this.#total = scope.counter(`${prefix}total`);
  }

  /** Counts an outcome, by the `grpc-status` of headers or trailers; without one nothing. */
  chargeStatus(headers: HeaderMap): void {
    const status = headers.get("grpc-status");
    if (status === undefined) return;
    (status === "0" ? this.#success : this.#failure).value++;
    this.#total.value++;
    let counter = this.#statuses.get(status);
    if (counter === undefined) {
      // Any text may stand there: it gets no counters without end.
      if (!/^[0-9]{1,3}$/.test(status)) return;
      counter = this.#scope.counter(`${this.#prefix}${status}`);
      this.#statuses.set(status, counter);
    }
    counter.value++;
  }

  chargeRequestMessages(count: number): void {
    this.#requestMessages ??= this.#scope.counter(`${this.#prefix}request_message_count`);
    this.#requestMessages.value += count;
  }

  chargeResponseMessages(count: number): void {
    this.#responseMessages ??= this.#scope.counter(`${this.#prefix}response_message_count`);
    this.#responseMessages.value += count;
  }

  /** Milliseconds from the end of the request to the end of the response, at the upstream. */
  recordUpstreamTime(ms: number): void {
    this.#upstreamTime ??= this.#scope.histogram(`${this.#prefix}upstream_rq_time`);
    this.#upstreamTime.record(ms);
  }
}

/** Which methods are counted apart. */
export interface MethodChoice {
  /** "grpc" or "grpc-web". */
  readonly protocol: string;
  /** "all", or the paths ("SERVICE/METHOD") of those that are. */
  readonly apart: "all" | ReadonlySet<string>;
  readonly replaceDots: boolean;
}

interface ClusterMethods {
  readonly together: MethodStats;
  readonly apart: Map<string, MethodStats>;
}

/** Finds the counters of a call by its route's cluster and its path. */
export class CallStats {
  readonly #choice: MethodChoice;
  readonly #clusters: ClusterManager | undefined;
  readonly #known = new WeakMap<Cluster, ClusterMethods>();

  constructor(choice: MethodChoice, scope: FilterScope) {
    this.#choice = choice;
    this.#clusters = scope.services.get(clusterManagerKey);
  }

  /** undefined: the request goes to no cluster, or its path is not "/SERVICE/METHOD". */
  find(s: HttpStream, headers: HeaderMap): MethodStats | undefined {
    const method = methodOf(headers.path);
    if (method === "") return undefined;
    const cluster = this.#clusters?.get(routeCluster(s, headers));
    if (cluster === undefined) return undefined;
    let known = this.#known.get(cluster);
    if (known === undefined) {
      known = { together: new MethodStats(cluster.scope, `${this.#choice.protocol}.`), apart: new Map() };
      this.#known.set(cluster, known);
    }
    const stats = known.apart.get(method);
    if (stats !== undefined) return stats;
    const { apart } = this.#choice;
    if (known.apart.size >= MAX_METHODS || (apart !== "all" && !apart.has(method))) return known.together;
    const made = new MethodStats(cluster.scope, this.#prefix(method));
    known.apart.set(method, made);
    return made;
  }

  #prefix(method: string): string {
    const slash = method.indexOf("/");
    const service = method.slice(0, slash);
    const name = this.#choice.replaceDots ? service.replaceAll(".", "_") : service;
    return `${this.#choice.protocol}.${name}.${method.slice(slash + 1)}.`;
  }
}

/** "SERVICE/METHOD" of the path "/SERVICE/METHOD", without query; "" for any other. */
function methodOf(path: string): string {
  const query = path.indexOf("?");
  const end = query < 0 ? path.length : query;
  const slash = path.indexOf("/", 1);
  if (slash <= 1 || slash >= end - 1 || path.charCodeAt(0) !== 47) return "";
  const next = path.indexOf("/", slash + 1);
  return next >= 0 && next < end ? "" : path.slice(1, end);
}
