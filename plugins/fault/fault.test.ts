import { afterEach, describe, expect, it, vi } from "vitest";
import { ResponseFlag } from "../../core/contract/response-flags.ts";
import { filterRig } from "../../test/plugins/filter-rig.ts";
import { fault } from "./fault.ts";

const always = "percentage: { numerator: 100 }";
const abort = `abort: { http_status: 503, ${always} }`;
const delay = `delay: { fixed_delay: 0.02s, ${always} }`;

afterEach(() => vi.restoreAllMocks());

/** Makes every draw `share` of the way up: 0.3 falls below 31 %, not below 30 %. */
function drawing(share: number): void {
  vi.spyOn(Math, "random").mockReturnValue((Math.round(share * 100) + 0.5) / 0x1_0000_0000);
}

describe("fault: abort", () => {
  it("answers in the upstream's place, with flag, details and counter", async () => {
    const rig = filterRig(fault, { config: `{ ${abort} }` });
    const trace = await rig.send();
    expect(trace).toMatchObject({
      upstream: { requests: 0 },
      client: { status: 503, body: "fault filter abort", end: "complete" },
      details: "fault_filter_abort",
      flags: ResponseFlag.FaultInjected,
    });
    expect([rig.stat("fault.aborts_injected"), rig.stat("fault.delays_injected"), rig.stat("fault.active_faults")]).toEqual([
      1, 0, 0,
    ]);
  });

  it("answers a gRPC request with the HTTP status' gRPC status, or the one that is configured", async () => {
    const grpc = { headers: ["content-type", "application/grpc"] };
    const byHttp = await filterRig(fault, { config: `{ ${abort} }` }).send(grpc);
    expect(byHttp.client).toMatchObject({ status: 200, headers: expect.arrayContaining(["grpc-status", "14"]) as string[] });
    const rig = filterRig(fault, { config: `{ abort: { grpc_status: 5, ${always} } }` });
    expect((await rig.send(grpc)).client).toMatchObject({
      status: 200,
      headers: expect.arrayContaining(["grpc-status", "5"]) as string[],
    });
  });

  it("notes the metadata that is configured, on streams with a fault only", async () => {
    const rig = filterRig(fault, { config: `{ ${abort}, filter_metadata: { team: red }, headers: [{ name: x-a }] }` });
    const seen: unknown[] = [];
    const original = rig.filter.onStreamComplete!.bind(rig.filter);
    rig.filter.onStreamComplete = (s, outcome, state) => {
      seen.push(s.dynamicMetadata?.["envoy.filters.http.fault"]);
      original(s, outcome, state);
    };
    await rig.send({ headers: ["x-a", "1"] });
    await rig.send();
    expect(seen).toEqual([{ team: "red" }, undefined]);
  });

  it("draws by the percentage", async () => {
    const rig = filterRig(fault, { config: "{ abort: { http_status: 500, percentage: { numerator: 30 } } }" });
    drawing(0.29);
    expect((await rig.send()).client.status).toBe(500);
    drawing(0.3);
    expect((await rig.send()).client.status).toBe(200);
  });

  it("reads an unset percentage as none", async () => {
    expect((await filterRig(fault, { config: "{ abort: { http_status: 500 } }" }).send()).client.status).toBe(200);
  });

  it("takes status and a lower percentage from headers, when told to", async () => {
    const rig = filterRig(fault, { config: "{ abort: { header_abort: {}, percentage: { numerator: 50 } } }" });
    const send = async (...headers: string[]): Promise<number> => (await rig.send({ headers })).client.status;
    drawing(0.4);
    expect(await send("x-envoy-fault-abort-request", "418")).toBe(418);
    expect(await send("x-envoy-fault-abort-request", "418", "x-envoy-fault-abort-request-percentage", "40")).toBe(200);
    expect(await send()).toBe(200);
    for (const invalid of ["199", "600", "abc", "-5", "99999999999999999999", ""])
      expect(await send("x-envoy-fault-abort-request", invalid)).toBe(200);
    expect(await send("x-envoy-fault-abort-grpc-request", "5", "content-type", "application/grpc")).toBe(200);
    expect(rig.stat("fault.aborts_injected")).toBe(2);
    drawing(0.6);
    // A client can lower the percentage, not raise it.
    expect(await send("x-envoy-fault-abort-request", "418", "x-envoy-fault-abort-request-percentage", "100")).toBe(200);
  });

  it("does not look at headers unless told to", async () => {
    const rig = filterRig(fault, { config: "{ abort: { http_status: 500, percentage: { numerator: 0 } } }" });
    const headers = ["x-envoy-fault-abort-request", "418", "x-envoy-fault-abort-request-percentage", "100"];
    expect((await rig.send({ headers })).client.status).toBe(200);
  });
});

