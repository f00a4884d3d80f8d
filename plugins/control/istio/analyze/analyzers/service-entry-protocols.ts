import type { ServiceEntry } from "../../schema/service-entry.ts";
import type { Analyzer } from "../analyzer.ts";
import { fullName } from "../findings.ts";
import { scopesOf } from "../host-index.ts";

/** ServiceEntries with the same host and port and different protocols: only one of them is followed. */
export const serviceEntryProtocols: Analyzer = {
  name: "serviceentry.ConflictingServiceEntryProtocolAnalyzer",
  codes: ["IST0177"],
  analyze(mesh, findings) {
    interface Found {
      readonly object: ServiceEntry;
      readonly port: object;
      readonly protocol: string;
      readonly scopes: readonly string[];
    }
    const byPort = new Map<string, Found[]>();
    for (const object of mesh.serviceEntries) {
      const scopes = scopesOf(object.spec.exportTo, object.namespace);
      for (const host of object.spec.hosts) {
        for (const port of object.spec.ports) {
          const key = `${host}:${port.number}`;
          const list = byPort.get(key) ?? [];
          list.push({ object, port, protocol: (port.protocol ?? "").toUpperCase(), scopes });
          byPort.set(key, list);
        }
      }
    }
    for (const [hostPort, list] of byPort) {
      for (const one of list) {
        const other = list.find(({ protocol, scopes }) => protocol !== one.protocol && meet(scopes, one.scopes));
        if (other === undefined) continue;
        const message = `"${hostPort}" is ${one.protocol || "of no protocol"} here and ${other.protocol || "of no protocol"} in ServiceEntry "${fullName(other.object)}"`;
        findings.add("IST0177", one.object, one.port, ["protocol"], message);
      }
    }
  },
};

function meet(a: readonly string[], b: readonly string[]): boolean {
  return a.includes("*") || b.includes("*") || a.some((scope) => b.includes(scope));
}
