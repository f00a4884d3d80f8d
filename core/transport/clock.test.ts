import { expect, test } from "vitest";
import { FakeClock, SystemClock } from "./clock.ts";

test("time goes on, and stands still while an event is handled", async () => {
  const clock = new SystemClock();
  const before = clock.now();
  const at = clock.enter();
  expect(at).toBeGreaterThanOrEqual(before);
  const wall = clock.wallNow();
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(clock.now()).toBe(at);
  expect(clock.wallNow()).toBe(wall);
  clock.leave();
  expect(clock.now()).toBeGreaterThan(at);
  expect(clock.wallNow()).toBeGreaterThan(wall);
  expect(Number.isInteger(wall)).toBe(true);
});

test("the date is an IMF-fixdate, and the same string for a second", () => {
  const clock = new FakeClock(0, Date.UTC(1994, 10, 6, 8, 49, 37, 250));
  const text = clock.httpDate();
  expect(text).toBe("Sun, 06 Nov 1994 08:49:37 GMT");
  clock.advance(749);
  expect(clock.httpDate()).toBe(text);
  clock.advance(1);
  expect(clock.httpDate()).toBe("Sun, 06 Nov 1994 08:49:38 GMT");
  expect(clock.now()).toBe(750);
});

test("the date follows a wall clock that is set back", () => {
  const clock = new FakeClock(0, 10_000);
  expect(clock.httpDate()).toBe("Thu, 01 Jan 1970 00:00:10 GMT");
  clock.setWall(5_000);
  expect(clock.httpDate()).toBe("Thu, 01 Jan 1970 00:00:05 GMT");
  expect(clock.now()).toBe(0);
});
