import { QUANTILES } from "../../core/observe/histogram.ts";
import type { HistogramSeries } from "../../core/observe/histogram.ts";
import type { CounterSeries, GaugeSeries } from "../../core/observe/series.ts";
import type { StatsStore } from "../../core/observe/stats-store.ts";
import { formatPrometheus, PROMETHEUS_CONTENT_TYPE } from "../telemetry/prometheus/format-prometheus.ts";
import type { AdminRequest, AdminResponse } from "./admin-request.ts";
import { JSON_TYPE, text } from "./admin-request.ts";
import { compileNameFilter } from "./name-filter.ts";

const TYPES = ["All", "Counters", "Gauges", "Histograms", "TextReadouts"] as const;
const BUCKETS = ["cumulative", "disjoint", "detailed", "summary"] as const;
type Buckets = (typeof BUCKETS)[number];

interface StatsQuery {
  readonly usedOnly: boolean;
  readonly include: ((name: string) => boolean) | undefined;
  readonly type: (typeof TYPES)[number];
  readonly buckets: Buckets;
}

/** `/stats`: text, JSON or Prometheus. */
export function statsPage(store: StatsStore, request: AdminRequest): AdminResponse {
  const format = request.query.get("format") ?? "text";
  if (format === "prometheus") return prometheusPage(store, request);
  if (format !== "text" && format !== "json") return text("usage: /stats?format=(json|prometheus|text)\n\n", 400);
  const query = readQuery(request);
  if (typeof query === "string") return text(query, 400);
  if (format === "json") return { status: 200, contentType: JSON_TYPE, body: statsJson(store, query) };
  return text(statsText(store, query));
}

/** `/stats/prometheus`. */
export function prometheusPage(store: StatsStore, request: AdminRequest): AdminResponse {
  const include = readFilter(request);
  if (typeof include === "string") return text(include, 400);
  const buckets = request.query.get("histogram_buckets") ?? "";
  if (!["", "cumulative", "summary"].includes(buckets)) {
    return text("usage: /stats/prometheus?histogram_buckets=(cumulative|summary)\n", 400);
  }
  const body = formatPrometheus(store, {
    usedOnly: request.query.has("usedonly"),
    include,
    histograms: buckets === "summary" ? "summary" : "histogram",
  });
  return { status: 200, contentType: PROMETHEUS_CONTENT_TYPE, body };
}

function readQuery(request: AdminRequest): StatsQuery | string {
  const include = readFilter(request);
  if (typeof include === "string") return include;
  const type = TYPES.find((name) => name === (request.query.get("type") ?? "All"));
  if (type === undefined) return `invalid &type= param, wanted one of ${TYPES.join(", ")}\n`;
  const given = request.query.get("histogram_buckets") ?? "";
  const buckets = given === "" || given === "none" ? "summary" : BUCKETS.find((name) => name === given);
  if (buckets === undefined) return `usage: /stats?histogram_buckets=(${BUCKETS.join("|")})\n`;
  return { usedOnly: request.query.has("usedonly"), include, type, buckets };
}

function readFilter(request: AdminRequest): ((name: string) => boolean) | undefined | string {
  const pattern = request.query.get("filter") ?? "";
  if (pattern === "") return undefined;
  const filter = compileNameFilter(pattern);
  if (typeof filter === "string") return `Invalid re2 regex: ${filter}\n`;
  return request.query.has("invert_filter") ? (name) => !filter(name) : filter;
}

interface Named {
  readonly name: string;
  readonly used: boolean;
}

function pick<S extends Named>(series: readonly S[], query: StatsQuery, ...types: string[]): S[] {
  if (query.type !== "All" && !types.includes(query.type)) return [];
  return series.filter((one) => (!query.usedOnly || one.used) && query.include?.(one.name) !== false);
}

/** Counters and gauges in one list by name. */
function values(store: StatsStore, query: StatsQuery): (CounterSeries | GaugeSeries)[] {
  const all = [...pick(store.counters, query, "Counters"), ...pick(store.gauges, query, "Gauges")];
  return all.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

function statsText(store: StatsStore, query: StatsQuery): string {
  let out = "";
  for (const series of values(store, query)) out += `${series.name}: ${series.value}\n`;
  for (const series of pick(store.histograms, query, "Histograms")) {
    if (query.buckets === "detailed") out += detailsText(series);
    else out += `${series.name}: ${query.buckets === "summary" ? summaryText(series) : bucketsText(series, query.buckets)}\n`;
  }
  return out;
}

/** As C++ prints a double that is none. */
function number(value: number): string {
  return Number.isNaN(value) ? "nan" : String(value);
}

/** `P0(interval,cumulative) P25(...) ...`. */
function summaryText(series: HistogramSeries): string {
  if (!series.used) return "No recorded values";
  const interval = series.quantiles(true);
  const all = series.quantiles(false);
  return QUANTILES.map((q, i) => `P${q}(${number(interval[i])},${number(all[i])})`).join(" ");
}

function bucketsText(series: HistogramSeries, buckets: "cumulative" | "disjoint"): string {
  const interval = counts(series, true, buckets);
  const all = counts(series, false, buckets);
  return series.bounds.map((bound, i) => `B${bound}(${interval[i]},${all[i]})`).join(" ");
}

function counts(series: HistogramSeries, interval: boolean, buckets: "cumulative" | "disjoint"): number[] {
  const cumulative = series.cumulativeBuckets(interval);
  return buckets === "cumulative" ? cumulative : cumulative.map((n, i) => (i === 0 ? n : n - cumulative[i - 1]));
}

function detailsText(series: HistogramSeries): string {
  const bins = (interval: boolean): string =>
    series
      .bins(interval)
      .map((bin) => `${bin.lower},${bin.width}:${bin.count}`)
      .join(", ");
  return `${series.name}:\n  totals=${bins(false)}\n  intervals=${bins(true)}\n  summary=${summaryText(series)}\n`;
}

function statsJson(store: StatsStore, query: StatsQuery): string {
  const stats: unknown[] = values(store, query).map(({ name, value }) => ({ name, value }));
  const histograms = pick(store.histograms, query, "Histograms");
  if (query.type === "All" || query.type === "Histograms") stats.push({ histograms: histogramsJson(histograms, query.buckets) });
  // NaN, where nothing was recorded, becomes null.
  return JSON.stringify({ stats });
}

function histogramsJson(histograms: readonly HistogramSeries[], buckets: Buckets): unknown {
  if (buckets === "cumulative" || buckets === "disjoint") {
    return histograms.map((series) => {
      const interval = counts(series, true, buckets);
      const all = counts(series, false, buckets);
      return {
        name: series.name,
        buckets: series.bounds.map((upper_bound, i) => ({ upper_bound, interval: interval[i], cumulative: all[i] })),
      };
    });
  }
  if (buckets === "summary") {
    const computed_quantiles = histograms.map((series) => ({ name: series.name, values: quantilesJson(series) }));
    return { supported_quantiles: QUANTILES, computed_quantiles };
  }
  const bins = (series: HistogramSeries, interval: boolean): unknown[] =>
    series.bins(interval).map(({ lower, width, count }) => ({ lower_bound: lower, width, count }));
  return {
    supported_percentiles: QUANTILES,
    details: histograms.map((series) => ({
      name: series.name,
      totals: bins(series, false),
      intervals: bins(series, true),
      percentiles: quantilesJson(series),
    })),
  };
}

function quantilesJson(series: HistogramSeries): unknown[] {
  const interval = series.quantiles(true);
  return series.quantiles(false).map((cumulative, i) => ({ cumulative, interval: interval[i] }));
}
