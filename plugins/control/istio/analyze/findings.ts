import {
  locate,
  nodeOf,
  whereOfNode,
  type Node,
  type ResourceErrorCode,
  type Where,
} from "../../../../core/resources/schema/index.ts";
import type { MeshObject } from "../object.ts";
import type { Path } from "../validate/report.ts";
import { CODES, type CodeName, type Severity } from "./codes.ts";

/** What an analyzer found, at its place. */
export interface Finding extends Where {
  /** Istio's code, or for an Envoy bootstrap the code of the error. */
  readonly code: string;
  readonly severity: Severity;
  /** With IST0106 and IST0133: the code of the error (`unknown_field`). */
  readonly reason?: ResourceErrorCode;
  /** What it is about: `VirtualService default/reviews`. "" for what is no object. */
  readonly resource: string;
  readonly message: string;
}

/** `VirtualService default/reviews`; cluster-wide kinds have no namespace. */
export function resourceName(object: Pick<MeshObject, "kind" | "namespace" | "name">): string {
  return object.kind === "Namespace" ? `${object.kind} ${object.name}` : `${object.kind} ${object.namespace}/${object.name}`;
}

/** `namespace/name`, as messages name the other object. */
export function fullName(object: Pick<MeshObject, "namespace" | "name">): string {
  return `${object.namespace}/${object.name}`;
}

/** Collects findings. */
export class Findings {
  readonly all: Finding[] = [];
  readonly #seen = new Set<string>();

  /** At a member of a message of the object. What is not written there is named by what is around it. */
  add(code: CodeName, object: MeshObject, at: object, path: Path, message: string): void {
    this.#push(code, object, locate(nodeOf(at) ?? object.node, path), message);
  }

  /** At the name of the object, for what is about it as a whole. */
  addObject(code: CodeName, object: MeshObject, message: string): void {
    this.#push(code, object, locate(object.node, ["metadata", "name"]), message);
  }

  #push(code: CodeName, object: MeshObject, node: Node, message: string): void {
    const where = whereOfNode(node);
    const key = `${code} ${where.file} ${where.line} ${where.column} ${message}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.all.push({ ...where, code, severity: CODES[code].severity, resource: resourceName(object), message });
  }
}
