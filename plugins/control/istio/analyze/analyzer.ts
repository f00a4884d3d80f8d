import type { Mesh } from "../mesh.ts";
import type { CodeName } from "./codes.ts";
import type { Findings } from "./findings.ts";

/** Looks at a mesh for one kind of mistake. Pure: what it finds depends on the mesh and the time given alone. */
export interface Analyzer {
  /** Istio's name of it where it has one. */
  readonly name: string;
  readonly codes: readonly CodeName[];
  /** `now`: milliseconds since 1970, for what expires. */
  analyze(mesh: Mesh, findings: Findings, now: number): void;
}
