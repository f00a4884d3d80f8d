import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mesh, typed } from "../lib/bootstrap.ts";
import type { Json } from "../lib/bootstrap.ts";
import { describeRuntimes } from "../lib/describe.ts";
import type { Gateway } from "../lib/gateway.ts";
import { Http2Client, Http2Origin } from "../lib/http2.ts";
import type { Http2Result } from "../lib/http2.ts";
import { until } from "../lib/process.ts";

const OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
const HTTP2: Json = {
  typed_extension_protocol_options: {
    [OPTIONS]: typed(OPTIONS, { explicit_http_config: { http2_protocol_options: {} } }),
  },
};

/** Routes by their first segment, and what each sends upstream for what a client asks. */
const ROUTES: readonly (readonly [name: string, action: Json, cases: readonly (readonly [asked: string, sent: string])[]])[] = [
  ["plain", {}, [["100m", "100m"]]],
  [
    "max",
    { max_grpc_timeout: "5s" },
    [
      ["100m", "100m"],
      ["1H", "5000m"],
      ["", "5000m"],
      ["nonsense", "5000m"],
    ],
  ],
  [
    "unbounded",
    { max_grpc_timeout: "0s" },
    [
      ["100000S", "100000S"],
      ["1500000u", "1500m"],
      ["", "none"],
    ],
  ],
  [
    "offset",
    { max_grpc_timeout: "5s", grpc_timeout_offset: "0.1s" },
    [
      ["1S", "900m"],
      ["100m", "100m"],
    ],
  ],
  ["try", { max_grpc_timeout: "5s", retry_policy: { retry_on: "5xx", per_try_timeout: "2s" } }, [["4S", "2000m"]]],
  [
    "stream",
    { max_stream_duration: { max_stream_duration: "7s", grpc_timeout_header_max: "5s", grpc_timeout_header_offset: "0.1s" } },
    [
      ["1S", "900m"],
      ["1H", "4900m"],
      ["", "7000m"],
    ],
  ],
  ["streamless", { max_stream_duration: { max_stream_duration: "7s" } }, [["1S", "7000m"]]],
];

