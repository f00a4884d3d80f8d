import { execFileSync } from "node:child_process";
import { cpus, release, totalmem } from "node:os";

/** One line of a table: cells by column. */
export type Line = Record<string, string | number>;

/** A target of the project, and whether it was met in this run. */
export interface Target {
  what: string;
  measured: number;
  atMost: number;
  met: boolean;
}

/** What one row of measurements gave. */
export interface RowReport {
  id: string;
  title: string;
  /** How it was measured, in a sentence or two. */
  how: string;
  lines: Line[];
  targets: Target[];
  /** Peers that took no part, and why. */
  absent: string[];
}

/** All of a run. */
export interface Report {
  date: string;
  machine: string;
  /** Load average of the machine when the run began, over 1 and 5 minutes: other work makes all figures rise. */
  load: string;
  versions: Record<string, string>;
  origin: string;
  seconds: number;
  rounds: number;
  rows: RowReport[];
}

export function target(what: string, measured: number, atMost: number): Target {
  return { what, measured, atMost, met: measured <= atMost };
}

/** The machine in a line. */
export function machine(): string {
  const all = cpus();
  return `${all.length} x ${all[0]?.model ?? "unknown CPU"}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}`;
}

/** The first line that a program prints about its version, or "absent". */
export function versionOf(command: string | undefined, args: readonly string[]): string {
  if (command === undefined) return "absent";
  try {
    return execFileSync(command, [...args], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] })
      .trim()
      .split("\n")[0];
  } catch {
    return "present";
  }
}

/** A report as Markdown. */
export function markdown(report: Report): string {
  const out = [
    "# Benchmarks against peers",
    "",
    "Made by `npm run bench:peers`. Each proxy has core 0 to itself; the load and the origin share core 1. CPU time is that of the proxy's process tree, user",
    "and system, from `/proc/PID/stat`, divided by the requests that the load counted. Rounds of all proxies alternate; ratios are taken within a round, and",
    "the table shows medians. Absolute figures move with the machine's other work: compare within one run only.",
    "",
    `- ${report.date}, ${report.machine}; load average at the start ${report.load}`,
    `- ${Object.entries(report.versions)
      .map(([name, version]) => `${name}: ${version}`)
      .join("; ")}`,
    `- origin: ${report.origin}; ${report.rounds} rounds of ${report.seconds} s`,
    "",
    "## Targets",
    "",
    ...table(
      report.rows
        .flatMap((row) => row.targets)
        .map((one) => ({
          target: one.what,
          measured: round(one.measured),
          "at most": one.atMost,
          met: one.met ? "yes" : "**no**",
        })),
    ),
  ];
  for (const row of report.rows) {
    out.push("", `## ${row.title}`, "", row.how, "", ...table(row.lines));
    for (const reason of row.absent) out.push("", `Not measured: ${reason}.`);
  }
  return `${out.join("\n")}\n`;
}

/** Lines as a Markdown table whose columns are those of all lines, in order of appearance. */
export function table(lines: readonly Line[]): string[] {
  if (lines.length === 0) return ["None in this run."];
  const columns = [...new Set(lines.flatMap((line) => Object.keys(line)))];
  const cell = (value: string | number | undefined): string => (typeof value === "number" ? String(round(value)) : (value ?? ""));
  return [
    `| ${columns.join(" | ")} |`,
    `|${columns.map((column) => (lines.some((line) => typeof line[column] === "number") ? "---:" : "---")).join("|")}|`,
    ...lines.map((line) => `| ${columns.map((column) => cell(line[column])).join(" | ")} |`),
  ];
}

function round(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toFixed(Math.abs(value) < 10 ? 2 : 1));
}
