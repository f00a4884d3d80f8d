import { compileHeaderMatcher } from "../../core/match/header-matcher.ts";
import { HealthCheck } from "../../core/resources/filters/health-check.ts";
import { refuse } from "../config-problem.ts";
import { defineFilter } from "../plugin.ts";
import { HealthCheckFilter, type HealthCheckSettings } from "./health-check-filter.ts";

function compile(config: HealthCheck): HealthCheckSettings {
  return {
    passThrough: config.passThroughMode,
    headers: config.headers.map((matcher) => compileHeaderMatcher(matcher, refuse)),
    cacheTime: config.cacheTime ?? 0,
    minimums: Object.entries(config.clusterMinHealthyPercentages),
  };
}

/** Envoy's `envoy.filters.http.health_check`: answers load balancers that ask whether this server is well. */
export const healthCheck = defineFilter({
  id: "envoy.filters.http.health_check",
  typeUrls: ["envoy.extensions.filters.http.health_check.v3.HealthCheck"],
  status: "stable",
  posture: "untrusted",
  config: HealthCheck,
  create: (config, scope) => new HealthCheckFilter(compile(config), scope),
});
