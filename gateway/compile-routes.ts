import type { RouteCompiler } from "../core/server/build/build-manager.ts";
import { compileRouteTable } from "../plugins/routing/table/route-table.ts";

/** The routes of plugins/routing, in the form that the core builds snapshots with. */
export const compileRoutes: RouteCompiler = (config, { routeConfig, runtime, context, clusterExists }) => {
  const before = context.failures;
  const { table, errors } = compileRouteTable(config, { runtime, perRouteConfig: routeConfig, clusterExists });
  for (const error of errors) context.add(error);
  return context.failures === before ? table : undefined;
};
