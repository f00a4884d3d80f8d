import { nearest } from "../../../../../core/resources/schema/names.ts";
import { fullHostname } from "../../hostname.ts";
import type { Analyzer } from "../analyzer.ts";
import { destinationsOf } from "../destinations.ts";

/** Subsets that no DestinationRule of their host has. */
export const destinationSubsets: Analyzer = {
  name: "virtualservice.DestinationRuleAnalyzer",
  codes: ["IST0101"],
  analyze(mesh, findings) {
    const subsets = new Map<string, Set<string>>();
    for (const rule of mesh.destinationRules) {
      const host = fullHostname(rule.spec.host, rule.namespace, mesh.domain);
      const names = subsets.get(host) ?? new Set();
      for (const { name } of rule.spec.subsets) names.add(name);
      subsets.set(host, names);
    }
    for (const object of mesh.virtualServices) {
      for (const { destination, mirror } of destinationsOf(object)) {
        const { host, subset } = destination;
        if (subset === undefined) continue;
        const known = subsets.get(fullHostname(host, object.namespace, mesh.domain));
        if (known?.has(subset) === true) continue;
        const near = known === undefined ? undefined : nearest(subset, known);
        const hint = near === undefined ? "" : `; did you mean "${near}"?`;
        const what = mirror ? "mirror subset" : "subset";
        const message = `${what} "${subset}" of host "${host}" not found: no DestinationRule has it${hint}`;
        findings.add("IST0101", object, destination, ["subset"], message);
      }
    }
  },
};
