import type { Logger } from "../core/contract/filter.ts";
import { compileStringMatcher } from "../core/match/string-matcher.ts";
import type { StatsOptions } from "../core/observe/stats-store.ts";
import type { Bootstrap } from "../core/resources/bootstrap.ts";

/** `stats_config` of a bootstrap, compiled. */
export function statsOptions(bootstrap: Bootstrap, log: Logger): StatsOptions {
  const config = bootstrap.statsConfig;
  const ignore = (): void => undefined;
  const onOverflow = (name: string, max: number): void => log.warn(`stats: ${name} is not kept, there are ${max} series already`);
  if (config === undefined) return { onOverflow };
  const matcher = config.statsMatcher;
  let include: ((name: string) => boolean) | undefined;
  if (matcher?.rejectAll === true) include = () => false;
  else if (matcher?.exclusionList !== undefined) {
    const patterns = (matcher.exclusionList.patterns ?? []).map((p) => compileStringMatcher(p, ignore));
    include = (name) => !patterns.some((p) => p.match(name));
  } else if (matcher?.inclusionList !== undefined) {
    const patterns = (matcher.inclusionList.patterns ?? []).map((p) => compileStringMatcher(p, ignore));
    include = (name) => patterns.some((p) => p.match(name));
  }
  const settings = (config.histogramBucketSettings ?? []).map((s) => ({ matcher: compileStringMatcher(s.match, ignore), buckets: s.buckets ?? [] }));
  const fixedTags = (config.statsTags ?? []).flatMap((tag) => (tag.fixedValue === undefined ? [] : [[tag.tagName, tag.fixedValue] as const]));
  return {
    onOverflow,
    include,
    fixedTags,
    defaultTags: config.useAllDefaultTags,
    buckets: settings.length === 0 ? undefined : (name) => settings.find((s) => s.matcher.match(name) && s.buckets.length > 0)?.buckets,
  };
}
