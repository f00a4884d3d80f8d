import { createRequire } from "node:module";
import type * as Yaml from "yaml";
import type { DuplicateKey } from "./duplicates.ts";
import { findDuplicates } from "./duplicates.ts";
import type { Node, Origin } from "./node.ts";
import { ListNode, MapNode, ScalarNode } from "./node.ts";

/** What is wrong with a text, at an offset. */
export interface SyntaxProblem {
  readonly code: "syntax" | "too_large" | "unsupported_value";
  readonly offset: number;
  readonly message: string;
}

/** What the full parser makes of a text. `root` is absent when there is none, or nothing that could be trusted. */
export interface FullResult {
  readonly root: Node | undefined;
  readonly duplicates: DuplicateKey[];
  readonly problems: SyntaxProblem[];
}

/** How many nodes a document may have once its aliases are followed: a few lines of them could otherwise stand for billions. */
const MAX_NODES = 1_000_000;
const MAX_DEPTH = 100;

// Loading it takes as long as parsing a thousand routes, and most files never need it.
let loaded: typeof Yaml | undefined;
function yaml(): typeof Yaml {
  return (loaded ??= createRequire(import.meta.url)("yaml") as typeof Yaml);
}

/** Reads all of YAML 1.2 with the `yaml` package into nodes, or says what is wrong. One document only, as Envoy. */
export function parseYamlFull(text: string, origin: Origin): FullResult {
  const problems: SyntaxProblem[] = [];
  const duplicates: DuplicateKey[] = [];
  const none = (): FullResult => ({ root: undefined, duplicates, problems });
  const deep = tooDeep(text);
  if (deep >= 0) {
    problems.push({ code: "too_large", offset: deep, message: `brackets are nested more than ${MAX_DEPTH} deep` });
    return none();
  }
  const library = yaml();
  let documents: Yaml.Document.Parsed[];
  try {
    const parsed = library.parseAllDocuments(text, {
      schema: "failsafe",
      prettyErrors: false,
      uniqueKeys: false,
      logLevel: "error",
    });
    documents = Array.isArray(parsed) ? parsed : [];
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    problems.push({ code: "too_large", offset: 0, message: "the text is nested too deeply" });
    return none();
  }
  if (documents.length === 0) return none();
  for (const error of documents[0].errors) problems.push(syntaxProblem(error, text));
  if (problems.length === 0 && documents.length > 1) {
    const offset = Math.max(text.indexOf("\n---", documents[0].range[1] - 1) + 1, 0);
    problems.push({ code: "syntax", offset, message: `found ${documents.length} documents, wanted one` });
  }
  if (problems.length > 0) return none();
  const converter = new Converter(library, documents[0], duplicates, problems);
  const root = documents[0].contents === null ? undefined : converter.convert(documents[0].contents, 0);
  if (root === undefined || problems.length > 0) return none();
  root.parent = origin;
  return { root, duplicates, problems };
}

/** The offset where flow collections get too deep for a recursive parser, or -1. Quoted brackets count too: nobody writes so many. */
function tooDeep(text: string): number {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 91 || c === 123) {
      if (++depth > MAX_DEPTH * 10) return i;
    } else if ((c === 93 || c === 125) && depth > 0) depth--;
  }
  return -1;
}

const TAGS: ReadonlyMap<string, boolean | undefined> = new Map([
  ["!", false],
  ["tag:yaml.org,2002:str", false],
  ["tag:yaml.org,2002:int", true],
  ["tag:yaml.org,2002:float", true],
  ["tag:yaml.org,2002:bool", true],
  ["tag:yaml.org,2002:null", true],
  ["tag:yaml.org,2002:map", undefined],
  ["tag:yaml.org,2002:seq", undefined],
]);

/** Turns the package's tree into ours: aliases resolved to the node they name, tags to what they say about a scalar. */
class Converter {
  readonly #library: typeof Yaml;
  readonly #duplicates: DuplicateKey[];
  readonly #problems: SyntaxProblem[];
  readonly #anchors = new Map<string, { node: Node | undefined; size: number }>();
  #size = 0;
  readonly #end: number;

  constructor(library: typeof Yaml, document: Yaml.Document.Parsed, duplicates: DuplicateKey[], problems: SyntaxProblem[]) {
    this.#library = library;
    this.#duplicates = duplicates;
    this.#problems = problems;
    this.#end = document.range[1];
  }

  convert(from: Yaml.ParsedNode | null | undefined, depth: number, offsetIfAbsent = this.#end): Node {
    const { isAlias, isScalar, isMap } = this.#library;
    if (from === null || from === undefined) return new ScalarNode(offsetIfAbsent, "", true);
    const offset = from.range[0];
    if (depth > MAX_DEPTH) return this.#fail("too_large", offset, `nested more than ${MAX_DEPTH} deep`);
    if (isAlias(from)) return this.#alias(from.source, offset);
    const before = this.#size++;
    const anchor = from.anchor;
    if (anchor !== undefined) this.#anchors.set(anchor, { node: undefined, size: 0 });
    let node: Node;
    if (isScalar(from)) node = this.#scalar(from, offset);
    else if (isMap(from)) node = this.#map(from, offset, depth);
    else {
      node = new ListNode(
        offset,
        from.items.map((item) => this.convert(item as Yaml.ParsedNode, depth + 1)),
      );
    }
    if (anchor !== undefined) this.#anchors.set(anchor, { node, size: this.#size - before });
    return node;
  }

