import type { Counter, Gauge, Histogram, StatsScope } from "../contract/stats.ts";
import { DEFAULT_BUCKETS, HistogramSeries } from "./histogram.ts";
import { ScopeNames } from "./scope-names.ts";
import { CounterSeries, GaugeSeries } from "./series.ts";
import { StatsScopeNode } from "./stats-scope.ts";
import type { Extraction, SeriesTables } from "./stats-scope.ts";
import type { Tag, TagRule } from "./tags.ts";

/** How a store is set up; `stats_config` of a bootstrap, compiled. */
export interface StatsOptions {
  /** Counters, gauges and histograms together. Default 100,000. What comes after is counted in `stats.overflow` and not kept. */
  readonly maxSeries?: number;
  /** `stats_matcher`: whether a name is wanted. Default: all are. */
  readonly include?: (name: string) => boolean;
  /** `stats_tags`: tags beside the well-known ones. */
  readonly rules?: readonly TagRule[];
  /** `stats_tags` with a fixed value: on every series, before the others. */
  readonly fixedTags?: readonly Tag[];
  /** `use_all_default_tags`. Default true. */
  readonly defaultTags?: boolean;
  /** `histogram_bucket_settings`: bounds of the histogram with this name, or undefined for Envoy's. */
  readonly buckets?: (name: string) => readonly number[] | undefined;
  /** Told once, when the first series did not fit. */
  readonly onOverflow?: (name: string, maxSeries: number) => void;
}

const MAX_SERIES = 100_000;

/**
 * Keeps what `/stats` and Prometheus show. A snapshot looks its counters up once and then only adds to their `value`.
 * Names are kept in one flat table: the same full name is the same series, whatever scope it was asked from. What the
 * matcher excludes, or the cap, works for its owner, but is not kept: asked for again it is another one.
 */
export class StatsStore implements StatsScope {
  readonly #options: StatsOptions;
  readonly #maxSeries: number;
  readonly #root: StatsScopeNode;
  readonly #counters = new Map<string, CounterSeries>();
  readonly #gauges = new Map<string, GaugeSeries>();
  readonly #histograms = new Map<string, HistogramSeries>();
  readonly #overflow: CounterSeries;
  readonly #sorted: { counters: CounterSeries[] | null; gauges: GaugeSeries[] | null; histograms: HistogramSeries[] | null };

  constructor(options: StatsOptions = {}) {
    this.#options = options;
    this.#maxSeries = options.maxSeries ?? MAX_SERIES;
    this.#sorted = { counters: null, gauges: null, histograms: null };
    const naming = { defaultTags: options.defaultTags ?? true, rules: options.rules ?? [] };
    const tables: SeriesTables = {
      ...naming,
      counterAt: (scope, name, extract) => this.#counters.get(name) ?? this.#addCounter(scope, name, extract()),
      gaugeAt: (scope, name, extract) => this.#gauges.get(name) ?? this.#addGauge(scope, name, extract()),
      histogramAt: (scope, name, extract) => this.#histograms.get(name) ?? this.#addHistogram(scope, name, extract()),
    };
    this.#root = new StatsScopeNode(tables, new ScopeNames(naming), "", options.fixedTags ?? []);
    this.#overflow = new CounterSeries("stats.overflow", "stats.overflow", this.#root.tags);
  }

  scope(prefix: string, value?: string, tag?: string): StatsScope {
    return this.#root.scope(prefix, value, tag);
  }
  counter(name: string, tags?: readonly Tag[]): Counter {
    return this.#root.counter(name, tags);
  }
  gauge(name: string): Gauge {
    return this.#root.gauge(name);
  }
  histogram(name: string): Histogram {
    return this.#root.histogram(name);
  }

  /** How many series there are. */
  get size(): number {
    return this.#counters.size + this.#gauges.size + this.#histograms.size;
  }

