import { finish, NO_PAUSES, type Pace, type Sliced } from "../../../../core/contract/sliced.ts";
import { isNull } from "../../../../core/resources/document/scalar.ts";
import {
  DecodeContext,
  parseDocumentsSliced,
  type MapNode,
  type Node,
  type ParseOptions,
  type ResourceError,
} from "../../../../core/resources/schema/index.ts";
import { describeNode } from "../../../../core/resources/document/error.ts";
import { whereOfNode } from "../../../../core/resources/schema/index.ts";
import type { MeshKindPlan } from "../kinds.ts";
import type { MeshObject } from "../object.ts";
import { validateObject } from "../validate/validate.ts";
import { identify } from "./identify.ts";
import { readObject } from "./read-object.ts";

/** How to read. */
export interface ReadOptions extends ParseOptions {
  /** The namespace of objects that name none. Default `default`. */
  readonly namespace?: string;
  /** What is known and not done is a warning, also where passing it over opens a door. Default false. */
  readonly allowUnsupported?: boolean;
  /** Gives objects with mistakes too, as far as they could be read: for analysis. Default false. */
  readonly partial?: boolean;
}

/** An object that was recognized and does nothing here: a Deployment, a Sidecar, an HTTPRoute. */
export interface OtherObject {
  readonly kind: string;
  readonly apiVersion: string;
  readonly node: MapNode;
}

/** What a file holds. It depends on the text and the options alone, so it may be kept for as long as they are the same. */
export interface MeshDocuments {
  /** The Envoy bootstrap among the documents, not read yet: `Bootstrap.decode` does. */
  readonly bootstrap: Node | undefined;
  /** In the order of the file. */
  readonly objects: readonly MeshObject[];
  /** Objects of kinds that are not read. What must be said of them is among `errors`. */
  readonly others: readonly OtherObject[];
  readonly errors: readonly ResourceError[];
  /** For each error the object that it is in, as `VirtualService default/reviews`; "" where there is none (a bootstrap, broken syntax). */
  readonly about: readonly string[];
}

/**
 * Reads a text with any number of documents and tells by content what each is: an Envoy bootstrap, or an object by its `apiVersion`
 * and `kind`; a `List` is opened. A mistake spoils its own object only.
 */
export function readMeshDocuments(text: string, options: ReadOptions): MeshDocuments {
  return finish(readMeshDocumentsSliced(text, options, NO_PAUSES));
}

/** As `readMeshDocuments`, with pauses: between documents, and while a long one is parsed. */
export function* readMeshDocumentsSliced(text: string, options: ReadOptions, pace: Pace): Sliced<MeshDocuments> {
  return yield* new Reader(options).read(text, pace);
}

class Reader {
  readonly #options: ReadOptions;
  readonly #context: DecodeContext;
  readonly #objects: MeshObject[] = [];
  readonly #others: OtherObject[] = [];
  #bootstrap: Node | undefined;
  #order = 0;
  readonly #about: string[] = [];

  constructor(options: ReadOptions) {
    this.#options = options;
    this.#context = new DecodeContext({ allowUnsupported: options.allowUnsupported, partial: options.partial });
  }

