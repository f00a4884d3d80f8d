import { describe, expect, it } from "vitest";
import type { Node } from "./node.ts";
import { Origin } from "./node.ts";
import { finish } from "../../contract/sliced.ts";
import { parseJson, parseJsonSliced } from "./json.ts";
import { parseYamlFast, parseYamlFastSliced } from "./yaml-fast.ts";
import { parseYamlFull } from "./yaml-full.ts";

/** A small generator of repeatable random numbers (mulberry32). */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function dump(node: Node): unknown {
  // Where nothing stands, the two may point at different blanks.
  if (node.kind === "scalar" && node.plain && node.text === "") return "nothing";
  if (node.kind === "scalar") return [node.offset, node.plain ? "plain" : "text", node.text];
  if (node.kind === "list") return [node.offset, node.items.map(dump)];
  return [node.offset, node.keys.map((key, i) => [key, node.keyOffsets[i], dump(node.values[i])])];
}

/** The trees of both parsers when the fast one took the text; true if it did. */
function compare(text: string): boolean {
  const fast = parseYamlFast(text, new Origin("fast", text));
  const sliced = finish(parseYamlFastSliced(text, new Origin("sliced", text), { due: () => true }));
  const [whole, parts] = [fast, sliced].map((parsed) => JSON.stringify(parsed && [dump(parsed.root), parsed.duplicates.length]));
  if (whole !== parts) expect.fail(`with pauses another tree: ${JSON.stringify(text)}`);
  if (fast === undefined) return false;
  const full = parseYamlFull(text, new Origin("full", text));
  const shown = JSON.stringify(text);
  if (full.problems.length > 0) expect.fail(`taken, but wrong: ${shown}: ${full.problems[0].message}`);
  // Comparing strings first: `toEqual` on every round would take most of the time.
  if (JSON.stringify(full.root && dump(full.root)) !== JSON.stringify(dump(fast.root))) {
    expect(full.root && dump(full.root), shown).toEqual(dump(fast.root));
  }
  if (fast.duplicates.length !== full.duplicates.length) expect.fail(`duplicate keys differ: ${shown}`);
  return true;
}

const WORDS = [
  "a",
  "name",
  "x-y",
  "10.0.0.1",
  "-5",
  "1.5s",
  "http://h:80/p",
  "/svc/1",
  "a b c",
  "it's",
  "yes",
  "~",
  "0x1f",
  "a#b",
  "%REQ(:path)%",
  "@type",
  "*",
  "é",
  "#x",
  ":80",
  "a:",
  "-",
  "?",
];

/** Writes a random document as a person might, with random indentation, styles, comments and blank lines. */
function write(next: () => number): string {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)];
  const chance = (p: number): boolean => next() < p;
  const scalar = (flow: boolean): string => {
    const word = pick(WORDS);
    const r = next();
    if (r < 0.2) return `'${word.replaceAll("'", "''")}'`;
    if (r < 0.4) return JSON.stringify(pick([word, "tab\t", 'q"uote', "line\nbreak", "\\", "é"]));
    if (r < 0.43) return "";
    return flow ? word.replaceAll(/[,[\]{}]/g, "") : word;
  };
  const blank = (): string => (chance(0.1) ? " " : "");
  const flow = (depth: number, indent: string): string => {
    if (depth <= 0 || chance(0.4)) return scalar(true);
    const gap = (): string =>
      chance(0.1) ? `${chance(0.2) ? " # note" : ""}\n${indent}${" ".repeat(Math.floor(next() * 4))}` : blank();
    const items = Array.from({ length: Math.floor(next() * 4) }, () => flow(depth - 1, indent));
    const end = chance(0.1) && items.length > 0 ? "," : "";
    if (chance(0.5)) return `[${gap()}${items.join(`,${gap()}`)}${end}${gap()}]`;
    return `{${gap()}${items.map((item) => `${pick(["a", "b", "'c d'", '"e"', "f"])}:${chance(0.95) ? " " : ""}${item}`).join(`,${gap()}`)}${end}${gap()}}`;
  };
  const noise = (): string =>
    (chance(0.05) ? "\n" : "") + (chance(0.05) ? `${" ".repeat(Math.floor(next() * 6))}# note: x\n` : "");
  const tail = (): string => (chance(0.1) ? " # tail" : chance(0.05) ? "  " : "");
  const block = (depth: number, column: number): string => {
    const pad = " ".repeat(column);
    let out = "";
    const count = 1 + Math.floor(next() * 3);
    const list = chance(0.35);
    for (let i = 0; i < count; i++) {
      out += noise();
      if (list) {
        const space = 1 + (chance(0.1) ? 1 : 0);
        if (depth > 0 && chance(0.5)) out += `${pad}-${" ".repeat(space)}${block(depth - 1, column + 1 + space).trimStart()}`;
        else if (depth > 0 && chance(0.2)) out += `${pad}-${tail()}\n${block(depth - 1, column + 2)}`;
        else out += `${pad}- ${flow(2, `${pad}  `)}${tail()}\n`;
        continue;
      }
      const key = pick(["a", "b", "c", "key name", "'q'", '"dq"', "x-1", "@type"]);
      const r = next();
      if (depth > 0 && r < 0.4) out += `${pad}${key}:${tail()}\n${block(depth - 1, column + pick([1, 2, 2, 4]))}`;
      else if (depth > 0 && r < 0.5) {
        out += `${pad}${key}:\n${pad}- ${scalar(false)}\n${pad}- b: c\n`;
      } else if (r < 0.6) {
        const width = " ".repeat(column + 2);
        out += `${pad}${key}: |${pick(["", "-", "+", "2"])}${tail()}\n${width}line one: # no comment\n${chance(0.3) ? "\n" : ""}${width}  deeper\n${chance(0.3) ? "\n" : ""}`;
      } else if (r < 0.8) out += `${pad}${key}: ${flow(2, `${pad} `)}${tail()}\n`;
      else out += `${pad}${key}:${chance(0.95) ? " " : ""}${scalar(false)}${tail()}\n`;
    }
    return out;
  };
  const text = (chance(0.1) ? "# head\n" : "") + (chance(0.1) ? "---\n" : "") + (chance(0.15) ? `${flow(4, "")}\n` : block(3, 0));
  return chance(0.1) ? text.trimEnd() : text;
}

