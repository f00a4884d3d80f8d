import type { ConnectionFacts } from "../contract/listener-filter.ts";
import type { StatsScope } from "../contract/stats.ts";
import { clock } from "../transport/clock.ts";
import type { Connection } from "../transport/connection.ts";
import { listen, type ListeningSocket } from "../transport/connection.ts";
import { type ChainParts, type ChainSlot, type ChainSlotOwner, newChainSlot } from "./accept/chain-slot.ts";
import { LearnedFacts } from "./accept/facts.ts";
import {
  type BuiltListenerFilters,
  SniffingConnection,
  type SniffingEnd,
  type SniffingOwner,
} from "./accept/sniffing-connection.ts";
import { type ChainCriteria, chooseFilterChain, matchesEverything } from "./filter-chain-match.ts";
import { ListenerStats } from "./listener-stats.ts";

/** A filter chain as a snapshot built it. */
export interface BuiltChain extends ChainParts {
  /** What its match says: the same before and after a change means the same connections. Unique in a listener. */
  readonly key: string;
  readonly name: string;
  readonly criteria: ChainCriteria;
}

/** A listener as a snapshot built it: no socket yet. */
export interface BuiltListener {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly backlog: number | undefined;
  /** Whether "INBOUND" is its traffic direction (`/drain_listeners?inboundonly`). */
  readonly inbound: boolean;
  /** An IPv6 address that takes no IPv4 connections (not `ipv4_compat`). Default false. */
  readonly ipv6Only?: boolean;
  /** `drain_type: MODIFY_ONLY`: a failed health check is no reason to end connections. Default false. */
  readonly drainsOnModifyOnly?: boolean;
  /** The admin port: no traffic of anybody, so it is drained last and not listed. */
  readonly admin?: boolean;
  /** null: none, and a connection's chain is chosen as soon as it is accepted. */
  readonly filters: BuiltListenerFilters | null;
  readonly chains: readonly BuiltChain[];
  readonly defaultChain: BuiltChain | null;
  readonly resource: object;
  readonly scope: StatsScope;
}

/** How a listener comes by its socket. */
export type Take = (built: BuiltListener, onConnection: (connection: Connection) => void) => Promise<ListeningSocket>;

const takeByListening: Take = ({ host, port, backlog, ipv6Only }, onConnection) =>
  listen({ host, port }, { backlog, ipv6Only }, onConnection);

/**
 * A listening socket and the connections that it accepted. An update swaps what new requests see and leaves sockets and connections alone: only a
 * chain that is gone drains its connections.
 */
export class ListenerRuntime implements ChainSlotOwner, SniffingOwner {
  built: BuiltListener;
  #slots: Map<string, ChainSlot>;
  #default: ChainSlot | null;
  /** Slots of chains that are gone and still have connections. */
  #old: Set<ChainSlot>;
  /** The only chain, when it matches everything: nothing is asked of a connection then. */
  #only: ChainSlot | null;
  #criteria: readonly ChainCriteria[];
  #socket: ListeningSocket | null;
  readonly #idleWaiters: Set<() => void>;
  #connections: number;
  /** Connections that listener filters look at: not counted as connections yet. */
  readonly #sniffing: Set<SniffingConnection>;
  #stats: ListenerStats;
  readonly #drainTime: number;
  draining: boolean;
  /** It will close soon: responses end their connections, new ones are still taken. */
  #closingSoon: boolean;
  /** Responses carry `connection: close`, because health checks are answered with a failure. */
  #announcing: boolean;

  /** @param drainTimeMs what connections have that end only when they like, once their chain is gone. */
  constructor(built: BuiltListener, drainTimeMs = 10_000) {
    this.#drainTime = drainTimeMs;
    this.built = built;
    this.#slots = new Map();
    this.#default = null;
    this.#old = new Set();
    this.#only = null;
    this.#criteria = [];
    this.#socket = null;
    this.#idleWaiters = new Set();
    this.#connections = 0;
    this.#sniffing = new Set();
    this.draining = false;
    this.#closingSoon = false;
    this.#announcing = false;
    this.#stats = new ListenerStats(built.scope);
    this.update(built);
  }

