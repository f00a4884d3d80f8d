/** Bins of a decade: two significant digits, as Envoy's histograms have. */
const BINS = 90;
/** From a microsecond to 100,000 s. */
const DECADES = 12;
/** Milliseconds of the first bin's lower end, a tenth of it the width. */
const FIRST = 0.001;

/** Times of requests in bins of two digits: as many as come take the same memory, and none is made for one. */
export class LatencyWindow {
  readonly #bins = new Uint32Array(BINS * DECADES);
  #count = 0;
  /** The bins in use lie between these. */
  #low = BINS * DECADES;
  #high = -1;

  get count(): number {
    return this.#count;
  }

  /** @param ms below a microsecond counts as one. */
  add(ms: number): void {
    let scale = FIRST;
    let decade = 0;
    while (decade < DECADES - 1 && ms >= scale * 10) {
      scale *= 10;
      decade++;
    }
    const digits = Math.floor((ms / scale) * 10 + 1e-9) - 10;
    const bin = decade * BINS + (digits < 0 ? 0 : digits >= BINS ? BINS - 1 : digits);
    this.#bins[bin]++;
    this.#count++;
    if (bin < this.#low) this.#low = bin;
    if (bin > this.#high) this.#high = bin;
  }

  /** The time, in milliseconds, that a share (0 to 1) of the requests did not exceed; 0 for an empty window. */
  quantile(share: number): number {
    const rank = Math.min(this.#count, Math.max(1, Math.ceil(share * this.#count)));
    let below = 0;
    for (let bin = this.#low; bin <= this.#high; bin++) {
      const here = this.#bins[bin];
      if (here !== 0 && below + here >= rank) {
        const width = (FIRST * 10 ** Math.floor(bin / BINS)) / 10;
        return (10 + (bin % BINS)) * width + ((rank - below) / (here + 1)) * width;
      }
      below += here;
    }
    return 0;
  }

  clear(): void {
    if (this.#count === 0) return;
    this.#bins.fill(0, this.#low, this.#high + 1);
    this.#count = 0;
    this.#low = this.#bins.length;
    this.#high = -1;
  }
}
