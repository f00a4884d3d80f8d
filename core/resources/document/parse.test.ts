import { describe, expect, it } from "vitest";
import { formatErrors } from "./error.ts";
import type { Node } from "./node.ts";
import { locate, originOf, whereOfNode } from "./node.ts";
import { nodesOf, parseDocument } from "./parse.ts";
import { toJson } from "./scalar.ts";

const read = (text: string, file = "f.yaml"): Node => {
  const { root, errors } = parseDocument(text, { file });
  expect(formatErrors(errors)).toBe("");
  return root as Node;
};
const json = (text: string, file?: string): unknown => JSON.parse(JSON.stringify(toJson(read(text, file))));

describe("YAML", () => {
  it.each([
    ["block collections", "a:\n  b: 1\n  c:\n  - 2\n  - d: 3\n", { a: { b: 1, c: [2, { d: 3 }] } }],
    ["a list at the column of its key", "a:\n- 1\n- 2\nb: 3\n", { a: [1, 2], b: 3 }],
    ["flow collections over lines", "a: { b: [1,\n   2], # note\n   c: 'x' }\n", { a: { b: [1, 2], c: "x" } }],
    ["quoted texts", `a: 'it''s'\nb: "tab\\t\\u00e9"\n"c d": 1\n`, { a: "it's", b: "tab\té", "c d": 1 }],
    ["addresses and URLs", "a: http://[::1]:80/x#y\nb: 10.0.0.1:80\n", { a: "http://[::1]:80/x#y", b: "10.0.0.1:80" }],
    ["substitutions", 'a: "%REQ(X)% %PROTOCOL%"\n', { a: "%REQ(X)% %PROTOCOL%" }],
    ["literal text", "a: |\n  x: y # z\n\n    w\nb: 1\n", { a: "x: y # z\n\n  w\n", b: 1 }],
    ["folded text", "a: >-\n  x\n  y\n", { a: "x y" }],
    ["text over lines", "a: x\n  y\n", { a: "x y" }],
    ["anchors", "a: &x { b: 1 }\nc: *x\nd: [*x]\n", { a: { b: 1 }, c: { b: 1 }, d: [{ b: 1 }] }],
    ["tags that say what a scalar is", "a: !!str 5\nb: ! 6\nc: !!int '7'\n", { a: "5", b: "6", c: 7 }],
    ["a document marker and directives", "%YAML 1.2\n---\na: 1\n...\n", { a: 1 }],
    ["a comment before the marker", "# head\n---\na: 1\n", { a: 1 }],
    ["Windows lines", "a: 1\r\nb:\r\n- x\r\n", { a: 1, b: ["x"] }],
    ["a byte order mark", "\ufeffa: 1\n", { a: 1 }],
    ["explicit keys", "? a\n: 1\n", { a: 1 }],
    ["JSON", '{"a": [1, true, null, "x"]}', { a: [1, true, null, "x"] }],
    ["numbers as Envoy reads them", "[010, 0x10, 1.5, -3, 1e2]", [8, 16, 1.5, -3, 100]],
  ])("reads %s", (_, text, wanted) => {
    expect(json(text)).toEqual(wanted);
  });

  it("tells where a value stands, in either parser", () => {
    for (const head of ["", "x: &anchor 1\n"]) {
      const root = read(`${head}a:\n  - { b: c }\n`);
      const c = locate(root, ["a", 0, "b"]);
      expect(whereOfNode(c)).toEqual({ file: "f.yaml", line: head === "" ? 2 : 3, column: 10, path: "a[0].b" });
      expect(originOf(c).file).toBe("f.yaml");
    }
  });

  it("quotes keys that are not names in a path", () => {
    const root = read('a: { "x.y": { 5: b } }');
    expect(whereOfNode(locate(root, ["a", "x.y", "5"])).path).toBe('a["x.y"]["5"]');
  });

  it("goes as deep as exists", () => {
    expect(whereOfNode(locate(read("a: { b: 1 }"), ["a", "c", 5])).path).toBe("a");
  });

  it("reads ten thousand routes on one line in linear time", () => {
    const line = (count: number): string =>
      `r: [${Array.from({ length: count }, (_, i) => `{ match: { path: '/svc/${i}' }, route: { cluster: o } }`).join(", ")}]\n`;
    const time = (text: string): number => {
      const start = performance.now();
      read(text);
      return performance.now() - start;
    };
    time(line(1000));
    const small = Math.max(1, time(line(2000)));
    // Five times as much: quadratic would be 25 times.
    expect(time(line(10_000))).toBeLessThan(15 * small + 20);
  });
});

describe("JSON", () => {
  it("is chosen by the name of the file, and read strictly", () => {
    expect(json('{"a": [1.5e3, "\\u00e9\\n", {}, []], "b": null}', "f.json")).toEqual({ a: [1500, "é\n", {}, []], b: null });
    expect(parseDocument("a: 1", { file: "f.json" }).errors).toHaveLength(1);
    expect(parseDocument("a: 1", { file: "f.json", format: "yaml" }).errors).toHaveLength(0);
  });

  it("keeps numbers and texts apart", () => {
    expect(json('{"a": "5", "b": 5, "c": "true"}', "f.json")).toEqual({ a: "5", b: 5, c: "true" });
  });

  it("refuses what is nested too deeply", () => {
    const { errors } = parseDocument("[".repeat(200), { file: "f.json" });
    expect(formatErrors(errors)).toBe("f.json:1:101: error: nested more than 100 deep");
  });
});

describe("values without a text", () => {
  it("have a path and no line", () => {
    const root = nodesOf({ a: [{ b: 5 }], c: undefined, d: null, e: "x", f: true }, { file: "cds", pathPrefix: "resources[0]" });
    expect(JSON.parse(JSON.stringify(toJson(root)))).toEqual({ a: [{ b: 5 }], d: null, e: "x", f: true });
    expect(whereOfNode(locate(root, ["a", 0, "b"]))).toEqual({ file: "cds", line: 0, column: 0, path: "resources[0].a[0].b" });
  });
});