  #alias(name: string, offset: number): Node {
    const target = this.#anchors.get(name);
    if (target === undefined) return this.#fail("syntax", offset, `no anchor "&${name}" stands before the alias "*${name}"`);
    if (target.node === undefined) return this.#fail("syntax", offset, `the alias "*${name}" stands within its own anchor`);
    this.#size += target.size;
    if (this.#size > MAX_NODES) {
      // Once is enough: all aliases that follow are too many as well.
      if (this.#problems.some(({ code }) => code === "too_large")) return new ScalarNode(offset, "", true);
      return this.#fail("too_large", offset, `the aliases of this document expand to more than ${MAX_NODES} values`);
    }
    return target.node;
  }

  #scalar(from: Yaml.Scalar.Parsed, offset: number): Node {
    const plain = from.type === undefined || from.type === "PLAIN";
    const text = typeof from.value === "string" ? from.value : (from.source ?? "");
    if (from.tag === undefined || from.tag === null) return new ScalarNode(offset, text, plain);
    return this.#tagged(from.tag, offset)
      ? new ScalarNode(offset, text, TAGS.get(from.tag) ?? plain)
      : new ScalarNode(offset, text, plain);
  }

  #tagged(tag: string, offset: number): boolean {
    if (TAGS.has(tag)) return true;
    this.#fail("unsupported_value", offset, `the tag "${tag}" means nothing here`);
    return false;
  }

  #map(from: Yaml.YAMLMap.Parsed, offset: number, depth: number): Node {
    const { isScalar, isAlias } = this.#library;
    if (from.tag !== undefined && from.tag !== null) this.#tagged(from.tag, offset);
    const keys: string[] = [];
    const keyOffsets: number[] = [];
    const values: Node[] = [];
    for (const pair of from.items) {
      let key: unknown = pair.key;
      const keyOffset = (pair.key as { range?: [number, number, number] } | null)?.range?.[0] ?? offset;
      const keyEnd = (pair.key as { range?: [number, number, number] } | null)?.range?.[1] ?? offset;
      if (isAlias(key)) {
        const target = this.#alias(key.source, keyOffset);
        key = target.kind === "scalar" ? { text: target.text } : undefined;
      } else key = isScalar(key) ? { text: String(key.value ?? key.source ?? "") } : key === null ? { text: "" } : undefined;
      if (key === undefined) {
        this.#fail("syntax", keyOffset, "a key must be a string");
        continue;
      }
      keys.push((key as { text: string }).text);
      keyOffsets.push(keyOffset);
      values.push(this.convert(pair.value as Yaml.ParsedNode | null, depth + 1, keyEnd));
    }
    const map = new MapNode(offset, keys, keyOffsets, values);
    findDuplicates(map, this.#duplicates);
    return map;
  }

  #fail(code: SyntaxProblem["code"], offset: number, message: string): Node {
    this.#problems.push({ code, offset, message });
    return new ScalarNode(offset, "", true);
  }
}

/** The package's complaint in our words where ours say more. */
function syntaxProblem(error: Yaml.YAMLError, text: string): SyntaxProblem {
  const offset = Math.min(error.pos[0], text.length);
  return { code: "syntax", offset, message: ownWords(error, offset, text) };
}

function ownWords(error: Yaml.YAMLError, offset: number, text: string): string {
  const found =
    offset >= text.length ? "the end of the text" : text[offset] === "\n" ? "the end of the line" : JSON.stringify(text[offset]);
  switch (error.code) {
    case "TAB_AS_INDENT":
      return "found a tab, wanted spaces as indentation";
    case "BAD_INDENT":
      if (error.message.startsWith("Flow")) {
        const bracket = error.message.includes("map") ? "}" : "]";
        const deeper = text.slice(offset).trim() === "" ? "" : " or a line indented deeper than its key";
        return `found ${found}, wanted "${bracket}"${deeper}`;
      }
      if (error.message.startsWith("All ")) return "wrong indentation, wanted the column of the items above";
      return `wrong indentation: ${error.message}`;
    case "BLOCK_AS_IMPLICIT_KEY":
      return "found a second key on the line, wanted one value (quote text that has a colon followed by a blank)";
    case "MULTILINE_IMPLICIT_KEY":
      return 'found text without a key; is ": " missing after a name?';
    case "BAD_SCALAR_START":
      return `found ${found} at the start of a value; quote the text`;
    case "MISSING_CHAR":
      if (error.message.includes("quote"))
        return `found the end of the line, wanted ${error.message.includes('"') ? "'\"'" : '"\'"'}`;
      return error.message;
    case "BAD_DQ_ESCAPE":
      return `found ${JSON.stringify(text.slice(error.pos[0], error.pos[1] + 1))}, wanted an escape that double quotes know (single quotes have none)`;
    case "UNEXPECTED_TOKEN":
      return `found ${found}, wanted no more text here (${error.message})`;
    default:
      return error.message;
  }
}
