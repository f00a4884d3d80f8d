import { readFileSync } from "node:fs";
import { join } from "node:path";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mesh, typed } from "../lib/bootstrap.ts";
import { describeRuntimes } from "../lib/describe.ts";
import type { Gateway } from "../lib/gateway.ts";
import { startOrigin } from "../lib/origin.ts";
import type { Origin } from "../lib/origin.ts";
import { until } from "../lib/process.ts";
import { fetchRaw } from "../lib/raw.ts";

const HTTP = "envoy.extensions.filters.http";

describeRuntimes("limits", (runtime) => {
  let origin: Origin;
  let gateway: Gateway;
  const folder = mkdtempSync(join(tmpdir(), "isthmus-limits-"));
  const log = join(folder, "access.log");
  /** Answers of the origin that wait. */
  const held: (() => void)[] = [];

  beforeAll(async () => {
    origin = await startOrigin(async (exchange) => {
      if (exchange.target.startsWith("/hold")) await new Promise<void>((resolve) => held.push(resolve));
      await exchange.respond({ body: "done" });
    });
    gateway = await runtime.start(
      mesh()
        .service("web", origin.port)
        .filter(
          "adaptive_concurrency",
          typed(`${HTTP}.adaptive_concurrency.v3.AdaptiveConcurrency`, {
            gradient_controller_config: {
              concurrency_limit_params: { concurrency_update_interval: "0.1s" },
              min_rtt_calc_params: { interval: "60s", min_concurrency: 2, request_count: 3 },
            },
          }),
        )
        .accessLog(log, "%RESPONSE_CODE% %RESPONSE_CODE_DETAILS%\n")
        .route("/", "web"),
    );
  });
  afterAll(async () => {
    await runtime.stopAll();
    await origin.close();
    rmSync(folder, { recursive: true, force: true });
  });

  describe("adaptive_concurrency", () => {
    const STATS = "http.main.adaptive_concurrency.gradient_controller";

    it("refuses what comes beyond its limit, and takes requests again when others are done", async () => {
      const running = [fetchRaw(gateway.port, "/hold"), fetchRaw(gateway.port, "/hold")];
      await until(() => held.length === 2, "two requests at the origin");
      const refused = await fetchRaw(gateway.port, "/");
      expect([refused.status, refused.text()]).toEqual([503, "reached concurrency limit"]);
      for (const release of held.splice(0)) release();
      expect((await Promise.all(running)).map(({ status }) => status)).toEqual([200, 200]);
      expect((await fetchRaw(gateway.port, "/")).status).toBe(200);
      await gateway.untilStat(`${STATS}.min_rtt_calculation_active`, (value) => value === 0);
      expect(await gateway.stat(`${STATS}.rq_blocked`)).toBe(1);
      await until(() => readFileSync(log, "utf8").includes("503 reached_concurrency_limit\n"), "the line of the access log");
    });
  });
});
