import { writeFile } from "node:fs/promises";
import { Document, type Node as YamlNode, isMap, isSeq } from "yaml";
import { toJsonObject } from "../core/resources/document/scalar.ts";
import { formatErrors } from "../core/resources/schema/index.ts";
import { originOf, whereOfOrigin } from "../plugins/control/istio/translate/index.ts";
import { atOnce } from "../core/transport/slices.ts";
import type { NodeArguments } from "./node-arguments.ts";
import { ConfigurationReader, resourcesOf } from "./configuration/configuration.ts";

/**
 * Writes what files and folders come to as a static bootstrap that Envoy runs, each resource under a comment that says what it was made from. Mistakes
 * and warnings go to standard error. The exit code: 1, with nothing written, when there is an error among them.
 *
 * @param output a file, or "-" for standard output.
 */
export async function translateFiles(options: NodeArguments, output: string): Promise<number> {
  const { root, errors, translation } = await new ConfigurationReader(options).read(atOnce);
  if (errors.length > 0) process.stderr.write(formatErrors(errors) + "\n");
  if (root?.kind !== "map" || errors.some(({ severity }) => severity === "error")) return 1;
  const resources = translation === undefined ? {} : resourcesOf(translation);
  const text = bootstrapText(toJsonObject(root), resources);
  if (output === "-") process.stdout.write(text);
  else await writeFile(output, text);
  return 0;
}

/** A bootstrap as YAML, with comments at those of its resources that come last in their lists: they were made from objects. */
export function bootstrapText(bootstrap: object, made: Readonly<Record<string, readonly object[]>>): string {
  // Texts that stand in several places are written in each: Envoy's reader of YAML knows anchors, people don't want them.
  const document = new Document(bootstrap, { aliasDuplicateObjects: false });
  for (const [list, resources] of Object.entries(made)) {
    const written = document.getIn(["static_resources", list]) ?? document.getIn(["staticResources", list]);
    if (!isSeq(written)) continue;
    const first = written.items.length - resources.length;
    resources.forEach((resource, i) => comment(written.items[first + i] as YamlNode, resource));
  }
  return document.toString({ lineWidth: 0 });
}

function comment(node: YamlNode, resource: object): void {
  const origin = originOf(resource);
  if (origin === undefined || !isMap(node)) return;
  const all = [origin, ...(origin.also ?? [])];
  const lines = all.map((one) => {
    const { file, line } = whereOfOrigin(one);
    const { kind, namespace, name } = one.object;
    return ` ${kind} ${namespace}/${name}, ${file}:${line}`;
  });
  node.commentBefore = [...new Set(lines)].join("\n");
}
