import { HTTPFault } from "../../core/resources/filters/fault.ts";
import { defineFilter } from "../plugin.ts";
import { FaultFilter } from "./fault-filter.ts";
import { compileFaultSettings } from "./fault-settings.ts";

/** Envoy's `envoy.filters.http.fault`: delays and aborts, by percentage or as headers of the request ask, and slow responses. */
export const fault = defineFilter({
  id: "envoy.filters.http.fault",
  typeUrls: ["envoy.extensions.filters.http.fault.v3.HTTPFault"],
  status: "stable",
  posture: "untrusted",
  config: HTTPFault,
  createRouteConfig: compileFaultSettings,
  create: (config, scope) => new FaultFilter(compileFaultSettings(config), scope),
});
