import type { HeaderMap } from "../../../core/contract/headers.ts";
import { compileRegexRewrite, type RegexRewrite } from "../../../core/match/regex-rewrite.ts";
import type { Report } from "../../../core/match/problem.ts";
import { toWire } from "../../../core/match/wire-text.ts";
import type { RegexMatchAndSubstitute } from "../../../core/resources/matchers.ts";
import { pathEnd } from "./route-index.ts";

/** How a route changes the path, compiled. */
export interface PathRewrite {
  /** The new path with its query, or undefined to leave the path as it is. */
  rewrite(headers: HeaderMap): string | undefined;
  describe(): string;
}

/** Whether a text may stand as a request target: no blanks, no control characters. */
export function isPath(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c <= 32 || c === 127 || c > 255) return false;
  }
  return true;
}

/** `prefix_rewrite`: another text instead of the part that matched. */
export class PrefixRewrite implements PathRewrite {
  readonly #text: string;
  /** Length of what matched, or -1: all of the path up to query and fragment. */
  readonly #matched: number;

  constructor(text: string, matched: number) {
    this.#text = text;
    this.#matched = matched;
  }

  rewrite(headers: HeaderMap): string {
    const path = headers.path;
    return this.#text + path.slice(this.#matched < 0 ? pathEnd(path) : this.#matched);
  }

  describe(): string {
    return `prefix_rewrite ${JSON.stringify(this.#text)}`;
  }
}

/** `regex_rewrite`: each match of an expression in the path (without query) replaced. A path that would become empty stays. */
export class PathRegexRewrite implements PathRewrite {
  readonly #regex: RegexRewrite;

  constructor(regex: RegexRewrite) {
    this.#regex = regex;
  }

  rewrite(headers: HeaderMap): string | undefined {
    const path = headers.path;
    const end = pathEnd(path);
    const replaced = this.#regex.replaceAll(path.slice(0, end));
    return replaced === "" || !isPath(replaced) ? undefined : replaced + path.slice(end);
  }

  describe(): string {
    return `regex_rewrite ${JSON.stringify(this.#regex.pattern)} -> ${JSON.stringify(this.#regex.substitution)}`;
  }
}

/** Compiles a `RegexMatchAndSubstitute`; null after a mistake, which is reported. */
export function compileSubstitution(config: RegexMatchAndSubstitute, report: Report): RegexRewrite | null {
  const pattern = config.pattern.regex;
  const compiled = compileRegexRewrite(pattern, config.substitution);
  if (typeof compiled !== "string") return compiled;
  report({
    about: config,
    key: "",
    code: "invalid_value",
    message: compiled,
    found: pattern,
    wanted: "an expression in RE2 syntax and a substitution that fits it",
  });
  return null;
}

/** A configured path or part of one in the form it has on the wire; reported if no request target can hold it. */
export function checkedPath(text: string, about: object, key: string, report: Report): string {
  const wire = toWire(text);
  if (!isPath(wire))
    report({
      about,
      key,
      code: "invalid_value",
      message: "a path holds no blanks and no control characters",
      found: JSON.stringify(text),
    });
  return wire;
}
