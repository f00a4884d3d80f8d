import type { Analyzer } from "../analyzer.ts";

/** TCP ports of ServiceEntries without addresses: a sidecar can't tell which connections are theirs. */
export const serviceEntryAddresses: Analyzer = {
  name: "serviceentry.Analyzer",
  codes: ["IST0134"],
  analyze(mesh, findings) {
    for (const object of mesh.serviceEntries) {
      if (object.spec.addresses.length > 0) continue;
      for (const port of object.spec.ports) {
        if (port.protocol !== undefined && port.protocol.toUpperCase() !== "TCP") continue;
        const message = `port ${port.number} of protocol TCP wants "addresses": sidecars know its connections by them`;
        findings.add("IST0134", object, port, ["protocol"], message);
      }
    }
  },
};
