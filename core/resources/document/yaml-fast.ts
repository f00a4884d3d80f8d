import type { DuplicateKey } from "./duplicates.ts";
import { findDuplicates } from "./duplicates.ts";
import type { Node, Origin, Parent } from "./node.ts";
import { ListNode, MapNode, ScalarNode } from "./node.ts";

/**
 * A parser for the part of YAML that configuration is written in: block and flow collections, plain and quoted scalars on one line,
 * literal blocks, comments. It is about ten times as fast as a full parser, and it never guesses: at the first thing outside that
 * part (anchors, tags, tabs, folded text, several documents, any syntax error) it gives up and the full parser reads the whole text.
 * A fuzz test holds the two to the same trees, offsets included.
 */
export function parseYamlFast(text: string, origin: Origin): { root: Node; duplicates: DuplicateKey[] } | undefined {
  // Tabs and carriage returns move columns about; form feeds and the like are not YAML's blanks but JavaScript's.
  if (UNUSUAL.test(text)) return undefined;
  try {
    const duplicates: DuplicateKey[] = [];
    return { root: new Parser(text, duplicates).document(origin), duplicates };
  } catch (error) {
    if (error === GIVE_UP) return undefined;
    throw error;
  }
}

const UNUSUAL = /[\t\r\v\f\0\u0085\u00a0\u2028\u2029\ufeff]/;
const GIVE_UP = new Error("outside the fast parser's part of YAML");
/** Deeper texts go to the full parser, which reports them. */
const MAX_DEPTH = 100;

const LF = 10;
const SPACE = 32;
const DOUBLE_QUOTE = 34;
const HASH = 35;
const SINGLE_QUOTE = 39;
const COMMA = 44;
const DASH = 45;
const COLON = 58;
const OPEN_LIST = 91;
const CLOSE_LIST = 93;
const OPEN_MAP = 123;
const PIPE = 124;
const CLOSE_MAP = 125;

