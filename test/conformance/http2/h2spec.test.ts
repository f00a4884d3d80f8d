import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mesh } from "../../lib/bootstrap.ts";
import { makeCertificate } from "../../lib/certificates.ts";
import { describeRuntimes, skipped } from "../../lib/describe.ts";
import type { Gateway } from "../../lib/gateway.ts";
import { startOrigin } from "../../lib/origin.ts";
import type { Origin } from "../../lib/origin.ts";
import { Program } from "../../lib/process.ts";
import { overTls } from "../../lib/tls.ts";
import { findH2spec, skipReason } from "../../lib/tools.ts";

const h2spec = findH2spec();
const title = "h2spec";

/** Cases of h2spec 2.2.1 in each part. */
const PARTS: readonly (readonly [part: string, cases: number])[] = [
  ["generic", 44],
  ["http2", 94],
  ["hpack", 7],
];

/** Seconds that a case waits for what it wants: enough on a busy machine. */
const PATIENCE = "5";

if (h2spec.path === undefined) skipped(title, skipReason(h2spec));
else {
  describeRuntimes(title, (runtime) => {
    let origin: Origin;
    let gateway: Gateway;

    beforeAll(async () => {
      origin = await startOrigin((exchange) => exchange.respond({ body: "a few bytes to count windows by" }));
      const config = mesh().service("web", origin.port).hcm({ codec_type: "AUTO" }).route("/", "web");
      config.listener("tls").hcm({ codec_type: "AUTO" }).route("/", "web");
      gateway = await runtime.start(overTls(config, await makeCertificate({ dns: ["localhost"] }), ["h2", "http/1.1"]));
    });
    afterAll(async () => {
      await runtime.stopAll();
      await origin?.close();
    });

    describe.each([
      ["plain", "main", []],
      ["over TLS", "tls", ["-t", "-k"]],
    ])("%s", (_how, listener, flags) => {
      it.each(PARTS)("passes all of %s (%i cases)", { timeout: 300_000 }, async (part, cases) => {
        const program = new Program(h2spec.path!, [part, "-p", String(gateway.ports[listener]), "-o", PATIENCE, ...flags]);
        expect(await program.exited, program.log).toBe(0);
        expect(program.log).toContain(`${cases} tests, ${cases} passed, 0 skipped, 0 failed`);
      });
    });
  });
}
