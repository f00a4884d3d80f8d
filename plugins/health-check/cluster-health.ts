import type { ClusterManager } from "../../core/contract/cluster.ts";

/** A verdict over clusters: the details for the log say why. */
export interface Verdict {
  readonly healthy: boolean;
  readonly details: string;
}

export const HEALTHY: Verdict = { healthy: true, details: "health_check_ok_cluster_healthy" };
export const UNHEALTHY: Verdict = { healthy: false, details: "health_check_failed_cluster_unhealthy" };
export const EMPTY: Verdict = { healthy: false, details: "health_check_failed_cluster_empty" };
export const NO_CLUSTER: Verdict = { healthy: false, details: "health_check_failed_no_cluster_found" };

/** Whether of each cluster at least so many percent of the hosts are healthy. An empty cluster is so only for 0. */
export function judgeClusters(
  clusters: ClusterManager | undefined,
  minimums: readonly (readonly [name: string, percent: number])[],
): Verdict {
  for (const [name, percent] of minimums) {
    const cluster = clusters?.get(name);
    if (cluster === undefined) return NO_CLUSTER;
    const { hosts } = cluster;
    if (hosts.length === 0) {
      if (percent === 0) continue;
      return EMPTY;
    }
    let healthy = 0;
    for (const host of hosts) if (host.healthy) healthy++;
    if (100 * healthy < hosts.length * percent) return UNHEALTHY;
  }
  return HEALTHY;
}
