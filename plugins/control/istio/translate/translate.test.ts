import { describe, expect, it } from "vitest";
import { buildMesh } from "../mesh.ts";
import { readMeshDocuments } from "../read/read-mesh-documents.ts";
import type { Json } from "./json.ts";
import { GATEWAY, gatewayYaml, serviceYaml, translationOf } from "./translate-fixture.ts";
import { translate } from "./translate.ts";
import type { GatewayNode, Translation } from "./translation.ts";

const to = (host: string): string => `route: [{ destination: { host: ${host} } }]`;

function virtualService(http: string, more = ""): string {
  return `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: vs }
spec: { hosts: ["*"], gateways: [gw], http: [${http}]${more} }
---
`;
}

const entry = (namespace: string, port: number, more = ""): string => `apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: e, namespace: ${namespace} }
spec: { hosts: [e.example.org], ports: [{ number: ${port}, name: http, protocol: HTTP }], resolution: DNS${more} }
---
`;

function manager(translation: Translation): Json {
  const [chain] = translation.listeners[0].filter_chains as readonly Json[];
  return (chain.filters as readonly Json[])[0].typed_config as Json;
}

const routes = (translation: Translation): readonly Json[] =>
  (translation.routes[0].virtual_hosts as readonly { routes: readonly Json[] }[])[0].routes;

const clusters = (translation: Translation): readonly unknown[] => translation.clusters.map(({ name }) => name);

