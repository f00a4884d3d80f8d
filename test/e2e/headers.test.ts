import { networkInterfaces } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mesh } from "../lib/bootstrap.ts";
import { describeRuntimes } from "../lib/describe.ts";
import type { Gateway } from "../lib/gateway.ts";
import { field, fieldAll } from "../lib/message.ts";
import type { Fields } from "../lib/message.ts";
import { seenBy, startOrigin } from "../lib/origin.ts";
import type { Origin, Script } from "../lib/origin.ts";
import { fetchRaw } from "../lib/raw.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const answer = (script: Script): Fields => [["x-answer", JSON.stringify(script)]];

/** For a client on loopback Envoy appends the machine's own address, as it knows itself, instead of 127.0.0.1. */
const ADDRESSES = Object.values(networkInterfaces()).flatMap((entries) => (entries ?? []).map((entry) => entry.address));
const own = (before: string): RegExp => new RegExp(`^${before}(${["127.0.0.1", ...ADDRESSES].join("|")})$`);

describeRuntimes("headers on their way", (runtime) => {
  let origin: Origin;
  let gateway: Gateway;

  beforeAll(async () => {
    origin = await startOrigin();
    const listeners: Record<string, object> = {
      edge: { use_remote_address: true },
      hops: { use_remote_address: true, xff_num_trusted_hops: 1 },
      inner: { xff_num_trusted_hops: 1 },
      skip: { use_remote_address: true, skip_xff_append: true },
      via: { via: "proxy-1" },
      named: { server_name: "front" },
      passed: { server_header_transformation: "PASS_THROUGH" },
      absent: { server_header_transformation: "APPEND_IF_ABSENT" },
      noid: { generate_request_id: false },
      keepid: { use_remote_address: true, preserve_external_request_id: true },
      idback: { always_set_request_id_in_response: true },
    };
    const config = mesh().service("web", origin.port).route("/", "web");
    for (const [name, options] of Object.entries(listeners))
      config
        .listener(name)
        .hcm({ ...options })
        .route("/", "web");
    gateway = await runtime.start(config);
  });
  afterAll(async () => {
    await runtime.stopAll();
    await origin.close();
  });

  const seenOn = async (listener: string, headers: Fields = []): Promise<Fields> =>
    seenBy(await fetchRaw(gateway.ports[listener], "/", { headers })).headers;

  describe("hop-by-hop headers", () => {
    it("go no further, nor those that Connection names", async () => {
      const headers = await seenOn("main", [
        ["Connection", "close, X-Hop"],
        ["X-Hop", "1"],
        ["Keep-Alive", "timeout=5"],
        ["Proxy-Connection", "keep-alive"],
        ["TE", "trailers, deflate"],
        ["X-Stay", "1"],
      ]);
      const names = headers.map(([name]) => name.toLowerCase());
      expect(names).toContain("x-stay");
      for (const name of ["connection", "keep-alive", "proxy-connection"]) expect(names).not.toContain(name);
      if (!runtime.isEnvoy) expect(names).not.toContain("x-hop");
    });

    it("go no further in responses", async () => {
      const hop: Fields = [
        ["Connection", "X-Hop"],
        ["X-Hop", "1"],
        ["Keep-Alive", "timeout=5"],
        ["Proxy-Connection", "keep-alive"],
        ["X-Stay", "1"],
      ];
      const response = await fetchRaw(gateway.port, "/", { headers: answer({ headers: hop }) });
      expect(response.header("x-stay")).toBe("1");
      for (const name of ["connection", "keep-alive", "proxy-connection"]) expect(response.header(name)).toBeUndefined();
      if (!runtime.isEnvoy) expect(response.header("x-hop")).toBeUndefined();
    });

    it("keep other headers, their order and their repetition", async () => {
      const sent: Fields = [
        ["X-B", "1"],
        ["X-A", "2"],
        ["X-B", "3"],
        ["Cookie", "a=b"],
        ["Cookie", "c=d"],
      ];
      const headers = await seenOn("main", sent);
      expect(fieldAll(headers, "x-b").join(",")).toBe("1,3");
      expect(field(headers, "x-a")).toBe("2");
      expect(fieldAll(headers, "cookie").join("; ")).toBe("a=b; c=d");
      const response = await fetchRaw(gateway.port, "/", {
        headers: answer({
          headers: [
            ["Set-Cookie", "a=1"],
            ["Set-Cookie", "b=2"],
          ],
        }),
      });
      expect(response.headerAll("set-cookie")).toEqual(["a=1", "b=2"]);
    });

    it("pass empty values", async () => {
      expect(field(await seenOn("main", [["X-Empty", ""]]), "x-empty")).toBe("");
    });
  });

  describe("x-forwarded-for and -proto", () => {
    it("are left alone inside, the scheme noted", async () => {
      const headers = await seenOn("main", [["X-Forwarded-For", "1.2.3.4"]]);
      expect(field(headers, "x-forwarded-for")).toBe("1.2.3.4");
      expect(field(headers, "x-forwarded-proto")).toBe("http");
      expect(field(await seenOn("main", [["X-Forwarded-Proto", "https"]]), "x-forwarded-proto")).toBe("https");
      expect(field(await seenOn("main"), "x-forwarded-for")).toBeUndefined();
    });

    it("get the peer's address appended with use_remote_address, and the scheme is ours", async () => {
      const headers = await seenOn("edge", [
        ["X-Forwarded-For", "1.2.3.4"],
        ["X-Forwarded-Proto", "https"],
      ]);
      expect(field(headers, "x-forwarded-for")).toMatch(own("1.2.3.4,"));
      expect(field(headers, "x-forwarded-proto")).toBe("http");
      expect(field(await seenOn("edge"), "x-forwarded-for")).toMatch(own(""));
    });

    it("trust so many hops as configured", async () => {
      const headers = await seenOn("hops", [
        ["X-Forwarded-For", "1.2.3.4, 5.6.7.8"],
        ["X-Forwarded-Proto", "https"],
      ]);
      expect(field(headers, "x-forwarded-for")).toMatch(own("1.2.3.4, 5.6.7.8,"));
      expect(field(headers, "x-forwarded-proto")).toBe("https");
      expect(field(headers, "x-envoy-external-address")).toBe("5.6.7.8");
    });

    it("skip_xff_append appends nothing", async () => {
      expect(field(await seenOn("skip", [["X-Forwarded-For", "1.2.3.4"]]), "x-forwarded-for")).toBe("1.2.3.4");
    });
  });

  describe("x-request-id", () => {
    it("is made where there is none", async () => {
      const [first, second] = [field(await seenOn("main"), "x-request-id"), field(await seenOn("main"), "x-request-id")];
      expect(first).toMatch(UUID);
      expect(second).toMatch(UUID);
      expect(first).not.toBe(second);
    });

    it("is kept inside", async () => {
      expect(field(await seenOn("main", [["X-Request-Id", "mine"]]), "x-request-id")).toBe("mine");
    });

    it("is replaced at the edge when the client is external, unless it is to be preserved", async () => {
      const external: Fields = [
        ["X-Forwarded-For", "8.8.8.8"],
        ["X-Request-Id", "theirs"],
      ];
      expect(field(await seenOn("hops", external), "x-request-id")).toMatch(UUID);
      expect(field(await seenOn("keepid", external), "x-request-id")).toBe("theirs");
    });

    it("is not made with generate_request_id: false", async () => {
      expect(field(await seenOn("noid"), "x-request-id")).toBeUndefined();
    });

    it("is in the response where always_set_request_id_in_response says so", async () => {
      expect((await fetchRaw(gateway.ports["idback"], "/")).header("x-request-id")).toMatch(UUID);
      expect((await fetchRaw(gateway.port, "/")).header("x-request-id")).toBeUndefined();
    });
  });

  describe("via and server", () => {
    it("via is appended both ways", async () => {
      expect(field(await seenOn("via"), "via")).toBe("proxy-1");
      expect(fieldAll(await seenOn("via", [["Via", "1.1 a"]]), "via").join(",")).toMatch(/^1\.1 a, ?proxy-1$/);
      expect((await fetchRaw(gateway.ports["via"], "/")).header("via")).toBe("proxy-1");
    });

    it("server is overwritten, named, passed or filled in", async () => {
      const headers = answer({ headers: [["Server", "origin/1"]], body: "x" });
      const serverOn = async (listener: string, with_: Fields): Promise<string | undefined> =>
        (await fetchRaw(gateway.ports[listener], "/", { headers: with_ })).header("server");
      expect(await serverOn("main", headers)).toBe("envoy");
      expect(await serverOn("named", headers)).toBe("front");
      expect(await serverOn("passed", headers)).toBe("origin/1");
      expect(await serverOn("passed", [])).toBeUndefined();
      expect(await serverOn("absent", headers)).toBe("origin/1");
      expect(await serverOn("absent", [])).toBe("envoy");
    });

    it("date is the upstream's, or ours where it has none", async () => {
      const date = "Sun, 06 Nov 1994 08:49:37 GMT";
      expect(
        (await fetchRaw(gateway.port, "/", { headers: answer({ headers: [["Date", date]], body: "x" }) })).header("date"),
      ).toBe(date);
      const ours = (await fetchRaw(gateway.port, "/")).header("date") ?? "";
      expect(Math.abs(Date.parse(ours) - Date.now())).toBeLessThan(3_000);
    });

    it("the response tells the upstream's service time", async () => {
      const slow = await fetchRaw(gateway.port, "/", { headers: answer({ delay: 60, body: "x" }) });
      expect(Number(slow.header("x-envoy-upstream-service-time"))).toBeGreaterThanOrEqual(50);
      expect(Number(slow.header("x-envoy-upstream-service-time"))).toBeLessThan(1_000);
    });
  });
});
