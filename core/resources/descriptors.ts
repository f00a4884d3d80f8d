import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { FileRegistry } from "@bufbuild/protobuf";
import type * as Protobuf from "@bufbuild/protobuf";
import type * as WellKnown from "@bufbuild/protobuf/wkt";

/** Where `scripts/build-descriptors.mjs` puts its file, seen from a bundle, from one of its chunks, and from the source tree. */
const PLACES = ["./descriptors.bin", "../descriptors.bin", "../../dist/descriptors.bin"];

let registry: FileRegistry | null | undefined;

/**
 * All messages of Envoy's API, read on first use from the descriptor set that the build makes (about a tenth of a second);
 * undefined when there is none. Only xDS and the telling of unsupported from unknown fields need it.
 */
export function envoyDescriptors(): FileRegistry | undefined {
  if (registry === undefined) registry = load();
  return registry ?? undefined;
}

function load(): FileRegistry | null {
  for (const place of PLACES) {
    let bytes: Uint8Array;
    try {
      bytes = readFileSync(new URL(place, import.meta.url));
    } catch {
      continue;
    }
    // Not imported: a gateway that reads a correct file never needs it.
    const require = createRequire(import.meta.url);
    const { createFileRegistry, fromBinary } = require("@bufbuild/protobuf") as typeof Protobuf;
    const { FileDescriptorSetSchema } = require("@bufbuild/protobuf/wkt") as typeof WellKnown;
    return createFileRegistry(fromBinary(FileDescriptorSetSchema, bytes));
  }
  return null;
}

/** Whether Envoy's API has this field, by either name. False when there are no descriptors. */
export function knownField(typeName: string, field: string): boolean {
  const message = envoyDescriptors()?.getMessage(typeName);
  return message?.fields.some(({ name, jsonName }) => name === field || jsonName === field) ?? false;
}

/** Whether Envoy's API has this message. False when there are no descriptors. */
export function knownMessage(typeName: string): boolean {
  return envoyDescriptors()?.getMessage(typeName) !== undefined;
}
