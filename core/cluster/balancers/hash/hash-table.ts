import type { Host } from "../../../contract/cluster.ts";

/** What a hash is looked up in: an immutable table over a list of hosts. */
export interface HashTable {
  /** The place of a host in the list. `attempt`: how often another host was asked for; 0: the hash's own. Only when there are hosts. */
  lookup(high: number, low: number, attempt: number): number;
}

/**
 * What a host is hashed by: `hash_key` of its metadata (`envoy.lb`), its name, or its address. Envoy: `ThreadAwareLoadBalancerBase`'s
 * `hashKey`.
 */
export function hashKey(host: Host, useHostname: boolean): string {
  const own = (host.metadata?.["envoy.lb"] as Readonly<Record<string, unknown>> | undefined)?.["hash_key"];
  if (typeof own === "string" && own !== "") return own;
  return useHostname ? host.hostname : host.address;
}

/** The parts of the load by the weights of hosts, summing up to 1. */
export function sharesByWeight(hosts: readonly Host[]): number[] {
  let sum = 0;
  for (const { weight } of hosts) sum += weight;
  return hosts.map(({ weight }) => weight / sum);
}
