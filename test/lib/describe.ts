import { describe, it } from "vitest";
import { Runtime } from "./gateway.ts";
import type { Subject } from "./gateway.ts";
import { findDeno, findEnvoy, skipReason } from "./tools.ts";
import type { Tool } from "./tools.ts";

/**
 * Describes a suite once for each platform: on Node always, on Deno where there is one, else as one skipped test that says why.
 * `SUBJECT=envoy` runs it against Envoy instead, to see that the tests themselves are sound; `SUBJECT=node` or `deno` picks one.
 */
export function describeRuntimes(name: string, suite: (runtime: Runtime) => void): void {
  const wanted = process.env["SUBJECT"];
  const subjects: Subject[] = wanted === undefined ? ["node", "deno"] : [wanted as Subject];
  for (const subject of subjects) {
    const tool = toolOf(subject);
    if (tool === undefined || tool.path !== undefined) {
      describe(`${name} (${subject})`, { timeout: 30_000 }, () => suite(new Runtime(subject)));
    } else {
      skipped(`${name} (${subject})`, skipReason(tool));
    }
  }
}

/** A suite of one skipped test that says why, also on stdout. */
export function skipped(name: string, reason: string): void {
  process.stdout.write(`skipped: ${name}: ${reason}\n`);
  describe(name, () => {
    it.skip(reason);
  });
}

function toolOf(subject: Subject): Tool | undefined {
  return subject === "deno" ? findDeno() : subject === "envoy" ? findEnvoy() : undefined;
}
