import type { Host, LoadBalancerContext } from "../contract/cluster.ts";
import type { LoadBalancer } from "./balancers/load-balancer.ts";
import type { HostImpl } from "./host.ts";
import { coarseHealth, judge, spreadLoad } from "./priority-load.ts";

/** A list that a share of the picks goes to. */
class Source {
  readonly balancer: LoadBalancer;
  hosts: readonly HostImpl[] = [];
  /** Picks whose draw is below this and above the one before are this list's. */
  upTo = 0;
  panic = false;

  constructor(balancer: LoadBalancer) {
    this.balancer = balancer;
  }

  update(hosts: readonly HostImpl[]): void {
    if (hosts.length === this.hosts.length && hosts.every((host, i) => host === this.hosts[i])) return;
    this.hosts = hosts;
    this.balancer.update(hosts);
  }
}

/** How a cluster spreads its load over priorities (Envoy: `CommonLbConfig`, `ClusterLoadAssignment.Policy`). */
export interface PrioritySetOptions {
  /** Percent; 0: never panic. Default in Envoy: 50. */
  readonly panicThreshold: number;
  /** Percent. Default in Envoy: 140. */
  readonly overprovisioning: number;
  /** Whether hosts count by their weights. */
  readonly weightedHealth: boolean;
  readonly random: () => number;
  readonly createBalancer: () => LoadBalancer;
  /** A pick was made among all hosts because too few were healthy. */
  readonly onPanicPick: () => void;
}

/** Hosts by priority and health, and which of these lists a pick goes to. */
export class PrioritySet {
  readonly #options: PrioritySetOptions;
  /** By `priority * 2`, and one more for the degraded hosts. Kept while hosts come and go, so balancers keep their state. */
  readonly #sources: Source[] = [];
  /** Those that get a share. */
  #active: Source[] = [];
  /** The one that gets all, or null. */
  #only: Source | null = null;

  constructor(options: PrioritySetOptions) {
    this.#options = options;
  }

  pick(context: LoadBalancerContext | null): Host | null {
    const source = this.#only ?? this.#draw();
    if (source === null) return null;
    if (source.panic) this.#options.onPanicPick();
    return source.balancer.pick(context);
  }

  #draw(): Source | null {
    const active = this.#active;
    const draw = this.#options.random() * 100;
    for (let i = 0; i < active.length; i++) if (draw < active[i].upTo) return active[i];
    return null;
  }

  /** The lists that picks go to now, each with its share in percent. */
  get sources(): ReadonlyArray<{ readonly hosts: readonly HostImpl[]; readonly share: number; readonly panic: boolean }> {
    let before = 0;
    return this.#active.map(({ hosts, upTo, panic }) => {
      const share = upTo - before;
      before = upTo;
      return { hosts, share, panic };
    });
  }

  /** Hosts, their priorities or their health have changed. */
  update(hosts: readonly HostImpl[]): void {
    const levels: HostImpl[][] = [];
    for (const host of hosts) {
      while (levels.length <= host.priority) levels.push([]);
      levels[host.priority].push(host);
    }
    const loads = spreadLoad(
      levels.map((level) => judge(level, this.#options.weightedHealth)),
      this.#options.panicThreshold,
      this.#options.overprovisioning,
    );
    this.#active = [];
    let upTo = 0;
    for (const [priority, level] of levels.entries()) {
      const load = loads[priority];
      const first = this.#source(priority * 2);
      first.panic = load.panic;
      first.update(load.panic ? level : level.filter((host) => coarseHealth(host.healthFlags) === "healthy"));
      const second = this.#source(priority * 2 + 1);
      second.panic = load.panic;
      second.update(load.panic ? level : level.filter((host) => coarseHealth(host.healthFlags) === "degraded"));
      for (const [source, share] of [
        [first, load.healthyLoad],
        [second, load.degradedLoad],
      ] as const) {
        if (share === 0) continue;
        upTo += share;
        source.upTo = upTo;
        this.#active.push(source);
      }
    }
    for (let i = levels.length * 2; i < this.#sources.length; i++) this.#sources[i].update([]);
    this.#only = this.#active.length === 1 ? this.#active[0] : null;
  }

  #source(index: number): Source {
    while (this.#sources.length <= index) this.#sources.push(new Source(this.#options.createBalancer()));
    return this.#sources[index];
  }
}
