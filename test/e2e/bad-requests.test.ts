import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mesh } from "../lib/bootstrap.ts";
import { describeRuntimes } from "../lib/describe.ts";
import type { Gateway } from "../lib/gateway.ts";
import { startOrigin } from "../lib/origin.ts";
import type { Origin } from "../lib/origin.ts";
import { fetchRaw, rawConnect, request } from "../lib/raw.ts";
import { badRequests } from "./bad-requests.ts";
import type { BadRequest } from "./bad-requests.ts";

/** What follows each bad request: a gateway that loses count of bytes would send it on. */
const SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: test.local\r\n\r\n";

describeRuntimes("bad requests are refused", (runtime) => {
  let origin: Origin;
  let gateway: Gateway;
  let folder: string;
  let refused = 0;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "isthmus-bad-"));
    origin = await startOrigin();
    const config = mesh().service("web", origin.port).route("/", "web").hcm({ delayed_close_timeout: "0.05s" });
    gateway = await runtime.start(
      config.accessLog(join(folder, "access.log"), "%RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %RESPONSE_FLAGS%\n"),
    );
  });
  afterAll(async () => {
    await runtime.stopAll();
    await origin.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const counted = async (): Promise<number> => {
    const stats = await gateway.stats();
    const of = (name: string): number => stats.get(`http.main.${name}`) ?? 0;
    return of("downstream_cx_protocol_error") + of("downstream_rq_4xx") + of("downstream_rq_5xx");
  };

  const refuses = async (bad: BadRequest, byteByByte: boolean): Promise<void> => {
    const before = { counted: await counted(), received: origin.received, whole: origin.requests.length };
    const client = await rawConnect(gateway.port);
    const bytes = bad.bytes + SMUGGLED;
    if (byteByByte) await client.sendByteByByte(bytes);
    else await client.send(bytes);
    const response = await client.response();
    expect(bad.status, `answered ${response?.statusLine}`).toContain(response?.status);
    expect(await client.closedWithin(5_000), "the connection is closed").toBe(true);
    expect(await client.response(), "a second answer").toBeNull();
    client.destroy();
    if (bad.inBody) expect(origin.requests.slice(before.whole).filter((seen) => seen.complete)).toEqual([]);
    else expect(origin.received - before.received, "bytes that reached the origin").toBe(0);
    expect(origin.requests.slice(before.whole).map((seen) => seen.target)).not.toContain("/smuggled");
    expect(await counted(), "counted").toBeGreaterThan(before.counted);
    refused++;
  };

  for (const [group, cases] of Object.entries(badRequests)) {
    describe(group, () => {
      for (const bad of cases) {
        const lax = runtime.isEnvoy && bad.envoy !== undefined;
        it.skipIf(lax)(`${bad.name}, in one piece`, () => refuses(bad, false));
        it.skipIf(lax)(`${bad.name}, byte by byte`, () => refuses(bad, true));
      }
    });
  }

  it("still serves after all that", async () => {
    expect((await fetchRaw(gateway.port, "/fine")).status).toBe(200);
  });

  it("answers a good request before the bad one behind it", async () => {
    const client = await rawConnect(gateway.port);
    await client.send(request("/good") + badRequests["fields"][0].bytes + SMUGGLED);
    expect((await client.response())?.status).toBe(200);
    expect((await client.response())?.status).toBe(400);
    expect(await client.closedWithin(5_000)).toBe(true);
    client.destroy();
  });

  it("wrote each refusal to the access log", async () => {
    await gateway.stop();
    const lines = readFileSync(join(folder, "access.log"), "utf8").split("\n");
    expect(lines.filter((entry) => /^[45]\d\d /.test(entry)).length).toBeGreaterThanOrEqual(refused);
  });
});
