import type { Host } from "../../contract/cluster.ts";

/** A host of which balancers see what they look at. */
export interface FakeHost extends Host {
  activeRequests: number;
  weight: number;
  healthySince: number;
}

/** Hosts with these weights; addresses are "10.0.0.0:80", "10.0.0.1:80", ... */
export function fakeHosts(weights: readonly number[]): FakeHost[] {
  return weights.map((weight, i) => ({
    address: `10.0.${i >> 8}.${i & 255}:80`,
    hostname: "",
    cluster: "c",
    ip: `10.0.${i >> 8}.${i & 255}`,
    port: 80,
    weight,
    priority: 0,
    locality: "",
    metadata: undefined,
    healthy: true,
    healthySince: -Infinity,
    activeRequests: 0,
    requestsTotal: 0,
    requestsError: 0,
    newStream: () => null,
    newTunnel: () => ({ cancel: () => {} }),
    newTcpConnection: () => null,
    countTimeout: () => {},
  }));
}
