import type { HttpFilter } from "../contract/filter.ts";
import { FilterChain } from "../stream/chain.ts";
import { HttpConnectionManager as HcmSchema } from "../resources/http-connection-manager.ts";
import { decodeValue } from "../resources/schema/index.ts";
import type { StatsStore } from "../observe/stats-store.ts";
import type { ListenerFilter } from "../contract/listener-filter.ts";
import { compileHcmOptions } from "./build/hcm-options.ts";
import { HttpConnectionManager } from "./hcm/manager.ts";
import { HcmStats } from "./hcm/stats.ts";
import { Occupancy } from "./accept/occupancy.ts";
import type { ChainCriteria } from "./filter-chain-match.ts";
import type { BuiltChain, BuiltListener } from "./listener-runtime.ts";

/** Criteria that match everything. */
export const ANY: ChainCriteria = {
  prefixRanges: [],
  serverNames: [],
  transportProtocol: "",
  applicationProtocols: [],
  directSourcePrefixRanges: [],
  sourceType: "ANY",
  sourcePrefixRanges: [],
  sourcePorts: [],
};

/** A connection manager that answers every request with this text, and what it knows of the client. */
export function answering(stats: StatsStore, text: string): HttpConnectionManager {
  const { value } = decodeValue(HcmSchema, { statPrefix: text, routeConfig: {} }, { file: "fixture" });
  if (value === undefined) throw new Error("the fixture's configuration is wrong");
  const filter: HttpFilter<unknown> = {
    onRequestHeaders: (s) =>
      s.reply(200, { body: `${text} ${s.connection.remoteAddress} ${s.connection.requestedServerName}`, verbatim: true }),
  };
  const options = compileHcmOptions(value, {
    bufferLimit: 65_536,
    localAddress: "127.0.0.1",
    node: { id: "", cluster: "" },
  });
  return new HttpConnectionManager({
    options,
    stats: new HcmStats(stats.scope("http", text)),
    chain: new FilterChain([{ name: "answer", filter, skipOnError: false, requestBuffer: 0, responseBuffer: 0 }]),
    routes: { match: () => undefined },
    accessLogs: [],
    log: { debug() {}, info() {}, warn() {}, error() {} },
    listenerName: "l",
    filterChainName: text,
    localReply: null,
  });
}

/** A chain of that manager, plain and for all connections unless `parts` says otherwise. */
export function chain(manager: HttpConnectionManager, parts: Partial<BuiltChain> = {}): BuiltChain {
  return { key: "any", name: "any", criteria: ANY, manager, network: null, transport: null, ...parts };
}

/** A listener on any port of the loopback. */
export function listenerOf(
  stats: StatsStore,
  chains: readonly BuiltChain[],
  filters: readonly ListenerFilter<unknown>[] = [],
  options: { timeout?: number; continueOnTimeout?: boolean } = {},
): BuiltListener {
  const { timeout = 0, continueOnTimeout = false } = options;
  return {
    name: "l",
    host: "127.0.0.1",
    port: 0,
    backlog: undefined,
    inbound: false,
    filters: filters.length === 0 ? null : { filters, timeout, continueOnTimeout, occupancy: new Occupancy() },
    chains,
    defaultChain: null,
    resource: {},
    scope: stats.scope("listener", "l"),
  };
}
