import { ListNode, MapNode, Origin, type Node } from "../../core/resources/document/node.ts";
import type { ResourceNodes } from "./resource-nodes.ts";

/** Resources beside those of a bootstrap, by the name of their list in `static_resources`. */
export type MoreResources = Readonly<Record<string, readonly object[]>>;

/**
 * A bootstrap with more resources among its own, which come first; without a bootstrap, one of these alone. The nodes of the bootstrap itself are not
 * touched: they keep their places.
 */
export function joinBootstrap(bootstrap: Node | undefined, more: MoreResources, nodes: ResourceNodes): Node {
  if (bootstrap !== undefined && bootstrap.kind !== "map") return bootstrap;
  const written = bootstrap?.get("static_resources") ?? bootstrap?.get("staticResources");
  // What is wrong is for its reader to say.
  if (bootstrap !== undefined && written?.kind === "list") return bootstrap;
  const own = written?.kind === "map" ? written : undefined;
  const resources = new Entries(own);
  for (const [name, list] of Object.entries(more)) {
    if (list.length === 0) continue;
    const camel = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    const key = own?.get(name) === undefined && own?.get(camel) !== undefined ? camel : name;
    const present = own?.get(key);
    const before = present === undefined ? [] : present.kind === "list" ? present.items : [present];
    resources.set(key, new ListNode(present?.offset ?? -1, [...before, ...list.map((resource) => nodes.nodeOf(resource))]));
  }
  const root = new Entries(bootstrap);
  root.set(bootstrap?.get("staticResources") === undefined ? "static_resources" : "staticResources", resources.node());
  const joined = root.node();
  joined.parent = bootstrap?.parent ?? new Origin("", "");
  return joined;
}

/** The entries of a map that is to be another one. */
class Entries {
  readonly #offset: number;
  readonly #keys: string[];
  readonly #offsets: number[];
  readonly #values: Node[];

  constructor(map: MapNode | undefined) {
    this.#offset = map?.offset ?? -1;
    this.#keys = [...(map?.keys ?? [])];
    this.#offsets = [...(map?.keyOffsets ?? [])];
    this.#values = [...(map?.values ?? [])];
  }

  set(key: string, value: Node): void {
    const at = this.#keys.indexOf(key);
    if (at >= 0) this.#values[at] = value;
    else {
      this.#keys.push(key);
      this.#offsets.push(-1);
      this.#values.push(value);
    }
  }

  node(): MapNode {
    return new MapNode(this.#offset, this.#keys, this.#offsets, this.#values);
  }
}
