import type { ClusterUse } from "../destination.ts";
import type { MergedRule } from "../destination-rules.ts";
import type { Json } from "../json.ts";
import { madeFrom, nodeAt } from "../origin.ts";
import type { Problems } from "../problems.ts";
import { hasLabels, type RegistryEndpoint, type RegistryPort, type RegistryService } from "../registry.ts";
import { configMetadata } from "../route/build-routes.ts";
import type { SecretStore } from "../secrets.ts";
import type { GatewayNode } from "../translation.ts";
import { typed } from "../type-url.ts";
import { clientTls, type ClientTls } from "./client-tls.ts";
import { connectionFields, type ConnectionFields } from "./connection-pool.ts";
import { effectivePolicy, type EffectivePolicy } from "./effective-policy.ts";
import { loadAssignment } from "./load-assignment.ts";
import { loadBalancerFields } from "./load-balancer.ts";
import { upstreamProtocol } from "./upstream-protocol.ts";

const SYSTEM_CA_FILE = "/etc/ssl/certs/ca-certificates.crt";

/** What a cluster is made from. */
export interface ClusterParts {
  readonly use: ClusterUse;
  readonly service: RegistryService;
  readonly port: RegistryPort;
  readonly endpoints: readonly RegistryEndpoint[];
  readonly rule: MergedRule | undefined;
}

/** The cluster of a port of a service or subset. Undefined, with a problem, when there can be none. */
export function buildCluster(parts: ClusterParts, node: GatewayNode, secrets: SecretStore, problems: Problems): Json | undefined {
  const { use, service, port, rule } = parts;
  const policy = effectivePolicy(rule, use.subset, port.number);
  const endpoints = endpointFields(parts, problems);
  if (endpoints === undefined) return undefined;
  const protocol = upstreamProtocol(port.protocol, policy.connectionPool?.value.http, node.h2UpgradePolicy ?? "DO_NOT_UPGRADE");
  const connection = connectionFields(policy.connectionPool, policy.retryBudget, protocol, problems);
  const http2 = connection.protocol === "http2";
  const tls = clientTls(policy.tls, service, http2, node.systemCaFile ?? SYSTEM_CA_FILE, secrets, problems);
  if (tls === "refused") return undefined;
  notDone(policy, problems);
  if (policy.proxyProtocol !== undefined) {
    const { owner, value } = policy.proxyProtocol;
    const message = `"proxyProtocol" is not supported: no header is sent to upstreams yet, so requests to ${service.hostname} get 503`;
    problems.fail(nodeAt(owner, value), "unsupported_field", message);
    return undefined;
  }
  const options = protocolOptions(connection, tls);
  const cluster: Json = {
    name: use.name,
    ...endpoints,
    ...connection.cluster,
    ...loadBalancerFields(policy.loadBalancer, problems),
    ...(options === undefined
      ? {}
      : { typed_extension_protocol_options: { "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": options } }),
    ...(tls === undefined ? {} : { transport_socket: tls.transportSocket }),
    ...(rule === undefined ? {} : { metadata: configMetadata("destination-rule", rule.owner) }),
  };
  return madeFrom(cluster, {
    object: service.object,
    node: nodeAt(service.object, service.object.spec, "ports", service.ports.indexOf(port)),
    ...(rule === undefined ? {} : { also: rule.objects.map((object) => ({ object, node: object.node })) }),
  });
}

