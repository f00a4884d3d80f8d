import { labelsText } from "./explanation.ts";
import type { Explanation, Outcome, Place, ToldStep } from "./explanation.ts";

/** What stands before a decision, by what came of it. */
const MARKS: Readonly<Record<ToldStep["verdict"], string>> = {
  chosen: ">",
  rejected: "x",
  applied: "+",
  skipped: "-",
  ends: "!",
  unknown: "?",
  drawn: "%",
  changed: "+",
};
const KIND_WIDTH = 19;
/** Places stand in a column of their own behind lines up to this long. */
const WIDEST = 96;

interface Line {
  readonly text: string;
  readonly where: Place | undefined;
}

/** An explanation as text: each decision with its reason and its place, then what comes of it. */
export function printExplanation(explanation: Explanation): string {
  const { request, steps, outcomes, refused, more } = explanation;
  const lines: Line[] = [];
  const add = (text: string, where?: Place): void => void lines.push({ text, where });
  add(`${request.method} ${request.url} from ${request.from ?? "127.0.0.1"}`);
  for (const header of request.headers ?? []) add(`    ${header}`);
  add("");
  let kind = "";
  for (const step of steps) {
    const shown = step.kind === "headers" ? (step.subject === "connection manager" ? "connection manager" : "filter") : step.kind;
    const column = shown === kind ? "" : shown;
    kind = shown;
    addStep(step, column, add);
  }
  add("");
  if (refused !== undefined) add(`=> refused: ${refused}`);
  let previous: Outcome | null = null;
  for (const outcome of outcomes) {
    addOutcome(outcome, previous, outcomes.length > 1, add);
    previous = outcome;
  }
  if (more === true) add("and more outcomes, each less likely than these");
  return layOut(lines);
}

type Add = (text: string, where?: Place) => void;

function addStep(step: ToldStep, column: string, add: Add): void {
  const start = column.padEnd(KIND_WIDTH);
  const blank = " ".repeat(KIND_WIDTH);
  const mark = MARKS[step.verdict];
  if (step.odds !== undefined) {
    const odds = step.odds;
    const never = odds.length === 2 && odds[1].share === 0 && odds[0].share === 1;
    if (never) {
      add(`${start}${mark} ${named(step)}${odds[0].label}: always`, step.where);
      return;
    }
    // Of two the second is the first's opposite: its odds need no line.
    const listed = odds.length === 2 && step.kind !== "weighted cluster" ? odds.slice(0, 1) : odds;
    listed.forEach((option, i) => {
      add(`${i === 0 ? start : blank}${mark} ${named(step)}${percent(option.share)} ${option.label}`, option.where ?? step.where);
    });
    return;
  }
  if (step.changes !== undefined) {
    const title = step.subject === "connection manager" ? "" : `${shortName(step.subject)} `;
    step.changes.forEach((change, i) => {
      add(`${i === 0 ? start : blank}${mark} ${title}${changeText(change)}`, i === 0 ? step.where : undefined);
    });
    return;
  }
  const subject = step.misses === undefined ? shortName(step.subject) : `${step.subject}, ${step.misses} routes`;
  const hint = step.misses === undefined ? "" : " (--all shows them)";
  add(`${start}${mark} ${subject}${step.reason === undefined ? "" : `: ${step.reason}`}${hint}`, step.where);
}

/** Filters are called by their type as a rule: all begin alike. */
function shortName(subject: string): string {
  return subject.replace(/^envoy\.filters\.http\./, "");
}

function named(step: ToldStep): string {
  return step.kind === "route" || (step.kind === "filter" && step.verdict === "drawn") ? `${step.subject}: ` : "";
}

function changeText({ name, before, after }: NonNullable<ToldStep["changes"]>[number]): string {
  if (before === undefined) return `adds ${name}: ${after}`;
  if (after === undefined) return `removes ${name}: ${before}`;
  return `changes ${name}: ${before} -> ${after}`;
}

function addOutcome(outcome: Outcome, previous: Outcome | null, several: boolean, add: Add): void {
  const share = several ? `${percent(outcome.share)} ` : "";
  const indent = " ".repeat(several ? 10 : 4);
  const labels = outcome.drawn.filter((label) => label !== outcome.cluster);
  const when = several && labels.length > 0 ? `: ${labels.join(", ")}` : "";
  if (outcome.cluster === undefined) {
    const answer = outcome.status === 0 ? outcome.details : `answered with ${outcome.status} (${outcome.details})`;
    add(`=> ${share}${answer}${when}`);
    for (const header of outcome.headers ?? []) add(`${indent}${header}`);
    return;
  }
  add(`=> ${share}sent to cluster ${outcome.cluster}${when}`, outcome.where);
  const { subset } = outcome;
  // Of a single outcome the steps have told it.
  if (several && subset !== undefined)
    add(`${indent}subset ${subset.name}: endpoints with ${labelsText(subset.labels)}`, subset.where);
  const only = outcome.endpoints?.length === 1;
  for (const endpoint of outcome.endpoints ?? []) {
    const name = endpoint.hostname === undefined ? "" : ` (${endpoint.hostname})`;
    const odds = endpoint.share === undefined || (only && endpoint.share === 1) ? "" : `${percent(endpoint.share)} `;
    const busy = endpoint.activeRequests > 0 ? `, ${endpoint.activeRequests} active` : "";
    const priority = endpoint.priority > 0 ? `, priority ${endpoint.priority}` : "";
    const labels = endpoint.labels === undefined ? "" : `, ${labelsText(endpoint.labels)}`;
    add(`${indent}${odds}${endpoint.address}${name}, ${endpoint.health}${priority}${busy}${labels}`, endpoint.where);
  }
  if (previous !== null && same(previous.head, outcome.head)) add(`${indent}as above`);
  else for (const line of outcome.head ?? []) add(`${indent}| ${line}`);
}

function same(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  return a !== undefined && b !== undefined && a.length === b.length && a.every((line, i) => line === b[i]);
}

/** 0.1 -> "  10 %"; what is not 0 is never shown as such. */
function percent(share: number): string {
  const exact = share * 100;
  const text = exact > 0 && exact < 0.01 ? "< 0.01" : String(Number(exact.toFixed(exact < 1 || exact > 99 ? 2 : 1)));
  return `${text.padStart(4)} %`;
}

function layOut(lines: readonly Line[]): string {
  const placed = lines.filter((line) => line.where !== undefined && line.text.length <= WIDEST);
  const width = placed.reduce((most, line) => Math.max(most, line.text.length), 0);
  return lines
    .map(({ text, where }) => (where === undefined ? text : `${text.padEnd(width)}  ${placeText(where)}`).trimEnd() + "\n")
    .join("");
}

function placeText({ file, line, object, path }: Place): string {
  return object === undefined ? `${file}:${line}` : `${file}:${line} ${object} ${path.replace(/^spec\.?/, "")}`.trimEnd();
}
