import { createHash } from "node:crypto";
import type { Node } from "./document/node.ts";
import { TypedConfig } from "./schema/any.ts";

/**
 * A key of what a resource says: equal for equal content, whatever the order of fields, the notation or the place in the file. A
 * cluster whose key is the same after an update keeps its pools. The raw members of an Any count by their text.
 */
export function resourceKey(resource: unknown): string {
  const parts: string[] = [];
  write(resource, parts);
  return createHash("sha256").update(parts.join("")).digest("base64url");
}

/** Unset members are as if not there, so that a default that is spelled out changes nothing. */
function write(value: unknown, parts: string[]): void {
  if (value === undefined || value === null) parts.push("n");
  else if (typeof value === "string") parts.push(JSON.stringify(value));
  else if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint") parts.push(String(value));
  else if (value instanceof Uint8Array) parts.push("b", String(value.length), ":", value.join(","));
  else if (value instanceof TypedConfig) {
    parts.push("<", value.typeUrl, value.typedStruct ? "!" : "", ">");
    writeNode(value.value, parts);
  } else if (Array.isArray(value)) {
    parts.push("[");
    for (const item of value) {
      write(item, parts);
      parts.push(",");
    }
    parts.push("]");
  } else if (typeof value === "object") {
    parts.push("{");
    const object = value as Readonly<Record<string, unknown>>;
    for (const key of Object.keys(object).sort()) {
      if (object[key] === undefined) continue;
      parts.push(JSON.stringify(key), ":");
      write(object[key], parts);
      parts.push(",");
    }
    parts.push("}");
  } else throw new TypeError(`a resource can't hold a ${typeof value}`);
}

function writeNode(node: Node, parts: string[]): void {
  if (node.kind === "scalar") parts.push(node.plain ? "p" : "q", JSON.stringify(node.text));
  else if (node.kind === "list") {
    parts.push("[");
    for (const item of node.items) {
      writeNode(item, parts);
      parts.push(",");
    }
    parts.push("]");
  } else {
    parts.push("{");
    for (const key of [...node.keys].sort()) {
      if (key === "@type") continue;
      parts.push(JSON.stringify(key), ":");
      writeNode(node.get(key) as Node, parts);
      parts.push(",");
    }
    parts.push("}");
  }
}

/** What an update does to named resources. */
export interface ResourceChanges<T> {
  readonly added: readonly T[];
  readonly changed: readonly T[];
  readonly unchanged: readonly T[];
  /** By name. */
  readonly removed: readonly string[];
}

/** Compares the resources of an update with the keys of those before. `name` tells them apart. */
export function compareResources<T>(
  before: ReadonlyMap<string, string>,
  after: readonly T[],
  name: (resource: T) => string,
): ResourceChanges<T> {
  const added: T[] = [];
  const changed: T[] = [];
  const unchanged: T[] = [];
  const names = new Set<string>();
  for (const resource of after) {
    const key = name(resource);
    names.add(key);
    const old = before.get(key);
    if (old === undefined) added.push(resource);
    else if (old === resourceKey(resource)) unchanged.push(resource);
    else changed.push(resource);
  }
  return { added, changed, unchanged, removed: [...before.keys()].filter((key) => !names.has(key)) };
}
