import { nodeOf } from "../resources/schema/index.ts";
import type { DecodeContext, ResourceErrorCode } from "../resources/schema/index.ts";

/** Reports a mistake at an object of a resource; without a place when it was not read from a text. */
export function complain(context: DecodeContext, about: object, code: ResourceErrorCode, message: string): void {
  const node = nodeOf(about);
  if (node !== undefined) context.report(node, code, message);
  else context.add({ file: "", line: 0, column: 0, path: "", severity: "error", code, found: "", wanted: "", message });
}
