import type { HeaderMap } from "../contract/headers.ts";
import type { HeaderMatcher as HeaderMatcherConfig } from "../resources/matchers.ts";
import { parseInteger } from "./integer.ts";
import type { Report } from "./problem.ts";
import { compileStringMatcher, CONTAINS, EXACT, PREFIX, regexMatcher, StringMatcher, SUFFIX } from "./string-matcher.ts";
import { toWire } from "./wire-text.ts";

const PRESENT = 0;
const STRING = 1;
const RANGE = 2;

/**
 * A compiled `HeaderMatcher`. Several values of a header count as one, joined by commas; a missing header matches only `present_match: false`,
 * inverted `present_match: true`, or what accepts "" with `treat_missing_header_as_empty`. Envoy: "config.route.v3.HeaderMatcher".
 */
export class HeaderMatcher {
  /** Lower case. */
  readonly name: string;
  readonly #kind: number;
  readonly #invert: boolean;
  readonly #missingAsEmpty: boolean;
  readonly #present: boolean;
  readonly #string: StringMatcher | null;
  readonly #start: number;
  readonly #end: number;

  constructor(config: HeaderMatcherConfig, string: StringMatcher | null) {
    this.name = config.name;
    this.#kind = string !== null ? STRING : config.rangeMatch !== undefined ? RANGE : PRESENT;
    this.#invert = config.invertMatch;
    this.#missingAsEmpty = config.treatMissingHeaderAsEmpty;
    this.#present = config.presentMatch ?? true;
    this.#string = string;
    this.#start = config.rangeMatch?.start ?? 0;
    this.#end = config.rangeMatch?.end ?? 0;
  }

  match(headers: HeaderMap): boolean {
    return this.matchValue(headerValue(headers, this.name));
  }

  /** As `match`, for a value looked up before (`headerValue`). */
  matchValue(value: string | undefined): boolean {
    if (this.#kind === PRESENT) return ((value !== undefined || this.#missingAsEmpty) === this.#present) !== this.#invert;
    let text = value;
    if (text === undefined) {
      if (!this.#missingAsEmpty) return false;
      text = "";
    }
    if (this.#kind === STRING) return (this.#string as StringMatcher).match(text) !== this.#invert;
    const number = parseInteger(text);
    return (number >= this.#start && number < this.#end) !== this.#invert;
  }

  /** The one value it accepts, or undefined: what an index may look up. A header that is missing must not match. */
  get exactValue(): string | undefined {
    const text = this.#invert || this.#kind !== STRING ? undefined : (this.#string as StringMatcher).exactText;
    return text === "" && this.#missingAsEmpty ? undefined : text;
  }

  describe(): string {
    const not = this.#invert ? "not: " : "";
    if (this.#kind === PRESENT) return `${not}header ${this.name} is ${this.#present ? "present" : "absent"}`;
    const missing = this.#missingAsEmpty ? " (absent counts as empty)" : "";
    if (this.#kind === RANGE) return `${not}header ${this.name} is an integer in [${this.#start}, ${this.#end})${missing}`;
    return `${not}header ${this.name} ${(this.#string as StringMatcher).describe()}${missing}`;
  }
}

/** A header's values joined by commas, or undefined. Pseudo-headers are read without a search. */
export function headerValue(headers: HeaderMap, name: string): string | undefined {
  if (name.charCodeAt(0) === 58) {
    switch (name) {
      case ":path":
        return headers.path === "" ? undefined : headers.path;
      case ":method":
        return headers.method === "" ? undefined : headers.method;
      case ":authority":
        return headers.get(":authority");
      case ":scheme":
        return headers.scheme === "" ? undefined : headers.scheme;
    }
  }
  return headers.getJoined(name);
}

/** Compiles a matcher; mistakes are reported, and what is left of it never matches. */
export function compileHeaderMatcher(config: HeaderMatcherConfig, report: Report): HeaderMatcher {
  return new HeaderMatcher(config, stringPart(config, report));
}

function stringPart(config: HeaderMatcherConfig, report: Report): StringMatcher | null {
  // An exact_match of "" means presence, unlike string_match: Envoy keeps it so for old configurations.
  if (config.exactMatch !== undefined)
    return config.exactMatch === "" ? null : new StringMatcher(EXACT, false, toWire(config.exactMatch), null);
  if (config.prefixMatch !== undefined) return new StringMatcher(PREFIX, false, toWire(config.prefixMatch), null);
  if (config.suffixMatch !== undefined) return new StringMatcher(SUFFIX, false, toWire(config.suffixMatch), null);
  if (config.containsMatch !== undefined) return new StringMatcher(CONTAINS, false, toWire(config.containsMatch), null);
  if (config.safeRegexMatch !== undefined) return regexMatcher(config.safeRegexMatch, report);
  if (config.stringMatch !== undefined) return compileStringMatcher(config.stringMatch, report);
  return null;
}

/** Whether all of them match. */
export function matchHeaders(matchers: readonly HeaderMatcher[], headers: HeaderMap): boolean {
  for (let i = 0; i < matchers.length; i++) if (!matchers[i].match(headers)) return false;
  return true;
}
