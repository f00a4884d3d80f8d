import type { Mesh } from "../../mesh.ts";
import type { Gateway, Server } from "../../schema/gateway.ts";
import type { Analyzer } from "../analyzer.ts";
import { fullName } from "../findings.ts";
import { selects, selectorText } from "../selector.ts";

/** Servers of several Gateways with the same port and host for the same workload: only one of them is followed. */
export const gatewayConflicts: Analyzer = {
  name: "gateway.ConflictingGatewayAnalyzer",
  codes: ["IST0145"],
  analyze(mesh, findings) {
    for (const object of mesh.gateways) {
      for (const server of object.spec.servers) {
        for (const other of mesh.gateways) {
          if (other === object || !sameWorkload(object, other, mesh)) continue;
          const shared = sharedHosts(server, other);
          if (shared.length === 0) continue;
          const hosts = shared.map((host) => `"${host}"`).join(", ");
          const selector = selectorText(object.spec.selector);
          const message = `host ${hosts} on port ${server.port.number} stands in Gateway "${fullName(other)}" too, for the workloads of "${selector}"`;
          findings.add("IST0145", object, server, ["hosts", server.hosts.indexOf(shared[0])], message);
        }
      }
    }
  },
};

/** Both select alike, or there is a Pod that both select. */
function sameWorkload(a: Gateway, b: Gateway, mesh: Mesh): boolean {
  if (selectorText(a.spec.selector) === selectorText(b.spec.selector)) return true;
  return mesh.pods.some((pod) => selects(a.spec.selector, pod.labels) && selects(b.spec.selector, pod.labels));
}

function sharedHosts(server: Server, other: Gateway): string[] {
  return server.hosts.filter((host) =>
    other.spec.servers.some(
      (one) => one.port.number === server.port.number && one.bind === server.bind && one.hosts.includes(host),
    ),
  );
}