/** A plain scalar in block context: up to the end of the line, a colon, or a hash, which need a look at their neighbour. */
const PLAIN_BLOCK = /[^\n:#]*/y;
/** The same within brackets, where these end it too. */
const PLAIN_FLOW = /[^\n:#,[\]{}]*/y;
const DOUBLE_QUOTED = /[^"\\\n]*/y;
const SINGLE_QUOTED = /[^'\n]*/y;

/** Characters that no plain scalar starts with; `-`, `?` and `:` may, when something follows. */
const NOT_PLAIN_START = new Uint8Array(128);
for (const c of "-?:,[]{}#&*!|>'\"%@`\n ") NOT_PLAIN_START[c.charCodeAt(0)] = 1;

class Parser {
  readonly #text: string;
  readonly #duplicates: DuplicateKey[];
  #pos = 0;
  #depth = 0;
  /** Past the place where one document marker may stand. */
  #started = false;

  constructor(text: string, duplicates: DuplicateKey[]) {
    this.#text = text;
    this.#duplicates = duplicates;
  }

  document(origin: Origin): Node {
    let column = this.#nextLine();
    if (column === 0 && this.#text.startsWith("---", this.#pos)) {
      this.#pos += 3;
      this.#endOfLine();
      this.#started = true;
      column = this.#nextLine();
    }
    this.#started = true;
    if (column < 0) throw GIVE_UP;
    const root = this.#blockNode(column, -1);
    if (this.#nextLine() >= 0) throw GIVE_UP;
    (root as { parent: Parent }).parent = origin;
    return root;
  }

  /**
   * From the start of a line, or just past the end of a node's text: skips blank and comment lines. Returns the column of the next
   * text, -1 at the end. Document markers are left to the full parser.
   */
  #nextLine(): number {
    const text = this.#text;
    let pos = this.#pos;
    for (;;) {
      const start = pos;
      while (text.charCodeAt(pos) === SPACE) pos++;
      const c = text.charCodeAt(pos);
      if (c === LF) pos++;
      else if (c === HASH) {
        pos = text.indexOf("\n", pos) + 1;
        if (pos === 0) pos = text.length;
      } else {
        this.#pos = pos;
        if (pos >= text.length) return -1;
        const column = pos - start;
        if (column === 0 && (text.startsWith("...", pos) || (this.#started && text.startsWith("---", pos)))) throw GIVE_UP;
        return column;
      }
    }
  }

  /** Past blanks and a comment to the end of the line. Anything else there is not ours. */
  #endOfLine(): void {
    const text = this.#text;
    let pos = this.#pos;
    const before = pos;
    while (text.charCodeAt(pos) === SPACE) pos++;
    const c = text.charCodeAt(pos);
    if (c === HASH && (pos > before || text.charCodeAt(pos - 1) === SPACE)) {
      pos = text.indexOf("\n", pos);
      if (pos < 0) pos = text.length;
    } else if (c !== LF && pos < text.length) throw GIVE_UP;
    this.#pos = pos < text.length ? pos + 1 : pos;
  }

  /** A node whose first character stands at `pos`, at `column`, below a parent indented by `indent`. Leaves `pos` at the start of a line. */
  #blockNode(column: number, indent: number): Node {
    if (++this.#depth > MAX_DEPTH) throw GIVE_UP;
    const c = this.#text.charCodeAt(this.#pos);
    let node: Node;
    if (c === DASH && this.#isBlankAt(this.#pos + 1)) node = this.#blockList(column);
    else {
      const start = this.#pos;
      const key = c === OPEN_LIST || c === OPEN_MAP || c === PIPE ? undefined : this.#key();
      if (key !== undefined) node = this.#blockMap(column, start, key);
      else {
        this.#pos = start;
        node = this.#blockScalar(indent);
      }
    }
    this.#depth--;
    return node;
  }

  #isBlankAt(pos: number): boolean {
    const c = this.#text.charCodeAt(pos);
    return c === SPACE || c === LF || pos >= this.#text.length;
  }

  #blockList(column: number): ListNode {
    const list = new ListNode(this.#pos);
    for (;;) {
      const dash = this.#pos;
      this.#pos++;
      list.add(this.#blockItem(column, dash));
      const next = this.#nextLine();
      if (next < column) {
        this.#rewind(next);
        return list;
      }
      if (next > column || this.#text.charCodeAt(this.#pos) !== DASH || !this.#isBlankAt(this.#pos + 1)) {
        // At the same column only the key that follows a list within a map may stand.
        if (next > column) throw GIVE_UP;
        this.#rewind(next);
        return list;
      }
    }
  }

  /** What follows a dash: on its line, or on the next ones. */
  #blockItem(column: number, dash: number): Node {
    const text = this.#text;
    let pos = this.#pos;
    while (text.charCodeAt(pos) === SPACE) pos++;
    const c = text.charCodeAt(pos);
    if (c !== LF && c !== HASH && pos < text.length) {
      this.#pos = pos;
      return this.#blockNode(column + pos - dash, column);
    }
    this.#endOfLine();
    const next = this.#nextLine();
    if (next > column) return this.#blockNode(next, column);
    this.#rewind(next);
    return new ScalarNode(dash + 1, "", true);
  }

  /** Back to the start of the line whose first text was found at `column`. */
  #rewind(column: number): void {
    if (column > 0) this.#pos -= column;
  }

  /**
   * An implicit key, when there is one on this line: returns it with `pos` past its colon, else undefined. A key must not be longer
   * than 1024 characters.
   */
  #key(): string | undefined {
    const text = this.#text;
    const start = this.#pos;
    const c = text.charCodeAt(start);
    if (c === DOUBLE_QUOTE || c === SINGLE_QUOTE) {
      const key = this.#quoted(c);
      let pos = this.#pos;
      while (text.charCodeAt(pos) === SPACE) pos++;
      if (text.charCodeAt(pos) !== COLON) return undefined;
      if (!this.#isBlankAt(pos + 1) || pos - start > 1024) throw GIVE_UP;
      this.#pos = pos + 1;
      return key;
    }
    const end = this.#plain(PLAIN_BLOCK);
    if (text.charCodeAt(this.#pos) !== COLON) return undefined;
    if (this.#pos - start > 1024) throw GIVE_UP;
    this.#pos++;
    return text.slice(start, end);
  }

  #blockMap(column: number, start: number, firstKey: string): MapNode {
    const map = new MapNode(start);
    let keyOffset = start;
    let key: string | undefined = firstKey;
    for (;;) {
      map.add(key, keyOffset, this.#blockValue(column));
      const next = this.#nextLine();
      if (next < column) {
        this.#rewind(next);
        findDuplicates(map, this.#duplicates);
        return map;
      }
      if (next > column) throw GIVE_UP;
      keyOffset = this.#pos;
      const c = this.#text.charCodeAt(keyOffset);
      if (c === OPEN_LIST || c === OPEN_MAP || c === PIPE) throw GIVE_UP;
      key = this.#key();
      if (key === undefined) throw GIVE_UP;
    }
  }

  /** The value of a key of a block map at `column`; `pos` is past the colon. */
  #blockValue(column: number): Node {
    const text = this.#text;
    const colon = this.#pos;
    let pos = colon;
    while (text.charCodeAt(pos) === SPACE) pos++;
    const c = text.charCodeAt(pos);
    if (c !== LF && pos < text.length && !(c === HASH && pos > colon)) {
      this.#pos = pos;
      return this.#blockScalar(column);
    }
    this.#endOfLine();
    const next = this.#nextLine();
    if (next > column) return this.#blockNode(next, column);
    // A list may stand at the column of its key.
    if (next === column && text.charCodeAt(this.#pos) === DASH && this.#isBlankAt(this.#pos + 1))
      return this.#blockNode(next, column - 1);
    this.#rewind(next);
    return new ScalarNode(colon, "", true);
  }

  /** A scalar or flow collection that ends on its own, up to and with the end of its last line. */
  #blockScalar(indent: number): Node {
    const text = this.#text;
    const start = this.#pos;
    const c = text.charCodeAt(start);
    let node: Node;
    if (c === OPEN_MAP || c === OPEN_LIST) node = this.#flowNode(indent);
    else if (c === DOUBLE_QUOTE || c === SINGLE_QUOTE) node = new ScalarNode(start, this.#quoted(c), false);
    else if (c === PIPE) return this.#literal(indent);
    else {
      const end = this.#plain(PLAIN_BLOCK);
      if (text.charCodeAt(this.#pos) === COLON) throw GIVE_UP;
      node = new ScalarNode(start, text.slice(start, end), true);
      this.#endOfLine();
      // A deeper line would continue the text.
      const next = this.#nextLine();
      if (next > indent) throw GIVE_UP;
      this.#rewind(next);
      return node;
    }
    this.#endOfLine();
    return node;
  }

  /** Scans a plain scalar; returns its end without trailing blanks, and leaves `pos` at what ended it. */
  #plain(pattern: RegExp): number {
    const text = this.#text;
    const start = this.#pos;
    const first = text.charCodeAt(start);
    if (first < 128 && NOT_PLAIN_START[first] === 1) {
      // "-5" and "-x" are plain, "- x" is not; "?x" and ":x" are rare enough.
      if (first !== DASH || this.#isBlankAt(start + 1) || NOT_PLAIN_START[text.charCodeAt(start + 1)] === 1) throw GIVE_UP;
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
    this.#pos = pos;
    while (text.charCodeAt(pos - 1) === SPACE) pos--;
    return pos;
  }

  /** A quoted scalar on one line; `pos` ends past the closing quote. */
  #quoted(quote: number): string {
    const text = this.#text;
    const start = this.#pos + 1;
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
      this.#pos = pos + 1;
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
    this.#pos = pos + 1;
    if (!escaped) return text.slice(start, pos);
    return unescape(text.slice(start, pos));
  }

  /** `|`, `|-` or `|+`: lines below, indented alike. */
  #literal(indent: number): ScalarNode {
    const text = this.#text;
    const start = this.#pos;
    if (indent < 0) throw GIVE_UP;
    this.#pos++;
    const chomp = text[this.#pos];
    if (chomp === "-" || chomp === "+") this.#pos++;
    this.#endOfLine();
    let pos = this.#pos;
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
    this.#pos = pos;
    // Without a last line break in the text, what chomping gives is the full parser's to say.
    if (text.charCodeAt(text.length - 1) !== LF && pos >= text.length) throw GIVE_UP;
    if (chomp === "+") value += blanks;
    else if (chomp === "-") value = value.slice(0, -1);
    return new ScalarNode(start, value, false);
  }

  /** A flow collection; `pos` ends past its bracket. */
  #flowNode(indent: number): Node {
    if (++this.#depth > MAX_DEPTH) throw GIVE_UP;
    const node = this.#text.charCodeAt(this.#pos) === OPEN_MAP ? this.#flowMap(indent) : this.#flowList(indent);
    this.#depth--;
    return node;
  }

  /** To the next text within brackets; lines must stay deeper than the block around. Returns its character. */
  #flowBlank(indent: number): number {
    const text = this.#text;
    let pos = this.#pos;
    while (text.charCodeAt(pos) === SPACE) pos++;
    let c = text.charCodeAt(pos);
    if (c !== LF && c !== HASH) {
      this.#pos = pos;
      return c;
    }
    if (c === HASH && text.charCodeAt(pos - 1) !== SPACE) throw GIVE_UP;
    this.#pos = c === HASH ? text.indexOf("\n", pos) + 1 : pos + 1;
    if (this.#pos === 0) throw GIVE_UP;
    const column = this.#nextLine();
    if (column <= indent) throw GIVE_UP;
    c = text.charCodeAt(this.#pos);
    return c;
  }

  #flowMap(indent: number): MapNode {
    const text = this.#text;
    const map = new MapNode(this.#pos);
    this.#pos++;
    for (;;) {
      let c = this.#flowBlank(indent);
      if (c === CLOSE_MAP) break;
      const keyOffset = this.#pos;
      let key: string;
      if (c === DOUBLE_QUOTE || c === SINGLE_QUOTE) {
        key = this.#quoted(c);
        // Only JSON-like keys may have their colon stand alone; be strict about what comes before it.
        if (text.charCodeAt(this.#pos) !== COLON) throw GIVE_UP;
      } else {
        key = text.slice(keyOffset, this.#plain(PLAIN_FLOW));
        if (text.charCodeAt(this.#pos) !== COLON) throw GIVE_UP;
      }
      if (this.#pos - keyOffset > 1024) throw GIVE_UP;
      this.#pos++;
      c = this.#flowBlank(indent);
      if (c === COMMA || c === CLOSE_MAP) throw GIVE_UP;
      map.add(key, keyOffset, this.#flowValue(c, indent));
      c = this.#flowBlank(indent);
      if (c === COMMA) this.#pos++;
      else if (c !== CLOSE_MAP) throw GIVE_UP;
    }
    this.#pos++;
    findDuplicates(map, this.#duplicates);
    return map;
  }

  #flowList(indent: number): ListNode {
    const list = new ListNode(this.#pos);
    this.#pos++;
    for (;;) {
      let c = this.#flowBlank(indent);
      if (c === CLOSE_LIST) break;
      list.add(this.#flowValue(c, indent));
      c = this.#flowBlank(indent);
      if (c === COMMA) this.#pos++;
      else if (c !== CLOSE_LIST) throw GIVE_UP;
    }
    this.#pos++;
    return list;
  }

  #flowValue(c: number, indent: number): Node {
    if (c === OPEN_MAP || c === OPEN_LIST) return this.#flowNode(indent);
    const start = this.#pos;
    if (c === DOUBLE_QUOTE || c === SINGLE_QUOTE) return new ScalarNode(start, this.#quoted(c), false);
    const end = this.#plain(PLAIN_FLOW);
    return new ScalarNode(start, this.#text.slice(start, end), true);
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
