import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Metadata, status } from "@grpc/grpc-js";
import type {
  ClientDuplexStream,
  sendUnaryData,
  ServerDuplexStream,
  ServerReadableStream,
  ServerUnaryCall,
  ServerWritableStream,
  StatusObject,
} from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mesh, typed } from "../lib/bootstrap.ts";
import type { Json } from "../lib/bootstrap.ts";
import { describeRuntimes } from "../lib/describe.ts";
import type { Gateway } from "../lib/gateway.ts";
import { GrpcClient, METHODS, metadata, startGrpcOrigin, UNKNOWN_METHOD } from "../lib/grpc.ts";
import type { GrpcOrigin } from "../lib/grpc.ts";
import { Http2Client } from "../lib/http2.ts";
import { until } from "../lib/process.ts";

type Bytes = Buffer;

const OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
const HTTP2: Json = {
  typed_extension_protocol_options: {
    [OPTIONS]: typed(OPTIONS, { explicit_http_config: { http2_protocol_options: {} } }),
  },
};

/** gRPC interop's special_status_message: what percent-encoding has to carry. */
const SPECIAL = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n";
const LARGE = Buffer.alloc(1_000_000, "0123456789abcdef");
const BINARY = Buffer.from([0xab, 0xab, 0xab, 0, 255]);

/** What the origin saw of calls that their client ended. */
interface Seen {
  cancelled: number;
  timeouts: (string | undefined)[];
}

function unary(seen: Seen) {
  return (call: ServerUnaryCall<Bytes, Bytes>, callback: sendUnaryData<Bytes>): void => {
    const wanted = String(call.metadata.get("x-do")[0] ?? "");
    const echo = metadata({ "x-echo-initial": String(call.metadata.get("x-echo-initial")[0] ?? "none") });
    const trailing = new Metadata();
    for (const value of call.metadata.get("x-echo-trailing-bin")) trailing.add("x-echo-trailing-bin", value);
    switch (wanted) {
      case "status":
        return callback({ code: status.UNKNOWN, details: "test status message", metadata: trailing });
      case "special":
        return callback({ code: status.UNKNOWN, details: SPECIAL });
      case "sleep":
        seen.timeouts.push(call.metadata.get("grpc-timeout")[0] as string | undefined);
        call.on("cancelled", () => seen.cancelled++);
        return;
      default:
        call.sendMetadata(echo);
        return callback(null, call.request, trailing);
    }
  };
}

function gather(call: ServerReadableStream<Bytes, Bytes>, callback: sendUnaryData<Bytes>): void {
  const parts: Bytes[] = [];
  call.on("data", (part: Bytes) => parts.push(part));
  call.on("end", () => callback(null, Buffer.concat(parts)));
}

/** As many messages as the request says, of as many bytes as it says. */
function scatter(call: ServerWritableStream<Bytes, Bytes>): void {
  const [count, size] = call.request.toString().split("x").map(Number);
  const message = Buffer.alloc(size, "s");
  let left = count;
  const more = (): void => {
    let room = true;
    while (left > 0 && room) {
      room = call.write(message);
      left--;
    }
    if (left === 0) call.end();
    else call.once("drain", more);
  };
  more();
}

/** Answers each message at once; "fail" ends the call with a status. */
function chat(seen: Seen) {
  return (call: ServerDuplexStream<Bytes, Bytes>): void => {
    call.on("data", (part: Bytes) => {
      if (part.toString() === "fail") call.emit("error", { code: status.DATA_LOSS, details: "told to fail" });
      else call.write(part);
    });
    call.on("end", () => call.end());
    call.on("cancelled", () => seen.cancelled++);
  };
}

