import type { ClusterImpl } from "../cluster.ts";
import { LogicalDnsDiscovery } from "./logical-dns.ts";
import { StaticDiscovery } from "./static.ts";
import { StrictDnsDiscovery } from "./strict-dns.ts";

/** Finds the hosts of one cluster and hands them to `setHosts`. */
export interface Discovery {
  /** Fulfilled after the first attempt, whatever comes of it. */
  start(): Promise<void>;
  stop(): void;
}

/** The one that the cluster's type asks for. */
export function createDiscovery(cluster: ClusterImpl): Discovery {
  switch (cluster.config.discovery) {
    case "STATIC":
      return new StaticDiscovery(cluster);
    case "STRICT_DNS":
      return new StrictDnsDiscovery(cluster);
    case "LOGICAL_DNS":
      return new LogicalDnsDiscovery(cluster);
  }
}
