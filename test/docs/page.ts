import { readFileSync } from "node:fs";

/** A page of the documentation, as text. `name` is relative to the project's folder: "docs/errors.md". */
export function readPage(name: string): string {
  return readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");
}

/** The part of a page below a heading ("## The data path"), up to the next one of the same or a higher level. */
export function section(page: string, heading: string): string {
  const lines = page.split("\n");
  const start = lines.indexOf(heading);
  if (start < 0) throw new Error(`the page has no heading ${JSON.stringify(heading)}`);
  const level = heading.indexOf(" ");
  const isEnd = (line: string): boolean => /^#+ /.test(line) && line.indexOf(" ") <= level;
  const length = lines.slice(start + 1).findIndex(isEnd);
  return lines.slice(start + 1, length < 0 ? undefined : start + 1 + length).join("\n");
}

/** The rows of all tables in a text, cell by cell; head and ruler are left out. */
export function tableRows(text: string): string[][] {
  const lines = text.split("\n");
  return lines
    .filter((line, i) => line.startsWith("|") && !isRuler(line) && !isRuler(lines[i + 1] ?? ""))
    .map((line) =>
      line
        .slice(1, line.lastIndexOf("|"))
        // A bar within a cell is written with a backslash.
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim().replaceAll("\\|", "|")),
    );
}

/** What stands in backticks. */
export function codes(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map((match) => match[1]);
}

function isRuler(line: string): boolean {
  return /^\|(:?-+:?\|)+$/.test(line.replaceAll(" ", ""));
}
