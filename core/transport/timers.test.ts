import type { TimerOwner } from "./timers.ts";
import { expect, test, vi } from "vitest";
import { FakeClock, clock as systemClock } from "./clock.ts";
import { Timer, TimerWheel } from "./timers.ts";

const TICK = 4;

/** A wheel that moves by hand, and the times at which its timers fired. */
function stage(start = 0): {
  clock: FakeClock;
  wheel: TimerWheel;
  fired: [tag: number, at: number][];
  owner: TimerOwner;
  goTo: (ms: number) => void;
} {
  const clock = new FakeClock(start);
  const wheel = new TimerWheel(clock, { tickMs: TICK, unref: true });
  const fired: [number, number][] = [];
  const owner: TimerOwner = { onTimer: (timer) => fired.push([timer.tag, clock.now()]) };
  const goTo = (ms: number): void => {
    clock.advance(ms - clock.now());
    wheel.advance();
  };
  return { clock, wheel, fired, owner, goTo };
}

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;

test.each([1, 3, 4, 5, 10, 50, 127, 128, 129, 1000, 4095, 4096, 15_000, 131_072, 300_000, HOUR, DAY, 10 * DAY, 24 * DAY])(
  "a delay of %d ms is never early and at most a tick late",
  (delay) => {
    for (const start of [0, 1.5, 127.9, 128, 1_000_000.25, 2 ** 31 * TICK - 10, 2 ** 32 * TICK - 1]) {
      const { wheel, fired, owner, goTo } = stage(start);
      const timer = new Timer(owner, 7);
      wheel.arm(timer, delay);
      expect(timer.armed).toBe(true);
      goTo(start + delay - 0.001);
      expect(fired).toEqual([]);
      goTo(start + delay + TICK);
      expect(fired).toHaveLength(1);
      expect(timer.armed).toBe(false);
      expect(wheel.armed).toBe(0);
      wheel.stop();
    }
  },
);

test("delays beyond the wheel's turn hold, and those of 0 or less come with the next tick", () => {
  const { wheel, fired, owner, goTo } = stage();
  wheel.arm(new Timer(owner, 1), 400 * DAY);
  wheel.arm(new Timer(owner, 2), 0);
  wheel.arm(new Timer(owner, 3), -5);
  wheel.arm(new Timer(owner, 4), Number.NaN);
  expect(fired).toEqual([]);
  goTo(TICK);
  expect(fired.map(([tag]) => tag)).toEqual([2, 3, 4]);
  goTo(400 * DAY - 1);
  expect(fired).toHaveLength(3);
  goTo(400 * DAY + TICK);
  expect(fired).toHaveLength(4);
});

test("timers come in the order of their ticks, however coarse the steps of the clock", () => {
  const { wheel, fired, owner, goTo } = stage();
  const delays = [50, 10, 70_000, 200, 5000, 4_000_000, 130, 10];
  for (const delay of delays) wheel.arm(new Timer(owner, delay), delay);
  goTo(DAY);
  expect(fired.map(([tag]) => tag)).toEqual([...delays].sort((a, b) => a - b));
});

test("a deadline moves later without being filed anew, and earlier at once", () => {
  const { wheel, fired, owner, goTo } = stage();
  const timer = new Timer(owner);
  wheel.arm(timer, 100);
  for (let now = 50; now <= 5000; now += 50) {
    goTo(now);
    wheel.touch(timer, 100);
  }
  expect(fired).toEqual([]);
  goTo(5099);
  expect(fired).toEqual([]);
  wheel.arm(timer, 10_000);
  wheel.arm(timer, 20);
  goTo(5120 + TICK - 1);
  expect(fired).toHaveLength(1);
  expect(wheel.armed).toBe(0);
});

test("a disarmed timer does not fire, and disarming twice does no harm", () => {
  const { wheel, fired, owner, goTo } = stage();
  const timers = Array.from({ length: 100 }, (_, i) => new Timer(owner, i));
  for (const timer of timers) wheel.arm(timer, 10 + timer.tag * 37);
  for (const timer of timers) if (timer.tag % 2 === 0) wheel.disarm(timer);
  wheel.disarm(timers[0]);
  expect(wheel.armed).toBe(50);
  goTo(10_000);
  expect(fired.map(([tag]) => tag)).toEqual(timers.map(({ tag }) => tag).filter((tag) => tag % 2 === 1));
});

