import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { setTimeout as sleep } from "node:timers/promises";
import { mesh } from "../lib/bootstrap.ts";
import { describeRuntimes } from "../lib/describe.ts";
import type { Gateway } from "../lib/gateway.ts";
import { field } from "../lib/message.ts";
import { seenBy, startOrigin } from "../lib/origin.ts";
import type { Origin, Script } from "../lib/origin.ts";
import { fetchRaw, rawConnect, request } from "../lib/raw.ts";

const answer = (script: Script): [string, string][] => [["x-answer", JSON.stringify(script)]];

describeRuntimes("HTTP/1.1 framing", (runtime) => {
  let origin: Origin;
  let gateway: Gateway;

  beforeAll(async () => {
    origin = await startOrigin();
    const lenient = { http_protocol_options: { accept_http_10: true, default_host_for_http_10: "old.local" } };
    const trailers = {
      typed_extension_protocol_options: { "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": upstreamTrailers },
    };
    gateway = await runtime.start(
      mesh()
        .service("web", origin.port, trailers)
        .hcm({ http_protocol_options: { enable_trailers: true }, proxy_100_continue: true })
        .route("/", "web")
        .listener("old")
        .hcm(lenient)
        .route("/", "web")
        .listener("plain")
        .route("/", "web"),
    );
  });
  afterAll(async () => {
    await runtime.stopAll();
    await origin.close();
  });

  describe("connections", () => {
    it("keeps a connection for many requests", async () => {
      const client = await rawConnect(gateway.port);
      for (let i = 0; i < 20; i++) expect(seenBy(await client.ask(request(`/${i}`))).target).toBe(`/${i}`);
      client.destroy();
    });

    it("answers pipelined requests in order, however they are cut", async () => {
      const delays = [60, 0, 30, 0, 10];
      const all = delays
        .map((delay, i) => request(`/${i}`, { method: "POST", headers: answer({ delay }), body: `body ${i}` }))
        .join("");
      for (const size of [all.length, 1, 7, 100]) {
        const client = await rawConnect(gateway.port);
        for (let at = 0; at < all.length; at += size) {
          await client.send(all.slice(at, at + size));
          if (size > 1) await sleep(1);
        }
        for (let i = 0; i < delays.length; i++)
          expect(seenBy(await client.response())).toMatchObject({ target: `/${i}`, body: `body ${i}` });
        client.destroy();
      }
    });

    it("closes after the answer when asked to", async () => {
      const client = await rawConnect(gateway.port);
      const response = await client.ask(request("/", { headers: [["Connection", "close"]] }));
      expect(response.status).toBe(200);
      expect(response.header("connection")).toBe("close");
      expect(await client.closedWithin(3_000)).toBe(true);
      client.destroy();
    });

    it("answers a client that has half-closed", async () => {
      const client = await rawConnect(gateway.port);
      await client.send(request("/half", { headers: [["Connection", "close"]] }));
      client.end();
      // Envoy takes the end of the client's stream for its leaving; a gateway may also answer.
      const response = await client.response();
      if (!runtime.isEnvoy && response !== null) expect(response.status).toBe(200);
      expect(await client.closedWithin(3_000)).toBe(true);
      client.destroy();
    });

    it("takes empty lines before a request", async () => {
      const client = await rawConnect(gateway.port);
      expect((await client.ask(`\r\n${request("/")}`)).status).toBe(200);
      expect((await client.ask(`\r\n${request("/")}`)).status).toBe(200);
      client.destroy();
    });

    it("reuses upstream connections", async () => {
      const client = await rawConnect(gateway.port);
      await client.ask(request("/"));
      const before = origin.accepted;
      for (let i = 0; i < 10; i++) await client.ask(request("/"));
      expect(origin.accepted - before).toBe(0);
      client.destroy();
    });

    it("does not reuse an upstream connection that said close", async () => {
      const before = origin.accepted;
      for (let i = 0; i < 3; i++) {
        const response = await fetchRaw(gateway.port, "/", { headers: answer({ headers: [["Connection", "close"]] }) });
        expect(response.status).toBe(200);
        expect(response.header("connection")).toBeUndefined();
      }
      expect((await fetchRaw(gateway.port, "/")).status).toBe(200);
      expect(origin.accepted - before).toBeGreaterThanOrEqual(3);
    });
  });

  describe("request bodies", () => {
    it("passes a Content-Length body", async () => {
      const seen = seenBy(await fetchRaw(gateway.port, "/", { method: "POST", body: "a".repeat(3000) }));
      expect(seen).toMatchObject({ bodyLength: 3000, complete: true });
      expect(field(seen.headers, "content-length")).toBe("3000");
    });

    it("keeps Content-Length: 0", async () => {
      const seen = seenBy(await fetchRaw(gateway.port, "/", { method: "POST", body: "" }));
      expect(field(seen.headers, "content-length")).toBe("0");
      expect(field(seen.headers, "transfer-encoding")).toBeUndefined();
    });

    it("passes a chunked body with its trailers", async () => {
      const seen = seenBy(
        await fetchRaw(gateway.port, "/", {
          method: "POST",
          body: "abc".repeat(5000),
          chunk: 1000,
          trailers: [
            ["X-Sum", "1"],
            ["X-Two", "2"],
          ],
        }),
      );
      expect(seen).toMatchObject({ bodyLength: 15_000, complete: true });
      expect(seen.trailers.map(([name, value]) => [name.toLowerCase(), value])).toEqual([
        ["x-sum", "1"],
        ["x-two", "2"],
      ]);
      expect(field(seen.headers, "transfer-encoding")).toBe("chunked");
    });

    it("drops trailers where they are not enabled", async () => {
      const seen = seenBy(
        await fetchRaw(gateway.ports["plain"], "/", { method: "POST", body: "abc", chunk: 1, trailers: [["X-Sum", "1"]] }),
      );
      expect(seen).toMatchObject({ body: "abc", trailers: [] });
    });

    it("passes an empty chunked body", async () => {
      const seen = seenBy(await fetchRaw(gateway.port, "/", { method: "POST", body: "", chunk: 1 }));
      expect(seen).toMatchObject({ bodyLength: 0, complete: true });
    });

    it("reads chunk sizes with leading zeros, upper case and extensions, cut anywhere", async () => {
      const bytes =
        'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n000A;ext="a;b"\r\n0123456789\r\n0b ; x=1\r\nabcdefghijk\r\n00\r\n\r\n';
      const client = await rawConnect(gateway.port);
      await client.send(bytes);
      expect(seenBy(await client.response()).body).toBe("0123456789abcdefghijk");
      await client.sendByteByByte(bytes);
      expect(seenBy(await client.response()).body).toBe("0123456789abcdefghijk");
      client.destroy();
    });

    it("passes 1 MiB in both framings", async () => {
      const body = "0123456789abcdef".repeat(65_536);
      for (const chunk of [undefined, 5_000]) {
        const seen = seenBy(await fetchRaw(gateway.port, "/", { method: "PUT", body, chunk }));
        expect(seen).toMatchObject({ bodyLength: 1_048_576, complete: true });
      }
    });

    it("breaks the upstream request when the client leaves in its middle", async () => {
      const before = origin.requests.length;
      const client = await rawConnect(gateway.port);
      await client.send("POST /left HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc");
      await sleep(50);
      client.destroy();
      await sleep(200);
      expect(origin.requests.slice(before).filter((seen) => seen.target === "/left" && seen.complete)).toEqual([]);
    });
  });

  describe("Expect: 100-continue", () => {
    it("sends 100 before the body is there, and the body after it", async () => {
      const client = await rawConnect(gateway.ports["plain"]);
      await client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
      expect((await client.head())?.startLine).toBe("HTTP/1.1 100 Continue");
      await client.send("hello");
      const seen = seenBy(await client.response());
      expect(seen.body).toBe("hello");
      client.destroy();
    });

    it("hands the expectation on where proxy_100_continue says so", async () => {
      const strict = await startOrigin(async (exchange) => {
        expect(exchange.header("expect")).toBe("100-continue");
        await exchange.send("HTTP/1.1 100 Continue\r\n\r\n");
        await exchange.echo();
      });
      const other = await runtime.start(mesh().service("web", strict.port).hcm({ proxy_100_continue: true }).route("/", "web"));
      const client = await rawConnect(other.port);
      await client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
      expect((await client.head())?.startLine).toMatch(/^HTTP\/1.1 100 /);
      await client.send("hello");
      expect(seenBy(await client.response()).body).toBe("hello");
      client.destroy();
      await other.stop();
      await strict.close();
    });
  });

  describe("responses", () => {
    it("passes chunked bodies with their trailers", async () => {
      const body = "0123456789".repeat(1000);
      const response = await fetchRaw(gateway.port, "/", { headers: answer({ body, chunk: 777, trailers: [["x-sum", "42"]] }) });
      expect(response.text()).toBe(body);
      expect(response).toMatchObject({ chunked: true, complete: true, trailers: [["x-sum", "42"]] });
    });

    it("passes Content-Length bodies with their length", async () => {
      const response = await fetchRaw(gateway.port, "/", { headers: answer({ body: "12345" }) });
      expect(response.header("content-length")).toBe("5");
      expect(response.text()).toBe("12345");
    });

    it("frames a response that ends with the connection, and keeps its own", async () => {
      const client = await rawConnect(gateway.port);
      const response = await client.ask(request("/", { headers: answer({ body: "until the end", untilClose: true }) }));
      expect(response).toMatchObject({ chunked: true, complete: true });
      expect(response.text()).toBe("until the end");
      expect((await client.ask(request("/again"))).status).toBe(200);
      client.destroy();
    });

    it("passes 103 on, and what follows it", async () => {
      const response = await fetchRaw(gateway.port, "/", { headers: answer({ interim: [103], body: "late" }) });
      if (!runtime.isEnvoy) {
        expect(response.informational.map((head) => head.startLine.slice(0, 12))).toEqual(["HTTP/1.1 103"]);
        expect(field(response.informational[0].headers, "x-interim")).toBe("103");
      }
      expect(response.text()).toBe("late");
    });

    it("passes 100 on where proxy_100_continue says so", async () => {
      const response = await fetchRaw(gateway.port, "/", { headers: answer({ interim: [100], body: "late" }) });
      expect(response.informational.map((head) => head.startLine.slice(0, 12))).toEqual(["HTTP/1.1 100"]);
    });

    for (const status of [204, 304]) {
      it(`has no body with ${status}, and the connection goes on`, async () => {
        const client = await rawConnect(gateway.port);
        const response = await client.ask(request("/", { headers: answer({ status, headers: [["etag", '"x"']] }) }));
        expect(response).toMatchObject({ status, complete: true });
        expect(response.header("etag")).toBe('"x"');
        expect(response.header("transfer-encoding")).toBeUndefined();
        expect((await client.ask(request("/again"))).status).toBe(200);
        client.destroy();
      });
    }

    it("keeps the length of a 304 that has one", async () => {
      const bare = await startOrigin((exchange) => exchange.send("HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n"));
      const other = await runtime.start(mesh().service("web", bare.port).route("/", "web"));
      const client = await rawConnect(other.port);
      for (let i = 0; i < 2; i++) expect((await client.ask(request("/"))).header("content-length")).toBe("500");
      client.destroy();
      await other.stop();
      await bare.close();
    });

    for (const [what, script] of [
      ["with a length", { body: "12345" }],
      ["in chunks", { body: "12345", chunk: 2 }],
    ] as const) {
      it(`answers HEAD without a body, ${what}, and the connection goes on`, async () => {
        const client = await rawConnect(gateway.port);
        const response = await client.ask(request("/", { method: "HEAD", headers: answer(script) }), { method: "HEAD" });
        expect(response).toMatchObject({ status: 200, complete: true });
        if (!("chunk" in script)) expect(response.header("content-length")).toBe("5");
        expect((await client.ask(request("/again"))).status).toBe(200);
        client.destroy();
      });
    }

    it("gives no content-length to a bodiless 200 in chunks, and ends it", async () => {
      const response = await fetchRaw(gateway.port, "/", { headers: answer({ body: "", chunk: 1 }) });
      expect(response).toMatchObject({ status: 200, complete: true });
      expect(response.text()).toBe("");
    });

    it("leaves header bytes above 127 as they are", async () => {
      const response = await fetchRaw(gateway.port, "/", {
        headers: [...answer({ headers: [["x-name", "caf\xe9"]] }), ["x-in", "na\xefve"]],
      });
      expect(response.header("x-name")).toBe("caf\xe9");
      expect(field(seenBy(response).headers, "x-in")).toBe("na\xefve");
    });
  });

  describe("an upstream that dies", () => {
    it("in mid-response leaves the client a broken message", async () => {
      const response = await fetchRaw(gateway.port, "/", { headers: answer({ die: 500 }) });
      expect(response.status).toBe(200);
      expect(response.complete).toBe(false);
    });

    it("in mid-chunks leaves the client a broken message", async () => {
      const dying = await startOrigin(async (exchange) => {
        await exchange.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
        await sleep(50);
        exchange.socket.end();
      });
      const other = await runtime.start(mesh().service("web", dying.port).route("/", "web"));
      const client = await rawConnect(other.port);
      const response = await client.ask(request("/"));
      expect(response.text()).toBe("hello");
      expect(response.complete).toBe(false);
      client.destroy();
      await other.stop();
      await dying.close();
    });

    it("before the answer gives 503", async () => {
      const response = await fetchRaw(gateway.port, "/", { headers: answer({ die: "before" }) });
      expect(response.status).toBe(503);
      expect(response.text()).toContain("upstream connect error or disconnect/reset before headers");
    });
  });

  describe("HTTP/1.0", () => {
    const old = (lines = ""): string => `GET /old HTTP/1.0\r\n${lines}\r\n`;

    it("is refused with 426 by default", async () => {
      const client = await rawConnect(gateway.port);
      expect((await client.ask(old("Host: a\r\n"))).status).toBe(426);
      expect(await client.closedWithin(3_000)).toBe(true);
      client.destroy();
    });

    it("is served where accepted, with the default host, and closed", async () => {
      const client = await rawConnect(gateway.ports["old"]);
      const response = await client.ask(old());
      expect(response.status).toBe(200);
      const seen = seenBy(response);
      expect(field(seen.headers, "host")).toBe("old.local");
      expect(seen.version).toBe("HTTP/1.1");
      expect(await client.closedWithin(3_000)).toBe(true);
      client.destroy();
    });

    it("keeps the connection when the client asks for it", async () => {
      const client = await rawConnect(gateway.ports["old"]);
      for (let i = 0; i < 2; i++) {
        const response = await client.ask(old("Host: a\r\nConnection: keep-alive\r\n"));
        expect(response.status).toBe(200);
        expect(response.header("connection")?.toLowerCase()).toBe("keep-alive");
      }
      client.destroy();
    });

    it("gets no chunks: the body ends with the connection", async () => {
      const client = await rawConnect(gateway.ports["old"]);
      const response = await client.ask(old(`Host: a\r\nx-answer: ${JSON.stringify({ body: "0123456789", chunk: 3 })}\r\n`));
      expect(response).toMatchObject({ status: 200, chunked: false, complete: true });
      expect(response.text()).toBe("0123456789");
      client.destroy();
    });
  });
});

/** `HttpProtocolOptions` of a cluster whose HTTP/1.1 responses may have trailers. */
const upstreamTrailers = {
  "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
  explicit_http_config: { http_protocol_options: { enable_trailers: true } },
};
