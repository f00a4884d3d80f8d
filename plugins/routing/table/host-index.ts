import { foldText, toWire } from "../../../core/match/wire-text.ts";
import { RadixTrie, type TrieNode } from "./radix-trie.ts";

/**
 * Finds what belongs to a host name: an exact domain, else the longest suffix wildcard (`*.example.com`, `*-eu.example.com`), else the longest
 * prefix wildcard (`example.*`), else `*`. Case does not count. A wildcard stands for at least one character. Envoy: "config.route.v3.VirtualHost.domains".
 */
export class HostIndex<T> {
  readonly #exact: RadixTrie<T> = new RadixTrie<T>(true);
  /** Keys are written backwards. */
  readonly #suffixes: RadixTrie<T> = new RadixTrie<T>(true);
  readonly #prefixes: RadixTrie<T> = new RadixTrie<T>(true);
  #any: T | null = null;
  #onlyAny = true;

  /** Says whether the domain was new. */
  add(domain: string, value: T): boolean {
    const text = foldText(toWire(domain));
    if (text === "*") {
      if (this.#any !== null) return false;
      this.#any = value;
      return true;
    }
    this.#onlyAny = false;
    const trie = text.startsWith("*") ? this.#suffixes : text.endsWith("*") ? this.#prefixes : this.#exact;
    const key = text.startsWith("*") ? reversed(text.slice(1)) : text.endsWith("*") ? text.slice(0, -1) : text;
    const before = trie.size;
    trie.at(key, () => value);
    return trie.size > before;
  }

  freeze(): void {
    this.#exact.freeze();
    this.#suffixes.freeze();
    this.#prefixes.freeze();
  }

  /** `end`: where the host name ends in `host` (a port may follow that does not count). */
  find(host: string, end: number): T | null {
    if (this.#onlyAny) return this.#any;
    if (this.#exact.size > 0) {
      const value = this.#exact.get(host, 0, end);
      if (value !== null) return value;
    }
    if (this.#suffixes.size > 0) {
      const value = longestSuffix(this.#suffixes.root, host, end);
      if (value !== null) return value;
    }
    if (this.#prefixes.size > 0) {
      const value = longestPrefix(this.#prefixes, host, end);
      if (value !== null) return value;
    }
    return this.#any;
  }
}

function reversed(text: string): string {
  let out = "";
  for (let i = text.length - 1; i >= 0; i--) out += text[i];
  return out;
}

function longestPrefix<T>(trie: RadixTrie<T>, host: string, end: number): T | null {
  let best: T | null = null;
  let node: TrieNode<T> | null = trie.root;
  for (let pos = 0; node !== null && pos < end;) {
    if (node.value !== null) best = node.value;
    node = trie.step(node, host, pos, end);
    if (node !== null) pos += node.label.length;
  }
  return best;
}

function longestSuffix<T>(root: TrieNode<T>, host: string, end: number): T | null {
  let best: T | null = null;
  let node: TrieNode<T> = root;
  let left = end;
  while (left > 0) {
    if (node.value !== null) best = node.value;
    const next: TrieNode<T> | null = node.child(fold(host, left - 1));
    if (next === null || next.label.length > left) return best;
    const label = next.label;
    for (let i = 1; i < label.length; i++) if (fold(host, left - 1 - i) !== label.charCodeAt(i)) return best;
    left -= label.length;
    node = next;
  }
  return best;
}

function fold(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code >= 65 && code <= 90 ? code + 32 : code;
}

/** Where the port starts in an authority (the place of its colon), or the length if there is none. Brackets of IPv6 addresses are no ports. */
export function hostEnd(authority: string): number {
  const colon = authority.lastIndexOf(":");
  if (colon < 0 || authority.lastIndexOf("]") > colon) return authority.length;
  return colon;
}
