import type { Host, LoadBalancerContext } from "../../../contract/cluster.ts";
import { finish, NO_PAUSES, type Pace, type Sliced } from "../../../contract/sliced.ts";
import type { LoadBalancer, LoadBalancerScope } from "../load-balancer.ts";
import { BoundedLoad } from "./bounded-load.ts";
import { type HashTable, sharesByWeight } from "./hash-table.ts";

/** What differs between those that choose by hash. */
export interface HashTableKind<T extends HashTable> {
  build(hosts: readonly Host[], shares: readonly number[], pace: Pace): Sliced<T>;
  /** Tells what the table that is used from now on looks like. */
  used(table: T): void;
}

/** Chooses by the hash of the request, through a table. Without a hash anybody is chosen. */
export class HashBalancer<T extends HashTable> implements LoadBalancer {
  #hosts: readonly Host[] = [];
  #table: HashTable | null = null;
  #bounded: BoundedLoad | null = null;
  readonly #kind: HashTableKind<T>;
  /** Percent; 0: no bound. */
  readonly #balanceFactor: number;
  readonly #random: () => number;
  readonly #active: LoadBalancerScope["active"];

  constructor(kind: HashTableKind<T>, balanceFactor: number, scope: LoadBalancerScope) {
    this.#kind = kind;
    this.#balanceFactor = balanceFactor;
    this.#random = scope.random;
    this.#active = scope.active;
  }

  pick(context: LoadBalancerContext | null, attempt = 0): Host | null {
    const table = this.#table;
    if (table === null) return null;
    const hash = context === null ? null : context.hash;
    let high: number;
    let low: number;
    if (hash === null) {
      high = (this.#random() * 4_294_967_296) | 0;
      low = (this.#random() * 4_294_967_296) | 0;
    } else {
      high = hash.high;
      low = hash.low;
    }
    const place = table.lookup(high, low, attempt);
    const bounded = this.#bounded;
    return this.#hosts[bounded === null ? place : bounded.choose(place, low)];
  }

  update(hosts: readonly Host[], shares?: readonly number[]): void {
    finish(this.prepare(hosts, shares, NO_PAUSES))();
  }

  *prepare(all: readonly Host[], given: readonly number[] | undefined, pace: Pace): Sliced<() => void> {
    // A locality without weight has no part in it.
    const hosts = given === undefined ? all : all.filter((_, i) => given[i] > 0);
    const shares = given === undefined ? sharesByWeight(hosts) : given.filter((share) => share > 0);
    const table = hosts.length === 0 ? null : yield* this.#kind.build(hosts, shares, pace);
    const bounded =
      this.#balanceFactor === 0 || table === null ? null : new BoundedLoad(this.#balanceFactor, this.#active, hosts, shares);
    return () => {
      this.#hosts = hosts;
      this.#table = table;
      this.#bounded = bounded;
      if (table !== null) this.#kind.used(table);
    };
  }
}
