import { describe, expect, test } from "vitest";
import { StatsStore } from "../../core/observe/stats-store.ts";
import { StatsConfig } from "../../core/resources/bootstrap.ts";
import { decodeText } from "../../core/resources/schema/index.ts";
import { statsOptions } from "./stats-options.ts";

function storeOf(yaml: string): { store: StatsStore; problems: string[] } {
  const { value, errors } = decodeText(StatsConfig, yaml, { file: "stats.yaml" });
  expect(errors).toEqual([]);
  const problems: string[] = [];
  return {
    problems,
    store: new StatsStore(statsOptions(value as StatsConfig, (problem) => problems.push(`${problem.key}: ${problem.message}`))),
  };
}

describe("stats_config", () => {
  test.each([
    ["{}", "a b.c"],
    ["stats_matcher: { reject_all: true }", ""],
    ["stats_matcher: { reject_all: false }", "a b.c"],
    ["stats_matcher: { inclusion_list: { patterns: [ { prefix: b. } ] } }", "b.c"],
    ["stats_matcher: { exclusion_list: { patterns: [ { safe_regex: { regex: '.*c' } }, { exact: x } ] } }", "a"],
  ])("%s keeps %s", (yaml, names) => {
    const { store } = storeOf(yaml);
    store.counter("a");
    store.counter("b.c");
    expect(store.counters.map(({ name }) => name).join(" ")).toBe(names);
  });

  test("tags by expression, with one group or two, and fixed ones", () => {
    const { store, problems } = storeOf(`
stats_tags:
- { tag_name: one, regex: '^x\\.((.+?)\\.)' }
- { tag_name: two, regex: '(_code_\\d+)$' }
- { tag_name: three, fixed_value: v }
- { tag_name: bad, regex: '(' }
- { tag_name: groupless, regex: 'x' }
use_all_default_tags: false
`);
    store.counter("x.y.rq_code_7");
    const series = store.counters.find(({ name }) => name.startsWith("x"));
    expect([series?.extracted, series?.tags]).toEqual([
      "x.rq",
      [
        ["three", "v"],
        ["one", "y"],
        ["two", "_code_7"],
      ],
    ]);
    expect(problems).toHaveLength(2);
    expect(problems[1]).toContain("at least one group");
  });

  test("buckets by name", () => {
    const { store } = storeOf("histogram_bucket_settings: [ { match: { prefix: a }, buckets: [ 10, 1 ] } ]");
    store.histogram("ab");
    store.histogram("b");
    expect(store.histograms.map(({ bounds }) => bounds.length)).toEqual([2, 19]);
    expect(store.histograms[0].bounds).toEqual([1, 10]);
  });
});
