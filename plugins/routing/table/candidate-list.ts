import type { HeaderMap } from "../../../core/contract/headers.ts";
import type { HttpStream } from "../../../core/contract/stream.ts";
import { pseudoHeader } from "../../../core/match/header-matcher.ts";
import { queryValueEnd, queryValueStart } from "../../../core/match/query-parameter.ts";
import { RadixTrie } from "./radix-trie.ts";
import type { RouteCandidate } from "./route-candidate.ts";

/** So many routes that want the same header or query parameter, each with a value of its own, are worth a lookup. */
const WORTH_A_LOOKUP = 4;

/**
 * Routes that share a path key, in the order of the configuration. Where many of them want one header or one query parameter to have an exact value
 * (`prefix: "/"` for each of 2,000 tenants), they are found by that value instead of one after the other.
 */
export class CandidateList {
  /** The lowest place of any route in here. */
  readonly #lowest: number;
  readonly #lookups: readonly ValueLookup[];
  readonly #rest: readonly RouteCandidate[];

  /** @param candidates sorted by `order`. @param used keys that led here: all candidates agree on them. */
  constructor(candidates: readonly RouteCandidate[], used: ReadonlySet<string> = new Set()) {
    this.#lowest = candidates.length === 0 ? Infinity : candidates[0].order;
    const lookups: ValueLookup[] = [];
    const seen = new Set(used);
    let rest = candidates;
    for (let best = bestKey(rest, seen); best !== null; best = bestKey(rest, seen)) {
      const key = best;
      seen.add(key);
      const groups = new Map<string, RouteCandidate[]>();
      const others: RouteCandidate[] = [];
      for (const candidate of rest) {
        const value = candidate.conditions.exactValues.get(key);
        if (value === undefined) others.push(candidate);
        else if (groups.has(value)) groups.get(value)?.push(candidate);
        else groups.set(value, [candidate]);
      }
      lookups.push(new ValueLookup(key, groups, new Set([...used, key])));
      rest = others;
    }
    this.#lookups = lookups;
    this.#rest = rest;
  }

  /** The first route that matches and stands before `limit`, or null. */
  find(stream: HttpStream, headers: HeaderMap, path: string, end: number, query: number, limit: number): RouteCandidate | null {
    if (this.#lowest >= limit) return null;
    let found: RouteCandidate | null = null;
    let before = limit;
    const lookups = this.#lookups;
    for (let i = 0; i < lookups.length; i++) {
      const candidate = lookups[i].find(stream, headers, path, end, query, before);
      if (candidate !== null) {
        found = candidate;
        before = candidate.order;
      }
    }
    const rest = this.#rest;
    for (let i = 0; i < rest.length; i++) {
      const candidate = rest[i];
      if (candidate.order >= before) break;
      if (candidate.matches(stream, headers, path, end, query)) return candidate;
    }
    return found;
  }
}

/** The key with the most different values among the candidates, or null if none is worth it. */
function bestKey(candidates: readonly RouteCandidate[], seen: ReadonlySet<string>): string | null {
  if (candidates.length < WORTH_A_LOOKUP) return null;
  const values = new Map<string, Set<string>>();
  for (const candidate of candidates) {
    for (const [key, value] of candidate.conditions.exactValues) {
      if (seen.has(key)) continue;
      if (!values.has(key)) values.set(key, new Set());
      values.get(key)?.add(value);
    }
  }
  let best: string | null = null;
  let most = WORTH_A_LOOKUP - 1;
  for (const [key, set] of values) {
    if (set.size <= most) continue;
    best = key;
    most = set.size;
  }
  return best;
}

/** Candidates by the value of one header ("h:name") or query parameter ("q:name"). */
class ValueLookup {
  readonly #name: string;
  readonly #byHeader: Map<string, CandidateList> | null;
  readonly #byQuery: RadixTrie<CandidateList> | null;

  constructor(key: string, groups: ReadonlyMap<string, RouteCandidate[]>, used: ReadonlySet<string>) {
    this.#name = key.slice(2);
    const isHeader = key.startsWith("h:");
    this.#byHeader = isHeader ? new Map() : null;
    this.#byQuery = isHeader ? null : new RadixTrie(false);
    for (const [value, candidates] of groups) {
      const list = new CandidateList(candidates, used);
      this.#byHeader?.set(value, list);
      this.#byQuery?.at(value, () => list);
    }
    this.#byQuery?.freeze();
  }

  find(stream: HttpStream, headers: HeaderMap, path: string, end: number, query: number, limit: number): RouteCandidate | null {
    if (this.#byQuery !== null) {
      const target = headers.path;
      const start = query < 0 ? -1 : queryValueStart(target, query, this.#name);
      const list = start < 0 ? null : this.#byQuery.get(target, start, queryValueEnd(target, start));
      return list === null ? null : list.find(stream, headers, path, end, query, limit);
    }
    const byValue = this.#byHeader;
    if (byValue === null) return null;
    const name = this.#name;
    const pseudo = pseudoHeader(headers, name);
    if (pseudo !== undefined) return byValue.get(pseudo)?.find(stream, headers, path, end, query, limit) ?? null;
    // Each value of a header counts for itself: every one may lead to a route.
    let found: RouteCandidate | null = null;
    let before = limit;
    const list = headers.list;
    for (let i = 0; i < list.length; i += 2) {
      if (list[i] !== name) continue;
      const candidate = byValue.get(list[i + 1])?.find(stream, headers, path, end, query, before);
      if (candidate === undefined || candidate === null) continue;
      found = candidate;
      before = candidate.order;
    }
    return found;
  }
}
