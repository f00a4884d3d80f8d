import { Buffer } from "node:buffer";
import type { AbsentBy, FieldOptions, Schema } from "./schema.ts";
import { schema } from "./schema.ts";

const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

/** Bytes, written as base64 (either alphabet, padding optional). */
export function bytes<const O extends FieldOptions<Uint8Array> & { readonly maxLength?: number }>(
  options?: O,
): Schema<Uint8Array, AbsentBy<O>> {
  const maxLength = options?.maxLength ?? Infinity;
  return schema<Uint8Array, AbsentBy<O>>(
    "bytes",
    (node, context) => {
      if (node.kind !== "scalar" || !BASE64.test(node.text)) return context.wanted(node, "wrong_type", "bytes in base64");
      const decoded = Buffer.from(node.text, "base64");
      if (decoded.length > maxLength) return context.wanted(node, "out_of_range", `at most ${maxLength} bytes`);
      return new Uint8Array(decoded);
    },
    options,
  );
}
