import assert from "node:assert/strict";
import type { Host, LoadBalancerContext } from "../../contract/cluster.ts";
import { finish } from "../../contract/sliced.ts";
import { BalancerScope, hashContext } from "../testing/balancer-scope.ts";
import { fakeHosts } from "../testing/fake-host.ts";
import type { FakeHost } from "../testing/fake-host.ts";
import { seededRandom } from "../testing/seeded-random.ts";
import type { LoadBalancer, LoadBalancerDefinition } from "./load-balancer.ts";

/** A balancer that is held to what every balancer keeps to. */
export interface BalancerSubject {
  readonly definition: LoadBalancerDefinition;
  /** Configuration for all cases. Default: none. */
  readonly config?: unknown;
  /** Whether hosts get shares by their weights. */
  readonly weighted: boolean;
  /**
   * How far from its share a host may be: "fair" is by chance alone, told by chi-square; a number is a part of the share, for those whose tables
   * favour some hosts for good.
   */
  readonly spread: "fair" | number;
  /** It looks at every host for each pick. Default false. */
  readonly scans?: boolean;
  /**
   * Of balancers by hash: from how many hosts N on at most 1/N + 10 % of the keys move when one leaves. Default 2. Envoy's ring is no smaller
   * with fewer hosts, so that those which stay get new places on it: there it holds from 8 on.
   */
  readonly steadyFrom?: number;
}

/** One thing that every balancer does. Free of any test framework: run all of them on a balancer of your own. */
export interface BalancerCase {
  readonly name: string;
  /** Only for balancers that choose by the hash of the request. Default false. */
  readonly byHash?: boolean;
  run(subject: BalancerSubject): void;
}

function make({ definition, config }: BalancerSubject, hosts: readonly Host[], seed = 1): LoadBalancer {
  const balancer = definition.create(config, new BalancerScope(seed));
  balancer.update(hosts);
  return balancer;
}

function count(
  balancer: LoadBalancer,
  hosts: readonly Host[],
  picks: number,
  context: () => LoadBalancerContext | null = () => null,
): number[] {
  const counts = new Map<Host | null, number>();
  for (let i = 0; i < picks; i++) {
    const host = balancer.pick(context());
    counts.set(host, (counts.get(host) ?? 0) + 1);
  }
  return hosts.map((host) => counts.get(host) ?? 0);
}

/** Pearson's statistic against the expected shares. */
export function chiSquare(counts: readonly number[], shares: readonly number[]): number {
  const picks = counts.reduce((sum, n) => sum + n, 0);
  const total = shares.reduce((sum, share) => sum + share, 0);
  return counts.reduce((sum, n, i) => {
    const expected = (picks * shares[i]) / total;
    return sum + (n - expected) ** 2 / expected;
  }, 0);
}

/** 99.9th percentile of chi-square, by Wilson and Hilferty. */
export function chiSquareLimit(degrees: number): number {
  return degrees * (1 - 2 / (9 * degrees) + 3.09 * Math.sqrt(2 / (9 * degrees))) ** 3;
}

function assertShares(counts: readonly number[], shares: readonly number[], spread: "fair" | number): void {
  const picks = counts.reduce((sum, n) => sum + n, 0);
  const total = shares.reduce((sum, share) => sum + share, 0);
  assert.ok(picks > 0);
  if (spread === "fair") {
    const found = chiSquare(counts, shares);
    const limit = chiSquareLimit(counts.length - 1);
    assert.ok(found < limit, `chi-square of ${counts.join(" ")} against ${shares.join(" ")}: ${found}, wanted below ${limit}`);
    return;
  }
  counts.forEach((n, i) => {
    const expected = (picks * shares[i]) / total;
    assert.ok(Math.abs(n - expected) <= spread * expected, `host ${i} got ${n}, wanted ${expected} within ${spread * 100} %`);
  });
}

const ones = (n: number): number[] => new Array<number>(n).fill(1);

/** Hashes that a route's policies could give, the same each time. */
function hashes(n: number, seed: number): LoadBalancerContext[] {
  const random = seededRandom(seed);
  return Array.from({ length: n }, () => hashContext(random() * 2 ** 32, random() * 2 ** 32));
}

