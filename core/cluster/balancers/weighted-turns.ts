import type { Host } from "../../contract/cluster.ts";
import { EdfSchedule } from "./edf-schedule.ts";
import { equalWeights } from "./load-balancer.ts";
import type { LoadBalancerScope } from "./load-balancer.ts";
import { SlowStart, type SlowStartConfig } from "./slow-start.ts";

/**
 * Turns in proportion to weights, where weights differ or a host starts slowly: what round robin and least request have in common.
 * Envoy: `EdfLoadBalancerBase`.
 */
export class WeightedTurns {
  #hosts: readonly Host[] = [];
  #schedule: EdfSchedule | null = null;
  /** The schedule was made while hosts started slowly. */
  #starting = false;
  readonly #random: () => number;
  readonly #slowStart: SlowStart | null;
  readonly #weigh: (host: Host) => number;

  /** @param weigh the weight of a host, as it is now. */
  constructor(slowStart: SlowStartConfig | undefined, scope: LoadBalancerScope, weigh: (host: Host) => number) {
    this.#random = scope.random;
    this.#slowStart = slowStart === undefined || slowStart.window === 0 ? null : new SlowStart(slowStart, scope.now);
    this.#weigh = weigh;
  }

  /** Whose turn it is; null: all are alike, whoever asks may choose by other means. */
  next(): Host | null {
    const schedule = this.#schedule;
    if (schedule === null) return null;
    const host = this.#hosts[schedule.first];
    if (!this.#starting) schedule.file(this.#weigh(host));
    else {
      schedule.file(this.#weight(host));
      // Once everybody has arrived, deadlines that were filed by lower weights are forgotten.
      if (this.#slowStart !== null && !this.#slowStart.active) this.#renew();
    }
    return host;
  }

  update(hosts: readonly Host[]): void {
    this.#hosts = hosts;
    this.#slowStart?.update(hosts);
    this.#renew();
  }

  #renew(): void {
    const hosts = this.#hosts;
    this.#starting = hosts.length > 1 && this.#slowStart !== null && this.#slowStart.active;
    this.#schedule =
      !this.#starting && equalWeights(hosts)
        ? null
        : new EdfSchedule(
            hosts.map((host) => this.#weight(host)),
            this.#random,
          );
  }

  #weight(host: Host): number {
    return this.#starting && this.#slowStart !== null ? this.#weigh(host) * this.#slowStart.factor(host) : this.#weigh(host);
  }
}
