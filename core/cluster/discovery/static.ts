import type { ClusterImpl } from "../cluster.ts";
import type { Discovery } from "./discovery.ts";

/** The endpoints as configured. */
export class StaticDiscovery implements Discovery {
  readonly #cluster: ClusterImpl;

  constructor(cluster: ClusterImpl) {
    this.#cluster = cluster;
  }

  start(): Promise<void> {
    this.#cluster.setHosts(this.#cluster.config.endpoints.map(({ options }) => options));
    return Promise.resolve();
  }

  stop(): void {}
}