describe("a gateway's translation", () => {
  it("leaves out what no request gets to", () => {
    const rules = [
      `{ name: a, match: [{ uri: { regex: ".*" } }, { uri: { exact: /b } }], ${to("s")} }`,
      `{ name: c, ${to("s")} }`,
    ];
    const made = translationOf(gatewayYaml() + serviceYaml("s") + virtualService(rules.join(", ")));
    expect(routes(made).map(({ name }) => name)).toEqual(["a"]);
  });

  it("takes the service of the VirtualService's namespace, else the oldest that it may see", () => {
    const rule = virtualService(`{ ${to("e.example.org")} }`);
    expect(clusters(translationOf(gatewayYaml() + entry("aaa", 81) + entry("default", 82) + rule))).toEqual([
      "outbound|82||e.example.org",
    ]);
    expect(clusters(translationOf(gatewayYaml() + entry("aaa", 81) + entry("bbb", 82) + rule))).toEqual([
      "outbound|81||e.example.org",
    ]);
    const hidden = entry("aaa", 81, `, exportTo: ["."]`);
    expect(clusters(translationOf(gatewayYaml() + hidden + entry("bbb", 82) + rule))).toEqual(["outbound|82||e.example.org"]);
  });

  it("lets nobody past a match that it can't look at", () => {
    const rule = `{ match: [{ headers: { "@request.auth.claims.group": { exact: admin } } }], ${to("s")} }`;
    const text = gatewayYaml() + serviceYaml("s") + virtualService(rule);
    const { objects } = readMeshDocuments(text, { file: "test.yaml", allowUnsupported: true });
    const made = translate(GATEWAY, buildMesh(objects));
    expect(made.routes[0].virtual_hosts).toMatchObject([{ name: "blackhole:80", domains: ["*"], routes: [] }]);
    expect(made.problems.map(({ severity, path }) => [severity, path])).toEqual([
      ["error", 'spec.http[0].match[0].headers["@request.auth.claims.group"]'],
    ]);
  });

  it("tells of a VirtualService that it may not see", () => {
    const made = translationOf(gatewayYaml() + serviceYaml("s") + virtualService(`{ ${to("s")} }`, `, exportTo: ["."]`));
    expect(made.problems).toMatchObject([{ code: "without_effect", path: "spec.exportTo", severity: "warning" }]);
    const own: Partial<GatewayNode> = { namespace: "default" };
    expect(
      translationOf(gatewayYaml() + serviceYaml("s") + virtualService(`{ ${to("s")} }`, `, exportTo: ["."]`), own).problems,
    ).toEqual([]);
  });

  it("is for Gateways that select it", () => {
    const text = gatewayYaml() + serviceYaml("s") + virtualService(`{ ${to("s")} }`);
    expect(translationOf(text, { labels: { istio: "other" } })).toMatchObject({ listeners: [], routes: [], clusters: [] });
    expect(translationOf(text, { labels: { istio: "ingressgateway", more: "x" } }).listeners).toHaveLength(1);
  });

  it("listens where the node says", () => {
    const made = translationOf(gatewayYaml(), { ports: { 80: 8080 }, address: "127.0.0.1" });
    expect(made.listeners).toMatchObject([
      { name: "127.0.0.1_8080", address: { socket_address: { address: "127.0.0.1", port_value: 8080 } } },
    ]);
    expect(made.routes[0].name).toBe("http.8080");
  });

  it("believes proxies before it as far as the node says", () => {
    const alone = translationOf(gatewayYaml());
    expect(alone.routes[0].internal_only_headers).toContain("x-forwarded-host");
    expect(manager(alone)).toMatchObject({ use_remote_address: true });
    const behind = translationOf(gatewayYaml(), { trustedProxies: 2 });
    expect(behind.routes[0].internal_only_headers).toBeUndefined();
    expect(manager(behind)).toMatchObject({ xff_num_trusted_hops: 2 });
  });

  it("makes paths uniform as the node says", () => {
    expect(manager(translationOf(gatewayYaml()))).toMatchObject({ normalize_path: true });
    expect(manager(translationOf(gatewayYaml(), { pathNormalization: "NONE" }))).toMatchObject({ normalize_path: false });
    expect(manager(translationOf(gatewayYaml(), { pathNormalization: "DECODE_AND_MERGE_SLASHES" }))).toMatchObject({
      merge_slashes: true,
      path_with_escaped_slashes_action: "UNESCAPE_AND_FORWARD",
    });
  });

  it("has the node's filters before the router, and its access logs", () => {
    const made = manager(translationOf(gatewayYaml(), { httpFilters: [{ name: "mine" }], accessLog: [{ name: "log" }] }));
    expect((made.http_filters as readonly Json[]).map(({ name }) => name)).toEqual([
      "envoy.filters.http.fault",
      "envoy.filters.http.cors",
      "mine",
      "envoy.filters.http.router",
    ]);
    expect(made.access_log).toEqual([{ name: "log" }]);
  });

  it("looks for a Secret in its own namespace, then beside the Gateway", () => {
    const gateway = `apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: tls }
spec:
  servers:
  - { port: { number: 443, name: https, protocol: HTTPS }, hosts: ["*"], tls: { mode: SIMPLE, credentialName: c } }
---
`;
    const secret = (namespace: string): string => `apiVersion: v1
kind: Secret
metadata: { name: c, namespace: ${namespace} }
stringData: { tls.crt: certificate, tls.key: key }
---
`;
    const names = (text: string): readonly unknown[] => translationOf(gateway + text).secrets.map(({ name }) => name);
    expect(names(secret("default") + secret("istio-system"))).toEqual(["kubernetes://istio-system/c"]);
    expect(names(secret("default"))).toEqual(["kubernetes://default/c"]);
    const without = translationOf(gateway + secret("elsewhere"));
    expect([without.listeners, without.secrets, without.problems.map(({ code, severity }) => [severity, code])]).toEqual([
      [],
      [],
      [["warning", "unknown_reference"]],
    ]);
  });

  it("serves the others when one server's Secret is not there, and ends connections for its names", () => {
    const server = (name: string, host: string, tls: string): string =>
      `  - { port: { number: 443, name: ${name}, protocol: HTTPS }, hosts: ["${host}"], tls: { ${tls} } }\n`;
    const gateway = `apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: tls }
spec:
  selector: { istio: ingressgateway }
  servers:
${server("all", "*.example.com", "mode: SIMPLE, credentialName: there")}${server("admin", "admin.example.com", "mode: MUTUAL, credentialName: not-there")}---
apiVersion: v1
kind: Secret
metadata: { name: there }
stringData: { tls.crt: certificate, tls.key: key }
---
`;
    const made = translationOf(gateway);
    const chains = made.listeners[0].filter_chains as readonly Json[];
    const [wildcard, admin] = chains;
    expect(wildcard).toMatchObject({ filter_chain_match: { server_names: ["*.example.com"] }, transport_socket: {} });
    expect(admin).toMatchObject({
      filter_chain_match: { server_names: ["admin.example.com"] },
      filters: [{ name: "envoy.filters.network.direct_response" }],
    });
    expect(admin).not.toHaveProperty("transport_socket");
    expect(made.problems).toMatchObject([
      { severity: "warning", path: "spec.servers[1].tls.credentialName", message: expect.stringContaining("left out") as string },
    ]);
    expect(made.routes.map(({ name }) => name)).toEqual(["https.443.all.tls.default"]);
  });
});
