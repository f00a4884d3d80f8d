import type { HeaderMap } from "../../../core/contract/headers.ts";
import type { HttpStream } from "../../../core/contract/stream.ts";
import type { Pace, Sliced } from "../../../core/contract/sliced.ts";
import { foldText, toWire } from "../../../core/match/wire-text.ts";
import { CandidateList } from "./candidate-list.ts";
import { RadixTrie, type TrieNode } from "./radix-trie.ts";
import { isConnect, type RouteCandidate } from "./route-candidate.ts";

/** The routes that one path text is the key of, by how they use it; filled while the index is built. */
class PathKey {
  readonly exactRoutes: RouteCandidate[] = [];
  readonly prefixRoutes: RouteCandidate[] = [];
  readonly separatedRoutes: RouteCandidate[] = [];
  exact: CandidateList | null = null;
  /** Prefixes, and expressions that start with this text. */
  prefix: CandidateList | null = null;
  separated: CandidateList | null = null;

  freeze(): void {
    if (this.exactRoutes.length > 0) this.exact = new CandidateList(this.exactRoutes);
    if (this.prefixRoutes.length > 0) this.prefix = new CandidateList(this.prefixRoutes);
    if (this.separatedRoutes.length > 0) this.separated = new CandidateList(this.separatedRoutes);
  }
}

/**
 * Finds the first route, in the order of the configuration, that matches a request, without looking at each.
 *
 * All paths, prefixes and literal beginnings of expressions are keys in one tree; a request's path is walked once, and only the routes whose key lies on the
 * way are candidates. Keys of different length may hold the winner, so each list is asked for its first match that stands before the best one found so far.
 * Case-insensitive routes have a tree of their own. What stays linear: expressions without a literal beginning (`.*\.png`), and routes that share a path key
 * and differ by nothing that can be looked up (an exact header or query parameter).
 */
export class RouteIndex {
  /** In the order of the configuration. */
  readonly candidates: readonly RouteCandidate[];
  readonly #exactCase: RadixTrie<PathKey> | null;
  readonly #anyCase: RadixTrie<PathKey> | null;
  readonly #connect: CandidateList | null;

  constructor(
    candidates: readonly RouteCandidate[],
    exactCase: RadixTrie<PathKey>,
    anyCase: RadixTrie<PathKey>,
    connect: readonly RouteCandidate[],
  ) {
    this.candidates = candidates;
    this.#exactCase = exactCase.size > 0 ? exactCase : null;
    this.#anyCase = anyCase.size > 0 ? anyCase : null;
    this.#connect = connect.length > 0 ? new CandidateList(connect) : null;
  }

  /** `path` ends at `end` for matching; `query`: where the `?` stands in `headers.path`, or -1. */
  find(stream: HttpStream, headers: HeaderMap, path: string, end: number, query: number): RouteCandidate | null {
    let found: RouteCandidate | null = null;
    // Requests without a path (CONNECT) match by path in no way, not even the prefix "".
    if (headers.path !== "") {
      if (this.#exactCase !== null) found = walk(this.#exactCase, stream, headers, path, end, query, null);
      if (this.#anyCase !== null) found = walk(this.#anyCase, stream, headers, path, end, query, found);
    }
    if (this.#connect !== null && isConnect(headers)) {
      found = this.#connect.find(stream, headers, path, end, query, found === null ? Infinity : found.order) ?? found;
    }
    return found;
  }
}

/** Indexes routes, given in the order of the configuration; with pauses between them. */
export function* buildRouteIndex(candidates: readonly RouteCandidate[], pace: Pace): Sliced<RouteIndex> {
  const exactCase = new RadixTrie<PathKey>(false);
  const anyCase = new RadixTrie<PathKey>(true);
  const connect: RouteCandidate[] = [];
  const keys: PathKey[] = [];
  const make = (): PathKey => {
    const key = new PathKey();
    keys.push(key);
    return key;
  };
  for (const candidate of candidates) {
    if (pace.due()) yield;
    if (candidate.kind === "connect") {
      connect.push(candidate);
      continue;
    }
    if (candidate.regex !== null) {
      exactCase.at(candidate.regex.prefix, make).prefixRoutes.push(candidate);
      continue;
    }
    const text = toWire(candidate.text);
    const key = candidate.caseSensitive ? exactCase.at(text, make) : anyCase.at(foldText(text), make);
    if (candidate.kind === "exact") key.exactRoutes.push(candidate);
    else if (candidate.kind === "separated") key.separatedRoutes.push(candidate);
    else key.prefixRoutes.push(candidate);
  }
  for (const key of keys) {
    key.freeze();
    if (pace.due()) yield;
  }
  exactCase.freeze();
  anyCase.freeze();
  return new RouteIndex(candidates, exactCase, anyCase, connect);
}

function walk(
  trie: RadixTrie<PathKey>,
  stream: HttpStream,
  headers: HeaderMap,
  path: string,
  end: number,
  query: number,
  best: RouteCandidate | null,
): RouteCandidate | null {
  let found = best;
  let limit = best === null ? Infinity : best.order;
  let pos = 0;
  let node: TrieNode<PathKey> | null = trie.root;
  while (node !== null) {
    const key = node.value;
    if (key !== null) {
      let candidate = key.prefix === null ? null : key.prefix.find(stream, headers, path, end, query, limit);
      if (candidate !== null) {
        found = candidate;
        limit = candidate.order;
      }
      if (pos === end && key.exact !== null) {
        candidate = key.exact.find(stream, headers, path, end, query, limit);
        if (candidate !== null) {
          found = candidate;
          limit = candidate.order;
        }
      }
      if (key.separated !== null && (pos === end || path.charCodeAt(pos) === 47)) {
        candidate = key.separated.find(stream, headers, path, end, query, limit);
        if (candidate !== null) {
          found = candidate;
          limit = candidate.order;
        }
      }
    }
    node = trie.step(node, path, pos, end);
    if (node !== null) pos += node.label.length;
  }
  return found;
}

/** Where a path ends: before query and fragment. */
export function pathEnd(path: string): number {
  for (let i = 0; i < path.length; i++) {
    const c = path.charCodeAt(i);
    if (c === 63 || c === 35) return i;
  }
  return path.length;
}

/** The path before `end` without the parameters of its segments: `/a;x=1/b` is `/a/b` (`ignore_path_parameters_in_path_matching`). */
export function withoutPathParameters(path: string, end: number): string {
  let out = "";
  let from = 0;
  for (let at = path.indexOf(";"); at >= 0 && at < end; at = path.indexOf(";", from)) {
    out += path.slice(from, at);
    const slash = path.indexOf("/", at);
    from = slash < 0 || slash > end ? end : slash;
  }
  return out + path.slice(from, end);
}
