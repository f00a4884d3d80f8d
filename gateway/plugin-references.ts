import { parsePluginReference } from "../core/filter/loader/plugin-reference.ts";
import type { Node } from "../core/resources/schema/index.ts";

/** Every plugin that a document names by where its code is (`type_url: "file:./hello.ts"`, `npm:name`), each once. */
export function findPluginReferences(text: string, root: Node | undefined): readonly string[] {
  // Most configurations have none, and 10,000 routes are many nodes to walk for nothing.
  if (root === undefined || (!text.includes("file:") && !text.includes("npm:"))) return [];
  const found = new Set<string>();
  const stack: Node[] = [root];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node.kind === "map") {
      const url = node.get("type_url") ?? node.get("typeUrl");
      if (url?.kind === "scalar" && parsePluginReference(url.text) !== undefined) found.add(url.text);
      stack.push(...node.values);
    } else if (node.kind === "list") stack.push(...node.items);
  }
  return [...found];
}
