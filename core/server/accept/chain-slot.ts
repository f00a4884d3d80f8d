import type { Connection, ServerTransport } from "../../transport/connection.ts";
import type { ManagerSlot } from "../hcm/http1-connection.ts";
import type { HttpConnectionManager } from "../hcm/manager.ts";
import { serveHttp } from "../hcm/serve-http.ts";
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
  readonly manager: HttpConnectionManager;
  /** null: plain TCP. */
  readonly transport: ChainTransport | null;
}

/** Counts the connections of a listener. */
export interface ChainSlotOwner {
  connectionClosed(openedAt: number): void;
  countTransportTimeout(): void;
}

/** Where connections of one filter chain find what serves them, now and after the next change. */
export class ChainSlot implements ManagerSlot {
  manager: HttpConnectionManager;
  draining: boolean;
  readonly connections: Set<ServedConnection>;
  #transport: ChainTransport | null;
  readonly #owner: ChainSlotOwner;
  /** The chain, or its listener, is gone: who comes now leaves when idle. */
  #leaving: boolean;

  constructor(parts: ChainParts, owner: ChainSlotOwner, draining: boolean) {
    this.manager = parts.manager;
    this.draining = draining;
    this.connections = new Set();
    this.#transport = parts.transport;
    this.#owner = owner;
    this.#leaving = false;
  }

  update(parts: ChainParts): void {
    this.manager = parts.manager;
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
    const served = serveHttp(connection, this, read);
    // The listener may have gone while the connection was looked at: it was idle then.
    if (this.#leaving) served.drain();
  }

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
}
