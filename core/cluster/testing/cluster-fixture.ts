import { StatsStore } from "../../observe/stats-store.ts";
import { Cluster } from "../../resources/cluster.ts";
import { decodeText, DecodeContext, formatErrors } from "../../resources/schema/index.ts";
import { FakeClock } from "../../transport/clock.ts";
import { TimerWheel } from "../../transport/timers.ts";
import { STANDARD_BALANCERS } from "../balancers/standard.ts";
import { ClusterImpl } from "../cluster.ts";
import type { ClusterEnvironment } from "../cluster.ts";
import { readClusterConfig } from "../cluster-config.ts";
import { fakeConnect } from "./fake-connection.ts";
import type { FakeConnection } from "./fake-connection.ts";
import { FakeDns } from "./fake-dns.ts";
import { seededRandom } from "./seeded-random.ts";

/** A cluster resource from YAML. */
export function clusterResource(yaml: string): Cluster {
  const { value, errors } = decodeText(Cluster, yaml, { file: "cluster.yaml" });
  if (value === undefined || errors.length > 0) throw new Error(formatErrors(errors));
  return value;
}

/** An environment in which nothing is real: connections, names and time are the test's. */
export class ClusterFixture {
  readonly clock: FakeClock = new FakeClock(1000, 1_000_000);
  readonly timers: TimerWheel = new TimerWheel(this.clock);
  readonly connections: FakeConnection[] = [];
  readonly dns: FakeDns = new FakeDns();
  readonly store: StatsStore = new StatsStore();
  readonly logged: string[] = [];
  readonly environment: ClusterEnvironment;

  constructor(overrides: Partial<ClusterEnvironment> = {}) {
    this.environment = {
      connect: fakeConnect(this.connections),
      clock: this.clock,
      timers: this.timers,
      stats: this.store,
      resolver: this.dns,
      balancers: STANDARD_BALANCERS,
      random: seededRandom(1),
      log: (message) => this.logged.push(message),
      ...overrides,
    };
  }

  /** A cluster "c" with these further fields, in YAML; not warmed. */
  cluster(yaml: string): ClusterImpl {
    const context = new DecodeContext();
    const config = readClusterConfig(clusterResource(`name: c\n${yaml}`), context);
    if (context.errors.length > 0) throw new Error(formatErrors(context.errors));
    return new ClusterImpl(config, this.environment);
  }

  /** A warmed STATIC cluster with one host, 10.0.0.1:80. */
  async static(yaml = ""): Promise<ClusterImpl> {
    const cluster = this.cluster(
      `load_assignment: { cluster_name: c, endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: 10.0.0.1, port_value: 80 } } } }] }] }\n${yaml}`,
    );
    await cluster.warm();
    return cluster;
  }

  /** Time passes, and timers run out. What they start is awaited. */
  async advance(ms: number): Promise<void> {
    this.clock.advance(ms);
    this.timers.advance();
    await settle();
  }

  /** Value of a counter or gauge below `cluster.c.`. */
  stat(name: string): number {
    const full = `cluster.c.${name}`;
    const found = [...this.store.counters, ...this.store.gauges].find((series) => series.name === full);
    if (found === undefined) throw new Error(`there is no ${full}`);
    return found.value;
  }
}

/** Lets promises that are fulfilled go on. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}
