import type { MapNode } from "../../../core/resources/schema/index.ts";
import type { DestinationRule } from "./schema/destination-rule.ts";
import type { Gateway } from "./schema/gateway.ts";
import type { Namespace } from "./schema/namespace.ts";
import type { Pod } from "./schema/pod.ts";
import type { Secret } from "./schema/secret.ts";
import type { Endpoints, EndpointSlice, Service } from "./schema/service.ts";
import type { ServiceEntry, WorkloadEntryObject } from "./schema/service-entry.ts";
import type { VirtualService } from "./schema/virtual-service.ts";

/** An object of Istio's or Kubernetes' API as it was read from a file. Immutable. */
export interface IstioObject<Spec = unknown, Kind extends string = string> {
  readonly kind: Kind;
  /** As written: `networking.istio.io/v1`. */
  readonly apiVersion: string;
  /** Of the `apiVersion`; "" for Kubernetes' core. */
  readonly group: string;
  readonly name: string;
  /** Of a Namespace: its own name. */
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Milliseconds since 1970; undefined when the file does not tell, which counts as older than any. */
  readonly creationTimestamp: number | undefined;
  /** What the object says: its `spec`, or the object itself for kinds without one (Secret, Endpoints, EndpointSlice). */
  readonly spec: Spec;
  /** The object in its file: gives places to errors, and tells what a resource was made from (`whereOfNode`). */
  readonly node: MapNode;
  /** The place of the object within its file, from 0; items of a List each have their own. */
  readonly order: number;
}

/** The kinds that a mesh is made of. */
export type MeshObject =
  | VirtualService
  | Gateway
  | DestinationRule
  | ServiceEntry
  | WorkloadEntryObject
  | Service
  | Endpoints
  | EndpointSlice
  | Pod
  | Secret
  | Namespace;

/** Their names. */
export type MeshKind = MeshObject["kind"];

/** The object of a kind: `ObjectOf<"Gateway">` is `Gateway`. */
export type ObjectOf<K extends MeshKind> = Extract<MeshObject, { readonly kind: K }>;

/**
 * Istio's order of objects that compete: the oldest first; those of the same second, or without a time, by name and then namespace.
 * Istio: `sortByCreationComparator`, which `pilot/pkg/model` uses for all of them.
 */
export function byAge(a: IstioObject, b: IstioObject): number {
  const age = (a.creationTimestamp ?? -Infinity) - (b.creationTimestamp ?? -Infinity);
  // Two without a time: infinities have no difference.
  if (age !== 0 && !Number.isNaN(age)) return age;
  return compare(a.name, b.name) || compare(a.namespace, b.namespace);
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
