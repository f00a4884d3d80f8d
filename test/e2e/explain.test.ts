import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { mesh } from "../lib/bootstrap.ts";
import { describeRuntimes } from "../lib/describe.ts";
import type { Gateway } from "../lib/gateway.ts";
import { scripted, startOrigin } from "../lib/origin.ts";
import type { Origin } from "../lib/origin.ts";
import { freePort } from "../lib/ports.ts";

describeRuntimes("isthmus explain", (runtime) => {
  let origin: Origin;
  let gateway: Gateway;

  beforeAll(async () => {
    origin = await startOrigin(scripted({ requests: [] }, "a"));
    gateway = await runtime.start(mesh().service("a", origin.port).route("/a", "a"));
  });
  afterAll(async () => {
    await runtime.stopAll();
    await origin.close();
  });

  const ask = (...args: string[]): ReturnType<typeof runtime.run> => runtime.run(["explain", ...args]);

  it("says the same of a file as of the gateway that runs it", async () => {
    const url = `http://127.0.0.1:${gateway.port}/a`;
    const fromFile = await ask("GET", url, gateway.file);
    const fromProxy = await ask("GET", url, "--proxy", `127.0.0.1:${gateway.admin}`);
    expect(fromFile.output).toContain("=> sent to cluster a");
    expect(fromFile.output).toContain(`127.0.0.1:${origin.port}, healthy`);
    expect(fromProxy).toEqual(fromFile);
    expect(fromFile.code).toBe(0);
  });

  it("ends with 1 for a request that is answered here, with 2 for a wrong question", async () => {
    const none = await ask("GET", `http://127.0.0.1:${gateway.port}/b`, gateway.file);
    expect(none).toMatchObject({ code: 1, output: expect.stringContaining("=> answered with 404 (route_not_found)") as string });
    for (const [args, message] of [
      [["GET", "gopher://a/", gateway.file], 'found the scheme "gopher"'],
      [["GET", "http://a/", "-H", "a: b\r\nc: d", gateway.file], "without line breaks"],
      [["GET", "http://a/", `${gateway.file}.none`], "there is no such file"],
      [["GET", "http://a/"], "explain wants files or folders"],
      [["GET", "http://a/", gateway.file, "--proxy", "a:1"], "found a path and --proxy"],
      [["GET", "http://a/", "--proxy", "nonsense"], "wanted the address of an admin port"],
      [["GET", "http://a/", "--proxy", `127.0.0.1:${await freePort()}`], "does not answer"],
      [["GET", "http://a/", "--proxy", `127.0.0.1:${origin.port}`], "wanted the admin port of a gateway"],
    ] as const) {
      const { code, output } = await ask(...args);
      expect([args, code, output]).toEqual([args, 2, expect.stringContaining(message)]);
    }
  });

  it("prints JSON that a program can read", async () => {
    const { output } = await ask("GET", `http://127.0.0.1:${gateway.port}/a`, "--json", gateway.file);
    const { outcomes, steps } = JSON.parse(output) as { outcomes: unknown; steps: { where?: { file: string } }[] };
    expect(outcomes).toMatchObject([{ share: 1, cluster: "a", endpoints: [{ address: `127.0.0.1:${origin.port}` }] }]);
    expect(steps[0].where?.file).toBe(gateway.file);
  });

  it("says what is wrong with a file", async () => {
    const file = join(gateway.folder, "wrong.yaml");
    writeFileSync(file, "static_resources: { lissteners: [] }");
    const { code, output } = await ask("GET", "http://a/", file);
    expect(code).toBe(2);
    expect(output).toContain("wrong.yaml:1:");
    expect(output).toContain("lissteners");
  });
});
