import type { Counter, Gauge, Histogram, StatsScope } from "../contract/stats.ts";
import { DEFAULT_BUCKETS, HistogramSeries } from "./histogram.ts";
import { ValueSeries } from "./series.ts";
import { extractTags, isWellKnownTag, sortTags } from "./tags.ts";
import type { Extraction, Tag, TagRule } from "./tags.ts";

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
const NO_RANGES: readonly number[] = [];

/**
 * Keeps what `/stats` and Prometheus show. A snapshot looks its counters up once and then only adds to their `value`.
 * Names are kept in one flat table: the same full name is the same series, whatever scope it was asked from.
 */
export class StatsStore implements StatsScope {
  readonly maxSeries: number;
  readonly include: ((name: string) => boolean) | undefined;
  readonly rules: readonly TagRule[];
  readonly defaultTags: boolean;
  readonly #options: StatsOptions;
  readonly #root: ScopeNode;
  readonly #counters = new Map<string, ValueSeries>();
  readonly #gauges = new Map<string, ValueSeries>();
  readonly #histograms = new Map<string, HistogramSeries>();
  readonly #overflow: ValueSeries;
  #sorted: { counters: ValueSeries[]; gauges: ValueSeries[]; histograms: HistogramSeries[] } | null = null;

  constructor(options: StatsOptions = {}) {
    this.#options = options;
    this.maxSeries = options.maxSeries ?? MAX_SERIES;
    this.include = options.include;
    this.rules = options.rules ?? [];
    this.defaultTags = options.defaultTags ?? true;
    this.#root = new ScopeNode(this, "", [...(options.fixedTags ?? [])], NO_RANGES);
    this.#overflow = new ValueSeries("stats.overflow", "stats.overflow", this.#root.tags);
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

  /** All series of a kind, sorted by name. */
  get counters(): readonly ValueSeries[] {
    return this.#order().counters;
  }
  get gauges(): readonly ValueSeries[] {
    return this.#order().gauges;
  }
  get histograms(): readonly HistogramSeries[] {
    return this.#order().histograms;
  }

  #order(): { counters: ValueSeries[]; gauges: ValueSeries[]; histograms: HistogramSeries[] } {
    const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
    return (this.#sorted ??= {
      counters: [...this.#counters.values()].sort(byName),
      gauges: [...this.#gauges.values()].sort(byName),
      histograms: [...this.#histograms.values()].sort(byName),
    });
  }

  /** Closes an interval of the histograms and notes which series are in use. Called every `stats_flush_interval` (5 s). */
  flush(): void {
    for (const histogram of this.#histograms.values()) histogram.flush();
    for (const gauge of this.#gauges.values()) void gauge.used;
    for (const counter of this.#counters.values()) void counter.used;
  }

  /** `/reset_counters`: all counters to zero. */
  resetCounters(): void {
    for (const counter of this.#counters.values()) {
      void counter.used;
      counter.value = 0;
    }
  }

  /**
   * Drops the series below `PREFIX.VALUE.` for every VALUE that is not in `values`: what a new snapshot no longer has. Who still
   * holds a dropped counter may write to it; nobody sees it.
   */
  retain(prefix: string, values: ReadonlySet<string>): void {
    this.#root.retain(prefix, values);
  }

  /** Drops the series below `PREFIX.VALUE.`. */
  remove(prefix: string, value: string): void {
    this.#root.remove(prefix, value);
  }

  /** @internal */
  counterAt(node: ScopeNode, name: string, extraction: (() => Extraction) | null): ValueSeries {
    return (
      this.#counters.get(name) ?? this.#make(this.#counters, node, name, extraction) ?? new ValueSeries(name, name, node.tags)
    );
  }
  /** @internal */
  gaugeAt(node: ScopeNode, name: string, extraction: (() => Extraction) | null): ValueSeries {
    return this.#gauges.get(name) ?? this.#make(this.#gauges, node, name, extraction) ?? new ValueSeries(name, name, node.tags);
  }
  /** @internal */
  histogramAt(node: ScopeNode, name: string, extraction: (() => Extraction) | null): HistogramSeries {
    const found = this.#histograms.get(name);
    if (found !== undefined) return found;
    const { extracted, tags } = (extraction ?? (() => node.extract(name)))();
    const series = new HistogramSeries(name, extracted, tags, this.#options.buckets?.(name) ?? DEFAULT_BUCKETS);
    if (this.#admit(node, name)) {
      this.#histograms.set(name, series);
      node.names.push(name);
      this.#sorted = null;
    }
    return series;
  }

  #make(
    table: Map<string, ValueSeries>,
    node: ScopeNode,
    name: string,
    extraction: (() => Extraction) | null,
  ): ValueSeries | undefined {
    if (!this.#admit(node, name)) return undefined;
    const { extracted, tags } = (extraction ?? (() => node.extract(name)))();
    const series = new ValueSeries(name, extracted, tags);
    table.set(name, series);
    node.names.push(name);
    this.#sorted = null;
    return series;
  }

  #admit(node: ScopeNode, name: string): boolean {
    if (node.dropped) return false;
    if (this.include !== undefined && !this.include(name)) return false;
    if (this.size < this.maxSeries) return true;
    if (this.#overflow.value++ === 0) {
      // Shown from now on, above the cap: it tells that there is one.
      this.#counters.set(this.#overflow.name, this.#overflow);
      this.#sorted = null;
      this.#options.onOverflow?.(name, this.maxSeries);
    }
    return false;
  }

  /** @internal A series whose name was taken apart elsewhere (a worker's export). */
  place(kind: "counter" | "gauge", name: string, extracted: string, tags: readonly Tag[]): ValueSeries {
    const table = kind === "counter" ? this.#counters : this.#gauges;
    return (
      table.get(name) ?? this.#make(table, this.#root, name, () => ({ extracted, tags })) ?? new ValueSeries(name, name, tags)
    );
  }
  /** @internal */
  placeHistogram(name: string, extracted: string, tags: readonly Tag[], bounds: readonly number[]): HistogramSeries {
    const found = this.#histograms.get(name);
    if (found !== undefined) return found;
    const series = new HistogramSeries(name, extracted, tags, bounds);
    if (this.#admit(this.#root, name)) this.#histograms.set(name, series);
    this.#sorted = null;
    return series;
  }

  /** @internal */
  drop(names: readonly string[]): void {
    for (const name of names) {
      this.#counters.delete(name);
      this.#gauges.delete(name);
      this.#histograms.delete(name);
    }
    this.#sorted = null;
  }
}

/** A place in the tree. It remembers the series that were first asked for here, so that dropping it is no search. */
class ScopeNode implements StatsScope {
  readonly names: string[] = [];
  readonly tags: readonly Tag[];
  /** Dropped with its series: what a late user still asks for is no longer kept. */
  dropped = false;
  readonly #store: StatsStore;
  readonly #prefix: string;
  /** `[start, end, ...]` of the tags' values in the prefix. */
  readonly #ranges: readonly number[];
  #children: Map<string, Map<string, ScopeNode>> | null = null;

  constructor(store: StatsStore, prefix: string, tags: readonly Tag[], ranges: readonly number[]) {
    this.#store = store;
    this.#prefix = prefix;
    this.tags = tags;
    this.#ranges = ranges;
  }

  scope(prefix: string, value?: string, tag?: string): StatsScope {
    const values = ((this.#children ??= new Map<string, Map<string, ScopeNode>>()).get(prefix) ??
      this.#children.set(prefix, new Map()).get(prefix)) as Map<string, ScopeNode>;
    const key = value ?? "";
    const found = values.get(key);
    if (found !== undefined) return found;
    const node = this.#child(prefix, key, tag);
    values.set(key, node);
    return node;
  }

  #child(prefix: string, value: string, tag: string | undefined): ScopeNode {
    const start = this.#prefix + sanitize(prefix) + ".";
    if (value === "") return new ScopeNode(this.#store, start, this.tags, this.#ranges);
    const full = start + sanitize(value) + ".";
    if (tag === undefined || (!this.#store.defaultTags && isWellKnownTag(tag))) {
      return new ScopeNode(this.#store, full, this.tags, this.#ranges);
    }
    const tags = sortTags([...this.tags, [tag, sanitize(value)]]);
    return new ScopeNode(this.#store, full, tags, [...this.#ranges, start.length, full.length]);
  }

  counter(name: string, tags?: readonly Tag[]): Counter {
    if (tags === undefined || tags.length === 0) return this.#store.counterAt(this, this.#prefix + sanitize(name), null);
    const full = this.#tagged(name, tags);
    return this.#store.counterAt(this, full, () => this.#extractTagged(full, name, tags));
  }
  gauge(name: string): Gauge {
    return this.#store.gaugeAt(this, this.#prefix + sanitize(name), null);
  }
  histogram(name: string): Histogram {
    return this.#store.histogramAt(this, this.#prefix + sanitize(name), null);
  }

  extract(name: string): Extraction {
    return extractTags(name, this.tags, this.#ranges, this.#store.defaultTags, this.#store.rules);
  }

  /** As Envoy writes stats with tags of their own: `NAME.tag.value.tag.value`, unless the name shows the tag already (`rq_2xx`). */
  #tagged(name: string, tags: readonly Tag[]): string {
    const plain = this.#prefix + sanitize(name);
    const shown = this.extract(plain).tags;
    let full = plain;
    for (const [tag, value] of tags) {
      if (!shown.some(([other]) => other === tag)) full += "." + sanitize(tag) + "." + sanitize(value);
    }
    return full;
  }

  #extractTagged(full: string, name: string, tags: readonly Tag[]): Extraction {
    const plain = this.#prefix + sanitize(name);
    const { extracted, tags: shown } = this.extract(plain);
    if (full === plain) return { extracted, tags: shown };
    const all = [...shown];
    for (const tag of tags) if (!shown.some(([other]) => other === tag[0])) all.push(tag);
    return { extracted, tags: sortTags(all) };
  }

  retain(prefix: string, values: ReadonlySet<string>): void {
    const children = this.#children?.get(prefix);
    if (children === undefined) return;
    for (const value of [...children.keys()]) if (value !== "" && !values.has(value)) this.remove(prefix, value);
  }

  remove(prefix: string, value: string): void {
    const children = this.#children?.get(prefix);
    const node = children?.get(value);
    if (children === undefined || node === undefined) return;
    children.delete(value);
    this.#store.drop(node.#drop([]));
  }

  #drop(out: string[]): string[] {
    this.dropped = true;
    for (const name of this.names) out.push(name);
    if (this.#children !== null) {
      for (const values of this.#children.values()) for (const child of values.values()) child.#drop(out);
    }
    return out;
  }
}

/** Envoy's `sanitizeStatsName`: what would break a name apart becomes an underscore. */
function sanitize(name: string): string {
  return name.includes(":") || name.includes("\0")
    ? name.replaceAll("://", "_").replaceAll(":/", "_").replaceAll(":", "_").replaceAll("\0", "_")
    : name;
}
