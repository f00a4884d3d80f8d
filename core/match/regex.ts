import { RE2JS } from "re2js";
import { AsciiSet } from "./ascii-set.ts";
import { matchesInLinearTime, regexPrefix, regexSource } from "./regex-proof.ts";
import { parseSimpleRegex, withoutChars } from "./regex-tree.ts";
import { fromWire, isAscii, toWire } from "./wire-text.ts";

/**
 * A regular expression of Envoy (RE2 syntax) that has to match a text from end to end, in time linear in the text.
 *
 * Expressions that provably cannot make a backtracking engine search twice run as native ones (see `matchesInLinearTime`), about ten times as fast;
 * all others, and all texts beyond ASCII, run on RE2JS. RE2 reads UTF-8: bytes that are none match nothing.
 */
export class Regex {
  readonly pattern: string;
  /** What every match starts with, as far as that is known: an index may use it. */
  readonly prefix: string;
  readonly #native: RegExp | null;
  #re2: RE2JS | null;

  constructor(pattern: string, prefix: string, native: RegExp | null, re2: RE2JS | null) {
    this.pattern = pattern;
    this.prefix = prefix;
    this.#native = native;
    this.#re2 = re2;
  }

  /** Whether a native expression does the work (for ASCII texts). */
  get native(): boolean {
    return this.#native !== null;
  }

  match(text: string): boolean {
    const native = this.#native;
    if (native !== null && isAscii(text, 0, text.length)) return native.test(text);
    return this.#slow(text);
  }

  /** Matches the text before `end`. Only for expressions compiled with `stopAt`; at `end` stands one of these characters, or the text is over. */
  matchUntil(text: string, end: number): boolean {
    const native = this.#native;
    if (native !== null && isAscii(text, 0, end)) return native.test(text);
    return this.#slow(end === text.length ? text : text.slice(0, end));
  }

  #slow(text: string): boolean {
    const unicode = isAscii(text, 0, text.length) ? text : fromWire(text);
    if (unicode === null) return false;
    return (this.#re2 ??= RE2JS.compile(this.pattern)).testExact(unicode);
  }
}

/**
 * Compiles an expression; a string is the reason why it is none. `stopAt`: characters at which a text given to `matchUntil` ends, hence does not hold.
 */
export function compileRegex(pattern: string, stopAt: string = ""): Regex | string {
  const simple = parseSimpleRegex(pattern);
  if (simple === null) {
    const re2 = compileRe2(pattern);
    return typeof re2 === "string" ? re2 : new Regex(pattern, toWire(carefulPrefix(pattern)), null, re2);
  }
  const tree = withoutChars(simple, AsciiSet.of(stopAt));
  if (!matchesInLinearTime(tree)) {
    const re2 = compileRe2(pattern);
    return typeof re2 === "string" ? re2 : new Regex(pattern, regexPrefix(simple), null, re2);
  }
  const end = stopAt === "" ? "$" : `(?=[${stopAt.replace(/[^\w]/g, "\\$&")}]|$)`;
  return new Regex(pattern, regexPrefix(simple), new RegExp(`^(?:${regexSource(tree)})${end}`), null);
}

function compileRe2(pattern: string): RE2JS | string {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The literal start of an expression that was not understood: shorter than it could be rather than wrong. */
function carefulPrefix(pattern: string): string {
  if (pattern.includes("|")) return "";
  const text = pattern.startsWith("^") ? pattern.slice(1) : pattern;
  let prefix = "";
  let i = 0;
  for (; i < text.length; i++) {
    if (text[i] === "\\" && /[!-/:-@[-^`{-~]/.test(text[i + 1] ?? "")) prefix += text[++i];
    else if (/[^\\^$.*+?()[\]{}|]/.test(text[i])) prefix += text[i];
    else break;
  }
  const repeated = i < text.length && /[*+?{]/.test(text[i]);
  return repeated ? [...prefix].slice(0, -1).join("") : prefix;
}
