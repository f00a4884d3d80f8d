import { AsciiSet } from "./ascii-set.ts";
import type { RegexNode } from "./regex-tree.ts";

/** The longest tail behind the one ambiguous loop: bounds what is done twice. */
const MAX_TAIL = 32;

/**
 * Whether a backtracking engine needs time linear in the text to match this expression from end to end.
 *
 * The proof is the LL(1) condition. Wherever the engine has a choice (stay in a loop or leave it, this alternative or that one), the sets of characters
 * that can come next are disjoint for all ways to go on, so at most one of them gets past the next character. Going forward takes one step a character, with
 * a bounded number of choices between two characters, because bodies of loops are never empty. When the match fails, each remaining choice fails at its
 * first character: it is abandoned in bounded time and never followed again. So all work is bounded by the length of the text times a constant.
 *
 * Alternatives that start alike are accepted when they are plain texts of which none is the beginning of another: again at most one can match.
 *
 * One ambiguous loop over single characters is accepted at the top, if what follows has a fixed, small length (`/static/.*\.png`): the end of the text
 * then decides where the loop ends; at each of its positions at most MAX_TAIL characters are compared, and everything before it is unambiguous.
 */
export function matchesInLinearTime(root: RegexNode): boolean {
  const items = root.kind === "sequence" ? root.items : [root];
  let follow = AsciiSet.EMPTY;
  let tail = 0;
  let ambiguous = false;
  for (let i = items.length - 1; i >= 0; i--) {
    const item = items[i];
    const width = fixedWidth(item);
    if (!deterministic(item, follow)) {
      if (ambiguous || item.kind !== "repeat" || item.body.kind !== "char" || tail > MAX_TAIL) return false;
      ambiguous = true;
    }
    tail = width < 0 ? Infinity : tail + width;
    follow = nullable(item) ? first(item).union(follow) : first(item);
  }
  return true;
}

function deterministic(node: RegexNode, follow: AsciiSet): boolean {
  switch (node.kind) {
    case "char":
      return true;
    case "sequence": {
      let next = follow;
      for (let i = node.items.length - 1; i >= 0; i--) {
        const item = node.items[i];
        if (!deterministic(item, next)) return false;
        next = nullable(item) ? first(item).union(next) : first(item);
      }
      return true;
    }
    case "choice": {
      if (!node.options.every((option) => deterministic(option, follow))) return false;
      return firstsDisjoint(node.options, follow) || prefixFree(node.options);
    }
    case "repeat": {
      if (node.max === node.min && node.body.kind === "char") return true;
      const start = first(node.body);
      if (nullable(node.body) || !start.disjoint(follow)) return false;
      return deterministic(node.body, node.max === 1 ? follow : start.union(follow));
    }
  }
}

function firstsDisjoint(options: readonly RegexNode[], follow: AsciiSet): boolean {
  let seen = AsciiSet.EMPTY;
  let empties = 0;
  for (const option of options) {
    const set = nullable(option) ? first(option).union(follow) : first(option);
    if (nullable(option) && ++empties > 1) return false;
    if (!set.disjoint(seen)) return false;
    seen = seen.union(set);
  }
  return true;
}

function prefixFree(options: readonly RegexNode[]): boolean {
  const texts = options.map(plainText);
  return texts.every(
    (text, i) => text !== null && texts.every((other, j) => i === j || other === null || !other.startsWith(text)),
  );
}

function plainText(node: RegexNode): string | null {
  if (node.kind === "char") {
    const code = node.set.single;
    return code < 0 ? null : String.fromCharCode(code);
  }
  if (node.kind !== "sequence") return null;
  let text = "";
  for (const item of node.items) {
    const part = plainText(item);
    if (part === null) return null;
    text += part;
  }
  return text;
}

function nullable(node: RegexNode): boolean {
  if (node.kind === "char") return false;
  if (node.kind === "sequence") return node.items.every(nullable);
  if (node.kind === "choice") return node.options.some(nullable);
  return node.min === 0 || nullable(node.body);
}

function first(node: RegexNode): AsciiSet {
  if (node.kind === "char") return node.set;
  if (node.kind === "repeat") return node.max === 0 ? AsciiSet.EMPTY : first(node.body);
  let set = AsciiSet.EMPTY;
  if (node.kind === "choice") for (const option of node.options) set = set.union(first(option));
  else {
    for (const item of node.items) {
      set = set.union(first(item));
      if (!nullable(item)) break;
    }
  }
  return set;
}

/** How many characters it matches, or -1 when that depends. */
function fixedWidth(node: RegexNode): number {
  if (node.kind === "char") return 1;
  if (node.kind === "repeat") return node.body.kind === "char" && node.min === node.max ? node.min : -1;
  if (node.kind === "choice") return -1;
  let width = 0;
  for (const item of node.items) {
    const part = fixedWidth(item);
    if (part < 0) return -1;
    width += part;
  }
  return width;
}

/** The tree as the source of a JavaScript regular expression, without anchors. */
export function regexSource(node: RegexNode): string {
  switch (node.kind) {
    case "char":
      return node.set.toSource();
    case "sequence":
      return node.items.map((item) => (item.kind === "choice" ? `(?:${regexSource(item)})` : regexSource(item))).join("");
    case "choice":
      return node.options.map(regexSource).join("|");
    case "repeat": {
      const body = regexSource(node.body);
      const count =
        node.max === Infinity ? (node.min === 0 ? "*" : node.min === 1 ? "+" : `{${node.min},}`) : `{${node.min},${node.max}}`;
      return (node.body.kind === "char" ? body : `(?:${body})`) + count;
    }
  }
}

/** The text that every match starts with. */
export function regexPrefix(node: RegexNode): string {
  if (node.kind === "char") return plainText(node) ?? "";
  if (node.kind === "choice") return commonPrefix(node.options.map(regexPrefix));
  if (node.kind === "repeat") return node.min > 0 ? regexPrefix(node.body) : "";
  let text = "";
  for (const item of node.items) {
    const whole = plainText(item);
    text += whole ?? regexPrefix(item);
    if (whole === null) break;
  }
  return text;
}

function commonPrefix(texts: readonly string[]): string {
  let prefix = texts[0];
  for (const text of texts) while (!text.startsWith(prefix)) prefix = prefix.slice(0, -1);
  return prefix;
}
