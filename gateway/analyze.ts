import { analyzeText } from "../core/resources/analyze/index.ts";
import { originOf } from "../core/resources/document/node.ts";
import { clock } from "../core/transport/clock.ts";
import type { Node, ResourceError } from "../core/resources/schema/index.ts";
import { analyzeMesh, schemaFinding } from "../plugins/control/istio/analyze/analyze-mesh.ts";
import type { Severity } from "../plugins/control/istio/analyze/codes.ts";
import { resourceName, type Finding } from "../plugins/control/istio/analyze/findings.ts";
import { buildMesh, type Mesh } from "../plugins/control/istio/mesh.ts";
import type { MeshObject } from "../plugins/control/istio/object.ts";
import { readMeshDocuments } from "../plugins/control/istio/read/read-mesh-documents.ts";
import { translate } from "../plugins/control/istio/translate/index.ts";
import { ReadError } from "./read-text.ts";
import { allFilters } from "./filters.ts";
import { compileWhatReads } from "./compile-what-reads.ts";
import { Gateway } from "./gateway.ts";

/** What was read of one file. */
export interface FileContent {
  readonly file: string;
  readonly text: string | Error;
  /** Found in a folder, not named: then it may be empty. */
  readonly found?: boolean;
}

/** How to analyze. */
export interface AnalyzeFilesOptions {
  readonly json: boolean;
  readonly allowUnsupported: boolean;
  /** Of objects that name none. */
  readonly namespace?: string;
}

/**
 * Prints every mistake in the files, which are looked at together. The exit code: 1 when there is an error among them. Nothing is started
 * and no address is bound.
 */
export async function analyzeFiles(files: readonly FileContent[], options: AnalyzeFilesOptions): Promise<number> {
  const findings: Finding[] = [];
  const objects: MeshObject[] = [];
  const whole: MeshObject[] = [];
  for (const { file, text, found } of files) {
    if (text instanceof Error) {
      const message = text instanceof ReadError ? text.reason : text.message;
      findings.push({ file, line: 0, column: 0, path: "", severity: "error", code: "syntax", resource: "", message });
      continue;
    }
    const read = readMeshDocuments(text, { ...options, file, partial: true });
    const empty = read.errors.length + read.objects.length + read.others.length === 0;
    const bootstrap =
      read.bootstrap !== undefined || (empty && found !== true)
        ? await analyzeBootstrap(bootstrapTextOf(read.bootstrap, text), file, options)
        : [];
    const known = new Set(bootstrap.map(placeOf));
    findings.push(...bootstrap.map(plainFinding));
    read.errors.forEach((error, index) => {
      const resource = read.about[index];
      if (resource !== "") findings.push(schemaFinding(error, resource));
      else if (!known.has(placeOf(error))) findings.push(plainFinding(error));
    });
    const broken = new Set(read.about.filter((_, index) => read.errors[index].severity === "error"));
    objects.push(...read.objects);
    whole.push(...read.objects.filter((object) => !broken.has(resourceName(object))));
  }
  const mesh = buildMesh(objects);
  const sound = buildMesh(whole);
  findings.push(
    ...mesh.errors.map(plainFinding),
    ...analyzeMesh(mesh, clock.wallNow(), sound),
    ...leftOut(sound, options.namespace),
  );
  const order = new Map(files.map(({ file }, index) => [file, index]));
  const sorted = findings.toSorted(
    (a, b) => (order.get(a.file) ?? 0) - (order.get(b.file) ?? 0) || a.line - b.line || a.column - b.column,
  );
  return print(sorted, options.json);
}

/** What a gateway of these files would leave out, because it does not do it: for each kind of gateway that a selector names. */
function leftOut(mesh: Mesh, namespace = "default"): Finding[] {
  const selectors = new Map(mesh.gateways.map(({ spec }) => [JSON.stringify(spec.selector ?? {}), spec.selector ?? {}]));
  const problems = [...selectors.values()].flatMap(
    (labels) => translate({ kind: "ingress-gateway", labels, namespace }, mesh).problems,
  );
  const seen = new Set<string>();
  return problems
    .filter(({ code }) => code === "unsupported_field")
    .filter((problem) => !seen.has(placeOf(problem) + problem.file) && seen.add(placeOf(problem) + problem.file))
    .map(plainFinding);
}

/** The text of the bootstrap alone, its lines where they are in the file. */
function bootstrapTextOf(bootstrap: Node | undefined, text: string): string {
  if (bootstrap === undefined) return text;
  const origin = originOf(bootstrap);
  return "\n".repeat(origin.firstLine - 1) + origin.text;
}

async function analyzeBootstrap(
  text: string,
  file: string,
  { allowUnsupported }: AnalyzeFilesOptions,
): Promise<readonly ResourceError[]> {
  const found = analyzeText(text, { file, allowUnsupported });
  // What only building finds: plugins and their schemas, regular expressions, formats. It needs resources that read well.
  const built = found.some((e) => e.severity === "error")
    ? compileWhatReads(text, { file, allowUnsupported })
    : await Gateway.check({ file, text, filters: allFilters, allowUnsupported, logLevel: "off" });
  const known = new Set(found.map(placeOf));
  return [...found, ...built.filter((e) => !known.has(placeOf(e)))];
}

function placeOf(e: ResourceError): string {
  return `${e.line}:${e.column}:${e.path}:${e.message}`;
}

/** Of what is no object of Istio's: with the code of the error. */
function plainFinding(error: ResourceError): Finding {
  return { ...error, resource: "" };
}

function print(findings: readonly Finding[], json: boolean): number {
  const count = (severity: Severity): number => findings.filter((finding) => finding.severity === severity).length;
  const failures = count("error");
  if (json) process.stdout.write(JSON.stringify(findings, null, 2) + "\n");
  else {
    for (const finding of findings) process.stdout.write(formatFinding(finding) + "\n");
    const parts: [Severity, number, string][] = [
      ["error", failures, "errors"],
      ["warning", count("warning"), "warnings"],
      ["info", count("info"), "infos"],
    ];
    const told = parts.filter(([severity, number]) => severity !== "info" || number > 0);
    process.stderr.write(told.map(([one, number, many]) => `${number} ${number === 1 ? one : many}`).join(", ") + "\n");
  }
  return failures > 0 ? 1 : 0;
}

/** `file:line:column: error: [IST0101] VirtualService default/a: message`, or for what is no object `file:line:column: error: path: message`. */
function formatFinding({ file, line, column, severity, code, resource, path, message }: Finding): string {
  const place = line > 0 ? `${file}:${line}:${column}` : file;
  const about = code.startsWith("IST") ? `[${code}] ${resource}` : path;
  return [place, severity, about, message].filter((part) => part !== "").join(": ");
}