describe("fault: delay", () => {
  it("holds the request back, with flag and counter", async () => {
    const rig = filterRig(fault, { config: `{ ${delay} }` });
    const start = performance.now();
    const trace = await rig.send({ method: "POST", body: ["one", "two"] });
    expect(trace).toMatchObject({
      upstream: { body: "onetwo" },
      client: { status: 200, end: "complete" },
      flags: ResponseFlag.DelayInjected,
    });
    expect(performance.now() - start).toBeGreaterThan(19);
    expect([rig.stat("fault.delays_injected"), rig.stat("fault.active_faults")]).toEqual([1, 0]);
  });

  it("may be followed by an abort", async () => {
    const rig = filterRig(fault, { config: `{ ${delay}, ${abort} }` });
    const trace = await rig.send();
    expect(trace).toMatchObject({ client: { status: 503 }, flags: ResponseFlag.DelayInjected | ResponseFlag.FaultInjected });
    expect([rig.stat("fault.delays_injected"), rig.stat("fault.aborts_injected")]).toEqual([1, 1]);
  });

  it("takes milliseconds from a header, when told to", async () => {
    const rig = filterRig(fault, { config: `{ delay: { header_delay: {}, ${always} } }` });
    expect((await rig.send()).flags).toBe(0);
    expect((await rig.send({ headers: ["x-envoy-fault-delay-request", "0"] })).flags).toBe(0);
    expect((await rig.send({ headers: ["x-envoy-fault-delay-request", "x"] })).flags).toBe(0);
    expect((await rig.send({ headers: ["x-envoy-fault-delay-request", "5"] })).flags).toBe(ResponseFlag.DelayInjected);
    expect(
      (await rig.send({ headers: ["x-envoy-fault-delay-request", "5", "x-envoy-fault-delay-request-percentage", "0"] })).flags,
    ).toBe(0);
  });

  it("forgets the delay of a client that is gone", async () => {
    const rig = filterRig(fault, { config: `{ delay: { fixed_delay: 3600s, ${always} } }` });
    const trace = await rig.send({}, {}, true);
    expect(trace.client.end).toBe("broken");
    expect([rig.stat("fault.delays_injected"), rig.stat("fault.active_faults")]).toEqual([1, 0]);
  });
});

describe("fault: which requests", () => {
  it("only those whose headers match", async () => {
    const rig = filterRig(fault, {
      config: `{ ${abort}, headers: [{ name: x-a, string_match: { exact: "1" } }, { name: x-b, present_match: true }] }`,
    });
    expect((await rig.send({ headers: ["x-a", "1", "x-b", ""] })).client.status).toBe(503);
    expect((await rig.send({ headers: ["x-a", "1"] })).client.status).toBe(200);
  });

  it("only those of the named nodes", async () => {
    const rig = filterRig(fault, { config: `{ ${abort}, downstream_nodes: [one, two] }` });
    expect((await rig.send({ headers: ["x-envoy-downstream-service-node", "two"] })).client.status).toBe(503);
    expect((await rig.send({ headers: ["x-envoy-downstream-service-node", "three"] })).client.status).toBe(200);
    expect((await rig.send()).client.status).toBe(200);
  });

  it("only those to the named cluster", async () => {
    expect((await filterRig(fault, { config: `{ ${abort}, upstream_cluster: test }` }).send()).client.status).toBe(503);
    expect((await filterRig(fault, { config: `{ ${abort}, upstream_cluster: other }` }).send()).client.status).toBe(200);
    expect((await filterRig(fault, { config: `{ ${abort}, upstream_cluster: test }`, cluster: "" }).send()).client.status).toBe(
      200,
    );
  });

  it("by the route's configuration in place of the filter's", async () => {
    expect((await filterRig(fault, { route: [`{ ${abort} }`] }).send()).client.status).toBe(503);
    expect((await filterRig(fault, { config: `{ ${abort} }`, route: ["{}"] }).send()).client.status).toBe(200);
    expect((await filterRig(fault, { route: ["{}", `{ ${abort} }`] }).send()).client.status).toBe(503);
  });

  it("at most max_active_faults at a time", async () => {
    const rig = filterRig(fault, { config: `{ ${delay}, max_active_faults: 1 }` });
    const traces = await Promise.all([rig.send(), rig.send()]);
    expect(traces.map((trace) => trace.flags)).toEqual([ResponseFlag.DelayInjected, 0]);
    expect([rig.stat("fault.faults_overflow"), rig.stat("fault.active_faults")]).toEqual([1, 0]);
  });
});

