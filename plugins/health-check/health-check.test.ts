import { afterEach, describe, expect, it, vi } from "vitest";
import { clusterManagerKey, type Cluster } from "../../core/contract/cluster.ts";
import { ResponseFlag } from "../../core/contract/response-flags.ts";
import { clock } from "../../core/transport/clock.ts";
import { filterRig, type FilterRig } from "../../test/plugins/filter-rig.ts";
import { healthCheck } from "./health-check.ts";
import { localServerKey, type LocalServer } from "./local-server.ts";

const headers = 'headers: [{ name: ":path", string_match: { exact: /healthz } }]';
const check = { path: "/healthz" };
const server = { healthCheckFailed: false, cluster: "here" };

/** Clusters by name: how many hosts, how many of them healthy. */
function rig(config: string, clusters: Readonly<Record<string, readonly [total: number, healthy: number]>> = {}): FilterRig {
  const get = (name: string): Cluster | undefined => {
    const sizes = clusters[name];
    if (sizes === undefined) return undefined;
    return { hosts: Array.from({ length: sizes[0] }, (_, i) => ({ healthy: i < sizes[1] })) } as unknown as Cluster;
  };
  const services = new Map<string, unknown>([
    [localServerKey.id, server satisfies LocalServer],
    [clusterManagerKey.id, { get }],
  ]);
  return filterRig(healthCheck, { config, services });
}

afterEach(() => {
  server.healthCheckFailed = false;
  vi.restoreAllMocks();
});

describe("health check", () => {
  it("answers 200 in the service's place, and passes other requests", async () => {
    const filter = rig(`{ pass_through_mode: false, ${headers} }`);
    expect(await filter.send(check)).toMatchObject({
      upstream: { requests: 0 },
      client: { status: 200, body: "", headers: ["x-envoy-upstream-healthchecked-cluster", "here"] },
      details: "health_check_ok",
      flags: 0,
    });
    expect(await filter.send({ path: "/other" })).toMatchObject({ upstream: { requests: 1 }, client: { headers: [] } });
  });

  it("answers 503 once the server was told to fail, and says so with other responses", async () => {
    for (const mode of ["false", "true"]) {
      const filter = rig(`{ pass_through_mode: ${mode}, ${headers} }`);
      server.healthCheckFailed = true;
      expect(await filter.send(check)).toMatchObject({
        upstream: { requests: 0 },
        client: { status: 503 },
        details: "health_check_failed",
        flags: ResponseFlag.FailedLocalHealthCheck,
      });
      expect((await filter.send({ path: "/other" })).client.headers).toEqual(["x-envoy-immediate-health-check-fail", "true"]);
      expect(["request_total", "failed", "ok"].map((name) => filter.stat(`health_check.${name}`))).toEqual([1, 1, 0]);
      server.healthCheckFailed = false;
    }
  });

  it("passes checks through when told to", async () => {
    const filter = rig(`{ pass_through_mode: true, ${headers} }`);
    expect(await filter.send(check, { status: 204 })).toMatchObject({
      upstream: { requests: 1 },
      client: { status: 204, headers: ["x-envoy-upstream-healthchecked-cluster", "here"] },
    });
  });

  it("keeps the upstream's answer for cache_time", async () => {
    let now = 1000;
    vi.spyOn(clock, "now").mockImplementation(() => now);
    const filter = rig(`{ pass_through_mode: true, cache_time: 5s, ${headers} }`);
    expect((await filter.send(check, { status: 503 })).upstream.requests).toBe(1);
    now += 4000;
    expect(await filter.send(check)).toMatchObject({
      upstream: { requests: 0 },
      client: { status: 503 },
      details: "health_check_cached",
      flags: ResponseFlag.FailedLocalHealthCheck,
    });
    now += 1001;
    expect((await filter.send(check)).upstream.requests).toBe(1);
    expect(await filter.send(check)).toMatchObject({ upstream: { requests: 0 }, client: { status: 200 }, flags: 0 });
    expect(["request_total", "cached_response", "failed", "ok"].map((name) => filter.stat(`health_check.${name}`))).toEqual([
      2, 2, 1, 1,
    ]);
  });

  it.each<[string, Record<string, readonly [number, number]>, number, string]>([
    ["enough healthy hosts", { a: [4, 2], b: [10, 9] }, 200, "health_check_ok_cluster_healthy"],
    ["too few in one", { a: [4, 1], b: [10, 10] }, 503, "health_check_failed_cluster_unhealthy"],
    ["an empty cluster", { a: [0, 0], b: [10, 10] }, 503, "health_check_failed_cluster_empty"],
    ["an empty cluster that needs none", { a: [2, 2], b: [0, 0] }, 200, "health_check_ok_cluster_healthy"],
    ["no such cluster", { a: [4, 4] }, 503, "health_check_failed_no_cluster_found"],
  ])("judges clusters: %s", async (_name, clusters, status, details) => {
    const filter = rig(
      `{ pass_through_mode: false, ${headers}, cluster_min_healthy_percentages: { a: { value: 50 }, b: { value: 0 } } }`,
      clusters,
    );
    const trace = await filter.send(check);
    expect(trace).toMatchObject({ client: { status }, details, flags: status === 200 ? 0 : ResponseFlag.FailedLocalHealthCheck });
    const counts = ["failed_cluster_not_found", "failed_cluster_empty", "failed_cluster_unhealthy"].map((name) =>
      filter.stat(`health_check.${name}`),
    );
    expect(counts.reduce((sum, count) => sum + count)).toBe(status === 200 ? 0 : 1);
  });

  it.each([
    [`{ ${headers} }`, /pass_through_mode/],
    [`{ pass_through_mode: false, cache_time: 1s }`, /goes only with "pass_through_mode"/],
    [
      `{ pass_through_mode: true, cluster_min_healthy_percentages: { a: { value: 50 } } }`,
      /does not go with "pass_through_mode"/,
    ],
  ])("refuses %s", (config, message) => {
    expect(() => rig(config)).toThrow(message);
  });
});
