import { describe, expect, it } from "vitest";
import type { Json } from "../json.ts";
import { gatewayYaml, translationOf } from "../translate-fixture.ts";
import type { GatewayNode } from "../translation.ts";

const HTTP_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
const POOL = "reference/config/networking/destination-rule/#ConnectionPoolSettings";
const HTTP = `${POOL}-HTTPSettings`;
const TCP = `${POOL}-TCPSettings`;

const ROUTE = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: vs }
spec: { hosts: ["*"], gateways: [gw], http: [{ route: [{ destination: DESTINATION }] }] }
---
`;

const service = (port: string): string =>
  `apiVersion: v1\nkind: Service\nmetadata: { name: s }\nspec: { ports: [{ port: 80, ${port} }] }\n---\n`;
const serviceEntry = (protocol: string): string => `apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: s }
spec: { hosts: [s.example.org], ports: [{ number: 80, name: p${protocol === "" ? "" : `, protocol: ${protocol}`} }], resolution: DNS }
---
`;
const rule = (spec: string, host = "s"): string =>
  `apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: { name: s }\nspec: { host: ${host}, ${spec} }\n---\n`;
const pool = (settings: string): string => `trafficPolicy: { connectionPool: ${settings} }`;

/** The one cluster of these objects. */
function clusterOf(objects: string, node: Partial<GatewayNode> = {}, destination = "{ host: s }"): Json {
  const { clusters } = translationOf(gatewayYaml() + objects + ROUTE.replace("DESTINATION", destination), node);
  expect(clusters).toHaveLength(1);
  return clusters[0] as Json;
}

function optionsOf(cluster: Json): Json | undefined {
  return (cluster.typed_extension_protocol_options as Json | undefined)?.[HTTP_OPTIONS] as Json | undefined;
}

/** What it speaks. HTTP/1.1 is Envoy's default, so it may stand nowhere. */
function spoken(cluster: Json): string {
  const options = optionsOf(cluster);
  if (options === undefined) return "http1";
  if (options.use_downstream_protocol_config !== undefined) return "downstream";
  const explicit = options.explicit_http_config as Json;
  return explicit.http2_protocol_options === undefined ? "http1" : "http2";
}

describe("the protocol of a service's port (istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection/)", () => {
  // The left of "is": name of the port, or appProtocol.
  it.each([
    ["name: http", "http1"],
    ["name: http-web", "http1"],
    ["name: HTTP-web", "http1"],
    ["name: http2", "http2"],
    ["name: http2-web", "http2"],
    ["name: grpc", "http2"],
    ["name: grpc-greeter", "http2"],
    ["name: grpc-web", "http2"],
    ["name: grpc-web-greeter", "http2"],
    // Only what stands before the dash is a protocol.
    ["name: http2web", "http1"],
    ["name: web-http2", "http1"],
    ["name: https", "http1"],
    ["name: tls", "http1"],
    ["name: tcp", "http1"],
    ["name: mongo", "http1"],
    ["name: mysql", "http1"],
    ["name: redis", "http1"],
    ["name: web", "http1"],
    ["appProtocol: http", "http1"],
    ["appProtocol: http2", "http2"],
    ["appProtocol: grpc", "http2"],
    ["appProtocol: grpc-web", "http2"],
    ["appProtocol: https", "http1"],
    ["appProtocol: tls", "http1"],
    ["appProtocol: tcp", "http1"],
    ["appProtocol: kubernetes.io/h2c", "http2"],
    ["appProtocol: kubernetes.io/ws", "http1"],
    ["appProtocol: kubernetes.io/wss", "http1"],
    ["appProtocol: example.com/mine", "http1"],
    // appProtocol comes before the name.
    ["name: http-web, appProtocol: grpc", "http2"],
    ["name: grpc-web, appProtocol: http", "http1"],
    // Names of Kubernetes' are for appProtocol only.
    ["name: h2c", "http1"],
    // Nothing is declared: a gateway guesses nothing.
    ["protocol: TCP", "http1"],
  ])("Service: %s is %s", (port, wanted) => expect(spoken(clusterOf(service(port)))).toBe(wanted));

  it.each([
    ["HTTP", "http1"],
    ["http2", "http2"],
    ["HTTP2", "http2"],
    ["GRPC", "http2"],
    ["GRPC-WEB", "http2"],
    ["HTTPS", "http1"],
    ["TLS", "http1"],
    ["", "http1"],
  ])('ServiceEntry: "%s" is %s', (protocol, wanted) =>
    expect(spoken(clusterOf(serviceEntry(protocol), {}, "{ host: s.example.org }"))).toBe(wanted),
  );
});

describe(`h2UpgradePolicy and useClientProtocol (istio.io/latest/docs/${HTTP}, and reference/config/istio.mesh.v1alpha1/)`, () => {
  const upgrade = (policy: string): string => rule(pool(`{ http: { h2UpgradePolicy: ${policy} } }`));

  // The port, the mesh's policy, the rule's, and what is spoken.
  it.each([
    ["name: http", "DO_NOT_UPGRADE", "DEFAULT", "http1"],
    ["name: http", "DO_NOT_UPGRADE", "DO_NOT_UPGRADE", "http1"],
    ["name: http", "DO_NOT_UPGRADE", "UPGRADE", "http2"],
    ["name: http", "UPGRADE", "DEFAULT", "http2"],
    ["name: http", "UPGRADE", "DO_NOT_UPGRADE", "http1"],
    ["name: http", "UPGRADE", "UPGRADE", "http2"],
    // The mesh's is not for ports that may not be of HTTP; the rule's is believed.
    ["name: web", "UPGRADE", "DEFAULT", "http1"],
    ["name: tcp", "UPGRADE", "DEFAULT", "http1"],
    ["name: https", "UPGRADE", "DEFAULT", "http1"],
    ["name: web", "DO_NOT_UPGRADE", "UPGRADE", "http2"],
    // What is HTTP/2 already is not made HTTP/1.1.
    ["name: grpc", "DO_NOT_UPGRADE", "DO_NOT_UPGRADE", "http2"],
    ["name: grpc", "UPGRADE", "DO_NOT_UPGRADE", "http2"],
  ] as const)("%s, mesh %s, rule %s: %s", (port, mesh, policy, wanted) => {
    expect(spoken(clusterOf(service(port) + upgrade(policy), { h2UpgradePolicy: mesh }))).toBe(wanted);
    if (policy === "DEFAULT") expect(spoken(clusterOf(service(port), { h2UpgradePolicy: mesh }))).toBe(wanted);
  });

  it("useClientProtocol: the client's protocol is kept, whatever the port and the mesh say", () => {
    const client = rule(pool("{ http: { useClientProtocol: true } }"));
    for (const port of ["name: http", "name: grpc", "name: web"]) {
      for (const mesh of ["UPGRADE", "DO_NOT_UPGRADE"] as const) {
        expect(spoken(clusterOf(service(port) + client, { h2UpgradePolicy: mesh }))).toBe("downstream");
      }
    }
  });

  it("portLevelSettings: the port's are taken alone, not put together with the rule's", () => {
    const levels = `trafficPolicy: { connectionPool: { http: { h2UpgradePolicy: UPGRADE } }, portLevelSettings: [LEVEL] }`;
    const of = (level: string): string => spoken(clusterOf(service("name: http") + rule(levels.replace("LEVEL", level))));
    expect(of("{ port: { number: 80 }, connectionPool: { http: { h2UpgradePolicy: DO_NOT_UPGRADE } } }")).toBe("http1");
    expect(of("{ port: { number: 80 }, loadBalancer: { simple: RANDOM } }")).toBe("http1");
    expect(of("{ port: { number: 81 }, connectionPool: { http: { h2UpgradePolicy: DO_NOT_UPGRADE } } }")).toBe("http2");
  });

  it("subsets: a subset's settings come before the rule's, which hold where it has none", () => {
    const subsets = (policy: string): string =>
      rule(`${pool("{ http: { h2UpgradePolicy: UPGRADE } }")}, subsets: [{ name: v1, labels: { v: "1" }${policy} }]`);
    const of = (policy: string): string =>
      spoken(clusterOf(service("name: http") + subsets(policy), {}, "{ host: s, subset: v1 }"));
    expect(of("")).toBe("http2");
    expect(of(`, ${pool("{ http: { h2UpgradePolicy: DO_NOT_UPGRADE } }")}`)).toBe("http1");
    expect(of(`, ${pool("{ http: { useClientProtocol: true } }")}`)).toBe("downstream");
    // Connection settings are one setting: the subset's replace the rule's whole.
    expect(of(`, ${pool("{ tcp: { maxConnections: 1 } }")}`)).toBe("http1");
  });
});

describe("connection settings", () => {
  const thresholds = (fields: Json): Json => ({ circuit_breakers: { thresholds: [fields] } });
  const common = (fields: Json): Json => ({
    typed_extension_protocol_options: { [HTTP_OPTIONS]: { common_http_protocol_options: fields } },
  });
  const http2 = (fields: Json): Json => ({
    typed_extension_protocol_options: { [HTTP_OPTIONS]: { explicit_http_config: { http2_protocol_options: fields } } },
  });

  it.each([
    [TCP, "maxConnections", "{ tcp: { maxConnections: 7 } }", thresholds({ max_connections: 7 })],
    [TCP, "maxConnections, default", "{ tcp: {} }", thresholds({ max_connections: 4_294_967_295 })],
    [TCP, "connectTimeout", "{ tcp: { connectTimeout: 30ms } }", { connect_timeout: "0.03s" }],
    [TCP, "connectTimeout, default", "{ tcp: {} }", { connect_timeout: "10s" }],
    [TCP, "maxConnectionDuration", "{ tcp: { maxConnectionDuration: 1h } }", common({ max_connection_duration: "3600s" })],
    [TCP, "idleTimeout", "{ tcp: { idleTimeout: 5s } }", common({ idle_timeout: "5s" })],
    [
      `${TCP}-TcpKeepalive`,
      "time",
      "{ tcp: { tcpKeepalive: { time: 7200s } } }",
      { upstream_connection_options: { tcp_keepalive: { keepalive_time: 7200 } } },
    ],
    [HTTP, "http1MaxPendingRequests", "{ http: { http1MaxPendingRequests: 8 } }", thresholds({ max_pending_requests: 8 })],
    [HTTP, "http2MaxRequests", "{ http: { http2MaxRequests: 9 } }", thresholds({ max_requests: 9 })],
    [HTTP, "maxRetries", "{ http: { maxRetries: 2 } }", thresholds({ max_retries: 2 })],
    [HTTP, "maxRequestsPerConnection", "{ http: { maxRequestsPerConnection: 1 } }", common({ max_requests_per_connection: 1 })],
    [HTTP, "idleTimeout", "{ http: { idleTimeout: 60s } }", common({ idle_timeout: "60s" })],
    [
      HTTP,
      "idleTimeout comes before that of tcp",
      "{ tcp: { idleTimeout: 5s }, http: { idleTimeout: 60s } }",
      common({ idle_timeout: "60s" }),
    ],
    [
      HTTP,
      "maxConcurrentStreams",
      "{ http: { h2UpgradePolicy: UPGRADE, maxConcurrentStreams: 50 } }",
      http2({ max_concurrent_streams: 50 }),
    ],
    [
      HTTP,
      "http2KeepAlive",
      "{ http: { h2UpgradePolicy: UPGRADE, http2KeepAlive: { interval: 10s, timeout: 5s } } }",
      http2({ connection_keepalive: { interval: "10s", timeout: "5s" } }),
    ],
  ])("%s: %s", (_, __, settings, wanted) => {
    expect(clusterOf(service("name: http") + rule(pool(settings)))).toMatchObject(wanted);
  });

  it("offers h2 by ALPN over TLS to what speaks HTTP/2, and leaves the offer to the pool elsewhere", () => {
    const tls = (settings: string): unknown => {
      const spec = `trafficPolicy: { tls: { mode: SIMPLE }, connectionPool: { http: { ${settings} } } }`;
      const { transport_socket: socket } = clusterOf(service("name: http") + rule(spec)) as {
        transport_socket: { typed_config: { common_tls_context: Json } };
      };
      return socket.typed_config.common_tls_context.alpn_protocols;
    };
    expect(tls("h2UpgradePolicy: UPGRADE")).toEqual(["h2"]);
    expect(tls("h2UpgradePolicy: DO_NOT_UPGRADE")).toBeUndefined();
    expect(tls("useClientProtocol: true")).toBeUndefined();
  });
});
