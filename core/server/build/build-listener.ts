import { HttpConnectionManager as HcmSchema } from "../../resources/http-connection-manager.ts";
import type { CidrRange } from "../../resources/address.ts";
import type { FilterChain as FilterChainResource, FilterChainMatch, Listener } from "../../resources/listener.ts";
import { nodeOf, parse } from "../../resources/schema/index.ts";
import { addressBytes, type ChainCriteria, type Cidr } from "../filter-chain-match.ts";
import type { BuiltChain, BuiltListener } from "../listener-runtime.ts";
import { type BuildEnvironment, type BuiltManager, buildManager } from "./build-manager.ts";

/** Envoy: per_connection_buffer_limit_bytes. */
const BUFFER_LIMIT = 1024 * 1024;
const HCM_TYPE = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";

/** A listener and the managers of its chains. */
export interface BuiltListenerParts {
  readonly listener: BuiltListener;
  readonly managers: readonly BuiltManager[];
}

/** Builds a listener from its resource; undefined after mistakes, which the context has. */
export function buildListener(resource: Listener, env: BuildEnvironment): BuiltListenerParts | undefined {
  const { context } = env;
  const before = context.failures;
  const socket = resource.address?.socketAddress;
  const node = nodeOf(resource);
  if (socket === undefined) {
    if (node !== undefined) context.report(node, "missing_field", "a listener wants address.socket_address");
    return undefined;
  }
  const host = socket.address;
  const port = socket.portValue ?? 0;
  const name = resource.name !== undefined && resource.name !== "" ? resource.name : `${host}:${port}`;
  const scope = env.root.scope("listener", `${host}_${port}`, "envoy.listener_address");
  const managers: BuiltManager[] = [];
  const build = (chain: FilterChainResource, index: string): BuiltChain | undefined => {
    const chainName = chain.name !== undefined && chain.name !== "" ? chain.name : index;
    const filter = chain.filters?.[0];
    const about = nodeOf(chain);
    if (filter === undefined || (chain.filters?.length ?? 0) !== 1) {
      if (about !== undefined) context.report(about, "invalid_value", `found ${chain.filters?.length ?? 0} network filters, wanted one http_connection_manager`);
      return undefined;
    }
    const config = filter.typedConfig;
    if (config?.typeUrl !== HCM_TYPE) {
      const at = nodeOf(config ?? filter);
      if (at !== undefined) context.report(at, "unknown_type_url", `network filter "${config?.typeUrl ?? filter.name}" is not built yet, wanted ${HCM_TYPE}`);
      return undefined;
    }
    const hcm = parse(HcmSchema, config, context);
    if (hcm === undefined) return undefined;
    const bufferLimit = resource.perConnectionBufferLimitBytes ?? BUFFER_LIMIT;
    const built = buildManager(hcm, { listener: name, chain: chain.name ?? "" }, { bufferLimit, localAddress: env.localAddress }, env);
    if (built === undefined) return undefined;
    managers.push(built);
    return { name: chainName, criteria: criteriaOf(chain.filterChainMatch), manager: built.manager };
  };
  const chains = (resource.filterChains ?? []).map((chain, index) => build(chain, `#${index}`));
  const fallback = resource.defaultFilterChain === undefined ? null : build(resource.defaultFilterChain, "#default");
  if (chains.length === 0 && fallback === null && node !== undefined) {
    context.report(node, "missing_field", "a listener wants at least one filter chain");
  }
  if (context.failures !== before) {
    releaseManagers(managers);
    return undefined;
  }
  const listener: BuiltListener = {
    name,
    host,
    port,
    backlog: resource.tcpBacklogSize,
    inbound: resource.trafficDirection === "INBOUND",
    chains: chains.filter((chain) => chain !== undefined),
    defaultChain: fallback ?? null,
    resource,
    scope,
  };
  return { listener, managers };
}

/** Undoes the building of managers that will not serve. */
export function releaseManagers(managers: readonly BuiltManager[]): void {
  for (const built of managers) {
    built.filters.dispose();
    for (const log of built.accessLogs) log.dispose?.();
  }
}

function ranges(list: readonly CidrRange[] | undefined): Cidr[] {
  const out: Cidr[] = [];
  for (const range of list ?? []) {
    const bytes = addressBytes(range.addressPrefix);
    if (bytes !== undefined) out.push({ bytes, length: range.prefixLen ?? 0 });
  }
  return out;
}

function criteriaOf(match: FilterChainMatch | undefined): ChainCriteria {
  return {
    destinationPort: match?.destinationPort,
    prefixRanges: ranges(match?.prefixRanges),
    serverNames: (match?.serverNames ?? []).map((name) => name.toLowerCase()),
    transportProtocol: match?.transportProtocol ?? "",
    applicationProtocols: match?.applicationProtocols ?? [],
    directSourcePrefixRanges: ranges(match?.directSourcePrefixRanges),
    sourceType: match?.sourceType ?? "ANY",
    sourcePrefixRanges: ranges(match?.sourcePrefixRanges),
    sourcePorts: match?.sourcePorts ?? [],
  };
}
