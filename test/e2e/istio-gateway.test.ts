import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bootstrapOf, meshOf, GATEWAY } from "../../plugins/control/istio/translate/translate-fixture.ts";
import { translate } from "../../plugins/control/istio/translate/translate.ts";
import { describeRuntimes } from "../lib/describe.ts";
import type { Gateway } from "../lib/gateway.ts";
import type { Fields } from "../lib/message.ts";
import { scripted, startOrigin, type Origin, type Script, type Seen } from "../lib/origin.ts";
import { freePorts } from "../lib/ports.ts";
import { until } from "../lib/process.ts";
import { fetchRaw, type RawResponse, type RequestParts } from "../lib/raw.ts";

const answer = (script: Script): Fields => [["x-answer", JSON.stringify(script)]];

/** A Service on one origin. */
function service(name: string, port: number): string {
  return `apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: ${name} }
spec:
  hosts: [${name}.local]
  ports: [{ number: 80, name: http, protocol: HTTP }]
  resolution: STATIC
  endpoints: [{ address: 127.0.0.1, ports: { http: ${port} }, labels: { version: v1 } }]
---
`;
}

const ROUTES = `apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: gw }
spec:
  selector: { istio: ingressgateway }
  servers:
  - { port: { number: 80, name: http, protocol: HTTP }, hosts: ["*.example.com"] }
  - { port: { number: 80, name: http2, protocol: HTTP2 }, hosts: ["old.example.com"], tls: { httpsRedirect: true } }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: a }
spec: { host: a.local, subsets: [{ name: v1, labels: { version: v1 } }, { name: v2, labels: { version: v2 } }] }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: vs }
spec:
  hosts: [www.example.com]
  gateways: [gw]
  http:
  - match: [{ headers: { end-user: { exact: jason } } }]
    route: [{ destination: { host: b.local } }]
  - match: [{ uri: { prefix: /abort } }]
    fault: { abort: { httpStatus: 418, percentage: { value: 100 } } }
    route: [{ destination: { host: a.local } }]
  - match: [{ uri: { prefix: /delay } }]
    fault: { delay: { fixedDelay: 300ms, percentage: { value: 100 } } }
    route: [{ destination: { host: a.local } }]
  - match: [{ uri: { prefix: /nofault } }]
    fault: { abort: { httpStatus: 418 }, delay: { fixedDelay: 10s, percentage: { value: 0 } } }
    route: [{ destination: { host: a.local } }]
  - match: [{ uri: { prefix: /cors } }]
    corsPolicy:
      allowOrigins: [{ exact: "https://good.example" }]
      allowMethods: [POST, GET]
      allowHeaders: [x-foo]
      maxAge: 24h
      allowCredentials: true
    route: [{ destination: { host: a.local } }]
  - match: [{ uri: { prefix: /timeout } }]
    timeout: 300ms
    route: [{ destination: { host: a.local } }]
  - match: [{ uri: { prefix: /retry } }]
    retries: { attempts: 2, retryOn: "503", backoff: 1ms }
    route: [{ destination: { host: a.local } }]
  - match: [{ uri: { prefix: /onceonly } }]
    retries: { attempts: 0 }
    route: [{ destination: { host: a.local } }]
  - match: [{ uri: { prefix: /mirror } }]
    mirror: { host: b.local }
    route: [{ destination: { host: a.local } }]
  - match: [{ uri: { prefix: /subset/v1 } }]
    route: [{ destination: { host: a.local, subset: v1 } }]
  - match: [{ uri: { prefix: /subset/v2 } }]
    route: [{ destination: { host: a.local, subset: v2 } }]
  - match: [{ uri: { prefix: /subset/none } }]
    route: [{ destination: { host: a.local, subset: none } }]
  - match: [{ uri: { prefix: /nowhere } }]
    route: [{ destination: { host: nowhere.local } }]
  - match: [{ uri: { prefix: /rewrite } }]
    rewrite: { uri: /new, authority: inner.example.com }
    headers: { request: { set: { x-set: "1" } }, response: { set: { x-response: "1" }, remove: [x-secret] } }
    route: [{ destination: { host: a.local } }]
  - match: [{ uri: { prefix: /redirect } }]
    redirect: { uri: /else, redirectCode: 302 }
  - match: [{ uri: { prefix: /direct } }]
    directResponse: { status: 503, body: { string: unknown error } }
  - match: [{ uri: { exact: /admin/secret } }]
    directResponse: { status: 403 }
  - match: [{ uri: { prefix: /split } }]
    route:
    - { destination: { host: a.local }, weight: 50 }
    - { destination: { host: b.local }, weight: 50 }
  - match: [{ uri: { prefix: /a } }]
    route: [{ destination: { host: a.local } }]
---
`;

