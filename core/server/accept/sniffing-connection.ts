import type { ListenerFilter, ListenerFilterResult } from "../../contract/listener-filter.ts";
import type { Connection, ConnectionHandler } from "../../transport/connection.ts";
import { Timer, type TimerOwner, timers } from "../../transport/timers.ts";
import { LearnedFacts } from "./facts.ts";
import type { Occupancy } from "./occupancy.ts";

/** The listener filters of a listener as a snapshot built them. */
export interface BuiltListenerFilters {
  readonly filters: readonly ListenerFilter<unknown>[];
  /** ms that they have together; 0: as long as they like. */
  readonly timeout: number;
  /** Whether a connection goes on with what is known when the time is over, rather than close. */
  readonly continueOnTimeout: boolean;
  /** Connections that are in these filters. */
  readonly occupancy: Occupancy;
}

/** What becomes of a connection in its listener filters. Exactly one is called, once. */
export interface SniffingOwner {
  /** The filters are done. `read`: bytes that they left, for whoever comes next; null: none. */
  sniffed(sniffing: SniffingConnection, connection: Connection, facts: LearnedFacts, read: Buffer | null): void;
  /** It is closed: the peer left (`remote`, `error`), a filter refused it, time was over, or the listener is gone. */
  sniffingClosed(sniffing: SniffingConnection, why: SniffingEnd): void;
}
/** Why no more is sniffed and nobody served. */
export type SniffingEnd = "remote" | "error" | "refused" | "timeout" | "destroyed";

/** An accepted connection while listener filters look at it. What it holds is bounded by what they may read, and by one read. */
export class SniffingConnection implements ConnectionHandler, TimerOwner {
  readonly #connection: Connection;
  readonly #owner: SniffingOwner;
  readonly #built: BuiltListenerFilters;
  readonly #facts: LearnedFacts;
  readonly #timer: Timer;
  #index: number;
  /** The current filter's turn has begun. */
  #begun: boolean;
  #state: unknown;
  #bytes: Buffer | null;
  #over: boolean;

  /** Begins with `begin()`. */
  constructor(connection: Connection, owner: SniffingOwner, built: BuiltListenerFilters) {
    this.#connection = connection;
    this.#owner = owner;
    this.#built = built;
    this.#facts = new LearnedFacts(connection);
    this.#timer = new Timer(this);
    this.#index = 0;
    this.#begun = false;
    this.#state = undefined;
    this.#bytes = null;
    this.#over = false;
    connection.handler = this;
    built.occupancy.enter();
  }

  begin(): void {
    this.#connection.keepTransferable();
    this.#run(false);
    if (!this.#over && this.#built.timeout > 0) timers.arm(this.#timer, this.#built.timeout);
  }

  /** Lets the filters go on as far as they can. @param grown whether there are more bytes than the current filter has seen. */
  #run(grown: boolean): void {
    const { filters } = this.#built;
    let fresh = grown;
    while (this.#index < filters.length) {
      const filter = filters[this.#index];
      if (!this.#begun) {
        this.#begun = true;
        this.#state = filter.createState?.();
        const first = filter.onAccept === undefined ? WANTS_DATA : filter.onAccept(this.#facts, this.#state);
        if (this.#goesOn(first === "more" && filter.onData === undefined ? undefined : first)) continue;
        if (this.#over) return;
        fresh = this.#bytes !== null;
      }
      if (!fresh || this.#bytes === null) return;
      fresh = false;
      const bytes = this.#bytes;
      this.#facts.consumed = 0;
      const result = filter.onData?.(this.#facts, bytes, this.#state);
      const consumed = this.#facts.consumed;
      if (consumed > 0) this.#bytes = consumed >= bytes.length ? null : bytes.subarray(consumed);
      if (this.#goesOn(result)) continue;
      if (this.#over) return;
      if (bytes.length >= filter.maxReadBytes) {
        this.#close("refused");
        return;
      }
      if (consumed === 0 || this.#bytes === null) return;
      // It took some and wants more: it may go on with what is left.
      fresh = true;
    }
    this.#finish();
  }

  /** Whether it is the next filter's turn. */
  #goesOn(result: ListenerFilterResult): boolean {
    if (result === "more") return false;
    if (result === "close") {
      this.#close("refused");
      return false;
    }
    this.#index++;
    this.#begun = false;
    this.#state = undefined;
    return true;
  }

  #finish(): void {
    this.#end();
    this.#owner.sniffed(this, this.#connection, this.#facts, this.#bytes);
    this.#built.occupancy.leave();
  }

  /** Closes the connection. */
  destroy(): void {
    this.#close("destroyed");
  }

  #close(why: SniffingEnd): void {
    if (this.#over) return;
    this.#end();
    const filter = this.#built.filters[this.#index];
    if (this.#begun) filter.onClose?.(this.#facts, this.#state);
    this.#connection.destroy();
    this.#owner.sniffingClosed(this, why);
    this.#built.occupancy.leave();
  }

  #end(): void {
    this.#over = true;
    timers.disarm(this.#timer);
  }

  // --- ConnectionHandler

  onData(chunk: Buffer): void {
    if (this.#over) return;
    this.#bytes = this.#bytes === null ? chunk : Buffer.concat([this.#bytes, chunk]);
    this.#run(true);
  }

  /** A peer that ends before the filters know enough will not send what they wait for. */
  onEnd(): void {
    this.#close("remote");
  }

  onDrain(): void {}

  onClose(error: Error | null): void {
    this.#close(error === null ? "remote" : "error");
  }

  onTimer(): void {
    if (this.#built.continueOnTimeout) this.#finish();
    else this.#close("timeout");
  }
}

const WANTS_DATA = "more";
