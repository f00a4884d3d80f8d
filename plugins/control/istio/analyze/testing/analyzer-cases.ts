import { describe, expect, it } from "vitest";
import { formatErrors } from "../../../../../core/resources/schema/index.ts";
import { buildMesh } from "../../mesh.ts";
import { readMeshDocuments } from "../../read/read-mesh-documents.ts";
import type { Analyzer } from "../analyzer.ts";
import { Findings } from "../findings.ts";

/** One mesh and what an analyzer says of it: `line:column CODE resource: message`, in the order of the text. None: nothing is wrong. */
export type AnalyzerCase = readonly [title: string, text: string, ...said: string[]];

/** 2027-01-01. */
export const NOW = Date.UTC(2027, 0, 1);

/** What an analyzer finds in a text that reads without errors. */
export function findingsOf(analyzer: Analyzer, text: string): string[] {
  const { objects, errors } = readMeshDocuments(text, { file: "f.yaml" });
  expect(formatErrors(errors.filter(({ severity }) => severity === "error"))).toBe("");
  const findings = new Findings();
  analyzer.analyze(buildMesh(objects), findings, NOW);
  return findings.all
    .toSorted((a, b) => a.line - b.line || a.column - b.column)
    .map((one) => `${one.line}:${one.column} ${one.code} ${one.resource}: ${one.message}`);
}

/** Tests an analyzer on a table of meshes. */
export function testAnalyzer(analyzer: Analyzer, cases: readonly AnalyzerCase[]): void {
  describe(analyzer.name, () => {
    it.each(cases.map(([title, text, ...said]) => [title, text, said] as const))("%s", (_, text, said) => {
      expect(findingsOf(analyzer, text)).toEqual(said);
    });

    it("finds each of its codes in the table", () => {
      const found = cases.flatMap(([, , ...said]) => said.map((line) => line.split(" ")[1]));
      expect([...new Set(found)].sort()).toEqual([...analyzer.codes].sort());
    });
  });
}

/** Documents as one text. */
export const documents = (...texts: string[]): string => texts.join("---\n");

/** An object by its kind, its metadata in flow form, and its spec in flow form. */
export function object(kind: string, metadata: string, spec: string): string {
  const apiVersion = CORE.has(kind) ? "v1" : "networking.istio.io/v1";
  return `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { ${metadata} }\nspec: { ${spec} }\n`;
}

const CORE: ReadonlySet<string> = new Set(["Service", "Pod"]);
