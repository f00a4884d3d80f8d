import { randomBytes } from "node:crypto";
import type { Session } from "../http2/session.ts";
import { Timer, type TimerOwner, timers } from "../transport/timers.ts";

/** When PING asks whether a peer is there. Source: Envoy, `KeepaliveSettings`. ms. */
export interface KeepaliveOptions {
  /** Between two of them; 0: none by time. */
  readonly interval: number;
  /** For the answer. */
  readonly timeout: number;
  /** Percent of the interval, added at random. */
  readonly jitter: number;
  /** A connection on which nothing came for so long is asked before it carries another request; 0: never. */
  readonly idleInterval: number;
}

const DUE = 0;
const ANSWER = 1;

/** Asks by PING, and tells when no answer comes. */
export class Keepalive implements TimerOwner {
  readonly #session: Session;
  readonly #options: KeepaliveOptions;
  readonly #timedOut: () => void;
  readonly #due: Timer;
  readonly #answer: Timer;

  /** `timedOut` is called once; it must call `stop()`, or close what the session belongs to. */
  constructor(session: Session, options: KeepaliveOptions, timedOut: () => void) {
    this.#session = session;
    this.#options = options;
    this.#timedOut = timedOut;
    this.#due = new Timer(this, DUE);
    this.#answer = new Timer(this, ANSWER);
    this.#arm();
  }

  #arm(): void {
    const { interval, jitter } = this.#options;
    if (interval > 0) timers.arm(this.#due, interval * (1 + (Math.random() * jitter) / 100));
  }

  /** Asks now, unless an answer is awaited. */
  ask(): void {
    if (this.#answer.armed) return;
    this.#session.ping(randomBytes(8));
    timers.arm(this.#answer, this.#options.timeout);
  }

  /** An answer has come. */
  answered(): void {
    timers.disarm(this.#answer);
    this.#arm();
  }

  stop(): void {
    timers.disarm(this.#due);
    timers.disarm(this.#answer);
  }

  onTimer(timer: Timer): void {
    if (timer.tag === DUE) this.ask();
    else this.#timedOut();
  }
}
