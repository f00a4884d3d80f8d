import type { ValueMatcher as ValueMatcherConfig } from "../resources/matchers.ts";
import type { Report } from "./problem.ts";
import { compileStringMatcher, type StringMatcher } from "./string-matcher.ts";
import { toWire } from "./wire-text.ts";

/** A compiled `type.matcher.v3.ValueMatcher`: looks at a value of metadata (null, number, string, boolean, list, object; undefined: there is none). */
export interface ValueMatcher {
  match(value: unknown): boolean;
  describe(): string;
}

class NullMatcher implements ValueMatcher {
  match(value: unknown): boolean {
    return value === null;
  }
  describe(): string {
    return "is null";
  }
}

class NumberMatcher implements ValueMatcher {
  readonly #start: number;
  readonly #end: number;
  readonly #exact: boolean;
  constructor(start: number, end: number, exact: boolean) {
    this.#start = start;
    this.#end = end;
    this.#exact = exact;
  }
  match(value: unknown): boolean {
    if (typeof value !== "number") return false;
    return this.#exact ? value === this.#start : value >= this.#start && value < this.#end;
  }
  describe(): string {
    return this.#exact ? `equals ${this.#start}` : `is in [${this.#start}, ${this.#end})`;
  }
}

class TextMatcher implements ValueMatcher {
  readonly #text: StringMatcher;
  constructor(text: StringMatcher) {
    this.#text = text;
  }
  match(value: unknown): boolean {
    // Metadata holds Unicode, matchers compare bytes as they travel.
    return typeof value === "string" && this.#text.match(toWire(value));
  }
  describe(): string {
    return this.#text.describe();
  }
}

class BooleanMatcher implements ValueMatcher {
  readonly #wanted: boolean;
  constructor(wanted: boolean) {
    this.#wanted = wanted;
  }
  match(value: unknown): boolean {
    return value === this.#wanted;
  }
  describe(): string {
    return `is ${this.#wanted}`;
  }
}

class PresentMatcher implements ValueMatcher {
  readonly #wanted: boolean;
  constructor(wanted: boolean) {
    this.#wanted = wanted;
  }
  match(value: unknown): boolean {
    return this.#wanted && value !== undefined;
  }
  describe(): string {
    return this.#wanted ? "is present" : "matches nothing";
  }
}

class ListMatcher implements ValueMatcher {
  readonly #oneOf: ValueMatcher;
  constructor(oneOf: ValueMatcher) {
    this.#oneOf = oneOf;
  }
  match(value: unknown): boolean {
    if (!Array.isArray(value)) return false;
    for (const item of value as readonly unknown[]) if (this.#oneOf.match(item)) return true;
    return false;
  }
  describe(): string {
    return `has an item that ${this.#oneOf.describe()}`;
  }
}

class OrMatcher implements ValueMatcher {
  readonly #options: readonly ValueMatcher[];
  constructor(options: readonly ValueMatcher[]) {
    this.#options = options;
  }
  match(value: unknown): boolean {
    for (const option of this.#options) if (option.match(value)) return true;
    return false;
  }
  describe(): string {
    return this.#options.map((option) => option.describe()).join(" or ");
  }
}

/** Compiles a matcher; mistakes are reported. */
export function compileValueMatcher(config: ValueMatcherConfig, report: Report): ValueMatcher {
  if (config.nullMatch !== undefined) return new NullMatcher();
  if (config.boolMatch !== undefined) return new BooleanMatcher(config.boolMatch);
  if (config.presentMatch !== undefined) return new PresentMatcher(config.presentMatch);
  if (config.stringMatch !== undefined) return new TextMatcher(compileStringMatcher(config.stringMatch, report));
  if (config.doubleMatch !== undefined) {
    const { exact, range } = config.doubleMatch;
    return exact !== undefined
      ? new NumberMatcher(exact, exact, true)
      : new NumberMatcher(range?.start ?? 0, range?.end ?? 0, false);
  }
  if (config.listMatch?.oneOf !== undefined) return new ListMatcher(compileValueMatcher(config.listMatch.oneOf, report));
  if (config.orMatch !== undefined)
    return new OrMatcher(config.orMatch.valueMatchers.map((option) => compileValueMatcher(option, report)));
  return new PresentMatcher(false);
}
