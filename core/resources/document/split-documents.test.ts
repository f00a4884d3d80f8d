import { describe, expect, it } from "vitest";
import { formatErrors } from "./error.ts";
import { locate, whereOfNode } from "./node.ts";
import { parseDocuments } from "./parse.ts";
import { toJson } from "./scalar.ts";
import { splitDocuments } from "./split-documents.ts";

const values = (text: string, file = "f.yaml"): unknown[] =>
  parseDocuments(text, { file }).map(({ root }) => root && (JSON.parse(JSON.stringify(toJson(root))) as unknown));

describe("documents of a text", () => {
  it.each([
    ["one", "a: 1\n", [{ a: 1 }]],
    ["none", "", []],
    ["comments only", "# nothing\n---\n# here\n", []],
    ["two", "a: 1\n---\nb: 2\n", [{ a: 1 }, { b: 2 }]],
    ["markers before and behind", "---\na: 1\n---\nb: 2\n---\n", [{ a: 1 }, { b: 2 }]],
    ["a comment behind a marker", "a: 1\n--- # second\nb: 2\n", [{ a: 1 }, { b: 2 }]],
    ["content behind a marker", "--- {a: 1}\n--- [2]\n", [{ a: 1 }, [2]]],
    ["ends", "a: 1\n...\nb: 2\n...\n---\nc: 3\n", [{ a: 1 }, { b: 2 }, { c: 3 }]],
    ["directives", "%YAML 1.2\n---\na: 1\n...\n# note\n%YAML 1.2\n---\nb: 2\n", [{ a: 1 }, { b: 2 }]],
    ["dashes that are text", "a: |\n  ---\n  x\nb: ---x\n---\nc: '--- y'\n", [{ a: "---\nx\n", b: "---x" }, { c: "--- y" }]],
    ["Windows lines", "a: 1\r\n---\r\nb: 2\r\n", [{ a: 1 }, { b: 2 }]],
    ["no line end", "a: 1\n---\nb: 2", [{ a: 1 }, { b: 2 }]],
    ["a literal block before a marker", "a: |\n  x\n---\nb: |-\n  y\n", [{ a: "x\n" }, { b: "y" }]],
    ["anchors in one of them", "a: &x 1\nb: *x\n---\nc: 3\n", [{ a: 1, b: 1 }, { c: 3 }]],
  ])("%s", (_, text, wanted) => {
    expect(values(text)).toEqual(wanted);
  });

  it("JSON is one document", () => {
    expect(values('{"a": 1}', "f.json")).toEqual([{ a: 1 }]);
  });

  it("tells lines and columns of the file, in either parser", () => {
    const text = "# head\na: 1\n---\n\nb:\n  c: x\n---\nd: &y { e: z }\n";
    const [, second, third] = parseDocuments(text, { file: "f.yaml" });
    expect(whereOfNode(locate(second.root!, ["b", "c"]))).toEqual({ file: "f.yaml", line: 6, column: 6, path: "b.c" });
    expect(whereOfNode(locate(third.root!, ["d", "e"]))).toEqual({ file: "f.yaml", line: 8, column: 12, path: "d.e" });
  });

  it("a syntax error spoils its own document only, and stands on its line", () => {
    const documents = parseDocuments("a: 1\n---\nb: [1\n---\nc: 3\n---\nd: 1\nd: 2\n", { file: "f.yaml" });
    expect(documents.map(({ root }) => root !== undefined)).toEqual([true, false, true, true]);
    expect(formatErrors(documents.flatMap(({ errors }) => errors))).toBe(
      [
        'f.yaml:4:1: error: found the end of the text, wanted "]"',
        'f.yaml:8:1: error: d: "d" stands here twice, first on line 7',
      ].join("\n"),
    );
  });

  it("begins each document on its line", () => {
    expect(splitDocuments("a: 1\n---\nb: 2\n...\nc: 3\n")).toEqual([
      { text: "a: 1\n", firstLine: 1 },
      { text: "---\nb: 2\n...\n", firstLine: 2 },
      { text: "c: 3\n", firstLine: 5 },
    ]);
  });
});