test("callbacks may arm and disarm any timer, themselves and those due in the same tick included", () => {
  const clock = new FakeClock();
  const wheel = new TimerWheel(clock, { tickMs: TICK, unref: true });
  const fired: string[] = [];
  const victim = new Timer({ onTimer: () => fired.push("victim") });
  const postponed = new Timer({ onTimer: () => fired.push(`postponed ${clock.now()}`) });
  const again = new Timer({
    onTimer(timer) {
      fired.push(`again ${clock.now()}`);
      wheel.disarm(victim);
      wheel.arm(postponed, 100);
      if (clock.now() < 50) wheel.arm(timer, 20);
    },
  });
  wheel.arm(again, 20);
  wheel.arm(victim, 20);
  wheel.arm(postponed, 20);
  for (let i = 0; i < 100; i++) {
    clock.advance(TICK);
    wheel.advance();
  }
  expect(fired).toEqual(["again 20", "again 40", "again 60", "postponed 160"]);
  expect(wheel.armed).toBe(0);
});

test("an owner that throws does not lose the others their timers", () => {
  const { clock, wheel, fired, owner } = stage();
  const bad = new Timer({
    onTimer() {
      throw new Error("bad owner");
    },
  });
  wheel.arm(bad, 10);
  wheel.arm(new Timer(owner, 1), 10);
  wheel.arm(new Timer(owner, 2), 500);
  clock.advance(1000);
  expect(() => wheel.advance()).toThrow("bad owner");
  wheel.advance();
  expect(fired.map(([tag]) => tag)).toEqual([1, 2]);
  expect(wheel.armed).toBe(0);
});

test("random timers, armed, moved and disarmed over days, all fire within their tick", () => {
  let seed = 12345;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return seed % below;
  };
  const clock = new FakeClock(2 ** 32 * TICK - 30 * SECOND);
  const wheel = new TimerWheel(clock, { tickMs: TICK, unref: true });
  const due = new Map<Timer, number>();
  let fired = 0;
  let last = clock.now();
  const owner: TimerOwner = {
    onTimer(timer) {
      const deadline = due.get(timer) as number;
      expect(deadline).toBeLessThanOrEqual(clock.now());
      expect(deadline).toBeGreaterThan(last - TICK);
      due.delete(timer);
      fired++;
    },
  };
  const timers = Array.from({ length: 300 }, (_, i) => new Timer(owner, i));
  const scales = [20, 500, 20_000, HOUR, 3 * DAY];
  for (let step = 0; step < 20_000; step++) {
    const timer = timers[random(timers.length)];
    if (random(4) === 0) {
      wheel.disarm(timer);
      due.delete(timer);
    } else {
      const delay = random(scales[random(scales.length)]);
      wheel.arm(timer, delay);
      due.set(timer, clock.now() + delay);
    }
    expect(wheel.armed).toBe(due.size);
    last = clock.now();
    clock.advance(random(random(50) === 0 ? DAY : 50));
    wheel.advance();
    for (const deadline of due.values()) if (deadline <= clock.now() - TICK) expect.fail("late");
  }
  expect(fired).toBeGreaterThan(5000);
  wheel.stop();
  expect(wheel.armed).toBe(0);
});

test("the runtime's timer runs only while something is armed, and sleeps until the first deadline", () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  try {
    const wheel = new TimerWheel(systemClock, { unref: true });
    const fired: number[] = [];
    const owner: TimerOwner = { onTimer: (timer) => fired.push(timer.tag) };
    expect(vi.getTimerCount()).toBe(0);
    wheel.arm(new Timer(owner, 1), 5000);
    wheel.arm(new Timer(owner, 2), 50);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(49);
    expect(fired).toEqual([]);
    vi.advanceTimersByTime(6);
    expect(fired).toEqual([2]);
    vi.advanceTimersByTime(4940);
    expect(fired).toEqual([2]);
    vi.advanceTimersByTime(20);
    expect(fired).toEqual([2, 1]);
    expect(vi.getTimerCount()).toBe(0);
    const late = new Timer(owner, 3);
    wheel.arm(late, 10);
    wheel.stop();
    expect(vi.getTimerCount()).toBe(0);
    expect(late.armed).toBe(false);
  } finally {
    vi.useRealTimers();
  }
});

test("real delays are never early, and right within 10 ms", async () => {
  const wheel = new TimerWheel(systemClock, { unref: false });
  let latest = Infinity;
  // A loaded machine may be late: one good round out of ten tells that the wheel is not.
  for (let round = 0; round < 10 && latest >= 10; round++) {
    const late: number[] = [];
    await new Promise<void>((resolve) => {
      const owner: TimerOwner = {
        onTimer(timer) {
          late.push(performance.now() - timer.deadline);
          if (late.length === 4) resolve();
        },
      };
      for (const delay of [1, 10, 50, 200]) wheel.arm(new Timer(owner), delay);
    });
    expect(Math.min(...late)).toBeGreaterThanOrEqual(0);
    latest = Math.max(...late);
  }
  expect(latest).toBeLessThan(10);
});
