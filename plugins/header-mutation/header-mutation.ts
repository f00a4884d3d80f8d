import { HeaderMutation, HeaderMutationPerRoute } from "../../core/resources/filters/header-mutation.ts";
import { defineFilter } from "../plugin.ts";
import { compileLevels, HeaderMutationFilter, mergeMutations } from "./header-mutation-filter.ts";

/**
 * Envoy's `envoy.filters.http.header_mutation`: adds, overwrites and removes headers of requests and responses, with `%...%` substitutions, for all
 * requests and by route. By default the most specific level comes first, `most_specific_header_mutations_wins` makes it the last word.
 */
export const headerMutation = defineFilter({
  id: "envoy.filters.http.header_mutation",
  typeUrls: ["envoy.extensions.filters.http.header_mutation.v3.HeaderMutation"],
  routeTypeUrls: ["envoy.extensions.filters.http.header_mutation.v3.HeaderMutationPerRoute"],
  status: "stable",
  posture: "untrusted",
  config: HeaderMutation,
  routeConfig: HeaderMutationPerRoute,
  mergeRouteConfig: mergeMutations,
  createRouteConfig: compileLevels,
  create: (config, scope) => new HeaderMutationFilter(config, scope),
});
