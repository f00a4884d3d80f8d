import { eventLine, timestampText } from "../event-log.ts";
import type { HostImpl } from "../host.ts";

/** Why a check failed. Names: Envoy's `data.core.v3.HealthCheckFailureType`. */
export type FailureType = "ACTIVE" | "PASSIVE" | "NETWORK" | "NETWORK_TIMEOUT";

/** What happened; one of Envoy's events. */
export type HealthEvent =
  | { readonly name: "eject_unhealthy_event"; readonly type: FailureType; readonly status: number }
  | { readonly name: "add_healthy_event"; readonly first: boolean }
  | { readonly name: "successful_health_check_event" }
  | { readonly name: "health_check_failure_event"; readonly type: FailureType; readonly first: boolean; readonly status: number }
  | { readonly name: "degraded_healthy_host" }
  | { readonly name: "no_longer_degraded_host" };

/** A line of the event log. Format: Envoy's `data.core.v3.HealthCheckEvent` as proto3 JSON, with fields that have their default. */
export function healthEventLine(checker: "HTTP" | "TCP" | "GRPC", host: HostImpl, event: HealthEvent, wall: number): string {
  const { name } = event;
  const details = { [name]: detailsOf(event) };
  const early = name === "eject_unhealthy_event" || name === "add_healthy_event";
  const last = name === "successful_health_check_event";
  return eventLine({
    health_checker_type: checker,
    host: addressOf(host),
    cluster_name: host.cluster,
    ...(early ? details : {}),
    timestamp: timestampText(wall),
    ...(early || last ? {} : details),
    metadata: { filter_metadata: host.metadata ?? {}, typed_filter_metadata: {} },
    locality: { region: host.region, zone: host.zone, sub_zone: host.subZone },
    ...(last ? details : {}),
  });
}

function detailsOf(event: HealthEvent): object {
  switch (event.name) {
    case "eject_unhealthy_event":
      return { failure_type: event.type, http_status_code: event.status };
    case "health_check_failure_event":
      return { failure_type: event.type, first_check: event.first, http_status_code: event.status };
    case "add_healthy_event":
      return { first_check: event.first };
    default:
      return {};
  }
}

function addressOf({ ip, port, address }: HostImpl): object {
  if (ip === "") return { pipe: { path: address, mode: 0 } };
  const more = { resolver_name: "", ipv4_compat: false, network_namespace_filepath: "" };
  return { socket_address: { protocol: "TCP", address: ip, port_value: port, ...more } };
}
