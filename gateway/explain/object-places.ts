import { nodeOf, whereOfNode } from "../../core/resources/schema/index.ts";
import { type Origin, originOf, pathOfOrigin, whereOfOrigin } from "../../plugins/control/istio/translate/index.ts";
import type { MeshObject } from "../../plugins/control/istio/object.ts";
import { madeOf } from "../configuration/resource-nodes.ts";
import type { Place, PlaceFinder, Subset } from "./explanation.ts";

/** Places in Istio's and Kubernetes' objects of the resources that were made from these. */
export const OBJECT_PLACES: Pick<Required<PlaceFinder>, "originOf" | "subsetOf" | "labelsOf"> = {
  originOf(resource) {
    const origin = originOfRead(resource);
    if (origin === undefined) return undefined;
    const { file, line, column } = whereOfOrigin(origin);
    return { file, line, column, path: pathOfOrigin(origin), object: objectName(origin.object) };
  },
  subsetOf(cluster) {
    const origin = originOfRead(cluster);
    const name = subsetName(cluster);
    if (origin === undefined || name === "") return undefined;
    for (const { object } of origin.also ?? []) {
      // The oldest rule that has it: the others' does nothing.
      const subset = object.kind === "DestinationRule" ? object.spec.subsets.find((one) => one.name === name) : undefined;
      if (subset !== undefined) return toldSubset(object, subset);
    }
    return undefined;
  },
  labelsOf(endpoint) {
    const labels = originOfRead(endpoint)?.labels;
    return labels === undefined || Object.keys(labels).length === 0 ? undefined : labels;
  },
};

/** What a resource was made from that was read from a translation: what it is in itself, or the nearest around it. */
function originOfRead(resource: object): Origin | undefined {
  const node = nodeOf(resource);
  const made = node === undefined ? undefined : madeOf(node);
  return made === undefined ? undefined : originOf(made);
}

/** Of `outbound|9080|v1|reviews.default.svc.cluster.local`. */
function subsetName(cluster: object): string {
  const { name } = cluster as { readonly name?: unknown };
  const parts = typeof name === "string" ? name.split("|") : [];
  return parts.length === 4 ? parts[2] : "";
}

function toldSubset(rule: MeshObject, subset: { readonly name: string; readonly labels: Subset["labels"] }): Subset {
  const { file, line, column, path } = whereOfNode(nodeOf(subset) ?? rule.node);
  const where: Place = { file, line, column, path, object: objectName(rule) };
  return { name: subset.name, labels: subset.labels, where };
}

/** `VirtualService default/reviews`. */
function objectName({ kind, namespace, name }: MeshObject): string {
  return `${kind} ${namespace}/${name}`;
}
