import type { FilterScope } from "../../core/contract/filter.ts";
import { AdaptiveConcurrency } from "../../core/resources/filters/adaptive-concurrency.ts";
import { clock } from "../../core/transport/clock.ts";
import { defineFilter } from "../plugin.ts";
import { AdaptiveConcurrencyFilter } from "./adaptive-concurrency-filter.ts";

/**
 * Envoy's `envoy.filters.http.adaptive_concurrency`: as many requests run at a time as the upstream answers about as fast as without load; the others are refused, so
 * that an upstream beyond its capacity goes on working at its capacity.
 */
export const adaptiveConcurrency = defineFilter({
  id: "envoy.filters.http.adaptive_concurrency",
  typeUrls: ["envoy.extensions.filters.http.adaptive_concurrency.v3.AdaptiveConcurrency"],
  status: "stable",
  posture: "untrusted",
  config: AdaptiveConcurrency,
  create: (config, scope: FilterScope) => new AdaptiveConcurrencyFilter(config, scope, clock, Math.random),
});
