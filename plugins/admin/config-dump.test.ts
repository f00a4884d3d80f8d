import { describe, expect, test } from "vitest";
import type { JsonObject, JsonValue } from "../../core/resources/document/scalar.ts";
import { adminFixture } from "./admin-fixture.ts";
import { parseTarget } from "./admin-request.ts";
import { configDumpPage } from "./config-dump.ts";
import { redact } from "./redact.ts";
import { toSnakeCase } from "./snake-case.ts";

function dump(query: string): { status: number; json: { configs?: JsonObject[] } } {
  const { status, body } = configDumpPage(adminFixture().context.configDump(), parseTarget("GET", "/config_dump" + query));
  return { status, json: status === 200 ? (JSON.parse(body) as { configs?: JsonObject[] }) : {} };
}

const TYPE = "type.googleapis.com/envoy.admin.v3.";
const cluster = (name: string): JsonObject => ({
  "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
  name,
  type: "STATIC",
  load_assignment: { cluster_name: name },
});
const EPOCH = "1970-01-01T00:00:00.000Z";

describe("/config_dump", () => {
  test("has Envoy's sections in Envoy's order", () => {
    const { configs } = dump("").json;
    expect(configs?.map((config) => [String(config["@type"]).replace(TYPE, ""), ...Object.keys(config).slice(1)])).toEqual([
      ["BootstrapConfigDump", "bootstrap", "last_updated"],
      ["ClustersConfigDump", "static_clusters", "dynamic_active_clusters", "dynamic_warming_clusters"],
      ["ListenersConfigDump", "static_listeners", "dynamic_listeners"],
      ["ScopedRoutesConfigDump"],
      ["RoutesConfigDump", "static_route_configs"],
      ["SecretsConfigDump", "static_secrets"],
    ]);
    expect(configs?.[0]).toMatchObject({
      bootstrap: { node: { id: "n1" }, static_resources: { clusters: [{ name: "o", load_assignment: { cluster_name: "o" } }] } },
      last_updated: "2026-11-24T00:00:00.000Z",
    });
    expect(configs?.[1]).toMatchObject({
      static_clusters: [
        { cluster: cluster("o"), last_updated: EPOCH },
        { cluster: cluster("dead.one"), last_updated: EPOCH },
      ],
      dynamic_active_clusters: [{ version_info: "7", cluster: cluster("dyn") }],
    });
    expect(configs?.[2]).toMatchObject({
      dynamic_listeners: [{ name: "l2", active_state: { version_info: "8", listener: { name: "l1" } } }],
    });
    expect(JSON.stringify(configs)).not.toContain("hidden");
  });

  test("endpoints when asked for", () => {
    expect(dump("?include_eds").json.configs?.map((config) => config["@type"])).toContain(TYPE + "EndpointsConfigDump");
  });

  test.each([
    [
      "?resource=static_clusters&mask=cluster.name",
      [{ "@type": TYPE + "ClustersConfigDump.StaticCluster", cluster: { "@type": cluster("o")["@type"], name: "o" } }],
    ],
    [
      "?resource=static_route_configs&mask=last_updated",
      [{ "@type": TYPE + "RoutesConfigDump.StaticRouteConfig", last_updated: EPOCH }],
    ],
  ])("%s", (query, first) => {
    expect(dump(query).json.configs?.slice(0, 1)).toEqual(first);
  });

  test("a list that is empty is nothing, one that does not exist is an error", () => {
    expect(dump("?resource=dynamic_route_configs")).toEqual({ status: 200, json: {} });
    expect(dump("?resource=dynamic_scoped_route_configs")).toEqual({ status: 200, json: {} });
    expect(dump("?resource=foo").status).toBe(404);
  });

  test("names may be chosen by an expression, which has to fit the whole of them", () => {
    const names = (query: string): unknown =>
      (dump(query).json.configs?.[1].static_clusters as { cluster: JsonObject }[] | undefined)?.map(
        ({ cluster }) => cluster.name,
      );
    expect(names("?name_regex=dead.*")).toEqual(["dead.one"]);
    expect(names("?name_regex=dead")).toBeUndefined();
    expect(dump("?name_regex=(").status).toBe(400);
  });

  test("a mask keeps what it names", () => {
    expect(dump("?mask=bootstrap.node,static_clusters").json.configs?.slice(0, 2)).toEqual([
      { "@type": TYPE + "BootstrapConfigDump", bootstrap: { node: { id: "n1" } } },
      expect.objectContaining({ static_clusters: expect.any(Array) as unknown }),
    ]);
  });
});

describe("names of fields", () => {
  test.each<[string, JsonValue, JsonValue]>([
    [
      "become snake_case",
      { connectTimeout: "1s", lbEndpoints: [{ portValue: 1 }] },
      { connect_timeout: "1s", lb_endpoints: [{ port_value: 1 }] },
    ],
    [
      "of messages in maps, but not the keys",
      { typedPerFilterConfig: { "my.Filter": { maxAge: 1 } } },
      { typed_per_filter_config: { "my.Filter": { max_age: 1 } } },
    ],
    [
      "not those of metadata",
      { metadata: { filterMetadata: { aB: { cD: 1 } } } },
      { metadata: { filter_metadata: { aB: { cD: 1 } } } },
    ],
    ["not those of a node's metadata", { metadata: { aB: 1 } }, { metadata: { aB: 1 } }],
    ["not those of a log's JSON", { jsonFormat: { aB: "x" } }, { json_format: { aB: "x" } }],
    [
      "not those of a TypedStruct's value",
      { typedConfig: { "@type": "type.googleapis.com/xds.type.v3.TypedStruct", typeUrl: "x", value: { aB: 1 } } },
      { typed_config: { "@type": "type.googleapis.com/xds.type.v3.TypedStruct", type_url: "x", value: { aB: 1 } } },
    ],
  ])("%s", (_, given, wanted) => {
    expect(toSnakeCase(given)).toEqual(wanted);
  });
});

describe("secrets are taken out", () => {
  test.each<[string, JsonValue, JsonValue]>([
    [
      "keys",
      { private_key: { inline_string: "k" }, certificate_chain: { inline_string: "c" } },
      { private_key: { inline_string: "[redacted]" }, certificate_chain: { inline_string: "c" } },
    ],
    ["not where they are kept", { private_key: { filename: "/k" } }, { private_key: { filename: "/k" } }],
    [
      "values of headers that open doors",
      [
        { header: { key: "Authorization", value: "Basic x" } },
        { header: { key: "x-api-key", raw_value: "eA==" } },
        { header: { key: "x-a", value: "b" } },
      ],
      [
        { header: { key: "Authorization", value: "[redacted]" } },
        { header: { key: "x-api-key", raw_value: "[redacted]" } },
        { header: { key: "x-a", value: "b" } },
      ],
    ],
    [
      "lists of them",
      { credentials: [{ key: "k", client: "c" }] },
      { credentials: [{ key: "[redacted]", client: "[redacted]" }] },
    ],
    [
      "in a plugin's own configuration",
      { value: { apiKey: "x", clientSecret: "y", tokenBucket: { max: 5 } } },
      { value: { apiKey: "[redacted]", clientSecret: "[redacted]", tokenBucket: { max: 5 } } },
    ],
    [
      "but no limits of tokens",
      { token_bucket: { max_tokens: 5, fill_interval: "1s" } },
      { token_bucket: { max_tokens: 5, fill_interval: "1s" } },
    ],
  ])("%s", (_, given, wanted) => {
    expect(redact(given)).toEqual(wanted);
  });
});
