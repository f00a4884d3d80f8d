import type { ResourceError } from "../../../../core/resources/schema/index.ts";
import type { Mesh } from "../mesh.ts";
import { Memo } from "./memo.ts";
import type { GatewayNode, Translation } from "./translation.ts";
import { Translator } from "./translator.ts";

export type { GatewayNode, PathNormalization, Translation } from "./translation.ts";

/** What translations were made with, for those that follow. */
const memos = new WeakMap<Translation, { readonly memo: Memo; readonly node: string }>();

/**
 * What a mesh is for a node. Pure: the same mesh gives the same resources.
 *
 * @param previous A translation for the same node. What it made from objects that are still the same objects is taken over as it is, the
 * same JSON objects, so that whoever reads them next can keep what it made of them.
 */
export function translate(node: GatewayNode, mesh: Mesh, previous?: Translation): Translation {
  const work = translateInSlices(node, mesh, previous);
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

/** The same, in slices: yields after each VirtualService and each cluster (tens of microseconds), and returns the translation. */
export function* translateInSlices(
  node: GatewayNode,
  mesh: Mesh,
  previous?: Translation,
): Generator<undefined, Translation, undefined> {
  const before = previous && memos.get(previous);
  const key = JSON.stringify(node);
  const memo = new Memo(before?.node === key ? before.memo : undefined);
  const translator = new Translator(node, mesh, memo);
  yield* translator.run();
  memo.close();
  const translation: Translation = { ...translator.resources(), problems: inOrder(translator.problems()), mesh };
  memos.set(translation, { memo, node: key });
  return translation;
}

/** How many parts a translation made anew: what it did not take over from the one before. For tests and benches. */
export function partsMade(translation: Translation): number {
  return memos.get(translation)?.memo.made ?? 0;
}

/** By place, each once: a setting that holds for several clusters is told of once. */
function inOrder(problems: readonly ResourceError[]): readonly ResourceError[] {
  const seen = new Set<string>();
  const once = problems.filter(({ file, line, column, message }) => {
    const key = `${file}\0${line}\0${column}\0${message}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
  return once.sort((a, b) => compare(a.file, b.file) || a.line - b.line || a.column - b.column || compare(a.message, b.message));
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
