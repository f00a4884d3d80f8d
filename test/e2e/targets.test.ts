import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mesh } from "../lib/bootstrap.ts";
import { describeRuntimes } from "../lib/describe.ts";
import type { Gateway } from "../lib/gateway.ts";
import { field } from "../lib/message.ts";
import { seenBy, startOrigin } from "../lib/origin.ts";
import type { Origin } from "../lib/origin.ts";
import { fetchRaw, rawConnect } from "../lib/raw.ts";
import type { RawResponse } from "../lib/raw.ts";

/** Sends one request line with its headers over a connection of its own. */
async function ask(port: number, line: string, headers = "Host: test.local\r\n"): Promise<RawResponse> {
  const client = await rawConnect(port);
  try {
    return await client.ask(`${line}\r\n${headers}\r\n`);
  } finally {
    client.destroy();
  }
}

describeRuntimes("request targets", (runtime) => {
  let origin: Origin;
  let gateway: Gateway;

  beforeAll(async () => {
    origin = await startOrigin();
    const host = (name: string, domain: string): object => ({
      name,
      domains: [domain],
      routes: [{ match: { prefix: "/" }, route: { cluster: "web" } }],
    });
    gateway = await runtime.start(
      mesh()
        .service("web", origin.port)
        .virtualHost({ ...host("named", "named.local"), request_headers_to_add: [{ header: { key: "x-host", value: "named" } }] })
        .route("/", "web")
        .listener("normal")
        .hcm({ normalize_path: true, merge_slashes: true })
        .route("/", "web")
        .listener("unescape")
        .hcm({ normalize_path: true, path_with_escaped_slashes_action: "UNESCAPE_AND_FORWARD" })
        .route("/", "web")
        .listener("redirect")
        .hcm({ normalize_path: true, path_with_escaped_slashes_action: "UNESCAPE_AND_REDIRECT" })
        .route("/", "web")
        .listener("reject")
        .hcm({ path_with_escaped_slashes_action: "REJECT_REQUEST" })
        .route("/", "web"),
    );
  });
  afterAll(async () => {
    await runtime.stopAll();
    await origin.close();
  });

  describe("forms", () => {
    it("absolute form: its host wins over Host, and the path goes on", async () => {
      const seen = seenBy(await ask(gateway.port, "GET http://named.local/a?b=c HTTP/1.1", "Host: other.local\r\n"));
      expect(seen.target).toBe("/a?b=c");
      expect(field(seen.headers, "host")).toBe("named.local");
      expect(field(seen.headers, "x-host")).toBe("named");
    });

    it("absolute form without a path asks for /", async () => {
      expect(seenBy(await ask(gateway.port, "GET http://named.local HTTP/1.1")).target).toBe("/");
    });

    it("absolute form with a query and no path", async () => {
      const response = await ask(gateway.port, "GET http://named.local?a=b HTTP/1.1");
      // Envoy matches routes against "?a=b" and finds none; "/?a=b" is what RFC 9112 section 3.2.1 makes of it.
      if (response.status === 200) expect(seenBy(response).target).toBe("/?a=b");
      else expect([400, 404]).toContain(response.status);
    });

    it("absolute form keeps its port", async () => {
      expect(field(seenBy(await ask(gateway.port, "GET http://test.local:81/ HTTP/1.1")).headers, "host")).toBe("test.local:81");
    });

    it("asterisk form reaches the router", async () => {
      const response = await ask(gateway.port, "OPTIONS * HTTP/1.1");
      expect([200, 404]).toContain(response.status);
    });

    it("a host in brackets", async () => {
      expect(field(seenBy(await ask(gateway.port, "GET / HTTP/1.1", "Host: [::1]:80\r\n")).headers, "host")).toBe("[::1]:80");
    });
  });

  describe("paths are left alone by default", () => {
    for (const path of [
      "/a/../b",
      "/a/./b",
      "//a",
      "/a//b/",
      "/%2e%2e/a",
      "/a%2fb",
      "/a%5Cb",
      "/A%7Eb?x=%2F..",
      "/a;b=c/d",
      "/?",
      "/a?b?c",
    ]) {
      it(path, async () => {
        expect(seenBy(await fetchRaw(gateway.port, path)).target).toBe(path);
      });
    }
  });

  describe("normalize_path and merge_slashes", () => {
    const cases: [string, string][] = [
      ["/a/../b", "/b"],
      ["/a/./b", "/a/b"],
      ["/a/b/..", "/a/"],
      ["/a/b/.", "/a/b/"],
      ["/../../a", "/a"],
      ["//a", "/a"],
      ["/a//b///c", "/a/b/c"],
      ["/a//../b", "/a/b"],
      ["/%2e%2e/a", "/a"],
      ["/a/%2E%2e/b", "/b"],
      ["/a\\b", "/a/b"],
      ["/a%2fb", "/a%2fb"],
      ["/%41%7e", "/A~"],
      ["/a?b=/../c//d", "/a?b=/../c//d"],
      ["/a/..?x", "/?x"],
    ];
    for (const [path, wanted] of cases) {
      it(`${path} becomes ${wanted}`, async () => {
        expect(seenBy(await fetchRaw(gateway.ports["normal"], path)).target).toBe(wanted);
      });
    }
  });

  describe("path_with_escaped_slashes_action", () => {
    it("UNESCAPE_AND_FORWARD sends the unescaped path on", async () => {
      expect(seenBy(await fetchRaw(gateway.ports["unescape"], "/a%2Fb%5cc?d=%2f")).target).toBe("/a/b/c?d=%2f");
      expect(seenBy(await fetchRaw(gateway.ports["unescape"], "/a%2f..%2fb")).target).toBe("/b");
    });

    it("UNESCAPE_AND_REDIRECT answers 307 with the unescaped path", async () => {
      const response = await fetchRaw(gateway.ports["redirect"], "/a%2Fb?x");
      expect(response.status).toBe(307);
      expect(response.header("location")).toBe("/a/b?x");
      expect((await fetchRaw(gateway.ports["redirect"], "/a/b")).status).toBe(200);
    });

    it("REJECT_REQUEST answers 400", async () => {
      expect((await fetchRaw(gateway.ports["reject"], "/a%2Fb")).status).toBe(400);
      expect((await fetchRaw(gateway.ports["reject"], "/a%5Cb")).status).toBe(400);
      expect((await fetchRaw(gateway.ports["reject"], "/a?%2F")).status).toBe(200);
    });
  });
});
