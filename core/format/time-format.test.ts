import { describe, expect, test } from "vitest";
import { compileTimeFormat, isoTime } from "./time-format.ts";

/** Envoy 1.40's output for 2026-11-24 03:04:49.931654 UTC. */
const AT = Date.UTC(2026, 10, 24, 3, 4, 49) + 931.654;
const CASES: readonly (readonly [spec: string, text: string])[] = [
  ["%a %A %b %B %h", "Tue Tuesday Nov November Nov"],
  ["%c", "Tue Nov 24 03:04:49 2026"],
  ["%C %y %Y %g %G %E4Y", "20 26 2026 26 2026 2026"],
  ["%D %x %F", "11/24/26 11/24/26 2026-11-24"],
  ["%d %e %j %m", "24 24 328 11"],
  ["%H %I %k %l %M %S", "03 03  3  3 04 49"],
  ["%p %P %r %R %T %X", "AM am 03:04:49 AM 03:04 03:04:49 03:04:49"],
  ["%u %U %V %w %W", "2 47 48 2 47"],
  ["%Z %z %Ez %E*z", "UTC +0000 +00:00 +00:00:00"],
  ["%s", "1795489489"],
  ["%1f %3f %6f %f", "9 931 931654 931654000"],
  ["%E3S %E*S", "49.931 49.931654"],
  ["%% %t|%Q %", "% \t|%Q %"],
];

describe("compileTimeFormat", () => {
  test.each(CASES)("%s", (spec, text) => {
    expect(compileTimeFormat(spec)?.(AT)).toBe(text);
  });

  test("dates around new year", () => {
    const format = compileTimeFormat("%G-W%V-%u %U %W %j");
    expect(format?.(Date.UTC(2027, 0, 1))).toBe("2026-W53-5 00 00 001");
    expect(format?.(Date.UTC(2024, 11, 31))).toBe("2025-W01-2 52 53 366");
    expect(compileTimeFormat("%I %p %l")?.(Date.UTC(2024, 0, 1, 0))).toBe("12 AM 12");
    expect(compileTimeFormat("%I %p")?.(Date.UTC(2024, 0, 1, 12))).toBe("12 PM");
  });

  test("the next second is another text, and so is an earlier one", () => {
    const format = compileTimeFormat("%S.%3f");
    expect([AT, AT + 1000, AT - 1].map((at) => format?.(at))).toEqual(["49.931", "50.931", "49.930"]);
    const iso = isoTime();
    expect([AT, AT + 100, AT - 2000].map(iso)).toEqual([
      "2026-11-24T03:04:49.931Z",
      "2026-11-24T03:04:50.031Z",
      "2026-11-24T03:04:47.931Z",
    ]);
  });

  test("line ends are refused", () => {
    expect(compileTimeFormat("%Y%n")).toBeUndefined();
  });

  test("local time follows the zone", () => {
    const at = new Date(AT);
    expect(compileTimeFormat("%H:%M", true)?.(AT)).toBe(
      `${String(at.getHours()).padStart(2, "0")}:${String(at.getMinutes()).padStart(2, "0")}`,
    );
  });
});
