import { describe, expect, it } from "vitest";
import type { Host } from "../../contract/cluster.ts";
import { fakeHosts } from "../testing/fake-host.ts";
import type { FakeHost } from "../testing/fake-host.ts";
import { seededRandom } from "../testing/seeded-random.ts";
import type { LoadBalancer } from "./load-balancer.ts";
import { STANDARD_BALANCERS } from "./standard.ts";

/** What every balancer keeps to; `weighted` says whether it looks at weights. */
const CASES = [
  { id: "ROUND_ROBIN", weighted: true },
  { id: "LEAST_REQUEST", weighted: true },
  { id: "RANDOM", weighted: false },
];

function make(id: string, hosts: readonly FakeHost[], seed = 1): LoadBalancer {
  const balancer = STANDARD_BALANCERS.get(id)!.create(undefined, { random: seededRandom(seed) });
  balancer.update(hosts);
  return balancer;
}

function count(balancer: LoadBalancer, hosts: readonly FakeHost[], picks: number): number[] {
  const counts = new Map<Host | null, number>();
  for (let i = 0; i < picks; i++) {
    const host = balancer.pick(null);
    counts.set(host, (counts.get(host) ?? 0) + 1);
  }
  return hosts.map((host) => counts.get(host) ?? 0);
}

/** Pearson's statistic against the expected shares. */
function chiSquare(counts: readonly number[], shares: readonly number[]): number {
  const picks = counts.reduce((sum, n) => sum + n, 0);
  const total = shares.reduce((sum, share) => sum + share, 0);
  return counts.reduce((sum, n, i) => {
    const expected = (picks * shares[i]) / total;
    return sum + (n - expected) ** 2 / expected;
  }, 0);
}

/** 99.9th percentile of chi-square, by Wilson and Hilferty. */
function limit(degrees: number): number {
  return degrees * (1 - 2 / (9 * degrees) + 3.09 * Math.sqrt(2 / (9 * degrees))) ** 3;
}

describe.each(CASES)("$id", ({ id, weighted }) => {
  it("gives null when there is no host, before and after there were some", () => {
    const balancer = make(id, []);
    expect(balancer.pick(null)).toBeNull();
    balancer.update(fakeHosts([1, 1]));
    expect(balancer.pick(null)).not.toBeNull();
    balancer.update([]);
    expect(balancer.pick(null)).toBeNull();
  });

  it("gives the only host", () => {
    const hosts = fakeHosts([3]);
    expect(count(make(id, hosts), hosts, 10)).toEqual([10]);
  });

  it.each([2, 3, 10, 100])("is fair among %i equal hosts", (n) => {
    const hosts = fakeHosts(new Array<number>(n).fill(1));
    const counts = count(make(id, hosts, n), hosts, n * 1000);
    expect(
      chiSquare(
        counts,
        hosts.map(() => 1),
      ),
    ).toBeLessThan(limit(n - 1));
  });

  it("looks at weights if it says so", () => {
    const weights = [1, 2, 7, 40, 50];
    const hosts = fakeHosts(weights);
    const counts = count(make(id, hosts), hosts, 100_000);
    expect(chiSquare(counts, weighted ? weights : weights.map(() => 1))).toBeLessThan(limit(4));
  });

  it("serves every host, and no other, after each of many updates", () => {
    const all = fakeHosts(new Array<number>(30).fill(0).map((_, i) => 1 + (i % 3)));
    const random = seededRandom(7);
    const balancer = make(id, []);
    for (let round = 0; round < 50; round++) {
      const hosts = all.filter(() => random() < 0.5);
      balancer.update(hosts);
      if (hosts.length === 0) expect(balancer.pick(null)).toBeNull();
      else {
        const counts = count(balancer, hosts, 2000);
        expect(counts.reduce((sum, n) => sum + n, 0)).toBe(2000);
        expect(Math.min(...counts)).toBeGreaterThan(0);
      }
    }
  });

  it("allocates nothing for a pick", () => {
    const hosts = fakeHosts(new Array<number>(100).fill(0).map((_, i) => 1 + (i % 2)));
    const balancer = make(id, hosts);
    const run = (): void => {
      for (let i = 0; i < 200_000; i++) balancer.pick(null);
    };
    run();
    // A number on the heap for each pick would be 3.2 MB.
    let least = Infinity;
    for (let i = 0; i < 5; i++) {
      const before = process.memoryUsage().heapUsed;
      run();
      least = Math.min(least, Math.abs(process.memoryUsage().heapUsed - before));
    }
    expect(least).toBeLessThan(400_000);
  });

  it.each([false, true])("looks at a few of 10,000 hosts, not at all of them (weights differ: %s)", (differ) => {
    let looks = 0;
    const hosts = fakeHosts(new Array<number>(10_000).fill(0).map((_, i) => 1 + (differ ? i % 7 : 0))).map(
      (host) =>
        new Proxy(host, {
          get(target, property): unknown {
            looks++;
            return Reflect.get(target, property);
          },
        }),
    );
    const balancer = make(id, hosts);
    looks = 0;
    for (let i = 0; i < 1_000; i++) balancer.pick(null);
    // A few hosts, a few properties of each; how long that takes is the benchmark's business.
    expect(looks / 1_000).toBeLessThan(64);
  });
});

describe("ROUND_ROBIN", () => {
  it("goes round when weights are equal", () => {
    const hosts = fakeHosts([1, 1, 1]);
    const balancer = make("ROUND_ROBIN", hosts);
    const first = [balancer.pick(null), balancer.pick(null), balancer.pick(null)];
    expect(new Set(first).size).toBe(3);
    expect([balancer.pick(null), balancer.pick(null), balancer.pick(null)]).toEqual(first);
  });

  it("spreads a heavy host's turns evenly", () => {
    const hosts = fakeHosts([5, 1, 1]);
    const balancer = make("ROUND_ROBIN", hosts);
    for (let round = 0; round < 10; round++) {
      const counts = count(balancer, hosts, 7);
      expect(counts[0]).toBeGreaterThanOrEqual(4);
      expect(counts[0]).toBeLessThanOrEqual(6);
    }
  });
});

describe("LEAST_REQUEST", () => {
  it("prefers the less busy", () => {
    const hosts = fakeHosts([1, 1]);
    hosts[0].activeRequests = 10;
    const counts = count(make("LEAST_REQUEST", hosts), hosts, 10_000);
    // The busy one is taken only when both draws fall on it.
    expect(counts[0]).toBeGreaterThan(2000);
    expect(counts[0]).toBeLessThan(3000);
  });

  it("draws as many as it is told", () => {
    const hosts = fakeHosts([1, 1]);
    hosts[0].activeRequests = 10;
    const balancer = STANDARD_BALANCERS.get("LEAST_REQUEST")!.create({ choiceCount: 5 }, { random: seededRandom(1) });
    balancer.update(hosts);
    expect(count(balancer, hosts, 10_000)[0]).toBeLessThan(500);
  });

  it("lowers the weight of the busy by the bias", () => {
    const hosts = fakeHosts([2, 1]);
    hosts[0].activeRequests = 3;
    const share = (bias: number): number => {
      const balancer = STANDARD_BALANCERS.get("LEAST_REQUEST")!.create({ activeRequestBias: bias }, { random: seededRandom(1) });
      balancer.update(hosts);
      return count(balancer, hosts, 30_000)[0] / 30_000;
    };
    expect(share(0)).toBeCloseTo(2 / 3, 2);
    expect(share(1)).toBeCloseTo(0.5 / 1.5, 2);
    expect(share(2)).toBeCloseTo(0.125 / 1.125, 2);
  });
});
