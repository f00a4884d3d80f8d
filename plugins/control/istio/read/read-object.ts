import type { DecodeContext, MapNode } from "../../../../core/resources/schema/index.ts";
import type { MeshKindPlan } from "../kinds.ts";
import type { MeshObject } from "../object.ts";

/** What is known of an object before it is read. */
export interface ObjectPlace {
  readonly apiVersion: string;
  /** For an object that names none. */
  readonly namespace: string;
  readonly order: number;
}

/** Reads an object of a known kind; undefined when nothing of it could be. Mistakes go to the context. */
export function readObject(
  node: MapNode,
  plan: MeshKindPlan,
  place: ObjectPlace,
  context: DecodeContext,
): MeshObject | undefined {
  const envelope = plan.envelope.decode(node, context);
  const spec = plan.nested ? envelope?.spec : plan.spec.decode(node, context);
  // Missing, whatever the types say, when the file was read only in part.
  const metadata = envelope?.metadata as
    { readonly [K in keyof NonNullable<typeof envelope>["metadata"]]?: NonNullable<typeof envelope>["metadata"][K] } | undefined;
  if (metadata === undefined || spec === undefined) return undefined;
  const name = metadata.name ?? "";
  const object = {
    kind: plan.kind,
    apiVersion: place.apiVersion,
    group: plan.group,
    name,
    namespace: plan.kind === "Namespace" ? name : (metadata.namespace ?? place.namespace),
    labels: metadata.labels ?? {},
    annotations: metadata.annotations ?? {},
    creationTimestamp: readTime(metadata.creationTimestamp, node, context),
    spec,
    node,
    order: place.order,
  };
  return object as unknown as MeshObject;
}

// RFC 3339, which is what Kubernetes writes.
const TIME = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[-+][0-9]{2}:[0-9]{2})$/;

function readTime(text: string | undefined, object: MapNode, context: DecodeContext): number | undefined {
  if (text === undefined) return undefined;
  const time = TIME.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(time)) return time;
  const metadata = object.get("metadata");
  const at = metadata?.kind === "map" ? (metadata.get("creationTimestamp") ?? metadata) : object;
  context.wanted(at, "invalid_value", 'a time such as "2026-01-31T12:00:00Z"');
  return undefined;
}
