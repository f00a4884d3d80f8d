import { fullHostname } from "../../hostname.ts";
import type { VirtualService } from "../../schema/virtual-service.ts";
import type { Analyzer } from "../analyzer.ts";
import { fullName } from "../findings.ts";
import { scopesOf } from "../host-index.ts";

/** VirtualServices for sidecars that have a host in common: only one of them is followed. */
export const conflictingHosts: Analyzer = {
  name: "virtualservice.ConflictingMeshGatewayHostsAnalyzer",
  codes: ["IST0109"],
  analyze(mesh, findings) {
    const byHost = new Map<
      string,
      { readonly object: VirtualService; readonly scopes: readonly string[]; readonly index: number }[]
    >();
    for (const object of mesh.virtualServices) {
      const { gateways, hosts, exportTo } = object.spec;
      if (gateways.length > 0 && !gateways.includes("mesh")) continue;
      const scopes = scopesOf(exportTo, object.namespace);
      hosts.forEach((host, index) => {
        const name = fullHostname(host, object.namespace, mesh.domain);
        const list = byHost.get(name) ?? [];
        list.push({ object, scopes, index });
        byHost.set(name, list);
      });
    }
    for (const [host, list] of byHost) {
      for (const { object, scopes, index } of list) {
        const others = list.filter((other) => other.object !== object && meet(scopes, other.scopes));
        if (others.length === 0) continue;
        const names = others.map((other) => `"${fullName(other.object)}"`).join(", ");
        const message = `host "${host}" stands in VirtualService ${names} too: sidecars follow only one of them`;
        findings.add("IST0109", object, object.spec, ["hosts", index], message);
      }
    }
  },
};

function meet(a: readonly string[], b: readonly string[]): boolean {
  return a.includes("*") || b.includes("*") || a.some((scope) => b.includes(scope));
}
