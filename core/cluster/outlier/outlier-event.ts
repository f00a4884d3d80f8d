import { eventLine, timestampText } from "../event-log.ts";
import type { EjectionType } from "./ejection-type.ts";
import type { SuccessRateBound } from "./success-rate.ts";

/** What a line tells. */
export interface OutlierEvent {
  readonly cluster: string;
  readonly address: string;
  /** ms since the epoch. */
  readonly wall: number;
  /** ms since the host went out (for its return) or came back (for the next ejection); null: it never did. */
  readonly sinceLast: number | null;
  readonly ejections: number;
}

/** Why and how. */
export interface Ejection {
  readonly type: EjectionType;
  readonly enforced: boolean;
  /** Percent; of the host, where a rate was the reason. */
  readonly rate: number;
  readonly bound: SuccessRateBound | null;
}

/**
 * A line of the ejection event log; without an ejection it tells of a return. Format: Envoy's `data.cluster.v3.OutlierDetectionEvent` as proto3 JSON, with fields
 * that have their default.
 */
export function outlierEventLine(event: OutlierEvent, ejection: Ejection | null): string {
  return eventLine({
    type: ejection?.type ?? "CONSECUTIVE_5XX",
    timestamp: timestampText(event.wall),
    ...(event.sinceLast === null ? {} : { secs_since_last_action: String(Math.floor(event.sinceLast / 1000)) }),
    cluster_name: event.cluster,
    upstream_url: event.address,
    action: ejection === null ? "UNEJECT" : "EJECT",
    num_ejections: event.ejections,
    enforced: ejection?.enforced ?? false,
    ...(ejection === null ? {} : detailsOf(ejection)),
  });
}

function detailsOf({ type, rate, bound }: Ejection): object {
  switch (type) {
    case "SUCCESS_RATE":
    case "SUCCESS_RATE_LOCAL_ORIGIN":
      return {
        eject_success_rate_event: {
          host_success_rate: Math.trunc(rate),
          cluster_average_success_rate: Math.trunc(bound?.average ?? 0),
          cluster_success_rate_ejection_threshold: Math.max(0, Math.trunc(bound?.threshold ?? 0)),
        },
      };
    case "FAILURE_PERCENTAGE":
    case "FAILURE_PERCENTAGE_LOCAL_ORIGIN":
      return { eject_failure_percentage_event: { host_success_rate: Math.trunc(rate) } };
    default:
      return { eject_consecutive_event: {} };
  }
}
