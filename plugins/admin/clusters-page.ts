import { healthFlagsText, HealthFlag } from "../../core/cluster/health-flag.ts";
import type { AdminRequest, AdminResponse } from "./admin-request.ts";
import { json, text } from "./admin-request.ts";
import type { AdminCluster, AdminHost, AdminLimits } from "./context.ts";
import { compileNameFilter } from "./name-filter.ts";

/** `/clusters`: text, or JSON as Envoy's `admin.v3.Clusters`. */
export function clustersPage(clusters: readonly AdminCluster[], request: AdminRequest): AdminResponse {
  const pattern = request.query.get("filter") ?? "";
  const filter = pattern === "" ? (): boolean => true : compileNameFilter(pattern);
  if (typeof filter === "string") return text(`Invalid re2 regex: ${filter}\n`, 400);
  const shown = clusters
    .filter((cluster) => filter(cluster.name))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return request.query.get("format") === "json"
    ? json({ cluster_statuses: shown.map(clusterJson) })
    : text(shown.map(clusterText).join(""));
}

function statName(cluster: AdminCluster): string {
  return cluster.altStatName === "" ? cluster.name : cluster.altStatName;
}

function clusterText(cluster: AdminCluster): string {
  const lines = [
    `observability_name::${statName(cluster)}`,
    ...outlierText(cluster),
    ...limitsText("default", cluster.limits.DEFAULT),
    ...limitsText("high", cluster.limits.HIGH),
    `added_via_api::${cluster.addedViaApi ?? false}`,
    ...cluster.hosts.flatMap((host) => hostText(host).map((line) => `${host.address}::${line}`)),
  ];
  return lines.map((line) => `${cluster.name}::${line}\n`).join("");
}

function outlierText({ outlierBounds: bounds }: AdminCluster): string[] {
  if (bounds === undefined || bounds === null) return [];
  return [
    `outlier::success_rate_average::${bounds.external.average}`,
    `outlier::success_rate_ejection_threshold::${bounds.external.threshold}`,
    `outlier::local_origin_success_rate_average::${bounds.local.average}`,
    `outlier::local_origin_success_rate_ejection_threshold::${bounds.local.threshold}`,
  ];
}

function limitsText(priority: string, limits: AdminLimits): string[] {
  return limitsOf(limits).map(([name, value]) => `${priority}_priority::${name}::${value}`);
}

function limitsOf(limits: AdminLimits): [name: string, value: number][] {
  return [
    ["max_connections", limits.maxConnections],
    ["max_pending_requests", limits.maxPendingRequests],
    ["max_requests", limits.maxRequests],
    ["max_retries", limits.maxRetries],
  ];
}

function counters(host: AdminHost): [name: string, value: number][] {
  const { stats } = host;
  return [
    ["cx_connect_fail", stats.cx_connect_fail],
    ["cx_total", stats.cx_total],
    ["rq_error", stats.rq_error],
    ["rq_success", stats.rq_success],
    ["rq_timeout", stats.rq_timeout],
    ["rq_total", stats.rq_total],
  ];
}

function gauges(host: AdminHost): [name: string, value: number][] {
  return [
    ["cx_active", host.stats.cx_active],
    ["rq_active", host.stats.rq_active],
    ["rq_pending_active", host.pendingRequests],
  ];
}

function hostText(host: AdminHost): string[] {
  const all = [...counters(host), ...gauges(host)].sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    ...all.map(([name, value]) => `${name}::${value}`),
    `hostname::${host.hostname}`,
    `health_flags::${healthFlagsText(host.healthFlags)}`,
    `weight::${host.weight}`,
    `region::${host.region}`,
    `zone::${host.zone}`,
    `sub_zone::${host.subZone}`,
    "canary::false",
    `priority::${host.priority}`,
    `success_rate::${host.successRate}`,
    `local_origin_success_rate::${host.localOriginSuccessRate}`,
  ];
}

