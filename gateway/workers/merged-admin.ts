import { exportStats, mergeStats, type StatsData } from "../../core/observe/stats-merge.ts";
import type { StatsStore } from "../../core/observe/stats-store.ts";
import type { AdminCluster, AdminContext, AdminHost, AdminHostStats } from "../../plugins/admin/context.ts";
import type { HostReport, Report } from "./messages.ts";

/** What the pages need of the workers. */
export interface Workers {
  /** Asks all for what they count; settles when all have told, or did not in time. */
  ask(): Promise<void>;
  /** What they told last. */
  readonly reports: readonly Report[];
  /** Of workers that are gone: what happened stays counted. */
  readonly departed: readonly StatsData[];
  /** A page that changes something, for them to do the same. */
  forward(method: string, path: string, body: string): void;
}

/** The admin pages of a supervisor: what all workers count together, and changes that reach all. */
export function mergedAdmin(own: AdminContext, workers: Workers, newStore: () => StatsStore): AdminContext {
  const merged: AdminContext = {
    ...own,
    refresh: () => workers.ask(),
    forward: (method, path, body) => workers.forward(method, path, body),
    stats: () => {
      const store = newStore();
      mergeStats(store, exportStats(own.stats()));
      for (const report of workers.reports) mergeStats(store, report.stats);
      for (const data of workers.departed) mergeStats(store, data);
      return store;
    },
    clusters: () => own.clusters().map((cluster) => withReports(cluster, workers.reports)),
    memory: () => {
      const all = [own.memory(), ...workers.reports.map(({ memory }) => memory)];
      const sum = (of: (one: (typeof all)[number]) => number): number => all.reduce((total, one) => total + of(one), 0);
      return { allocated: sum((m) => m.allocated), heapSize: sum((m) => m.heapSize), physical: sum((m) => m.physical) };
    },
  };
  // A getter: whether there is an admin layer is for the configuration in force to say.
  Object.defineProperty(merged, "modifyRuntime", { get: () => own.modifyRuntime, enumerable: true });
  return merged;
}

function withReports(cluster: AdminCluster, reports: readonly Report[]): AdminCluster {
  const told = reports.flatMap((report) => report.clusters.filter(({ name }) => name === cluster.name));
  const hosts = cluster.hosts.map((host): AdminHost => {
    const same = told.flatMap((one) => one.hosts.filter(({ address }) => address === host.address));
    return {
      address: host.address,
      ip: host.ip,
      port: host.port,
      hostname: host.hostname,
      weight: host.weight,
      priority: host.priority,
      region: host.region,
      zone: host.zone,
      subZone: host.subZone,
      healthFlags: same.reduce((flags, one) => flags | one.healthFlags, host.healthFlags),
      pendingRequests: same.reduce((sum, one) => sum + one.pendingRequests, 0),
      stats: addUp(host.stats, same),
      // Each worker judges by what it sees; there is no rate of all.
      successRate: host.successRate,
      localOriginSuccessRate: host.localOriginSuccessRate,
    };
  });
  const { name, altStatName, limits, addedViaApi } = cluster;
  return { name, altStatName, limits, hosts, ...(addedViaApi === undefined ? {} : { addedViaApi }) };
}

function addUp(own: AdminHostStats, reports: readonly HostReport[]): AdminHostStats {
  const names = Object.keys(own) as (keyof AdminHostStats)[];
  return Object.fromEntries(
    names.map((name) => [name, reports.reduce((sum, { stats }) => sum + stats[name], own[name])]),
  ) as unknown as AdminHostStats;
}
