import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { runBundle } from "./run-bundle.ts";

describe("a bundle that runs", () => {
  it("is gone when it is let go: reloads don't gather code", () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const load = (i: number): void => {
      const code = `module.exports = { number: ${i}, text: ${JSON.stringify("x".repeat(50_000))} };`;
      const running = runBundle({ code, map: "{}", root: "/", files: [], entry: "/plugin.js" }, []);
      expect((running.exports as { number: number }).number).toBe(i);
      running.dispose();
    };
    for (let i = 0; i < 20; i++) load(i);
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let i = 20; i < 220; i++) load(i);
    collect();
    // The code of 200 loads is 10 MB.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(3_000_000);
  });
});
