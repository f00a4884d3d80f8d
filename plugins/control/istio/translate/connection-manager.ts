import { compact, type Json } from "./json.ts";
import type { GatewayNode, PathNormalization } from "./translation.ts";
import { typed } from "./type-url.ts";

const NORMALIZATION: Readonly<Record<PathNormalization, Json>> = {
  NONE: { normalize_path: false },
  BASE: { normalize_path: true },
  MERGE_SLASHES: { normalize_path: true, merge_slashes: true },
  DECODE_AND_MERGE_SLASHES: {
    normalize_path: true,
    merge_slashes: true,
    path_with_escaped_slashes_action: "UNESCAPE_AND_FORWARD",
  },
};

/** Headers by which a client could tell an application that it came another way; `x-forwarded-for` and `-proto` the manager writes itself. */
export const FORWARDED_HEADERS: readonly string[] = ["forwarded", "x-forwarded-host", "x-forwarded-port", "x-forwarded-prefix"];

/**
 * The HTTP connection manager of a gateway, with Istio's settings: it is the edge (`use_remote_address`), makes paths uniform before they
 * are matched, and tells upstreams of client certificates it has seen itself only.
 */
export function connectionManager(node: GatewayNode, routeName: string, statPrefix: string): Json {
  return {
    name: "envoy.filters.network.http_connection_manager",
    typed_config: typed(
      "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
      compact({
        codec_type: "AUTO",
        stat_prefix: statPrefix,
        rds: { config_source: { ads: {}, resource_api_version: "V3" }, route_config_name: routeName },
        http_filters: [
          { name: "envoy.filters.http.fault", typed_config: typed("envoy.extensions.filters.http.fault.v3.HTTPFault") },
          { name: "envoy.filters.http.cors", typed_config: typed("envoy.extensions.filters.http.cors.v3.Cors") },
          ...(node.httpFilters ?? []),
          { name: "envoy.filters.http.router", typed_config: typed("envoy.extensions.filters.http.router.v3.Router") },
        ],
        server_name: "istio-envoy",
        access_log: node.accessLog,
        use_remote_address: true,
        xff_num_trusted_hops: node.trustedProxies === undefined || node.trustedProxies === 0 ? undefined : node.trustedProxies,
        forward_client_cert_details: "SANITIZE_SET",
        set_current_client_cert_details: { subject: true, cert: true, dns: true, uri: true },
        upgrade_configs: [{ upgrade_type: "websocket" }],
        stream_idle_timeout: "0s",
        proxy_100_continue: true,
        ...NORMALIZATION[node.pathNormalization ?? "BASE"],
      }),
    ),
  };
}
