import type { ClusterManager } from "../contract/cluster.ts";
import type { Cluster as ClusterResource } from "../resources/cluster.ts";
import { finish, NO_PAUSES, type Pace, type Sliced } from "../contract/sliced.ts";
import { resourceKey } from "../resources/diff.ts";
import { type DecodeContext, whereOf } from "../resources/schema/index.ts";
import { ClusterImpl } from "./cluster.ts";
import type { ClusterEnvironment } from "./cluster.ts";
import { readClusterConfig } from "./cluster-config.ts";
import type { ClusterConfig } from "./cluster-config.ts";
import { complain } from "./complain.ts";
import type { OpenEventLog } from "./event-log.ts";
import type { ClusterTlsEnvironment } from "../tls/cluster-tls.ts";
import { TlsStore } from "../tls/live-tls.ts";
import { Secrets } from "../tls/secrets.ts";

/** Where nobody has secrets: their files are read all the same, and not followed. */
const NO_TLS: ClusterTlsEnvironment = {
  store: new TlsStore(),
  secrets: new Secrets([]),
  log: { trace() {}, debug() {}, info() {}, warn() {}, error() {}, critical() {} } as never,
};

/** Where nobody opens files: what would be written is lost. */
const NO_LOG: OpenEventLog = () => ({ write() {}, release() {} });

/** What an update of the clusters came to. Nothing is in use, and nothing of the old manager is touched, until `commit`. */
export interface ClusterUpdate {
  readonly manager: ClusterManagerImpl;
  /** Finds the hosts of new clusters and checks their health. Fulfilled when each was tried once; never rejected. */
  warm(): Promise<void>;
  /** The new manager serves: clusters that it lacks, or has anew, drain. */
  commit(): void;
  /** The new manager will not be used: what was made for it is closed. */
  abandon(): void;
}

interface Entry {
  /** The object itself: what is read from the same text is often the same object, and then nothing has to be compared. */
  readonly resource: ClusterResource;
  /** Worked out when asked for. */
  key: string | undefined;
  /** What the names of secrets in it stand for; "" for a plain cluster. */
  readonly secrets: string;
  readonly cluster: ClusterImpl;
}

/** Where the other one is, for a message; "" when it was not read from a file. */
function placeOf(resource: ClusterResource): string {
  const where = whereOf(resource);
  return where === undefined || where.line === 0 ? "" : `; the first is in ${where.file}:${where.line}`;
}

/** A cluster that is to be made. */
interface NewCluster {
  readonly resource: ClusterResource;
  readonly config: ClusterConfig;
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

  /** The resource that a cluster was made from. */
  resourceOf(name: string): ClusterResource | undefined {
    return this.#entries.get(name)?.resource;
  }

  list(): readonly ClusterImpl[] {
    return this.#list;
  }

  /**
   * Builds the manager for these clusters. One whose resource says the same as before keeps its object, and so its connections, its hosts
   * and the state of its balancer. undefined when there were mistakes, which the context has: then nothing has changed.
   */
  update(
    resources: readonly ClusterResource[],
    context: DecodeContext,
    tls: ClusterTlsEnvironment = NO_TLS,
  ): ClusterUpdate | undefined {
    return finish(this.updateSliced(resources, context, NO_PAUSES, tls));
  }

  /** As `update`, with pauses between clusters. */
  *updateSliced(
    resources: readonly ClusterResource[],
    context: DecodeContext,
    pace: Pace,
    tls: ClusterTlsEnvironment = NO_TLS,
    openEventLog: OpenEventLog = NO_LOG,
  ): Sliced<ClusterUpdate | undefined> {
    const failures = context.failures;
    const names = new Map<string, ClusterResource>();
    const plan: (Entry | NewCluster)[] = [];
    for (const resource of resources) {
      const first = names.get(resource.name);
      if (first !== undefined) {
        const at = placeOf(first);
        complain(
          context,
          resource,
          "duplicate_name",
          `found a second cluster "${resource.name}", wanted names to be unique${at}`,
        );
      }
      names.set(resource.name, resource);
      plan.push(this.#kept(resource, secretsOf(resource, tls)) ?? { resource, config: readClusterConfig(resource, context) });
      if (pace.due()) yield;
    }
    if (context.failures > failures) return undefined;
    const entries = new Map<string, Entry>();
    const fresh: ClusterImpl[] = [];
    for (const step of plan) {
      if ("cluster" in step) entries.set(step.resource.name, step);
      else {
        const cluster = new ClusterImpl(step.config, this.#environment);
        fresh.push(cluster);
        cluster.useTls(tls, context);
        cluster.openEventLogs(openEventLog, context);
        entries.set(cluster.name, { resource: step.resource, key: undefined, secrets: secretsOf(step.resource, tls), cluster });
      }
      if (pace.due()) yield;
    }
    if (context.failures > failures) {
      for (const cluster of fresh) cluster.dispose();
      return undefined;
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

  /** The entry of a cluster whose resource says the same as now. */
  #kept(resource: ClusterResource, secrets: string): Entry | undefined {
    const entry = this.#entries.get(resource.name);
    if (entry !== undefined && entry.secrets !== secrets) return undefined;
    if (entry === undefined || entry.resource === resource) return entry;
    const key = (entry.key ??= resourceKey(entry.resource));
    // The newer object is the one that the next update may bring again.
    return key === resourceKey(resource) ? { resource, key, secrets, cluster: entry.cluster } : undefined;
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

/** Which secrets a name stands for is part of what a cluster says. */
function secretsOf(resource: ClusterResource, tls: ClusterTlsEnvironment): string {
  return resource.transportSocket === undefined && resource.transportSocketMatches.length === 0 ? "" : tls.secrets.key;
}
