import type { CidrRange, SocketAddress } from "../../resources/address.ts";
import type { FilterChain as FilterChainResource, FilterChainMatch, Listener } from "../../resources/listener.ts";
import { resourceKey } from "../../resources/diff.ts";
import { nodeOf } from "../../resources/schema/index.ts";
import { addressBytes, type ChainCriteria, type Cidr } from "../filter-chain-match.ts";
import type { BuiltChain, BuiltListener } from "../listener-runtime.ts";
import type { ChainTransport } from "../accept/chain-slot.ts";
import type { Occupied } from "../accept/occupancy.ts";
import type { BuiltListenerFilters } from "../accept/sniffing-connection.ts";
import type { HttpConnectionManager } from "../hcm/manager.ts";
import { buildListenerFilters, releaseListenerFilters } from "./build-listener-filters.ts";
import type { BuildEnvironment } from "./build-manager.ts";
import { buildChainFilters, type BuiltChainFilters, releaseChainFilters } from "./build-network.ts";
import { buildTransport } from "./server-transports.ts";

/** What of a listener has to be released after it. */
interface ReleasableParts {
  readonly filters: readonly BuiltChainFilters[];
  readonly transports: readonly ChainTransport[];
  readonly listenerFilters: BuiltListenerFilters | null;
}

/** A listener and the parts of its chains. */
export interface BuiltListenerParts extends ReleasableParts {
  /** One for each of its addresses: they share their chains. */
  readonly listeners: readonly BuiltListener[];
}

/** Builds a listener from its resource; undefined after mistakes, which the context has. */
export function buildListener(resource: Listener, env: BuildEnvironment): BuiltListenerParts | undefined {
  const { context } = env;
  const before = context.failures;
  const node = nodeOf(resource);
  const sockets: SocketAddress[] = [];
  for (const address of [resource.address, ...resource.additionalAddresses.map((additional) => additional.address)]) {
    if (address.socketAddress !== undefined) sockets.push(address.socketAddress);
    else if (node !== undefined)
      context.report(nodeOf(address) ?? node, "missing_field", "a listener wants address.socket_address: it takes TCP");
  }
  if (sockets.length === 0) return undefined;
  const name = resource.name !== "" ? resource.name : `${sockets[0].address}:${sockets[0].portValue ?? 0}`;
  const built: BuiltChainFilters[] = [];
  const transports: ChainTransport[] = [];
  const scopes = sockets.map(({ address, portValue }) =>
    env.root.scope("listener", listenerStatName(resource, address, portValue ?? 0), "envoy.listener_address"),
  );
  const scope = scopes[0];
  const keys = new Set<string>();
  const build = (chain: FilterChainResource, index: string): BuiltChain | undefined => {
    const chainName = chain.name !== "" ? chain.name : index;
    const about = nodeOf(chain);
    const bufferLimit = resource.perConnectionBufferLimitBytes;
    const filters = buildChainFilters(chain, { listener: name, chain: chain.name, bufferLimit }, env);
    if (filters === undefined) return undefined;
    built.push(filters);
    const transport = buildTransport(chain, env.serverTransports, { context, scope, log: env.logger("connection") });
    if (transport === undefined) return undefined;
    if (transport !== null) transports.push(transport);
    const key = index === "#default" ? index : resourceKey(chain.filterChainMatch ?? {});
    if (keys.has(key) && about !== undefined) {
      context.report(
        about,
        "duplicate_name",
        "another filter chain of this listener has the same match, so this one would never be used",
      );
    }
    keys.add(key);
    return {
      key,
      name: chainName,
      criteria: criteriaOf(chain.filterChainMatch),
      manager: filters.manager?.manager ?? null,
      network: filters.network,
      transport,
    };
  };
  const chains = resource.filterChains.map((chain, index) => build(chain, `#${index}`));
  const fallback = resource.defaultFilterChain === undefined ? null : build(resource.defaultFilterChain, "#default");
  if (chains.length === 0 && fallback === null && node !== undefined) {
    context.report(node, "missing_field", "a listener wants at least one filter chain");
  }
  const listenerFilters = buildListenerFilters(resource, env);
  const parts = { filters: built, transports, listenerFilters: listenerFilters ?? null };
  if (context.failures !== before) {
    releaseListener(parts);
    return undefined;
  }
  const listeners = sockets.map(({ address: host, portValue: port = 0, ipv4Compat }, i): BuiltListener => ({
    name,
    host,
    port,
    backlog: resource.tcpBacklogSize,
    inbound: resource.trafficDirection === "INBOUND",
    ipv6Only: host.includes(":") && !ipv4Compat,
    drainsOnModifyOnly: resource.drainType === "MODIFY_ONLY",
    filters: listenerFilters ?? null,
    chains: chains.filter((chain) => chain !== undefined),
    defaultChain: fallback ?? null,
    resource,
    scope: scopes[i],
  }));
  return { listeners, ...parts };
}

/** The names that its counters are below, one for each address. */
export function addressStatNames(resource: Listener): readonly string[] {
  return [resource.address, ...resource.additionalAddresses.map((additional) => additional.address)].flatMap(
    ({ socketAddress }) =>
      socketAddress === undefined ? [] : [listenerStatName(resource, socketAddress.address, socketAddress.portValue ?? 0)],
  );
}

/** What counters of a listener are below: `listener.NAME.`. */
function listenerStatName(resource: Listener, host: string, port: number): string {
  return resource.statPrefix !== "" ? resource.statPrefix : `${host.includes(":") ? `[${host}]` : host}_${port}`;
}

/** Undoes the building of a listener that will not serve, or serves no more. */
export function releaseListener({ filters, transports, listenerFilters }: ReleasableParts): void {
  for (const built of filters) releaseChainFilters(built);
  for (const { transport } of transports) transport.dispose?.();
  if (listenerFilters !== null) releaseListenerFilters(listenerFilters.filters);
}

/** What connections and streams may still use of a listener that was replaced. */
export function occupantsOf({ filters, transports, listenerFilters }: ReleasableParts): Occupied[] {
  const occupants: Occupied[] = transports.map((built) => built.occupancy);
  for (const { manager, network } of filters) {
    if (manager !== null) occupants.push(manager.manager);
    if (network !== null) occupants.push(network.occupancy);
  }
  if (listenerFilters !== null) occupants.push(listenerFilters.occupancy);
  return occupants;
}

/** The connection managers of its chains. */
export function managersOf({ filters }: ReleasableParts): HttpConnectionManager[] {
  return filters.flatMap(({ manager }) => manager?.manager ?? []);
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