describeRuntimes("grpc-timeout", (runtime) => {
  let origin: Http2Origin;
  let gateway: Gateway;
  let client: Http2Client;
  let resets = 0;
  /** What the attempts of a call were told. */
  const sent: string[] = [];
  const expected: string[] = [];

  beforeAll(async () => {
    origin = await Http2Origin.start((exchange) => {
      const path = String(exchange.headers[":path"]);
      if (path.endsWith("/never")) return void exchange.stream.on("close", () => resets++);
      sent.push(String(exchange.headers["grpc-timeout"] ?? "none"));
      expected.push(String(exchange.headers["x-envoy-expected-rq-timeout-ms"] ?? "none"));
      // The first attempt takes its time to fail.
      if (path.endsWith("/second") && sent.length === 1) {
        setTimeout(() => exchange.respond({ ":status": 503 }), 60);
        return;
      }
      exchange.respond({
        "content-type": "application/grpc",
        "grpc-status": "0",
        "x-sent": String(exchange.headers["grpc-timeout"] ?? "none"),
      });
    });
    const config = mesh().service("grpc", origin.port, HTTP2).hcm({ codec_type: "AUTO" });
    for (const [name, action] of ROUTES) config.route(`/${name}/`, "grpc", action);
    const again = { retry_on: "5xx", num_retries: 1 };
    config.route("/again/", "grpc", { max_grpc_timeout: "10s", timeout: "3s", retry_policy: again });
    config.route("/again-try/", "grpc", { max_grpc_timeout: "10s", retry_policy: { ...again, per_try_timeout: "2s" } });
    config.route("/again-plain/", "grpc", { timeout: "3s", retry_policy: again });
    config.route("/again-stream/", "grpc", { max_stream_duration: { grpc_timeout_header_max: "5s" }, retry_policy: again });
    config.route("/duration/", "grpc", { timeout: "0.1s", max_stream_duration: {} });
    gateway = await runtime.start(config);
    client = new Http2Client(gateway.port);
  });
  afterAll(async () => {
    await client?.close();
    await runtime.stopAll();
    await origin?.close();
  });

  const call = (path: string, asked = "", type = "application/grpc"): Promise<Http2Result> => {
    const timeout = asked === "" ? {} : { "grpc-timeout": asked };
    return client.ask({ ":path": path, ":method": "POST", "content-type": type, te: "trailers", ...timeout });
  };

  describe.each(ROUTES)("by route %s", (name, _action, cases) => {
    it.each(cases)('"%s" goes on as "%s"', async (asked, sent) => {
      expect((await call(`/${name}/Method`, asked)).headers["x-sent"]).toBe(sent);
    });
  });

  it("is left alone in requests that are not gRPC", async () => {
    expect((await call("/max/Method", "1H", "application/json")).headers["x-sent"]).toBe("1H");
    expect((await call("/streamless/Method", "1S", "application/json")).headers["x-sent"]).toBe("1S");
  });

  it("ends a call by max_grpc_timeout as the route's timeout would, and the upstream's stream with it", async () => {
    const before = resets;
    const answer = await call("/max/never", "100m");
    expect(answer.headers).toMatchObject({ ":status": 200, "grpc-status": "14", "grpc-message": "upstream request timeout" });
    await until(() => resets > before, "the upstream's stream to be reset");
    expect(await gateway.stat("cluster.grpc.upstream_rq_timeout")).toBeGreaterThan(0);
  });

  it("ends a call by grpc_timeout_header_max with DEADLINE_EXCEEDED", async () => {
    const answer = await call("/stream/never", "200m");
    expect(answer.headers).toMatchObject({
      ":status": 200,
      "grpc-status": "4",
      "grpc-message": "downstream duration timeout",
    });
    const atOnce = await call("/stream/never", "100m");
    expect(atOnce.headers["grpc-status"]).toBe("4");
  });

  /** Both attempts of a call, in milliseconds: `grpc-timeout`, `x-envoy-expected-rq-timeout-ms`. */
  const attempts = async (path: string, asked: string): Promise<(readonly [number, number])[]> => {
    sent.length = 0;
    expected.length = 0;
    expect((await call(path, asked)).headers["grpc-status"]).toBe("0");
    expect(sent).toHaveLength(2);
    return sent.map((text, i) => [text.endsWith("S") ? parseInt(text) * 1000 : parseInt(text), Number(expected[i])] as const);
  };

  it("is what is left of it when a call is tried again, and x-envoy-expected-rq-timeout-ms as well", async () => {
    const [first, second] = await attempts("/again/second", "4S");
    expect(first).toEqual([4000, 4000]);
    const [left, expectedLeft] = second as readonly [number, number];
    expect(left).toBe(expectedLeft);
    expect(left).toBeLessThanOrEqual(3940);
    expect(left).toBeGreaterThan(2000);
  });

  it("is an attempt's while that is less than what is left", async () => {
    expect(await attempts("/again-try/second", "4S")).toEqual([
      [2000, 2000],
      [2000, 2000],
    ]);
    // What is left of 2,020 ms is less than an attempt may take.
    const [first, [left] = [0, 0]] = await attempts("/again-try/second", "2020m");
    expect(first).toEqual([2000, 2000]);
    expect(left).toBeLessThanOrEqual(1960);
  });

  it("is left alone by attempts where the route does not obey it, or bounds the stream by it", async () => {
    const plain = await attempts("/again-plain/second", "4S");
    expect(plain.map(([grpc]) => grpc)).toEqual([4000, 4000]);
    expect(plain[1]?.[1]).toBeLessThanOrEqual(2940);
    expect((await attempts("/again-stream/second", "4S")).map(([grpc]) => grpc)).toEqual([4000, 4000]);
  });

  it("leaves a route with max_stream_duration without a timeout", async () => {
    const result = client.open({ ":path": "/duration/never", ":method": "POST", "content-type": "application/grpc" });
    const answered = await Promise.race([
      new Promise((resolve) => void result.on("response", () => resolve(true))),
      // Three times the `timeout` that does not count.
      new Promise((resolve) => void setTimeout(() => resolve(false), 300)),
    ]);
    result.close();
    expect(answered).toBe(false);
  });
});
