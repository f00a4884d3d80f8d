import { pathOf, type Where } from "../../../../core/resources/document/node.ts";
import { nodeOf, whereOfNode, type Node } from "../../../../core/resources/schema/index.ts";
import type { MeshObject } from "../object.ts";

/** What a part of a resource was made from. */
export interface Origin {
  readonly object: MeshObject;
  /** The member of the object, in its file. What is a default has the node of what it is a default of. */
  readonly node: Node;
  /** Others that had a part in it: the root of a delegate, other VirtualServices of the host, the Gateway. */
  readonly also?: readonly Origin[];
  /** Of an endpoint: those of its pod or workload, by which subsets choose. */
  readonly labels?: Readonly<Record<string, string>>;
}

const origins = new WeakMap<object, Origin>();

/** Notes what a resource, or a part of one, was made from; gives it back. */
export function madeFrom<T extends object>(resource: T, origin: Origin): T {
  origins.set(resource, origin);
  return resource;
}

/**
 * What a part of a translation was made from: listeners, filter chains, route configurations, virtual hosts, routes, weighted clusters,
 * clusters, endpoints, secrets. By the identity of the object in the translation, which an update that does not concern it keeps.
 */
export function originOf(resource: object): Origin | undefined {
  return origins.get(resource);
}

/** Where that is written: file, line, column, and the path within the object. */
export function whereOfOrigin(origin: Origin): Where {
  return whereOfNode(origin.node);
}

/** The path within the object: `spec.http[0].match[1]`. */
export function pathOfOrigin(origin: Origin): string {
  return pathOf(origin.node);
}

/**
 * The node of a part of an object (any message of its spec), or of a member of it: by field names and indexes, as far as they are written.
 */
export function nodeAt(object: MeshObject, part: object, ...path: readonly (string | number)[]): Node {
  let node: Node = nodeOf(part) ?? object.node;
  for (const step of path) {
    const next: Node | undefined =
      node.kind === "map" ? node.get(String(step)) : node.kind === "list" ? node.items[Number(step)] : undefined;
    if (next === undefined) break;
    node = next;
  }
  return node;
}
