import { describe, expect, it } from "vitest";
import type { Host } from "../../contract/cluster.ts";
import { BalancerScope } from "../testing/balancer-scope.ts";
import { fakeHosts } from "../testing/fake-host.ts";
import type { FakeHost } from "../testing/fake-host.ts";
import { BALANCER_CASES, type BalancerSubject } from "./balancer.conformance.ts";
import { STANDARD_BALANCERS } from "./standard.ts";
import type { LoadBalancer } from "./load-balancer.ts";

const definition = (id: string): BalancerSubject["definition"] => STANDARD_BALANCERS.get(id)!;

/** Every balancer that ships, with the options that change how it chooses. */
const SUBJECTS: readonly (readonly [name: string, BalancerSubject])[] = [
  ["ROUND_ROBIN", { definition: definition("ROUND_ROBIN"), weighted: true, spread: "fair" }],
  ["LEAST_REQUEST", { definition: definition("LEAST_REQUEST"), weighted: true, spread: "fair" }],
  [
    "LEAST_REQUEST, full scan",
    { definition: definition("LEAST_REQUEST"), config: { fullScan: true }, weighted: true, spread: "fair", scans: true },
  ],
  ["RANDOM", { definition: definition("RANDOM"), weighted: false, spread: "fair" }],
  [
    "RING_HASH",
    { definition: definition("RING_HASH"), config: { minimumRingSize: 20_000 }, weighted: true, spread: 0.3, steadyFrom: 8 },
  ],
  [
    "RING_HASH, murmur",
    {
      definition: definition("RING_HASH"),
      config: { minimumRingSize: 20_000, hashFunction: "MURMUR_HASH_2" },
      weighted: true,
      spread: 0.3,
      steadyFrom: 8,
    },
  ],
  ["MAGLEV", { definition: definition("MAGLEV"), weighted: true, spread: 0.12 }],
  ["MAGLEV, bounded load", { definition: definition("MAGLEV"), config: { balanceFactor: 150 }, weighted: true, spread: 0.12 }],
];

describe.each(SUBJECTS)("%s", (_, subject) => {
  const cases = BALANCER_CASES.filter(({ byHash }) => !byHash || subject.definition.byHash === true);
  it.each(cases)("$name", (one) => one.run(subject));
});

it("every balancer that ships is held to the suite", () => {
  expect(new Set(SUBJECTS.map(([, subject]) => subject.definition))).toEqual(new Set(STANDARD_BALANCERS.values()));
});

function make(id: string, hosts: readonly Host[], config?: unknown, scope = new BalancerScope()): LoadBalancer {
  const balancer = definition(id).create(config, scope);
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
    const balancer = make("LEAST_REQUEST", hosts, { choiceCount: 5 });
    expect(count(balancer, hosts, 10_000)[0]).toBeLessThan(500);
  });

  it("lowers the weight of the busy by the bias", () => {
    const hosts = fakeHosts([2, 1]);
    hosts[0].activeRequests = 3;
    const share = (bias: number): number => {
      const balancer = make("LEAST_REQUEST", hosts, { activeRequestBias: bias });
      return count(balancer, hosts, 30_000)[0] / 30_000;
    };
    expect(share(0)).toBeCloseTo(2 / 3, 2);
    expect(share(1)).toBeCloseTo(0.5 / 1.5, 2);
    expect(share(2)).toBeCloseTo(0.125 / 1.125, 2);
  });

  it("finds the least busy of all when it scans, ties by chance", () => {
    const hosts = fakeHosts(new Array<number>(50).fill(1));
    for (const host of hosts) host.activeRequests = 3;
    hosts[7].activeRequests = hosts[31].activeRequests = 1;
    const counts = count(make("LEAST_REQUEST", hosts, { fullScan: true }), hosts, 2_000);
    expect(counts[7] + counts[31]).toBe(2_000);
    expect(Math.min(counts[7], counts[31])).toBeGreaterThan(900);
  });
});

describe.each(["ROUND_ROBIN", "LEAST_REQUEST"])("slow start of %s", (id) => {
  const slowStart = { window: 10_000, aggression: 1, minWeight: 0.1 };
  /** The share of a host that came `age` ms ago, beside three that have long been there. */
  function share(age: number, config: object = slowStart): number {
    const hosts = fakeHosts([1, 1, 1, 1]);
    const scope = new BalancerScope();
    scope.time = 100_000;
    hosts[3].healthySince = scope.time - age;
    return count(make(id, hosts, { slowStart: config }, scope), hosts, 40_000)[3] / 40_000;
  }

  it("raises the share of a new host with time, from the least on", () => {
    expect(share(0)).toBeCloseTo(0.1 / 3.1, 2);
    expect(share(500)).toBeCloseTo(0.1 / 3.1, 2);
    expect(share(5_000)).toBeCloseTo(0.5 / 3.5, 2);
    expect(share(9_000)).toBeCloseTo(0.9 / 3.9, 2);
    expect(share(10_000)).toBeCloseTo(0.25, 2);
  });

  it("raises it faster with more aggression", () => {
    expect(share(2_500, { ...slowStart, aggression: 2 })).toBeCloseTo(0.5 / 3.5, 2);
    expect(share(2_500, { ...slowStart, aggression: 0.5 })).toBeCloseTo(0.1 / 3.1, 2);
  });

  it("goes on as ever when the window is over, though nothing was updated", () => {
    const hosts = fakeHosts([1, 1, 1, 1]);
    const scope = new BalancerScope();
    hosts[3].healthySince = 0;
    const balancer = make(id, hosts, { slowStart }, scope);
    expect(count(balancer, hosts, 3_100)[3]).toBeLessThan(200);
    scope.time = 10_000;
    balancer.pick(null);
    expect(count(balancer, hosts, 4_000)[3] / 4_000).toBeCloseTo(0.25, 1);
  });

  it("does nothing while all hosts are alike", () => {
    const hosts = fakeHosts([1, 1]);
    for (const host of hosts) host.healthySince = 0;
    expect(Math.min(...count(make(id, hosts, { slowStart }), hosts, 10_000))).toBeGreaterThan(4_800);
  });
});
