import { describe, expect, it } from "vitest";
import { CorsPolicy } from "../../core/resources/cors-policy.ts";
import { decodeText } from "../../core/resources/schema/index.ts";
import { filterRig } from "../../test/plugins/filter-rig.ts";
import { cors } from "./cors.ts";

const origins = "allow_origin_string_match: [{ exact: https://a.test }, { suffix: .b.test }]";
const full = `{ ${origins}, allow_methods: "GET,PUT", allow_headers: x-a, expose_headers: x-b, max_age: "600", allow_credentials: true }`;
const preflight = (origin: string, ...more: string[]): { method: string; headers: string[] } => ({
  method: "OPTIONS",
  headers: ["origin", origin, "access-control-request-method", "PUT", ...more],
});
const object = (list: readonly string[]): Record<string, string> =>
  Object.fromEntries(list.flatMap((name, i) => (i % 2 === 0 ? [[name, list[i + 1]]] : [])));

describe("cors: preflights", () => {
  it("are answered for an allowed origin", async () => {
    const rig = filterRig(cors, { route: [full] });
    const trace = await rig.send(preflight("https://x.b.test"));
    expect(trace).toMatchObject({ upstream: { requests: 0 }, client: { status: 200, body: "" }, details: "cors_response" });
    expect(object(trace.client.headers)).toEqual({
      "access-control-allow-origin": "https://x.b.test",
      "access-control-allow-credentials": "true",
      "access-control-allow-methods": "GET,PUT",
      "access-control-allow-headers": "x-a",
      "access-control-max-age": "600",
      "access-control-expose-headers": "x-b",
    });
    expect([rig.stat("cors.origin_valid"), rig.stat("cors.origin_invalid")]).toEqual([1, 0]);
  });

  it("of other origins go on, or are answered without leave", async () => {
    const rig = filterRig(cors, { route: [`{ ${origins} }`] });
    expect((await rig.send(preflight("https://c.test"))).upstream.requests).toBe(1);
    expect(rig.stat("cors.origin_invalid")).toBe(1);
    const strict = filterRig(cors, { route: [`{ ${origins}, allow_methods: GET, forward_not_matching_preflights: false }`] });
    const trace = await strict.send(preflight("https://c.test"));
    expect(trace.upstream.requests).toBe(0);
    expect(object(trace.client.headers)).toEqual({ "access-control-allow-methods": "GET" });
  });

  it("get back what they ask for where everything is allowed", async () => {
    const rig = filterRig(cors, {
      route: ['{ allow_origin_string_match: [{ exact: "*" }], allow_methods: "*", allow_headers: "*" }'],
    });
    const trace = await rig.send(preflight("https://c.test", "access-control-request-headers", "x-1, x-2"));
    expect(object(trace.client.headers)).toEqual({
      "access-control-allow-origin": "https://c.test",
      "access-control-allow-methods": "PUT",
      "access-control-allow-headers": "x-1, x-2",
    });
  });

  it("may be allowed into a private network", async () => {
    const ask = preflight("https://a.test", "access-control-request-private-network", "true");
    const open = filterRig(cors, { route: [`{ ${origins}, allow_private_network_access: true }`] });
    expect(object((await open.send(ask)).client.headers)).toHaveProperty("access-control-allow-private-network", "true");
    const closed = filterRig(cors, { route: [`{ ${origins} }`] });
    expect(object((await closed.send(ask)).client.headers)).not.toHaveProperty("access-control-allow-private-network");
  });

  it("need method, origin and the method asked for", async () => {
    const rig = filterRig(cors, { route: [full] });
    expect((await rig.send({ method: "OPTIONS", headers: ["origin", "https://a.test"] })).upstream.requests).toBe(1);
    expect((await rig.send({ method: "OPTIONS", headers: ["access-control-request-method", "PUT"] })).upstream.requests).toBe(1);
    expect((await rig.send({ method: "GET", headers: preflight("https://a.test").headers })).upstream.requests).toBe(1);
  });
});

