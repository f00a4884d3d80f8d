import { describe, expect, it } from "vitest";
import { StatsStore } from "../../core/observe/stats-store.ts";
import { filterRig } from "../../test/plugins/filter-rig.ts";
import { grpcStats } from "./grpc-stats.ts";
import { MessageCounter } from "./message-counter.ts";

/** Messages of these sizes, as gRPC frames them. */
function messages(...sizes: number[]): string {
  return sizes.map((size) => `\0\0\0${String.fromCharCode(size >> 8, size & 255)}${"m".repeat(size)}`).join("");
}

function setUp(config: string) {
  const store = new StatsStore();
  const cluster = { name: "test", scope: store.scope("cluster", "test", "envoy.cluster_name") };
  const clusters = { get: (name: string) => (name === "test" ? cluster : undefined), list: () => [cluster] };
  const rig = filterRig(grpcStats, { config, services: new Map([["cluster_manager", clusters]]) });
  const call = (path: string, status = "0", body = [messages(3)], answer = [messages(1, 2)]) =>
    rig.send(
      { method: "POST", path, headers: ["content-type", "application/grpc"], body },
      { headers: ["content-type", "application/grpc+proto"], body: answer, trailers: ["grpc-status", status] },
    );
  const counters = (): Record<string, number> =>
    Object.fromEntries(
      [...store.counters]
        .filter(({ name, value }) => name.startsWith("cluster.test.grpc") && value > 0)
        .map(({ name, value }) => [name.slice("cluster.test.".length), value]),
    );
  return { rig, call, counters, store };
}

describe("grpc_stats", () => {
  it("counts all methods together unless told otherwise", async () => {
    const { call, counters } = setUp("{}");
    await call("/a.B/C");
    await call("/a.B/D?x=/", "5");
    expect(counters()).toEqual({
      "grpc.success": 1,
      "grpc.failure": 1,
      "grpc.total": 2,
      "grpc.0": 1,
      "grpc.5": 1,
      "grpc.request_message_count": 2,
      "grpc.response_message_count": 4,
    });
  });

  it("counts each method apart with stats_for_all_methods, and writes dots as underscores where wanted", async () => {
    const apart = setUp("{ stats_for_all_methods: true }");
    await apart.call("/a.B/C");
    expect(apart.counters()).toMatchObject({ "grpc.a.B.C.success": 1, "grpc.a.B.C.total": 1, "grpc.a.B.C.0": 1 });
    const replaced = setUp("{ stats_for_all_methods: true, replace_dots_in_grpc_service_name: true }");
    await replaced.call("/a.B/C");
    expect(replaced.counters()).toMatchObject({ "grpc.a_B.C.success": 1 });
  });

  it("counts the listed methods apart, the others together", async () => {
    const { call, counters } = setUp("{ individual_method_stats_allowlist: { services: [{ name: a.B, method_names: [C] }] } }");
    await call("/a.B/C");
    await call("/a.B/D");
    expect(counters()).toMatchObject({ "grpc.a.B.C.total": 1, "grpc.total": 1 });
    expect(counters()["grpc.a.B.D.total"]).toBeUndefined();
  });

  it("keeps the number of methods that clients can name within bounds", async () => {
    const { call, counters } = setUp("{ stats_for_all_methods: true }");
    for (let n = 0; n < 1_005; n++) await call(`/a.B/M${n}`, "0", [], []);
    expect(counters()["grpc.total"]).toBe(5);
    expect(counters()["grpc.a.B.M1001.total"]).toBeUndefined();
  });

  it("counts no text of any kind as a status, but the failure", async () => {
    const { call, counters } = setUp("{}");
    await call("/a.B/C", "none.of.those", [], []);
    expect(counters()).toEqual({ "grpc.failure": 1, "grpc.total": 1 });
  });

  it("counts an answer that is trailers alone by its headers", async () => {
    const { rig, counters } = setUp("{}");
    await rig.send(
      { method: "POST", path: "/a.B/C", headers: ["content-type", "application/grpc"] },
      { headers: ["content-type", "application/grpc", "grpc-status", "12"] },
    );
    expect(counters()).toEqual({ "grpc.failure": 1, "grpc.total": 1, "grpc.12": 1 });
  });

  it.each([
    ["another content type", "/a.B/C", "application/grpc-web"],
    ["one segment", "/a.B", "application/grpc"],
    ["three segments", "/a/B/C", "application/grpc"],
    ["no method", "/a.B/?/x", "application/grpc"],
  ])("leaves alone what is no call: %s", async (_, path, type) => {
    const { rig, counters } = setUp("{ stats_for_all_methods: true }");
    await rig.send({ method: "POST", path, headers: ["content-type", type] }, { headers: ["grpc-status", "0"] });
    expect(counters()).toEqual({});
  });

  it("refuses both ways to choose at once, and a service without a name", () => {
    expect(() => setUp("{ stats_for_all_methods: true, individual_method_stats_allowlist: {} }")).toThrow(
      /per_method_stat_specifier|stats_for_all_methods/,
    );
    expect(() => setUp("{ individual_method_stats_allowlist: { services: [{ method_names: [a] }] } }")).toThrow(/name/);
  });
});

describe("the messages of a stream", () => {
  it("are counted however they are cut", () => {
    const bytes = Buffer.from(messages(0, 300, 5, 0), "latin1");
    for (const size of [1, 2, 3, 7, 100, bytes.length]) {
      const counter = new MessageCounter();
      let sum = 0;
      for (let i = 0; i < bytes.length; i += size) sum += counter.add(bytes.subarray(i, i + size));
      expect([counter.count, sum], `chunks of ${size}`).toEqual([4, 4]);
    }
  });
});
