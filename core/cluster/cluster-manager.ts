import type { ClusterManager } from "../contract/cluster.ts";
import type { Cluster as ClusterResource } from "../resources/cluster.ts";
import { resourceKey } from "../resources/diff.ts";
import type { DecodeContext } from "../resources/schema/index.ts";
import { ClusterImpl } from "./cluster.ts";
import type { ClusterEnvironment } from "./cluster.ts";
import { readClusterConfig } from "./cluster-config.ts";
import type { ClusterConfig } from "./cluster-config.ts";
import { complain } from "./complain.ts";

/** What an update of the clusters came to. Nothing is in use, and nothing of the old manager is touched, until `commit`. */
export interface ClusterUpdate {
  readonly manager: ClusterManagerImpl;
  /** Finds the hosts of new clusters. Fulfilled when each was tried once; never rejected. */
  warm(): Promise<void>;
  /** The new manager serves: clusters that it lacks, or has anew, drain. */
  commit(): void;
  /** The new manager will not be used: what was made for it is closed. */
  abandon(): void;
}

interface Entry {
  readonly key: string;
  readonly cluster: ClusterImpl;
}

/** The clusters of one snapshot. Immutable: an update makes a new one, which shares the clusters that did not change. */
export class ClusterManagerImpl implements ClusterManager {
  readonly #environment: ClusterEnvironment;
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #list: readonly ClusterImpl[];

  private constructor(environment: ClusterEnvironment, entries: ReadonlyMap<string, Entry>) {
    this.#environment = environment;
    this.#entries = entries;
    this.#list = [...entries.values()].map((entry) => entry.cluster);
  }

  /** Without clusters: where the first update starts from. */
  static empty(environment: ClusterEnvironment): ClusterManagerImpl {
    return new ClusterManagerImpl(environment, new Map());
  }

  get(name: string): ClusterImpl | undefined {
    return this.#entries.get(name)?.cluster;
  }

  list(): readonly ClusterImpl[] {
    return this.#list;
  }

  /**
   * Builds the manager for these clusters. One whose resource says the same as before keeps its object, and so its connections, its hosts
   * and the state of its balancer. undefined when there were mistakes, which the context has: then nothing has changed.
   */
  update(resources: readonly ClusterResource[], context: DecodeContext): ClusterUpdate | undefined {
    const failures = context.failures;
    const entries = new Map<string, Entry>();
    const fresh: ClusterImpl[] = [];
    const configs = readAll(resources, context);
    if (context.failures > failures) return undefined;
    for (const [i, config] of configs.entries()) {
      const key = resourceKey(resources[i]);
      const old = this.#entries.get(config.name);
      if (old?.key === key) {
        entries.set(config.name, old);
      } else {
        const cluster = new ClusterImpl(config, this.#environment);
        fresh.push(cluster);
        entries.set(config.name, { key, cluster });
      }
    }
    const gone = this.#list.filter((cluster) => entries.get(cluster.name)?.cluster !== cluster);
    return {
      manager: new ClusterManagerImpl(this.#environment, entries),
      warm: async () => {
        await Promise.all(fresh.map((cluster) => cluster.warm()));
      },
      commit: () => gone.forEach((cluster) => cluster.drain()),
      abandon: () => fresh.forEach((cluster) => cluster.dispose()),
    };
  }

  /** The process ends: idle connections are closed, the others when their response is over. */
  drain(): void {
    for (const cluster of this.#list) cluster.drain();
  }

  /** Closes all connections at once. */
  dispose(): void {
    for (const cluster of this.#list) cluster.dispose();
  }
}

function readAll(resources: readonly ClusterResource[], context: DecodeContext): readonly ClusterConfig[] {
  const names = new Set<string>();
  return resources.map((resource) => {
    if (names.has(resource.name)) {
      complain(context, resource, "duplicate_name", `found a second cluster "${resource.name}", wanted names to be unique`);
    }
    names.add(resource.name);
    return readClusterConfig(resource, context);
  });
}
