import type { Connection } from "../../transport/connection.ts";
import { clock } from "../../transport/clock.ts";
import { Timer, type TimerOwner, timers } from "../../transport/timers.ts";
import type { HttpConnectionManager } from "./manager.ts";

/** ms between looks at a connection whose last bytes go out slowly, where `delayed_close_timeout` says nothing. */
const FLUSH_CHECK = 1000;
/** ms without progress after which they are given up, where there is no stream idle timeout. */
const FLUSH_LIMIT = 300_000;

/**
 * FIN, then time for the client to read what was sent (`delayed_close_timeout`): an immediate close with unread input would send RST and lose the answer.
 */
export class DelayedClose implements TimerOwner {
  readonly #socket: Connection;
  readonly #manager: HttpConnectionManager;
  readonly #timer: Timer;
  /** Bytes that were not out when the close was last looked at. */
  #unsent: number;
  /** ms of the clock: when they are given up. */
  #limit: number;

  constructor(socket: Connection, manager: HttpConnectionManager) {
    this.#socket = socket;
    this.#manager = manager;
    this.#timer = new Timer(this);
    this.#unsent = 0;
    this.#limit = 0;
  }

  begin(): void {
    this.#socket.end();
    this.#socket.resume();
    this.#unsent = this.#socket.buffered;
    this.#wait(true);
  }

  /** The connection is closed. */
  stop(): void {
    timers.disarm(this.#timer);
  }

  /** @param progress bytes went out since the last look, or this is the first. */
  #wait(progress: boolean): void {
    const { delayedCloseTimeout: delay, streamIdleTimeout } = this.#manager.options;
    if (this.#unsent === 0 && delay <= 0) {
      this.#socket.destroy();
      return;
    }
    if (progress) this.#limit = clock.now() + (streamIdleTimeout > 0 ? streamIdleTimeout : FLUSH_LIMIT);
    timers.arm(this.#timer, delay > 0 ? delay : FLUSH_CHECK);
  }

  /**
   * The time for closing is over. While the answer still goes out to a slow client it begins anew with any progress (as Envoy's), and since a
   * large write shows none before its end, it is given up only after the time that a stream may stand still.
   */
  onTimer(): void {
    const before = this.#unsent;
    const left = this.#socket.buffered;
    this.#unsent = left;
    if (left < before || (left > 0 && clock.now() < this.#limit)) {
      this.#wait(left < before);
      return;
    }
    if (this.#manager.options.delayedCloseTimeout > 0) this.#manager.stats.downstream_cx_delayed_close_timeout.value++;
    this.#socket.destroy();
  }
}
