import type { Timer as TimerType, TimerOwner, TimerWheel } from "../../transport/timers.ts";
import { Timer } from "../../transport/timers.ts";
import type { DnsAddress, DnsLookupFamily, DnsResolver } from "./dns-resolver.ts";
import { RefreshDelay } from "./refresh-delay.ts";
import type { DnsRefresh } from "./refresh-delay.ts";

/** What a name is resolved with. */
export interface DnsTargetOptions {
  readonly name: string;
  readonly family: DnsLookupFamily;
  readonly refresh: DnsRefresh;
  readonly resolver: DnsResolver;
  readonly timers: TimerWheel;
  readonly random: () => number;
  /** Before each question. */
  readonly onAttempt: () => void;
  /** Says whether the answer counts as one: LOGICAL_DNS takes an empty one for a failure. */
  readonly onAnswer: (addresses: readonly DnsAddress[]) => boolean;
  readonly onFailure: (error: unknown) => void;
}

/** A name that is resolved again and again. */
export class DnsTarget implements TimerOwner {
  readonly #options: DnsTargetOptions;
  readonly #delay: RefreshDelay;
  readonly #timer: TimerType;
  #stopped = false;

  constructor(options: DnsTargetOptions) {
    this.#options = options;
    this.#delay = new RefreshDelay(options.refresh, options.random);
    this.#timer = new Timer(this);
  }

  /** Resolves now, and from then on by its refresh rate. Fulfilled, whatever comes of it, after the first attempt. */
  async start(): Promise<void> {
    const { name, family, resolver, timers } = this.#options;
    this.#options.onAttempt();
    let delay: number;
    try {
      const addresses = await resolver.resolve(name, family);
      if (this.#stopped) return;
      const ttl = addresses.reduce((least, address) => Math.min(least, address.ttl), Infinity);
      delay = this.#options.onAnswer(addresses)
        ? this.#delay.afterSuccess(ttl === Infinity ? 0 : ttl)
        : this.#delay.afterFailure();
    } catch (error) {
      if (this.#stopped) return;
      this.#options.onFailure(error);
      delay = this.#delay.afterFailure();
    }
    timers.arm(this.#timer, delay);
  }

  onTimer(): void {
    // Never rejected: what fails is told to onFailure.
    void this.start();
  }

  stop(): void {
    this.#stopped = true;
    this.#options.timers.disarm(this.#timer);
  }
}
