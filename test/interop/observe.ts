import { setTimeout as sleep } from "node:timers/promises";
import type { Gateway } from "../lib/gateway.ts";
import type { Fields } from "../lib/message.ts";
import type { Seen } from "../lib/origin.ts";
import { rawConnect } from "../lib/raw.ts";
import type { Case } from "./table-cases.ts";

/** What one request led to, without what differs between two runs of the same proxy. */
export interface Observation {
  status: number;
  complete: boolean;
  headers: string[];
  body: string;
  /** What the origins saw, in order: each with the origin's name before it. */
  upstream: { origin: string; line: string; headers: string[]; body: string; trailers: string[] }[];
}

/** The origins' notes, emptied by each observation. */
export type Notes = { origin: string; seen: Seen }[];

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** Sends one request over a connection of its own. */
export async function observe(gateway: Gateway, one: Case, notes: Notes): Promise<Observation> {
  notes.length = 0;
  const client = await rawConnect(gateway.ports[one.listener]);
  await client.send(one.bytes);
  const response = await client.response({ method: one.method });
  client.destroy();
  // Mirrored requests arrive beside the answer.
  if (one.group === "mirroring") await sleep(150);
  return {
    status: response?.status ?? 0,
    complete: response?.complete ?? false,
    headers: plain(response?.headers ?? []),
    body: (response?.text() ?? "").replace(UUID, "UUID"),
    upstream: notes
      .map(({ origin, seen }) => ({
        origin,
        line: `${seen.method} ${seen.target} ${seen.version}`,
        headers: plain(seen.headers),
        body: seen.body,
        trailers: plain(seen.trailers),
      }))
      .sort((x, y) => (x.origin < y.origin ? -1 : x.origin > y.origin ? 1 : 0)),
  };
}

/** Headers in lower case, sorted by name (values of one name in order, joined as RFC 9110 section 5.3 permits), without what varies from run to run. */
function plain(fields: Fields): string[] {
  const byName = new Map<string, string[]>();
  for (const [name, value] of fields) {
    const lower = name.toLowerCase();
    const values = byName.get(lower) ?? [];
    byName.set(lower, values);
    values.push(steady(lower, value));
  }
  return [...byName].sort(([x], [y]) => (x < y ? -1 : 1)).map(([name, values]) => `${name}: ${values.join(",")}`);
}

function steady(name: string, value: string): string {
  if (name === "date") return "DATE";
  if (name === "x-envoy-upstream-service-time") return "MILLISECONDS";
  // What is left of the timeout when a retry is sent.
  if (name === "x-envoy-expected-rq-timeout-ms") return String(Math.ceil(Number(value) / 100) * 100);
  if (name === "x-request-id") return value.replace(UUID, "UUID");
  return value;
}
