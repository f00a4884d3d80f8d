import type { FilterScope } from "../../core/contract/filter.ts";
import { AdmissionControl } from "../../core/resources/filters/admission-control.ts";
import { clock } from "../../core/transport/clock.ts";
import { defineFilter } from "../plugin.ts";
import { AdmissionControlFilter } from "./admission-control-filter.ts";

/** Envoy's `envoy.filters.http.admission_control`: refuses a part of the requests while too many fail. */
export const admissionControl = defineFilter({
  id: "envoy.filters.http.admission_control",
  typeUrls: ["envoy.extensions.filters.http.admission_control.v3.AdmissionControl"],
  status: "stable",
  posture: "untrusted",
  config: AdmissionControl,
  create: (config, scope: FilterScope) => new AdmissionControlFilter(config, scope, clock, () => Math.random()),
});
