import type { ErrorDetails, ResourceError, ResourceErrorCode } from "../document/error.ts";
import { describeNode, errorAt } from "../document/error.ts";
import { hiddenField } from "../document/hidden-field.ts";
import type { MapNode, Node, Where } from "../document/node.ts";
import { whereOfNode } from "../document/node.ts";

/** How strict reading is. */
export interface DecodeOptions {
  /** What Envoy has and this proxy does not is a warning instead of an error; the field is then as if unset. Default false. */
  readonly allowUnsupported?: boolean;
  /**
   * What an unknown field is. "error" (default) for files; "count" for resources received over xDS, where a newer control plane
   * must be able to talk to an older proxy: `unknownFields` tells how many there were, unsupported ones become warnings.
   */
  readonly unknownFields?: "error" | "count";
  /**
   * Reads on after mistakes and gives what could be read, fields that are wrong as if unset (also required ones: the types do not
   * hold). For analysis, which wants to look at the rest of a file as well. Default false.
   */
  readonly partial?: boolean;
}

/** Collects what reading finds: all mistakes, not only the first. One for each document or update. */
export class DecodeContext {
  readonly errors: ResourceError[] = [];
  readonly allowUnsupported: boolean;
  readonly countUnknown: boolean;
  readonly partial: boolean;
  /** How many unknown fields were passed over. */
  unknownFields = 0;
  /** How often an error, not a warning, was met: more than `errors` has when some were met twice. */
  failures = 0;
  /** How often anything was reported, warnings and repetitions too: who keeps what was read keeps only what was read in silence. */
  reports = 0;
  readonly #seen = new Set<string>();

  constructor(options: DecodeOptions = {}) {
    this.countUnknown = options.unknownFields === "count";
    this.partial = options.partial === true;
    this.allowUnsupported = options.allowUnsupported === true || this.countUnknown;
  }

  /** Reports a mistake at a node. What an alias repeats is reported once. */
  report(node: Node, code: ResourceErrorCode, message: string, details?: ErrorDetails): void {
    this.add(errorAt(node, code, message, details));
  }

  add(error: ResourceError): void {
    this.reports++;
    // Counted also when it was reported before: whoever reads on must know that reading failed.
    if (error.severity === "error") this.failures++;
    const identity = `${error.file}\0${error.line}\0${error.column}\0${error.path}\0${error.message}`;
    if (this.#seen.has(identity)) return;
    this.#seen.add(identity);
    this.errors.push(error);
  }

  /** Reports `found X, wanted Y`; returns undefined for the reader to return. */
  wanted(node: Node, code: ResourceErrorCode, wanted: string, hint = ""): undefined {
    const found = describeNode(node);
    this.report(node, code, `found ${found}, wanted ${wanted}${hint === "" ? "" : `; ${hint}`}`, { found, wanted });
    return undefined;
  }
}

const places = hiddenField<Node>();

/** Remembers which node an object was read from. */
export function remember(value: object, node: Node): void {
  places.set(value, node);
}

/**
 * Where an object of a resource was written: any message that was read (a Route, a HeaderMatcher, ...), not lists and not what
 * was made by hand. Costs nothing until asked.
 */
export function whereOf(value: object): Where | undefined {
  const node = places.get(value);
  return node && whereOfNode(node);
}

/** The node that an object was read from, to report a mistake at one of its members. */
export function nodeOf(value: object): Node | undefined {
  return places.get(value);
}

/** The offset of a key of a map, for errors that are about the key. */
export function keyOffset(node: MapNode, key: string): number {
  const index = node.keys.indexOf(key);
  return index < 0 ? node.offset : node.keyOffsets[index];
}
