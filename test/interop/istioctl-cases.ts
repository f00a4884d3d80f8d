import { brokenDocuments } from "../../plugins/control/istio/read/broken-documents.ts";

/** A text that `istioctl analyze` and `isthmus analyze` look at. */
export interface IstioctlCase {
  readonly name: string;
  readonly text: string;
}

/** Documents with one mistake each, of the kinds that Istio's validation is for. */
export const brokenCases: readonly IstioctlCase[] = brokenDocuments
  .filter(([group]) => ["VirtualService", "Gateway", "DestinationRule", "ServiceEntry"].includes(group))
  .flatMap(([group, , rows]) => rows.map(([title, text]) => ({ name: `${group}: ${title}`, text })));

const object = (kind: string, name: string, spec: string): string =>
  `apiVersion: networking.istio.io/v1\nkind: ${kind}\nmetadata: { name: ${name}, namespace: default }\nspec:\n${spec.replace(/^(?=.)/gm, "  ")}\n`;
const documents = (...texts: string[]): string => texts.join("---\n");

const route = (name: string, spec: string): string => object("VirtualService", name, spec);
const to = "route: [{ destination: { host: a.com } }]";
const gateway = (name: string, hosts: string, tls = ""): string =>
  object(
    "Gateway",
    name,
    `selector: { istio: ingressgateway }\nservers:\n- hosts: [${hosts}]\n  port: { number: ${tls === "" ? 80 : 443}, name: p, protocol: ${tls === "" ? "HTTP" : "HTTPS"} }\n${tls}`,
  );
const entry = object("ServiceEntry", "a", "hosts: [a.com]\nresolution: DNS\nports: [{ number: 80, name: http, protocol: HTTP }]");

