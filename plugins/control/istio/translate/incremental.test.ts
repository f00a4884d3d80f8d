import { describe, expect, it } from "vitest";
import { buildMesh } from "../mesh.ts";
import type { MeshObject } from "../object.ts";
import { readMeshDocuments } from "../read/read-mesh-documents.ts";
import { inlineReferences } from "./inline-references.ts";
import type { Json } from "./json.ts";
import { gatewayYaml, GATEWAY, serviceYaml } from "./translate-fixture.ts";
import { partsMade, translate, translateInSlices } from "./translate.ts";
import type { Translation } from "./translation.ts";

const read = (text: string, file: string): readonly MeshObject[] => readMeshDocuments(text, { file }).objects;

function virtualService(i: number, prefix = "/", more = ""): readonly MeshObject[] {
  const text = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: vs-${i} }
spec:
  hosts: [h${i}.example.com]
  gateways: [gw]
  http:
${Array.from({ length: 10 }, (_, n) => `  - { match: [{ uri: { prefix: ${prefix}${n} } }], route: [{ destination: { host: s${i} ${more} } }] }`).join("\n")}
`;
  return read(text, `vs-${i}.yaml`);
}

const service = (i: number, ports = [80]): readonly MeshObject[] => read(serviceYaml(`s${i}`, ports), `s-${i}.yaml`);
const GATEWAYS = read(gatewayYaml(), "gw.yaml");

function hosts(translation: Translation): readonly Json[] {
  return translation.routes[0].virtual_hosts as readonly Json[];
}

/** What differs by identity. */
function changed(before: readonly Json[], after: readonly Json[]): readonly unknown[] {
  const old = new Set(before);
  return after.filter((one) => !old.has(one)).map(({ name }) => name);
}

describe("a translation after another", () => {
  const services = [0, 1, 2].map((i) => service(i));
  const rules = [0, 1, 2].map((i) => virtualService(i));
  const all = (changes: { readonly rules?: typeof rules; readonly services?: typeof services } = {}): readonly MeshObject[] => [
    ...GATEWAYS,
    ...(changes.rules ?? rules).flat(),
    ...(changes.services ?? services).flat(),
  ];
  const first = translate(GATEWAY, buildMesh(all()));

  it("of the same objects is the same parts", () => {
    const second = translate(GATEWAY, buildMesh(all()), first);
    expect(partsMade(second)).toBe(0);
    expect(second.routes[0]).toBe(first.routes[0]);
    expect(changed(first.clusters, second.clusters)).toEqual([]);
    expect(changed(first.listeners, second.listeners)).toEqual([]);
    expect(inlineReferences(second)[0]).toBe(inlineReferences(first)[0]);
  });

  it("makes the virtual host of an edited VirtualService anew, and no other", () => {
    const edited = [rules[0], virtualService(1, "/new"), rules[2]];
    const second = translate(GATEWAY, buildMesh(all({ rules: edited })), first);
    expect(changed(hosts(first), hosts(second))).toEqual(["h1.example.com:80"]);
    expect(changed(first.clusters, second.clusters)).toEqual([]);
    expect(changed(first.listeners, second.listeners)).toEqual([]);
    expect(inlineReferences(second)[0]).not.toBe(inlineReferences(first)[0]);
    // The VirtualService, its routes, its host, and the configuration around it.
    expect(partsMade(second)).toBe(4);
  });

  it("makes the routes to a service anew when its ports change, and its cluster", () => {
    const edited = [services[0], service(1, [8080]), services[2]];
    const second = translate(GATEWAY, buildMesh(all({ services: edited })), first);
    expect(changed(hosts(first), hosts(second))).toEqual(["h1.example.com:80"]);
    expect(changed(first.clusters, second.clusters)).toEqual(["outbound|8080||s1.default.svc.cluster.local"]);
  });

  it("makes the cluster anew when endpoints change, and no route", () => {
    const moved = read(serviceYaml("s1").replace("10.0.0.1", "10.0.0.2"), "s-1.yaml");
    const edited = [services[0], [services[1][0], moved[1]], services[2]];
    const second = translate(GATEWAY, buildMesh(all({ services: edited })), first);
    expect(changed(hosts(first), hosts(second))).toEqual([]);
    expect(changed(first.clusters, second.clusters)).toEqual(["outbound|80||s1.default.svc.cluster.local"]);
  });

  it("is what it is without the one before", () => {
    const edited = [rules[2], virtualService(1, "/new", ", subset: none"), rules[0]];
    const mesh = buildMesh(all({ rules: edited }));
    const { mesh: _, ...second } = translate(GATEWAY, mesh, first);
    const { mesh: __, ...fresh } = translate(GATEWAY, mesh);
    expect(second).toEqual(fresh);
    expect(second.problems).toHaveLength(10);
    // What was said is said again, though nothing was made anew.
    const third = translate(GATEWAY, mesh, translate(GATEWAY, mesh, first));
    expect([third.problems, partsMade(third)]).toEqual([fresh.problems, 0]);
  });

  it("is made anew for another node", () => {
    const second = translate({ ...GATEWAY, ports: { 80: 8080 } }, buildMesh(all()), first);
    expect(second.listeners[0].name).toBe("0.0.0.0_8080");
    expect(partsMade(second)).toBeGreaterThan(0);
  });

  it("can be made in slices", () => {
    const mesh = buildMesh(all());
    const work = translateInSlices(GATEWAY, mesh);
    let slices = 0;
    let step = work.next();
    while (step.done !== true) {
      slices++;
      step = work.next();
    }
    expect(slices).toBeGreaterThan(6);
    expect(step.value.routes).toEqual(first.routes);
  });
});
