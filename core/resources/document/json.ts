import { finish, NO_PAUSES, type Pace, type Sliced } from "../../contract/sliced.ts";
import type { DuplicateKey } from "./duplicates.ts";
import { findDuplicates } from "./duplicates.ts";
import type { Node, Origin } from "./node.ts";
import { ListNode, MapNode, ScalarNode } from "./node.ts";
import type { FullResult, SyntaxProblem } from "./yaml-full.ts";

/** Reads strict JSON (RFC 8259) into nodes with positions; stops at the first mistake, as nothing after it could be trusted. */
export function parseJson(text: string, origin: Origin): FullResult {
  return finish(parseJsonSliced(text, origin, NO_PAUSES));
}

/** As `parseJson`, with pauses between the members of the outer values. */
export function* parseJsonSliced(text: string, origin: Origin, pace: Pace): Sliced<FullResult> {
  const duplicates: DuplicateKey[] = [];
  const problems: SyntaxProblem[] = [];
  const parser = new Parser(text, duplicates, pace);
  try {
    const root = yield* parser.document();
    root.parent = origin;
    return { root, duplicates, problems };
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    problems.push({ code: error.code, offset: error.offset, message: error.message });
    return { root: undefined, duplicates, problems };
  }
}

class JsonError extends Error {
  readonly code: "syntax" | "too_large";
  readonly offset: number;
  constructor(code: "syntax" | "too_large", offset: number, message: string) {
    super(message);
    this.code = code;
    this.offset = offset;
  }
}

const MAX_DEPTH = 100;
/** Values as deep as routes in a bootstrap may pause; what lies deeper is small, and quicker without. */
const SLICED_DEPTH = 16;
const BLANK = /[ \t\r\n]*/y;
// RFC 8259 section 7: control characters must be escaped.
const STRING_PART = /[^"\\\u0000-\u001f]*/y;
const LITERAL = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|true|false|null/y;

class Parser {
  readonly #text: string;
  readonly #duplicates: DuplicateKey[];
  #pos = 0;
  #depth = 0;
  readonly #pace: Pace;
  readonly #slicedDepth: number;

  constructor(text: string, duplicates: DuplicateKey[], pace: Pace) {
    this.#text = text;
    this.#duplicates = duplicates;
    this.#pace = pace;
    this.#slicedDepth = pace === NO_PAUSES ? 0 : SLICED_DEPTH;
  }

  *document(): Sliced<Node> {
    const root = yield* this.#slicedValue(this.#blank());
    if (this.#blank() !== "") throw this.#unexpected("the end of the text");
    return root;
  }

  /** Skips blanks; returns the character there, "" at the end. */
  #blank(): string {
    BLANK.lastIndex = this.#pos;
    BLANK.test(this.#text);
    this.#pos = BLANK.lastIndex;
    return this.#text.charAt(this.#pos);
  }

  #unexpected(wanted: string): JsonError {
    const found = this.#pos >= this.#text.length ? "the end of the text" : JSON.stringify(this.#text[this.#pos]);
    return new JsonError("syntax", this.#pos, `found ${found}, wanted ${wanted}`);
  }

  #value(c: string): Node {
    const start = this.#pos;
    if (c === "{" || c === "[") {
      if (++this.#depth > MAX_DEPTH) throw new JsonError("too_large", start, `nested more than ${MAX_DEPTH} deep`);
      const node = c === "{" ? this.#object() : this.#array();
      this.#depth--;
      return node;
    }
    if (c === '"') return new ScalarNode(start, this.#string(), false);
    LITERAL.lastIndex = start;
    if (!LITERAL.test(this.#text) || LITERAL.lastIndex === start) throw this.#unexpected("a JSON value");
    this.#pos = LITERAL.lastIndex;
    return new ScalarNode(start, this.#text.slice(start, this.#pos), true);
  }

  /** As `#value`, with pauses. */
  *#slicedValue(c: string): Sliced<Node> {
    if ((c !== "{" && c !== "[") || this.#depth >= this.#slicedDepth) return this.#value(c);
    this.#depth++;
    const start = this.#pos;
    const keys: string[] = [];
    const keyOffsets: number[] = [];
    const values: Node[] = [];
    const close = c === "{" ? "}" : "]";
    for (let next = this.#first(); next !== close; next = this.#next(close)) {
      if (c === "{") next = this.#key(next, keys, keyOffsets);
      values.push(yield* this.#slicedValue(next));
      if (this.#pace.due()) yield;
    }
    this.#pos++;
    this.#depth--;
    return c === "{" ? this.#endObject(start, keys, keyOffsets, values) : new ListNode(start, values);
  }

  #object(): MapNode {
    const start = this.#pos;
    const keys: string[] = [];
    const keyOffsets: number[] = [];
    const values: Node[] = [];
    for (let c = this.#first(); c !== "}"; c = this.#next("}")) values.push(this.#value(this.#key(c, keys, keyOffsets)));
    this.#pos++;
    return this.#endObject(start, keys, keyOffsets, values);
  }

  #endObject(start: number, keys: string[], keyOffsets: number[], values: Node[]): MapNode {
    const map = new MapNode(start, keys, keyOffsets, values);
    if (keys.length > 1) findDuplicates(map, this.#duplicates);
    return map;
  }

  #array(): ListNode {
    const start = this.#pos;
    const items: Node[] = [];
    for (let c = this.#first(); c !== "]"; c = this.#next("]")) items.push(this.#value(c));
    this.#pos++;
    return new ListNode(start, items);
  }

  /** From an opening bracket to what follows: its first character. */
  #first(): string {
    this.#pos++;
    return this.#blank();
  }

  /** From behind a member to the next: its first character, or the closing bracket. */
  #next(close: string): string {
    const c = this.#blank();
    if (c === close) return c;
    if (c !== ",") throw this.#unexpected(`"," or "${close}"`);
    this.#pos++;
    const first = this.#blank();
    // A comma must have something behind it.
    if (first === close) throw this.#unexpected(close === "}" ? "a key in double quotes" : "a JSON value");
    return first;
  }

  /** Reads a key and its colon; returns the first character of the value. */
  #key(c: string, keys: string[], keyOffsets: number[]): string {
    if (c !== '"') throw this.#unexpected("a key in double quotes");
    keyOffsets.push(this.#pos);
    keys.push(this.#string());
    if (this.#blank() !== ":") throw this.#unexpected('":"');
    this.#pos++;
    return this.#blank();
  }

  #string(): string {
    const text = this.#text;
    const start = this.#pos;
    let pos = start + 1;
    let escaped = false;
    for (;;) {
      STRING_PART.lastIndex = pos;
      STRING_PART.test(text);
      pos = STRING_PART.lastIndex;
      const c = text.charAt(pos);
      if (c === '"') break;
      if (c !== "\\") {
        this.#pos = pos;
        throw this.#unexpected(c === "" ? "a closing double quote" : "an escape (control characters must be escaped)");
      }
      escaped = true;
      pos += 2;
    }
    this.#pos = pos + 1;
    if (!escaped) return text.slice(start + 1, pos);
    try {
      return JSON.parse(text.slice(start, pos + 1)) as string;
    } catch {
      throw new JsonError("syntax", start, "found a string with an escape that JSON does not have");
    }
  }
}
