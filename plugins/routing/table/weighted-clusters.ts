import type { RuntimeReader } from "../../../core/contract/filter.ts";
import type { HeaderMap } from "../../../core/contract/headers.ts";
import type { HttpStream } from "../../../core/contract/stream.ts";
import type { DecisionTrace } from "../../../core/contract/trace.ts";
import { streamDraw } from "../../../core/match/draw.ts";
import { modulo64 } from "../../../core/match/hash/modulo.ts";
import { parseInteger } from "../../../core/match/integer.ts";
import type { HashPolicy } from "./hash-policy.ts";
import type { RouteEntry } from "./route-entry.ts";

/** One of several clusters that share a route's requests. */
export interface WeightedCluster {
  readonly weight: number;
  /** Name of the runtime value that overrides the weight, or "". */
  readonly runtimeKey: string;
  /** The route as it is when this cluster was chosen. */
  readonly entry: RouteEntry;
}

/** `weighted_clusters`, compiled. Envoy: "config.route.v3.WeightedCluster". */
export class WeightedClusters {
  readonly clusters: readonly WeightedCluster[];
  readonly #total: number;
  /** Whether runtime may change weights. */
  readonly #byRuntime: boolean;
  /** Header that holds the random number, or "". */
  readonly #randomHeader: string;
  /** null: not by hash. */
  readonly #hash: HashPolicy | null;
  readonly #runtime: RuntimeReader;

  constructor(clusters: readonly WeightedCluster[], randomHeader: string, hash: HashPolicy | null, runtime: RuntimeReader) {
    this.clusters = clusters;
    this.#total = clusters.reduce((sum, cluster) => sum + cluster.weight, 0);
    this.#byRuntime = clusters.some((cluster) => cluster.runtimeKey !== "");
    this.#randomHeader = randomHeader;
    this.#hash = hash;
    this.#runtime = runtime;
  }

  /** The route with the cluster for this request. A stream gets the same one each time it is asked. */
  pick(stream: HttpStream, headers: HeaderMap): RouteEntry {
    const clusters = this.clusters;
    let total = this.#total;
    if (this.#byRuntime) {
      total = 0;
      for (let i = 0; i < clusters.length; i++) total += this.#weight(clusters[i]);
    }
    let left = total > 0 ? this.#draw(stream, headers, total) : 0;
    for (let i = 0; i < clusters.length; i++) {
      left -= this.#weight(clusters[i]);
      if (left < 0) return clusters[i].entry;
    }
    return clusters[clusters.length - 1].entry;
  }

  /** As `pick`, with the odds: what a header or a hash of the request decides is noted, what is drawn is asked. */
  explain(stream: HttpStream, headers: HeaderMap, resources: readonly object[], trace: DecisionTrace): RouteEntry {
    const weights = this.clusters.map((cluster) => this.#weight(cluster));
    const of = weights.reduce((sum, weight) => sum + weight, 0);
    const label = (i: number): string => this.clusters[i].entry.selectCluster(stream, headers).cluster;
    const kind = "weighted cluster";
    const given = this.#given(stream, headers);
    if (given === "" && of > 0) {
      const options = weights.map((count, i) => ({ label: label(i), count, about: resources[i] }));
      return this.clusters[trace.draw({ kind, subject: "by weight", of, options, source: "stream" })].entry;
    }
    const entry = this.pick(stream, headers);
    const at = this.clusters.findIndex((cluster) => cluster.entry === entry);
    const reason = of === 0 ? "all weights are 0" : `${given} decides`;
    trace.note({ kind, verdict: "chosen", subject: label(at), reason, about: resources[at] });
    return entry;
  }

  /** What of the request itself decides in the place of a random number; "": nothing. */
  #given(stream: HttpStream, headers: HeaderMap): string {
    if (this.#headerNumber(headers) >= 0) return `header ${this.#randomHeader}`;
    return this.#hash === null || this.#hash.hash(stream, headers, null) === null ? "" : "the hash of the request";
  }

  /** -1: none. */
  #headerNumber(headers: HeaderMap): number {
    // More than one value is no number either: two proxies must not read different ones.
    return this.#randomHeader === "" ? -1 : parseInteger(headers.getJoined(this.#randomHeader) ?? "", 64);
  }

  #weight(cluster: WeightedCluster): number {
    if (cluster.runtimeKey === "") return cluster.weight;
    return Math.max(0, this.#runtime.number(cluster.runtimeKey, cluster.weight));
  }

  /** 0 to `total - 1`. */
  #draw(stream: HttpStream, headers: HeaderMap, total: number): number {
    const given = this.#headerNumber(headers);
    if (given >= 0) return given % total;
    const hash = this.#hash === null ? null : this.#hash.hash(stream, headers, null);
    return hash === null ? streamDraw(stream.id) % total : modulo64(hash.high, hash.low, total);
  }
}
