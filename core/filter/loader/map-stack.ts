import { SourceMap, type SourceMapPayload } from "node:module";
import { resolve } from "node:path";

/** A bundle whose stack frames can be told in terms of its source. Parsed when a stack is first mapped. */
interface MappedScript {
  readonly json: string;
  readonly root: string;
  /** Lines that the wrapper put before the bundle's first. */
  readonly lineOffset: number;
  map: SourceMap | undefined;
}

const scripts = new Map<string, MappedScript>();

/**
 * Makes a script known to {@link mapStack}. Neither runtime reads the source map of a `vm.Script`, and changing `Error.prepareStackTrace`
 * would change it for the whole process.
 * @returns forgets the script.
 */
export function registerSourceMap(script: string, json: string, root: string, lineOffset: number): () => void {
  scripts.set(script, { json, root, lineOffset, map: undefined });
  return () => scripts.delete(script);
}

/**
 * Rewrites a stack trace so that frames inside plugins name the file, line and column that their author wrote. Costs nothing until
 * an error is printed. Frames of other code stay as they are.
 */
export function mapStack(stack: string): string {
  if (scripts.size === 0 || !stack.includes(SCRIPT_PREFIX)) return stack;
  return stack.replace(FRAME, (frame, script: string, line: string, column: string) => {
    const known = scripts.get(script);
    if (known === undefined) return frame;
    known.map ??= new SourceMap(JSON.parse(known.json) as SourceMapPayload);
    const entry = known.map.findEntry(Number(line) - 1 - known.lineOffset, Number(column) - 1);
    if (!("originalSource" in entry)) return frame;
    return `${resolve(known.root, entry.originalSource)}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  });
}

/** The stack of what was thrown, mapped, or the thing itself as text when it is no error. */
export function describeThrown(thrown: unknown): string {
  if (!(typeof thrown === "object" && thrown !== null && "stack" in thrown))
    return `${typeof thrown} ${String(thrown)} was thrown`;
  return mapStack(String(thrown.stack));
}

/** Start of the names under which bundles run. Distinct from the source's name, since the lines are those of the bundle. */
export const SCRIPT_PREFIX = "isthmus-plugin:";
const FRAME = /(isthmus-plugin:[^\n]*?#\d+):(\d+):(\d+)/g;
