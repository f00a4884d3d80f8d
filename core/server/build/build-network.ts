import type { AccessLog } from "../../contract/filter.ts";
import type { NetworkFilter, NetworkFilterDefinition } from "../../contract/network-filter.ts";
import { FAILED, readFilterConfig } from "../../filter/compile-chain.ts";
import type { FilterChain, NetworkFilter as FilterEntry } from "../../resources/listener.ts";
import { HttpConnectionManager as HcmSchema } from "../../resources/http-connection-manager.ts";
import { nodeOf, parse, type TypedConfig } from "../../resources/schema/index.ts";
import { Occupancy } from "../accept/occupancy.ts";
import { type BuiltNetworkFilter, NetworkChain } from "../network/network-chain.ts";
import type { NetworkTerminal, NetworkTerminalDefinition, TerminalScope } from "../network/terminal.ts";
import { type BuildEnvironment, type BuiltManager, buildManager } from "./build-manager.ts";

/** What may stand in the `filters` of a filter chain, beside the HTTP connection manager. */
export type NetworkDefinition = NetworkFilterDefinition | NetworkTerminalDefinition;

/** The filters of a chain as they were built, with what has to be released after them. */
export interface BuiltChainFilters {
  readonly manager: BuiltManager | null;
  readonly network: NetworkChain | null;
  readonly accessLogs: readonly AccessLog[];
}

/** Where a chain is. */
export interface ChainPlace {
  readonly listener: string;
  readonly chain: string;
  readonly bufferLimit: number;
}

/** Builds the filters of a chain in their order; undefined after mistakes, which the context has. */
export function buildChainFilters(chain: FilterChain, place: ChainPlace, env: BuildEnvironment): BuiltChainFilters | undefined {
  return new ChainFiltersBuilder(chain, place, env).build();
}

/** Lets go of what was built. */
export function releaseChainFilters({ manager, network, accessLogs }: BuiltChainFilters): void {
  if (manager !== null) {
    manager.filters.dispose();
    for (const log of manager.accessLogs) log.dispose?.();
  }
  network?.dispose();
  for (const log of accessLogs) log.dispose?.();
}

class ChainFiltersBuilder {
  readonly #chain: FilterChain;
  readonly #place: ChainPlace;
  readonly #env: BuildEnvironment;
  readonly #filters: BuiltNetworkFilter[] = [];
  readonly #accessLogs: AccessLog[] = [];
  readonly #occupancy = new Occupancy();
  #manager: BuiltManager | null = null;
  #terminal: NetworkTerminal | null = null;
  /** Whether the last filter ends the chain. */
  #ends = false;

  constructor(chain: FilterChain, place: ChainPlace, env: BuildEnvironment) {
    this.#chain = chain;
    this.#place = place;
    this.#env = env;
  }

  build(): BuiltChainFilters | undefined {
    const { context } = this.#env;
    const before = context.failures;
    const entries = this.#chain.filters;
    for (const [index, entry] of entries.entries()) {
      this.#ends = false;
      this.#add(entry);
      if (context.failures === before && this.#ends !== (index === entries.length - 1)) this.#wrongPlace(entry);
    }
    if (entries.length === 0)
      this.#report(this.#chain, "missing_field", "found no network filter, wanted at least one that ends the chain");
    const alone = this.#manager !== null && this.#filters.length === 0;
    const network = alone
      ? null
      : new NetworkChain(this.#filters, this.#terminal, this.#place.bufferLimit, this.#occupancy, this.#env.logger("connection"));
    const built = { manager: this.#manager, network, accessLogs: this.#accessLogs };
    if (context.failures === before) return built;
    releaseChainFilters(built);
    return undefined;
  }

  #wrongPlace(entry: FilterEntry): void {
    const message = this.#ends
      ? `"${entry.name}" ends the chain: it must be the last of its filters`
      : `"${entry.name}" is the last filter, wanted one that ends the chain, such as the HTTP connection manager or tcp_proxy`;
    this.#report(entry, "invalid_value", message);
  }

  #add(entry: FilterEntry): void {
    const { env, config } = { env: this.#env, config: entry.typedConfig };
    if (config === undefined) {
      this.#report(entry, "missing_field", `filter "${entry.name}" has no typed_config, wanted one that names its type`);
      return;
    }
    if (config.typeUrl === HcmSchema.typeName) {
      this.#addManager(config);
      return;
    }
    const plugin = env.plugin(config.typeUrl);
    if (plugin?.kind === "http_filter") {
      this.#report(config, "unknown_type_url", `"${plugin.id}" is an HTTP filter, wanted a network filter`);
      return;
    }
    const definition = plugin ?? env.networkRegistry.find(config.typeUrl);
    if (definition === undefined) {
      this.#report(config, "unknown_type_url", `no network filter answers to "${config.typeUrl}"`);
      return;
    }
    this.#ends = definition.kind === "network_terminal" || definition.terminal === true;
    const value = readFilterConfig(definition, config, "config", env.context);
    if (value === FAILED) return;
    try {
      this.#create(definition, entry, value);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#report(config, "invalid_value", `filter "${entry.name}" could not be built: ${why}`);
    }
  }

  #create(definition: NetworkDefinition, entry: FilterEntry, value: unknown): void {
    const scope = this.#scope(entry.name);
    if (definition.kind === "network_terminal") {
      this.#terminal = definition.create(value, scope);
      return;
    }
    this.#filters.push({
      name: entry.name,
      filter: definition.create(value, scope) as NetworkFilter<unknown>,
      skipOnError: definition.onError === "skip",
      index: this.#filters.length,
    });
  }

  #scope(name: string): TerminalScope {
    const { context, root, runtime, services, logger, createAccessLog } = this.#env;
    const log = logger("filter");
    return {
      name,
      slot: 0,
      stats: root,
      log,
      runtime,
      services,
      listenerName: this.#place.listener,
      filterChainName: this.#place.chain,
      occupancy: this.#occupancy,
      bufferLimit: this.#place.bufferLimit,
      accessLog: (resource) => {
        const made = createAccessLog(resource, { context, scope: root, log: logger("misc") });
        if (made !== undefined) this.#accessLogs.push(made);
        return made;
      },
    };
  }

  #addManager(config: TypedConfig): void {
    const env = this.#env;
    this.#ends = true;
    const hcm = parse(HcmSchema, config, env.context);
    if (hcm === undefined) return;
    const { listener, chain, bufferLimit } = this.#place;
    const around = { bufferLimit, localAddress: env.localAddress, node: env.node };
    const built = buildManager(hcm, { listener, chain }, around, env);
    if (built === undefined) return;
    // Found twice: the first is let go of here, the mistake is told by where it stands.
    if (this.#manager !== null) releaseChainFilters({ manager: this.#manager, network: null, accessLogs: [] });
    this.#manager = built;
  }

  #report(about: object, code: "missing_field" | "invalid_value" | "unknown_type_url", message: string): void {
    const node = nodeOf(about) ?? nodeOf(this.#chain);
    if (node !== undefined) this.#env.context.report(node, code, message);
  }
}
