import { fullHostname } from "../../hostname.ts";
import type { Analyzer } from "../analyzer.ts";
import { destinationsOf } from "../destinations.ts";
import { HostIndex } from "../host-index.ts";

/** Destinations that no Service and no ServiceEntry gives a name to, or whose port they do not have. */
export const destinationHosts: Analyzer = {
  name: "virtualservice.DestinationHostAnalyzer",
  codes: ["IST0101", "IST0112"],
  analyze(mesh, findings) {
    const index = new HostIndex(mesh);
    for (const object of mesh.virtualServices) {
      for (const { destination, mirror } of destinationsOf(object)) {
        const { host, port } = destination;
        const found = index.find(host, object.namespace, object.spec.exportTo);
        if (found === undefined) {
          const name = fullHostname(host, object.namespace, mesh.domain);
          const near = index.nearest(name);
          const hint = near === undefined ? "" : `; did you mean "${near}"?`;
          const what = mirror ? "mirror host" : "host";
          findings.add(
            "IST0101",
            object,
            destination,
            ["host"],
            `${what} "${host}" not found: no Service or ServiceEntry has it${hint}`,
          );
        } else if (port === undefined) {
          if (found.ports.length > 1) {
            const message = `"${host}" has the ports ${found.ports.join(", ")}: the destination must name one`;
            findings.add("IST0112", object, destination, ["host"], message);
          }
        } else if (!found.ports.includes(port.number)) {
          const has = found.ports.length === 0 ? "it has none" : `it has ${found.ports.join(", ")}`;
          findings.add(
            "IST0101",
            object,
            destination,
            ["port", "number"],
            `port ${port.number} of host "${host}" not found: ${has}`,
          );
        }
      }
    }
  },
};