  /** All counters, sorted by name. */
  get counters(): readonly CounterSeries[] {
    return (this.#sorted.counters ??= sorted(this.#counters));
  }
  /** All gauges, sorted by name. */
  get gauges(): readonly GaugeSeries[] {
    return (this.#sorted.gauges ??= sorted(this.#gauges));
  }
  /** All histograms, sorted by name. */
  get histograms(): readonly HistogramSeries[] {
    return (this.#sorted.histograms ??= sorted(this.#histograms));
  }

  /** Closes an interval of the histograms. Called every `stats_flush_interval` (5 s). */
  flush(): void {
    for (const histogram of this.#histograms.values()) histogram.flush();
  }

  /** `/reset_counters`: all counters to zero. */
  resetCounters(): void {
    for (const counter of this.#counters.values()) counter.reset();
  }

  /**
   * Drops the series below `PREFIX.VALUE.` for every VALUE that is not in `values`: what a new snapshot no longer has. Who still
   * holds a dropped counter may write to it; nobody sees it.
   */
  retain(prefix: string, values: ReadonlySet<string>): void {
    const names: string[] = [];
    this.#root.retain(prefix, values, names);
    this.#drop(names);
  }

  /** Drops the series below `PREFIX.VALUE.`. */
  remove(prefix: string, value: string): void {
    const names: string[] = [];
    this.#root.remove(prefix, value, names);
    this.#drop(names);
  }

  #drop(names: readonly string[]): void {
    if (names.length === 0) return;
    for (const name of names) if (!this.#counters.delete(name) && !this.#gauges.delete(name)) this.#histograms.delete(name);
    this.#sorted.counters = this.#sorted.gauges = this.#sorted.histograms = null;
  }

  /** The counter of a name that was taken apart elsewhere: a worker's. */
  foreignCounter(name: string, extraction: Extraction): CounterSeries {
    return this.#counters.get(name) ?? this.#addCounter(this.#root, name, extraction);
  }
  /** As `foreignCounter`. */
  foreignGauge(name: string, extraction: Extraction): GaugeSeries {
    return this.#gauges.get(name) ?? this.#addGauge(this.#root, name, extraction);
  }
  /** As `foreignCounter`. */
  foreignHistogram(name: string, extraction: Extraction, bounds: readonly number[]): HistogramSeries {
    return this.#histograms.get(name) ?? this.#addHistogram(this.#root, name, extraction, bounds);
  }

  #addCounter(scope: StatsScopeNode, name: string, { extracted, tags }: Extraction): CounterSeries {
    const series = new CounterSeries(name, extracted, tags);
    if (this.#admit(scope, name)) {
      this.#counters.set(name, series);
      this.#sorted.counters = null;
    }
    return series;
  }
  #addGauge(scope: StatsScopeNode, name: string, { extracted, tags }: Extraction): GaugeSeries {
    const series = new GaugeSeries(name, extracted, tags);
    if (this.#admit(scope, name)) {
      this.#gauges.set(name, series);
      this.#sorted.gauges = null;
    }
    return series;
  }
  #addHistogram(
    scope: StatsScopeNode,
    name: string,
    { extracted, tags }: Extraction,
    bounds?: readonly number[],
  ): HistogramSeries {
    const series = new HistogramSeries(name, extracted, tags, bounds ?? this.#options.buckets?.(name) ?? DEFAULT_BUCKETS);
    if (this.#admit(scope, name)) {
      this.#histograms.set(name, series);
      this.#sorted.histograms = null;
    }
    return series;
  }

  /** Whether a new series is kept; its scope then notes it. */
  #admit(scope: StatsScopeNode, name: string): boolean {
    if (scope.dropped || this.#options.include?.(name) === false) return false;
    if (this.size < this.#maxSeries) {
      scope.made.push(name);
      return true;
    }
    if (this.#overflow.value++ === 0) {
      // Shown from now on, above the cap: it tells that there is one.
      this.#counters.set(this.#overflow.name, this.#overflow);
      this.#sorted.counters = null;
      this.#options.onOverflow?.(name, this.#maxSeries);
    }
    return false;
  }
}

function sorted<S extends { readonly name: string }>(table: ReadonlyMap<string, S>): S[] {
  return [...table.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}
