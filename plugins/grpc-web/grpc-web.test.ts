import { describe, expect, it } from "vitest";
import { filterRig } from "../../test/plugins/filter-rig.ts";
import { Base64Decoder } from "./base64-decoder.ts";
import { grpcWeb } from "./grpc-web.ts";

const MESSAGE = "\0\0\0\0\x03abc";
const STATUS = "grpc-status:0\r\ngrpc-message:fine\r\n";
const FRAME = `\x80\0\0\0${String.fromCharCode(STATUS.length)}${STATUS}`;
const answer = {
  headers: ["content-type", "application/grpc", "content-length", "8"],
  body: [MESSAGE],
  trailers: ["grpc-status", "0", "grpc-message", "fine"],
};
const encode = (text: string): string => Buffer.from(text, "latin1").toString("base64");
const call = (type: string, body: string[], accept = type) => ({
  method: "POST",
  path: "/a.B/C",
  headers: ["content-type", type, "accept", accept, "content-length", "8"],
  body,
});
const rig = () => filterRig(grpcWeb);
const value = (headers: readonly string[], name: string): string | undefined => {
  const at = headers.findIndex((text, i) => i % 2 === 0 && text === name);
  return at < 0 ? undefined : headers[at + 1];
};

describe("grpc_web", () => {
  it.each(["application/grpc-web", "application/grpc-web+proto"])("carries bytes: %s", async (type) => {
    const trace = await rig().send(call(type, [MESSAGE]), answer);
    expect(trace.upstream.body).toBe(MESSAGE);
    expect(value(trace.upstream.headers, "content-type")).toBe("application/grpc");
    expect(value(trace.upstream.headers, "te")).toBe("trailers");
    expect(value(trace.upstream.headers, "grpc-accept-encoding")).toBe("identity");
    expect(value(trace.upstream.headers, "content-length")).toBeUndefined();
    expect(trace.client).toMatchObject({ status: 200, body: MESSAGE + FRAME, trailers: null, end: "complete" });
  });

  it.each(["application/grpc-web-text", "application/grpc-web-text+proto"])("carries text: %s", async (type) => {
    const trace = await rig().send(call(type, [encode(MESSAGE)]), answer);
    expect(trace.upstream.body).toBe(MESSAGE);
    expect(trace.client.body).toBe(encode(MESSAGE) + encode(FRAME));
  });

  it("answers in the form that is accepted, whatever the request's is", async () => {
    const trace = await rig().send(call("application/grpc-web-text", [encode(MESSAGE)], "application/grpc-web"), answer);
    expect(trace.client.body).toBe(MESSAGE + FRAME);
  });

  it.each([
    ["cut within a group", ["AAAA", "AAN", "hYm", "M="], "\0\0\0\0\x03abc"],
    ["in parts, each with padding", ["AA==AAAA", "AANhYmM="], "\0\0\0\0\0\x03abc"],
  ])("reads text that comes %s", async (_, body, bytes) => {
    expect((await rig().send(call("application/grpc-web-text", body), answer)).upstream.body).toBe(bytes);
  });

  it.each([
    ["no base64", ["AA*A"], "grpc_base_64_decode_failed"],
    ["padding out of place", ["A=AA"], "grpc_base_64_decode_failed"],
    ["a group that is not whole", ["AAAAA"], "grpc_base_64_decode_failed_bad_size"],
  ])("refuses %s", async (_, body, details) => {
    const trace = await rig().send(call("application/grpc-web-text", body), answer);
    expect(trace.details).toBe(details);
    expect(value(trace.client.headers, "grpc-status")).toBe("13");
    expect(value(trace.client.headers, "grpc-message")).toBe("Bad gRPC-web request, invalid base64 data.");
  });

  it("leaves an answer that is trailers alone in the headers", async () => {
    const trace = await rig().send(call("application/grpc-web", [MESSAGE]), {
      headers: ["content-type", "application/grpc", "grpc-status", "12"],
    });
    expect(value(trace.client.headers, "grpc-status")).toBe("12");
    expect(trace.client.body).toBe("");
  });

  it("turns an answer that is not gRPC into a status and its message", async () => {
    const trace = await rig().send(call("application/grpc-web", [MESSAGE]), {
      status: 503,
      headers: ["content-type", "text/html", "content-length", "9"],
      body: ["try ", "later"],
    });
    expect(trace.client).toMatchObject({ status: 503, body: "", end: "complete" });
    expect(value(trace.client.headers, "grpc-status")).toBe("14");
    expect(value(trace.client.headers, "grpc-message")).toBe("try later");
  });

  it.each(["application/grpc", "application/json", "application/grpc-web+json", "application/grpc-webber"])(
    "leaves %s alone",
    async (type) => {
      const trace = await rig().send(call(type, [MESSAGE]), answer);
      expect(value(trace.upstream.headers, "content-type")).toBe(type);
      expect(trace.client).toMatchObject({ body: MESSAGE, trailers: answer.trailers });
    },
  );
});

describe("base64 in chunks", () => {
  it("is decoded however it is cut", () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, n) => n));
    const text = Buffer.from(bytes.toString("base64"), "latin1");
    for (let size = 1; size < 20; size++) {
      const decoder = new Base64Decoder();
      const parts: Uint8Array[] = [];
      for (let i = 0; i < text.length; i += size) parts.push(decoder.decode(text.subarray(i, i + size))!);
      expect(Buffer.concat(parts).equals(bytes), `chunks of ${size}`).toBe(true);
      expect(decoder.whole).toBe(true);
    }
  });
});
