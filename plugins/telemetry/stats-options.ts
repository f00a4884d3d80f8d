import type { StatsOptions } from "../../core/observe/stats-store.ts";
import type { Tag, TagMatch, TagRule } from "../../core/observe/tags.ts";
import type { Report } from "../../core/match/problem.ts";
import { compileStringMatcher } from "../../core/match/string-matcher.ts";
import type { StatsConfig, StatsMatcher } from "../../core/resources/bootstrap.ts";
import { RE2JS } from "re2js";

/** `stats_config` of a bootstrap as options of a store. Mistakes are reported. */
export function statsOptions(config: StatsConfig, report: Report): StatsOptions {
  const rules: TagRule[] = [];
  const fixedTags: Tag[] = [];
  for (const tag of config.statsTags ?? []) {
    if (tag.fixedValue !== undefined) fixedTags.push([tag.tagName, tag.fixedValue]);
    else if (tag.regex !== undefined && tag.regex !== "") {
      const rule = regexRule(tag.tagName, tag.regex);
      if (typeof rule !== "string") rules.push(rule);
      else
        report({
          about: tag,
          key: "regex",
          code: "invalid_value",
          message: rule,
          found: tag.regex,
          wanted: "a regular expression (RE2)",
        });
    }
  }
  const buckets = (config.histogramBucketSettings ?? []).map((setting) => ({
    matcher: compileStringMatcher(setting.match, report),
    bounds: [...(setting.buckets ?? [])].sort((a, b) => a - b),
  }));
  return {
    rules,
    fixedTags,
    defaultTags: config.useAllDefaultTags,
    include: config.statsMatcher === undefined ? undefined : include(config.statsMatcher, report),
    buckets: (name) => {
      const found = buckets.find(({ matcher }) => matcher.match(name));
      return found === undefined || found.bounds.length === 0 ? undefined : found.bounds;
    },
  };
}

function include(config: StatsMatcher, report: Report): (name: string) => boolean {
  if (config.rejectAll !== undefined) return () => config.rejectAll === false;
  const list = config.inclusionList ?? config.exclusionList;
  const matchers = (list?.patterns ?? []).map((pattern) => compileStringMatcher(pattern, report));
  const wanted = config.inclusionList !== undefined;
  return (name) => matchers.some((matcher) => matcher.match(name)) === wanted;
}

/** A tag by a regular expression with one or two groups: what is cut out of the name, and within it the value. */
function regexRule(tag: string, pattern: string): TagRule | string {
  let regex: RE2JS;
  try {
    regex = RE2JS.compile(pattern);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  if (regex.groupCount() < 1) return "wanted at least one group: what is cut out of the name";
  return { tag, find: (name) => find(regex, name) };
}

function find(regex: RE2JS, name: string): TagMatch | undefined {
  const matcher = regex.matcher(name);
  if (!matcher.find()) return undefined;
  const start = matcher.start(1);
  if (start < 0) return undefined;
  const value = (matcher.groupCount() > 1 ? matcher.group(2) : null) ?? matcher.group(1) ?? "";
  return { value, start, end: matcher.end(1) };
}