  /** Binds. Rejects with the system's error: a port in use stops the update, never the process. */
  async bind(take: Take = takeByListening): Promise<void> {
    this.#socket = await take(this.built, (connection) => this.#accept(connection));
  }

  get name(): string {
    return this.built.name;
  }

  get address(): string {
    return this.#socket?.address ?? this.built.host;
  }
  get port(): number {
    return this.#socket?.port ?? this.built.port;
  }
  get connections(): number {
    return this.#connections;
  }

  /** From now on requests, also those of connections that are there, are served by the new chains. */
  update(built: BuiltListener): void {
    this.built = built;
    this.#count(built.scope);
    const before = this.#slots;
    const slots = new Map<string, ChainSlot>();
    for (const chain of built.chains) slots.set(chain.key, this.#slotFor(before.get(chain.key), chain));
    for (const [name, slot] of before) if (!slots.has(name)) this.#retire(slot);
    this.#slots = slots;
    const fallback = built.defaultChain;
    if (fallback !== null) this.#default = this.#slotFor(this.#default ?? undefined, fallback);
    else if (this.#default !== null) {
      this.#retire(this.#default);
      this.#default = null;
    }
    this.#criteria = built.chains.map((chain) => chain.criteria);
    const one = built.chains.length === 1 && matchesEverything(this.#criteria[0]) ? slots.get(built.chains[0].key) : undefined;
    this.#only = one ?? (built.chains.length === 0 ? this.#default : null);
  }

  /** Another `stat_prefix` takes the connections that are there along. */
  #count(scope: StatsScope): void {
    const before = this.#stats;
    if (before.isBelow(scope)) return;
    const stats = new ListenerStats(scope);
    before.downstream_cx_active.value -= this.#connections;
    stats.downstream_cx_active.value += this.#connections;
    before.downstream_pre_cx_active.value -= this.#sniffing.size;
    stats.downstream_pre_cx_active.value += this.#sniffing.size;
    this.#stats = stats;
  }

  #slotFor(old: ChainSlot | undefined, chain: BuiltChain): ChainSlot {
    if (old?.takes(chain) === true) {
      old.update(chain);
      return old;
    }
    if (old !== undefined) this.#retire(old);
    return newChainSlot(chain, this, this.#announcing || this.#closingSoon || this.draining);
  }

  #retire(slot: ChainSlot): void {
    slot.leave(this.#drainTime);
    if (slot.connections.size > 0) this.#old.add(slot);
  }

  #accept(connection: Connection): void {
    const { filters } = this.built;
    if (filters !== null) this.#sniff(connection, filters);
    else this.#enter(connection, null, null);
  }

