import type { ResourceError } from "../../../../core/resources/schema/index.ts";
import type { Mesh } from "../mesh.ts";
import { ANALYZERS } from "./analyzers.ts";
import { CODES } from "./codes.ts";
import { Findings, type Finding } from "./findings.ts";

/**
 * What all analyzers find in a mesh. `now`: milliseconds since 1970. `whole`: the mesh without objects that were read only in part, when there are such: fields that must be set
 * may be missing in them. An analyzer that relies on one looks at the whole ones alone.
 */
export function analyzeMesh(mesh: Mesh, now: number, whole: Mesh = mesh): readonly Finding[] {
  const all: Finding[] = [];
  for (const analyzer of ANALYZERS) {
    let findings = new Findings();
    try {
      analyzer.analyze(mesh, findings, now);
    } catch (error) {
      if (!(error instanceof TypeError) || whole === mesh) throw error;
      findings = new Findings();
      analyzer.analyze(whole, findings, now);
    }
    all.push(...findings.all);
  }
  return all;
}

/** A mistake of reading or validation as a finding: Istio has one code for all errors of that kind, and one for all warnings. */
export function schemaFinding(error: ResourceError, resource: string): Finding {
  const { file, line, column, path, severity } = error;
  const code = severity === "error" ? "IST0106" : "IST0133";
  const message = path === "" ? error.message : `${path}: ${error.message}`;
  return { file, line, column, path, code, severity: CODES[code].severity, reason: error.code, resource, message };
}
