import type { HistogramData } from "./histogram.ts";
import type { StatsStore } from "./stats-store.ts";
import type { Tag } from "./tags.ts";

/** A store as plain data: what a worker sends to its supervisor. */
export interface StatsData {
  readonly counters: readonly SeriesData<number>[];
  /** Null: never written. */
  readonly gauges: readonly SeriesData<number | null>[];
  readonly histograms: readonly SeriesData<HistogramData & { readonly bounds: readonly number[] }>[];
}
/** One series as it crosses processes. */
export type SeriesData<V> = readonly [name: string, extracted: string, tags: readonly Tag[], value: V];

/** Everything that a store holds. */
export function exportStats(store: StatsStore): StatsData {
  return {
    counters: store.counters.map((series) => [series.name, series.extracted, series.tags, series.value]),
    gauges: store.gauges.map((series) => [series.name, series.extracted, series.tags, series.used ? series.value : null]),
    histograms: store.histograms.map((series) => [
      series.name,
      series.extracted,
      series.tags,
      { ...series.export(), bounds: series.bounds },
    ]),
  };
}

/**
 * Adds what another process exported. Call it on a store made for the purpose, once for each worker: counters and histograms add
 * up; a gauge of things in use adds up, one that all workers know alike (`membership_total`, `server.live`) is the largest.
 */
export function mergeStats(store: StatsStore, data: StatsData): void {
  for (const [name, extracted, tags, value] of data.counters) store.foreignCounter(name, { extracted, tags }).value += value;
  for (const [name, extracted, tags, value] of data.gauges) {
    const gauge = store.foreignGauge(name, { extracted, tags });
    if (value === null) continue;
    gauge.value = addsUp(name) ? gauge.value + value : Math.max(gauge.value, value);
  }
  for (const [name, extracted, tags, value] of data.histograms) {
    store.foreignHistogram(name, { extracted, tags }, value.bounds).merge(value);
  }
}

/** Gauges that count what one worker holds: connections, requests, streams, buffered bytes. */
const PER_WORKER = /(?:_active|_buffered|(?:^|[._])pending|_connections|\.memory_\w+|\.connections)$/;
const SHARED = /^(?:listener_manager|cluster_manager)\.|\.days_until_first_cert_expiring$/;

function addsUp(name: string): boolean {
  return PER_WORKER.test(name) && !SHARED.test(name);
}
