import type { HeaderMap } from "../contract/headers.ts";
import type { CookieMatcher as CookieConfig } from "../resources/matchers.ts";
import type { Report } from "./problem.ts";
import { compileStringMatcher, type StringMatcher } from "./string-matcher.ts";
import { toWire } from "./wire-text.ts";

/**
 * The value of a request cookie, without quotes around it, or undefined. The first cookie of that name counts, over all `cookie` headers.
 * RFC 6265 section 5.4: pairs divided by semicolons.
 */
export function cookieValue(headers: HeaderMap, name: string): string | undefined {
  const list = headers.list;
  for (let i = 0; i < list.length; i += 2) {
    if (list[i] !== "cookie") continue;
    const value = findCookie(list[i + 1], name);
    if (value !== undefined) return value;
  }
  return undefined;
}

function findCookie(header: string, name: string): string | undefined {
  let at = 0;
  while (at < header.length) {
    let end = header.indexOf(";", at);
    if (end < 0) end = header.length;
    while (at < end && header.charCodeAt(at) === 32) at++;
    if (header.startsWith(name, at) && header.charCodeAt(at + name.length) === 61) {
      let from = at + name.length + 1;
      let to = end;
      while (to > from && header.charCodeAt(to - 1) === 32) to--;
      if (to - from >= 2 && header.charCodeAt(from) === 34 && header.charCodeAt(to - 1) === 34) {
        from++;
        to--;
      }
      return header.slice(from, to);
    }
    at = end + 1;
  }
  return undefined;
}

/** A compiled `CookieMatcher`. A missing cookie does not match, hence matches inverted. */
export class CookieMatcher {
  readonly name: string;
  readonly #value: StringMatcher;
  readonly #invert: boolean;

  constructor(name: string, value: StringMatcher, invert: boolean) {
    this.name = name;
    this.#value = value;
    this.#invert = invert;
  }

  match(headers: HeaderMap): boolean {
    const value = cookieValue(headers, this.name);
    return (value !== undefined && this.#value.match(value)) !== this.#invert;
  }

  describe(): string {
    return `${this.#invert ? "not: " : ""}cookie ${this.name} ${this.#value.describe()}`;
  }
}

/** Compiles a matcher; mistakes are reported. */
export function compileCookieMatcher(config: CookieConfig, report: Report): CookieMatcher {
  return new CookieMatcher(toWire(config.name), compileStringMatcher(config.stringMatch, report), config.invertMatch);
}
