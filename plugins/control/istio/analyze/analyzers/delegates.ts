import type { Analyzer } from "../analyzer.ts";

/** Delegates that do not exist, or that have hosts and so can't be delegates. Istio has no analyzer for it: the route is left out there. */
export const delegates: Analyzer = {
  name: "virtualservice.DelegateAnalyzer",
  codes: ["IST0101"],
  analyze(mesh, findings) {
    for (const object of mesh.virtualServices) {
      for (const { delegate } of object.spec.http) {
        if (delegate?.name === undefined) continue;
        const namespace = delegate.namespace ?? object.namespace;
        const target = mesh.get("VirtualService", namespace, delegate.name);
        const full = `${namespace}/${delegate.name}`;
        if (target === undefined)
          findings.add("IST0101", object, delegate, ["name"], `delegate VirtualService "${full}" not found`);
        else if (target.spec.hosts.length > 0)
          findings.add("IST0101", object, delegate, ["name"], `delegate VirtualService "${full}" has hosts, wanted one without`);
      }
    }
  },
};
