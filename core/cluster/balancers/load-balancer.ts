import type { Host, LoadBalancerContext } from "../../contract/cluster.ts";

/**
 * Chooses among hosts. One instance serves one list: the healthy hosts of a priority, say; who is healthy and which priority
 * is used was decided before. `pick` runs for every request: it allocates nothing and looks at no more hosts than it must.
 */
export interface LoadBalancer {
  /** null when the list is empty. */
  pick(context: LoadBalancerContext | null): Host | null;
  /** Replaces the list. What the balancer knows of hosts that stay may be kept. The caller does not change the list afterwards. */
  update(hosts: readonly Host[]): void;
}

/** What a balancer is made with. */
export interface LoadBalancerScope {
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** A kind of balancer: plain data. A cluster manager is given a map of these by `lb_policy`; nothing registers itself. */
export interface LoadBalancerDefinition<Config = unknown> {
  readonly kind: "load_balancer";
  /** Envoy's name: "ROUND_ROBIN". */
  readonly id: string;
  readonly create: (config: Config, scope: LoadBalancerScope) => LoadBalancer;
}

/** Whether all hosts weigh the same: then no weights need be looked at. */
export function equalWeights(hosts: readonly Host[]): boolean {
  for (let i = 1; i < hosts.length; i++) if (hosts[i].weight !== hosts[0].weight) return false;
  return true;
}
