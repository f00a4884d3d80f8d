import { Loggers } from "../../core/observe/logger.ts";
import { StatsStore } from "../../core/observe/stats-store.ts";
import type { JsonObject } from "../../core/resources/document/scalar.ts";
import { FakeClock } from "../../core/transport/clock.ts";
import type { AdminContext, AdminHost, ServerState } from "./context.ts";

/** A server for tests of the admin pages; `done` notes what it was told to do. */
export interface AdminFixture {
  readonly context: AdminContext;
  readonly store: StatsStore;
  readonly done: string[];
  state: ServerState;
}

const LIMITS = { maxConnections: 1024, maxPendingRequests: 1024, maxRequests: 1024, maxRetries: 3 };
const NO_STATS = {
  cx_active: 0,
  cx_connect_fail: 0,
  cx_total: 0,
  rq_active: 0,
  rq_error: 0,
  rq_success: 0,
  rq_timeout: 0,
  rq_total: 0,
};
const HOST: AdminHost = {
  address: "127.0.0.1:9002",
  ip: "127.0.0.1",
  port: 9002,
  hostname: "hh",
  weight: 1,
  priority: 0,
  region: "r",
  zone: "z",
  subZone: "s",
  healthFlags: 0,
  pendingRequests: 0,
  successRate: -1,
  localOriginSuccessRate: -1,
  stats: NO_STATS,
};

const cluster = (name: string): JsonObject => ({ name, type: "STATIC", loadAssignment: { clusterName: name } });
const LISTENER: JsonObject = { name: "l1", address: { socket_address: { address: "127.0.0.1", port_value: 9300 } } };

/** Clusters `o` and `dead.one`, as Envoy's were when the expected pages were taken. */
export function adminFixture(): AdminFixture {
  const done: string[] = [];
  const store = new StatsStore();
  const clock = new FakeClock(0, Date.UTC(2026, 10, 24));
  const loggers = new Loggers({ write: (line) => done.push(line), clock, pid: 1 });
  for (const name of ["main", "admin", "upstream"]) loggers.get(name);
  const fixture: AdminFixture = {
    store,
    done,
    state: "LIVE",
    context: {
      stats: () => store,
      loggers,
      log: loggers.get("admin"),
      state: () => fixture.state,
      serverInfo: () => ({ version: "isthmus/0.1.0", uptime: 9500, node: { id: "n1" }, commandLineOptions: { concurrency: 1 } }),
      clusters: () => [
        {
          name: "o",
          altStatName: "",
          limits: { DEFAULT: { ...LIMITS, maxConnections: 4096 }, HIGH: LIMITS },
          hosts: [
            {
              ...HOST,
              address: "127.0.0.1:9001",
              port: 9001,
              hostname: "",
              region: "",
              zone: "",
              subZone: "",
              stats: { ...NO_STATS, cx_active: 1, cx_total: 2, rq_success: 10, rq_total: 10 },
            },
          ],
        },
        {
          name: "dead.one",
          altStatName: "dead_alt",
          limits: { DEFAULT: LIMITS, HIGH: LIMITS },
          hosts: [{ ...HOST, healthFlags: 5 }],
        },
      ],
      listeners: () => [
        { name: "l1", address: "127.0.0.1", port: 9300 },
        { name: "l6", address: "::1", port: 80 },
      ],
      configDump: () => ({
        bootstrap: { node: { id: "n1" }, staticResources: { clusters: [cluster("o")] } },
        lastUpdated: Date.UTC(2026, 10, 24),
        clusters: [
          { name: "o", resource: cluster("o"), lastUpdated: 0 },
          { name: "dead.one", resource: cluster("dead.one"), lastUpdated: 0 },
          { name: "dyn", resource: cluster("dyn"), lastUpdated: 0, version: "7" },
          { name: "warm", resource: cluster("warm"), lastUpdated: 0, version: "7", status: "warming" },
        ],
        listeners: [
          { name: "l1", resource: LISTENER, lastUpdated: 0 },
          { name: "l2", resource: LISTENER, lastUpdated: 0, version: "8" },
        ],
        routes: [{ name: "r1", resource: { name: "r1" }, lastUpdated: 0 }],
        endpoints: [{ name: "o", resource: { clusterName: "o" }, lastUpdated: 0 }],
        secrets: [{ name: "s", resource: { name: "s", genericSecret: { secret: { inlineString: "hidden" } } }, lastUpdated: 0 }],
      }),
      runtime: () => ({ layers: ["base", "admin"], entries: [{ key: "k", layerValues: ["1", ""], finalValue: "1" }] }),
      certificates: () => [],
      explain: (ask) => (typeof ask === "object" && ask !== null && "url" in ask ? { request: ask } : "wanted a url"),
      memory: () => ({ allocated: 10, heapSize: 30, physical: 50 }),
      drain: (options) => done.push(`drain ${JSON.stringify(options)}`),
      quit: () => done.push("quit"),
      setHealthy: (healthy) => done.push(`healthy ${healthy}`),
      reopenLogs: () => done.push("reopen"),
      resetCounters: () => store.resetCounters(),
      modifyRuntime: (values) => done.push(`runtime ${JSON.stringify([...values])}`),
    },
  };
  return fixture;
}
