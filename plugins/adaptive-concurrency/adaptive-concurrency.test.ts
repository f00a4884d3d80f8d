import { describe, expect, it } from "vitest";
import { filterRig } from "../../test/plugins/filter-rig.ts";
import type { Stop } from "../../core/contract/stream.ts";
import { adaptiveConcurrency } from "./adaptive-concurrency.ts";

const controller = (measuring: string): string =>
  `gradient_controller_config: { concurrency_limit_params: { concurrency_update_interval: 0.1s }, min_rtt_calc_params: { ${measuring} } }`;
const one = controller("interval: 60s, min_concurrency: 1, request_count: 2");
const STATS = "adaptive_concurrency.gradient_controller";

/** Whether a second request is taken while the filter thinks that a first one runs. */
async function second(
  config: string,
  runtime: Readonly<Record<string, unknown>> = {},
): Promise<{ status: number; details: string; blocked: number }> {
  const rig = filterRig(adaptiveConcurrency, { config, runtime });
  const first = { filterState: undefined, reply: () => ({ kind: "stop" }) as Stop };
  void rig.filter.onRequestHeaders?.(first as never, {} as never, true, { since: NaN });
  const trace = await rig.send();
  return { status: trace.client.status, details: trace.details, blocked: rig.stat(`${STATS}.rq_blocked`) };
}

describe("adaptive_concurrency", () => {
  it("refuses what is beyond the limit, with details and counter", async () => {
    expect(await second(`{ ${one} }`)).toEqual({ status: 503, details: "reached_concurrency_limit", blocked: 1 });
  });

  it("answers the status that is configured, but none below 400", async () => {
    expect((await second(`{ ${one}, concurrency_limit_exceeded_status: { code: TooManyRequests } }`)).status).toBe(429);
    expect((await second(`{ ${one}, concurrency_limit_exceeded_status: { code: 200 } }`)).status).toBe(503);
  });

  it("lets everything through while it is turned off", async () => {
    const config = `{ ${one}, enabled: { default_value: false, runtime_key: ac.on } }`;
    expect(await second(config)).toMatchObject({ status: 200, blocked: 0 });
    expect((await second(config, { "ac.on": true })).status).toBe(503);
  });

  it("gives the place back with the response, and learns from it", async () => {
    const rig = filterRig(adaptiveConcurrency, { config: `{ ${one} }` });
    expect(rig.stat(`${STATS}.min_rtt_calculation_active`)).toBe(1);
    for (let i = 0; i < 2; i++) expect((await rig.send({}, { body: ["a", "b"] })).client.status).toBe(200);
    expect(rig.stat(`${STATS}.min_rtt_calculation_active`)).toBe(0);
  });

  it("learns nothing of a response that broke off", async () => {
    const rig = filterRig(adaptiveConcurrency, {
      config: `{ ${controller("interval: 60s, min_concurrency: 1, request_count: 1")} }`,
    });
    expect((await rig.send({}, { body: ["a"], breaksOff: true })).client.end).toBe("broken");
    expect(rig.stat(`${STATS}.min_rtt_calculation_active`)).toBe(1);
    expect((await rig.send()).client.status).toBe(200);
  });

  it.each([
    ["{}", /concurrency_controller_config/],
    ["{ gradient_controller_config: {} }", /concurrency_limit_params/],
    [`{ ${controller("")} }`, /interval/],
    [`{ ${controller("fixed_value: 0s")} }`, /fixed_value/],
    [`{ ${controller("interval: 1s, jitter: { value: 101 }")} }`, /100/],
    [`{ ${controller("interval: 1s, min_concurrency: 0")} }`, /min_concurrency/],
    [`{ ${one}, concurrency_limit_exceeded_status: { code: 599 } }`, /code/],
  ])("refuses %s", (config, message) => {
    expect(() => filterRig(adaptiveConcurrency, { config })).toThrow(message);
  });
});
