/** Why a host is not (fully) healthy, as bits. Names: Envoy's `Host::HealthFlag`, as `/clusters` prints them. */
export const HealthFlag = {
  FAILED_ACTIVE_HC: 1,
  FAILED_OUTLIER_CHECK: 2,
  FAILED_EDS_HEALTH: 4,
  DEGRADED_ACTIVE_HC: 8,
  DEGRADED_EDS_HEALTH: 16,
  PENDING_DYNAMIC_REMOVAL: 32,
  PENDING_ACTIVE_HC: 64,
  EXCLUDED_VIA_IMMEDIATE_HC_FAIL: 128,
  ACTIVE_HC_TIMEOUT: 256,
  EDS_STATUS_DRAINING: 512,
} as const;

/** With one of these a host is unhealthy. */
export const UNHEALTHY_FLAGS =
  HealthFlag.FAILED_ACTIVE_HC | HealthFlag.FAILED_OUTLIER_CHECK | HealthFlag.FAILED_EDS_HEALTH | HealthFlag.EDS_STATUS_DRAINING;

/** With one of these, and none of the above, a host is degraded. */
export const DEGRADED_FLAGS = HealthFlag.DEGRADED_ACTIVE_HC | HealthFlag.DEGRADED_EDS_HEALTH;

/** With one of these a host does not count when it is judged how much of a priority is healthy. */
export const EXCLUDED_FLAGS =
  HealthFlag.PENDING_ACTIVE_HC | HealthFlag.EXCLUDED_VIA_IMMEDIATE_HC_FAIL | HealthFlag.EDS_STATUS_DRAINING;

/** Flags that come with the endpoint and so are replaced when it is updated. */
export const EDS_FLAGS = HealthFlag.FAILED_EDS_HEALTH | HealthFlag.DEGRADED_EDS_HEALTH | HealthFlag.EDS_STATUS_DRAINING;

/** `health_flags` of `/clusters`: "healthy", or each flag behind a slash. */
export function healthFlagsText(flags: number): string {
  if (flags === 0) return "healthy";
  let text = "";
  for (const [name, bit] of Object.entries(HealthFlag)) if ((flags & bit) !== 0) text += "/" + name.toLowerCase();
  return text;
}

/** `health_status` of an endpoint (Envoy `core.v3.HealthStatus`) as flags. */
export function healthFlagsOf(status: string | undefined): number {
  switch (status) {
    case "UNHEALTHY":
    case "TIMEOUT":
      return HealthFlag.FAILED_EDS_HEALTH;
    case "DRAINING":
      return HealthFlag.EDS_STATUS_DRAINING;
    case "DEGRADED":
      return HealthFlag.DEGRADED_EDS_HEALTH;
    default:
      return 0;
  }
}
