import { QUANTILES } from "../../../core/observe/histogram.ts";
import type { HistogramSeries } from "../../../core/observe/histogram.ts";
import type { CounterSeries, GaugeSeries } from "../../../core/observe/series.ts";
import type { StatsStore } from "../../../core/observe/stats-store.ts";
import type { Tag } from "../../../core/observe/tags.ts";

/** What of a store is shown, and how. */
export interface PrometheusOptions {
  /** Only what was written since the start. Default false. */
  readonly usedOnly?: boolean;
  /** Whether a name (with dots, tags in it) is shown. Default: all are. */
  readonly include?: (name: string) => boolean;
  /** Histograms as buckets, or as quantiles. Default "histogram". */
  readonly histograms?: "histogram" | "summary";
  /**
   * First parts of names that are somebody's own: `wasmcustom.istio_requests_total` is printed as `istio_requests_total`, without
   * "envoy_". Default: "wasmcustom", as in Envoy.
   */
  readonly customNamespaces?: readonly string[];
}

/** Content type of the exposition format. */
export const PROMETHEUS_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

type Kind = "counter" | "gauge" | "histogram" | "summary";
type Series = CounterSeries | GaugeSeries | HistogramSeries;

/** A store in Prometheus's text format, with Envoy's names: `envoy_cluster_upstream_rq_total{envoy_cluster_name="o"} 3`. */
export function formatPrometheus(store: StatsStore, options: PrometheusOptions = {}): string {
  const custom = options.customNamespaces ?? ["wasmcustom"];
  const labels = new LabelCache();
  const taken = new Set<string>();
  const kind = options.histograms ?? "histogram";
  let out = "";
  for (const [name, all] of families(store.counters, options, custom, taken, "counter")) {
    out += typeLine(name, "counter");
    for (const series of all) out += `${name}{${labels.of(series.tags)}} ${series.value}\n`;
  }
  for (const [name, all] of families(store.gauges, options, custom, taken, "gauge")) {
    out += typeLine(name, "gauge");
    for (const series of all) out += `${name}{${labels.of(series.tags)}} ${series.value}\n`;
  }
  for (const [name, all] of families(store.histograms, options, custom, taken, kind)) {
    out += typeLine(name, kind);
    for (const series of all) {
      const text = labels.of(series.tags);
      out += (kind === "summary" ? quantiles(name, text, series) : buckets(name, text, series)) + totals(name, text, series);
    }
  }
  return out;
}

function typeLine(name: string, kind: Kind): string {
  return `# TYPE ${name} ${kind}\n`;
}

/** Series by the name that Prometheus sees, sorted: all samples of a metric must stand together, and once. */
function families<S extends Series>(
  series: readonly S[],
  options: PrometheusOptions,
  custom: readonly string[],
  taken: Set<string>,
  kind: Kind,
): [string, S[]][] {
  const groups = new Map<string, { extracted: string; series: S[] }>();
  const names = new Map<string, string>();
  for (const one of series) {
    if ((options.usedOnly === true && !one.used) || options.include?.(one.name) === false) continue;
    let name = names.get(one.extracted);
    if (name === undefined) names.set(one.extracted, (name = metricName(one.extracted, custom)));
    const group = groups.get(name);
    if (group === undefined) groups.set(name, { extracted: one.extracted, series: [one] });
    else group.series.push(one);
  }
  const sorted = [...groups].sort(([, a], [, b]) => (a.extracted < b.extracted ? -1 : a.extracted > b.extracted ? 1 : 0));
  return sorted.map(([name, group]) => {
    // Two kinds under one name make the whole page unreadable to a scraper.
    const free = taken.has(name) ? `${name}_${kind}` : name;
    taken.add(free);
    return [free, group.series];
  });
}

/** "envoy_" and the name, with what Prometheus does not allow in one as underscores. */
export function metricName(extracted: string, customNamespaces: readonly string[] = []): string {
  for (const namespace of customNamespaces) {
    if (extracted.startsWith(namespace + ".")) return sanitize(extracted.slice(namespace.length + 1)).replace(/^(?=\d)/, "_");
  }
  return "envoy_" + sanitize(extracted);
}

function sanitize(name: string): string {
  return name.replace(/[^a-zA-Z0-9_]/g, "_");
}

/** Most series share their scope's tags: the text is made once for them. */
class LabelCache {
  readonly #texts = new Map<readonly Tag[], string>();

  of(tags: readonly Tag[]): string {
    let text = this.#texts.get(tags);
    if (text === undefined)
      this.#texts.set(tags, (text = tags.map(([name, value]) => `${sanitize(name)}="${escape(value)}"`).join(",")));
    return text;
  }
}

/** Text format 0.0.4: backslash, quote and line end are escaped in the value of a label. */
function escape(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function and(labels: string, more: string): string {
  return labels === "" ? more : `${labels},${more}`;
}

function buckets(name: string, labels: string, series: HistogramSeries): string {
  const counts = series.cumulativeBuckets(false);
  let out = "";
  for (let i = 0; i < counts.length; i++) out += `${name}_bucket{${and(labels, `le="${series.bounds[i]}"`)}} ${counts[i]}\n`;
  return out + `${name}_bucket{${and(labels, 'le="+Inf"')}} ${series.count}\n`;
}

function quantiles(name: string, labels: string, series: HistogramSeries): string {
  const values = series.quantiles(false);
  let out = "";
  for (let i = 0; i < values.length; i++) out += `${name}{${and(labels, `quantile="${QUANTILES[i] / 100}"`)}} ${values[i]}\n`;
  return out;
}

function totals(name: string, labels: string, series: HistogramSeries): string {
  return `${name}_sum{${labels}} ${series.sum}\n${name}_count{${labels}} ${series.count}\n`;
}
