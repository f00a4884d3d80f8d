import { expect, test } from "vitest";
import { StatsStore } from "../../core/observe/stats-store.ts";
import { ServerStats } from "./server-stats.ts";

test("the server's gauges are Envoy's", () => {
  const store = new StatsStore();
  const stats = new ServerStats(store);
  stats.initialized(12);
  stats.update({
    state: "DRAINING",
    uptime: 5999,
    connections: 7,
    concurrency: 2,
    memoryAllocated: 1,
    memoryHeapSize: 2,
    memoryPhysicalSize: 3,
  });
  expect(store.gauges.map(({ name, value }) => `${name} ${value}`)).toEqual([
    "server.concurrency 2",
    "server.days_until_first_cert_expiring 4294967295",
    "server.live 0",
    "server.memory_allocated 1",
    "server.memory_heap_size 2",
    "server.memory_physical_size 3",
    "server.state 1",
    "server.total_connections 7",
    "server.uptime 5",
  ]);
  expect(store.histograms[0].quantiles(false)[0]).toBe(12.5);
});
