/** Counters, gauges and histograms are looked up once, when a snapshot is built; the data path only touches their fields. */
export interface Counter {
  readonly name: string;
  /** Since start. Add with `counter.value += n`: nothing is cheaper. */
  value: number;
}

/** A value that goes up and down. Set it, or add to it. */
export interface Gauge {
  readonly name: string;
  value: number;
}

/** Envoy's histograms: values are milliseconds unless the name says otherwise. */
export interface Histogram {
  readonly name: string;
  record(value: number): void;
}

/**
 * A place in the tree of names. `scope("http", "in", "envoy.http_conn_manager_prefix")` gives names
 * `http.in.*` in `/stats`, and for Prometheus `envoy_http_*` with the tag `envoy_http_conn_manager_prefix="in"`.
 */
export interface StatsScope {
  /** A child `PREFIX.VALUE.` whose VALUE is a tag called `tag` (Envoy's well-known tag names). Without value: `PREFIX.`. */
  scope(prefix: string, value?: string, tag?: string): StatsScope;
  /** The same name gives the same counter. Dots separate parts. */
  counter(name: string, tags?: readonly (readonly [tag: string, value: string])[]): Counter;
  gauge(name: string): Gauge;
  histogram(name: string): Histogram;
}