/** Where endpoints come from. */
function endpointFields(parts: ClusterParts, problems: Problems): Json | undefined {
  const { use, service, port } = parts;
  const { resolution, object } = service;
  const chosen = subsetOf(parts, problems);
  switch (resolution) {
    case "STATIC":
      return { type: "STATIC", load_assignment: loadAssignment(use.name, port, chosen, false, problems) };
    case "ALIAS":
      return byName(use.name, "STRICT_DNS", port, [named(service, service.externalName ?? "")], problems);
    case "DNS":
    case "DNS_ROUND_ROBIN": {
      // Without endpoints, the host itself is looked up.
      const none = parts.endpoints.length === 0 && use.subset === undefined;
      const all = none ? [named(service, service.hostname)] : chosen;
      if (resolution === "DNS") return byName(use.name, "STRICT_DNS", port, all, problems);
      if (all.length === 0) return byName(use.name, "STRICT_DNS", port, all, problems);
      for (const extra of all.slice(1)) {
        problems.warn(extra.node, "without_effect", "DNS_ROUND_ROBIN has one endpoint, the first: this one is left out");
      }
      return byName(use.name, "LOGICAL_DNS", port, all.slice(0, 1), problems);
    }
    default: {
      const message = `resolution ${resolution} is not supported at a gateway: requests to ${service.hostname} get 503`;
      problems.warn(nodeAt(object, object.spec, "resolution"), "unsupported_value", message);
      return undefined;
    }
  }
}

function byName(
  name: string,
  type: "STRICT_DNS" | "LOGICAL_DNS",
  port: RegistryPort,
  endpoints: readonly RegistryEndpoint[],
  problems: Problems,
): Json {
  return {
    type,
    dns_lookup_family: "V4_PREFERRED",
    dns_refresh_rate: "60s",
    respect_dns_ttl: true,
    load_assignment: loadAssignment(name, port, endpoints, true, problems),
  };
}

function named(service: RegistryService, address: string): RegistryEndpoint {
  const { object } = service;
  const field = object.kind === "Service" ? "externalName" : "hosts";
  return {
    address,
    port: (port) => port.targetPort,
    labels: {},
    weight: 1,
    locality: "",
    object,
    node: nodeAt(object, object.spec, field),
  };
}

/** The endpoints with the labels of the subset. */
function subsetOf({ use, service, endpoints, rule }: ClusterParts, problems: Problems): readonly RegistryEndpoint[] {
  if (use.subset === undefined) return endpoints;
  const chosen = rule?.subsets.get(use.subset);
  if (chosen === undefined) return [];
  const found = endpoints.filter((endpoint) => hasLabels(endpoint.labels, chosen.subset.labels));
  if (found.length === 0) {
    const why = endpoints.length === 0 ? "has no endpoints" : `has ${endpoints.length} endpoints, none with these labels`;
    const message = `${service.hostname} ${why}: requests to the subset "${use.subset}" get 503`;
    problems.warn(nodeAt(chosen.owner, chosen.subset), "without_effect", message);
  }
  return found;
}

function protocolOptions({ common, protocol, http2 }: ConnectionFields, tls: ClientTls | undefined): Json | undefined {
  if (protocol === "http1" && Object.keys(common).length === 0 && tls?.upstreamOptions === undefined) return undefined;
  const explicit: Json =
    protocol === "downstream"
      ? { use_downstream_protocol_config: { http_protocol_options: {}, http2_protocol_options: http2 } }
      : { explicit_http_config: protocol === "http2" ? { http2_protocol_options: http2 } : { http_protocol_options: {} } };
  return typed("envoy.extensions.upstreams.http.v3.HttpProtocolOptions", {
    ...explicit,
    ...(Object.keys(common).length === 0 ? {} : { common_http_protocol_options: common }),
    ...(tls?.upstreamOptions === undefined ? {} : { upstream_http_protocol_options: tls.upstreamOptions }),
  });
}

function notDone({ outlierDetection, tunnel }: EffectivePolicy, problems: Problems): void {
  if (outlierDetection !== undefined) {
    const at = nodeAt(outlierDetection.owner, outlierDetection.value);
    problems.unsupported(at, "outlierDetection", "there is no outlier detection yet");
  }
  if (tunnel !== undefined) {
    problems.unsupported(nodeAt(tunnel.owner, tunnel.value), "tunnel", "connections are not tunnelled");
  }
}