const NOISE = [
  " ",
  "\n",
  ":",
  "#",
  "-",
  "'",
  '"',
  "{",
  "}",
  "[",
  "]",
  ",",
  "|",
  ">",
  "&a ",
  "*a",
  "!",
  "\t",
  "?",
  "---",
  "\n...\n",
  "a",
  ": ",
  "\n  ",
  "%",
  "@",
  "\\",
  "\r\n",
];

/** Changes a few places of a text, to reach the edges of the syntax. */
function damage(text: string, next: () => number): string {
  let out = text;
  for (let i = Math.floor(next() * 3); i >= 0; i--) {
    const at = Math.floor(next() * (out.length + 1));
    const cut = next() < 0.5 ? 1 : 0;
    const insert = next() < 0.7 ? NOISE[Math.floor(next() * NOISE.length)] : "";
    out = out.slice(0, at) + insert + out.slice(at + cut);
  }
  return out;
}

const ROUNDS = Number(process.env["FUZZ_ROUNDS"] ?? 3000);

describe("the fast YAML parser gives the same tree as the full one, or gives up", () => {
  it("on documents as people write them", () => {
    const next = random(Number(process.env["FUZZ_SEED"] ?? 1));
    let taken = 0;
    for (let i = 0; i < ROUNDS; i++) if (compare(write(next))) taken++;
    expect(taken / ROUNDS).toBeGreaterThan(0.3);
  });

  it("on documents with random damage", () => {
    const next = random(Number(process.env["FUZZ_SEED"] ?? 2));
    let taken = 0;
    for (let i = 0; i < ROUNDS; i++) if (compare(damage(write(next), next))) taken++;
    expect(taken).toBeGreaterThan(0);
  });
});

describe("JSON read with pauses gives the same tree, or the same mistake", () => {
  it("as JSON read at once, and takes what JSON.parse takes", () => {
    const next = random(Number(process.env["FUZZ_SEED"] ?? 3));
    const value = (depth: number): unknown => {
      const kind = Math.floor(next() * (depth > 4 ? 3 : 5));
      if (kind < 2) return WORDS[Math.floor(next() * WORDS.length)];
      if (kind === 2) return [null, true, 1.5, -3e10][Math.floor(next() * 4)];
      const items = Array.from({ length: Math.floor(next() * 4) }, () => value(depth + 1));
      return kind === 3 ? items : Object.fromEntries(items.map((item, i) => [`k${i}`, item]));
    };
    let taken = 0;
    for (let i = 0; i < ROUNDS; i++) {
      const text = damage(JSON.stringify(value(0), null, Math.floor(next() * 3)), next);
      const whole = parseJson(text, new Origin("whole", text));
      const sliced = finish(parseJsonSliced(text, new Origin("sliced", text), { due: () => true }));
      const shown = (result: typeof whole): string =>
        JSON.stringify([result.root && dump(result.root), result.problems, result.duplicates.length]);
      if (shown(whole) !== shown(sliced)) expect(shown(sliced), JSON.stringify(text)).toBe(shown(whole));
      let valid = true;
      try {
        JSON.parse(text);
      } catch {
        valid = false;
      }
      if (valid !== (whole.problems.length === 0)) expect.fail(`JSON.parse says ${valid}: ${JSON.stringify(text)}`);
      if (valid) taken++;
    }
    expect(taken).toBeGreaterThan(ROUNDS / 10);
  });
});
