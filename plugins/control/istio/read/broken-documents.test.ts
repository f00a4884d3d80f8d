import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { formatErrors } from "../../../../core/resources/schema/index.ts";
import { brokenDocuments } from "./broken-documents.ts";
import { readMeshDocuments } from "./read-mesh-documents.ts";

// One section a document: its title, then what reading it says. UPDATE_GOLDEN=1 writes it anew; read the difference before committing.
const goldenFile = new URL("./broken-documents.golden", import.meta.url);

function section(title: string, text: string, file: string): string {
  return `## ${title}\n${formatErrors(readMeshDocuments(text, { file }).errors)}\n`;
}

if (process.env["UPDATE_GOLDEN"] === "1") {
  const sections = brokenDocuments.flatMap(([group, file, rows]) =>
    rows.map(([title, text]) => section(`${group}: ${title}`, text, file)),
  );
  writeFileSync(goldenFile, sections.join("\n"));
}

const golden = new Map(
  readFileSync(goldenFile, "utf8")
    .split(/^(?=## )/m)
    .map((text): [string, string] => [text.slice(3, text.indexOf("\n")), text.trimEnd()]),
);

describe.each(brokenDocuments)("what is wrong with a document: %s", (group, file, rows) => {
  it.each(rows)("%s", (title, text) => {
    expect(section(`${group}: ${title}`, text, file).trimEnd()).toBe(golden.get(`${group}: ${title}`));
  });
});

describe("the table of broken documents", () => {
  it("has a section for each, and no other", () => {
    expect([...golden.keys()]).toEqual(brokenDocuments.flatMap(([group, , rows]) => rows.map(([title]) => `${group}: ${title}`)));
    expect(golden.size).toBeGreaterThan(200);
  });

  it("has a place, and an error or a warning, for each", () => {
    for (const [title, text] of golden) expect(text, title).toMatch(/\n\S+:\d+:\d+: (error|warning): /);
  });

  it("finds each of them among a hundred good ones, and reads these", () => {
    const good = (n: number): string =>
      `apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: { name: good-${n} }\nspec:\n  hosts: [g${n}.com]\n  http: [{ route: [{ destination: { host: g${n} } }] }]\n---\n`;
    const before = Array.from({ length: 50 }, (_, n) => good(n)).join("");
    const behind = Array.from({ length: 50 }, (_, n) => good(50 + n)).join("");
    const lines = before.split("\n").length - 1;
    for (const [, file, rows] of brokenDocuments) {
      if (file.endsWith(".json")) continue;
      for (const [title, text] of rows) {
        const alone = readMeshDocuments(text, { file }).errors;
        const among = readMeshDocuments(`${before}${text}---\n${behind}`, { file });
        const numbers = (message: string): string => message.replace(/on line \d+/, "on line N");
        expect(
          among.errors.map(({ line, column, message }) => [line, column, numbers(message)]),
          title,
        ).toEqual(alone.map(({ line, column, message }) => [line + lines, column, numbers(message)]));
        expect(
          among.objects.filter(({ name }) => name.startsWith("good-")),
          title,
        ).toHaveLength(100);
      }
    }
  });
});
