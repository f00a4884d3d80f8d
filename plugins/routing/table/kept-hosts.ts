import type { RuntimeReader } from "../../../core/contract/filter.ts";
import type { VirtualHost as VirtualHostConfig } from "../../../core/resources/route.ts";
import type { VirtualHost } from "./virtual-host.ts";

/** What a compiled virtual host depends on beside its own resource. */
export interface HostSurroundings {
  readonly runtime: RuntimeReader;
  /** What the route configuration says beside its virtual hosts, and how its filters are laid out. */
  readonly key: string;
}

/** A virtual host that was compiled without a mistake. */
export interface KeptHost {
  readonly compiled: VirtualHost;
  /** The clusters that were looked for: they must still be there. */
  readonly clusters: readonly string[];
}

interface Entry extends KeptHost {
  readonly around: HostSurroundings;
}

/** One virtual host may stand in several route configurations, with other filters around it. */
const MOST = 8;

/**
 * Compiled virtual hosts by the identity of their resources: an update compiles what has changed. They go when their resources do. One for each gateway,
 * because what is compiled holds on to that gateway's statistics and logs.
 */
export class KeptHosts {
  readonly #hosts = new WeakMap<VirtualHostConfig, Entry[]>();

  find(config: VirtualHostConfig, around: HostSurroundings, clusterExists: (name: string) => boolean): VirtualHost | undefined {
    const entry = this.#hosts
      .get(config)
      ?.find(({ around: { runtime, key } }) => runtime === around.runtime && key === around.key);
    return entry?.clusters.every(clusterExists) === true ? entry.compiled : undefined;
  }

  keep(config: VirtualHostConfig, around: HostSurroundings, host: KeptHost): void {
    const others = (this.#hosts.get(config) ?? []).filter((entry) => entry.around.key !== around.key);
    this.#hosts.set(config, [{ ...host, around }, ...others].slice(0, MOST));
  }
}
