/** Requests and successes of the last seconds, by whole seconds. */
export class SuccessWindow {
  readonly #requests: Float64Array;
  readonly #successes: Float64Array;
  /** The second of the newest place. */
  #second = -1;
  /** The second of the first sample since the window was empty. */
  #oldest = -1;
  requests = 0;
  successes = 0;

  /** @param seconds its length. */
  constructor(seconds: number) {
    this.#requests = new Float64Array(seconds);
    this.#successes = new Float64Array(seconds);
  }

  /** Forgets what is too old. @param now ms. */
  pass(now: number): void {
    const second = Math.floor(now / 1000);
    const size = this.#requests.length;
    for (let at = Math.max(this.#second + 1, second - size + 1); at <= second; at++) {
      const place = at % size;
      this.requests -= this.#requests[place];
      this.successes -= this.#successes[place];
      this.#requests[place] = this.#successes[place] = 0;
    }
    if (second > this.#second) this.#second = second;
  }

  add(now: number, success: boolean): void {
    this.pass(now);
    if (this.requests === 0) this.#oldest = this.#second;
    const place = this.#second % this.#requests.length;
    this.#requests[place]++;
    this.requests++;
    if (!success) return;
    this.#successes[place]++;
    this.successes++;
  }

  /** Per second, over the time for which there are samples: at least a second, at most the window. */
  rate(): number {
    const age = Math.min(this.#second - this.#oldest, this.#requests.length);
    return this.requests / Math.max(1, age);
  }
}