describe("cors: other requests", () => {
  it("of an allowed origin may be read", async () => {
    const rig = filterRig(cors, { route: [full] });
    const trace = await rig.send({ headers: ["origin", "https://a.test"] }, { headers: ["access-control-allow-origin", "*"] });
    expect(object(trace.client.headers)).toEqual({
      "access-control-allow-origin": "https://a.test",
      "access-control-allow-credentials": "true",
      "access-control-expose-headers": "x-b",
    });
  });

  it("of another origin, or none, pass as they are", async () => {
    const rig = filterRig(cors, { route: [full] });
    const given = ["access-control-allow-origin", "*"];
    expect((await rig.send({ headers: ["origin", "https://c.test"] }, { headers: given })).client.headers).toEqual(given);
    expect((await rig.send({}, { headers: given })).client.headers).toEqual(given);
    expect([rig.stat("cors.origin_valid"), rig.stat("cors.origin_invalid")]).toEqual([0, 1]);
  });

  it("pass where there is no policy, and where the route answers itself", async () => {
    const headers = ["origin", "https://a.test"];
    expect((await filterRig(cors).send({ headers })).client.headers).toEqual([]);
    const redirect = filterRig(cors, { route: [full], cluster: "" });
    expect((await redirect.send({ headers })).client.headers).toEqual([]);
    expect(redirect.stat("cors.origin_valid")).toBe(0);
  });
});

describe("cors: policies of several levels", () => {
  it("complete each other, the most specific one first", async () => {
    const host = `{ allow_origin_string_match: [{ exact: https://h.test }], allow_methods: GET, max_age: "1", allow_credentials: true }`;
    const route = `{ ${origins}, allow_methods: PUT, allow_credentials: false }`;
    const rig = filterRig(cors, { route: [host, route] });
    expect(object((await rig.send(preflight("https://a.test"))).client.headers)).toEqual({
      "access-control-allow-origin": "https://a.test",
      "access-control-allow-methods": "PUT",
      "access-control-max-age": "1",
    });
    expect((await rig.send(preflight("https://h.test"))).upstream.requests).toBe(1);
  });
});

describe("cors: the deprecated field of a route", () => {
  const policy = (text: string): CorsPolicy => decodeText(CorsPolicy, text, { file: "test.yaml" }).value!;
  const headers = ["origin", "https://a.test"];

  it("counts where the filter has no configuration", async () => {
    const routeFields = { cors: policy(`{ ${origins} }`) };
    expect((await filterRig(cors, { routeFields }).send({ headers })).client.headers).toEqual([
      "access-control-allow-origin",
      "https://a.test",
    ]);
    const own = filterRig(cors, { routeFields, route: ["{ allow_origin_string_match: [{ exact: https://b.test }] }"] });
    expect((await own.send({ headers })).client.headers).toEqual([]);
  });

  it("matches nothing by an expression that is none", async () => {
    const routeFields = { cors: policy('{ allow_origin_string_match: [{ safe_regex: { regex: "(" } }] }') };
    expect((await filterRig(cors, { routeFields }).send({ headers })).client.headers).toEqual([]);
  });
});

describe("cors: filter_enabled and shadow_enabled", () => {
  const off = "filter_enabled: { default_value: { numerator: 0 }, runtime_key: cors.on }";
  const shadow = "shadow_enabled: { default_value: { numerator: 100 } }";

  it("turn the filter off, by runtime on again", async () => {
    const headers = ["origin", "https://a.test"];
    const disabled = filterRig(cors, { route: [`{ ${origins}, ${off} }`] });
    expect((await disabled.send({ headers })).client.headers).toEqual([]);
    expect(disabled.stat("cors.origin_valid")).toBe(0);
    const enabled = filterRig(cors, { route: [`{ ${origins}, ${off} }`], runtime: { "cors.on": 100 } });
    expect((await enabled.send({ headers })).client.headers).toEqual(["access-control-allow-origin", "https://a.test"]);
  });

  it("only count in the shadow", async () => {
    const rig = filterRig(cors, { route: [`{ ${origins}, ${off}, ${shadow} }`] });
    expect((await rig.send(preflight("https://a.test"))).upstream.requests).toBe(1);
    expect((await rig.send(preflight("https://c.test"))).client.headers).toEqual([]);
    expect([rig.stat("cors.origin_valid"), rig.stat("cors.origin_invalid")]).toEqual([1, 1]);
  });
});