/** Objects without a mistake, with as many of their fields as can stand together. */
const RIGHT = documents(
  route(
    "all",
    `hosts: [a.com, "*.b.com"]
gateways: [default/gw, mesh]
exportTo: ["."]
http:
- name: everything
  match:
  - name: m
    uri: { prefix: "" }
    scheme: { exact: https }
    method: { regex: GET|POST }
    authority: { prefix: a }
    headers: { x-a: { exact: "" }, ":path": { regex: "/.*" }, x-b: {} }
    withoutHeaders: { x-c: { regex: "*" } }
    queryParams: { q: { exact: "" }, r: {} }
    port: 80
    sourceLabels: { app: web, "example.com/x": "" }
    sourceNamespace: prod
    gateways: [mesh]
    ignoreUriCase: true
    statPrefix: s
  rewrite: { uri: /, authority: b.com }
  timeout: 1m30.5s
  retries: { attempts: 3, perTryTimeout: 250ms, retryOn: "5xx,503,unavailable", backoff: 1s, retryRemoteLocalities: true, retryIgnorePreviousHosts: false }
  fault:
    delay: { fixedDelay: 1s, percentage: { value: 0.5 } }
    abort: { grpcStatus: UNAVAILABLE, percentage: { value: 100 } }
  mirrors: [{ destination: { host: a.com }, percentage: { value: 5 } }]
  corsPolicy:
    allowOrigins: [{ exact: "https://a.com" }, { regex: "https://.*" }]
    allowMethods: ["*", GET]
    allowHeaders: [x-a, "*"]
    exposeHeaders: [x-b]
    maxAge: 24h
    allowCredentials: true
    unmatchedPreflights: IGNORE
  headers:
    request: { set: { a: "%REQ(x)%-100%%" }, add: { b: "" }, remove: [c] }
    response: { set: { d: e } }
  route:
  - destination: { host: a.com, subset: v1, port: { number: 80 } }
    weight: 180
    headers: { request: { set: { ":authority": x } } }
  - destination: { host: a.com }
    weight: 0
- match: [{ uri: { exact: /r } }]
  redirect: { uri: /x, authority: b.com, scheme: https, redirectCode: 308, derivePort: FROM_REQUEST_PORT }
- match: [{ uri: { prefix: /p } }]
  redirect: { prefixRewrite: /q, port: 8080 }
- match: [{ uri: { exact: /d } }]
  directResponse: { status: 503, body: { bytes: YQ== } }
- match: [{ uri: { regex: "/x/(\\\\d+)" } }]
  rewrite: { uriRegexRewrite: { match: "^/x/(\\\\d+)$", rewrite: '/y/\\1' } }
  route: [{ destination: { host: a.com } }]
- match: [{ uri: { exact: /e } }]
  delegate: { name: sub, namespace: default }
tls:
- match: [{ port: 443, sniHosts: [x.b.com], destinationSubnets: [10.0.0.0/8, "fd00::/8"] }]
  route: [{ destination: { host: a.com } }]
tcp:
- match: [{ port: 27017, sourceLabels: { a: b } }]
  route: [{ destination: { host: a.com }, weight: 1 }, { destination: { host: a.com }, weight: 2 }]`,
  ),
  route("sub", `http:\n- ${to}`),
  object(
    "Gateway",
    "gw",
    `selector: { istio: ingressgateway }
servers:
- { name: one, hosts: ["*/a.com", "./*.b.com"], bind: 10.0.0.1, port: { number: 80, name: http, protocol: HTTP2 }, tls: { httpsRedirect: true } }
- { hosts: ["*"], port: { number: 443, name: https, protocol: https }, tls: { mode: MUTUAL, serverCertificate: /c, privateKey: /k, caCertificates: /ca, caCrl: /crl, subjectAltNames: [x], minProtocolVersion: TLSV1_2, maxProtocolVersion: TLSV1_3, cipherSuites: [ECDHE-RSA-AES128-GCM-SHA256] } }
- { hosts: [c.com], port: { number: 444, name: tls, protocol: TLS }, tls: { mode: PASSTHROUGH } }
- { hosts: [d.com], port: { number: 445, name: mtls, protocol: TLS }, tls: { mode: ISTIO_MUTUAL } }
- { hosts: [e.com], port: { number: 446, name: two, protocol: HTTPS }, tls: { mode: OPTIONAL_MUTUAL, credentialNames: [a, b] } }
- { hosts: [f.com], port: { number: 447, name: tcp, protocol: MONGO } }`,
  ),
  object(
    "DestinationRule",
    "all",
    `host: a.com
exportTo: ["*"]
trafficPolicy:
  loadBalancer:
    consistentHash: { httpCookie: { name: c, ttl: 0s, path: /, attributes: [{ name: SameSite, value: Lax }] }, maglev: { tableSize: 65537 } }
    localityLbSetting: { enabled: true, distribute: [{ from: "a/*", to: { "a/b/*": 80, c: 20 } }] }
    warmup: { duration: 30s, minimumPercent: 10, aggression: 1.5 }
  connectionPool:
    tcp: { maxConnections: 10, connectTimeout: 30ms, idleTimeout: 0s, maxConnectionDuration: 1h, tcpKeepalive: { probes: 3, time: 7200s, interval: 75s } }
    http: { http1MaxPendingRequests: 1, http2MaxRequests: 2, maxRequestsPerConnection: 3, maxRetries: 4, idleTimeout: 5s, h2UpgradePolicy: UPGRADE, maxConcurrentStreams: 6, http2KeepAlive: { interval: 1s, timeout: 2s } }
  outlierDetection: { consecutive5xxErrors: 7, consecutiveGatewayErrors: 5, splitExternalLocalOriginErrors: true, consecutiveLocalOriginFailures: 3, interval: 5m, baseEjectionTime: 15m, maxEjectionPercent: 50, minHealthPercent: 10 }
  tls: { mode: SIMPLE, caCertificates: /ca, sni: a.com, subjectAltNames: [a.com] }
  portLevelSettings: [{ port: { number: 8080 }, loadBalancer: { simple: ROUND_ROBIN }, tls: { mode: DISABLE } }]
subsets:
- { name: v1, labels: { version: v1 }, trafficPolicy: { loadBalancer: { simple: RANDOM } } }`,
  ),
  object(
    "ServiceEntry",
    "all",
    `hosts: [a.com]
addresses: [240.0.0.1]
location: MESH_INTERNAL
resolution: STATIC
exportTo: ["."]
subjectAltNames: [x]
ports: [{ number: 80, name: http, protocol: HTTP, targetPort: 8080 }, { number: 9000, name: tcp, protocol: TCP }]
endpoints: [{ address: 10.0.0.1, ports: { http: 8081 }, labels: { version: v1 }, locality: a/b/c, weight: 5, network: net, serviceAccount: s }]`,
  ),
);

