import { foldCode } from "../../../core/match/wire-text.ts";

/** Beyond this many children a node has a table by character instead of a list. */
const LIST_CHILDREN = 6;

/** A node of a {@link RadixTrie}: the characters that lead to it from its parent, and what was stored for the text so far. */
export class TrieNode<T> {
  /** The characters of the edge to this node; "" at the root. */
  label: string;
  value: T | null;
  children: TrieNode<T>[];
  #byChar: (TrieNode<T> | null)[] | null;

  constructor(label: string) {
    this.label = label;
    this.value = null;
    this.children = [];
    this.#byChar = null;
  }

  /** The child whose edge starts with this code unit, or null. */
  child(code: number): TrieNode<T> | null {
    const table = this.#byChar;
    if (table !== null) return code < 256 ? table[code] : null;
    const children = this.children;
    for (let i = 0; i < children.length; i++) if (children[i].label.charCodeAt(0) === code) return children[i];
    return null;
  }

  /** Prepares lookups. Called once, after the last insertion. */
  freeze(): void {
    for (const child of this.children) child.freeze();
    if (this.children.length <= LIST_CHILDREN) return;
    const table = new Array<TrieNode<T> | null>(256).fill(null);
    for (const child of this.children) table[child.label.charCodeAt(0)] = child;
    this.#byChar = table;
  }
}

/**
 * Texts (strings of bytes) in a tree by their common beginnings. Walking it costs a step for each character, whatever the number of texts, and
 * allocates nothing. With `fold` ASCII case is ignored; keys are then given in lower case.
 */
export class RadixTrie<T> {
  readonly root: TrieNode<T> = new TrieNode<T>("");
  readonly fold: boolean;
  size = 0;

  constructor(fold: boolean) {
    this.fold = fold;
  }

  /** The value of a text, made by `make` if there is none yet. */
  at(text: string, make: () => T): T {
    let node = this.root;
    let pos = 0;
    while (pos < text.length) {
      const next = node.children.find((child) => child.label.charCodeAt(0) === text.charCodeAt(pos));
      if (next === undefined) {
        const leaf = new TrieNode<T>(text.slice(pos));
        node.children.push(leaf);
        node = leaf;
        break;
      }
      let same = 1;
      while (same < next.label.length && next.label.charCodeAt(same) === text.charCodeAt(pos + same)) same++;
      if (same === next.label.length) node = next;
      else {
        const middle = new TrieNode<T>(next.label.slice(0, same));
        node.children[node.children.indexOf(next)] = middle;
        next.label = next.label.slice(same);
        middle.children.push(next);
        node = middle;
      }
      pos += same;
    }
    if (node.value === null) {
      node.value = make();
      this.size++;
    }
    return node.value;
  }

  freeze(): void {
    this.root.freeze();
  }

  /** The child to go to from `node` with the text from `pos` to before `end`, or null: its whole edge has to be there. */
  step(node: TrieNode<T>, text: string, pos: number, end: number): TrieNode<T> | null {
    if (pos >= end) return null;
    const code = text.charCodeAt(pos);
    const next = node.child(this.fold ? foldCode(code) : code);
    if (next === null) return null;
    const label = next.label;
    if (pos + label.length > end) return null;
    if (this.fold) {
      for (let i = 1; i < label.length; i++) if (foldCode(text.charCodeAt(pos + i)) !== label.charCodeAt(i)) return null;
    } else {
      for (let i = 1; i < label.length; i++) if (text.charCodeAt(pos + i) !== label.charCodeAt(i)) return null;
    }
    return next;
  }

  /** The value of exactly the text from `start` to before `end`, or null. */
  get(text: string, start: number, end: number): T | null {
    let node: TrieNode<T> | null = this.root;
    for (let pos = start; pos < end; pos += node.label.length) {
      node = this.step(node, text, pos, end);
      if (node === null) return null;
    }
    return node.value;
  }
}
