import type { Histogram } from "../contract/stats.ts";
import type { Tag } from "./tags.ts";

/** Envoy's default upper bounds of the buckets that Prometheus sees (`HistogramSettings`), in the unit of the values. */
export const DEFAULT_BUCKETS: readonly number[] = [
  0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000, 3_600_000,
];

/** The quantiles that Envoy prints, in percent. */
export const QUANTILES: readonly number[] = [0, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 100];

/** Bins in a decade: two significant digits, 1.0 to 9.9. */
const BINS = 90;
/** The first decade holds 0.001 to 0.00999; smaller values count as zero. */
const FIRST_EXPONENT = -3;
/** Up to 10^12: 31 years in milliseconds. Larger values count as the largest. */
const DECADES = 15;
const SCALE: readonly number[] = Array.from({ length: DECADES }, (_, i) => 10 ** (FIRST_EXPONENT + i));

/** Counts of one bin, as `histogram_buckets=detailed` shows them. */
export interface HistogramBin {
  readonly lower: number;
  readonly width: number;
  readonly count: number;
}

/** What `HistogramSeries.export` gives: `bins` is flat, `[index, count, ...]`. */
export interface HistogramData {
  readonly zeros: number;
  readonly sum: number;
  readonly bins: readonly number[];
}

/** Counts since some moment. Decades are made when a value first falls into them: most histograms use two or three. */
class Counts {
  count = 0;
  zeros = 0;
  sum = 0;
  readonly decades: (Float64Array | null)[] = new Array<Float64Array | null>(DECADES).fill(null);
}

/**
 * A log-linear histogram with Envoy's bins (two significant digits in every decade), so that quantiles come out as Envoy's do.
 * Recording adds to one slot of an array. What was recorded is visible at once; `flush` closes an interval.
 */
export class HistogramSeries implements Histogram {
  readonly name: string;
  /** The name without its tags' values, dots as in `name`. */
  readonly extracted: string;
  readonly tags: readonly Tag[];
  /** Upper bounds of the buckets shown, ascending. */
  readonly bounds: readonly number[];
  #all = new Counts();
  /** `#all` at the last flush, and the difference to the flush before. Made by the first flush after a record. */
  #flushed: Counts | null = null;
  #interval: Counts | null = null;

  constructor(name: string, extracted: string, tags: readonly Tag[], bounds: readonly number[]) {
    this.name = name;
    this.extracted = extracted;
    this.tags = tags;
    this.bounds = bounds;
  }

  get used(): boolean {
    return this.#all.count !== 0;
  }
  get count(): number {
    return this.#all.count;
  }
  /** Sum of the recorded values, exact (Envoy's is put together from the middles of its bins). */
  get sum(): number {
    return this.#all.sum;
  }

  record(value: number): void {
    const all = this.#all;
    all.count++;
    if (!(value >= 0.001)) {
      all.zeros++;
      return;
    }
    all.sum += value;
    // The usual case is milliseconds between one and a hundred thousand: at most five comparisons.
    let d = -FIRST_EXPONENT;
    while (d < DECADES - 1 && value >= SCALE[d + 1]) d++;
    while (value < SCALE[d]) d--;
    // The summand takes the noise of binary fractions off (0.35 is not below 0.35). Above the last decade: into the last bin.
    const bin = Math.min(BINS - 1, Math.floor((value / SCALE[d]) * 10 + 1e-9) - 10);
    let bins = all.decades[d];
    if (bins === null) bins = all.decades[d] = new Float64Array(BINS);
    bins[bin]++;
  }

  /** Closes the interval: what came since the last flush is from now on "the interval". Called every `stats_flush_interval`. */
  flush(): void {
    const all = this.#all;
    const flushed = (this.#flushed ??= new Counts());
    if (all.count === flushed.count) {
      this.#interval = null;
      return;
    }
    const interval = (this.#interval = new Counts());
    interval.count = all.count - flushed.count;
    interval.zeros = all.zeros - flushed.zeros;
    interval.sum = all.sum - flushed.sum;
    for (let d = 0; d < DECADES; d++) {
      const now = all.decades[d];
      if (now === null) continue;
      const before = flushed.decades[d];
      const diff = Float64Array.from(now);
      if (before === null) {
        flushed.decades[d] = Float64Array.from(now);
      } else {
        for (let i = 0; i < BINS; i++) diff[i] -= before[i];
        before.set(now);
      }
      interval.decades[d] = diff;
    }
    flushed.count = all.count;
    flushed.zeros = all.zeros;
    flushed.sum = all.sum;
  }

  /** Values at `QUANTILES`; all NaN when nothing was recorded. */
  quantiles(interval: boolean): number[] {
    const counts = this.#pick(interval);
    if (counts === null || counts.count === 0) return QUANTILES.map(() => NaN);
    const out: number[] = [];
    let below = 0;
    let at = 0;
    const bins = this.bins(interval);
    for (const q of QUANTILES) {
      const rank = Math.min(counts.count, Math.max(1, Math.ceil((q / 100) * counts.count)));
      while (at < bins.length - 1 && below + bins[at].count < rank) below += bins[at++].count;
      const bin = bins[at];
      out.push(bin.width === 0 ? bin.lower : round(bin.lower + ((rank - below) / (bin.count + 1)) * bin.width));
    }
    return out;
  }

  /** For each of `bounds`, how many values were not above it. A bin counts as a whole: it is in when its lower end is. */
  cumulativeBuckets(interval: boolean, bounds: readonly number[] = this.bounds): number[] {
    const out: number[] = [];
    let at = 0;
    let below = 0;
    const bins = this.bins(interval);
    for (const bound of bounds) {
      for (; at < bins.length && bins[at].lower <= bound; at++) below += bins[at].count;
      out.push(below);
    }
    return out;
  }

  /** The bins that hold something, ascending. */
  bins(interval: boolean): HistogramBin[] {
    const counts = this.#pick(interval);
    const out: HistogramBin[] = [];
    if (counts === null) return out;
    if (counts.zeros !== 0) out.push({ lower: 0, width: 0, count: counts.zeros });
    for (let d = 0; d < DECADES; d++) {
      const bins = counts.decades[d];
      if (bins === null) continue;
      const scale = SCALE[d];
      for (let i = 0; i < BINS; i++) {
        if (bins[i] !== 0) out.push({ lower: round(((10 + i) * scale) / 10), width: round(scale / 10), count: bins[i] });
      }
    }
    return out;
  }

  #pick(interval: boolean): Counts | null {
    return interval ? this.#interval : this.#all;
  }

  export(): HistogramData {
    const bins: number[] = [];
    this.#all.decades.forEach((decade, d) =>
      decade?.forEach((count, i) => {
        if (count !== 0) bins.push(d * BINS + i, count);
      }),
    );
    return { zeros: this.#all.zeros, sum: this.#all.sum, bins };
  }

  /** Adds what another process recorded. */
  merge(data: HistogramData): void {
    const all = this.#all;
    all.zeros += data.zeros;
    all.count += data.zeros;
    all.sum += data.sum;
    for (let i = 0; i + 1 < data.bins.length; i += 2) {
      const d = Math.floor(data.bins[i] / BINS);
      if (!(d >= 0 && d < DECADES)) continue;
      (all.decades[d] ??= new Float64Array(BINS))[data.bins[i] % BINS] += data.bins[i + 1];
      all.count += data.bins[i + 1];
    }
  }
}

/** Takes the noise of binary fractions off: bins have two digits, quantiles need no more than fifteen. */
function round(value: number): number {
  return Number(value.toPrecision(15));
}
