import { hostsOverlap } from "../../hostname.ts";
import { serviceHostname } from "../../mesh.ts";
import type { Analyzer } from "../analyzer.ts";
import { HostIndex, type RegistryHost } from "../host-index.ts";
import { selects } from "../selector.ts";
import type { Mesh } from "../../mesh.ts";

/** Labels that endpoints have from where they run: files do not tell them. */
const OF_NODES = /^topology\.(?:kubernetes|istio)\.io\/|^kubernetes\.io\/hostname$/;

/**
 * DestinationRules for hosts that nothing gives a name to, and subsets that select no endpoint. Subsets are looked at only where the labels of
 * endpoints are known: from Pods, or from the endpoints of ServiceEntries.
 */
export const destinationRuleHosts: Analyzer = {
  name: "destinationrule.SubsetSelectPodAnalyzer",
  codes: ["IST0173", "IST0174"],
  analyze(mesh, findings) {
    const index = new HostIndex(mesh);
    for (const object of mesh.destinationRules) {
      const { host, subsets, exportTo } = object.spec;
      const found = index.find(host, object.namespace, exportTo);
      if (found === undefined) {
        const anyOf = host.startsWith("*") && index.names().some((name) => hostsOverlap(host, name));
        if (!anyOf)
          findings.add("IST0174", object, object.spec, ["host"], `host "${host}" not found: no Service or ServiceEntry has it`);
        continue;
      }
      const labels = labelsOf(found, mesh);
      if (labels === undefined) continue;
      for (const subset of subsets) {
        const wanted = Object.fromEntries(Object.entries(subset.labels).filter(([key]) => !OF_NODES.test(key)));
        if (labels.some((one) => selects(wanted, one))) continue;
        findings.add(
          "IST0173",
          object,
          subset,
          ["labels"],
          `subset "${subset.name}" selects no endpoint of "${host}": its requests will fail`,
        );
      }
    }
  },
};

/** Labels of each endpoint of a host; undefined when the files do not tell. */
function labelsOf({ object, hostname }: RegistryHost, mesh: Mesh): readonly Readonly<Record<string, string>>[] | undefined {
  if (object.kind === "ServiceEntry") {
    if (object.spec.endpoints.length > 0) return object.spec.endpoints.map(({ labels }) => labels);
    const selector = object.spec.workloadSelector?.labels;
    if (selector === undefined) return undefined;
    const workloads = mesh.workloadEntries.filter((entry) => entry.namespace === object.namespace);
    const pods = mesh.pods.filter((pod) => pod.namespace === object.namespace);
    const all = [...workloads.map((entry) => ({ ...entry.labels, ...entry.spec.labels })), ...pods.map((pod) => pod.labels)];
    return all.length === 0 ? undefined : all.filter((labels) => selects(selector, labels));
  }
  if (mesh.pods.length === 0 || hostname !== serviceHostname(object, mesh.domain)) return undefined;
  const selector = object.spec.selector;
  if (Object.keys(selector).length === 0) return undefined;
  return mesh.pods.filter((pod) => pod.namespace === object.namespace && selects(selector, pod.labels)).map((pod) => pod.labels);
}
