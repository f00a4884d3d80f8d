import type { Counter, Gauge, Histogram, StatsScope } from "../contract/stats.ts";
import type { HistogramSeries } from "./histogram.ts";
import { sanitize } from "./scope-names.ts";
import type { NamingRules, ScopeNames } from "./scope-names.ts";
import type { GaugeSeries, CounterSeries } from "./series.ts";
import { cut, findTags, isWellKnownTag, sortTags } from "./tags.ts";
import type { Tag } from "./tags.ts";

/** What a name looks like to Prometheus. */
export interface Extraction {
  readonly extracted: string;
  readonly tags: readonly Tag[];
}

/** Where scopes get their series from: the store. `extract` is called only for a series that is new. */
export interface SeriesTables extends NamingRules {
  counterAt(scope: StatsScopeNode, name: string, extract: () => Extraction): CounterSeries;
  gaugeAt(scope: StatsScopeNode, name: string, extract: () => Extraction): GaugeSeries;
  histogramAt(scope: StatsScopeNode, name: string, extract: () => Extraction): HistogramSeries;
}

/** A place in the tree. It remembers the series that were first asked for here, so that dropping it is no search. */
export class StatsScopeNode implements StatsScope {
  /** Full names of the series made here. */
  readonly made: string[] = [];
  readonly tags: readonly Tag[];
  /** Dropped with its series: what a late user still asks for is not kept. */
  dropped = false;
  readonly #tables: SeriesTables;
  readonly #names: ScopeNames;
  readonly #prefix: string;
  /** `[start, end, ...]` of the tags' values in the prefix. */
  readonly #ranges: readonly number[];
  #children: Map<string, Map<string, StatsScopeNode>> | null = null;

  constructor(tables: SeriesTables, names: ScopeNames, prefix = "", tags: readonly Tag[] = [], ranges: readonly number[] = []) {
    this.#tables = tables;
    this.#names = names;
    this.#prefix = prefix;
    this.tags = tags;
    this.#ranges = ranges;
  }

  scope(prefix: string, value = "", tag?: string): StatsScope {
    const children = (this.#children ??= new Map<string, Map<string, StatsScopeNode>>());
    let values = children.get(prefix);
    if (values === undefined) children.set(prefix, (values = new Map<string, StatsScopeNode>()));
    let node = values.get(value);
    if (node === undefined) values.set(value, (node = this.#child(sanitize(prefix), sanitize(value), tag)));
    return node;
  }

  #child(prefix: string, value: string, tag: string | undefined): StatsScopeNode {
    const start = this.#prefix + prefix + ".";
    if (value === "") return new StatsScopeNode(this.#tables, this.#names.plain(prefix), start, this.tags, this.#ranges);
    const full = start + value + ".";
    if (tag === undefined || (!this.#tables.defaultTags && isWellKnownTag(tag))) {
      return new StatsScopeNode(this.#tables, this.#names.plain(prefix + "." + value), full, this.tags, this.#ranges);
    }
    const tags = sortTags([...this.tags, [tag, value]]);
    const ranges = [...this.#ranges, start.length, full.length];
    return new StatsScopeNode(this.#tables, this.#names.tagged(prefix, tag), full, tags, ranges);
  }

  counter(name: string, tags?: readonly Tag[]): Counter {
    if (tags !== undefined && tags.length > 0) return this.#taggedCounter(name, tags);
    return this.#tables.counterAt(this, this.#prefix + this.#names.get(name).local, () => this.#extract(name));
  }
  gauge(name: string): Gauge {
    return this.#tables.gaugeAt(this, this.#prefix + this.#names.get(name).local, () => this.#extract(name));
  }
  histogram(name: string): Histogram {
    return this.#tables.histogramAt(this, this.#prefix + this.#names.get(name).local, () => this.#extract(name));
  }

  /** Takes a name below this scope apart. */
  #extract(name: string): Extraction {
    const { local, extracted, found } = this.#names.get(name);
    const { rules } = this.#tables;
    if (rules.length === 0) return { extracted, tags: found.length === 0 ? this.tags : sortTags([...this.tags, ...found]) };
    // The operator's own expressions are written for whole names, values and all.
    const full = this.#prefix + local;
    const known = this.tags.map(([tag]) => tag);
    const all = findTags(full, known, this.#tables.defaultTags, rules);
    const ranges = [...this.#ranges, ...all.flatMap(({ start, end }) => [start, end])];
    return { extracted: cut(full, ranges), tags: sortTags([...this.tags, ...all.map(({ tag, value }): Tag => [tag, value])]) };
  }

  /** As Envoy writes stats with tags of their own: `NAME.tag.value.tag.value`, unless the name shows the tag already (`rq_2xx`). */
  #taggedCounter(name: string, tags: readonly Tag[]): Counter {
    const { extracted, tags: shown } = this.#extract(name);
    const more = tags.filter(([tag]) => !shown.some(([other]) => other === tag));
    let full = this.#prefix + this.#names.get(name).local;
    for (const [tag, value] of more) full += "." + sanitize(tag) + "." + sanitize(value);
    return this.#tables.counterAt(this, full, () => ({
      extracted,
      tags: more.length === 0 ? shown : sortTags([...shown, ...more]),
    }));
  }

  /** Drops the scopes `PREFIX.VALUE.` whose value is not in `values`; the names of their series are added to `out`. */
  retain(prefix: string, values: ReadonlySet<string>, out: string[]): void {
    for (const value of [...(this.#children?.get(prefix)?.keys() ?? [])]) {
      if (value !== "" && !values.has(value)) this.remove(prefix, value, out);
    }
  }

  /** Drops the scope `PREFIX.VALUE.`. */
  remove(prefix: string, value: string, out: string[]): void {
    const values = this.#children?.get(prefix);
    const node = values?.get(value);
    values?.delete(value);
    if (node !== undefined) node.#drop(out);
  }

  #drop(out: string[]): void {
    this.dropped = true;
    for (const name of this.made) out.push(name);
    if (this.#children === null) return;
    for (const values of this.#children.values()) for (const child of values.values()) child.#drop(out);
  }
}
