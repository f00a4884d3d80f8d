import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { mesh } from "../lib/bootstrap.ts";
import { describeRuntimes } from "../lib/describe.ts";
import type { Gateway } from "../lib/gateway.ts";
import { startOrigin } from "../lib/origin.ts";
import type { Origin } from "../lib/origin.ts";
import { rawConnect, request } from "../lib/raw.ts";
import type { RawResponse } from "../lib/raw.ts";

/** The filter of chaos-filter.ts. */
const plugin = {
  "@type": "type.googleapis.com/xds.type.v3.TypedStruct",
  type_url: `file://${fileURLToPath(new URL("chaos-filter.ts", import.meta.url))}`,
  value: {},
};

describeRuntimes("what a user's filter may do", (runtime) => {
  if (runtime.isEnvoy) {
    it.skip("has its own filters");
    return;
  }
  let origin: Origin;
  let gateway: Gateway;
  beforeAll(async () => {
    origin = await startOrigin(async (exchange) => {
      await exchange.body();
      if (exchange.target === "/204") return exchange.respond({ status: 204 });
      if (exchange.target === "/304") return exchange.respond({ status: 304 });
      await exchange.respond({ body: "from the origin" });
    });
    gateway = await runtime.start(
      mesh().service("web", origin.port).filter("test.chaos", plugin).route("/", "web"),
      runtime.subject === "node" ? { env: { NODE_OPTIONS: "--unhandled-rejections=strict" } } : {},
    );
  });
  afterAll(async () => {
    await runtime.stopAll();
    await origin.close();
  });

  /** One request for the filter; null when the connection ended without an answer. Whatever happened, the next one must be served. */
  const ask = async (wanted: string, method = "POST", path = "/"): Promise<RawResponse | null> => {
    const client = await rawConnect(gateway.port);
    const headers: [string, string][] = [["x-filter", wanted]];
    await client.send(request(path, { method, headers, body: method === "POST" ? "0123456789" : undefined }));
    const response = await client.response({ method, timeout: 3_000 });
    if (response !== null && response.complete && response.header("connection") !== "close") {
      // What is left on the connection is an answer to the next request, or nothing.
      const next = await client.ask(request("/next", { method: "GET" }));
      expect(next.text()).toBe("from the origin");
    }
    client.destroy();
    return response;
  };

  const ANSWERS: readonly (readonly [wanted: string, status: number, body: string])[] = [
    ["wait", 200, "from the origin"],
    ["body-wait", 200, "from the origin"],
    ["response-wait", 200, "from the origin"],
    ["response-body-wait", 200, "from the origin"],
    ["recreate", 200, "from the origin"],
    ["complete-throw", 200, "from the origin"],
    ["complete-reject", 200, "from the origin"],
    ["framing", 200, "from the origin"],
    ["close", 200, "from the origin"],
    ["trailers", 200, "from the origin"],
    ["add-body", 200, "addedfrom the origin"],
    ["reject", 500, "Internal Server Error"],
    ["throw", 500, "Internal Server Error"],
    ["body-reject", 500, "Internal Server Error"],
    ["response-reject", 500, "Internal Server Error"],
    ["response-throw", 500, "Internal Server Error"],
    ["reply", 403, "no"],
    ["reply-late", 403, "late"],
    ["reply-and-reject", 403, "no"],
    ["reply-and-reject-now", 403, "no"],
    ["reply-204", 204, ""],
    ["reply-split", 500, "Internal Server Error"],
    ["reply-type", 500, "Internal Server Error"],
    ["body-reply", 413, "enough"],
    ["response-reply", 502, "no"],
    ["response-reply-late", 502, "no"],
  ];
  for (const [wanted, status, body] of ANSWERS) {
    it(`${wanted}: ${status}`, async () => {
      const response = await ask(wanted);
      expect(response?.status).toBe(status);
      expect(response?.text()).toBe(body);
      expect(response?.header("x-evil")).toBeUndefined();
    });
  }

  for (const wanted of ["reset", "response-reset", "response-body-reject", "longer", "shorter"]) {
    it(`${wanted}: no whole answer, and nothing that looks like another`, async () => {
      const response = await ask(wanted);
      if (response !== null) expect(response.complete).toBe(false);
    });
  }

  it("frames no body and no trailers for HEAD, 204 and 304, whatever filters add", async () => {
    for (const wanted of ["reply", "trailers", "add-body", "reply-204", "reply-type"]) {
      const response = await ask(wanted, "HEAD");
      expect(response?.body.length, wanted).toBe(0);
      expect(response?.chunked).toBe(false);
    }
    for (const path of ["/204", "/304"]) {
      for (const wanted of ["trailers", "add-body"]) {
        const response = await ask(wanted, "GET", path);
        expect(response?.body.length, wanted + path).toBe(0);
        expect(response?.header("transfer-encoding")).toBeUndefined();
      }
    }
  });

  it("counts every stream once, and leaves none behind", async () => {
    const stats = await gateway.stats();
    expect(stats.get("http.main.downstream_rq_active")).toBe(0);
    expect(stats.get("cluster.web.upstream_rq_active")).toBe(0);
    await gateway.untilStat("http.main.downstream_cx_active", (value) => value === 0);
    expect((await gateway.ask("/ready")).status).toBe(200);
  });
});
