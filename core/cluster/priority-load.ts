import { DEGRADED_FLAGS, EXCLUDED_FLAGS, UNHEALTHY_FLAGS } from "./health-flag.ts";

/** What is looked at of a host. */
export interface Judged {
  readonly healthFlags: number;
  readonly weight: number;
}

/** The hosts of one priority by health. */
export interface PriorityHealth {
  readonly all: number;
  readonly excluded: number;
  readonly healthy: number;
  readonly degraded: number;
}

/** How a priority takes part. Percentages; over all priorities `healthyLoad + degradedLoad` sum up to 100. */
export interface PriorityLoad {
  healthyLoad: number;
  degradedLoad: number;
  /** So few hosts are healthy that all are used. */
  panic: boolean;
}

/** Percent by which a priority may lose hosts before the next takes over: Envoy's `overprovisioning_factor`, 1.4. */
export const OVERPROVISIONING = 140;

/** "healthy", "degraded" or "unhealthy". */
export function coarseHealth(flags: number): "healthy" | "degraded" | "unhealthy" {
  if ((flags & UNHEALTHY_FLAGS) !== 0) return "unhealthy";
  return (flags & DEGRADED_FLAGS) !== 0 ? "degraded" : "healthy";
}

/** Counts hosts, or adds their weights (`weighted_priority_health`). */
export function judge(hosts: readonly Judged[], weighted: boolean): PriorityHealth {
  let all = 0;
  let healthy = 0;
  let degraded = 0;
  let excluded = 0;
  for (const { healthFlags, weight } of hosts) {
    const share = weighted ? weight : 1;
    all += share;
    if ((healthFlags & EXCLUDED_FLAGS) !== 0) excluded += share;
    const health = coarseHealth(healthFlags);
    if (health === "healthy") healthy += share;
    else if (health === "degraded") degraded += share;
  }
  return { all, excluded, healthy, degraded };
}

/**
 * Spreads the load over the priorities as Envoy does ("Priority levels", "Degraded endpoints", "Panic threshold").
 * @param panicThreshold percent of healthy hosts below which a priority panics; 0: never.
 * @param overprovisioning percent, 140 unless the assignment says otherwise.
 */
export function spreadLoad(
  priorities: readonly PriorityHealth[],
  panicThreshold: number,
  overprovisioning = OVERPROVISIONING,
): PriorityLoad[] {
  const share = (part: number, p: PriorityHealth, factor: number): number =>
    p.all === p.excluded ? 0 : Math.min(100, Math.floor((factor * part) / (p.all - p.excluded)));
  const healthy = priorities.map((p) => share(p.healthy, p, overprovisioning));
  const degraded = priorities.map((p) => share(p.degraded, p, overprovisioning));
  const total = Math.min(
    100,
    [...healthy, ...degraded].reduce((sum, part) => sum + part, 0),
  );
  const loads = priorities.map((p): PriorityLoad => {
    const available = share(p.healthy, p, 100) + share(p.degraded, p, 100);
    return { healthyLoad: 0, degradedLoad: 0, panic: total < 100 && available < panicThreshold };
  });
  if (loads.length === 0) return loads;
  if (loads.every((load) => load.panic)) {
    spreadByCount(loads, priorities);
  } else if (total === 0) {
    loads[0].healthyLoad = 100;
  } else {
    let left = 100;
    const take = (available: number): number => {
      const load = Math.min(left, Math.floor((available * 100) / total));
      left -= load;
      return load;
    };
    loads.forEach((load, i) => (load.healthyLoad = take(healthy[i])));
    loads.forEach((load, i) => (load.degradedLoad = take(degraded[i])));
    // What rounding left goes to the first that takes part.
    const first = loads.find((load) => load.healthyLoad + load.degradedLoad > 0) ?? loads[0];
    if (first.healthyLoad > 0) first.healthyLoad += left;
    else first.degradedLoad += left;
  }
  return loads;
}

/** All panic: in proportion to their hosts. */
function spreadByCount(loads: readonly PriorityLoad[], priorities: readonly PriorityHealth[]): void {
  const count = priorities.reduce((sum, p) => sum + p.all, 0);
  if (count === 0) {
    loads[0].healthyLoad = 100;
    return;
  }
  let left = 100;
  loads.forEach((load, i) => {
    load.healthyLoad = Math.floor((100 * priorities[i].all) / count);
    left -= load.healthyLoad;
  });
  loads[priorities.findIndex((p) => p.all > 0)].healthyLoad += left;
}
