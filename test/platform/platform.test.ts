import { beforeAll, describe, expect, test } from "vitest";
import { bundle, missing, run, runtimes } from "./runtimes.ts";

let script = "";
beforeAll(async () => {
  script = await bundle("run-cases.ts");
});

for (const reason of missing) {
  console.log(`skipped on ${reason}`);
  test.skip(reason, () => {});
}

describe.each(runtimes)("on $name", (runtime) => {
  test.each([
    ["the native path behaves as a connection must", "native"],
    ["the portable path behaves as a connection must", "portable"],
    ["over TLS the native path, where there is one, behaves as a connection must", "native-tls"],
    ["over TLS the portable path behaves as a connection must", "portable-tls"],
    ["the runtime does what we rely on", "facts"],
  ])(
    "%s",
    async (_, table) => {
      const { code, output } = await run(runtime, script, [table]);
      const lines = output.split("\n");
      for (const line of lines) if (line.startsWith("skipped ")) console.log(`${runtime.name}: ${line}`);
      expect(lines.filter((line) => line !== "" && !/^(ok|skipped) /.test(line)).join("\n")).toBe("");
      expect(code).toBe(0);
    },
    120_000,
  );
});