  *read(text: string, pace: Pace): Sliced<MeshDocuments> {
    for (const { root, errors } of yield* parseDocumentsSliced(text, this.#options, pace)) {
      if (pace.due()) yield;
      for (const error of errors) this.#context.add(error);
      const spoilt = errors.some(({ severity }) => severity === "error");
      if (root === undefined || isNull(root) || (spoilt && this.#options.partial !== true)) continue;
      this.#document(root, false);
    }
    this.#attribute("");
    return {
      bootstrap: this.#bootstrap,
      objects: this.#objects,
      others: this.#others,
      errors: this.#context.errors,
      about: this.#about,
    };
  }

  /** Says what the errors are about that came since the last time. */
  #attribute(resource: string): void {
    while (this.#about.length < this.#context.errors.length) this.#about.push(resource);
  }

  #document(root: Node, item: boolean): void {
    const context = this.#context;
    if (root.kind !== "map") {
      const wanted = item
        ? 'an object with "apiVersion" and "kind"'
        : 'an object with "apiVersion" and "kind", or an Envoy bootstrap';
      context.report(root, "wrong_type", `found ${describeNode(root)}, wanted ${wanted}`, { found: describeNode(root), wanted });
      return;
    }
    const identity = identify(root);
    switch (identity.is) {
      case "bootstrap":
        this.#foundBootstrap(root, item);
        break;
      case "object":
        this.#object(root, identity.plan, identity.apiVersion);
        break;
      case "list":
        this.#list(root);
        break;
      case "other": {
        const { kind, severity, why } = identity.other;
        this.#others.push({ kind, apiVersion: identity.apiVersion, node: root });
        context.report(root.get("kind") ?? root, "unsupported_kind", `${kind} is not supported: ${why}`, {
          found: kind,
          severity: context.allowUnsupported ? "warning" : severity,
        });
        break;
      }
      case "foreign":
        this.#others.push({ kind: identity.kind, apiVersion: identity.apiVersion, node: root });
        break;
      case "unknown": {
        const at = identity.key === undefined ? root : (root.get(identity.key) ?? root);
        const found = identity.key === undefined ? "" : describeNode(at);
        const message =
          identity.code === "wrong_type" && identity.key !== undefined ? `found ${found}, ${identity.message}` : identity.message;
        context.report(at, identity.code, message, { found, wanted: identity.wanted });
      }
    }
  }

  #foundBootstrap(root: MapNode, item: boolean): void {
    if (item) {
      const wanted = 'an object with "apiVersion" and "kind"';
      this.#context.report(root, "wrong_type", `found an Envoy bootstrap in a List, wanted ${wanted}`, { wanted });
    } else if (this.#bootstrap !== undefined) {
      const { line } = whereOfNode(this.#bootstrap);
      this.#context.report(root, "duplicate_name", `found a second Envoy bootstrap, the first is on line ${line}`);
    } else this.#bootstrap = root;
  }

  #list(root: MapNode): void {
    const items = root.get("items");
    if (items === undefined || isNull(items)) return;
    if (items.kind !== "list") {
      this.#context.wanted(items, "wrong_type", "a list of objects");
      return;
    }
    for (const item of items.items) this.#document(item, true);
  }

  /** `spoilt`: fields that must be set may be missing. That they are was said; what else is wrong is found as far as it can be. */
  #validate(object: MeshObject, spoilt: boolean): void {
    if (spoilt && this.#options.partial !== true) return;
    try {
      validateObject(object, this.#context);
    } catch (error) {
      if (!spoilt || !(error instanceof TypeError)) throw error;
    }
  }

  #object(root: MapNode, plan: MeshKindPlan, apiVersion: string): void {
    const context = this.#context;
    const before = context.failures;
    this.#attribute("");
    const object = readObject(
      root,
      plan,
      { apiVersion, namespace: this.#options.namespace ?? "default", order: this.#order++ },
      context,
    );
    if (object !== undefined) this.#validate(object, context.failures > before);
    if (object !== undefined && (context.failures === before || this.#options.partial === true)) this.#objects.push(object);
    this.#attribute(labelOf(root, plan, this.#options.namespace));
  }
}

/** The name of an object that perhaps could not be read. */
function labelOf(root: MapNode, { kind }: MeshKindPlan, defaultNamespace = "default"): string {
  const metadata = root.get("metadata");
  const text = (key: string): string | undefined => {
    const member = metadata?.kind === "map" ? metadata.get(key) : undefined;
    return member?.kind === "scalar" && member.text !== "" ? member.text : undefined;
  };
  const name = text("name") ?? "?";
  return kind === "Namespace" ? `${kind} ${name}` : `${kind} ${text("namespace") ?? defaultNamespace}/${name}`;
}
