import type { ResourceErrorCode } from "../../../../core/resources/schema/index.ts";
import { locate, nodeOf, type DecodeContext, type MapNode } from "../../../../core/resources/schema/index.ts";

/** Keys and indexes from a message to what is wrong in it; what is not written there is named by the message around it. */
export type Path = readonly (string | number)[];

/** Takes the mistakes that validation finds in one object, and gives them their places. */
export class Report {
  readonly #object: MapNode;
  readonly #context: DecodeContext;

  constructor(object: MapNode, context: DecodeContext) {
    this.#object = object;
    this.#context = context;
  }

  /** A mistake at a member of a message that was read. */
  error(at: object, path: Path, message: string, code: ResourceErrorCode = "invalid_value"): void {
    this.#context.report(locate(nodeOf(at) ?? this.#object, path), code, message);
  }

  /** What Istio accepts and should not be. */
  warning(at: object, path: Path, message: string, code: ResourceErrorCode = "invalid_value"): void {
    this.#context.report(locate(nodeOf(at) ?? this.#object, path), code, message, { severity: "warning" });
  }

  /** What Istio does and this proxy does not: to pass it over would change what is served. */
  unsupported(at: object, path: Path, message: string): void {
    const severity = this.#context.allowUnsupported ? "warning" : "error";
    this.#context.report(locate(nodeOf(at) ?? this.#object, path), "unsupported_value", message, { severity });
  }

  /** A mistake in the key of a map that is a member of a message. */
  keyError(at: object, path: Path, key: string, message: string): void {
    const map = locate(nodeOf(at) ?? this.#object, path);
    if (map.kind !== "map") this.#context.report(map, "invalid_value", message);
    else {
      const offset = map.keyOffsets[map.keys.indexOf(key)];
      this.#context.report(map, "invalid_value", message, { found: JSON.stringify(key), key, offset });
    }
  }

  /** A mistake in the object's `metadata`. */
  metadata(path: Path, message: string): void {
    this.#context.report(locate(this.#object, ["metadata", ...path]), "invalid_value", message);
  }
}
