import { hostsOverlap } from "../../hostname.ts";
import type { Mesh } from "../../mesh.ts";
import type { Gateway } from "../../schema/gateway.ts";
import type { Analyzer } from "../analyzer.ts";
import { fullName } from "../findings.ts";
import { nearest } from "../../../../../core/resources/schema/names.ts";

/** Gateways that a VirtualService names and that do not exist, or that have none of its hosts. */
export const virtualServiceGateways: Analyzer = {
  name: "virtualservice.GatewayAnalyzer",
  codes: ["IST0101", "IST0132"],
  analyze(mesh, findings) {
    for (const object of mesh.virtualServices) {
      const { spec } = object;
      spec.gateways.forEach((name, index) => {
        if (name === "mesh") return;
        const gateway = findGateway(mesh, name, object.namespace);
        if (gateway === undefined) {
          const near = nearest(qualified(name, object.namespace), mesh.gateways.map(fullName));
          const hint = near === undefined ? "" : `; did you mean "${near}"?`;
          findings.add("IST0101", object, spec, ["gateways", index], `gateway "${name}" not found${hint}`);
        } else if (!spec.hosts.some((host) => hostsOf(gateway, object.namespace).some((other) => hostsOverlap(other, host)))) {
          const hosts = spec.hosts.map((host) => `"${host}"`).join(", ");
          const message = `no host of this VirtualService (${hosts}) is one of Gateway "${fullName(gateway)}"`;
          findings.add("IST0132", object, spec, ["gateways", index], message);
        }
      });
      for (const route of [...spec.http, ...spec.tls, ...spec.tcp]) {
        for (const match of route.match) {
          match.gateways.forEach((name, index) => {
            if (name !== "mesh" && findGateway(mesh, name, object.namespace) === undefined)
              findings.add("IST0101", object, match, ["gateways", index], `gateway "${name}" not found`);
          });
        }
      }
    }
  },
};

/** `namespace/name`, from any of the forms that a name of a gateway has. */
function qualified(name: string, namespace: string): string {
  if (name.includes("/")) return name;
  const [first, second] = name.split(".");
  return `${second ?? namespace}/${first}`;
}

function findGateway(mesh: Mesh, name: string, namespace: string): Gateway | undefined {
  const full = qualified(name, namespace);
  const slash = full.indexOf("/");
  return mesh.get("Gateway", full.slice(0, slash), full.slice(slash + 1));
}

/** Hosts of a Gateway that VirtualServices of a namespace may have. */
function hostsOf(gateway: Gateway, namespace: string): string[] {
  return gateway.spec.servers.flatMap(({ hosts }) =>
    hosts.flatMap((host) => {
      const slash = host.indexOf("/");
      if (slash < 0) return [host];
      const from = host.slice(0, slash);
      const allowed = from === "*" || from === namespace || (from === "." && gateway.namespace === namespace);
      return allowed ? [host.slice(slash + 1)] : [];
    }),
  );
}
