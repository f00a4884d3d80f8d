import { servicePortProtocol } from "../../protocol.ts";
import type { Analyzer } from "../analyzer.ts";

const SYSTEM_NAMESPACES: ReadonlySet<string> = new Set(["istio-system", "kube-system", "kube-public", "kube-node-lease"]);

/** Ports of Services whose name does not tell their protocol. */
export const servicePortNames: Analyzer = {
  name: "service.PortNameAnalyzer",
  codes: ["IST0118", "IST0150"],
  analyze(mesh, findings) {
    for (const object of mesh.services) {
      // What others install, and what Istio makes for Gateways of the Gateway API.
      if (SYSTEM_NAMESPACES.has(object.namespace) || object.labels["gateway.istio.io/managed"] !== undefined) continue;
      const external = object.spec.type === "ExternalName";
      for (const port of object.spec.ports) {
        if (servicePortProtocol(port) !== undefined && !(external && port.name === "tcp")) continue;
        const name = port.name === undefined ? "has no name" : `is called "${port.name}"`;
        if (external) {
          const message = `port ${port.port} of an ExternalName Service ${name}: its traffic may be taken for that of others on the port`;
          findings.add("IST0150", object, port, ["name"], message);
        } else {
          const message = `port ${port.port} ${name}, which tells no protocol: wanted one such as "http" or "tcp-x", or "appProtocol"`;
          findings.add("IST0118", object, port, ["name"], message);
        }
      }
    }
  },
};
