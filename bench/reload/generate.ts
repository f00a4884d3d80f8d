import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What is generated: VirtualServices with so many routes each, every one for a service of its own. */
export interface Shape {
  readonly services: number;
  readonly routes: number;
}

/** A VirtualService; `generation` is in a header of its responses. */
export function virtualService(index: number, { routes }: Shape, generation: number): string {
  const lines = [
    "apiVersion: networking.istio.io/v1",
    "kind: VirtualService",
    "metadata:",
    `  name: app-${index}`,
    "  namespace: default",
    "spec:",
    "  hosts:",
    `  - app-${index}.example.com`,
    "  gateways:",
    "  - front",
    "  http:",
  ];
  for (let route = 0; route < routes; route++) {
    const isLast = route === routes - 1;
    lines.push(`  - name: route-${route}`);
    if (!isLast) {
      lines.push("    match:", "    - uri:", `        prefix: /part-${route}/`);
      if (route % 3 === 0) lines.push("      headers:", "        end-user:", "          exact: jason");
      if (route % 3 === 1) lines.push("    rewrite:", "      uri: /");
      lines.push("    timeout: 5s", "    retries:", "      attempts: 2", "      perTryTimeout: 2s");
    }
    lines.push("    headers:", "      response:", "        set:", `          x-generation: "${generation}"`);
    lines.push("    route:", "    - destination:", `        host: app-${index}`, "        port:", "          number: 80");
  }
  return lines.join("\n") + "\n";
}

/** The Gateway, and the services with an endpoint each at a port of loopback. */
function surroundings({ services }: Shape, port: number, origin: number): string {
  const documents = [
    `apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: front, namespace: default }
spec:
  selector: { istio: ingressgateway }
  servers:
  - port: { number: ${port}, name: http, protocol: HTTP }
    bind: 127.0.0.1
    hosts: ["*"]
`,
  ];
  for (let i = 0; i < services; i++) {
    documents.push(`apiVersion: v1
kind: Service
metadata: { name: app-${i}, namespace: default }
spec: { ports: [{ name: http, port: 80, targetPort: ${origin} }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: app-${i}-1, namespace: default, labels: { kubernetes.io/service-name: app-${i} } }
addressType: IPv4
ports: [{ name: http, port: ${origin} }]
endpoints: [{ addresses: ["127.0.0.1"], conditions: { ready: true } }]
`);
  }
  return documents.join("---\n");
}

/** Writes a folder with a file for each VirtualService, or one for all of them. */
export function writeFolder(folder: string, shape: Shape, port: number, origin: number, one: boolean): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "services.yaml"), surroundings(shape, port, origin));
  const all = Array.from({ length: shape.services }, (_, i) => virtualService(i, shape, 0));
  if (one) writeFileSync(join(folder, "routes.yaml"), all.join("---\n"));
  else all.forEach((text, i) => writeFileSync(join(folder, `app-${i}.yaml`), text));
}

/** Edits one VirtualService, in one step as editors do. */
export function edit(folder: string, index: number, shape: Shape, generation: number, one: boolean): void {
  const file = join(folder, one ? "routes.yaml" : `app-${index}.yaml`);
  const all = one ? Array.from({ length: shape.services }, (_, i) => virtualService(i, shape, i === index ? generation : 0)) : [];
  replace(file, one ? all.join("---\n") : virtualService(index, shape, generation));
}

/** Writes a file beside another and puts it in its place. */
export function replace(file: string, text: string): void {
  const next = file.replace(/([^/]+)$/, ".$1.next");
  writeFileSync(next, text);
  renameSync(next, file);
}

/** An Envoy bootstrap with one virtual host of many routes. */
export function bootstrap(routes: number, port: number, origin: number, generation: number): string {
  const lines = [
    "static_resources:",
    "  listeners:",
    "  - name: main",
    `    address: { socket_address: { address: 127.0.0.1, port_value: ${port} } }`,
    "    filter_chains:",
    "    - filters:",
    "      - name: envoy.filters.network.http_connection_manager",
    "        typed_config:",
    "          '@type': type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
    "          stat_prefix: main",
    "          http_filters:",
    "          - name: envoy.filters.http.router",
    "            typed_config: { '@type': type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }",
    "          route_config:",
    "            virtual_hosts:",
    "            - name: all",
    "              domains: ['*']",
    "              routes:",
  ];
  for (let i = 0; i < routes; i++) {
    lines.push(
      "              - match:",
      `                  prefix: /svc-${i}/`,
      "                  headers:",
      "                  - name: x-kind",
      "                    string_match: { exact: a }",
      "                route:",
      "                  cluster: app",
      "                  timeout: 5s",
      "                response_headers_to_add:",
      "                - header: { key: x-route, value: r }",
    );
  }
  lines.push(
    "              - match: { prefix: / }",
    "                route: { cluster: app }",
    "                response_headers_to_add:",
    `                - header: { key: x-generation, value: "${generation}" }`,
    "  clusters:",
    "  - name: app",
    "    type: STATIC",
    "    load_assignment:",
    "      cluster_name: app",
    `      endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${origin} } } } }] }]`,
  );
  return lines.join("\n") + "\n";
}
