import { costOf } from "../lib/wrk.ts";
import type { Cost, Load } from "../lib/wrk.ts";
import { median } from "../lib/usage.ts";
import type { Peer } from "./peers.ts";
import type { Line } from "./report.ts";
import { whileCounting } from "./work-done.ts";

/** Costs of some proxies, round by round. */
export class Paired {
  readonly #costs = new Map<string, Cost[]>();

  /** Medians of one proxy. */
  median(name: string, what: keyof Cost): number {
    return median((this.#costs.get(name) ?? []).map((cost) => cost[what]));
  }

  /** Median over the rounds of one proxy's CPU time over another's. */
  ratio(name: string, to: string): number {
    const other = this.#costs.get(to) ?? [];
    return median((this.#costs.get(name) ?? []).map((cost, round) => cost.cpu / (other[round]?.cpu ?? Number.NaN)));
  }

  has(name: string): boolean {
    return this.#costs.has(name);
  }

  add(name: string, cost: Cost): void {
    const costs = this.#costs.get(name) ?? [];
    this.#costs.set(name, costs);
    costs.push(cost);
  }

  /** A line for each proxy, cheapest last as they were added. */
  lines(reference: string, unit = "request"): Line[] {
    return [...this.#costs.keys()].map((name) => ({
      proxy: name,
      [`CPU us/${unit}`]: this.median(name, "cpu"),
      [`ratio to ${reference}`]: this.has(reference) ? this.ratio(name, reference) : "",
      [`${unit}s/s`]: shortened(this.median(name, "rate")),
      "memory MiB": Math.round(this.median(name, "memory")),
    }));
  }
}

/** Whole from 100 on. */
function shortened(value: number): number {
  return value < 100 ? value : Math.round(value);
}

/** One measurement of each kind a round, taking turns. */
export async function measureRounds(
  entries: readonly { label: string; measure: () => Promise<Cost> }[],
  rounds: number,
): Promise<Paired> {
  const paired = new Paired();
  for (let round = 0; round < rounds; round++) {
    for (const { label, measure } of entries) paired.add(label, await measure());
  }
  return paired;
}

/** One load for each proxy a round, taking turns, after a warm-up. `load` may differ between proxies. */
export async function measurePaired(
  entries: readonly { label: string; peer: Peer; load: Omit<Load, "seconds"> }[],
  rounds: number,
  seconds: number,
): Promise<Paired> {
  for (const { peer, load } of entries)
    await costOf(peer.port, peer.program.pid, { ...load, seconds: Math.max(1, Math.min(2, seconds)) });
  const measurements = entries.map(({ label, peer, load }) => {
    const fresh = load.headers?.includes("Connection: close") ?? false;
    return { label, measure: () => whileCounting(peer, fresh, () => costOf(peer.port, peer.program.pid, { ...load, seconds })) };
  });
  return measureRounds(measurements, rounds);
}
