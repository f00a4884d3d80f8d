import { AsciiSet } from "./ascii-set.ts";

/** A regular expression of the small language of `parseSimpleRegex`. */
export type RegexNode =
  | { readonly kind: "char"; readonly set: AsciiSet }
  | { readonly kind: "sequence"; readonly items: readonly RegexNode[] }
  | { readonly kind: "choice"; readonly options: readonly RegexNode[] }
  | { readonly kind: "repeat"; readonly body: RegexNode; readonly min: number; readonly max: number };

/** RE2 allows a thousand; nested counts multiply, so here only one level may count. */
const MAX_COUNT = 1000;
const PUNCTUATION = /^[!-/:-@[-^`{-~]$/;
const NOT_NEWLINE = AsciiSet.of("\n").complement();
const DIGIT = AsciiSet.range(48, 57);
const WORD = AsciiSet.range(48, 57).union(AsciiSet.range(65, 90)).union(AsciiSet.range(97, 122)).union(AsciiSet.of("_"));
const CLASSES: Readonly<Record<string, AsciiSet>> = {
  d: DIGIT,
  D: DIGIT.complement(),
  w: WORD,
  W: WORD.complement(),
  // RE2's \s has no vertical tab, JavaScript's has.
  s: AsciiSet.of("\t\n\f\r "),
  S: AsciiSet.of("\t\n\f\r ").complement(),
};

class Unsupported extends Error {}

/** The same expression for texts that hold none of these characters. */
export function withoutChars(node: RegexNode, absent: AsciiSet): RegexNode {
  switch (node.kind) {
    case "char":
      return node.set.disjoint(absent) ? node : { kind: "char", set: node.set.minus(absent) };
    case "sequence":
      return { kind: "sequence", items: node.items.map((item) => withoutChars(item, absent)) };
    case "choice":
      return { kind: "choice", options: node.options.map((option) => withoutChars(option, absent)) };
    case "repeat":
      return { ...node, body: withoutChars(node.body, absent) };
  }
}

/**
 * Reads a regular expression (RE2 syntax) that uses only ASCII literals, escaped punctuation, `.`, classes, `\d \w \s`, groups, alternatives, `* + ? {n,m}`,
 * a leading `(?i)` and anchors at the very ends. Anything else gives null: RE2JS has to do it. Meant for full matches of ASCII texts: anchors at the ends are
 * dropped, lazy means the same as greedy.
 */
export function parseSimpleRegex(pattern: string): RegexNode | null {
  try {
    return new Parser(pattern).parse();
  } catch (error) {
    if (error instanceof Unsupported) return null;
    throw error;
  }
}

class Parser {
  readonly #text: string;
  #at: number;
  readonly #end: number;
  readonly #ignoreCase: boolean;
  #depth = 0;

  constructor(pattern: string) {
    let start = 0;
    let ignoreCase = false;
    if (pattern.startsWith("^")) start = 1;
    if (pattern.startsWith("(?i)", start)) {
      ignoreCase = true;
      start += 4;
      if (pattern.startsWith("^", start)) start++;
    }
    this.#text = pattern;
    this.#at = start;
    this.#ignoreCase = ignoreCase;
    let end = pattern.length;
    if (end > start && pattern[end - 1] === "$") {
      let slashes = 0;
      while (pattern[end - 2 - slashes] === "\\") slashes++;
      if (slashes % 2 === 0) end--;
    }
    this.#end = end;
  }

  parse(): RegexNode {
    const node = this.#choice();
    if (this.#at < this.#end) throw new Unsupported();
    return node;
  }

  #peek(): string {
    return this.#at < this.#end ? this.#text[this.#at] : "";
  }

  #choice(): RegexNode {
    if (++this.#depth > 50) throw new Unsupported();
    const options = [this.#sequence()];
    while (this.#peek() === "|") {
      this.#at++;
      options.push(this.#sequence());
    }
    this.#depth--;
    return options.length === 1 ? options[0] : { kind: "choice", options };
  }

  #sequence(): RegexNode {
    const items: RegexNode[] = [];
    for (let c = this.#peek(); c !== "" && c !== "|" && c !== ")"; c = this.#peek()) items.push(this.#quantified());
    return items.length === 1 ? items[0] : { kind: "sequence", items };
  }

  #quantified(): RegexNode {
    const body = this.#atom();
    const c = this.#peek();
    if (c !== "{" && c !== "*" && c !== "+" && c !== "?") return body;
    let min = 1;
    let max = 1;
    const counted = c === "{" ? /^\{(\d+)(?:(,)(\d*))?\}/.exec(this.#text.slice(this.#at, this.#end)) : null;
    if (counted !== null) {
      min = Number(counted[1]);
      max = counted[2] === undefined ? min : counted[3] === "" ? Infinity : Number(counted[3]);
      if (min > MAX_COUNT || (max !== Infinity && max > MAX_COUNT) || max < min || body.kind !== "char") throw new Unsupported();
      this.#at += counted[0].length;
    } else if (c === "*" || c === "+" || c === "?") {
      min = c === "+" ? 1 : 0;
      max = c === "?" ? 1 : Infinity;
      this.#at++;
    } else {
      return body;
    }
    if (this.#peek() === "?") this.#at++;
    if (/^[*+?]|^\{\d+(,\d*)?\}/.test(this.#text.slice(this.#at, this.#end))) throw new Unsupported();
    return { kind: "repeat", body, min, max };
  }

  #atom(): RegexNode {
    const c = this.#text[this.#at++];
    switch (c) {
      case "(":
        return this.#group();
      case "[":
        return this.#char(this.#class());
      case ".":
        return { kind: "char", set: NOT_NEWLINE };
      case "\\":
        return this.#char(this.#escape());
      case "*":
      case "+":
      case "?":
      case "^":
      case "$":
        throw new Unsupported();
      default:
        if (c.charCodeAt(0) > 127) throw new Unsupported();
        return this.#char(AsciiSet.char(c.charCodeAt(0)));
    }
  }

  #char(set: AsciiSet): RegexNode {
    return { kind: "char", set: this.#ignoreCase ? set.withBothCases() : set };
  }

  #group(): RegexNode {
    if (this.#peek() === "?") {
      if (this.#text[this.#at + 1] !== ":") throw new Unsupported();
      this.#at += 2;
    }
    const node = this.#choice();
    if (this.#peek() !== ")") throw new Unsupported();
    this.#at++;
    return node;
  }

  #escape(): AsciiSet {
    const c = this.#peek();
    this.#at++;
    if (PUNCTUATION.test(c)) return AsciiSet.char(c.charCodeAt(0));
    if (Object.hasOwn(CLASSES, c)) return CLASSES[c];
    throw new Unsupported();
  }

  #class(): AsciiSet {
    let negated = false;
    if (this.#peek() === "^") {
      negated = true;
      this.#at++;
    }
    let set = AsciiSet.EMPTY;
    for (let first = true; ; first = false) {
      const c = this.#peek();
      if (c === "" || (c === "]" && first) || (c === "[" && this.#text[this.#at + 1] === ":")) throw new Unsupported();
      if (c === "]") break;
      if (c === "-" && !first && this.#text[this.#at + 1] !== "]") throw new Unsupported();
      const low = this.#member();
      if (this.#peek() !== "-" || this.#text[this.#at + 1] === "]") {
        set = set.union(low);
        continue;
      }
      this.#at++;
      const high = this.#member();
      const [from, ...restLow] = low.codes();
      const [to, ...restHigh] = high.codes();
      if (restLow.length > 0 || restHigh.length > 0 || from > to) throw new Unsupported();
      set = set.union(AsciiSet.range(from, to));
    }
    this.#at++;
    // Case is folded before the complement is taken, as in RE2: (?i)[^a] matches neither a nor A.
    if (this.#ignoreCase) set = set.withBothCases();
    return negated ? set.complement() : set;
  }

  #member(): AsciiSet {
    const c = this.#peek();
    if (c === "") throw new Unsupported();
    this.#at++;
    if (c === "\\") return this.#escape();
    if (c.charCodeAt(0) > 127) throw new Unsupported();
    return AsciiSet.char(c.charCodeAt(0));
  }
}
