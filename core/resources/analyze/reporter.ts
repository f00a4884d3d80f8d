import type { ResourceErrorCode } from "../document/error.ts";
import type { Node } from "../document/node.ts";
import type { DecodeContext } from "../schema/context.ts";
import { nodeOf } from "../schema/context.ts";
import { snakeCase } from "../schema/names.ts";

/** What a check across resources reports, at a field of an object that was read from a file. */
export interface Complaint {
  readonly code: ResourceErrorCode;
  readonly message: string;
  readonly found?: string;
  readonly wanted?: string;
  readonly severity?: "error" | "warning";
}

/** The node of a field of an object that was read, or of the object itself if the field is not there. */
function fieldNode(object: object, field?: string): Node | undefined {
  const node = nodeOf(object);
  if (node === undefined || field === undefined || node.kind !== "map") return node;
  return node.get(snakeCase(field)) ?? node.get(field) ?? node;
}

/** Reports at a field of an object, or at one item of it when `index` is given. What was not read from a file has no place. */
export function complain(
  context: DecodeContext,
  object: object,
  field: string | undefined,
  complaint: Complaint,
  index?: number,
): void {
  const { code, message, found = "", wanted = "", severity = "error" } = complaint;
  let node = fieldNode(object, field);
  if (index !== undefined && node?.kind === "list") node = node.items[index] ?? node;
  if (node === undefined)
    context.add({ file: "", line: 0, column: 0, path: field ?? "", severity, code, found, wanted, message });
  else context.report(node, code, message, { found, wanted, severity });
}
