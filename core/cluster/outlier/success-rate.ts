/** Requests of a host and how many of them went well: those that are being counted, and those of the interval before. */
export class SuccessRate {
  /** What the last look at it came to, in percent; -1: too few requests. */
  shown = -1;
  total = 0;
  good = 0;
  #total = 0;
  #good = 0;

  /** An interval is over. */
  turn(): void {
    this.#total = this.total;
    this.#good = this.good;
    this.total = 0;
    this.good = 0;
  }

  /** Requests of the last whole interval. */
  get volume(): number {
    return this.#total;
  }

  /** Percent of them that went well; NaN when there were none. */
  get percent(): number {
    return (this.#good * 100) / this.#total;
  }
}

/** Mean of the rates, and the rate below which a host stands out. */
export interface SuccessRateBound {
  readonly average: number;
  readonly threshold: number;
}

/** @param factor how many standard deviations below the mean a rate may be. Source: Envoy, "Outlier detection", success rate. */
export function successRateBound(rates: readonly number[], factor: number): SuccessRateBound {
  const average = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  const variance = rates.reduce((sum, rate) => sum + (rate - average) ** 2, 0) / rates.length;
  return { average, threshold: average - factor * Math.sqrt(variance) };
}