describeRuntimes("gRPC", (runtime) => {
  const folder = mkdtempSync(join(tmpdir(), "isthmus-grpc-"));
  const log = join(folder, "access.log");
  const seen: Seen = { cancelled: 0, timeouts: [] };
  let origin: GrpcOrigin;
  let gateway: Gateway;
  let client: GrpcClient;

  beforeAll(async () => {
    origin = await startGrpcOrigin({ unary: unary(seen), gather, scatter, chat: chat(seen) });
    gateway = await runtime.start(
      mesh()
        .service("grpc", origin.port, HTTP2)
        .service("gone", 1, HTTP2)
        .hcm({ codec_type: "AUTO" })
        .filter(
          "grpc_stats",
          typed("envoy.extensions.filters.http.grpc_stats.v3.FilterConfig", {
            emit_filter_state: true,
            enable_upstream_stats: true,
            individual_method_stats_allowlist: { services: [{ name: "test.Bytes", method_names: ["Scatter"] }] },
          }),
        )
        .accessLog(log, "%REQ(:PATH)% %FILTER_STATE(envoy.filters.http.grpc_stats)%")
        .route({
          match: { prefix: "/", grpc: {}, headers: [{ name: "x-to", string_match: { exact: "gone" } }] },
          route: { cluster: "gone" },
        })
        .route({
          match: { prefix: "/", headers: [{ name: "x-to", string_match: { exact: "nobody" } }] },
          direct_response: { status: 403, body: { inline_string: "not for you" } },
        })
        .route({ match: { prefix: "/test.Bytes/", grpc: {} }, route: { cluster: "grpc", timeout: "0s" } }),
    );
    client = new GrpcClient(gateway.port);
  });
  afterAll(async () => {
    client?.close();
    await runtime.stopAll();
    origin?.close();
    rmSync(folder, { recursive: true });
  });

  const chatting = (fields: Record<string, string> = {}): ClientDuplexStream<Bytes, Bytes> => {
    const { path, requestSerialize, responseDeserialize } = METHODS.chat;
    const call = client.makeBidiStreamRequest<Bytes, Bytes>(path, requestSerialize, responseDeserialize, metadata(fields));
    call.on("error", () => undefined);
    return call;
  };
  // Not by `once`, which takes the "error" that comes with a bad status for a failure of its own.
  const statusOf = (call: ClientDuplexStream<Bytes, Bytes>): Promise<StatusObject> =>
    new Promise((resolve) => void call.on("status", resolve));

  describe("unary calls", () => {
    it("carries an empty message", async () => {
      expect(await client.ask(METHODS.unary, Buffer.alloc(0))).toMatchObject({ code: status.OK, message: Buffer.alloc(0) });
    });

    it("carries large messages, both ways", async () => {
      const { code, message } = await client.ask(METHODS.unary, LARGE);
      expect(code).toBe(status.OK);
      expect(message.equals(LARGE)).toBe(true);
    });

    it("carries many at once", async () => {
      const messages = Array.from({ length: 100 }, (_, n) => Buffer.from(`message ${n}`));
      const results = await Promise.all(messages.map((message) => client.ask(METHODS.unary, message)));
      expect(results.map(({ code, message }) => [code, message.toString()])).toEqual(
        messages.map((message) => [status.OK, message.toString()]),
      );
    });

    it("carries metadata both ways, text and bytes", async () => {
      const { code, initial, trailing } = await client.ask(METHODS.unary, Buffer.from("m"), {
        "x-echo-initial": "test_initial_metadata_value",
        "x-echo-trailing-bin": BINARY,
      });
      expect(code).toBe(status.OK);
      expect(initial.get("x-echo-initial")).toEqual(["test_initial_metadata_value"]);
      expect(trailing.get("x-echo-trailing-bin")).toEqual([BINARY]);
    });
  });

  describe("streams", () => {
    it("gathers what a client streams", async () => {
      const result = await new Promise<Bytes | undefined>((resolve, reject) => {
        const { path, requestSerialize, responseDeserialize } = METHODS.gather;
        const call = client.makeClientStreamRequest<Bytes, Bytes>(path, requestSerialize, responseDeserialize, (error, value) =>
          error === null ? resolve(value) : reject(error),
        );
        for (const size of [27182, 8, 1828, 45904]) call.write(Buffer.alloc(size, "g"));
        call.end();
      });
      expect(result?.length).toBe(27182 + 8 + 1828 + 45904);
    });

    it("carries what a server streams, message by message", async () => {
      const { path, requestSerialize, responseDeserialize } = METHODS.scatter;
      const call = client.makeServerStreamRequest<Bytes, Bytes>(
        path,
        requestSerialize,
        responseDeserialize,
        Buffer.from("2000x1024"),
      );
      const sizes: number[] = [];
      for await (const message of call as AsyncIterable<Bytes>) sizes.push(message.length);
      expect(sizes).toEqual(Array.from({ length: 2000 }, () => 1024));
    });

    it("passes each message at once, both ways: the next waits for the answer to the last", async () => {
      const call = chatting();
      const answers: string[] = [];
      const over = statusOf(call);
      for (let n = 0; n < 50; n++) {
        call.write(Buffer.from(`ping ${n}`));
        const [answer] = (await once(call, "data")) as [Bytes];
        answers.push(answer.toString());
      }
      call.end();
      expect((await over).code).toBe(status.OK);
      expect(answers).toEqual(Array.from({ length: 50 }, (_, n) => `ping ${n}`));
    });

    it("carries a stream without messages", async () => {
      const call = chatting();
      call.resume();
      const over = statusOf(call);
      call.end();
      expect((await over).code).toBe(status.OK);
    });

    it("ends a stream with the server's status in its midst", async () => {
      const call = chatting();
      const over = statusOf(call);
      call.write(Buffer.from("one"));
      expect(String((await once(call, "data"))[0])).toBe("one");
      call.write(Buffer.from("fail"));
      expect(await over).toMatchObject({ code: status.DATA_LOSS, details: "told to fail" });
    });
  });

  describe("status", () => {
    it("carries code, message and metadata of a failed call", async () => {
      const result = await client.ask(METHODS.unary, Buffer.from("m"), { "x-do": "status", "x-echo-trailing-bin": BINARY });
      expect(result).toMatchObject({ code: status.UNKNOWN, details: "test status message" });
      expect(result.trailing.get("x-echo-trailing-bin")).toEqual([BINARY]);
    });

    it("carries messages of any characters", async () => {
      expect(await client.ask(METHODS.unary, Buffer.from("m"), { "x-do": "special" })).toMatchObject({
        code: status.UNKNOWN,
        details: SPECIAL,
      });
    });

    it("carries an answer that is trailers alone", async () => {
      expect((await client.ask(UNKNOWN_METHOD, Buffer.from("m"))).code).toBe(status.UNIMPLEMENTED);
      const raw = new Http2Client(gateway.port);
      const answer = await raw.ask(
        { ":path": UNKNOWN_METHOD.path, ":method": "POST", "content-type": "application/grpc", te: "trailers" },
        Buffer.from([0, 0, 0, 0, 0]),
      );
      await raw.close();
      expect(answer).toMatchObject({ status: 200, trailers: {}, code: 0 });
      expect(answer.headers).toMatchObject({ "content-type": "application/grpc+proto", "grpc-status": "12" });
      expect(answer.body.length).toBe(0);
    });
  });

  describe("answers of the gateway", () => {
    it("says UNAVAILABLE when the upstream can't be reached", async () => {
      const { code, details } = await client.ask(METHODS.unary, Buffer.from("m"), { "x-to": "gone" });
      expect(code).toBe(status.UNAVAILABLE);
      expect(details).toContain("upstream connect error");
    });

    it("says UNIMPLEMENTED where no route leads, and what HTTP status means elsewhere", async () => {
      const other = { ...METHODS.unary, path: "/other.Service/Unary" };
      expect((await client.ask(other, Buffer.from("m"))).code).toBe(status.UNIMPLEMENTED);
      expect(await client.ask(METHODS.unary, Buffer.from("m"), { "x-to": "nobody" })).toMatchObject({
        code: status.PERMISSION_DENIED,
        details: "not for you",
      });
    });
  });

  describe("grpc_stats", () => {
    it("counts calls and messages, keeps their number for the log, and times the upstream", async () => {
      const { path, requestSerialize, responseDeserialize } = METHODS.scatter;
      const name = "cluster.grpc.grpc.test.Bytes.Scatter";
      const before = await gateway.stats();
      const more = async (stat: string): Promise<number> => (await gateway.stat(stat)) - (before.get(stat) ?? 0);
      const call = client.makeServerStreamRequest<Bytes, Bytes>(
        path,
        requestSerialize,
        responseDeserialize,
        Buffer.from("7x100"),
      );
      let count = 0;
      for await (const message of call as AsyncIterable<Bytes>) count += message.length > 0 ? 1 : 0;
      expect(count).toBe(7);
      await gateway.untilStat(`${name}.total`, (value) => value > (before.get(`${name}.total`) ?? 0));
      expect(await more(`${name}.success`)).toBe(1);
      expect(await more(`${name}.0`)).toBe(1);
      expect(await more(`${name}.request_message_count`)).toBe(1);
      expect(await more(`${name}.response_message_count`)).toBe(7);
      expect((await gateway.ask("/stats")).text).toContain(`${name}.upstream_rq_time: P`);
      expect((await client.ask(METHODS.unary, Buffer.from("m"), { "x-do": "status" })).code).toBe(status.UNKNOWN);
      expect(await more("cluster.grpc.grpc.2")).toBe(1);
      await until(
        () =>
          existsSync(log) &&
          /Scatter .*request_message_count\W+1\b.*response_message_count\W+7\b/.test(readFileSync(log, "utf8")),
        "the log to tell the messages",
        10_000,
        () => readFileSync(log, "utf8"),
      );
    });
  });

  describe("ends that the client makes", () => {
    it("ends a call at its deadline, and the server learns of it", async () => {
      const before = seen.cancelled;
      const { code } = await client.ask(METHODS.unary, Buffer.from("m"), { "x-do": "sleep" }, Date.now() + 300);
      expect(code).toBe(status.DEADLINE_EXCEEDED);
      await until(() => seen.cancelled > before, "the server to learn of the deadline");
    });

    it("cancels a call in its midst, and the server learns of it", async () => {
      const before = seen.cancelled;
      const call = chatting();
      const over = statusOf(call);
      call.write(Buffer.from("one"));
      await once(call, "data");
      call.cancel();
      expect((await over).code).toBe(status.CANCELLED);
      await until(() => seen.cancelled > before, "the server to learn of the cancellation");
      await gateway.untilStat("cluster.grpc.upstream_rq_active", (value) => value === 0);
    });
  });
});
