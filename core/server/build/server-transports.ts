import type { Logger } from "../../contract/filter.ts";
import type { StatsScope } from "../../contract/stats.ts";
import { RAW_BUFFER } from "../../resources/base.ts";
import { type DecodeContext, nodeOf, type TypedConfig } from "../../resources/schema/index.ts";
import type { FilterChain } from "../../resources/listener.ts";
import type { ServerTransport } from "../../transport/connection.ts";
import type { ChainTransport } from "../accept/chain-slot.ts";
import { Occupancy } from "../accept/occupancy.ts";

/** What a transport is built with. */
export interface ServerTransportContext {
  readonly context: DecodeContext;
  /** `listener.NAME.`, of the listener's first address. */
  readonly scope: StatsScope;
  readonly log: Logger;
}

/** Builds the transport of a filter chain from the configuration of its `transport_socket`; undefined after mistakes, which the context has. */
export type ServerTransportFactory = (config: TypedConfig, around: ServerTransportContext) => ServerTransport | undefined;

/** The transport of a chain; null for plain TCP, undefined after mistakes. */
export function buildTransport(
  chain: FilterChain,
  factories: ReadonlyMap<string, ServerTransportFactory>,
  around: ServerTransportContext,
): ChainTransport | null | undefined {
  const config = chain.transportSocket?.typedConfig;
  if (config === undefined || config.typeUrl === RAW_BUFFER) return null;
  const factory = factories.get(config.typeUrl);
  if (factory === undefined) {
    const node = nodeOf(config);
    if (node !== undefined)
      around.context.report(node, "unknown_type_url", `no transport socket of clients answers to "${config.typeUrl}"`);
    return undefined;
  }
  const transport = factory(config, around);
  if (transport === undefined) return undefined;
  return { transport, timeout: chain.transportSocketConnectTimeout, occupancy: new Occupancy() };
}
