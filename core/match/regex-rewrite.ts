import { RE2JS } from "re2js";
import { fromWire, isAscii, toWire } from "./wire-text.ts";

/**
 * Replaces every match of an expression by a substitution in which `\1` to `\9` are groups, `\0` is the whole match and `\\` a backslash
 * (RE2::GlobalReplace, which Envoy uses for `regex_rewrite`).
 */
export class RegexRewrite {
  readonly pattern: string;
  readonly substitution: string;
  readonly #re2: RE2JS;
  /** Literal texts (strings) and groups (numbers). */
  readonly #parts: readonly (string | number)[];

  constructor(re2: RE2JS, substitution: string, parts: readonly (string | number)[]) {
    this.pattern = re2.pattern();
    this.substitution = substitution;
    this.#re2 = re2;
    this.#parts = parts;
  }

  /** The text after all replacements. Time is linear in the text for each match. */
  replaceAll(text: string): string {
    if (isAscii(text, 0, text.length)) return this.#replace(text);
    const unicode = fromWire(text);
    return toWire(this.#replace(unicode ?? text));
  }

  #replace(text: string): string {
    const matcher = this.#re2.matcher(text);
    let out = "";
    let done = 0;
    let from = 0;
    let lastEnd = -1;
    while (from <= text.length && matcher.find(from)) {
      const start = matcher.start();
      const end = matcher.end();
      // As RE2: an empty match right behind the last match does not count.
      if (start === end && start === lastEnd) {
        from = start + 1;
        continue;
      }
      out += text.slice(done, start);
      for (const part of this.#parts) out += typeof part === "string" ? part : (matcher.group(part) ?? "");
      done = end;
      lastEnd = end;
      from = start === end ? end + 1 : end;
    }
    return done === 0 && lastEnd < 0 ? text : out + text.slice(done);
  }
}

/** Compiles an expression and its substitution; a string is the reason why that cannot be done. */
export function compileRegexRewrite(pattern: string, substitution: string): RegexRewrite | string {
  let re2: RE2JS;
  try {
    re2 = RE2JS.compile(pattern);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const parts: (string | number)[] = [];
  let literal = "";
  for (let i = 0; i < substitution.length; i++) {
    const c = substitution[i];
    if (c !== "\\") {
      literal += c;
      continue;
    }
    const next = substitution[++i] ?? "";
    if (next === "\\") literal += next;
    else if (/\d/.test(next)) {
      if (Number(next) > re2.groupCount()) return `the substitution uses group ${next}, the expression has ${re2.groupCount()}`;
      if (literal !== "") parts.push(literal);
      literal = "";
      parts.push(Number(next));
    } else return `the substitution has a backslash that neither a digit nor a backslash follows`;
  }
  if (literal !== "") parts.push(literal);
  return new RegexRewrite(re2, substitution, parts);
}
