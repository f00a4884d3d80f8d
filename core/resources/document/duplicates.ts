import type { MapNode } from "./node.ts";

/** A key that stands twice in one map: `index` is the later one. */
export interface DuplicateKey {
  readonly map: MapNode;
  readonly first: number;
  readonly index: number;
}

/** Adds the keys of a map that stood there before to `into`. Most maps are small, and then comparing beats a set. */
export function findDuplicates(map: MapNode, into: DuplicateKey[]): void {
  const keys = map.keys;
  if (keys.length > 16) {
    const seen = new Map<string, number>();
    for (let i = 0; i < keys.length; i++) {
      const first = seen.get(keys[i]);
      if (first === undefined) seen.set(keys[i], i);
      else into.push({ map, first, index: i });
    }
    return;
  }
  for (let i = 1; i < keys.length; i++) {
    for (let j = 0; j < i; j++) {
      if (keys[i] === keys[j]) {
        into.push({ map, first: j, index: i });
        break;
      }
    }
  }
}
