import { finish, NO_PAUSES, type Pace, type Sliced } from "../../contract/sliced.ts";
import type { DuplicateKey } from "./duplicates.ts";
import { findDuplicates } from "./duplicates.ts";
import type { Node, Origin, Parent } from "./node.ts";
import { ListNode, MapNode, ScalarNode } from "./node.ts";
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
  PIPE,
  CLOSE_MAP,
} from "./yaml-characters.ts";
import { GIVE_UP, PLAIN_BLOCK, PLAIN_FLOW, YamlScanner } from "./yaml-scanner.ts";

/**
 * A parser for the part of YAML that configuration is written in: block and flow collections, plain and quoted scalars on one line,
 * literal blocks, comments. It is about ten times as fast as a full parser, and it never guesses: at the first thing outside that
 * part (anchors, tags, tabs, folded text, several documents, any syntax error) it gives up and the full parser reads the whole text.
 * A fuzz test holds the two to the same trees, offsets included.
 */
export function parseYamlFast(text: string, origin: Origin): { root: Node; duplicates: DuplicateKey[] } | undefined {
  return finish(parseYamlFastSliced(text, origin, NO_PAUSES));
}

/** As `parseYamlFast`, with pauses between the items of the outer collections. */
export function* parseYamlFastSliced(
  text: string,
  origin: Origin,
  pace: Pace,
): Sliced<{ root: Node; duplicates: DuplicateKey[] } | undefined> {
  // Tabs and carriage returns move columns about; form feeds and the like are not YAML's blanks but JavaScript's.
  if (UNUSUAL.test(text)) return undefined;
  try {
    const duplicates: DuplicateKey[] = [];
    const parser = new Parser(text, duplicates, pace);
    return { root: yield* parser.document(origin), duplicates };
  } catch (error) {
    if (error === GIVE_UP) return undefined;
    throw error;
  }
}

const UNUSUAL = /[\t\r\v\f\0\u0085\u00a0\u2028\u2029\ufeff]/;
/** Deeper texts go to the full parser, which reports them. */
const MAX_DEPTH = 100;
/** Collections as deep as routes in a bootstrap may pause; what lies deeper is small, and quicker without. */
const SLICED_DEPTH = 16;

/** What `#valueStart` says of a value that is not a node on the next lines. */
const INLINE = -2;
const NOTHING = -1;

function emptyScalar(offset: number): ScalarNode {
  return new ScalarNode(offset, "", true);
}

class Parser extends YamlScanner {
  readonly #duplicates: DuplicateKey[];

  /** Entries of the collections that are being read, innermost last; each takes its own off when it ends. */
  readonly #keys: string[] = [];

  readonly #keyOffsets: number[] = [];

  readonly #values: Node[] = [];

  #depth = 0;

  readonly #pace: Pace;

  readonly #slicedDepth: number;

  constructor(text: string, duplicates: DuplicateKey[], pace: Pace) {
    super(text);
    this.#duplicates = duplicates;
    this.#pace = pace;
    this.#slicedDepth = pace === NO_PAUSES ? 0 : SLICED_DEPTH;
  }

  *document(origin: Origin): Sliced<Node> {
    let column = this.nextLine();
    if (column === 0 && this.text.startsWith("---", this.pos)) {
      this.pos += 3;
      this.endOfLine();
      this.started = true;
      column = this.nextLine();
    }
    this.started = true;
    if (column < 0) throw GIVE_UP;
    const root = yield* this.#slicedNode(column, -1);
    if (this.nextLine() >= 0) throw GIVE_UP;
    (root as { parent: Parent }).parent = origin;
    return root;
  }

  /** A node whose first character stands at `pos`, at `column`, below a parent indented by `indent`. Leaves `pos` at the start of a line. */
  #blockNode(column: number, indent: number): Node {
    if (++this.#depth > MAX_DEPTH) throw GIVE_UP;
    const c = this.text.charCodeAt(this.pos);
    let node: Node;
    if (c === DASH && this.isBlankAt(this.pos + 1)) node = this.#blockList(column);
    else {
      const start = this.pos;
      const key = c === OPEN_LIST || c === OPEN_MAP || c === PIPE ? undefined : this.#key();
      if (key !== undefined) node = this.#blockMap(column, start, key);
      else {
        this.pos = start;
        node = this.#blockScalar(indent);
      }
    }
    this.#depth--;
    return node;
  }

