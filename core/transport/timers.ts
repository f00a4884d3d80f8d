import type { Clock } from "./clock.ts";
import { clock as systemClock } from "./clock.ts";

/** Who is told when a timer has run out. */
export interface TimerOwner {
  /** The timer is disarmed by now; arming it again is allowed. */
  onTimer(timer: Timer): void;
}

/** A node of a slot's circular list: a timer, or the slot's own head. */
class Link {
  next: Link;
  prev: Link;

  constructor() {
    this.next = this;
    this.prev = this;
  }
}

/**
 * A timer that is made once with its owner and armed as often as it likes. Arming and disarming allocate nothing.
 * `tag` tells the timers of one owner apart.
 */
export class Timer extends Link {
  readonly owner: TimerOwner;
  readonly tag: number;
  /** When it runs out, in milliseconds of the wheel's clock. Meaningless while it is not armed. */
  deadline = 0;
  /** @internal The slot it is filed in, or -1: not armed. */
  slot = -1;
  /** @internal When that slot comes up, in milliseconds; the deadline may since have moved behind it. */
  filed = 0;

  constructor(owner: TimerOwner, tag = 0) {
    super();
    this.owner = owner;
    this.tag = tag;
  }

  /** Whether it will run out unless it is disarmed. */
  get armed(): boolean {
    return this.slot >= 0;
  }
}

/** How fine a wheel ticks, and whether it keeps the process alive. */
export interface TimerWheelOptions {
  /** Milliseconds of a tick. Default 4: a timer is never early, and late by less than a tick and what the event loop was busy. */
  readonly tickMs?: number;
  /** Whether a wheel with armed timers lets the process end. Default false. */
  readonly unref?: boolean;
}

/** Each level has 32 slots, so that which are in use fits one 32-bit mask. A slot of level n spans 32^n ticks. */
const BITS = 5;
const SLOTS = 1 << BITS;
const MASK = SLOTS - 1;
const LEVELS = 6;
/** Ticks are counted modulo 2^30, so that they are small integers to every engine. */
const TURN = 2 ** (BITS * LEVELS) - 1;
/** The furthest tick to file at (24 days of 4 ms). What is due later is filed here, and anew when that comes. */
const HORIZON = TURN >> 1;
/** Slot of timers that are just being fired. */
const FIRING = LEVELS * SLOTS;
/** The runtime's own timers take no longer delays. */
const LONGEST_SLEEP = 2 ** 31 - 1;

/**
 * A hierarchical timer wheel (Varghese and Lauck, 1987). A deadline that moves later costs one store: the timer stays
 * where it is filed and is filed anew when that slot comes up, so an idle timer that every read puts off is nearly free.
 * One timer of the runtime sleeps until the next slot in use; none runs while nothing is armed.
 */
export class TimerWheel {
  readonly #clock: Clock;
  readonly #tickMs: number;
  readonly #unref: boolean;
  readonly #heads: Link[] = [];
  /** Which slots of a level are in use. */
  readonly #used = new Int32Array(LEVELS);
  /** All slots up to this tick have been fired. */
  #tick = 0;
  /** When that tick was, in milliseconds of the clock. */
  #time: number;
  #armed = 0;
  #sleep: ReturnType<typeof setTimeout> | null = null;
  /** When the runtime's timer wakes; Infinity while there is none. */
  #wakeTime = Infinity;
  readonly #wake = (): void => this.#onWake();

  constructor(clock: Clock, options: TimerWheelOptions = {}) {
    this.#clock = clock;
    this.#tickMs = options.tickMs ?? 4;
    this.#unref = options.unref ?? false;
    this.#time = clock.now();
    for (let i = 0; i <= FIRING; i++) this.#heads.push(new Link());
  }

  /** How many timers are armed. */
  get armed(): number {
    return this.#armed;
  }

