import { hiddenField } from "../../core/resources/document/hidden-field.ts";
import type { Pace, Sliced } from "../../core/contract/sliced.ts";
import { ListNode, MapNode, Origin, originOf, ScalarNode, type Node, type Where } from "../../core/resources/document/node.ts";

/** Where an object of a resource was written; undefined: it has no place of its own. */
export type PlaceOf = (resource: object) => (() => Where) | undefined;

/** The nodes of objects that have a place. */
const nodes = hiddenField<Node>();
/** And the other way round: the objects, by what their nodes refer to. */
const objects = hiddenField<object>();

/** The nearest object with a place of its own, itself or around it, that a node was made of; undefined: it comes from a text. */
export function madeOf(node: Node): object | undefined {
  return objects.get(originOf(node));
}

/**
 * Resources that a program made, as nodes for the schemas to read. The same object has the same node, so what was read from it before (`kept`) is
 * found again. Objects with a place of their own (a virtual host, a route, a cluster) are roots: they refer to where they came from, not to the resource
 * around them, which another update makes anew.
 */
export class ResourceNodes {
  readonly #placeOf: PlaceOf;

  constructor(placeOf: PlaceOf) {
    this.#placeOf = placeOf;
  }

  nodeOf(value: unknown): Node {
    if (typeof value === "string") return new ScalarNode(-1, value, false);
    if (typeof value !== "object" || value === null) return new ScalarNode(-1, String(value), true);
    const known = nodes.get(value);
    if (known !== undefined) return known;
    const node = Array.isArray(value) ? this.#listOf(value) : this.#mapOf(value as Readonly<Record<string, unknown>>);
    const where = this.#placeOf(value);
    if (where !== undefined) {
      const origin = new Origin("", "", "", 1, where);
      objects.set(origin, value);
      node.parent = origin;
      nodes.set(value, node);
    }
    return node;
  }

  /** Makes the nodes of resources and of the named lists within them, with pauses; `nodeOf` then finds them. */
  *ahead(resources: readonly object[], within: string, pace: Pace): Sliced<void> {
    for (const resource of resources) {
      const parts = (resource as Readonly<Record<string, unknown>>)[within];
      for (const part of Array.isArray(parts) ? (parts as readonly object[]) : [resource]) {
        this.nodeOf(part);
        if (pace.due()) yield;
      }
    }
  }

  #listOf(items: readonly unknown[]): ListNode {
    const values = new Array<Node>(items.length);
    for (let i = 0; i < items.length; i++) values[i] = this.nodeOf(items[i]);
    return new ListNode(-1, values);
  }

  #mapOf(object: Readonly<Record<string, unknown>>): MapNode {
    const keys = Object.keys(object).filter((key) => object[key] !== undefined);
    const values = new Array<Node>(keys.length);
    for (let i = 0; i < keys.length; i++) values[i] = this.nodeOf(object[keys[i]]);
    return new MapNode(-1, keys, (NO_OFFSETS[keys.length] ??= new Array<number>(keys.length).fill(-1)), values);
  }
}

/** By length: nobody writes to them. */
const NO_OFFSETS: (readonly number[])[] = [];