  #sniff(connection: Connection, filters: BuiltListenerFilters): void {
    const sniffing = new SniffingConnection(connection, this, filters);
    this.#sniffing.add(sniffing);
    this.#stats.downstream_pre_cx_active.value++;
    sniffing.begin();
  }

  sniffed(sniffing: SniffingConnection, connection: Connection, facts: LearnedFacts, read: Buffer | null): void {
    this.#sniffing.delete(sniffing);
    this.#stats.downstream_pre_cx_active.value--;
    if (facts.transportProtocol === "") facts.transportProtocol = "raw_buffer";
    connection.facts = facts;
    this.#enter(connection, facts, read);
    this.#tellIdle();
  }

  sniffingClosed(sniffing: SniffingConnection, why: SniffingEnd): void {
    this.#sniffing.delete(sniffing);
    const stats = this.#stats;
    stats.downstream_pre_cx_active.value--;
    if (why === "remote") stats.downstream_listener_filter_remote_close.value++;
    else if (why === "timeout") stats.downstream_pre_cx_timeout.value++;
    else if (why === "error") stats.downstream_listener_filter_error.value++;
    this.#tellIdle();
  }

  /** A connection enters its filter chain. */
  #enter(connection: Connection, facts: LearnedFacts | null, read: Buffer | null): void {
    const slot = this.#only ?? this.#choose(facts ?? factsOf(connection));
    if (slot === null) {
      this.#stats.no_filter_chain_match.value++;
      connection.handler = IGNORE;
      connection.destroy();
      return;
    }
    this.#connections++;
    this.#stats.downstream_cx_total.value++;
    this.#stats.downstream_cx_active.value++;
    slot.accept(connection, read);
  }

  #choose(facts: ConnectionFacts): ChainSlot | null {
    const index = chooseFilterChain(this.#criteria, facts);
    return index < 0 ? this.#default : (this.#slots.get(this.built.chains[index].key) ?? null);
  }

  connectionClosed(openedAt: number): void {
    this.#connections--;
    this.#stats.downstream_cx_active.value--;
    this.#stats.downstream_cx_destroy.value++;
    this.#stats.downstream_cx_length_ms.record(clock.now() - openedAt);
    if (this.#old.size > 0) for (const slot of this.#old) if (slot.connections.size === 0) this.#old.delete(slot);
    this.#tellIdle();
  }

  #tellIdle(): void {
    if (this.#connections === 0 && this.#sniffing.size === 0) for (const tell of this.#idleWaiters) tell();
  }

  countTransportTimeout(): void {
    this.#stats.downstream_cx_transport_socket_connect_timeout.value++;
  }

  /** Stops accepting. Connections go on. */
  async stopAccepting(): Promise<void> {
    const socket = this.#socket;
    this.#socket = null;
    if (socket !== null) await socket.close();
  }

  /** Connections end: idle ones now, busy ones after their response. */
  drain(): void {
    this.draining = true;
    for (const slot of this.#allSlots()) slot.drain();
  }

  /** From now on every response says whether its connection will close, as Envoy's do while its health check fails. */
  announceClose(on: boolean): void {
    this.#announcing = on;
    this.#tellSlots();
  }

  /** The same until it closes. False when it was asked before. */
  closeSoon(): boolean {
    if (this.#closingSoon || this.draining) return false;
    this.#closingSoon = true;
    this.#tellSlots();
    return true;
  }

  #tellSlots(): void {
    const ending = this.#announcing || this.#closingSoon || this.draining;
    for (const slot of this.#slots.values()) slot.draining = ending;
    if (this.#default !== null) this.#default.draining = ending;
  }

  /** The connections that are there end, those to come do not. */
  drainOnce(): void {
    for (const slot of this.#allSlots()) for (const connection of slot.connections) connection.drainWhenIdle();
  }

  /** Settles when no connection is left, or after `ms` (then what is left is cut). */
  drained(ms: number): Promise<void> {
    if (this.#connections === 0 && this.#sniffing.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(deadline);
        this.#idleWaiters.delete(done);
        resolve();
      };
      this.#idleWaiters.add(done);
      const deadline = setTimeout(() => {
        this.destroyConnections();
        done();
      }, ms);
    });
  }

  destroyConnections(): void {
    for (const sniffing of this.#sniffing) sniffing.destroy();
    for (const slot of this.#allSlots()) for (const connection of slot.connections) connection.destroy();
  }

  *#allSlots(): Generator<ChainSlot> {
    yield* this.#slots.values();
    if (this.#default !== null) yield this.#default;
    yield* this.#old;
  }
}

/** What is known of a connection that no listener filter has looked at. */
function factsOf(connection: Connection): ConnectionFacts {
  const facts = new LearnedFacts(connection);
  facts.transportProtocol = "raw_buffer";
  return facts;
}

const IGNORE = {
  onData(): void {},
  onEnd(): void {},
  onDrain(): void {},
  onClose(): void {},
};
