import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mesh } from "./bootstrap.ts";
import { startOrigin } from "./origin.ts";
import type { Origin, Seen } from "./origin.ts";
import { fetchRaw, rawConnect, request } from "./raw.ts";

describe("the raw client against the raw origin", () => {
  let origin: Origin;
  beforeAll(async () => {
    origin = await startOrigin();
  });
  afterAll(() => origin.close());

  it("echoes what arrived, in the case and order of the wire", async () => {
    const response = await fetchRaw(origin.port, "/a?b", { method: "POST", headers: [["X-One", "1"]], body: "hello" });
    const seen = JSON.parse(response.text()) as Seen;
    expect(seen).toMatchObject({ method: "POST", target: "/a?b", body: "hello", bodyLength: 5, complete: true });
    expect(seen.headers.map(([name]) => name)).toEqual(["Host", "X-One", "Content-Length"]);
  });

  it("reads pipelined answers in order, chunks and trailers included", async () => {
    const client = await rawConnect(origin.port);
    const script = JSON.stringify({ body: "0123456789", chunk: 3, trailers: [["x-t", "1"]] });
    await client.send(
      request("/1", { headers: [["x-answer", script]] }) + request("/2", { body: "abcdef", chunk: 2, trailers: [["T", "v"]] }),
    );
    const first = await client.response();
    expect(first).toMatchObject({ status: 200, chunked: true, complete: true, trailers: [["x-t", "1"]] });
    expect(first?.text()).toBe("0123456789");
    const second = JSON.parse((await client.response())?.text() ?? "") as Seen;
    expect(second).toMatchObject({ target: "/2", body: "abcdef", trailers: [["T", "v"]] });
    client.destroy();
  });

  it("tells a message that was cut off from a whole one", async () => {
    const client = await rawConnect(origin.port);
    const response = await client.ask(request("/", { headers: [["x-answer", '{"die":10}']] }));
    expect(response.complete).toBe(false);
    client.destroy();
  });

  it("gathers interim responses", async () => {
    const response = await fetchRaw(origin.port, "/", { headers: [["x-answer", '{"interim":[103,100],"body":"x"}']] });
    expect(response.informational.map((head) => head.startLine.split(" ")[1])).toEqual(["103", "100"]);
    expect(response.text()).toBe("x");
  });
});

describe("the bootstrap builder", () => {
  it("puts services, routes and filters where Envoy wants them", () => {
    const built = mesh()
      .service("web", 1)
      .route("/", "web")
      .listener("second")
      .route("/x", "web")
      .build({ main: 10, second: 11 }, 12);
    expect(built).toMatchObject({
      admin: { address: { socket_address: { port_value: 12 } } },
      static_resources: { listeners: [{ name: "main" }, { name: "second" }], clusters: [{ name: "web", type: "STATIC" }] },
    });
  });
});
