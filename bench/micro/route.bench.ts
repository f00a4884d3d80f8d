import { requestFixture, routeTable, streamFixture } from "../../plugins/routing/table/routing-fixture.ts";
import type { Micro } from "./bench.ts";

const KINDS: readonly ((i: number) => object)[] = [
  (i) => ({ path: `/svc/${i}/resource` }),
  (i) => ({ prefix: `/api/${i}/` }),
  (i) => ({ safe_regex: { regex: `/re/${i}/[0-9]+/item` } }),
  (i) => ({ path_separated_prefix: `/team/${i}` }),
  (i) => ({ prefix: "/", headers: [{ name: "x-tenant", string_match: { exact: `t${i}` } }] }),
];

const HEADERS = {
  "user-agent": "curl/8.5.0",
  accept: "*/*",
  "x-forwarded-proto": "http",
  "x-request-id": "dce76e3a-a03d-410b-91f7-25eca84851d7",
};

/** Keeps results reachable. */
export let found: unknown;

/** Looking up a route: `count` routes of all kinds, then a last one. */
function bench(count: number, path: string, headers: Readonly<Record<string, string>>, label: string): Micro {
  const routes = Array.from({ length: count - 1 }, (_, i) => ({
    match: KINDS[i % KINDS.length](i),
    direct_response: { status: 200 },
  }));
  const last = { match: { prefix: count === 1 ? "/" : "/last" }, direct_response: { status: 200 } };
  const table = routeTable({ virtual_hosts: [{ name: "h", domains: ["*"], routes: [...routes, last] }] });
  const stream = streamFixture();
  const request = requestFixture("GET", path, { ...HEADERS, ...headers });
  if (table.match(stream, request) === undefined) throw new Error(`${label}: no route`);
  return { name: `match: ${label} of ${count}`, fn: () => (found = table.match(stream, request)) };
}

/** Route matching at 1, 100 and 10,000 routes. */
export const benches: readonly Micro[] = [
  bench(1, "/last/resource", {}, "the one"),
  bench(100, "/last/resource", {}, "the last one"),
  bench(10_000, "/last/resource", {}, "the last one"),
  bench(10_000, "/svc/9990/resource", {}, "an exact path"),
  bench(10_000, "/api/9991/x", {}, "a prefix"),
  bench(10_000, "/re/9992/77/item", {}, "an expression"),
  bench(10_000, "/team/9993/x?a=b", {}, "a separated prefix"),
  bench(10_000, "/none", { "x-tenant": "t9994" }, "a header"),
];
