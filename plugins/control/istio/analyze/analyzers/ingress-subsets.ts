import type { Analyzer } from "../analyzer.ts";
import { fullName } from "../findings.ts";

/** Routes at a gateway to a host as a whole, while the routes to its subsets are those of another VirtualService: these are not followed there. */
export const ingressSubsets: Analyzer = {
  name: "virtualservice.DestinationHostAnalyzer",
  codes: ["IST0140"],
  analyze(mesh, findings) {
    const splitting = new Map<string, Set<string>>();
    for (const object of mesh.virtualServices) {
      for (const { route } of object.spec.http) {
        for (const { destination } of route) {
          if (destination.subset === undefined || !object.spec.hosts.includes(destination.host)) continue;
          const names = splitting.get(destination.host) ?? new Set();
          names.add(fullName(object));
          splitting.set(destination.host, names);
        }
      }
    }
    for (const object of mesh.virtualServices) {
      if (object.spec.gateways.length === 0) continue;
      for (const { route } of object.spec.http) {
        for (const { destination } of route) {
          if (destination.subset !== undefined) continue;
          for (const name of splitting.get(destination.host) ?? []) {
            const message = `VirtualService "${name}" splits "${destination.host}" into subsets, which does nothing for requests of this gateway`;
            findings.add("IST0140", object, destination, ["host"], message);
          }
        }
      }
    }
  },
};
