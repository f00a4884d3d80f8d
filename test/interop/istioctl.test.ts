import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { analyzeMesh } from "../../plugins/control/istio/analyze/analyze-mesh.ts";
import { buildMesh } from "../../plugins/control/istio/mesh.ts";
import { readMeshDocuments } from "../../plugins/control/istio/read/read-mesh-documents.ts";
import { skipped } from "../lib/describe.ts";
import { findIstioctl, skipReason } from "../lib/tools.ts";
import { brokenCases, meshCases, type IstioctlCase } from "./istioctl-cases.ts";
import { brokenDifferences, meshDifferences, type IstioctlDifference } from "./istioctl-differences.ts";

const istioctl = findIstioctl();
const title = "the same findings as istioctl analyze";

/** What istioctl says of the files: codes with what they are about, by file. What it can't read is an error of the schema. */
function askIstioctl(binary: string, files: readonly string[]): Map<string, string[]> {
  let output: string;
  try {
    output = execFileSync(binary, ["analyze", "--use-kube=false", "--all-namespaces", "-o", "json", ...files], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
  } catch (error) {
    // It exits 79 when there are errors among its findings.
    output = (error as { stdout?: string }).stdout ?? "";
  }
  const said = new Map<string, string[]>(files.map((file) => [file, []]));
  const start = output.search(/^\[/m);
  expect(start, output).toBeGreaterThanOrEqual(0);
  for (const [, file] of output.slice(0, start).matchAll(/error processing (\S+)\[\d+\]: /g)) said.get(file)?.push("IST0106 ?");
  for (const { code, origin, reference } of JSON.parse(output.slice(start)) as {
    code: string;
    origin: string;
    reference: string;
  }[])
    said.get(reference.replace(/:\d+$/, ""))?.push(`${code} ${origin}`);
  return said;
}

/** Which kind of mistake of an object's own: IST0106 is an error, IST0133 a warning. */
function verdict(codes: readonly string[]): "error" | "warning" | "right" {
  if (codes.some((code) => code.startsWith("IST0106"))) return "error";
  return codes.some((code) => code.startsWith("IST0133")) ? "warning" : "right";
}

/** What istioctl looks at without a cluster: it leaves out all that needs Services, Pods or Secrets. */
const COMPARED =
  /^(?:IST0101 VirtualService|IST0106|IST0109|IST0128|IST0129|IST0130|IST0131|IST0132|IST0133|IST0134|IST0138|IST0177)/;

if (istioctl.path === undefined) skipped(title, skipReason(istioctl));
else {
  const binary = istioctl.path;
  describe(title, { timeout: 60_000 }, () => {
    let folder: string;
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), "isthmus-istioctl-"));
    });
    afterAll(() => rmSync(folder, { recursive: true }));

    const write = (prefix: string, cases: readonly IstioctlCase[]): string[] =>
      cases.map(({ text }, index) => {
        const file = join(folder, `${prefix}${index}.yaml`);
        writeFileSync(file, text);
        return file;
      });

    describe("of single objects", () => {
      const theirs: string[] = [];
      beforeAll(() => {
        // One name each: they are all read at once.
        const cases = brokenCases.map(({ name, text }, i) => ({ name, text: text.replace("name: it", `name: it-${i}`) }));
        const files = write("broken", cases);
        const said = askIstioctl(binary, files);
        for (const file of files) theirs.push(verdict(said.get(file) ?? []));
      }, 60_000);

      it.each(brokenCases.map(({ name, text }, index) => [name, text, index] as const))("%s", (name, text, index) => {
        const { errors } = readMeshDocuments(text, { file: "f.yaml" });
        const ours = errors.some(({ severity }) => severity === "error") ? "error" : errors.length > 0 ? "warning" : "right";
        if (differs(brokenDifferences, name)) expect(ours).not.toBe(theirs[index]);
        else expect(ours).toBe(theirs[index]);
      });
    });

    describe("of several objects", () => {
      it.each(meshCases.map(({ name, text }, index) => [name, text, index] as const))("%s", (name, text, index) => {
        const [file] = write(`mesh${index}-`, [{ name, text }]);
        const theirs = compared(askIstioctl(binary, [file]).get(file) ?? []);
        const { objects, errors } = readMeshDocuments(text, { file });
        expect(errors).toEqual([]);
        const ours = compared(analyzeMesh(buildMesh(objects), Date.now()).map(({ code, resource }) => `${code} ${resource}`));
        if (differs(meshDifferences, name)) expect(ours).not.toEqual(theirs);
        else expect(ours).toEqual(theirs);
      });
    });

    it("every difference that is told is one", () => {
      for (const { cases } of [...brokenDifferences, ...meshDifferences])
        expect(
          [...brokenCases, ...meshCases].some(({ name }) => cases.test(name)),
          String(cases),
        ).toBe(true);
    });
  });
}

/** Without those that need a host of a Service: istioctl does not look for these. */
function compared(codes: readonly string[]): string[] {
  return [...new Set(codes.filter((code) => COMPARED.test(code)))].sort();
}

function differs(differences: readonly IstioctlDifference[], name: string): boolean {
  return differences.some(({ cases }) => cases.test(name));
}
