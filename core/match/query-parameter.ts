import type { QueryParameterMatcher as QueryParameterConfig } from "../resources/matchers.ts";
import type { Report } from "./problem.ts";
import { compileStringMatcher, EXACT, type StringMatcher } from "./string-matcher.ts";
import { toWire } from "./wire-text.ts";

/**
 * Where the first value of a query parameter starts in `path`, or -1 if there is no such parameter. It ends at the next `&` or at the end of the text.
 * As Envoy reads queries for routing: from the first `?`, parameters divided by `&`, nothing decoded, a fragment not taken off; a parameter without `=` is empty.
 */
export function queryValueStart(path: string, query: number, name: string): number {
  let at = query;
  while (at >= 0 && at < path.length) {
    at++;
    const after = at + name.length;
    if (path.startsWith(name, at)) {
      const c = after < path.length ? path.charCodeAt(after) : 38;
      if (c === 61) return after + 1;
      if (c === 38 && at < path.length) return after;
    }
    at = path.indexOf("&", at);
  }
  return -1;
}

/** Where a value ends that starts at `start`. */
export function queryValueEnd(path: string, start: number): number {
  const end = path.indexOf("&", start);
  return end < 0 ? path.length : end;
}

/** The first value of a query parameter, or undefined. */
export function queryValue(path: string, name: string): string | undefined {
  const query = path.indexOf("?");
  const start = query < 0 ? -1 : queryValueStart(path, query, name);
  return start < 0 ? undefined : path.slice(start, queryValueEnd(path, start));
}

/** A compiled `QueryParameterMatcher`: looks at the first value of its parameter only, as Envoy does. */
export class QueryParameterMatcher {
  readonly name: string;
  readonly #value: StringMatcher | null;
  readonly #present: boolean;

  constructor(name: string, value: StringMatcher | null, present: boolean) {
    this.name = name;
    this.#value = value;
    this.#present = present;
  }

  /** `query`: where the `?` stands in `path`, or -1. */
  match(path: string, query: number): boolean {
    const start = query < 0 ? -1 : queryValueStart(path, query, this.name);
    if (this.#value === null) return start >= 0 === this.#present;
    if (start < 0) return false;
    const end = queryValueEnd(path, start);
    // The common kind without a copy of the value.
    if (this.#value.kind === EXACT) return end - start === this.#value.text.length && path.startsWith(this.#value.text, start);
    return this.#value.match(path.slice(start, end));
  }

  /** The one value it accepts, or undefined: what an index may look up. */
  get exactValue(): string | undefined {
    return this.#value?.exactText;
  }

  describe(): string {
    if (this.#value === null) return `query parameter ${this.name} is ${this.#present ? "present" : "absent"}`;
    return `query parameter ${this.name} ${this.#value.describe()}`;
  }
}

/** Compiles a matcher; mistakes are reported. */
export function compileQueryParameterMatcher(config: QueryParameterConfig, report: Report): QueryParameterMatcher {
  const value = config.stringMatch === undefined ? null : compileStringMatcher(config.stringMatch, report);
  return new QueryParameterMatcher(toWire(config.name), value, config.presentMatch ?? true);
}
