import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeRuntimes, skipped } from "../lib/describe.ts";
import { Runtime } from "../lib/gateway.ts";
import { scripted, startOrigin } from "../lib/origin.ts";
import type { Origin, Seen } from "../lib/origin.ts";
import { freePort, freePorts } from "../lib/ports.ts";
import { findEnvoy, skipReason } from "../lib/tools.ts";
import { aspectOf, compare } from "./compare.ts";
import { differences } from "./differences.ts";
import { observe } from "./observe.ts";
import type { Notes, Observation } from "./observe.ts";
import { tableBootstrap } from "./table-bootstrap.ts";
import { cases } from "./table-cases.ts";
import type { Case } from "./table-cases.ts";

const envoy = findEnvoy();
const title = `the same answers as Envoy over ${cases.length} requests`;

if (envoy.path === undefined) skipped(title, skipReason(envoy));
else {
  describeRuntimes(title, (runtime) => {
    const expected: Observation[] = [];
    const actual: Observation[] = [];
    const origins: Origin[] = [];

    beforeAll(async () => {
      const notes: Notes = [];
      const dead = await freePort();
      // One after the other, from the same file on the same ports.
      const names = ["a", "b", "c"];
      const handlers = new Map<string, ReturnType<typeof scripted>>();
      for (const name of names) {
        origins.push(await startOrigin((exchange) => handlers.get(name)?.(exchange)));
      }
      const config = tableBootstrap({ a: origins[0].port, b: origins[1].port, c: origins[2].port, dead });
      const [admin, ...free] = await freePorts(config.listenerNames.length + 1);
      const ports = Object.fromEntries(config.listenerNames.map((name, i) => [name, free[i]]));
      for (const [subject, observations] of [
        [new Runtime("envoy"), expected],
        [runtime, actual],
      ] as const) {
        // Fresh handlers: those that fail a number of times start again.
        for (const name of names) {
          const requests = { push: (...seen: Seen[]) => notes.push(...seen.map((one) => ({ origin: name, seen: one }))) };
          handlers.set(name, scripted({ requests }, name));
        }
        const gateway = await subject.startOn(config, ports, admin);
        for (const one of cases) observations.push(await observe(gateway, one, notes));
        await subject.stopAll();
      }
    }, 120_000);
    afterAll(async () => {
      await runtime.stopAll();
      await Promise.all(origins.map((origin) => origin.close()));
    });

    it("has at least 150 requests, each with a name of its own", () => {
      expect(cases.length).toBeGreaterThanOrEqual(150);
      expect(new Set(cases.map(nameOf)).size).toBe(cases.length);
    });

    for (const group of new Set(cases.map((one) => one.group))) {
      describe(group, () => {
        cases.forEach((one, i) => {
          if (one.group !== group) return;
          it(one.name, () => {
            const ignored = differences
              .filter((difference) => difference.cases.test(nameOf(one)))
              .flatMap((difference) => difference.aspects);
            expect(compare(actual[i], expected[i]).filter((line) => !ignored.includes(aspectOf(line)))).toEqual([]);
          });
        });
      });
    }
  });
}

function nameOf(one: Case): string {
  return `${one.group}: ${one.name}`;
}
