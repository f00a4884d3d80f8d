import { describe, expect, it } from "vitest";
import { formatErrors, whereOfNode } from "../../../../core/resources/schema/index.ts";
import type { ObjectOf } from "../object.ts";
import { readMeshDocuments, type MeshDocuments } from "./read-mesh-documents.ts";

const read = (text: string, file = "f.yaml"): MeshDocuments => readMeshDocuments(text, { file });

const ROUTE = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: reviews
spec:
  hosts: [reviews]
  http:
  - match:
    - headers:
        end-user: { exact: jason }
        x-seen:
    timeout: 1m30s
    route:
    - destination: { host: reviews, subset: v2 }
`;

describe("what documents are", () => {
  it("a bootstrap and objects, in one file", () => {
    const { bootstrap, objects, errors } = read(
      `admin: {}\n---\n${ROUTE}---\napiVersion: v1\nkind: Namespace\nmetadata: { name: prod }\n`,
    );
    expect(formatErrors(errors)).toBe("");
    expect(whereOfNode(bootstrap!).line).toBe(1);
    expect(objects.map(({ kind, namespace, name, order }) => [kind, namespace, name, order])).toEqual([
      ["VirtualService", "default", "reviews", 0],
      ["Namespace", "prod", "prod", 1],
    ]);
  });

  it("a bootstrap by either spelling of its fields, and with one of them misspelt", () => {
    expect(read("static_resources: {}\n").bootstrap).toBeDefined();
    expect(read('{"staticResources": {}}', "f.json").bootstrap).toBeDefined();
    expect(read("static_resource: {}\n").bootstrap).toBeDefined();
    expect(read("colour: red\n").bootstrap).toBeUndefined();
  });

  it.each(["v1", "v1beta1", "v1alpha3"])("objects of networking.istio.io/%s", (version) => {
    const { objects, errors } = read(ROUTE.replace("/v1", `/${version}`));
    expect(formatErrors(errors)).toBe("");
    expect(objects[0]).toMatchObject({ apiVersion: `networking.istio.io/${version}`, group: "networking.istio.io" });
  });

  it("a List is opened, also one in JSON", () => {
    const item = { apiVersion: "v1", kind: "Service", metadata: { name: "a" }, spec: { ports: [{ port: 80 }] } };
    const { objects } = read(JSON.stringify({ apiVersion: "v1", kind: "List", items: [item, item] }), "f.json");
    expect(objects.map(({ order }) => order)).toEqual([0, 1]);
    expect(whereOfNode(objects[1].node).path).toBe("items[1]");
    const typed = { apiVersion: "networking.istio.io/v1", kind: "GatewayList", items: [] };
    expect(read(JSON.stringify(typed), "f.json").errors).toEqual([]);
  });

  it("of Kubernetes' other kinds nothing is said, of Istio's there is", () => {
    const text = [
      "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: a }\n",
      "apiVersion: networking.istio.io/v1\nkind: Sidecar\nmetadata: { name: a }\n",
      "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: { name: a }\n",
    ].join("---\n");
    const { others, errors } = read(text);
    expect(others.map(({ kind }) => kind)).toEqual(["Deployment", "Sidecar", "AuthorizationPolicy"]);
    expect(formatErrors(errors)).toBe(
      [
        "f.yaml:6:7: warning: kind: Sidecar is not supported: it does nothing",
        "f.yaml:10:7: error: kind: AuthorizationPolicy is not supported: requests that it refuses would pass",
      ].join("\n"),
    );
    const allowed = readMeshDocuments(text, { file: "f.yaml", allowUnsupported: true });
    expect(allowed.errors.map(({ severity }) => severity)).toEqual(["warning", "warning"]);
  });
});

describe("what objects say", () => {
  it("fields with their types, defaults and places", () => {
    const object = read(ROUTE).objects[0] as ObjectOf<"VirtualService">;
    const [route] = object.spec.http;
    expect(route.timeout).toBe(90_000);
    expect(route.match[0].headers).toEqual({ "end-user": { exact: "jason" }, "x-seen": {} });
    expect(route.route[0]).toMatchObject({ weight: 0, destination: { host: "reviews", subset: "v2", port: undefined } });
    expect(object.spec.gateways).toEqual([]);
    expect(object.creationTimestamp).toBeUndefined();
  });

  it("what is known of the object", () => {
    const text = ROUTE.replace(
      "  name: reviews\n",
      "  name: reviews\n  namespace: prod\n  uid: abc\n  creationTimestamp: 2026-01-31T12:00:00Z\n  labels: { app: a }\n  annotations: { b: c }\n",
    );
    expect(read(text).objects[0]).toMatchObject({
      namespace: "prod",
      labels: { app: "a" },
      annotations: { b: "c" },
      creationTimestamp: Date.UTC(2026, 0, 31, 12),
    });
    expect(readMeshDocuments(ROUTE, { file: "f", namespace: "here" }).objects[0].namespace).toBe("here");
  });

  it("a mistake spoils its own object only; for analysis not even that", () => {
    const text = `${ROUTE.replace("timeout", "timeuot")}---\n${ROUTE}`;
    const { objects, errors } = read(text);
    expect(formatErrors(errors)).toBe(
      'f.yaml:12:5: error: spec.http[0].timeuot: unknown field "timeuot" in HTTPRoute; did you mean "timeout"?',
    );
    expect(objects).toHaveLength(1);
    expect(readMeshDocuments(text, { file: "f.yaml", partial: true }).objects).toHaveLength(2);
  });

  it("unknown fields of Kubernetes' kinds are passed over", () => {
    const { objects, errors } = read(
      "apiVersion: v1\nkind: Service\nmetadata: { name: a, managedFields: [] }\nspec:\n  sessionAffinity: None\n  ports: [{ port: 80, nodePort: 30000 }]\nstatus: {}\n",
    );
    expect(formatErrors(errors)).toBe("");
    expect((objects[0] as ObjectOf<"Service">).spec).toMatchObject({ type: "ClusterIP", ports: [{ port: 80, protocol: "TCP" }] });
  });

  it("a Secret's data is decoded", () => {
    const { objects } = read(
      "apiVersion: v1\nkind: Secret\nmetadata: { name: a }\ntype: kubernetes.io/tls\ndata: { tls.crt: YWJj }\nstringData: { tls.key: def }\n",
    );
    const { spec } = objects[0] as ObjectOf<"Secret">;
    expect(new TextDecoder().decode(spec.data["tls.crt"])).toBe("abc");
    expect(spec.stringData).toEqual({ "tls.key": "def" });
  });
});
