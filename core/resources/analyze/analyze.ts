import type { Bootstrap } from "../bootstrap.ts";
import { Bootstrap as BootstrapSchema } from "../bootstrap.ts";
import type { ResourceError } from "../document/error.ts";
import type { ParseOptions } from "../document/parse.ts";
import { parseDocument } from "../document/parse.ts";
import type { Extensions } from "../extensions.ts";
import { builtInExtensions } from "../extensions.ts";
import { UpstreamHttpProtocolOptions } from "../protocol-options.ts";
import { DecodeContext } from "../schema/context.ts";
import { checkListeners } from "./listeners.ts";
import { complain } from "./reporter.ts";
import { checkTypeUrls } from "./type-urls.ts";

/** How to analyze. */
export interface AnalyzeOptions extends ParseOptions {
  /** What is known but not supported is a warning. Default false. */
  readonly allowUnsupported?: boolean;
  /** The extensions that the proxy has. Default: those that this folder describes. */
  readonly extensions?: Extensions;
}

/**
 * All that is wrong with a bootstrap file, in the order of the file: its syntax, each field, and what its resources say about each other.
 */
export function analyzeText(text: string, options: AnalyzeOptions): ResourceError[] {
  const context = new DecodeContext({ ...options, partial: true });
  const document = parseDocument(text, options);
  for (const error of document.errors) context.add(error);
  if (document.root === undefined) return [...context.errors];
  const bootstrap = BootstrapSchema.decode(document.root, context);
  if (bootstrap !== undefined) checkBootstrap(bootstrap, options.extensions ?? builtInExtensions, context);
  return context.errors.toSorted((a, b) => a.line - b.line || a.column - b.column);
}

/** The checks across the resources of a bootstrap. Mistakes go to the context. */
export function checkBootstrap(bootstrap: Bootstrap, extensions: Extensions, context: DecodeContext): void {
  const names = new Set<string>();
  for (const cluster of bootstrap.staticResources.clusters) {
    // Missing, whatever the type says, when the file was read only in part.
    const name = cluster.name as string | undefined;
    if (name === undefined) continue;
    if (names.has(name)) {
      complain(context, cluster, "name", {
        code: "duplicate_name",
        message: `two clusters are called "${name}"`,
        found: `"${name}"`,
      });
    }
    names.add(name);
  }
  for (const { typedExtensionProtocolOptions } of bootstrap.staticResources.clusters) {
    for (const [name, config] of Object.entries(typedExtensionProtocolOptions)) {
      if (name === UpstreamHttpProtocolOptions.typeName) continue;
      const message = `found options for "${name}", wanted "${UpstreamHttpProtocolOptions.typeName}": no other protocol has options`;
      complain(context, config, undefined, { code: "unknown_type_url", message, found: `"${name}"` });
    }
  }
  checkTypeUrls(bootstrap, extensions, context);
  checkListeners(bootstrap, extensions, context);
}
