import { describe, expect, it } from "vitest";
import type { HeaderMap } from "../../../core/contract/headers.ts";
import type { HttpStream } from "../../../core/contract/stream.ts";
import { HeaderMapImpl } from "../../../core/stream/header-map.ts";
import { ACTION_GROUPS, type ActionCase, actionConfig } from "./cases/action-cases.ts";
import { requestFixture, routeTable, streamFixture } from "./routing-fixture.ts";
import type { CompiledRouteTable } from "./route-table.ts";

function pick(headers: HeaderMap, names: Readonly<Record<string, string | null>>): Record<string, string | null> {
  return Object.fromEntries(Object.keys(names).map((name) => [name, headers.has(name) ? headers.getAll(name).join("|") : null]));
}

/** What the router does with a route, without an upstream. */
function outcome(table: CompiledRouteTable, given: ActionCase): ActionCase {
  const request = requestFixture("GET", given.target, { "x-forwarded-proto": "http", ...given.headers });
  const response = new HeaderMapImpl([]);
  const stream: HttpStream = streamFixture({ request, response, responseCode: 200 });
  const entry = table.match(stream, request);
  const { target, headers } = given;
  if (entry === undefined) return { target, headers, status: 404 };
  if (entry.action !== "route") {
    response.status = entry.responseStatus;
    entry.finalizeResponse(stream, response);
    return {
      target,
      headers,
      status: entry.responseStatus,
      ...(given.location === undefined ? {} : { location: entry.location(stream, request) }),
      ...(given.body === undefined ? {} : { body: entry.responseBody }),
      ...(given.response === undefined ? {} : { response: pick(response, given.response) }),
    };
  }
  expect(entry.selectCluster(stream, request).cluster).toBe("echo");
  entry.finalizeRequest(stream, request, true);
  response.status = 200;
  response.append("x-up", "1");
  response.append("x-up2", "a");
  response.append("x-up3", "gone");
  entry.finalizeResponse(stream, response);
  return {
    target,
    headers,
    ...(given.path === undefined ? {} : { path: request.path }),
    ...(given.host === undefined ? {} : { host: request.authority }),
    ...(given.upstream === undefined ? {} : { upstream: pick(request, given.upstream) }),
    ...(given.response === undefined ? {} : { response: pick(response, given.response) }),
  };
}

describe("what a route does", () => {
  for (const group of ACTION_GROUPS) {
    it(group.title, () => {
      const table = routeTable(actionConfig(group));
      expect(group.cases.map((given) => outcome(table, given))).toEqual(group.cases);
    });
  }
});
