import type { Host, LoadBalancerContext } from "../../contract/cluster.ts";
import type { Pace, Sliced } from "../../contract/sliced.ts";
import type { StatsScope } from "../../contract/stats.ts";

/**
 * Chooses among hosts. One instance serves one list: the healthy hosts of a priority, say; who is healthy and which priority
 * is used was decided before. `pick` runs for every request: it allocates nothing and looks at no more hosts than it must.
 */
export interface LoadBalancer {
  /**
   * null when the list is empty. `attempt`: how many hosts the request has refused just before; a balancer that would give the same host
   * again gives another one for it.
   */
  pick(context: LoadBalancerContext | null, attempt?: number): Host | null;
  /**
   * Replaces the list. What the balancer knows of hosts that stay may be kept. The caller does not change the list afterwards.
   * `shares`: the parts of the load that hosts are to get, summing up to 1, in place of their weights; only for definitions `byHash`.
   */
  update(hosts: readonly Host[], shares?: readonly number[]): void;
  /**
   * As `update`, for those that take long to build what they pick from: in slices, and nothing changes before what is returned is called.
   * Absent: `update` is called.
   */
  prepare?(hosts: readonly Host[], shares: readonly number[] | undefined, pace: Pace): Sliced<() => void>;
}

/** What a balancer is made with. */
export interface LoadBalancerScope {
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** `cluster.NAME.` */
  readonly stats: StatsScope;
  /** How many requests run on the whole cluster. */
  readonly active: { readonly value: number };
}

/** A kind of balancer: plain data. A cluster manager is given a map of these by `lb_policy`; nothing registers itself. */
export interface LoadBalancerDefinition<Config = unknown> {
  readonly kind: "load_balancer";
  /** Envoy's name: "ROUND_ROBIN". */
  readonly id: string;
  /** It chooses by the hash of the request: the priority is then chosen by it as well. Default false. */
  readonly byHash?: boolean;
  readonly create: (config: Config, scope: LoadBalancerScope) => LoadBalancer;
}

/** Whether all hosts weigh the same: then no weights need be looked at. */
export function equalWeights(hosts: readonly Host[]): boolean {
  for (let i = 1; i < hosts.length; i++) if (hosts[i].weight !== hosts[0].weight) return false;
  return true;
}
