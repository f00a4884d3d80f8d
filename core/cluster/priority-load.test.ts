import { describe, expect, it } from "vitest";
import { HealthFlag, healthFlagsOf, healthFlagsText } from "./health-flag.ts";
import { judge, spreadLoad } from "./priority-load.ts";

const level = (all: number, healthy: number, degraded = 0, excluded = 0) => ({ all, healthy, degraded, excluded });
const loads = (levels: Parameters<typeof spreadLoad>[0], panic = 50) =>
  spreadLoad(levels, panic).map((load) => [load.healthyLoad, load.degradedLoad, load.panic]);

describe("spreadLoad", () => {
  // The first rows are those of Envoy's "Priority levels" and "Degraded endpoints".
  it.each([
    [
      "all healthy",
      [level(10, 10), level(10, 10)],
      [
        [100, 0, false],
        [0, 0, false],
      ],
    ],
    [
      "72 percent healthy is all",
      [level(100, 72), level(100, 100)],
      [
        [100, 0, false],
        [0, 0, false],
      ],
    ],
    [
      "71 percent healthy spills",
      [level(100, 71), level(100, 100)],
      [
        [99, 0, false],
        [1, 0, false],
      ],
    ],
    [
      "half",
      [level(100, 50), level(100, 100)],
      [
        [70, 0, false],
        [30, 0, false],
      ],
    ],
    [
      "a quarter",
      [level(100, 25), level(100, 100)],
      [
        [35, 0, false],
        [65, 0, false],
      ],
    ],
    [
      "none",
      [level(100, 0), level(100, 100)],
      [
        [0, 0, false],
        [100, 0, false],
      ],
    ],
    ["degraded after healthy", [level(100, 25, 75)], [[35, 65, false]]],
    ["degraded alone", [level(1, 0, 1)], [[0, 100, false]]],
    ["one of one unhealthy panics", [level(1, 0)], [[100, 0, true]]],
    ["half of two does not panic", [level(2, 1)], [[100, 0, false]]],
    [
      "both panic, by number of hosts",
      [level(3, 0), level(1, 0)],
      [
        [75, 0, true],
        [25, 0, true],
      ],
    ],
    [
      "an empty first priority",
      [level(0, 0), level(4, 4)],
      [
        [0, 0, false],
        [100, 0, false],
      ],
    ],
    ["excluded hosts don't count", [level(4, 2, 0, 2)], [[100, 0, false]]],
  ])("%s", (_name, levels, wanted) => {
    expect(loads(levels)).toEqual(wanted);
  });

  it("never panics when told so", () => {
    expect(loads([level(1, 0)], 0)).toEqual([[100, 0, false]]);
    expect(loads([level(4, 1)], 0)).toEqual([[100, 0, false]]);
  });

  it("has nothing to spread without hosts", () => {
    expect(loads([])).toEqual([]);
    expect(loads([level(0, 0)])).toEqual([[100, 0, true]]);
  });
});

describe("judge", () => {
  it("counts by health", () => {
    const flags = [0, HealthFlag.FAILED_EDS_HEALTH, HealthFlag.DEGRADED_EDS_HEALTH, HealthFlag.EDS_STATUS_DRAINING, 0];
    const hosts = flags.map((healthFlags, i) => ({ healthFlags, weight: 1 + i }));
    expect(judge(hosts, true)).toEqual({ all: 15, excluded: 4, healthy: 6, degraded: 3 });
    expect(judge(hosts, false)).toEqual({ all: 5, excluded: 1, healthy: 2, degraded: 1 });
  });
});

describe("health flags", () => {
  it("come from the endpoint's status", () => {
    expect(
      ["UNKNOWN", "HEALTHY", "UNHEALTHY", "DRAINING", "TIMEOUT", "DEGRADED"].map(healthFlagsOf).map(healthFlagsText),
    ).toEqual(["healthy", "healthy", "/failed_eds_health", "/eds_status_draining", "/failed_eds_health", "/degraded_eds_health"]);
  });
});
