import { describe, expect, it } from "vitest";
import { StatsStore } from "../../core/observe/stats-store.ts";
import { GradientControllerConfig } from "../../core/resources/filters/adaptive-concurrency.ts";
import { decodeText } from "../../core/resources/schema/index.ts";
import { FakeClock } from "../../core/transport/clock.ts";
import { GradientController } from "./gradient-controller.ts";
import { simulate } from "./testing/simulate.ts";

const LIMITS = "concurrency_limit_params: { concurrency_update_interval: 0.1s, max_concurrency_limit: 100 }";

interface Rig {
  readonly clock: FakeClock;
  readonly controller: GradientController;
  gauge(name: string): number;
  blocked(): number;
  /** So many requests of so many milliseconds, one behind the other. */
  run(count: number, ms: number): void;
}

function rig(measuring: string, random = 0): Rig {
  const { value } = decodeText(GradientControllerConfig, `{ ${LIMITS}, min_rtt_calc_params: { ${measuring} } }`, { file: "f" });
  const store = new StatsStore();
  const clock = new FakeClock();
  const controller = new GradientController(value!, { clock, random: () => random, stats: store.scope("ac") });
  return {
    clock,
    controller,
    gauge: (name) => store.gauges.find((series) => series.name === `ac.${name}`)?.value ?? NaN,
    blocked: () => store.counters.find((series) => series.name === "ac.rq_blocked")?.value ?? NaN,
    run(count, ms) {
      for (let i = 0; i < count; i++) {
        expect(controller.admit()).toBe(true);
        const start = clock.now();
        clock.advance(ms);
        controller.finish(start, clock.now());
      }
    },
  };
}

describe("the gradient controller", () => {
  it("measures the time without load first, at the least concurrency", () => {
    const { controller, gauge, blocked, run } = rig("interval: 60s, request_count: 5, min_concurrency: 2");
    expect([controller.limit, gauge("min_rtt_calculation_active")]).toEqual([2, 1]);
    expect([controller.admit(), controller.admit(), controller.admit()]).toEqual([true, true, false]);
    expect(blocked()).toBe(1);
    controller.cancel();
    controller.cancel();
    run(4, 10);
    expect(gauge("min_rtt_calculation_active")).toBe(1);
    run(1, 10);
    expect([gauge("min_rtt_calculation_active"), gauge("min_rtt_msecs")]).toEqual([0, 10]);
  });

  // limit * gradient + sqrt(limit * gradient), the gradient being (min_rtt + 25 %) / sample, from 0.5 to 2. Source: Envoy, "Adaptive Concurrency".
  it.each([
    ["as fast as without load", 10, 1.25, 16 * 1.25],
    ["twice as slow", 20, 0.625, 16 * 0.625],
    ["far slower: at most half at once", 200, 0.5, 8],
    ["faster than it was measured: at most twice at once", 1, 2, 32],
  ])("%s", (_what, ms, gradient, limit) => {
    const { controller, gauge, run } = rig("fixed_value: 0.01s, min_concurrency: 16");
    const samples = Math.max(2, Math.ceil(100 / ms));
    run(samples, ms);
    controller.admit();
    // Bins have two digits.
    expect(Math.abs(gauge("gradient") / gradient - 1)).toBeLessThan(0.05);
    expect(Math.abs(controller.limit - Math.max(16, Math.floor(limit + Math.sqrt(limit))))).toBeLessThanOrEqual(1);
    expect(gauge("concurrency_limit")).toBe(controller.limit);
    expect(gauge("burst_queue_size")).toBe(Math.floor(Math.sqrt(gauge("gradient") * 16)));
    expect(Math.abs(gauge("sample_rtt_msecs") / ms - 1)).toBeLessThan(0.05);
  });

  it("stays between its bounds", () => {
    const { controller, run, clock } = rig("fixed_value: 0.01s, min_concurrency: 3");
    for (let i = 0; i < 100; i++) run(20, 5);
    expect(controller.limit).toBe(100);
    for (let i = 0; i < 100; i++) run(2, 100);
    expect(controller.limit).toBe(3);
    clock.advance(3_600_000);
    run(1, 1);
    expect(controller.limit).toBeLessThan(8);
  });

  it("measures again after the interval and its jitter, and restores the limit afterwards", () => {
    const { controller, clock, run, gauge } = rig("interval: 10s, request_count: 2, jitter: { value: 50 }", 0.5);
    run(2, 10);
    for (let i = 0; i < 20; i++) run(10, 10);
    const limit = controller.limit;
    expect(limit).toBeGreaterThan(3);
    const start = clock.now();
    while (gauge("min_rtt_calculation_active") === 0) run(1, 10);
    // 10 s and half of half of it behind the end of the first one.
    expect(clock.now() - (12_500 + 20)).toBeLessThan(20);
    expect(clock.now()).toBeGreaterThan(start);
    expect(controller.limit).toBe(3);
    // The first of these began before the measurement did.
    run(2, 30);
    expect(gauge("min_rtt_calculation_active")).toBe(0);
    expect(controller.limit).toBeGreaterThanOrEqual(limit);
    expect(gauge("min_rtt_msecs")).toBe(30);
  });

  it("takes no time of requests that began before the measurement", () => {
    const { controller, clock, run, gauge } = rig("interval: 1s, request_count: 2, jitter: { value: 0 }");
    run(2, 10);
    expect(controller.admit()).toBe(true);
    const early = clock.now();
    clock.advance(1_000);
    run(1, 10);
    expect(gauge("min_rtt_calculation_active")).toBe(1);
    controller.finish(early, clock.now());
    expect(gauge("min_rtt_calculation_active")).toBe(1);
    run(1, 10);
    expect([gauge("min_rtt_calculation_active"), gauge("min_rtt_msecs")]).toEqual([0, 10]);
  });

  it("measures anew when the limit is the least one for five windows", () => {
    const { run, gauge } = rig("interval: 3600s, request_count: 2, jitter: { value: 0 }");
    run(2, 1);
    for (let i = 0; i < 5; i++) run(1, 150);
    expect(gauge("min_rtt_calculation_active")).toBe(0);
    run(1, 150);
    run(1, 150);
    expect(gauge("min_rtt_calculation_active")).toBe(1);
    run(2, 150);
    expect(gauge("min_rtt_calculation_active")).toBe(0);
    expect(Math.abs(gauge("min_rtt_msecs") - 150)).toBeLessThan(10);
  });

  it("does not count what was given up", () => {
    const { controller, gauge, run } = rig("interval: 60s, request_count: 1");
    controller.admit();
    controller.cancel();
    expect([controller.running, gauge("min_rtt_calculation_active")]).toEqual([0, 1]);
    run(1, 1);
    expect(gauge("min_rtt_calculation_active")).toBe(0);
  });
});

describe("an upstream at twice its capacity", () => {
  const load = { servers: 8, serviceTime: 20, deadline: 500, seconds: 120, rate: 2 };

  it("answers next to nothing in time without a limit", () => {
    expect(simulate({ ...load, config: undefined }).goodput).toBeLessThan(0.1);
  });

  it.each([1, 2, 3])("goes on at more than nine tenths of its capacity with one, seed %i", (seed) => {
    const config = `{ ${LIMITS}, min_rtt_calc_params: { interval: 30s, request_count: 50 } }`;
    const { goodput, limit } = simulate({ ...load, seed, config });
    expect(goodput).toBeGreaterThan(0.9);
    expect(limit).toBeLessThan(40);
  });
});