/** What objects say about each other. */
export const meshCases: readonly IstioctlCase[] = [
  { name: "nothing wrong", text: RIGHT },
  {
    name: "a subset that is not there",
    text: documents(entry, route("v", "hosts: [a.com]\nhttp:\n- route: [{ destination: { host: a.com, subset: v1 } }]")),
  },
  {
    name: "a mirror's subset that is not there",
    text: documents(entry, route("v", `hosts: [a.com]\nhttp:\n- mirror: { host: a.com, subset: v1 }\n  ${to}`)),
  },
  { name: "a gateway that is not there", text: documents(entry, route("v", `hosts: [a.com]\ngateways: [gone]\nhttp:\n- ${to}`)) },
  {
    name: "a gateway with other hosts",
    text: documents(entry, gateway("gw", "b.com"), route("v", `hosts: [a.com]\ngateways: [gw]\nhttp:\n- ${to}`)),
  },
  {
    name: "a gateway for another namespace",
    text: documents(entry, gateway("gw", "prod/a.com"), route("v", `hosts: [a.com]\ngateways: [gw]\nhttp:\n- ${to}`)),
  },
  {
    name: "hosts of two VirtualServices",
    text: documents(entry, route("v", `hosts: [a.com]\nhttp:\n- ${to}`), route("w", `hosts: [a.com]\nhttp:\n- ${to}`)),
  },
  {
    name: "hosts of two VirtualServices at a gateway",
    text: documents(
      entry,
      gateway("gw", "a.com"),
      route("v", `hosts: [a.com]\ngateways: [gw]\nhttp:\n- ${to}`),
      route("w", `hosts: [a.com]\ngateways: [gw]\nhttp:\n- ${to}`),
    ),
  },
  {
    name: "a rule behind one that matches everything",
    text: documents(entry, route("v", `hosts: [a.com]\nhttp:\n- ${to}\n- match: [{ uri: { prefix: /a } }]\n  ${to}`)),
  },
  {
    name: "two rules that match everything",
    text: documents(entry, route("v", `hosts: [a.com]\nhttp:\n- name: x\n  ${to}\n- ${to}`)),
  },
  {
    name: "the same match twice",
    text: documents(
      entry,
      route(
        "v",
        `hosts: [a.com]\nhttp:\n- match: [{ uri: { exact: /a } }, { port: 80 }]\n  ${to}\n- match: [{ uri: { exact: /a } }, { port: 81 }]\n  ${to}`,
      ),
    ),
  },
  {
    name: "the same matches twice",
    text: documents(
      entry,
      route(
        "v",
        `hosts: [a.com]\nhttp:\n- match: [{ uri: { exact: /a } }]\n  ${to}\n- match: [{ name: b, uri: { exact: /a } }]\n  ${to}`,
      ),
    ),
  },
  {
    name: "a longer prefix behind a shorter one",
    text: documents(
      entry,
      route(
        "v",
        `hosts: [a.com]\nhttp:\n- match: [{ uri: { prefix: /a } }]\n  ${to}\n- match: [{ uri: { prefix: /a/b } }]\n  ${to}`,
      ),
    ),
  },
  {
    name: "a longer prefix with a header more",
    text: documents(
      entry,
      route(
        "v",
        `hosts: [a.com]\nhttp:\n- match: [{ uri: { prefix: /a } }]\n  ${to}\n- match: [{ uri: { prefix: /a/b }, headers: { x: { exact: z } } }]\n  ${to}`,
      ),
    ),
  },
  {
    name: "TCP rules",
    text: documents(entry, route("v", `hosts: [a.com]\ntcp:\n- ${to}\n- match: [{ port: 80 }]\n  ${to}`)),
  },
  {
    name: "one certificate for two gateways",
    text: documents(
      gateway("g", "a.com", "  tls: { mode: SIMPLE, credentialName: c }"),
      gateway("h", "b.com", "  tls: { mode: SIMPLE, credentialName: c }"),
    ),
  },
  {
    name: "TLS without CA",
    text: documents(entry, object("DestinationRule", "d", "host: a.com\ntrafficPolicy: { tls: { mode: SIMPLE } }")),
  },
  {
    name: "TLS without CA for a port",
    text: documents(
      entry,
      object(
        "DestinationRule",
        "d",
        "host: a.com\ntrafficPolicy: { portLevelSettings: [{ port: { number: 80 }, tls: { mode: SIMPLE } }] }",
      ),
    ),
  },
  {
    name: "a TCP ServiceEntry without addresses",
    text: object("ServiceEntry", "e", "hosts: [a.com]\nresolution: DNS\nports: [{ number: 80, name: tcp, protocol: TCP }]"),
  },
  {
    name: "ServiceEntries of two protocols",
    text: documents(
      entry,
      object("ServiceEntry", "f", "hosts: [a.com]\nresolution: DNS\nports: [{ number: 80, name: http, protocol: HTTPS }]"),
    ),
  },
];
