import type { Connection, ServerTransport } from "../../transport/connection.ts";
import { Timer, type TimerOwner, timers } from "../../transport/timers.ts";
import type { ManagerSlot } from "../hcm/manager-slot.ts";
import type { HttpConnectionManager } from "../hcm/manager.ts";
import { serveHttp } from "../hcm/serve-http.ts";
import { FilteredConnection, type MakeTerminal } from "../network/filtered-connection.ts";
import type { NetworkChain } from "../network/network-chain.ts";
import { HandshakingConnection } from "./handshaking-connection.ts";
import type { Occupancy } from "./occupancy.ts";
import type { ServedConnection } from "./served-connection.ts";

/** The transport of a chain as a snapshot built it. */
export interface ChainTransport {
  readonly transport: ServerTransport;
  /** ms for the handshake; 0: as long as it likes. */
  readonly timeout: number;
  /** Handshakes that run. */
  readonly occupancy: Occupancy;
}

/** What the connections of a chain are served by: the part of a snapshot that an update replaces. */
export interface ChainParts {
  /** What is at the end of the chain; null: the terminal of `network`, or its last filter. */
  readonly manager: HttpConnectionManager | null;
  /** null: nothing but the manager. */
  readonly network: NetworkChain | null;
  /** null: plain TCP. */
  readonly transport: ChainTransport | null;
}

/** Counts the connections of a listener. */
export interface ChainSlotOwner {
  connectionClosed(openedAt: number): void;
  countTransportTimeout(): void;
}

/** Where connections of one filter chain find what serves them, now and after the next change. */
export abstract class ChainSlot {
  draining: boolean;
  readonly connections: Set<ServedConnection>;
  #network: NetworkChain | null;
  #transport: ChainTransport | null;
  readonly #owner: ChainSlotOwner;
  /** The chain, or its listener, is gone: who comes now leaves when idle. */
  #leaving: boolean;

  constructor(parts: ChainParts, owner: ChainSlotOwner, draining: boolean) {
    this.draining = draining;
    this.connections = new Set();
    this.#network = parts.network;
    this.#transport = parts.transport;
    this.#owner = owner;
    this.#leaving = false;
  }

  /** Whether it can go on with these parts: connections that speak HTTP need a manager for their next request. */
  abstract takes(parts: ChainParts): boolean;

  update(parts: ChainParts): void {
    this.#network = parts.network;
    this.#transport = parts.transport;
  }

  /** Takes a connection of this chain. `read`: what listener filters read and left. */
  accept(connection: Connection, read: Buffer | null): void {
    const transport = this.#transport;
    if (transport === null) {
      this.#serve(connection, read);
      return;
    }
    const handshake = new HandshakingConnection(this, transport, connection.facts);
    this.connections.add(handshake);
    handshake.begin(connection, read);
  }

  /** A handshake is done. */
  ready(handshake: HandshakingConnection, connection: Connection): void {
    this.connections.delete(handshake);
    this.#serve(connection, null);
  }

  #serve(connection: Connection, read: Buffer | null): void {
    const network = this.#network;
    const served = network === null ? this.serveEnd(connection, read, null) : this.#serveFiltered(connection, read, network);
    // The listener may have gone while the connection was looked at: it was idle then.
    if (this.#leaving) served?.drain();
  }

  #serveFiltered(connection: Connection, read: Buffer | null, network: NetworkChain): ServedConnection | null {
    if (network.filters.length === 0) return this.serveEnd(connection, read, network);
    const makeTerminal: MakeTerminal = (inner, early) => {
      const served = this.serveEnd(inner, early, network);
      if (served !== null) this.connections.delete(filtered);
      return served;
    };
    const filtered = new FilteredConnection(connection, network, this, makeTerminal);
    this.connections.add(filtered);
    filtered.begin(read);
    return filtered;
  }

  /** What is at the end of the chain takes a connection; null when the last network filter has it. */
  protected abstract serveEnd(connection: Connection, read: Buffer | null, network: NetworkChain | null): ServedConnection | null;

  closed(connection: ServedConnection, openedAt: number): void {
    this.connections.delete(connection);
    this.#owner.connectionClosed(openedAt);
  }

  countTransportTimeout(): void {
    this.#owner.countTransportTimeout();
  }

  drain(): void {
    this.draining = true;
    this.#leaving = true;
    for (const connection of this.connections) connection.drain();
  }

  /** The chain is gone. @param ms what connections have to end by themselves, where nobody knows when they are idle. */
  leave(_ms: number): void {
    this.drain();
  }
}

/** The slot of a chain that ends in an HTTP connection manager: each request asks it for the manager of now. */
export class HttpChainSlot extends ChainSlot implements ManagerSlot {
  manager: HttpConnectionManager;

  constructor(parts: ChainParts, manager: HttpConnectionManager, owner: ChainSlotOwner, draining: boolean) {
    super(parts, owner, draining);
    this.manager = manager;
  }

  takes(parts: ChainParts): boolean {
    return parts.manager !== null;
  }

  override update(parts: ChainParts): void {
    super.update(parts);
    if (parts.manager !== null) this.manager = parts.manager;
  }

  protected serveEnd(connection: Connection, read: Buffer | null): ServedConnection {
    return serveHttp(connection, this, read);
  }
}

/** The slot of a chain that ends in something else. Its connections stay with what they began with. */
export class TcpChainSlot extends ChainSlot implements TimerOwner {
  #deadline: Timer | null = null;

  override leave(ms: number): void {
    super.leave(ms);
    if (this.connections.size === 0) return;
    this.#deadline ??= new Timer(this);
    timers.arm(this.#deadline, ms);
  }

  onTimer(): void {
    for (const connection of this.connections) connection.destroy();
  }

  takes(parts: ChainParts): boolean {
    return parts.manager === null;
  }

  protected serveEnd(connection: Connection, read: Buffer | null, network: NetworkChain | null): ServedConnection | null {
    const terminal = network?.terminal ?? null;
    if (terminal === null) return null;
    const served = terminal.serve(connection, read, this);
    this.connections.add(served);
    return served;
  }
}

/** The place of a filter chain: that of HTTP where it has a connection manager, else that of network filters. */
export function newChainSlot(parts: ChainParts, owner: ChainSlotOwner, draining: boolean): ChainSlot {
  return parts.manager === null
    ? new TcpChainSlot(parts, owner, draining)
    : new HttpChainSlot(parts, parts.manager, owner, draining);
}