describe("fault: runtime", () => {
  it("overrides percentages, durations, statuses and the number of active faults", async () => {
    const config =
      "{ abort: { http_status: 500, percentage: { numerator: 0 } }, delay: { fixed_delay: 3600s, percentage: { numerator: 0 } } }";
    const on = { "fault.http.abort.abort_percent": 100, "fault.http.abort.http_status": 418 };
    expect((await filterRig(fault, { config, runtime: on }).send()).client.status).toBe(418);
    expect(
      (await filterRig(fault, { config, runtime: { ...on, "fault.http.abort.http_status": 999 } }).send()).client.status,
    ).toBe(500);
    expect((await filterRig(fault, { config, runtime: { ...on, "fault.http.max_active_faults": 0 } }).send()).client.status).toBe(
      200,
    );
    const slow = { "fault.http.delay.fixed_delay_percent": 100, "fault.http.delay.fixed_duration_ms": 2 };
    expect((await filterRig(fault, { config, runtime: slow }).send()).flags).toBe(ResponseFlag.DelayInjected);
  });

  it("uses keys of the configuration, and those of the downstream cluster", async () => {
    const own = "{ abort: { http_status: 500, percentage: { numerator: 0 } }, abort_percent_runtime: my.percent }";
    expect((await filterRig(fault, { config: own, runtime: { "my.percent": 100 } }).send()).client.status).toBe(500);
    const rig = filterRig(fault, {
      config: "{ abort: { http_status: 500, percentage: { numerator: 0 } } }",
      runtime: { "fault.http.web.abort.abort_percent": 100, "fault.http.web.abort.http_status": 418 },
    });
    expect((await rig.send({ headers: ["x-envoy-downstream-service-cluster", "web"] })).client.status).toBe(418);
    expect((await rig.send({ headers: ["x-envoy-downstream-service-cluster", "other"] })).client.status).toBe(200);
    expect(rig.stat("fault.web.aborts_injected")).toBe(1);
  });

  it("keeps no counters of clusters when told so", async () => {
    const rig = filterRig(fault, { config: `{ ${abort}, disable_downstream_cluster_stats: true }` });
    await rig.send({ headers: ["x-envoy-downstream-service-cluster", "web"] });
    expect([rig.stat("fault.aborts_injected"), rig.stat("fault.web.aborts_injected")]).toEqual([1, 0]);
  });
});

describe("fault: response rate limit", () => {
  it("lets the body out no faster than it says", async () => {
    const rig = filterRig(fault, { config: `{ response_rate_limit: { fixed_limit: { limit_kbps: 100 }, ${always} } }` });
    const start = performance.now();
    const trace = await rig.send({}, { body: ["x".repeat(2048), "y".repeat(2048)] });
    expect(trace.client).toMatchObject({ end: "complete", body: "x".repeat(2048) + "y".repeat(2048) });
    // 4 KiB at 100 KiB/s.
    expect(performance.now() - start).toBeGreaterThan(38);
    expect([rig.stat("fault.response_rl_injected"), rig.stat("fault.active_faults")]).toEqual([1, 0]);
  });

  it("takes the rate from a header, when told to", async () => {
    const rig = filterRig(fault, { config: `{ response_rate_limit: { header_limit: {}, ${always} } }` });
    await rig.send({ headers: ["x-envoy-fault-throughput-response", "1000"] }, { body: ["x"] });
    await rig.send({ headers: ["x-envoy-fault-throughput-response", "0"] }, { body: ["x"] });
    await rig.send({}, { body: ["x"] });
    expect(rig.stat("fault.response_rl_injected")).toBe(1);
  });
});

describe("fault: configuration", () => {
  it.each([
    ["{ abort: { http_status: 199 } }", /http_status/],
    ["{ abort: { percentage: { numerator: 1 } } }", /error_type/],
    ["{ delay: { percentage: { numerator: 1 } } }", /fault_delay_secifier/],
    ["{ delai: {} }", /did you mean "delay"/],
  ])("refuses %s", (config, message) => {
    expect(() => filterRig(fault, { config })).toThrow(message);
  });

  it("refuses an expression that is none", () => {
    expect(() =>
      filterRig(fault, { config: '{ headers: [{ name: a, string_match: { safe_regex: { regex: "(" } } }] }' }),
    ).toThrow(/regex/);
  });
});
