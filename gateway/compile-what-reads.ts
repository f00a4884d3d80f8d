import { Runtime } from "../core/filter/runtime.ts";
import { Bootstrap } from "../core/resources/bootstrap.ts";
import { HttpConnectionManager } from "../core/resources/http-connection-manager.ts";
import type { RouteConfiguration } from "../core/resources/route.ts";
import { DecodeContext, parse, parseDocument, type ResourceError } from "../core/resources/schema/index.ts";
import { compileRouteTable } from "../plugins/routing/table/route-table.ts";

/**
 * Mistakes that only compiling routes finds (regular expressions, formats, weights), in a bootstrap that has mistakes of other kinds as well: its
 * parts that can be read are compiled on their own, so that one look shows all there is to mend.
 */
export function compileWhatReads(
  text: string,
  options: { readonly file: string; readonly allowUnsupported: boolean },
): readonly ResourceError[] {
  const context = new DecodeContext({ allowUnsupported: options.allowUnsupported, partial: true });
  const { root } = parseDocument(text, options);
  const bootstrap = root === undefined ? undefined : Bootstrap.decode(root, context);
  const found: ResourceError[] = [];
  for (const listener of bootstrap?.staticResources?.listeners ?? []) {
    for (const chain of [...(listener.filterChains ?? []), listener.defaultFilterChain]) {
      for (const filter of chain?.filters ?? []) {
        const config = filter.typedConfig;
        if (config?.typeUrl !== HttpConnectionManager.typeName) continue;
        const routes = parse(HttpConnectionManager, config, context)?.routeConfig;
        if (routes !== undefined) found.push(...compileRoutes(routes));
      }
    }
  }
  return found;
}

function compileRoutes(config: RouteConfiguration): readonly ResourceError[] {
  try {
    // Which clusters exist has been looked at already.
    return compileRouteTable(config, { runtime: new Runtime(), validateClusters: false }).errors;
  } catch (error) {
    // What could not be read is missing where compiling relies on it; that it is wrong has been said.
    if (error instanceof TypeError) return [];
    throw error;
  }
}
