import { afterAll, beforeAll, expect, it } from "vitest";
import { mesh, typed } from "../lib/bootstrap.ts";
import { describeRuntimes } from "../lib/describe.ts";
import type { Gateway } from "../lib/gateway.ts";
import { startGrpcOrigin } from "../lib/grpc.ts";
import type { GrpcOrigin } from "../lib/grpc.ts";

const OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
const MESSAGE = Buffer.from([0, 0, 0, 0, 3, 97, 98, 99]);

describeRuntimes("gRPC-Web over HTTP/1.1", (runtime) => {
  let origin: GrpcOrigin;
  let gateway: Gateway;

  beforeAll(async () => {
    const unused = (): void => undefined;
    origin = await startGrpcOrigin({
      unary: (call: { request: Buffer }, callback: (error: null, answer: Buffer) => void) => callback(null, call.request),
      gather: unused,
      scatter: unused,
      chat: unused,
    });
    const http2 = typed(OPTIONS, { explicit_http_config: { http2_protocol_options: {} } });
    gateway = await runtime.start(
      mesh()
        .service("grpc", origin.port, { typed_extension_protocol_options: { [OPTIONS]: http2 } })
        .filter("grpc_web", typed("envoy.extensions.filters.http.grpc_web.v3.GrpcWeb"))
        .route("/", "grpc"),
    );
  });
  afterAll(async () => {
    await runtime.stopAll();
    origin?.close();
  });

  it.each([
    ["application/grpc-web+proto", false],
    ["application/grpc-web-text+proto", true],
  ])("carries a call to a gRPC server: %s", async (type, text) => {
    const response = await fetch(`http://127.0.0.1:${gateway.port}/test.Bytes/Unary`, {
      method: "POST",
      headers: { "content-type": type, accept: type },
      body: text ? MESSAGE.toString("base64") : new Uint8Array(MESSAGE),
    });
    expect([response.status, response.headers.get("content-type")]).toEqual([200, type]);
    const body = Buffer.from(await response.arrayBuffer());
    const parts = body.toString("latin1").match(/[^=]+=*/g) ?? [];
    const bytes = text ? Buffer.concat(parts.map((part) => Buffer.from(part, "base64"))) : body;
    expect(bytes.subarray(0, MESSAGE.length).equals(MESSAGE)).toBe(true);
    expect(bytes[MESSAGE.length]).toBe(0x80);
    expect(bytes.subarray(MESSAGE.length + 5).toString()).toContain("grpc-status:0\r\n");
    expect(await gateway.stat("cluster.grpc.grpc-web.test.Bytes.Unary.success")).toBeGreaterThan(0);
  });
});
