import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Explanation, Outcome } from "../../gateway/explain/explanation.ts";
import { type Ask, readAsk } from "../../gateway/explain/read-ask.ts";
import { describeRuntimes } from "../lib/describe.ts";
import type { Gateway } from "../lib/gateway.ts";
import { scripted, startOrigin } from "../lib/origin.ts";
import type { Origin } from "../lib/origin.ts";
import { freePort } from "../lib/ports.ts";
import { observe } from "./observe.ts";
import type { Notes, Observation } from "./observe.ts";
import { tableBootstrap } from "./table-bootstrap.ts";
import { cases } from "./table-cases.ts";
import type { Case } from "./table-cases.ts";

/** The question that a request of the table is; undefined for one that no URL can say. */
function askOf({ bytes, method, listener }: Case): Ask | undefined {
  const [head] = bytes.split("\r\n\r\n", 1);
  const [line, ...fields] = head.split("\r\n");
  const match = /^(\S+) (\/\S*) HTTP\/1\.1$/.exec(line);
  const hosts = fields.filter((field) => /^host: \S+$/i.test(field));
  if (match === null || hosts.length !== 1 || !bytes.includes("\r\n\r\n") || match[2].includes("#")) return undefined;
  if (!/^[\x20-\x7e]*$/.test(head.replaceAll("\r\n", ""))) return undefined;
  // How long a body in chunks is the buffer filter learns from the body only.
  if (listener === "buffer" && fields.some((field) => /^transfer-encoding:/i.test(field))) return undefined;
  const ask = {
    method,
    url: `http://${hosts[0].slice(6)}${match[2]}`,
    headers: fields.filter((field) => field !== hosts[0]),
    listener,
  };
  return typeof readAsk(ask) === "string" ? undefined : ask;
}

/** What of an upstream's headers a dry run can't know, or does not tell. */
const UNLIKE: ReadonlySet<string> = new Set(["x-request-id", "cookie"]);

function headersOf(lines: readonly string[]): string[] {
  const byName = new Map<string, string[]>();
  for (const line of lines) {
    const name = line.slice(0, line.indexOf(":"));
    if (UNLIKE.has(name)) continue;
    const value = line.slice(line.indexOf(":") + 2);
    // As `observe` rounds it: what is left of the timeout when a retry is sent.
    const steady = name === "x-envoy-expected-rq-timeout-ms" ? String(Math.ceil(Number(value) / 100) * 100) : value;
    byName.set(name, [...(byName.get(name) ?? []), steady]);
  }
  return [...byName].map(([name, values]) => `${name}: ${values.join(",")}`).sort();
}

/** Where what was said differs from what was done; "" where it does not. */
function difference(outcome: Outcome, done: Observation, ports: ReadonlyMap<number, string>, method: string): string {
  if (outcome.cluster === undefined) {
    if (done.status !== outcome.status) return `said ${outcome.status}, was ${done.status}`;
    return done.upstream.length === 0 ? "" : `said ${outcome.status} from here, but ${done.upstream[0].origin} was asked`;
  }
  const origins = (outcome.endpoints ?? []).map(
    ({ address }) => ports.get(Number(address.slice(address.lastIndexOf(":") + 1))) ?? "dead",
  );
  // A mirrored request is no answer, nor is a port where nobody listens.
  const asked = done.upstream.filter(({ origin }) => origins.includes(origin));
  if (asked.length === 0)
    return origins.includes("dead") && done.status >= 502
      ? ""
      : `said ${outcome.cluster} (${origins.join()}), was ${done.status} of nobody`;
  const [line, ...lines] = outcome.head ?? [];
  const [wanted, ...more] = asked.map((one) => [one.line, ...headersOf(one.headers)].join("\n"));
  const said = [line, ...headersOf(lines)].join("\n");
  // With retries and mirrors in the same origin any of them will do.
  return said === wanted || more.includes(said) || method === "CONNECT" ? "" : `said\n${said}\nsent\n${wanted}`;
}

describeRuntimes("what explain says is what the gateway does", (runtime) => {
  const origins: Origin[] = [];
  const notes: Notes = [];
  const ports = new Map<number, string>();
  let gateway: Gateway;

  beforeAll(async () => {
    const dead = await freePort();
    for (const name of ["a", "b", "c"]) {
      const requests = {
        push: (...seen: Notes[number]["seen"][]) => notes.push(...seen.map((one) => ({ origin: name, seen: one }))),
      };
      const origin = await startOrigin(scripted({ requests }, name));
      ports.set(origin.port, name);
      origins.push(origin);
    }
    gateway = await runtime.start(tableBootstrap({ a: origins[0].port, b: origins[1].port, c: origins[2].port, dead }));
  });
  afterAll(async () => {
    await runtime.stopAll();
    await Promise.all(origins.map((origin) => origin.close()));
  });

  async function explain(ask: Ask): Promise<Explanation> {
    const response = await fetch(`http://127.0.0.1:${gateway.admin}/explain`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(ask),
    });
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${response.status}: ${text}`);
    return JSON.parse(text) as Explanation;
  }

  describe("over the table that Envoy is compared by", () => {
    const asked = cases.flatMap((one) => {
      const ask = askOf(one);
      return ask === undefined ? [] : [{ one, ask }];
    });

    it("asks most of its requests", () => {
      expect(asked.length).toBeGreaterThan(600);
    });

    it("says the same status, cluster and headers", async () => {
      const wrong: string[] = [];
      for (const { one, ask } of asked) {
        const explanation = await explain(ask);
        const done = await observe(gateway, one, notes);
        const found = explanation.outcomes.map((outcome) => difference(outcome, done, ports, one.method));
        if (found.includes("")) continue;
        wrong.push(`${one.group}: ${one.name}: ${found.join("\n or ") || explanation.refused}`);
      }
      expect(wrong).toEqual([]);
    }, 120_000);
  });

  it("counts nothing of what it explains", async () => {
    const traffic = async (): Promise<string[]> => {
      // Not the admin's own, nor what DNS does meanwhile.
      const { text } = await gateway.ask("/stats?type=Counters&filter=^(http\\.[^a]|cluster|listener\\.[^a])");
      return text.split("\n").filter((line) => !line.includes(".update_"));
    };
    const before = await traffic();
    expect(before.length).toBeGreaterThan(100);
    for (const one of cases.slice(0, 100)) {
      const ask = askOf(one);
      if (ask !== undefined) await explain(ask);
    }
    expect(await traffic()).toEqual(before);
  });
});