  /** Runs the timer out in `delayMs` (0 or less: with the next tick; never from inside this call). Armed already: moves its deadline. */
  arm(timer: Timer, delayMs: number): void {
    const now = this.#clock.now();
    const deadline = delayMs > 0 ? now + delayMs : now;
    timer.deadline = deadline;
    if (timer.slot >= 0) {
      if (timer.filed <= deadline) return;
      this.#unlink(timer);
    } else if (this.#armed++ === 0) {
      // An empty wheel stood still: nothing lies between then and now.
      if (now > this.#time) this.#time = now;
    }
    this.#file(timer);
    if (timer.filed < this.#wakeTime) this.#sleepUntil(timer.filed);
  }

  /** The same as `arm`, named for its use: puts off the deadline of a timer that is (usually) armed. */
  touch(timer: Timer, delayMs: number): void {
    this.arm(timer, delayMs);
  }

  /** Harmless when the timer is not armed. */
  disarm(timer: Timer): void {
    if (timer.slot < 0) return;
    this.#unlink(timer);
    this.#armed--;
  }

  /** Stops the runtime's timer and forgets all armed timers. The wheel can be used again. */
  stop(): void {
    if (this.#sleep !== null) clearTimeout(this.#sleep);
    this.#sleep = null;
    this.#wakeTime = Infinity;
    for (const head of this.#heads) {
      while (head.next !== head) this.#unlink(head.next as Timer);
    }
    this.#armed = 0;
  }

  /** Fires what is due. The runtime's timer calls it; tests with a fake clock do. */
  advance(): void {
    const now = this.#clock.now();
    this.#fire(now);
    while (this.#armed > 0) {
      const ticks = this.#ticksToNext();
      if (this.#time + ticks * this.#tickMs > now) break;
      this.#move(ticks, now);
    }
  }

  #onWake(): void {
    this.#sleep = null;
    this.#wakeTime = Infinity;
    this.#clock.enter();
    try {
      this.advance();
    } finally {
      this.#clock.leave();
      if (this.#armed > 0) {
        const firing = this.#heads[FIRING];
        this.#sleepUntil(firing.next === firing ? this.#time + this.#ticksToNext() * this.#tickMs : this.#time);
      }
    }
  }

  #sleepUntil(time: number): void {
    if (time >= this.#wakeTime) return;
    if (this.#sleep !== null) clearTimeout(this.#sleep);
    this.#wakeTime = time;
    const ms = Math.ceil(time - this.#clock.now());
    this.#sleep = setTimeout(this.#wake, Math.min(Math.max(ms, 1), LONGEST_SLEEP));
    if (this.#unref) this.#sleep.unref();
  }

  /** Files by the highest group of bits in which the tick differs from the current one. */
  #file(timer: Timer): void {
    const exact = Math.ceil((timer.deadline - this.#time) / this.#tickMs);
    const ahead = (exact > HORIZON ? HORIZON : exact > 1 ? exact : 1) | 0;
    const tick = (this.#tick + ahead) & TURN;
    // Never zero: less than a turn lies between. Bits 0-4 are level 0, 5-9 level 1, ...: n * 13 >> 6 is n / 5 for n < 30.
    const level = ((31 - Math.clz32(tick ^ this.#tick)) * 13) >> 6;
    const index = (tick >> (level * BITS)) & MASK;
    const slot = level * SLOTS + index;
    timer.filed = this.#time + ahead * this.#tickMs;
    timer.slot = slot;
    this.#used[level] |= 1 << index;
    append(this.#heads[slot], timer);
  }

  #unlink(timer: Timer): void {
    const { next, prev, slot } = timer;
    prev.next = next;
    next.prev = prev;
    // A timer that kept its neighbours would keep their owners alive, and theirs.
    timer.next = timer;
    timer.prev = timer;
    timer.slot = -1;
    // The last one out: both neighbours are the head.
    if (next === prev && slot !== FIRING && next === this.#heads[slot]) this.#used[slot >> BITS] &= ~(1 << (slot & MASK));
  }

  /** Ticks to the first slot in use. The lowest level comes first, as all of it lies before the next slot of the level above. */
  #ticksToNext(): number {
    for (let level = 0; level < LEVELS; level++) {
      const used = this.#used[level];
      if (used === 0) continue;
      const shift = level * BITS;
      const current = this.#tick >> shift;
      const index = current & MASK;
      // Slots behind the current one come first; on the top level the others follow one turn later.
      const behind = index === MASK ? 0 : used & (-1 << (index + 1));
      const bits = behind !== 0 ? behind : used;
      const slot = 31 - Math.clz32(bits & -bits);
      return (((current - index + slot) << shift) - this.#tick) & TURN;
    }
    return Infinity;
  }

  /** Goes to a tick with which a slot begins: files the slots of the higher levels that begin there anew, then fires what is due. */
  #move(ticks: number, now: number): void {
    this.#tick = (this.#tick + ticks) & TURN;
    this.#time += ticks * this.#tickMs;
    for (let level = LEVELS - 1; level > 0; level--) {
      const shift = level * BITS;
      if ((this.#tick & ((1 << shift) - 1)) === 0) this.#empty(level * SLOTS + ((this.#tick >> shift) & MASK));
    }
    this.#empty(this.#tick & MASK);
    this.#fire(now);
  }

  /** What is due moves to the firing list, so that what the callbacks arm does not mix with it; the rest is filed anew, closer. */
  #empty(slot: number): void {
    const head = this.#heads[slot];
    while (head.next !== head) {
      const timer = head.next as Timer;
      this.#unlink(timer);
      if (timer.deadline <= this.#time) {
        timer.slot = FIRING;
        append(this.#heads[FIRING], timer);
      } else {
        this.#file(timer);
      }
    }
  }

  /** Callbacks may arm and disarm any timer, also those still in the list. If one throws, the rest stay for the next wake. */
  #fire(now: number): void {
    const head = this.#heads[FIRING];
    while (head.next !== head) {
      const timer = head.next as Timer;
      this.#unlink(timer);
      if (timer.deadline > now) {
        this.#file(timer);
        continue;
      }
      this.#armed--;
      timer.owner.onTimer(timer);
    }
  }
}

/** Puts a timer at the end of a list: those of a tick fire in the order in which they were armed. */
function append(head: Link, timer: Timer): void {
  const last = head.prev;
  timer.prev = last;
  timer.next = head;
  last.next = timer;
  head.prev = timer;
}

/** The process's wheel. It does not keep the process alive: sockets do. */
export const timers: TimerWheel = new TimerWheel(systemClock, { unref: true });
