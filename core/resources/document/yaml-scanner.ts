import { ScalarNode } from "./node.ts";
import {
  LF,
  SPACE,
  DOUBLE_QUOTE,
  HASH,
  SINGLE_QUOTE,
  COMMA,
  DASH,
  COLON,
  OPEN_LIST,
  CLOSE_LIST,
  OPEN_MAP,
  CLOSE_MAP,
} from "./yaml-characters.ts";

/** Thrown, caught and never seen: what stands here is not the fast parser's. */
export const GIVE_UP = new Error("outside the fast parser's part of YAML");

/** A plain scalar in block context: up to the end of the line, a colon, or a hash, which need a look at their neighbour. */
export const PLAIN_BLOCK = /[^\n:#]*/y;
/** The same within brackets, where these end it too. */
export const PLAIN_FLOW = /[^\n:#,[\]{}]*/y;
const DOUBLE_QUOTED = /[^"\\\n]*/y;
const SINGLE_QUOTED = /[^'\n]*/y;

/** Characters that no plain scalar starts with; `-`, `?` and `:` may, when something follows. */
const NOT_PLAIN_START = new Uint8Array(128);
for (const c of "-?:,[]{}#&*!|>'\"%@`\n ") NOT_PLAIN_START[c.charCodeAt(0)] = 1;

/** Reads the lines, blanks and scalars of a text from `pos` on; what the fast parser stands on. */
export class YamlScanner {
  protected readonly text: string;
  protected pos = 0;

  /** Past the place where one document marker may stand. */
  protected started = false;

  constructor(text: string) {
    this.text = text;
  }

  /**
   * From the start of a line, or just past the end of a node's text: skips blank and comment lines. Returns the column of the next
   * text, -1 at the end. Document markers are left to the full parser.
   */
  protected nextLine(): number {
    const text = this.text;
    let pos = this.pos;
    for (;;) {
      const start = pos;
      while (text.charCodeAt(pos) === SPACE) pos++;
      const c = text.charCodeAt(pos);
      if (c === LF) pos++;
      else if (c === HASH) {
        pos = text.indexOf("\n", pos) + 1;
        if (pos === 0) pos = text.length;
      } else {
        this.pos = pos;
        if (pos >= text.length) return -1;
        const column = pos - start;
        if (column === 0 && (text.startsWith("...", pos) || (this.started && text.startsWith("---", pos)))) throw GIVE_UP;
        return column;
      }
    }
  }

  /** Past blanks and a comment to the end of the line. Anything else there is not ours. */
  protected endOfLine(): void {
    const text = this.text;
    let pos = this.pos;
    const before = pos;
    while (text.charCodeAt(pos) === SPACE) pos++;
    const c = text.charCodeAt(pos);
    if (c === HASH && (pos > before || text.charCodeAt(pos - 1) === SPACE)) {
      pos = text.indexOf("\n", pos);
      if (pos < 0) pos = text.length;
    } else if (c !== LF && pos < text.length) throw GIVE_UP;
    this.pos = pos < text.length ? pos + 1 : pos;
  }

  /** Back to the start of the line whose first text was found at `column`. */
  protected rewind(column: number): void {
    if (column > 0) this.pos -= column;
  }

  protected isBlankAt(pos: number): boolean {
    const c = this.text.charCodeAt(pos);
    return c === SPACE || c === LF || pos >= this.text.length;
  }

  /** Scans a plain scalar; returns its end without trailing blanks, and leaves `pos` at what ended it. */
  protected plain(pattern: RegExp): number {
    const text = this.text;
    const start = this.pos;
    const first = text.charCodeAt(start);
    if (first < 128 && NOT_PLAIN_START[first] === 1) {
      // "-5" and "-x" are plain, "- x" is not; "?x" and ":x" are rare enough.
      if (first !== DASH || this.isBlankAt(start + 1) || NOT_PLAIN_START[text.charCodeAt(start + 1)] === 1) throw GIVE_UP;
    }
    let pos = start;
    for (;;) {
      pattern.lastIndex = pos;
      pattern.test(text);
      pos = pattern.lastIndex;
      const c = text.charCodeAt(pos);
      if (c === COLON) {
        const after = text.charCodeAt(pos + 1);
        const ends = after === SPACE || after === LF || pos + 1 >= text.length;
        if (ends || (pattern === PLAIN_FLOW && isFlowIndicator(after))) break;
      } else if (c === HASH) {
        if (text.charCodeAt(pos - 1) === SPACE) break;
      } else break;
      pos++;
    }
    this.pos = pos;
    while (text.charCodeAt(pos - 1) === SPACE) pos--;
    return pos;
  }

  /** A quoted scalar on one line; `pos` ends past the closing quote. */
  protected quoted(quote: number): string {
    const text = this.text;
    const start = this.pos + 1;
    let pos = start;
    if (quote === SINGLE_QUOTE) {
      let doubled = false;
      for (;;) {
        SINGLE_QUOTED.lastIndex = pos;
        SINGLE_QUOTED.test(text);
        pos = SINGLE_QUOTED.lastIndex;
        if (text.charCodeAt(pos) !== SINGLE_QUOTE) throw GIVE_UP;
        if (text.charCodeAt(pos + 1) !== SINGLE_QUOTE) break;
        doubled = true;
        pos += 2;
      }
      this.pos = pos + 1;
      const value = text.slice(start, pos);
      return doubled ? value.replaceAll("''", "'") : value;
    }
    let escaped = false;
    for (;;) {
      DOUBLE_QUOTED.lastIndex = pos;
      DOUBLE_QUOTED.test(text);
      pos = DOUBLE_QUOTED.lastIndex;
      const c = text.charCodeAt(pos);
      if (c === DOUBLE_QUOTE) break;
      if (c === LF || pos >= text.length || text.charCodeAt(pos + 1) === LF) throw GIVE_UP;
      escaped = true;
      pos += 2;
    }
    this.pos = pos + 1;
    if (!escaped) return text.slice(start, pos);
    return unescape(text.slice(start, pos));
  }

  /** `|`, `|-` or `|+`: lines below, indented alike. */
  protected literal(indent: number): ScalarNode {
    const text = this.text;
    const start = this.pos;
    if (indent < 0) throw GIVE_UP;
    this.pos++;
    const chomp = text[this.pos];
    if (chomp === "-" || chomp === "+") this.pos++;
    this.endOfLine();
    let pos = this.pos;
    let width = -1;
    let value = "";
    let blanks = "";
    while (pos < text.length) {
      let at = pos;
      while (text.charCodeAt(at) === SPACE) at++;
      let end = text.indexOf("\n", at);
      if (end < 0) end = text.length;
      const column = at - pos;
      if (at === end) {
        // More blanks than the text is indented by are part of it; before its first line that is an error.
        if (width < 0 ? column > indent + 1 : column > width) throw GIVE_UP;
        if (end === text.length && column > 0) throw GIVE_UP;
        blanks += "\n";
      } else {
        if (column <= indent) break;
        if (width < 0) width = column;
        else if (column < width) throw GIVE_UP;
        value += `${blanks}${text.slice(pos + width, end)}\n`;
        blanks = "";
        if (end === text.length) value = value.slice(0, -1);
      }
      pos = Math.min(end + 1, text.length);
    }
    if (width < 0) throw GIVE_UP;
    this.pos = pos;
    // Without a last line break in the text, what chomping gives is the full parser's to say.
    if (text.charCodeAt(text.length - 1) !== LF && pos >= text.length) throw GIVE_UP;
    if (chomp === "+") value += blanks;
    else if (chomp === "-") value = value.slice(0, -1);
    return new ScalarNode(start, value, false);
  }
}

function isFlowIndicator(c: number): boolean {
  return c === COMMA || c === OPEN_LIST || c === CLOSE_LIST || c === OPEN_MAP || c === CLOSE_MAP;
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["0", "\0"],
  ["a", "\x07"],
  ["b", "\b"],
  ["e", "\x1b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["v", "\v"],
  [" ", " "],
  ['"', '"'],
  ["/", "/"],
  ["\\", "\\"],
]);

/** Resolves the escapes of a double-quoted scalar. Rare ones are the full parser's. */
function unescape(raw: string): string {
  return raw.replace(/\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)/g, (_, escape: string) => {
    if (escape.length > 1) return String.fromCodePoint(Number.parseInt(escape.slice(1), 16));
    const value = ESCAPES.get(escape);
    if (value === undefined) throw GIVE_UP;
    return value;
  });
}
