import { describe, expect, it } from "vitest";
import { formatErrors } from "../../../core/resources/schema/index.ts";
import { buildMesh, type Mesh } from "./mesh.ts";
import { readMeshDocuments } from "./read/read-mesh-documents.ts";

function mesh(text: string): Mesh {
  const { objects, errors } = readMeshDocuments(text, { file: "f.yaml" });
  expect(formatErrors(errors)).toBe("");
  return buildMesh(objects);
}

const service = (name: string): string =>
  `apiVersion: v1\nkind: Service\nmetadata: { name: ${name}, namespace: prod }\nspec: { ports: [{ port: 80, name: http }] }\n`;
const rule = (name: string, metadata = ""): string =>
  `apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: { name: ${name}${metadata} }\nspec: { host: h }\n`;
const join = (...documents: string[]): string => documents.join("---\n");

describe("a mesh", () => {
  it("finds services by their full names and objects by theirs", () => {
    const found = mesh(join(service("reviews"), rule("r")));
    expect(found.service("reviews.prod.svc.cluster.local")?.name).toBe("reviews");
    expect(found.service("reviews")).toBeUndefined();
    expect(found.get("DestinationRule", "default", "r")?.spec.host).toBe("h");
    expect(found.get("DestinationRule", "prod", "r")).toBeUndefined();
  });

  it("has the oldest first, then by name and namespace", () => {
    const at = (time: string): string => `, creationTimestamp: "${time}"`;
    const found = mesh(
      join(
        rule("new", at("2026-02-01T00:00:00Z")),
        rule("old", at("2026-01-01T00:00:00Z")),
        rule("b"),
        rule("a", ", namespace: z"),
        rule("a", ", namespace: x"),
      ),
    );
    expect(found.destinationRules.map(({ namespace, name }) => `${namespace}/${name}`)).toEqual([
      "x/a",
      "z/a",
      "default/b",
      "default/old",
      "default/new",
    ]);
  });

  it("reports what stands twice, and has the first", () => {
    const found = mesh(join(rule("r"), service("r"), rule("r").replace("host: h", "host: i")));
    expect(formatErrors(found.errors)).toBe('f.yaml:11:1: error: DestinationRule "default/r" stands twice, first in f.yaml:1');
    expect(found.destinationRules.map(({ spec }) => spec.host)).toEqual(["h"]);
  });

  it("finds ServiceEntries by host, and labels of namespaces", () => {
    const found = mesh(
      join(
        "apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: { name: e }\nspec: { hosts: [a.com, b.com] }\n",
        "apiVersion: v1\nkind: Namespace\nmetadata: { name: prod, labels: { team: x } }\n",
      ),
    );
    expect(found.serviceEntriesOf("b.com").map(({ name }) => name)).toEqual(["e"]);
    expect(found.serviceEntriesOf("c.com")).toEqual([]);
    expect(found.namespaceLabels("prod")).toEqual({ team: "x" });
    expect(found.namespaceLabels("other")).toEqual({});
  });
});

describe("endpoints of a Service", () => {
  const ENDPOINTS =
    "apiVersion: v1\nkind: Endpoints\nmetadata: { name: a, namespace: prod }\nsubsets:\n- addresses: [{ ip: 10.0.0.1, targetRef: { kind: Pod, name: p1 } }]\n  notReadyAddresses: [{ ip: 10.0.0.2 }]\n  ports: [{ name: http, port: 8080 }]\n";
  const SLICE =
    "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: { name: a-1, namespace: prod, labels: { kubernetes.io/service-name: a } }\naddressType: IPv4\nendpoints:\n- addresses: [10.0.0.3]\n  zone: z1\n  conditions: { ready: false }\n- addresses: [10.0.0.4]\nports: [{ name: http, port: 8081 }]\n";
  const POD =
    "apiVersion: v1\nkind: Pod\nmetadata: { name: p1, namespace: prod, labels: { version: v1 } }\nstatus: { podIP: 10.0.0.4 }\n";

  it("from Endpoints, with the labels of the pods that they name", () => {
    const found = mesh(join(service("a"), ENDPOINTS, POD));
    expect(found.endpointsOf(found.services[0])).toMatchObject([
      { address: "10.0.0.1", ports: { http: 8080 }, ready: true, labels: { version: "v1" } },
      { address: "10.0.0.2", ports: { http: 8080 }, ready: false, labels: {} },
    ]);
  });

  it("from EndpointSlices alone when there are any, pods found by address too", () => {
    const found = mesh(join(service("a"), ENDPOINTS, SLICE, SLICE.replace("a-1", "a-2"), POD));
    expect(found.endpointsOf(found.services[0])).toMatchObject([
      { address: "10.0.0.3", ports: { http: 8081 }, ready: false, zone: "z1", labels: {} },
      { address: "10.0.0.4", ports: { http: 8081 }, ready: true, labels: { version: "v1" } },
    ]);
  });

  it("none without either", () => {
    const found = mesh(service("a"));
    expect(found.endpointsOf(found.services[0])).toEqual([]);
  });
});
