import { mesh, typed } from "../lib/bootstrap.ts";
import type { Json, Mesh } from "../lib/bootstrap.ts";
import { actions } from "./table-actions.ts";
import { filterRoutes, headerRoutes } from "./table-filters.ts";
import { hosts } from "./table-hosts.ts";
import { matches } from "./table-matches.ts";
import { exact, FILTER, header, to } from "./route-parts.ts";

/** Ports of the origins behind clusters a, b, c, and one that nobody listens on. */
export interface OriginPorts {
  a: number;
  b: number;
  c: number;
  dead: number;
}

/** The bootstrap of the table: every route match and action, and the options of the connection manager on listeners of their own. */
export function tableBootstrap(ports: OriginPorts): Mesh {
  const named = {
    name: "named",
    type: "STRICT_DNS",
    dns_lookup_family: "V4_ONLY",
    load_assignment: {
      cluster_name: "named",
      endpoints: [
        { lb_endpoints: [{ endpoint: { address: { socket_address: { address: "localhost", port_value: ports.a } } } }] },
      ],
    },
  };
  const config = mesh()
    .service("a", ports.a)
    .service("b", ports.b)
    .service("c", ports.c)
    .service("dead", ports.dead)
    .service("half-dead", [ports.dead, ports.a])
    .cluster({ name: "no-endpoints", type: "STATIC", load_assignment: { cluster_name: "no-endpoints" } })
    .cluster(named)
    .bootstrap({ layered_runtime: { layers: [{ name: "static", static_layer: { "route.off": 0, "route.on": 10_000 } }] } })
    .hcm({ generate_request_id: true })
    .filter(
      "health_check",
      typed(`${FILTER}.health_check.v3.HealthCheck`, {
        pass_through_mode: false,
        headers: [{ name: ":path", ...exact("/healthz") }],
      }),
    )
    .filter("cors", typed(`${FILTER}.cors.v3.Cors`))
    .filter(
      "fault",
      typed(`${FILTER}.fault.v3.HTTPFault`, {
        abort: { header_abort: {}, percentage: { numerator: 100 } },
        delay: { header_delay: {}, percentage: { numerator: 100 } },
      }),
    )
    .filter(
      "header_mutation",
      typed(`${FILTER}.header_mutation.v3.HeaderMutation`, {
        mutations: {
          request_mutations: [{ append: header("x-mutation", "filter") }],
          response_mutations: [{ append: header("x-mutation", "filter") }, { remove: "x-mutation-remove" }],
        },
      }),
    )
    .routeConfig({
      request_headers_to_add: [header("x-level", "config"), header("x-last", "config", "OVERWRITE_IF_EXISTS_OR_ADD")],
      response_headers_to_add: [header("x-level", "config"), header("x-last", "config", "OVERWRITE_IF_EXISTS_OR_ADD")],
      response_headers_to_remove: ["x-config-remove"],
      internal_only_headers: ["x-internal-only"],
    });
  for (const host of hosts) config.virtualHost(host);
  // "/by-header" is a prefix of "/by-header-404", and the first match wins: longer ones stand first.
  const ordered = [...actions].sort((x, y) => pathOf(y).length - pathOf(x).length);
  for (const route of [...matches, ...ordered, ...headerRoutes, ...filterRoutes]) config.route(route);
  config
    .listener("named-hosts")
    .virtualHost({ name: "only", domains: ["only.local"], routes: [to({ prefix: "/" })] })
    .listener("buffer")
    .filter("buffer", typed(`${FILTER}.buffer.v3.Buffer`, { max_request_bytes: 100 }))
    .route(
      to(
        { prefix: "/off" },
        {},
        {
          typed_per_filter_config: {
            "envoy.filters.http.buffer": typed(`${FILTER}.buffer.v3.BufferPerRoute`, { disabled: true }),
          },
        },
      ),
    )
    .route(
      to(
        { prefix: "/more" },
        {},
        {
          typed_per_filter_config: {
            "envoy.filters.http.buffer": typed(`${FILTER}.buffer.v3.BufferPerRoute`, { buffer: { max_request_bytes: 200 } }),
          },
        },
      ),
    )
    .route("/", "a");
  for (const [name, options] of Object.entries(managers)) config.listener(name).hcm(options).route("/", "a");
  return config;
}

/** Options of connection managers, each on a listener of its own in front of cluster a. */
export const managers: Record<string, Json> = {
  normal: { normalize_path: true, merge_slashes: true },
  "unescape-forward": { normalize_path: true, path_with_escaped_slashes_action: "UNESCAPE_AND_FORWARD" },
  "unescape-redirect": { path_with_escaped_slashes_action: "UNESCAPE_AND_REDIRECT" },
  "reject-escaped": { path_with_escaped_slashes_action: "REJECT_REQUEST" },
  "keep-escaped": { path_with_escaped_slashes_action: "KEEP_UNCHANGED", normalize_path: true },
  edge: { use_remote_address: true },
  "edge-hop": { use_remote_address: true, xff_num_trusted_hops: 1 },
  "edge-preserve": { use_remote_address: true, xff_num_trusted_hops: 1, preserve_external_request_id: true },
  inner: { xff_num_trusted_hops: 1 },
  internal: { internal_address_config: { cidr_ranges: [{ address_prefix: "10.0.0.0", prefix_len: 8 }] } },
  "skip-xff": { use_remote_address: true, skip_xff_append: true },
  via: { via: "table" },
  "server-name": { server_name: "table" },
  "server-pass": { server_header_transformation: "PASS_THROUGH" },
  "server-absent": { server_header_transformation: "APPEND_IF_ABSENT" },
  "no-id": { generate_request_id: false },
  "id-back": { always_set_request_id_in_response: true },
  old: { http_protocol_options: { accept_http_10: true, default_host_for_http_10: "old.local" } },
  trailers: { http_protocol_options: { enable_trailers: true } },
  absolute: { http_protocol_options: { allow_absolute_url: true } },
  upgrades: { upgrade_configs: [{ upgrade_type: "websocket" }] },
};

function pathOf(route: Json): string {
  const match = route["match"] as Record<string, string>;
  return match["prefix"] ?? match["path"] ?? match["path_separated_prefix"] ?? "";
}