function clusterJson(cluster: AdminCluster): unknown {
  const limits = (value: AdminLimits, priority?: string): unknown => ({
    ...(priority === undefined ? {} : { priority }),
    ...Object.fromEntries(limitsOf(value)),
  });
  return {
    name: cluster.name,
    ...(cluster.addedViaApi === true ? { added_via_api: true } : {}),
    ...rateJson("success_rate_ejection_threshold", cluster.outlierBounds?.external.threshold ?? -1),
    ...rateJson("local_origin_success_rate_ejection_threshold", cluster.outlierBounds?.local.threshold ?? -1),
    host_statuses: cluster.hosts.map(hostJson),
    circuit_breakers: { thresholds: [limits(cluster.limits.DEFAULT), limits(cluster.limits.HIGH, "HIGH")] },
    observability_name: statName(cluster),
  };
}

/** A percentage that is known. */
function rateJson(name: string, percent: number): object {
  return percent < 0 ? {} : { [name]: percent === 0 ? {} : { value: percent } };
}

/** proto3 JSON: 64-bit numbers are strings, and what is zero or empty is left out. */
function hostJson(host: AdminHost): unknown {
  const stat = (type: string | undefined, name: string, value: number): unknown => ({
    ...(type === undefined ? {} : { type }),
    ...(value === 0 ? {} : { value: String(value) }),
    name,
  });
  return {
    address: addressJson(host),
    stats: [
      ...counters(host).map(([name, value]) => stat(undefined, name, value)),
      ...gauges(host).map(([name, value]) => stat("GAUGE", name, value)),
    ],
    health_status: healthJson(host.healthFlags),
    ...rateJson("success_rate", host.successRate),
    ...rateJson("local_origin_success_rate", host.localOriginSuccessRate),
    weight: host.weight,
    ...(host.hostname === "" ? {} : { hostname: host.hostname }),
    ...(host.priority === 0 ? {} : { priority: host.priority }),
    locality: {
      ...(host.region === "" ? {} : { region: host.region }),
      ...(host.zone === "" ? {} : { zone: host.zone }),
      ...(host.subZone === "" ? {} : { sub_zone: host.subZone }),
    },
  };
}

/** `core.v3.Address` of an endpoint or listener. */
export function addressJson(at: { readonly address: string; readonly ip: string; readonly port: number }): unknown {
  if (at.ip === "") return { pipe: { path: at.address } };
  return { socket_address: { address: at.ip, port_value: at.port } };
}

/** `admin.v3.HostHealthStatus`. */
function healthJson(flags: number): unknown {
  const has = (flag: number): boolean => (flags & flag) !== 0;
  const eds = has(HealthFlag.EDS_STATUS_DRAINING)
    ? "DRAINING"
    : has(HealthFlag.FAILED_EDS_HEALTH)
      ? "UNHEALTHY"
      : has(HealthFlag.DEGRADED_EDS_HEALTH)
        ? "DEGRADED"
        : "HEALTHY";
  return {
    ...(has(HealthFlag.FAILED_ACTIVE_HC) ? { failed_active_health_check: true } : {}),
    ...(has(HealthFlag.FAILED_OUTLIER_CHECK) ? { failed_outlier_check: true } : {}),
    ...(has(HealthFlag.DEGRADED_ACTIVE_HC) ? { failed_active_degraded_check: true } : {}),
    ...(has(HealthFlag.PENDING_DYNAMIC_REMOVAL) ? { pending_dynamic_removal: true } : {}),
    ...(has(HealthFlag.PENDING_ACTIVE_HC) ? { pending_active_hc: true } : {}),
    ...(has(HealthFlag.EXCLUDED_VIA_IMMEDIATE_HC_FAIL) ? { excluded_via_immediate_hc_fail: true } : {}),
    ...(has(HealthFlag.ACTIVE_HC_TIMEOUT) ? { active_hc_timeout: true } : {}),
    eds_health_status: eds,
  };
}
