import type { XdsStringMatcher } from "../resources/matcher-tree.ts";
import type { StringMatcher as EnvoyStringMatcher } from "../resources/matchers.ts";
import type { Report } from "./problem.ts";
import { compileRegex, type Regex } from "./regex.ts";
import { foldCode, foldedAt, foldText, toWire } from "./wire-text.ts";

export const EXACT = 0;
export const PREFIX = 1;
export const SUFFIX = 2;
export const CONTAINS = 3;
export const REGEX = 4;
const FOLDED = 8;
/** Accepts nothing: stands for a matcher that was refused. */
const NEVER = 5;

/**
 * A compiled `type.matcher.v3.StringMatcher`. One shape for all kinds, so that every caller stays monomorphic. Texts are strings of bytes, as
 * headers are. `ignore_case` is about ASCII letters and does not change expressions, as in Envoy.
 */
export class StringMatcher {
  /** EXACT, PREFIX, SUFFIX, CONTAINS or REGEX, plus a bit for ignored case. */
  readonly kind: number;
  /** What to compare with, in lower case if case is ignored. */
  readonly text: string;
  readonly regex: Regex | null;

  constructor(kind: number, ignoreCase: boolean, text: string, regex: Regex | null) {
    this.kind = kind | (ignoreCase && kind < REGEX ? FOLDED : 0);
    this.text = ignoreCase ? foldText(text) : text;
    this.regex = regex;
  }

  match(value: string): boolean {
    const text = this.text;
    switch (this.kind) {
      case EXACT:
        return value === text;
      case PREFIX:
        return value.startsWith(text);
      case SUFFIX:
        return value.endsWith(text);
      case CONTAINS:
        return value.includes(text);
      case REGEX:
        return (this.regex as Regex).match(value);
      case EXACT | FOLDED:
        return value.length === text.length && foldedAt(value, 0, text);
      case PREFIX | FOLDED:
        return foldedAt(value, 0, text);
      case SUFFIX | FOLDED:
        return foldedAt(value, value.length - text.length, text);
      case CONTAINS | FOLDED:
        return containsFolded(value, text);
      default:
        return false;
    }
  }

  /** The one text it accepts, or undefined: what an index may look up. */
  get exactText(): string | undefined {
    return this.kind === EXACT ? this.text : undefined;
  }

  describe(): string {
    const verb = ["equals", "starts with", "ends with", "contains", "matches the expression"][this.kind & 7] ?? "matches nothing";
    const text = this.regex === null ? this.text : this.regex.pattern;
    return `${verb} ${JSON.stringify(text)}${(this.kind & FOLDED) !== 0 ? " (any case)" : ""}`;
  }
}

function containsFolded(value: string, folded: string): boolean {
  const first = folded.charCodeAt(0);
  const last = value.length - folded.length;
  for (let at = 0; at <= last; at++) if (foldCode(value.charCodeAt(at)) === first && foldedAt(value, at, folded)) return true;
  return folded.length === 0;
}

/** Compiles a matcher; a bad expression is reported and never matches. */
export function compileStringMatcher(config: EnvoyStringMatcher | XdsStringMatcher, report: Report): StringMatcher {
  const { ignoreCase } = config;
  if (config.exact !== undefined) return new StringMatcher(EXACT, ignoreCase, toWire(config.exact), null);
  if (config.prefix !== undefined) return new StringMatcher(PREFIX, ignoreCase, toWire(config.prefix), null);
  if (config.suffix !== undefined) return new StringMatcher(SUFFIX, ignoreCase, toWire(config.suffix), null);
  if (config.contains !== undefined) return new StringMatcher(CONTAINS, ignoreCase, toWire(config.contains), null);
  if (config.safeRegex !== undefined) return regexMatcher(config.safeRegex, report);
  report({ about: config, key: "", code: "unsupported_value", message: "this kind of string matcher is not supported" });
  return new StringMatcher(NEVER, false, "", null);
}

/** A matcher over an expression (`RegexMatcher`). */
export function regexMatcher(config: { readonly regex: string }, report: Report): StringMatcher {
  const regex = compileRegex(config.regex);
  if (typeof regex !== "string") return new StringMatcher(REGEX, false, "", regex);
  report({
    about: config,
    key: "regex",
    code: "invalid_value",
    message: regex,
    found: config.regex,
    wanted: "an expression in RE2 syntax",
  });
  return new StringMatcher(NEVER, false, "", null);
}
