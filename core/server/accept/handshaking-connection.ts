import type { ConnectionFacts } from "../../contract/listener-filter.ts";
import { clock } from "../../transport/clock.ts";
import type { Connection, PendingTransport, TransportHandshake } from "../../transport/connection.ts";
import { Timer, type TimerOwner, timers } from "../../transport/timers.ts";
import type { ChainSlot, ChainTransport } from "./chain-slot.ts";
import { LearnedFacts } from "./facts.ts";
import type { ServedConnection } from "./served-connection.ts";

/** A connection whose chain is chosen and whose transport is not ready yet. */
export class HandshakingConnection implements ServedConnection, TransportHandshake, TimerOwner {
  readonly #slot: ChainSlot;
  readonly #transport: ChainTransport;
  readonly #facts: ConnectionFacts | null;
  readonly #timer: Timer;
  readonly #openedAt: number;
  #pending: PendingTransport | null;
  #over: boolean;

  /** Begins with `begin()`. */
  constructor(slot: ChainSlot, transport: ChainTransport, facts: ConnectionFacts | null) {
    this.#slot = slot;
    this.#transport = transport;
    this.#facts = facts;
    this.#timer = new Timer(this);
    this.#openedAt = clock.now();
    this.#pending = null;
    this.#over = false;
    transport.occupancy.enter();
  }

  begin(connection: Connection, read: Buffer | null): void {
    const pending = this.#transport.transport.accept(connection, read, this);
    if (this.#over) return;
    this.#pending = pending;
    if (this.#transport.timeout > 0) timers.arm(this.#timer, this.#transport.timeout);
  }

  onTransportReady(connection: Connection): void {
    if (this.#over) return;
    this.#end();
    const facts = this.#facts;
    connection.facts = facts;
    if (facts instanceof LearnedFacts) facts.connection = connection;
    this.#slot.ready(this, connection);
    this.#transport.occupancy.leave();
  }

  onTransportFailure(): void {
    if (this.#over) return;
    this.#end();
    this.#slot.closed(this, this.#openedAt);
    this.#transport.occupancy.leave();
  }

  onTimer(): void {
    this.#slot.countTransportTimeout();
    this.destroy();
  }

  /** Whoever serves it is told when there is somebody. */
  drain(): void {}
  drainWhenIdle(): void {}

  destroy(): void {
    if (this.#over) return;
    const pending = this.#pending;
    this.onTransportFailure();
    pending?.cancel();
  }

  #end(): void {
    this.#over = true;
    this.#pending = null;
    timers.disarm(this.#timer);
  }
}
