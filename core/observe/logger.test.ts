import { describe, expect, test } from "vitest";
import { FakeClock } from "../transport/clock.ts";
import { Loggers, parseLogLevel } from "./logger.ts";

function setUp(): { loggers: Loggers; lines: string[] } {
  const lines: string[] = [];
  const clock = new FakeClock(0, Date.UTC(2026, 10, 24, 2, 51, 12, 55));
  return { lines, loggers: new Loggers({ write: (line) => lines.push(line), clock, pid: 42 }) };
}

describe("Loggers", () => {
  test("write Envoy's line", () => {
    const { loggers, lines } = setUp();
    loggers.get("main").warn("caught SIGTERM");
    expect(lines).toEqual(["[2026-11-24 02:51:12.055][42][warning][main] caught SIGTERM\n"]);
  });

  test("levels hold back what is below them", () => {
    const { loggers, lines } = setUp();
    const log = loggers.get("http");
    const all = (): string => {
      lines.length = 0;
      for (const level of ["trace", "debug", "info", "warn", "error", "critical"] as const) log[level](level);
      return lines.map((line) => /\]\[(\w+)\]\[http\]/.exec(line)?.[1]).join(" ");
    };
    expect(all()).toBe("info warning error critical");
    expect(loggers.set("http", "trace")).toBe(true);
    expect(all()).toBe("trace debug info warning error critical");
    loggers.setAll("error");
    expect(all()).toBe("error critical");
    expect([log.enabled("warning"), log.enabled("error")]).toEqual([false, true]);
    loggers.setAll("off");
    expect(all()).toBe("");
    expect(loggers.get("new").level).toBe("off");
    expect(loggers.set("nobody", "info")).toBe(false);
    expect(loggers.levels()).toEqual([
      ["http", "off"],
      ["new", "off"],
    ]);
  });

  test("control characters of a peer are shown, not sent", () => {
    const { loggers, lines } = setUp();
    loggers.get("http").error("bad \x1b[2Jname\r");
    expect(lines[0]).toContain("bad \\x1b[2Jname\\x0d\n");
  });

  test.each([
    ["warn", "warning"],
    ["critical", "critical"],
    ["WARN", undefined],
    ["", undefined],
  ])("level %j", (text, level) => {
    expect(parseLogLevel(text)).toBe(level);
  });
});
