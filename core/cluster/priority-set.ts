import type { Host, LoadBalancerContext } from "../contract/cluster.ts";
import { finish, NO_PAUSES, type Pace, type Sliced } from "../contract/sliced.ts";
import { modulo64 } from "../match/hash/modulo.ts";
import type { LoadBalancer } from "./balancers/load-balancer.ts";
import type { HostImpl } from "./host.ts";
import { coarseHealth, judge, spreadLoad } from "./priority-load.ts";

/** A list that a share of the picks goes to. */
class Source {
  readonly balancer: LoadBalancer;
  hosts: readonly HostImpl[] = [];
  /** Hosts weigh what they weighed when the list was given to the balancer. */
  #weights: readonly number[] = [];

  constructor(balancer: LoadBalancer) {
    this.balancer = balancer;
  }

  /** What is returned gives the balancer the list. Nothing is done when it has it already. */
  *prepare(hosts: readonly HostImpl[], pace: Pace): Sliced<() => void> {
    const same =
      hosts.length === this.hosts.length && hosts.every((host, i) => host === this.hosts[i] && host.weight === this.#weights[i]);
    if (same) return () => {};
    const { balancer } = this;
    const ready = balancer.prepare === undefined ? undefined : yield* balancer.prepare(hosts, undefined, pace);
    const weights = hosts.map((host) => host.weight);
    return () => {
      this.hosts = hosts;
      this.#weights = weights;
      if (ready === undefined) balancer.update(hosts);
      else ready();
    };
  }
}

/** A share of the picks. */
interface Share {
  readonly source: Source;
  readonly hosts: readonly HostImpl[];
  /** Picks whose draw is below this, of 100, and not below the one before are this list's. */
  readonly upTo: number;
  readonly panic: boolean;
}

/** How a cluster spreads its load over priorities (Envoy: `CommonLbConfig`, `ClusterLoadAssignment.Policy`). */
export interface PrioritySetOptions {
  /** Percent; 0: never panic. Default in Envoy: 50. */
  readonly panicThreshold: number;
  /** Percent. Default in Envoy: 140. */
  readonly overprovisioning: number;
  /** Whether hosts count by their weights. */
  readonly weightedHealth: boolean;
  /** The hash of a request chooses the priority as well, so that it stays with its host. */
  readonly byHash: boolean;
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
  #shares: readonly Share[] = [];
  /** The one that gets all, or null. */
  #only: Share | null = null;

  constructor(options: PrioritySetOptions) {
    this.#options = options;
  }

  /** `attempt`: how many hosts the request has refused just before. */
  pick(context: LoadBalancerContext | null, attempt = 0): Host | null {
    const share = this.#only ?? this.#draw(context);
    if (share === null) return null;
    if (share.panic) this.#options.onPanicPick();
    return share.source.balancer.pick(context, attempt);
  }

  #draw(context: LoadBalancerContext | null): Share | null {
    const shares = this.#shares;
    const hash = !this.#options.byHash || context === null ? null : context.hash;
    const draw = hash === null ? this.#options.random() * 100 : modulo64(hash.high, hash.low, 100);
    for (let i = 0; i < shares.length; i++) if (draw < shares[i].upTo) return shares[i];
    return null;
  }

  /** The lists that picks go to now, each with its share in percent. */
  get sources(): ReadonlyArray<{ readonly hosts: readonly HostImpl[]; readonly share: number; readonly panic: boolean }> {
    let before = 0;
    return this.#shares.map(({ hosts, upTo, panic }) => {
      const share = upTo - before;
      before = upTo;
      return { hosts, share, panic };
    });
  }

  /** Hosts, their priorities, weights or health have changed. */
  update(hosts: readonly HostImpl[]): void {
    finish(this.prepare(hosts, NO_PAUSES))();
  }

  /** As `update`, in slices: nothing changes before what is returned is called, which takes no time. */
  *prepare(hosts: readonly HostImpl[], pace: Pace): Sliced<() => void> {
    const { byHash, panicThreshold, overprovisioning, weightedHealth } = this.#options;
    const levels: HostImpl[][] = [];
    for (const host of hosts) {
      while (levels.length <= host.priority) levels.push([]);
      levels[host.priority].push(host);
    }
    if (pace.due()) yield;
    const loads = spreadLoad(
      levels.map((level) => judge(level, weightedHealth)),
      panicThreshold,
      overprovisioning,
    );
    if (pace.due()) yield;
    const commits: (() => void)[] = [];
    const first: Share[] = [];
    const second: Share[] = [];
    let upTo = 0;
    const healthyTotal = loads.reduce((sum, load) => sum + load.healthyLoad, 0);
    let degradedUpTo = healthyTotal;
    for (const [priority, level] of levels.entries()) {
      const { panic, healthyLoad, degradedLoad } = loads[priority];
      const healthy = panic ? level : level.filter((host) => coarseHealth(host.healthFlags) === "healthy");
      const degraded = panic ? level : level.filter((host) => coarseHealth(host.healthFlags) === "degraded");
      if (pace.due()) yield;
      // One table serves a priority: a key must not go to two hosts.
      const lists = byHash ? [healthy.length > 0 ? healthy : degraded, []] : [healthy, degraded];
      for (let kind = 0; kind < 2; kind++) commits.push(yield* this.#source(priority * 2 + kind).prepare(lists[kind], pace));
      upTo += healthyLoad;
      degradedUpTo += degradedLoad;
      if (healthyLoad > 0) first.push({ source: this.#source(priority * 2), hosts: lists[0], upTo, panic });
      const kind = byHash ? 0 : 1;
      if (degradedLoad > 0)
        second.push({ source: this.#source(priority * 2 + kind), hosts: lists[kind], upTo: degradedUpTo, panic });
    }
    const gone = this.#sources.slice(levels.length * 2);
    for (const source of gone) commits.push(yield* source.prepare([], pace));
    return () => {
      for (const commit of commits) commit();
      this.#shares = [...first, ...second];
      this.#only = this.#shares.length === 1 ? this.#shares[0] : null;
    };
  }

  #source(index: number): Source {
    while (this.#sources.length <= index) this.#sources.push(new Source(this.#options.createBalancer()));
    return this.#sources[index];
  }
}