  /** As `#blockNode`, with pauses. */
  *#slicedNode(column: number, indent: number): Sliced<Node> {
    const c = this.text.charCodeAt(this.pos);
    const isList = c === DASH && this.isBlankAt(this.pos + 1);
    if (this.#depth >= this.#slicedDepth || (!isList && c === PIPE)) return this.#blockNode(column, indent);
    this.#depth++;
    let node: Node;
    if (isList) node = yield* this.#slicedList(column);
    else if (c === OPEN_LIST || c === OPEN_MAP) {
      node = yield* this.#slicedFlow(indent);
      this.endOfLine();
    } else {
      const start = this.pos;
      const key = this.#key();
      if (key !== undefined) node = yield* this.#slicedMap(column, start, key);
      else {
        this.pos = start;
        node = this.#blockScalar(indent);
      }
    }
    this.#depth--;
    return node;
  }

  *#slicedList(column: number): Sliced<ListNode> {
    const start = this.pos;
    const base = this.#values.length;
    do {
      const dash = this.pos;
      const below = this.#itemStart(column);
      this.#values.push(below < 0 ? emptyScalar(dash + 1) : yield* this.#slicedNode(below, column));
      if (this.#pace.due()) yield;
    } while (this.#isNextItem(column));
    return this.#endList(start, base);
  }

  *#slicedMap(column: number, start: number, firstKey: string): Sliced<MapNode> {
    const base = this.#keys.length;
    const valueBase = this.#values.length;
    let keyOffset = start;
    let key = firstKey;
    for (;;) {
      const colon = this.pos;
      const below = this.#valueStart(column);
      const inline = below === INLINE ? this.text.charCodeAt(this.pos) : 0;
      if (inline === OPEN_MAP || inline === OPEN_LIST) {
        this.#entry(key, keyOffset, yield* this.#slicedFlow(column));
        this.endOfLine();
      } else if (below >= 0) this.#entry(key, keyOffset, yield* this.#slicedNode(below, below === column ? column - 1 : column));
      else this.#entry(key, keyOffset, inline === 0 ? emptyScalar(colon) : this.#blockScalar(column));
      const next = this.nextLine();
      if (next < column) {
        this.rewind(next);
        return this.#endMap(start, base, valueBase);
      }
      keyOffset = this.pos;
      key = this.#nextKey(next, column);
    }
  }

  #blockList(column: number): ListNode {
    const start = this.pos;
    const base = this.#values.length;
    do {
      const dash = this.pos;
      const below = this.#itemStart(column);
      this.#values.push(below < 0 ? emptyScalar(dash + 1) : this.#blockNode(below, column));
    } while (this.#isNextItem(column));
    return this.#endList(start, base);
  }

