import { describe, expect, it } from "vitest";
import { streamFixture, requestFixture, routeTable } from "../../../routing/table/routing-fixture.ts";
import type { HttpStream } from "../../../../core/contract/stream.ts";
import type { HeaderMap } from "../../../../core/contract/headers.ts";
import { HeaderMapImpl } from "../../../../core/stream/header-map.ts";
import type { CompiledRouteTable } from "../../../routing/table/route-table.ts";
import { GROUPS, type SemanticsGroup, type Want } from "./cases/semantics.ts";
import { gatewayYaml, serviceYaml, translationOf } from "./translate-fixture.ts";

const REST = `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: a }
spec: { host: a, subsets: [{ name: v1, labels: { v: "1" } }, { name: v2, labels: { v: "2" } }] }
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: ext }
spec: { hosts: [ext.example.org], ports: [{ number: 80, name: http, protocol: HTTP }], resolution: DNS }
---
apiVersion: v1
kind: Service
metadata: { name: alias }
spec: { type: ExternalName, externalName: outside.example.net }
---
`;
const SERVICES = [
  ...["a", "b", "c", "d"].map((name) => serviceYaml(name)),
  serviceYaml("multi", [80, 81]),
  serviceYaml("single", [9080]),
  serviceYaml("far", [80], "other"),
  REST,
].join("");

function tableOf({
  http,
  hosts = "[www.example.com, shop.example.com, only.example.com]",
  objects,
}: SemanticsGroup): CompiledRouteTable {
  const own =
    objects ??
    `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: vs }
spec:
  hosts: ${hosts}
  gateways: [gw]
  http:${(http ?? "").replaceAll("\n", "\n  ")}
`;
  return routeTable(translationOf(gatewayYaml() + SERVICES + own).routes[0]);
}

/** `METHOD TARGET name=value ...`. */
function request(text: string): HeaderMapImpl {
  const [method, target, ...fields] = text.split(" ");
  const headers: Record<string, string> = { host: "www.example.com" };
  for (const field of fields) {
    const equals = field.indexOf("=");
    headers[field.slice(0, equals)] = field.slice(equals + 1);
  }
  return requestFixture(method, target, headers);
}

/** `outbound|80|v2|a.default.svc.cluster.local` is `a/v2`, as far as what is wanted is short. */
function short(cluster: string, wanted: string): string {
  const [, port, subset, host] = cluster.split("|");
  const name = wanted.includes(".") ? host : host.replace(/\.default\.svc\.cluster\.local$/, "");
  return `${name}${port === "80" ? "" : `:${port}`}${subset === "" ? "" : `/${subset}`}`;
}

function pick(headers: HeaderMap, names: Readonly<Record<string, string | null>>): Record<string, string | null> {
  return Object.fromEntries(Object.keys(names).map((name) => [name, headers.has(name) ? headers.getAll(name).join("|") : null]));
}

/** What becomes of a request, in the form of what is wanted. */
function outcome(table: CompiledRouteTable, text: string, want: Want): Want {
  const headers = request(text);
  const response = new HeaderMapImpl([]);
  const stream: HttpStream = streamFixture({ request: headers, response, responseCode: 200 });
  const entry = table.match(stream, headers);
  if (entry === undefined) return { status: 404 };
  const name = want.name === undefined ? {} : { name: entry.name };
  if (entry.action !== "route") {
    response.status = entry.responseStatus;
    entry.finalizeResponse(stream, response);
    return {
      ...name,
      ...(want.status === undefined ? {} : { status: entry.responseStatus }),
      ...(want.location === undefined ? {} : { location: entry.location(stream, headers) }),
      ...(want.body === undefined ? {} : { body: entry.responseBody }),
      ...(want.response === undefined ? {} : { response: pick(response, want.response) }),
    };
  }
  const { cluster } = entry.selectCluster(stream, headers);
  const resource = entry.resource as {
    route: { weightedClusters?: { clusters: readonly { name: string; weight: number }[] } };
  };
  const weighted = resource.route.weightedClusters?.clusters;
  const to = want.to ?? "";
  entry.finalizeRequest(stream, headers, true);
  response.status = 200;
  response.append("x-up", "1");
  response.append("server-id", "s");
  entry.finalizeResponse(stream, response);
  if (want.route !== undefined) expect(resource.route).toMatchObject(want.route);
  return {
    ...name,
    ...(want.to === undefined
      ? {}
      : { to: weighted?.map((one) => `${short(one.name, to)}*${one.weight}`).join(" ") ?? short(cluster, to) }),
    ...(want.path === undefined ? {} : { path: headers.path }),
    ...(want.host === undefined ? {} : { host: headers.authority }),
    ...(want.upstream === undefined ? {} : { upstream: pick(headers, want.upstream) }),
    ...(want.response === undefined ? {} : { response: pick(response, want.response) }),
    ...(want.route === undefined ? {} : { route: want.route }),
  };
}

describe("a VirtualService at a gateway", () => {
  for (const group of GROUPS) {
    describe(`${group.title} (istio.io/latest/docs/${group.source.startsWith("ops") ? "" : "reference/config/"}${group.source})`, () => {
      const table = tableOf(group);
      for (const [claim, text, want] of group.rows) {
        it(`${claim}: ${text}`, () => expect(outcome(table, text, want)).toEqual(want));
      }
    });
  }

  it("has at least 150 rows", () => {
    expect(GROUPS.reduce((sum, { rows }) => sum + rows.length, 0)).toBeGreaterThanOrEqual(150);
  });
});