describeRuntimes("an Istio gateway", (runtime) => {
  let a: Origin;
  let b: Origin;
  let gateway: Gateway;
  let port: number;

  beforeAll(async () => {
    a = await startOrigin();
    const requests: Seen[] = [];
    b = await startOrigin(scripted({ requests }, "b"));
    (b as { named?: Seen[] }).named = requests;
    const [admin, main] = await freePorts(2);
    port = main;
    const node = { ...GATEWAY, address: "127.0.0.1", ports: { 80: main } };
    const mesh = meshOf(ROUTES + service("a", a.port) + service("b", b.port));
    const bootstrap = {
      ...bootstrapOf(translate(node, mesh)),
      admin: { address: { socket_address: { address: "127.0.0.1", port_value: admin } } },
    };
    gateway = await runtime.startOn(JSON.stringify(bootstrap), { main }, admin);
  });
  afterAll(async () => {
    await runtime.stopAll();
    await Promise.all([a.close(), b.close()]);
  });

  const ask = (target: string, parts: RequestParts = {}): Promise<RawResponse> =>
    fetchRaw(port, target, { host: "www.example.com", ...parts });
  const seen = async (target: string, parts: RequestParts = {}): Promise<Seen> =>
    JSON.parse((await ask(target, parts)).text()) as Seen;
  const header = (one: Seen, name: string): string | undefined => one.headers.find(([key]) => key.toLowerCase() === name)?.[1];
  const copies = (): readonly Seen[] => (b as unknown as { named: Seen[] }).named;

  describe("routes", () => {
    it("by header", async () => {
      expect((await ask("/a", { headers: [["end-user", "jason"]] })).text()).toBe("from b");
      expect((await ask("/a", { headers: [["end-user", "other"]] })).text()).not.toBe("from b");
    });

    it("answers 404 for hosts and paths that no VirtualService is for", async () => {
      expect((await ask("/a", { host: "other.example.com" })).status).toBe(404);
      expect((await ask("/a", { host: "www.example.org" })).status).toBe(404);
      expect((await ask("/unknown")).status).toBe(404);
      expect((await ask("/a", { host: `www.example.com:${port}` })).status).toBe(200);
    });

    it("by weight", async () => {
      const answers = await Promise.all(Array.from({ length: 60 }, async () => (await ask("/split")).text()));
      const ofB = answers.filter((text) => text === "from b").length;
      expect(ofB).toBeGreaterThan(5);
      expect(ofB).toBeLessThan(55);
    });

    it("to a subset by labels; one without endpoints, unknown subsets and hosts are 503", async () => {
      expect((await ask("/subset/v1")).status).toBe(200);
      expect((await ask("/subset/v2")).status).toBe(503);
      expect((await ask("/subset/none")).status).toBe(503);
      expect((await ask("/nowhere")).status).toBe(503);
    });

    it("answers redirects and direct responses itself", async () => {
      const redirect = await ask("/redirect?a=b");
      expect([redirect.status, redirect.header("location")]).toEqual([302, "http://www.example.com/else?a=b"]);
      const direct = await ask("/direct");
      expect([direct.status, direct.text()]).toEqual([503, "unknown error"]);
    });

    it("to https where the server says so", async () => {
      const redirect = await ask("/x?y", { host: "old.example.com" });
      expect([redirect.status, redirect.header("location")]).toEqual([301, "https://old.example.com/x?y"]);
    });
  });

  describe("changes requests and responses", () => {
    it("as the rule says", async () => {
      const response = await ask("/rewrite/x?q=1", { headers: answer({ headers: [["x-secret", "1"]] }) });
      const one = JSON.parse(response.text()) as Seen;
      expect([one.target, header(one, "host"), header(one, "x-set")]).toEqual(["/new/x?q=1", "inner.example.com", "1"]);
      expect([response.header("x-response"), response.header("x-secret")]).toEqual(["1", undefined]);
    });

    it("counts attempts, and says who it is", async () => {
      expect(header(await seen("/a"), "x-envoy-attempt-count")).toBe("1");
      expect((await ask("/a")).header("server")).toBe("istio-envoy");
    });
  });

  describe("injects faults", () => {
    it("aborts", async () => {
      const response = await ask("/abort");
      expect([response.status, response.text()]).toEqual([418, "fault filter abort"]);
    });

    it("delays", async () => {
      const start = Date.now();
      expect((await ask("/delay")).status).toBe(200);
      expect(Date.now() - start).toBeGreaterThanOrEqual(290);
    });

    it("none without a percentage, or with 0", async () => {
      expect((await ask("/nofault")).status).toBe(200);
    });
  });

  describe("CORS", () => {
    const preflight = (origin: string): Promise<RawResponse> =>
      ask("/cors", {
        method: "OPTIONS",
        headers: [
          ["origin", origin],
          ["access-control-request-method", "GET"],
        ],
      });

    it("answers preflights of allowed origins", async () => {
      const response = await preflight("https://good.example");
      expect(response.status).toBe(200);
      expect(response.header("access-control-allow-origin")).toBe("https://good.example");
      expect(response.header("access-control-allow-methods")).toBe("POST,GET");
      expect(response.header("access-control-allow-headers")).toBe("x-foo");
      expect(response.header("access-control-max-age")).toBe("86400");
      expect(response.header("access-control-allow-credentials")).toBe("true");
    });

    it("passes those of others on", async () => {
      const response = await preflight("https://bad.example");
      expect(response.header("access-control-allow-origin")).toBeUndefined();
      expect((JSON.parse(response.text()) as Seen).method).toBe("OPTIONS");
    });
  });

  describe("timeouts and retries", () => {
    it("ends a request after the rule's timeout", async () => {
      expect((await ask("/timeout", { headers: answer({ delay: 3_000 }) })).status).toBe(504);
    });

    it("tries again as often as the rule says", async () => {
      const twice = [...answer({ fail: { times: 2, status: 503 } }), ["x-key", `r-${runtime.subject}`]] as Fields;
      expect((await ask("/retry", { headers: twice })).status).toBe(200);
      const thrice = [...answer({ fail: { times: 3, status: 503 } }), ["x-key", `t-${runtime.subject}`]] as Fields;
      expect((await ask("/retry", { headers: thrice })).status).toBe(503);
    });

    it("does not with attempts of 0", async () => {
      const once = [...answer({ fail: { times: 1, status: 503 } }), ["x-key", `o-${runtime.subject}`]] as Fields;
      expect((await ask("/onceonly", { headers: once })).status).toBe(503);
    });

    it("sends a copy to the mirror, with the same Host", async () => {
      const before = copies().length;
      expect((await ask("/mirror/x")).status).toBe(200);
      await until(() => Promise.resolve(copies().length > before), "the copy to arrive");
      const copy = copies().at(-1) as Seen;
      expect([copy.target, header(copy, "host")]).toEqual(["/mirror/x", "www.example.com"]);
    });
  });

  describe("is safe by default", () => {
    it("makes paths uniform before they are matched", async () => {
      expect((await ask("/a/../admin/secret")).status).toBe(403);
      expect((await ask("/admin/%73ecret")).status).toBe(403);
      expect((await ask("/a/./b/../c")).text()).toContain('"/a/c"');
    });

    it("takes no client's word for where a request came from", async () => {
      const one = await seen("/a", {
        headers: [
          ["x-forwarded-for", "6.6.6.6"],
          ["x-forwarded-proto", "https"],
          ["x-forwarded-host", "evil.example"],
          ["forwarded", "for=6.6.6.6"],
          ["x-forwarded-prefix", "/evil"],
          ["x-forwarded-client-cert", "By=evil"],
          ["x-envoy-upstream-rq-timeout-ms", "1"],
        ],
      });
      expect(header(one, "x-forwarded-proto")).toBe("http");
      // Appended, by Envoy as an address of this machine: what the client wrote stands before it, and is not taken for the client.
      expect(header(one, "x-forwarded-for")).toMatch(/^6\.6\.6\.6,[0-9.]+$/);
      for (const name of ["x-forwarded-host", "forwarded", "x-forwarded-prefix", "x-forwarded-client-cert"]) {
        expect([name, header(one, name)]).toEqual([name, undefined]);
      }
      expect(gateway.log).not.toContain("panic");
    });
  });
});
