import type { AccessLog, FilterScope, FilterServices, Logger } from "../../contract/filter.ts";
import type { ListenerFilterDefinition } from "../../contract/listener-filter.ts";
import type { RouteTable } from "../../contract/route.ts";
import type { StatsScope } from "../../contract/stats.ts";
import { compileChain, type CompiledFilters } from "../../filter/compile-chain.ts";
import type { PluginDefinition } from "../../filter/loader/plugin-brand.ts";
import type { FilterRegistry } from "../../filter/registry.ts";
import type { RouteConfigs } from "../../filter/route-config.ts";
import type { Runtime } from "../../filter/runtime.ts";
import type { HttpConnectionManager as HcmResource } from "../../resources/http-connection-manager.ts";
import type { RouteConfiguration } from "../../resources/route.ts";
import { type DecodeContext, nodeOf } from "../../resources/schema/index.ts";
import { HttpConnectionManager, type LocalReplyMapper } from "../hcm/manager.ts";
import { HcmStats } from "../hcm/stats.ts";
import type { AccessLogFactory } from "./access-logs.ts";
import type { NetworkDefinition } from "./build-network.ts";
import type { ServerTransportFactory } from "./server-transports.ts";
import { compileHcmOptions, type HcmSurroundings } from "./hcm-options.ts";

/**
 * Compiles a route configuration and hands the table to `use`, or reports mistakes to the context. It may do so at once or, because routes may be
 * many, later and in slices: but before the snapshot serves. The assembly passes the one of plugins/routing.
 */
export type RouteCompiler = (
  config: RouteConfiguration,
  options: {
    readonly routeConfigs: RouteConfigs;
    readonly runtime: Runtime;
    readonly context: DecodeContext;
    readonly clusterExists: (name: string) => boolean;
  },
  use: (table: RouteTable) => void,
) => void;

/** What building takes that the resources don't say: the plugins, by explicit choice of the assembly. */
export interface BuildEnvironment {
  readonly registry: FilterRegistry;
  readonly networkRegistry: FilterRegistry<NetworkDefinition>;
  readonly listenerRegistry: FilterRegistry<ListenerFilterDefinition>;
  readonly context: DecodeContext;
  readonly root: StatsScope;
  readonly services: FilterServices;
  readonly runtime: Runtime;
  readonly compileRoutes: RouteCompiler;
  readonly createAccessLog: AccessLogFactory;
  /** By the type URL of a filter chain's `transport_socket`. The plain one needs none. */
  readonly serverTransports: ReadonlyMap<string, ServerTransportFactory>;
  readonly compileLocalReply:
    ((hcm: HcmResource, context: DecodeContext, runtime: Runtime) => LocalReplyMapper | undefined) | null;
  readonly clusterExists: (name: string) => boolean;
  logger(component: string): Logger;
  plugin(typeUrl: string): PluginDefinition | undefined;
  readonly localAddress: string;
  /** Who this proxy is, by the bootstrap's `node`; both "" when it does not say. */
  readonly node: { readonly id: string; readonly cluster: string };
}

/** A connection manager with what has to be released after it. */
export interface BuiltManager {
  readonly manager: HttpConnectionManager;
  readonly filters: CompiledFilters;
  readonly accessLogs: readonly AccessLog[];
}

/** Builds a connection manager from its resource; undefined after mistakes. */
export function buildManager(
  hcm: HcmResource,
  names: { readonly listener: string; readonly chain: string },
  around: HcmSurroundings,
  env: BuildEnvironment,
): BuiltManager | undefined {
  const { context } = env;
  const before = context.failures;
  const scope = env.root.scope("http", hcm.statPrefix, "envoy.http_conn_manager_prefix");
  const filters = compileChain(hcm.httpFilters ?? [], hcm, {
    registry: env.registry,
    context,
    plugin: (typeUrl) => env.plugin(typeUrl),
    scope: (name, slot): FilterScope => ({
      name,
      slot,
      stats: scope,
      log: env.logger("filter"),
      runtime: env.runtime,
      services: env.services,
    }),
  });
  const accessLogs: AccessLog[] = [];
  for (const resource of hcm.accessLog ?? []) {
    const log = env.createAccessLog(resource, { context, scope, log: env.logger("misc") });
    if (log !== undefined) accessLogs.push(log);
  }
  const release = (): undefined => {
    filters?.dispose();
    for (const log of accessLogs) log.dispose?.();
    return undefined;
  };
  if (hcm.routeConfig === undefined) {
    const node = nodeOf(hcm);
    if (node !== undefined)
      context.report(node, "missing_field", "no route_config, wanted one (routes over xDS are not built yet)");
    return release();
  }
  if (filters === undefined) return release();
  const localReply = env.compileLocalReply?.(hcm, context, env.runtime) ?? null;
  const manager = new HttpConnectionManager({
    options: compileHcmOptions(hcm, around),
    stats: new HcmStats(scope),
    chain: filters.chain,
    accessLogs,
    log: env.logger("http"),
    listenerName: names.listener,
    filterChainName: names.chain,
    localReply,
  });
  const { routeConfigs } = filters;
  env.compileRoutes(hcm.routeConfig, { routeConfigs, runtime: env.runtime, context, clusterExists: env.clusterExists }, (table) =>
    manager.useRoutes(table, routeConfigs.hasVariants()),
  );
  if (context.failures !== before) return release();
  return { manager, filters, accessLogs };
}
