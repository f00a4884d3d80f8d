import { describe, expect, it } from "vitest";
import { filterRig } from "../../test/plugins/filter-rig.ts";
import { buffer } from "./buffer.ts";

const config = "{ max_request_bytes: 10 }";
const post = { method: "POST", body: ["one", "two"] };

describe("buffer", () => {
  it("passes a request on once it is whole, with a content-length", async () => {
    const trace = await filterRig(buffer, { config }).send(post);
    expect(trace).toMatchObject({ upstream: { body: "onetwo", headers: ["content-length", "6"] }, client: { status: 200 } });
  });

  it("leaves a content-length that is there, and a request without a body", async () => {
    const rig = filterRig(buffer, { config });
    expect((await rig.send({ ...post, headers: ["content-length", "6"] })).upstream.headers).toEqual(["content-length", "6"]);
    expect((await rig.send()).upstream).toMatchObject({ requests: 1, headers: [] });
  });

  it("keeps a message with trailers chunked, so that they arrive", async () => {
    const trace = await filterRig(buffer, { config }).send({ ...post, trailers: ["t", "1"] });
    expect(trace.upstream).toMatchObject({ body: "onetwo", headers: [], trailers: ["t", "1"] });
  });

  it("answers 413 to more than max_request_bytes", async () => {
    const trace = await filterRig(buffer, { config }).send({ method: "POST", body: ["123456", "7890a"] });
    expect(trace).toMatchObject({
      upstream: { requests: 0 },
      client: { status: 413, end: "complete" },
      details: "request_payload_too_large",
    });
    expect((await filterRig(buffer, { config }).send({ method: "POST", body: ["123456", "7890"] })).client.status).toBe(200);
  });

  it("can be turned off for a route", async () => {
    const trace = await filterRig(buffer, { config, route: ["{ disabled: true }"] }).send({
      method: "POST",
      body: ["123456", "7890a"],
    });
    expect(trace).toMatchObject({ upstream: { requests: 1, headers: [], body: "1234567890a" }, client: { status: 200 } });
  });

  it("has a lower bound for a route", async () => {
    const rig = filterRig(buffer, { config, route: ["{ buffer: { max_request_bytes: 5 } }"] });
    expect((await rig.send(post)).client.status).toBe(413);
  });

  it("refuses a configuration without a bound", () => {
    expect(() => filterRig(buffer, { config: "{}" })).toThrow(/max_request_bytes/);
    expect(() => filterRig(buffer, { config: "{ max_request_bytes: 0 }" })).toThrow(/max_request_bytes/);
    expect(() => filterRig(buffer, { config, route: ["{}"] })).toThrow(/override/);
  });
});
