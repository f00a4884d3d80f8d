import { originOfServer, type GatewayServer } from "./gateway-servers.ts";
import { FORWARDED_HEADERS } from "./connection-manager.ts";
import type { Json } from "./json.ts";
import { madeFrom } from "./origin.ts";
import type { GatewayNode } from "./translation.ts";

/** All virtual hosts of servers that share routes. */
export function routeConfiguration(
  name: string,
  servers: readonly GatewayServer[],
  virtualHosts: readonly Json[],
  node: GatewayNode,
): Json {
  const [origin, ...also] = servers.map((server) => originOfServer(server));
  const configuration: Json = {
    name,
    virtual_hosts: virtualHosts,
    // Routes to clusters that do not exist answer 503, as in Istio.
    validate_clusters: false,
    ignore_port_in_host_matching: true,
    max_direct_response_body_size_bytes: 1_048_576,
    // Behind trusted proxies these are theirs.
    ...((node.trustedProxies ?? 0) > 0 ? {} : { internal_only_headers: FORWARDED_HEADERS }),
  };
  return madeFrom(configuration, also.length === 0 ? origin : { ...origin, also });
}
