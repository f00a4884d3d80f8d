import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mesh, typed } from "../lib/bootstrap.ts";
import { describeRuntimes, skipped } from "../lib/describe.ts";
import type { Gateway } from "../lib/gateway.ts";
import { makeCertificate } from "../lib/certificates.ts";
import { freePort } from "../lib/ports.ts";
import { Program } from "../lib/process.ts";
import { overTls } from "../lib/tls.ts";
import { findGrpcInterop, skipReason } from "../lib/tools.ts";

const client = findGrpcInterop("client");
const server = findGrpcInterop("server");
const title = "grpc-go through the gateway";

/** The standard cases that need no credentials. Source: gRPC, "Interoperability Test Case Descriptions". */
const CASES = [
  "empty_unary",
  "large_unary",
  "client_streaming",
  "server_streaming",
  "ping_pong",
  "empty_stream",
  "timeout_on_sleeping_server",
  "cancel_after_begin",
  "cancel_after_first_response",
  "status_code_and_message",
  "special_status_message",
  "custom_metadata",
  "unimplemented_method",
  "unimplemented_service",
];
const OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

const missing = [client, server].find((tool) => tool.path === undefined);
if (missing !== undefined) skipped(title, skipReason(missing));
else {
  describeRuntimes(title, (runtime) => {
    let gateway: Gateway;
    let origin: Program;
    const folder = mkdtempSync(join(tmpdir(), "isthmus-grpc-go-"));
    const ca = join(folder, "ca.pem");

    beforeAll(async () => {
      const port = await freePort();
      origin = new Program(server.path!, ["-port", String(port)]);
      const http2 = typed(OPTIONS, { explicit_http_config: { http2_protocol_options: {} } });
      const action = { timeout: "0s", retry_policy: { retry_on: "connect-failure", num_retries: 10 } };
      const config = mesh()
        .service("grpc", port, { typed_extension_protocol_options: { [OPTIONS]: http2 } })
        .hcm({ codec_type: "AUTO" })
        .route("/", "grpc", action);
      config.listener("tls").hcm({ codec_type: "AUTO" }).route("/", "grpc", action);
      const certificate = await makeCertificate({ dns: ["mesh.test"] });
      writeFileSync(ca, certificate.cert);
      gateway = await runtime.start(overTls(config, certificate, ["h2"]));
    });
    afterAll(async () => {
      await runtime.stopAll();
      await origin?.stop();
      rmSync(folder, { recursive: true });
    });

    describe.each([
      ["plain", "main", []],
      ["over TLS", "tls", ["-use_tls", "-use_test_ca", "-ca_file", ca, "-server_host_override", "mesh.test"]],
    ])("%s", (_how, listener, flags) => {
      it.each(CASES)("passes %s", async (name) => {
        const where = ["-server_host", "127.0.0.1", "-server_port", String(gateway.ports[listener])];
        const program = new Program(client.path!, [...where, ...flags, "-test_case", name]);
        expect(await program.exited, program.log).toBe(0);
      });
    });
  });
}
