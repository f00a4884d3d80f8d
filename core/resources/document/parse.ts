import { finish, NO_PAUSES, type Pace, type Sliced } from "../../contract/sliced.ts";
import type { DuplicateKey } from "./duplicates.ts";
import type { ResourceError } from "./error.ts";
import { errorAt } from "./error.ts";
import { parseJsonSliced } from "./json.ts";
import type { Node } from "./node.ts";
import { ListNode, MapNode, Origin, ScalarNode } from "./node.ts";
import { splitDocuments } from "./split-documents.ts";
import { parseYamlFastSliced } from "./yaml-fast.ts";
import type { SyntaxProblem } from "./yaml-full.ts";
import { parseYamlFull } from "./yaml-full.ts";

/** How to read a text. */
export interface ParseOptions {
  /** Named in errors. */
  readonly file: string;
  /** Default: "json" for a file that ends in `.json`, else "yaml". */
  readonly format?: "yaml" | "json";
}

/** A text as nodes. With errors, `root` is what could be read: absent after a syntax error, there after duplicate keys. */
export interface ParsedDocument {
  readonly origin: Origin;
  readonly root: Node | undefined;
  readonly errors: ResourceError[];
}

/**
 * Reads one YAML or JSON document. Reports all duplicate keys; of syntax errors, those that the parser can name without guessing.
 * A byte order mark is skipped. Anchors and aliases work, merge keys (`<<`) do not, as in Envoy.
 */
export function parseDocument(text: string, options: ParseOptions): ParsedDocument {
  return finish(parseDocumentSliced(text, options, NO_PAUSES));
}

/** As `parseDocument`, with pauses where the text is long. */
export function* parseDocumentSliced(text: string, options: ParseOptions, pace: Pace): Sliced<ParsedDocument> {
  const origin = new Origin(options.file, withoutMark(text));
  return notEmpty(yield* read(origin, formatOf(options), pace));
}

/**
 * Reads all documents of a text: YAML parts them by lines that begin with `---` (or end them with `...`), JSON has one. Those
 * without content are left out. A syntax error spoils its own document only; lines and columns are those of the file.
 */
export function parseDocuments(text: string, options: ParseOptions): ParsedDocument[] {
  return finish(parseDocumentsSliced(text, options, NO_PAUSES));
}

/** As `parseDocuments`, with pauses: between documents, and within long ones. */
export function* parseDocumentsSliced(text: string, options: ParseOptions, pace: Pace): Sliced<ParsedDocument[]> {
  const source = withoutMark(text);
  const format = formatOf(options);
  const documents: ParsedDocument[] = [];
  const parts = format === "json" ? [{ text: source, firstLine: 1 }] : splitDocuments(source);
  for (const { text: part, firstLine } of parts) {
    const document = yield* read(new Origin(options.file, part, "", firstLine), format, pace);
    if (hasContent(document)) documents.push(document);
    if (pace.due()) yield;
  }
  return documents;
}

function withoutMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

function formatOf(options: ParseOptions): "yaml" | "json" {
  return options.format ?? (options.file.endsWith(".json") ? "json" : "yaml");
}

function hasContent({ root, errors }: ParsedDocument): boolean {
  return root !== undefined || errors.length > 0;
}

/** Texts shorter than this are read before a pause would be due, and faster without. */
const SLICED_LENGTH = 65_536;

function* read(origin: Origin, format: "yaml" | "json", givenPace: Pace): Sliced<ParsedDocument> {
  const pace = origin.text.length < SLICED_LENGTH ? NO_PAUSES : givenPace;
  if (format === "json") return finished(origin, yield* parseJsonSliced(origin.text, origin, pace));
  const fast = yield* parseYamlFastSliced(origin.text, origin, pace);
  return finished(origin, fast === undefined ? parseYamlFull(origin.text, origin) : { ...fast, problems: [] });
}

interface RawResult {
  readonly root: Node | undefined;
  readonly duplicates: readonly DuplicateKey[];
  readonly problems: readonly SyntaxProblem[];
}

function finished(origin: Origin, result: RawResult): ParsedDocument {
  const errors = result.problems.map(({ code, offset, message }): ResourceError => {
    const { line, column } = origin.position(offset);
    return { file: origin.file, line, column, path: "", severity: "error", code, found: "", wanted: "", message };
  });
  for (const duplicate of result.duplicates) errors.push(duplicateError(origin, duplicate));
  return { origin, root: result.root, errors };
}

/** Whoever wants one document is told when there is none. */
function notEmpty(document: ParsedDocument): ParsedDocument {
  if (hasContent(document)) return document;
  const wanted = "an object";
  const message = `found an empty document, wanted ${wanted}`;
  const { file, firstLine: line } = document.origin;
  document.errors.push({
    file,
    line,
    column: 1,
    path: "",
    severity: "error",
    code: "wrong_type",
    found: "nothing",
    wanted,
    message,
  });
  return document;
}

function duplicateError(origin: Origin, { map, first, index }: DuplicateKey): ResourceError {
  const key = map.keys[index];
  const line = origin.position(map.keyOffsets[first]).line;
  return errorAt(map, "duplicate_key", `"${key}" stands here twice, first on line ${line}`, {
    found: JSON.stringify(key),
    offset: map.keyOffsets[index],
    key,
  });
}

/**
 * Nodes for a value that has no text: a resource received over xDS, or made by a program. `file` names the source in errors;
 * `pathPrefix` is put before their paths. Values that JSON can't say (functions, undefined members) are left out.
 */
export function nodesOf(value: unknown, source: { readonly file: string; readonly pathPrefix?: string }): Node {
  const root = nodeOf(value);
  root.parent = new Origin(source.file, "", source.pathPrefix);
  return root;
}

function nodeOf(value: unknown): Node {
  if (typeof value === "string") return new ScalarNode(-1, value, false);
  if (Array.isArray(value)) return new ListNode(-1, value.map(nodeOf));
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).filter(([, member]) => member !== undefined && typeof member !== "function");
    const keys = entries.map(([key]) => key);
    const offsets = entries.map(() => -1);
    return new MapNode(
      -1,
      keys,
      offsets,
      entries.map(([, member]) => nodeOf(member)),
    );
  }
  return new ScalarNode(-1, value === undefined || value === null ? "null" : String(value as number | boolean | bigint), true);
}
