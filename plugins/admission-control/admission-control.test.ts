import { afterEach, describe, expect, it, vi } from "vitest";
import { filterRig } from "../../test/plugins/filter-rig.ts";
import { admissionControl } from "./admission-control.ts";
import { SuccessWindow } from "./success-window.ts";

afterEach(() => vi.restoreAllMocks());

const drawing = (share: number): void => void vi.spyOn(Math, "random").mockReturnValue(share);
type Rig = ReturnType<typeof filterRig>;

/** So many failures, none of which is refused itself. */
async function fail(rig: Rig, count: number, status = 503): Promise<void> {
  drawing(0.9999);
  for (let i = 0; i < count; i++) expect((await rig.send({}, { status })).client.status).toBe(status);
}
const status = async (rig: Rig, share: number): Promise<number> => {
  drawing(share);
  return (await rig.send()).client.status;
};
const counts = (rig: Rig): number[] => ["rejected", "success", "failure"].map((name) => rig.stat(`admission_control.rq_${name}`));

describe("admission_control", () => {
  // (n - successes / sr_threshold) / (n + 1) ^ (1 / aggression), at most max_rejection_probability. Source: Envoy, "Admission Control".
  it.each([
    ["as by default, at most 80 %", "", 0.8],
    ["at most as configured", "max_rejection_probability: { default_value: { value: 30 }, runtime_key: k }", 0.3],
    ["by the formula", "max_rejection_probability: { default_value: { value: 100 }, runtime_key: k }", 9 / 10],
    [
      "more so with aggression",
      "aggression: { default_value: 2 }, max_rejection_probability: { default_value: { value: 100 }, runtime_key: k }",
      Math.sqrt(9 / 10),
    ],
  ])("refuses after failures: %s", async (_what, fields, probability) => {
    const rig = filterRig(admissionControl, { config: `{ success_criteria: {}, ${fields} }` });
    await fail(rig, 9);
    drawing(probability - 0.001);
    const refused = await rig.send();
    expect(refused).toMatchObject({ client: { status: 503 }, details: "denied_by_admission_control", upstream: { requests: 0 } });
    expect(await status(rig, probability + 0.001)).toBe(200);
    expect(counts(rig)).toEqual([1, 1, 9]);
  });

  it("refuses none while enough succeed, or too few come", async () => {
    const well = filterRig(admissionControl, {
      config: "{ success_criteria: {}, sr_threshold: { default_value: { value: 50 }, runtime_key: k } }",
    });
    for (let i = 0; i < 5; i++) await status(well, 0);
    await fail(well, 5);
    expect(await status(well, 0)).toBe(200);
    const few = filterRig(admissionControl, { config: "{ success_criteria: {}, rps_threshold: { default_value: 100 } }" });
    await fail(few, 9);
    expect(await status(few, 0)).toBe(200);
  });

  it("knows what succeeds: HTTP, gRPC, and what broke off", async () => {
    const config =
      "{ success_criteria: { http_criteria: { http_success_status: [{ start: 200, end: 300 }] }, grpc_criteria: { grpc_success_status: [0] } } }";
    const rig = filterRig(admissionControl, { config });
    drawing(0.9999);
    const grpc = ["content-type", "application/grpc"];
    await rig.send({}, { status: 404 });
    expect(counts(rig)).toEqual([0, 0, 1]);
    await rig.send({}, { headers: grpc, trailers: ["grpc-status", "5"] });
    expect(counts(rig)).toEqual([0, 0, 2]);
    await rig.send({}, { headers: grpc, trailers: ["grpc-status", "0"] });
    expect(counts(rig)).toEqual([0, 1, 2]);
    await rig.send({}, { headers: grpc, body: ["x"], breaksOff: true });
    expect(counts(rig)).toEqual([0, 1, 3]);
  });

  it("is switched off by runtime", async () => {
    const config = "{ success_criteria: {}, enabled: { default_value: true, runtime_key: on } }";
    const rig = filterRig(admissionControl, { config, runtime: { on: false } });
    await fail(rig, 9);
    expect(await status(rig, 0)).toBe(200);
    expect(counts(rig)).toEqual([0, 0, 0]);
  });

  it.each([
    ["{}", /evaluation_criteria/],
    ["{ success_criteria: {}, sr_threshold: { default_value: { value: 0.5 }, runtime_key: k } }", /1 percent/],
    ["{ success_criteria: {}, sr_threshold: { default_value: { value: 50 } } }", /runtime_key/],
    ["{ success_criteria: { http_criteria: { http_success_status: [{ start: 300, end: 200 }] } } }", /range/],
    ["{ success_criteria: { grpc_criteria: { grpc_success_status: [17] } } }", /16/],
  ])("refuses %s", (config, message) => {
    expect(() => filterRig(admissionControl, { config })).toThrow(message);
  });
});

describe("the window of successes", () => {
  it("forgets by seconds, and knows the rate", () => {
    const window = new SuccessWindow(3);
    window.add(0, true);
    window.add(1_000, false);
    window.add(2_999, true);
    expect([window.requests, window.successes, window.rate()]).toEqual([3, 2, 1.5]);
    window.pass(3_000);
    expect([window.requests, window.successes]).toEqual([2, 1]);
    window.pass(60_000);
    expect([window.requests, window.successes]).toEqual([0, 0]);
    window.add(60_500, true);
    expect(window.rate()).toBe(1);
  });
});
