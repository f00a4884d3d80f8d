/**
 * Earliest deadline first: entry i comes up every `1 / weight(i)` of a virtual time, so over any stretch each gets its
 * share and none comes in bursts. A binary heap of deadlines in typed arrays: choosing costs O(log n) and allocates nothing.
 * Envoy's weighted balancers stand on the same idea.
 */
export class EdfSchedule {
  /** Heap of entries, by deadline and, where these are equal, by who was filed first. */
  readonly #heap: Int32Array;
  readonly #deadlines: Float64Array;
  readonly #order: Float64Array;
  #filed = 0;

  /**
   * @param weights positive. @param random spreads the first deadlines, so that schedules made at the same time (by other workers,
   * or after an update) don't start with the same host.
   */
  constructor(weights: ArrayLike<number>, random: () => number) {
    const n = weights.length;
    this.#heap = new Int32Array(n);
    this.#deadlines = new Float64Array(n);
    this.#order = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      this.#heap[i] = i;
      this.#deadlines[i] = random() / weights[i];
      this.#order[i] = this.#filed++;
    }
    for (let i = (n >> 1) - 1; i >= 0; i--) this.#sink(i);
  }

  /** The entry that is due. Follow with `file`. Only when there are entries. */
  get first(): number {
    return this.#heap[0];
  }

  /** Files the entry that is due again, by its weight at this time. */
  file(weight: number): void {
    const entry = this.#heap[0];
    this.#deadlines[entry] += 1 / weight;
    this.#order[entry] = this.#filed++;
    this.#sink(0);
  }

  #sink(from: number): void {
    const heap = this.#heap;
    const deadlines = this.#deadlines;
    const n = heap.length;
    const entry = heap[from];
    const deadline = deadlines[entry];
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= n) break;
      if (child + 1 < n && this.#before(heap[child + 1], heap[child])) child++;
      const other = heap[child];
      if (deadlines[other] > deadline || (deadlines[other] === deadline && this.#order[other] > this.#order[entry])) break;
      heap[at] = other;
      at = child;
    }
    heap[at] = entry;
  }

  #before(a: number, b: number): boolean {
    const da = this.#deadlines[a];
    const db = this.#deadlines[b];
    return da < db || (da === db && this.#order[a] < this.#order[b]);
  }
}
