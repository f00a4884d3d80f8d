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

// These are made by the ten thousand: fields are assigned once, in constructors, and arrays have the size that they need.

/** `plain`: unquoted, so it may be a number, a boolean or null. An absent YAML value is plain and empty. */
export class ScalarNode {
  declare readonly kind: "scalar";
  declare readonly offset: number;
  declare readonly text: string;
  declare readonly plain: boolean;
  declare parent: Parent | null;
  constructor(offset: number, text: string, plain: boolean) {
    this.kind = "scalar";
    this.offset = offset;
    this.text = text;
    this.plain = plain;
    this.parent = null;
  }
}

/** `keys`, `keyOffsets` and `values` run in parallel, in the order of the text. Keys are unique unless the document reported otherwise. */
export class MapNode {
  declare readonly kind: "map";
  declare readonly offset: number;
  declare readonly keys: readonly string[];
  declare readonly keyOffsets: readonly number[];
  declare readonly values: readonly Node[];
  declare parent: Parent | null;
  constructor(offset: number, keys: readonly string[] = [], keyOffsets: readonly number[] = [], values: readonly Node[] = []) {
    this.kind = "map";
    this.offset = offset;
    this.keys = keys;
    this.keyOffsets = keyOffsets;
    this.values = values;
    this.parent = null;
    // An aliased value keeps the place of its anchor: that is where its text stands.
    for (let i = 0; i < values.length; i++) if (values[i].parent === null) values[i].parent = this;
  }

  get(key: string): Node | undefined {
    const index = this.keys.indexOf(key);
    return index < 0 ? undefined : this.values[index];
  }
}

/** A sequence. */
export class ListNode {
  declare readonly kind: "list";
  declare readonly offset: number;
  declare readonly items: readonly Node[];
  declare parent: Parent | null;
  constructor(offset: number, items: readonly Node[] = []) {
    this.kind = "list";
    this.offset = offset;
    this.items = items;
    this.parent = null;
    for (let i = 0; i < items.length; i++) if (items[i].parent === null) items[i].parent = this;
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
  /** The line of the file on which the text begins: above 1 for what is not the first document of its file. */
  readonly firstLine: number;
  /** Of what was made from something else: where that is. The text is empty then. */
  readonly standsFor: (() => Where) | undefined;
  #lineStarts: number[] | null = null;
  constructor(file: string, text: string, pathPrefix = "", firstLine = 1, standsFor?: () => Where) {
    this.standsFor = standsFor;
    this.file = file;
    this.text = text;
    this.pathPrefix = pathPrefix;
    this.firstLine = firstLine;
  }

  /** Line and column in the file (from 1) of an offset in the text; 0 and 0 for the negative offset of a node that has no text. */
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
    return { line: low + this.firstLine, column: offset - starts[low] + 1 };
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
  if (parent.kind === "origin") return parent.standsFor?.().path ?? parent.pathPrefix;
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
  const { file, line, column } = origin.standsFor?.() ?? { file: origin.file, ...origin.position(offset) };
  const path = pathOf(node);
  return { file, line, column, path: key === undefined ? path : joinPath(path, key) };
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
