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
 * A compiled `HeaderMatcher`. Each value of a header is looked at for itself: one that matches is enough, and inverted means that none does. A missing
 * header matches only `present_match: false`, inverted `present_match: true`, or, with `treat_missing_header_as_empty`, as "" would.
 * Envoy: "config.route.v3.HeaderMatcher".
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
    const name = this.name;
    const pseudo = pseudoHeader(headers, name);
    if (pseudo !== undefined) return (this.#kind === PRESENT ? this.#present : this.#matchesValue(pseudo)) !== this.#invert;
    const list = headers.list;
    let missing = true;
    for (let i = 0; i < list.length; i += 2) {
      if (list[i] !== name) continue;
      if (this.#kind === PRESENT) return this.#present !== this.#invert;
      if (this.#matchesValue(list[i + 1])) return !this.#invert;
      missing = false;
    }
    if (!missing) return this.#invert;
    if (this.#kind === PRESENT) return (this.#missingAsEmpty === this.#present) !== this.#invert;
    return this.#missingAsEmpty && this.#matchesValue("") !== this.#invert;
  }

  #matchesValue(value: string): boolean {
    if (this.#kind === STRING) return (this.#string as StringMatcher).match(value);
    const number = parseInteger(value);
    return number >= this.#start && number < this.#end;
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

/** What a pseudo-header, or the authority under the name `host`, holds; undefined for other names, and when it is not there. */
export function pseudoHeader(headers: HeaderMap, name: string): string | undefined {
  const first = name.charCodeAt(0);
  if (first !== 58 && (first !== 104 || name !== "host")) return undefined;
  switch (name) {
    case ":path":
      return headers.path === "" ? undefined : headers.path;
    case ":method":
      return headers.method === "" ? undefined : headers.method;
    case ":scheme":
      return headers.scheme === "" ? undefined : headers.scheme;
    default:
      return headers.get(name);
  }
}

/** A header's values joined by commas, or undefined: what inputs of matcher trees and hash policies read. */
export function headerValue(headers: HeaderMap, name: string): string | undefined {
  return pseudoHeader(headers, name) ?? headers.getJoined(name);
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
