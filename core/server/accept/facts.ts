import type { ListenerFilterConnection } from "../../contract/listener-filter.ts";
import type { Connection } from "../../transport/connection.ts";

/** What listener filters learn of a connection. Addresses of the socket are asked for when needed: each is a system call. */
export class LearnedFacts implements ListenerFilterConnection {
  /** The connection whose socket is asked: the accepted one, or the one that a transport has put in its place. */
  connection: Connection;
  serverName = "";
  transportProtocol = "";
  applicationProtocols: readonly string[] = NONE;
  metadata: Record<string, Record<string, unknown>> | undefined = undefined;
  filterState: Record<string, unknown> | undefined = undefined;
  /** Bytes that the filter that is just called has taken. */
  consumed = 0;
  #told: Addresses | null = null;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  get remoteAddress(): string {
    return this.#told === null ? this.connection.remoteAddress : this.#told.remote;
  }
  get remotePort(): number {
    return this.#told === null ? this.connection.remotePort : this.#told.remotePort;
  }
  get localAddress(): string {
    return this.#told === null ? this.connection.localAddress : this.#told.local;
  }
  get localPort(): number {
    return this.#told === null ? this.connection.localPort : this.#told.localPort;
  }
  get directRemoteAddress(): string {
    return this.connection.remoteAddress;
  }
  get directRemotePort(): number {
    return this.connection.remotePort;
  }

  setAddresses(remote: string, remotePort: number, local: string, localPort: number): void {
    this.#told = { remote, remotePort, local, localPort };
  }

  setMetadata(namespace: string, key: string, value: unknown): void {
    ((this.metadata ??= Object.create(null) as Record<string, Record<string, unknown>>)[namespace] ??= {})[key] = value;
  }

  setFilterState(key: string, value: unknown): void {
    (this.filterState ??= Object.create(null) as Record<string, unknown>)[key] = value;
  }

  consume(bytes: number): void {
    this.consumed += bytes;
  }
}

interface Addresses {
  readonly remote: string;
  readonly remotePort: number;
  readonly local: string;
  readonly localPort: number;
}

const NONE: readonly string[] = Object.freeze([]);
