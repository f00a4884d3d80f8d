import { cut, findTags } from "./tags.ts";
import type { Tag, TagRule } from "./tags.ts";

/** What a series below a scope is called. */
export interface SeriesName {
  /** Behind the scope's prefix. */
  readonly local: string;
  /** The whole name without the values of tags. */
  readonly extracted: string;
  /** Tags that the local name holds: the scope's come beside them. */
  readonly found: readonly Tag[];
}

/** How names are taken apart: a part of the store's options. */
export interface NamingRules {
  readonly defaultTags: boolean;
  readonly rules: readonly TagRule[];
}

/** Stands for the value of a tag, so that all clusters have the same names. */
const ANY = "v";

/**
 * The names below scopes that differ only in the values of their tags: `cluster.a.` and `cluster.b.`. Taking a name apart costs
 * microseconds, and a thousand clusters have the same sixty names.
 */
export class ScopeNames {
  /** The prefix with `ANY` for the values of tags, and where these stand: `[start, end, ...]`. */
  readonly #prefix: string;
  readonly #ranges: readonly number[];
  readonly #tags: readonly string[];
  readonly #naming: NamingRules;
  readonly #names = new Map<string, SeriesName>();
  readonly #below = new Map<string, ScopeNames>();

  constructor(naming: NamingRules, prefix = "", ranges: readonly number[] = [], tags: readonly string[] = []) {
    this.#naming = naming;
    this.#prefix = prefix;
    this.#ranges = ranges;
    this.#tags = tags;
  }

  /** The names below `PREFIX.`. */
  plain(prefix: string): ScopeNames {
    return this.#child(prefix, "", () => new ScopeNames(this.#naming, this.#prefix + prefix + ".", this.#ranges, this.#tags));
  }

  /** The names below `PREFIX.VALUE.` for any value of a tag. */
  tagged(prefix: string, tag: string): ScopeNames {
    return this.#child(prefix, tag, () => {
      const start = this.#prefix + prefix + ".";
      const full = start + ANY + ".";
      return new ScopeNames(this.#naming, full, [...this.#ranges, start.length, full.length], [...this.#tags, tag]);
    });
  }

  #child(prefix: string, tag: string, make: () => ScopeNames): ScopeNames {
    const key = prefix + "\0" + tag;
    let child = this.#below.get(key);
    if (child === undefined) this.#below.set(key, (child = make()));
    return child;
  }

  /** A local name taken apart. */
  get(name: string): SeriesName {
    let known = this.#names.get(name);
    if (known === undefined) this.#names.set(name, (known = this.#make(sanitize(name))));
    return known;
  }

  #make(local: string): SeriesName {
    const full = this.#prefix + local;
    const found = findTags(full, this.#tags, this.#naming.defaultTags, []);
    const ranges = [...this.#ranges, ...found.flatMap(({ start, end }) => [start, end])];
    return { local, extracted: cut(full, ranges), found: found.map(({ tag, value }) => [tag, value]) };
  }
}

/** Envoy's `sanitizeStatsName`: what would break a name apart becomes an underscore. */
export function sanitize(name: string): string {
  if (!name.includes(":") && !name.includes("\0")) return name;
  return name.replaceAll("://", "_").replaceAll(":/", "_").replaceAll(":", "_").replaceAll("\0", "_");
}
