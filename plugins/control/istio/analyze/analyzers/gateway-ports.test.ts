import { documents, object, testAnalyzer } from "../testing/analyzer-cases.ts";
import { gatewayPorts } from "./gateway-ports.ts";

const pod = "apiVersion: v1\nkind: Pod\nmetadata: { name: p, namespace: edge, labels: { app: gw, istio: edge } }\n";
const service = object(
  "Service",
  "name: s, namespace: edge",
  "selector: { app: gw }, ports: [{ name: http, port: 80, targetPort: 8080 }]",
);
const gateway = (port: number, selector = "istio: edge"): string =>
  object(
    "Gateway",
    "name: g",
    `selector: { ${selector} }, servers: [{ hosts: [a.com], port: { number: ${port}, name: http, protocol: HTTP } }]`,
  );

testAnalyzer(gatewayPorts, [
  ["a port of the Service", documents(gateway(80), pod, service)],
  ["a port of its endpoints", documents(gateway(8080), pod, service)],
  [
    "another port",
    documents(gateway(81), pod, service),
    '4:80 IST0162 Gateway default/g: port 81 is not one of a Service of the workloads that "istio=edge" selects',
  ],
  [
    "a selector that nobody meets",
    documents(gateway(80, "istio: gone"), pod, service),
    '4:19 IST0101 Gateway default/g: selector "istio=gone" not found: no Pod has these labels',
  ],
  ["the gateway that Istio installs", documents(gateway(80, "istio: ingressgateway"), pod, service)],
  ["files without Pods", documents(gateway(81, "istio: gone"), service)],
]);
