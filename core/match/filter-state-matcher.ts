import type { FilterStateMatcher as FilterStateConfig } from "../resources/matchers.ts";
import type { Report } from "./problem.ts";
import { compileStringMatcher, type StringMatcher } from "./string-matcher.ts";
import { toWire } from "./wire-text.ts";

/** Filter state of a stream: key -> object. Only strings, numbers and booleans have a text to match. */
export type FilterStateMap = Readonly<Record<string, unknown>> | undefined;

/** The text of an entry, or undefined. */
export function filterStateText(state: FilterStateMap, key: string): string | undefined {
  if (state === undefined || !Object.hasOwn(state, key)) return undefined;
  const value = state[key];
  if (typeof value === "string") return toWire(value);
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

/** A compiled `type.matcher.v3.FilterStateMatcher`: matches an entry's text. No entry, no match. */
export class FilterStateMatcher {
  readonly #key: string;
  readonly #text: StringMatcher | null;

  constructor(key: string, text: StringMatcher | null) {
    this.#key = key;
    this.#text = text;
  }

  match(state: FilterStateMap): boolean {
    const text = filterStateText(state, this.#key);
    return text !== undefined && this.#text !== null && this.#text.match(text);
  }

  describe(): string {
    return `filter state ${this.#key} ${this.#text?.describe() ?? "matches nothing"}`;
  }
}

/** Compiles a matcher; mistakes are reported. */
export function compileFilterStateMatcher(config: FilterStateConfig, report: Report): FilterStateMatcher {
  return new FilterStateMatcher(
    config.key,
    config.stringMatch === undefined ? null : compileStringMatcher(config.stringMatch, report),
  );
}
