import { Cors, CorsFilterPolicy } from "../../core/resources/filters/cors.ts";
import { defineFilter } from "../plugin.ts";
import { CorsFilter } from "./cors-filter.ts";
import { compileCorsSettings, mergeCorsPolicies } from "./cors-settings.ts";

/**
 * Envoy's `envoy.filters.http.cors`: cross-origin resource sharing by the policy of the route, its virtual host and its route configuration.
 * Without a policy the filter does nothing.
 */
export const cors = defineFilter({
  id: "envoy.filters.http.cors",
  typeUrls: ["envoy.extensions.filters.http.cors.v3.Cors"],
  routeTypeUrls: ["envoy.extensions.filters.http.cors.v3.CorsPolicy"],
  status: "stable",
  posture: "untrusted",
  config: Cors,
  routeConfig: CorsFilterPolicy,
  mergeRouteConfig: mergeCorsPolicies,
  createRouteConfig: (policy, scope) => compileCorsSettings(policy, scope),
  create: (_config, scope) => new CorsFilter(scope),
});
