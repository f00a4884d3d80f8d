import type { ResourceError } from "../../../../core/resources/schema/index.ts";
import { originOf } from "./origin.ts";
import { Problems } from "./problems.ts";

interface Entry {
  readonly inputs: readonly unknown[];
  readonly value: unknown;
  readonly problems: readonly ResourceError[];
}

const NOTHING: ReadonlyMap<string, Entry> = new Map<string, Entry>();

/**
 * Results of the translation before, kept while the objects that they were made from are the same. A result depends on its inputs alone,
 * so a translation gives the same with and without a memo, but for the identity of its parts. What a translation does not ask for is
 * forgotten with it.
 */
export class Memo {
  #before: ReadonlyMap<string, Entry>;
  readonly #entries = new Map<string, Entry>();
  readonly #problems: ResourceError[] = [];
  /** How many results were made anew. */
  made = 0;

  constructor(before?: Memo) {
    this.#before = before === undefined ? NOTHING : before.#entries;
  }

  /** The translation is complete: what it did not take over from the one before is let go. */
  close(): void {
    this.#before = NOTHING;
  }

  /** The result of that name, made anew unless the inputs are those of the last time (by identity, one by one). */
  get<T>(key: string, inputs: readonly unknown[], make: (problems: Problems) => T): T {
    const now = this.#entries.get(key);
    if (now !== undefined && same(now.inputs, inputs)) return now.value as T;
    let entry = this.#before.get(key);
    if (entry === undefined || !same(entry.inputs, inputs)) {
      const problems = new Problems();
      entry = { inputs, value: make(problems), problems: problems.list };
      this.made++;
    }
    this.#entries.set(key, entry);
    for (const problem of entry.problems) this.#problems.push(problem);
    return entry.value as T;
  }

  /** The same part as the last time if it reads the same and was made from the same nodes: for parts that are cheap to make. */
  keep<T extends object>(key: string, part: T): T {
    const origin = originOf(part);
    const nodes = origin === undefined ? [] : [origin.node, ...(origin.also ?? []).map(({ node }) => node)];
    return this.get(key, [JSON.stringify(part), ...nodes], () => part);
  }

  /** What was said while the results of this translation were made, this time or before. */
  get problems(): readonly ResourceError[] {
    return this.#problems;
  }
}

/** The same things in the same order: numbers and texts by value, objects by identity. */
export function same(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
