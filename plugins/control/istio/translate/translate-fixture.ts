import { formatErrors } from "../../../../core/resources/document/error.ts";
import { buildMesh, type Mesh } from "../mesh.ts";
import { readMeshDocuments } from "../read/read-mesh-documents.ts";
import { inlineReferences } from "./inline-references.ts";
import { translate } from "./translate.ts";
import type { GatewayNode, Translation } from "./translation.ts";

/** The gateway of the tests: that of Istio's own examples. */
export const GATEWAY: GatewayNode = {
  kind: "ingress-gateway",
  labels: { istio: "ingressgateway" },
  namespace: "istio-system",
};

/** The objects of a text; throws what is wrong with it. */
export function meshOf(text: string, file = "test.yaml"): Mesh {
  const { objects, errors } = readMeshDocuments(text, { file });
  const wrong = errors.filter(({ severity }) => severity === "error");
  if (wrong.length > 0) throw new Error(formatErrors(wrong));
  const mesh = buildMesh(objects);
  if (mesh.errors.length > 0) throw new Error(formatErrors(mesh.errors));
  return mesh;
}

/** What a text is for a gateway. */
export function translationOf(text: string, node: Partial<GatewayNode> = {}): Translation {
  return translate({ ...GATEWAY, ...node }, meshOf(text));
}

/** A Gateway with one server for all hosts. */
export function gatewayYaml(port = 80, more = ""): string {
  return `apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: gw }
spec:
  selector: { istio: ingressgateway }
  servers:
  - port: { number: ${port}, name: http, protocol: HTTP }
    hosts: ["*"]
${more}---
`;
}

/** A Service with one endpoint, 10.0.0.1. */
export function serviceYaml(name: string, ports: readonly number[] = [80], namespace = "default"): string {
  const list = ports.map((port) => `{ name: http-${port}, port: ${port} }`).join(", ");
  const endpointPorts = ports.map((port) => `{ name: http-${port}, port: ${port} }`).join(", ");
  return `apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: ${namespace} }
spec: { ports: [${list}] }
---
apiVersion: v1
kind: Endpoints
metadata: { name: ${name}, namespace: ${namespace} }
subsets: [{ addresses: [{ ip: 10.0.0.1 }], ports: [${endpointPorts}] }]
---
`;
}

/** A bootstrap that serves a translation, without an admin listener. */
export function bootstrapOf(translation: Translation): object {
  const { clusters, secrets } = translation;
  return { static_resources: { listeners: inlineReferences(translation), clusters, secrets } };
}