/** What all balancers keep to. */
export const BALANCER_CASES: readonly BalancerCase[] = [
  {
    name: "gives null when there is no host, before and after there were some",
    run(subject) {
      const balancer = make(subject, []);
      assert.equal(balancer.pick(null), null);
      balancer.update(fakeHosts([1, 1]));
      assert.notEqual(balancer.pick(null), null);
      balancer.update([]);
      assert.equal(balancer.pick(null), null);
    },
  },
  {
    name: "gives the only host, with and without a hash",
    run(subject) {
      const hosts = fakeHosts([3]);
      assert.deepEqual(count(make(subject, hosts), hosts, 10), [10]);
      assert.deepEqual(
        count(make(subject, hosts), hosts, 10, () => hashContext(-1, 7)),
        [10],
      );
    },
  },
  ...[2, 3, 10, 100].map((n): BalancerCase => ({
    name: `spreads evenly over ${n} equal hosts`,
    run(subject) {
      const hosts = fakeHosts(ones(n));
      assertShares(count(make(subject, hosts, n), hosts, n * 1000), ones(n), subject.spread);
    },
  })),
  {
    name: "looks at weights if it says so",
    run(subject) {
      const weights = [1, 2, 7, 40, 50];
      const hosts = fakeHosts(weights);
      const counts = count(make(subject, hosts), hosts, 100_000);
      assertShares(counts, subject.weighted ? weights : ones(5), subject.spread);
    },
  },
  {
    name: "serves every host, and no other, after each of many updates",
    run(subject) {
      const all = fakeHosts(Array.from({ length: 30 }, (_, i) => 1 + (i % 3)));
      const random = seededRandom(7);
      const balancer = make(subject, []);
      for (let round = 0; round < 50; round++) {
        const hosts = all.filter(() => random() < 0.5);
        balancer.update(hosts);
        if (hosts.length === 0) assert.equal(balancer.pick(null), null);
        else {
          const counts = count(balancer, hosts, 2000);
          assert.equal(
            counts.reduce((sum, n) => sum + n, 0),
            2000,
          );
          assert.ok(Math.min(...counts) > 0);
        }
      }
    },
  },
  {
    name: "changes nothing while an update is prepared in slices, then all at once",
    run(subject) {
      const before = fakeHosts([1, 1]);
      const after = fakeHosts(ones(200)).slice(100);
      const balancer = make(subject, before);
      if (balancer.prepare === undefined) return;
      const work = balancer.prepare(after, undefined, { due: () => true });
      let step = work.next();
      while (step.done !== true) {
        assert.ok(before.includes(balancer.pick(null) as FakeHost));
        step = work.next();
      }
      assert.ok(before.includes(balancer.pick(null) as FakeHost));
      step.value();
      assert.ok(after.includes(balancer.pick(null) as FakeHost));
      const context = hashContext(5, 6);
      const again = make(subject, []);
      finish(again.prepare!(after, undefined, { due: () => false }))();
      if (subject.definition.byHash) assert.equal(again.pick(context), balancer.pick(context));
    },
  },
  {
    name: "allocates nothing for a pick",
    run(subject) {
      const hosts = fakeHosts(Array.from({ length: 100 }, (_, i) => 1 + (i % 2)));
      const balancer = make(subject, hosts);
      const context = hashContext(0x12345678, -99);
      const run = (): void => {
        for (let i = 0; i < 100_000; i++) {
          balancer.pick(null);
          balancer.pick(context);
        }
      };
      run();
      // A number on the heap for each pick would be 3.2 MB.
      let least = Infinity;
      for (let i = 0; i < 5; i++) {
        const before = process.memoryUsage().heapUsed;
        run();
        least = Math.min(least, Math.abs(process.memoryUsage().heapUsed - before));
      }
      assert.ok(least < 400_000, `${least} bytes`);
    },
  },
  ...[false, true].map((differ): BalancerCase => ({
    name: `looks at a few of 10,000 hosts${differ ? " whose weights differ" : ""}, not at all of them`,
    run(subject) {
      if (subject.scans && !differ) return;
      let looks = 0;
      const hosts = fakeHosts(Array.from({ length: 10_000 }, (_, i) => 1 + (differ ? i % 7 : 0))).map(
        (host) =>
          new Proxy(host, {
            get(target, property): unknown {
              looks++;
              return Reflect.get(target, property);
            },
          }),
      );
      const balancer = make(subject, hosts);
      const contexts = hashes(1_000, 3);
      looks = 0;
      for (const context of contexts) balancer.pick(context);
      // A few hosts, a few properties of each; how long that takes is the benchmark's business.
      assert.ok(looks / 1_000 < 64, `${looks / 1_000} looks a pick`);
    },
  })),
  {
    name: "gives a hash the same host each time, and after hosts were away",
    byHash: true,
    run(subject) {
      const hosts = fakeHosts(ones(10));
      const balancer = make(subject, hosts);
      const contexts = hashes(1_000, 5);
      const first = contexts.map((context) => balancer.pick(context));
      assert.deepEqual(new Set(first).size, 10);
      balancer.update(hosts.slice(3));
      balancer.update(hosts);
      contexts.forEach((context, i) => assert.equal(balancer.pick(context), first[i]));
    },
  },
  ...[5, 8, 10, 50].map((n): BalancerCase => ({
    name: `moves at most 1/${n} + 10 % of the keys when one of ${n} hosts leaves`,
    byHash: true,
    run(subject) {
      if (n < (subject.steadyFrom ?? 2)) return;
      const hosts = fakeHosts(ones(n));
      const balancer = make(subject, hosts);
      const contexts = hashes(10_000, n);
      const before = contexts.map((context) => balancer.pick(context));
      let worst = 0;
      for (const gone of [0, 2, n - 1]) {
        balancer.update(hosts.filter((_, i) => i !== gone));
        const moved = contexts.filter((context, i) => balancer.pick(context) !== before[i]).length;
        const needed = before.filter((host) => host === hosts[gone]).length;
        // What the host that left had must move; of the others hardly any.
        assert.ok(moved >= needed);
        worst = Math.max(worst, moved / contexts.length);
      }
      assert.ok(worst <= 1 / n + 0.1, `${worst * 100} % of the keys moved`);
    },
  })),
  {
    name: "gives another host to a request that refused the first",
    byHash: true,
    run(subject) {
      const hosts = fakeHosts(ones(10));
      const balancer = make(subject, hosts);
      for (const context of hashes(100, 9)) {
        const seen = new Set(Array.from({ length: 64 }, (_, attempt) => balancer.pick(context, attempt)));
        assert.ok(seen.size > 5, `${seen.size} hosts in 64 attempts`);
      }
    },
  },
];
