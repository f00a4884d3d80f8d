import type { Pace, Sliced } from "../../core/contract/sliced.ts";
import { errorAt, type Node, type ResourceError, whereOfNode } from "../../core/resources/schema/index.ts";
import type { MeshObject } from "../../plugins/control/istio/object.ts";
import { type MeshDocuments, readMeshDocumentsSliced } from "../../plugins/control/istio/read/read-mesh-documents.ts";
import type { TreeFile } from "../config-files.ts";
import type { FileText } from "./file-texts.ts";

/** What all files hold, put together. */
export interface Documents {
  /** The only Envoy bootstrap, not read yet, and the whole text of its file. */
  readonly bootstrap: { readonly root: Node; readonly file: string; readonly text: string } | undefined;
  /** In the order of the files. */
  readonly objects: readonly MeshObject[];
  readonly errors: readonly ResourceError[];
}

interface Entry {
  readonly text: string;
  readonly documents: MeshDocuments;
}

/** Parses files, each only when its text is another one: the objects of a file that did not change are the same objects. */
export class DocumentCache {
  readonly #options: { readonly namespace: string; readonly allowUnsupported: boolean };
  #entries: ReadonlyMap<string, Entry> = new Map();

  constructor(options: { readonly namespace: string; readonly allowUnsupported: boolean }) {
    this.#options = options;
  }

  /** @param texts those of the files, in their order. */
  *read(files: readonly TreeFile[], texts: readonly FileText[], pace: Pace): Sliced<Documents> {
    const entries = new Map<string, Entry>();
    const objects: MeshObject[] = [];
    const errors: ResourceError[] = [];
    let bootstrap: Documents["bootstrap"];
    for (const [i, { file, found, isLink }] of files.entries()) {
      const text = texts[i];
      if (typeof text !== "string") {
        // One that went away since its folder was listed is no part of it any more; a link that leads nowhere is a mistake.
        if (found && !isLink && text.isMissing) continue;
        errors.push(problem(file, "syntax", text.reason));
        continue;
      }
      const known = this.#entries.get(file);
      const documents =
        known?.text === text ? known.documents : yield* readMeshDocumentsSliced(text, { ...this.#options, file }, pace);
      entries.set(file, { text, documents });
      errors.push(...documents.errors);
      objects.push(...documents.objects);
      const { bootstrap: root, others } = documents;
      if (root !== undefined && bootstrap !== undefined) errors.push(secondBootstrap(root, bootstrap.root));
      else if (root !== undefined) bootstrap = { root, file, text };
      else if (!found && documents.errors.length + documents.objects.length + others.length === 0) errors.push(isEmpty(file));
      if (pace.due()) yield;
    }
    this.#entries = entries;
    return { bootstrap, objects, errors };
  }
}

function secondBootstrap(root: Node, first: Node): ResourceError {
  const { file, line } = whereOfNode(first);
  return errorAt(root, "duplicate_name", `found a second Envoy bootstrap, the first is in ${file}:${line}`);
}

function isEmpty(file: string): ResourceError {
  return problem(file, "wrong_type", "found an empty document, wanted an object", 1);
}

function problem(file: string, code: "syntax" | "wrong_type", message: string, line = 0): ResourceError {
  return { file, line, column: line, path: "", severity: "error", code, found: "", wanted: "", message };
}
