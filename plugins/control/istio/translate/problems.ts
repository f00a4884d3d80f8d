import { errorAt, type Node, type ResourceError, type ResourceErrorCode } from "../../../../core/resources/schema/index.ts";

/** Collects what a translation has to say. */
export class Problems {
  readonly list: ResourceError[] = [];

  /** Something that is not as its author may think, or a part that is left out while what it refers to is not there. */
  warn(node: Node, code: ResourceErrorCode, message: string): void {
    this.list.push(errorAt(node, code, message, { severity: "warning" }));
  }

  /** Something that can't be done, and what depends on it neither: with `--allow-unsupported` what is unsupported is a warning. */
  fail(node: Node, code: ResourceErrorCode, message: string): void {
    this.list.push(errorAt(node, code, message));
  }

  /** A setting that the data plane does not do yet: it is left out. */
  unsupported(node: Node, field: string, message: string): void {
    this.warn(node, "unsupported_field", `"${field}" is not supported: ${message}`);
  }
}
