/** How often a name is resolved, all in milliseconds. */
export interface DnsRefresh {
  /** `dns_refresh_rate`, default 5000. */
  readonly rate: number;
  /** `respect_dns_ttl`: the smallest TTL of an answer takes the rate's place. Default false. */
  readonly respectTtl: boolean;
  /** `dns_jitter`: up to this much is added to a successful refresh. Default 0. */
  readonly jitter: number;
  /** `dns_failure_refresh_rate`, or null: a failure is tried again after `rate`. */
  readonly failure: { readonly base: number; readonly max: number } | null;
}

/** Says how long to wait for the next resolution. */
export class RefreshDelay {
  readonly #refresh: DnsRefresh;
  readonly #random: () => number;
  #backoff: number;

  constructor(refresh: DnsRefresh, random: () => number) {
    this.#refresh = refresh;
    this.#random = random;
    this.#backoff = refresh.failure?.base ?? 0;
  }

  /** @param ttl the smallest of the answer, in seconds; 0: unknown. */
  afterSuccess(ttl: number): number {
    const { rate, respectTtl, jitter, failure } = this.#refresh;
    this.#backoff = failure?.base ?? 0;
    return (respectTtl && ttl > 0 ? ttl * 1000 : rate) + Math.floor(this.#random() * jitter);
  }

  /** Doubles from failure to failure up to the maximum; a part of it is drawn, so that not all ask at once. */
  afterFailure(): number {
    const { rate, failure } = this.#refresh;
    if (failure === null) return rate;
    const backoff = this.#backoff;
    this.#backoff = Math.min(backoff * 2, failure.max);
    return Math.floor(this.#random() * backoff);
  }
}
