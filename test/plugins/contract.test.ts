import { describe, expect, it } from "vitest";
import { CONTRACT } from "./contract-table.ts";
import type { CaseKit, ContractCase } from "./contract/contract-case.ts";
import type { ChainDriver, RequestScript, UpstreamScript } from "./chain-driver.ts";
import { httpStreamDriver } from "./http-stream-driver.ts";

const REQUEST: RequestScript = { method: "GET", path: "/", headers: [], body: [], trailers: null };
const UPSTREAM: UpstreamScript = { informational: [], status: 200, headers: [], body: [], trailers: null, breaksOff: false };

async function check(driver: ChainDriver, rule: ContractCase): Promise<void> {
  const events: string[] = [];
  const pending: Array<() => void> = [];
  const kit: CaseKit = {
    log: (event) => void events.push(event),
    whenIdle: <T>(value?: T) => new Promise<T>((resolve) => pending.push(() => resolve(value as T))),
    rejectWhenIdle: (message) => new Promise((_, reject) => pending.push(() => reject(new Error(message)))),
  };
  const trace = await driver.run({
    filters: rule.filters(kit),
    request: { ...REQUEST, ...rule.request },
    upstream: { ...UPSTREAM, ...rule.upstream },
    clientLeaves: rule.clientLeaves ?? false,
    whenIdle: () => pending.splice(0).forEach((settle) => settle()),
    log: kit.log,
  });
  // When a paused direction resumes relative to what was waiting is an implementation's choice; that it resumes is not.
  const { log, trace: expected } = rule;
  if (log !== undefined) expect(events.filter((event) => !event.startsWith("resume"))).toEqual(log);
  if (!rule.clientLeaves && events.includes("pause request") && trace.client.end === "none")
    expect(events).toContain("resume request");
  if (expected !== undefined) expect(trace).toMatchObject(expected);
}

describe.each(CONTRACT)("filter contract: %s", (_area, cases) => {
  it.each(cases.map((rule) => [rule.rule, rule] as const))("%s", async (_name, rule) => {
    await check(httpStreamDriver, rule);
  });
});