  /** After an item of the list at `column`: whether `pos` is at the dash of another. */
  #isNextItem(column: number): boolean {
    const next = this.nextLine();
    if (next > column) throw GIVE_UP;
    if (next === column && this.text.charCodeAt(this.pos) === DASH && this.isBlankAt(this.pos + 1)) return true;
    // At the same column the key that follows a list within a map may stand.
    this.rewind(next);
    return false;
  }

  /** From a dash at `column` to what follows it, on its line or on the next ones: the column of that, or -1 when there is nothing. */
  #itemStart(column: number): number {
    const text = this.text;
    const dash = this.pos;
    let pos = dash + 1;
    while (text.charCodeAt(pos) === SPACE) pos++;
    const c = text.charCodeAt(pos);
    if (c !== LF && c !== HASH && pos < text.length) {
      this.pos = pos;
      return column + pos - dash;
    }
    this.pos = dash + 1;
    this.endOfLine();
    const next = this.nextLine();
    if (next > column) return next;
    this.rewind(next);
    return -1;
  }

  /**
   * An implicit key, when there is one on this line: returns it with `pos` past its colon, else undefined. A key must not be longer
   * than 1024 characters.
   */
  #key(): string | undefined {
    const text = this.text;
    const start = this.pos;
    const c = text.charCodeAt(start);
    if (c === DOUBLE_QUOTE || c === SINGLE_QUOTE) {
      const key = this.quoted(c);
      let pos = this.pos;
      while (text.charCodeAt(pos) === SPACE) pos++;
      if (text.charCodeAt(pos) !== COLON) return undefined;
      if (!this.isBlankAt(pos + 1) || pos - start > 1024) throw GIVE_UP;
      this.pos = pos + 1;
      return key;
    }
    const end = this.plain(PLAIN_BLOCK);
    if (text.charCodeAt(this.pos) !== COLON) return undefined;
    if (this.pos - start > 1024) throw GIVE_UP;
    this.pos++;
    return text.slice(start, end);
  }

  #blockMap(column: number, start: number, firstKey: string): MapNode {
    const base = this.#keys.length;
    const valueBase = this.#values.length;
    let keyOffset = start;
    let key = firstKey;
    for (;;) {
      this.#entry(key, keyOffset, this.#blockValue(column));
      const next = this.nextLine();
      if (next < column) {
        this.rewind(next);
        return this.#endMap(start, base, valueBase);
      }
      keyOffset = this.pos;
      key = this.#nextKey(next, column);
    }
  }

  /** The next key of the map at `column`, whose line begins at `next`; `pos` is past its colon. */
  #nextKey(next: number, column: number): string {
    if (next > column) throw GIVE_UP;
    const c = this.text.charCodeAt(this.pos);
    if (c === OPEN_LIST || c === OPEN_MAP || c === PIPE) throw GIVE_UP;
    const key = this.#key();
    if (key === undefined) throw GIVE_UP;
    return key;
  }

  /** The value of a key of a block map at `column`; `pos` is past the colon. */
  #blockValue(column: number): Node {
    const colon = this.pos;
    const below = this.#valueStart(column);
    if (below === INLINE) return this.#blockScalar(column);
    if (below === NOTHING) return emptyScalar(colon);
    return this.#blockNode(below, below === column ? column - 1 : column);
  }

  /** From past a colon of the map at `column` to the value: the column of a node on the next lines, or INLINE, or NOTHING. */
  #valueStart(column: number): number {
    const text = this.text;
    const colon = this.pos;
    let pos = colon;
    while (text.charCodeAt(pos) === SPACE) pos++;
    const c = text.charCodeAt(pos);
    if (c !== LF && pos < text.length && !(c === HASH && pos > colon)) {
      this.pos = pos;
      return INLINE;
    }
    this.endOfLine();
    const next = this.nextLine();
    // A list may stand at the column of its key.
    if (next > column || (next === column && text.charCodeAt(this.pos) === DASH && this.isBlankAt(this.pos + 1))) return next;
    this.rewind(next);
    return NOTHING;
  }

  /** A scalar or flow collection that ends on its own, up to and with the end of its last line. */
  #blockScalar(indent: number): Node {
    const text = this.text;
    const start = this.pos;
    const c = text.charCodeAt(start);
    let node: Node;
    if (c === OPEN_MAP || c === OPEN_LIST) node = this.#flowNode(indent);
    else if (c === DOUBLE_QUOTE || c === SINGLE_QUOTE) node = new ScalarNode(start, this.quoted(c), false);
    else if (c === PIPE) return this.literal(indent);
    else {
      const end = this.plain(PLAIN_BLOCK);
      if (text.charCodeAt(this.pos) === COLON) throw GIVE_UP;
      node = new ScalarNode(start, text.slice(start, end), true);
      this.endOfLine();
      // A deeper line would continue the text.
      const next = this.nextLine();
      if (next > indent) throw GIVE_UP;
      this.rewind(next);
      return node;
    }
    this.endOfLine();
    return node;
  }

  /** A flow collection; `pos` ends past its bracket. */
  #flowNode(indent: number): Node {
    if (++this.#depth > MAX_DEPTH) throw GIVE_UP;
    const node = this.text.charCodeAt(this.pos) === OPEN_MAP ? this.#flowMap(indent) : this.#flowList(indent);
    this.#depth--;
    return node;
  }

  /** To the next text within brackets; lines must stay deeper than the block around. Returns its character. */
  #flowBlank(indent: number): number {
    const text = this.text;
    let pos = this.pos;
    while (text.charCodeAt(pos) === SPACE) pos++;
    let c = text.charCodeAt(pos);
    if (c !== LF && c !== HASH) {
      this.pos = pos;
      return c;
    }
    if (c === HASH && text.charCodeAt(pos - 1) !== SPACE) throw GIVE_UP;
    this.pos = c === HASH ? text.indexOf("\n", pos) + 1 : pos + 1;
    if (this.pos === 0) throw GIVE_UP;
    const column = this.nextLine();
    if (column <= indent) throw GIVE_UP;
    c = text.charCodeAt(this.pos);
    return c;
  }

  #flowMap(indent: number): MapNode {
    const start = this.pos;
    const base = this.#keys.length;
    const valueBase = this.#values.length;
    this.pos++;
    while (this.#flowBlank(indent) !== CLOSE_MAP) {
      const keyOffset = this.pos;
      const key = this.#flowKey();
      this.#entry(key, keyOffset, this.#flowValue(this.#flowColon(indent), indent));
      this.#flowComma(CLOSE_MAP, indent);
    }
    this.pos++;
    return this.#endMap(start, base, valueBase);
  }

  #flowList(indent: number): ListNode {
    const start = this.pos;
    const base = this.#values.length;
    this.pos++;
    for (let c = this.#flowBlank(indent); c !== CLOSE_LIST; c = this.#flowBlank(indent)) {
      this.#values.push(this.#flowValue(c, indent));
      this.#flowComma(CLOSE_LIST, indent);
    }
    this.pos++;
    return this.#endList(start, base);
  }

  /** As `#flowNode`, with pauses. */
  *#slicedFlow(indent: number): Sliced<Node> {
    if (this.#depth >= this.#slicedDepth) return this.#flowNode(indent);
    this.#depth++;
    const start = this.pos;
    const base = this.#keys.length;
    const valueBase = this.#values.length;
    const isMap = this.text.charCodeAt(start) === OPEN_MAP;
    const close = isMap ? CLOSE_MAP : CLOSE_LIST;
    this.pos++;
    for (let c = this.#flowBlank(indent); c !== close; c = this.#flowBlank(indent)) {
      const keyOffset = this.pos;
      const key = isMap ? this.#flowKey() : "";
      if (isMap) c = this.#flowColon(indent);
      const value = c === OPEN_MAP || c === OPEN_LIST ? yield* this.#slicedFlow(indent) : this.#flowValue(c, indent);
      if (isMap) this.#entry(key, keyOffset, value);
      else this.#values.push(value);
      this.#flowComma(close, indent);
      if (this.#pace.due()) yield;
    }
    this.pos++;
    this.#depth--;
    return isMap ? this.#endMap(start, base, valueBase) : this.#endList(start, valueBase);
  }

  #flowKey(): string {
    const text = this.text;
    const start = this.pos;
    const c = text.charCodeAt(start);
    // Only JSON-like keys may have their colon stand alone; be strict about what comes before it.
    const key = c === DOUBLE_QUOTE || c === SINGLE_QUOTE ? this.quoted(c) : text.slice(start, this.plain(PLAIN_FLOW));
    if (text.charCodeAt(this.pos) !== COLON || this.pos - start > 1024) throw GIVE_UP;
    return key;
  }

  /** Past the colon to the value: its first character. */
  #flowColon(indent: number): number {
    this.pos++;
    const c = this.#flowBlank(indent);
    if (c === COMMA || c === CLOSE_MAP) throw GIVE_UP;
    return c;
  }

  /** Past the comma after an entry, if there is one; else the collection must end here. */
  #flowComma(close: number, indent: number): void {
    const c = this.#flowBlank(indent);
    if (c === COMMA) this.pos++;
    else if (c !== close) throw GIVE_UP;
  }

  #entry(key: string, keyOffset: number, value: Node): void {
    this.#keys.push(key);
    this.#keyOffsets.push(keyOffset);
    this.#values.push(value);
  }

  #endMap(start: number, base: number, valueBase: number): MapNode {
    const map = new MapNode(start, this.#keys.slice(base), this.#keyOffsets.slice(base), this.#values.slice(valueBase));
    this.#keys.length = base;
    this.#keyOffsets.length = base;
    this.#values.length = valueBase;
    findDuplicates(map, this.#duplicates);
    return map;
  }

  #endList(start: number, base: number): ListNode {
    const list = new ListNode(start, this.#values.slice(base));
    this.#values.length = base;
    return list;
  }

  #flowValue(c: number, indent: number): Node {
    if (c === OPEN_MAP || c === OPEN_LIST) return this.#flowNode(indent);
    const start = this.pos;
    if (c === DOUBLE_QUOTE || c === SINGLE_QUOTE) return new ScalarNode(start, this.quoted(c), false);
    const end = this.plain(PLAIN_FLOW);
    return new ScalarNode(start, this.text.slice(start, end), true);
  }
}
