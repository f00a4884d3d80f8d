/**
 * A configuration text as a tree of nodes. Scalars keep their source text: what `010` or `yes` means depends on the field that
 * reads it (see `scalar.ts`), so the tree is the same whatever schema is applied. Offsets become lines and columns only on demand.
 */
export type Node = ScalarNode | MapNode | ListNode;

/** Where something stands. Lines and columns count from 1; both are 0 when it did not come from a text. */
export interface Where {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** As written, from the root: `static_resources.listeners[0].name`. "" is the root. */
  readonly path: string;
}

/** `plain`: unquoted, so it may be a number, a boolean or null. An absent YAML value is plain and empty. */
export class ScalarNode {
  readonly kind = "scalar";
  readonly offset: number;
  readonly text: string;
  readonly plain: boolean;
  parent: Parent | null = null;
  constructor(offset: number, text: string, plain: boolean) {
    this.offset = offset;
    this.text = text;
    this.plain = plain;
  }
}

/** Keys are unique unless the document reported otherwise. `keys`, `keyOffsets` and `values` run in parallel, in the order of the text. */
export class MapNode {
  readonly kind = "map";
  readonly offset: number;
  readonly keys: string[] = [];
  readonly keyOffsets: number[] = [];
  readonly values: Node[] = [];
  parent: Parent | null = null;
  constructor(offset: number) {
    this.offset = offset;
  }

  add(key: string, keyOffset: number, value: Node): void {
    this.keys.push(key);
    this.keyOffsets.push(keyOffset);
    this.values.push(value);
    // An aliased value keeps the place of its anchor: that is where its text stands.
    if (value.parent === null) value.parent = this;
  }

  get(key: string): Node | undefined {
    const index = this.keys.indexOf(key);
    return index < 0 ? undefined : this.values[index];
  }
}

/** A sequence. */
export class ListNode {
  readonly kind = "list";
  readonly offset: number;
  readonly items: Node[] = [];
  parent: Parent | null = null;
  constructor(offset: number) {
    this.offset = offset;
  }

  add(value: Node): void {
    this.items.push(value);
    if (value.parent === null) value.parent = this;
  }
}

/** What can hold a node: a map, a list, or the document itself. */
export type Parent = MapNode | ListNode | Origin;

/** The text that nodes came from. A node reaches it through its parents. */
export class Origin {
  readonly kind = "origin";
  readonly file: string;
  readonly text: string;
  /** Put before the path of each node: for a resource that is part of something else (`resources[3]`). */
  readonly pathPrefix: string;
  #lineStarts: number[] | null = null;
  constructor(file: string, text: string, pathPrefix = "") {
    this.file = file;
    this.text = text;
    this.pathPrefix = pathPrefix;
  }

  /** Line and column (from 1) of an offset; 0 and 0 for the negative offset of a node that has no text. */
  position(offset: number): { line: number; column: number } {
    if (offset < 0) return { line: 0, column: 0 };
    const starts = (this.#lineStarts ??= lineStarts(this.text));
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle] <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - starts[low] + 1 };
  }
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let i = text.indexOf("\n"); i >= 0; i = text.indexOf("\n", i + 1)) starts.push(i + 1);
  return starts;
}

/** The document a node belongs to. */
export function originOf(node: Node): Origin {
  let parent: Parent | null = node.parent;
  while (parent !== null && parent.kind !== "origin") parent = parent.parent;
  return parent ?? NOWHERE;
}

const NOWHERE = new Origin("", "");

/** The path of a node from the root of its document, keys as written. */
export function pathOf(node: Node): string {
  const parent = node.parent;
  if (parent === null) return "";
  if (parent.kind === "origin") return parent.pathPrefix;
  const before = pathOf(parent);
  if (parent.kind === "list") return `${before}[${parent.items.indexOf(node)}]`;
  return joinPath(before, parent.keys[parent.values.indexOf(node)]);
}

const SIMPLE_KEY = /^[A-Za-z_@$][A-Za-z0-9_@$-]*$/;

/** `a` and `b` give `a.b`; a key that is not a plain name is quoted: `a["x.y"]`. */
export function joinPath(path: string, key: string): string {
  if (!SIMPLE_KEY.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === "" ? key : `${path}.${key}`;
}

/** Where a node stands; `offset` when not its own (a key of a map), `key` to name a member of it. */
export function whereOfNode(node: Node, offset: number = node.offset, key?: string): Where {
  const origin = originOf(node);
  const { line, column } = origin.position(offset);
  const path = pathOf(node);
  return { file: origin.file, line, column, path: key === undefined ? path : joinPath(path, key) };
}

/** The node at a path of keys and indexes below `node`, or the deepest one on the way that exists. */
export function locate(node: Node, path: readonly PropertyKey[]): Node {
  let at = node;
  for (const segment of path) {
    let next: Node | undefined;
    if (at.kind === "map") next = at.get(String(segment));
    else if (at.kind === "list") next = at.items[Number(segment)];
    if (next === undefined) return at;
    at = next;
  }
  return at;
}
