import type { Logger } from "../../contract/filter.ts";
import type { NetworkFilter } from "../../contract/network-filter.ts";
import { mapStack } from "../../filter/loader/map-stack.ts";
import type { Occupancy } from "../accept/occupancy.ts";
import type { NetworkTerminal } from "./terminal.ts";

/** A network filter as a snapshot built it. */
export interface BuiltNetworkFilter {
  readonly name: string;
  readonly filter: NetworkFilter<unknown>;
  readonly skipOnError: boolean;
  /** Of the state in its connection's list. */
  readonly index: number;
}

/** The network filters of a chain, one list for each hook, and what is at their end. */
export class NetworkChain {
  readonly filters: readonly BuiltNetworkFilter[];
  readonly onConnection: readonly BuiltNetworkFilter[];
  readonly onData: readonly BuiltNetworkFilter[];
  /** Last to first. */
  readonly onWrite: readonly BuiltNetworkFilter[];
  readonly hasState: boolean;
  /** null: the chain's HTTP connection manager, or, without one, the last filter itself. */
  readonly terminal: NetworkTerminal | null;
  readonly bufferLimit: number;
  /** Connections that use it. */
  readonly occupancy: Occupancy;
  readonly #log: Logger;

  constructor(
    filters: readonly BuiltNetworkFilter[],
    terminal: NetworkTerminal | null,
    bufferLimit: number,
    occupancy: Occupancy,
    log: Logger,
  ) {
    this.filters = filters;
    this.terminal = terminal;
    this.bufferLimit = bufferLimit;
    this.#log = log;
    this.onConnection = filters.filter(({ filter }) => filter.onConnection !== undefined);
    this.onData = filters.filter(({ filter }) => filter.onData !== undefined);
    this.onWrite = filters.filter(({ filter }) => filter.onWrite !== undefined).reverse();
    this.hasState = filters.some(({ filter }) => filter.createState !== undefined);
    this.occupancy = occupancy;
  }

  hookError(entry: BuiltNetworkFilter, connectionId: number, error: unknown): void {
    const text = error instanceof Error ? mapStack(error.stack ?? error.message) : String(error);
    this.#log.error(
      `network filter ${entry.name}: ${text} (connection ${connectionId}, ${entry.skipOnError ? "skipped" : "failed"})`,
    );
  }

  dispose(): void {
    for (const { filter } of this.filters) filter.dispose?.();
    this.terminal?.dispose?.();
  }
}
