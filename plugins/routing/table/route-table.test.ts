import type { Hash64 } from "../../../core/contract/cluster.ts";
import { downstreamTlsFixture } from "../../../core/format/stream-info-fixture.ts";
import { writeFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { RouteConfiguration } from "../../../core/resources/route.ts";
import { decodeText, decodeValue } from "../../../core/resources/schema/index.ts";
import { RetryOn } from "../../router/retry-state.ts";
import { compileRouteTable } from "./route-table.ts";
import { noRuntime, requestFixture, routeTable, streamFixture, traceFixture } from "./routing-fixture.ts";

const host = (routes: readonly object[], more: object = {}): object => ({
  virtual_hosts: [{ name: "h", domains: ["*"], routes, ...more }],
});
const any = { prefix: "/" };
const answer = { direct_response: { status: 200 } };

/** What is wrong with a configuration: path and message of each mistake. */
function mistakes(json: object, options: object = {}): string[] {
  const { value, errors } = decodeValue(RouteConfiguration, json, { file: "test" });
  if (value === undefined) return errors.map((error) => `${error.path}: ${error.message}`);
  return compileRouteTable(value, { runtime: noRuntime, ...options }).errors.map((error) => `${error.path}: ${error.message}`);
}

describe("mistakes", () => {
  it("are all found at once, with their place in the file", () => {
    const text = `
name: r
virtual_hosts:
- name: a
  domains: [a.com]
  routes:
  - match: { safe_regex: { regex: "a(" } }
    direct_response: { status: 200 }
  - match: { prefix: "/", headers: [{ name: x, string_match: { safe_regex: { regex: "[z-a]" } } }] }
    route: { cluster: nowhere }
- name: b
  domains: [b.com, A.com]
  routes: []
`;
    const { value, errors } = decodeText(RouteConfiguration, text, { file: "r.yaml" });
    expect(errors).toEqual([]);
    if (value === undefined) return;
    const compiled = compileRouteTable(value, { runtime: noRuntime, clusterExists: () => false });
    expect(compiled.table).toBeUndefined();
    expect(compiled.errors.map(({ file, line, path, code }) => `${file}:${line} ${path} ${code}`)).toEqual([
      "r.yaml:7 virtual_hosts[0].routes[0].match.safe_regex.regex invalid_value",
      "r.yaml:9 virtual_hosts[0].routes[1].match.headers[0].string_match.safe_regex.regex invalid_value",
      "r.yaml:10 virtual_hosts[0].routes[1].route.cluster unknown_cluster",
      "r.yaml:12 virtual_hosts[1].domains duplicate_domain",
    ]);
  });

  it.each([
    [
      "two wildcards",
      {
        virtual_hosts: [
          { name: "a", domains: ["*"] },
          { name: "b", domains: ["*"] },
        ],
      },
      /twice/,
    ],
    [
      "bad substitution",
      host([{ match: any, route: { cluster: "c", regex_rewrite: { pattern: { regex: "a" }, substitution: "\\3" } } }]),
      /group 3/,
    ],
    ["a path with a blank", host([{ match: any, route: { cluster: "c", prefix_rewrite: "/a b" } }]), /blanks/],
    [
      "host header added",
      host([{ match: any, ...answer, request_headers_to_add: [{ header: { key: "Host", value: "x" } }] }]),
      /may not be modified/,
    ],
    ["host header removed", host([{ match: any, ...answer, request_headers_to_remove: ["host"] }]), /may not be removed/],
    [
      "pseudo-header added",
      host([{ match: any, ...answer, request_headers_to_add: [{ header: { key: ":path", value: "x" } }] }]),
      /may not be modified/,
    ],
    [
      "unknown command",
      host([{ match: any, ...answer, response_headers_to_add: [{ header: { key: "x", value: "%NOPE%" } }] }]),
      /NOPE/,
    ],
    [
      "raw value",
      host([{ match: any, ...answer, response_headers_to_add: [{ header: { key: "x", raw_value: "aGk=" } }] }]),
      /raw_value/,
    ],
    [
      "a body too big",
      host([{ match: any, direct_response: { status: 200, body: { inline_string: "x".repeat(4097) } } }]),
      /4097 bytes/,
    ],
    [
      "no such file",
      host([{ match: any, direct_response: { status: 200, body: { filename: "/nonexistent/x" } } }]),
      /cannot be read/,
    ],
    [
      "no such variable",
      host([{ match: any, direct_response: { status: 200, body: { environment_variable: "ISTHMUS_NO_SUCH" } } }]),
      /ISTHMUS_NO_SUCH/,
    ],
    [
      "an upgrade twice",
      host([
        { match: any, route: { cluster: "c", upgrade_configs: [{ upgrade_type: "websocket" }, { upgrade_type: "WebSocket" }] } },
      ]),
      /duplicate upgrade/,
    ],
    [
      "connect_config elsewhere",
      host([{ match: any, route: { cluster: "c", upgrade_configs: [{ upgrade_type: "websocket", connect_config: {} }] } }]),
      /CONNECT/,
    ],
    [
      "a path extension",
      host([{ match: { path_match_policy: { name: "x", typed_config: { "@type": "type.googleapis.com/x.Y" } } }, ...answer }]),
      /extensions/,
    ],
    [
      "an unknown retry predicate",
      host([
        {
          match: any,
          route: {
            cluster: "c",
            retry_policy: { retry_host_predicate: [{ name: "n", typed_config: { "@type": "type.googleapis.com/x.Nope" } }] },
          },
        },
      ]),
      /x\.Nope/,
    ],
    [
      "an unknown matcher input",
      {
        virtual_hosts: [
          {
            name: "h",
            domains: ["*"],
            matcher: {
              matcher_tree: {
                input: { name: "i", typed_config: { "@type": "type.googleapis.com/x.Y" } },
                exact_match_map: { map: { a: { action: { name: "a", typed_config: { "@type": "type.googleapis.com/x.Z" } } } } },
              },
            },
          },
        ],
      },
      /x\.Y/,
    ],
    [
      "a weight too many",
      host([{ match: any, route: { weighted_clusters: { clusters: [{ name: "c", weight: 0 }] } } }]),
      /add up to 0/,
    ],
  ])("%s", (_title, json, message) => {
    expect(mistakes(json).join("\n")).toMatch(message);
  });

  it("clusters are checked unless the configuration says not to", () => {
    const routes = [
      {
        match: any,
        route: { weighted_clusters: { clusters: [{ name: "w", weight: 1 }] }, request_mirror_policies: [{ cluster: "m" }] },
      },
    ];
    const clusterExists = (): boolean => false;
    expect(mistakes(host(routes), { clusterExists })).toHaveLength(2);
    expect(mistakes(host(routes), { clusterExists, validateClusters: false })).toEqual([]);
    expect(mistakes({ ...host(routes), validate_clusters: false }, { clusterExists })).toEqual([]);
    expect(mistakes({ ...host(routes), validate_clusters: true }, { clusterExists, validateClusters: false })).toHaveLength(2);
  });
});

describe("what a stream brings along", () => {
  const tls = downstreamTlsFixture({
    version: "TLSv1.3",
    cipher: "",
    peerPresented: true,
    peerValidated: false,
    peerSubject: "CN=x",
    peerUriSans: ["spiffe://a"],
    peerDnsSans: [],
  });
  const routes = [
    { name: "cert", match: { ...any, tls_context: { presented: true, validated: false } }, ...answer },
    {
      name: "meta",
      match: { ...any, dynamic_metadata: [{ filter: "f", path: [{ key: "k" }], value: { string_match: { exact: "v" } } }] },
      ...answer,
    },
    { name: "state", match: { ...any, filter_state: [{ key: "s", string_match: { prefix: "x" } }] }, ...answer },
    { name: "rest", match: any, ...answer },
  ];
  it("decides among routes", () => {
    const table = routeTable(host(routes));
    const name = (changes: object): string | undefined => table.match(streamFixture(changes), requestFixture("GET", "/"))?.name;
    const { connection } = streamFixture();
    expect(name({ connection: { ...connection, tls } })).toBe("cert");
    expect(name({ connection: { ...connection, tls: { ...tls, peerValidated: true } } })).toBe("rest");
    expect(name({ dynamicMetadata: { f: { k: "v" } } })).toBe("meta");
    expect(name({ filterState: { s: "xyz" } })).toBe("state");
    expect(name({})).toBe("rest");
  });

  it("CONNECT matches connect_matcher only", () => {
    const table = routeTable(
      host([
        { name: "path", match: { prefix: "" }, ...answer },
        { name: "connect", match: { connect_matcher: {} }, ...answer },
      ]),
    );
    expect(table.match(streamFixture(), requestFixture("CONNECT", ""))?.name).toBe("connect");
    expect(table.match(streamFixture(), requestFixture("GET", "/"))?.name).toBe("path");
  });

  it("shifts traffic by runtime fraction, a stream staying where it is", () => {
    const table = routeTable(
      host([
        { name: "new", match: { ...any, runtime_fraction: { default_value: { numerator: 20 } } }, ...answer },
        { name: "old", match: any, ...answer },
      ]),
    );
    const names = Array.from({ length: 5000 }, (_, id) => table.match(streamFixture({ id }), requestFixture("GET", "/"))?.name);
    const share = names.filter((name) => name === "new").length / names.length;
    expect(share).toBeGreaterThan(0.17);
    expect(share).toBeLessThan(0.23);
    expect(Array.from({ length: 5000 }, (_, id) => table.match(streamFixture({ id }), requestFixture("GET", "/"))?.name)).toEqual(
      names,
    );
  });
});

describe("weighted clusters", () => {
  const weighted = (more: object = {}): object => ({
    match: any,
    route: {
      weighted_clusters: {
        clusters: [
          { name: "a", weight: 1 },
          { name: "b", weight: 3 },
          { cluster_header: "x-c", weight: 0 },
        ],
        ...more,
      },
      hash_policy: [{ header: { header_name: "x-user" } }],
    },
  });
  const shares = (
    table: ReturnType<typeof routeTable>,
    headers: (id: number) => Record<string, string>,
  ): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (let id = 0; id < 4000; id++) {
      const request = requestFixture("GET", "/", headers(id));
      const name = table.match(streamFixture({ id }), request)?.selectCluster(streamFixture({ id }), request).cluster ?? "none";
      counts[name] = (counts[name] ?? 0) + 1;
    }
    return counts;
  };

  it("get their shares", () => {
    const { a, b, ...others } = shares(routeTable(host([weighted()])), () => ({}));
    expect(others).toEqual({});
    expect(a / (a + b)).toBeCloseTo(0.25, 1);
  });

  it("can be chosen by hash: one user, one cluster", () => {
    const table = routeTable(host([weighted({ use_hash_policy: true })]));
    expect(Object.keys(shares(table, () => ({ "x-user": "bob" })))).toHaveLength(1);
    const { a, b } = shares(table, (id) => ({ "x-user": `user-${id}` }));
    expect(a / (a + b)).toBeCloseTo(0.25, 1);
  });

  it("can have their weights overridden by runtime", () => {
    const runtime = { ...noRuntime, number: (key: string, fallback: number) => ({ "w.a": 100, "w.b": 0 })[key] ?? fallback };
    expect(shares(routeTable(host([weighted({ runtime_key_prefix: "w" })]), { runtime }), () => ({}))).toEqual({ a: 4000 });
  });
});

describe("a compiled route", () => {
  const route = (action: object, more: object = {}, hostMore: object = {}, configMore: object = {}) => {
    const table = routeTable({ ...host([{ match: any, route: { cluster: "c", ...action }, ...more }], hostMore), ...configMore });
    const entry = table.match(streamFixture(), requestFixture("GET", "/"));
    if (entry === undefined) throw new Error("no route");
    return entry;
  };

  it("has Envoy's defaults", () => {
    expect(route({})).toMatchObject({
      action: "route",
      timeout: 15_000,
      idleTimeout: undefined,
      maxStreamDuration: undefined,
      priority: "DEFAULT",
      retryPolicy: undefined,
      mirrors: [],
      autoHostRewrite: false,
      clusterNotFoundStatus: 503,
      requestBufferLimit: undefined,
      includeAttemptCount: false,
      virtualHost: "h",
      config: [],
    });
  });

  it("has the timeouts that were configured", () => {
    expect(route({ timeout: "3s", max_grpc_timeout: "4s", grpc_timeout_offset: "0.5s" })).toMatchObject({
      timeout: 3000,
      boundsStreams: false,
      maxGrpcTimeout: 4000,
      grpcTimeoutOffset: 500,
    });
    expect(
      route({ max_grpc_timeout: "4s", max_stream_duration: { grpc_timeout_header_max: "5s", grpc_timeout_header_offset: "1s" } }),
    ).toMatchObject({
      timeout: 0,
      boundsStreams: true,
      maxStreamDuration: undefined,
      maxGrpcTimeout: undefined,
      grpcTimeoutHeaderMax: 5000,
      grpcTimeoutHeaderOffset: 1000,
    });
  });

  it("has what was configured", () => {
    const entry = route(
      {
        timeout: "3s",
        idle_timeout: "0s",
        max_stream_duration: { max_stream_duration: "60s" },
        priority: "HIGH",
        auto_host_rewrite: true,
        cluster_not_found_response_code: "INTERNAL_SERVER_ERROR",
        upgrade_configs: [
          { upgrade_type: "WebSocket" },
          { upgrade_type: "CONNECT", connect_config: {} },
          { upgrade_type: "foo", enabled: false },
        ],
      },
      { request_body_buffer_limit: 9, metadata: { filter_metadata: { f: { k: 1 } } } },
      { include_request_attempt_count: true, per_request_buffer_limit_bytes: 5 },
    );
    expect(entry).toMatchObject({
      // `max_stream_duration` bounds the whole stream in its place.
      timeout: 0,
      idleTimeout: 0,
      maxStreamDuration: 60_000,
      priority: "HIGH",
      autoHostRewrite: true,
      clusterNotFoundStatus: 500,
      requestBufferLimit: 9,
      metadata: { f: { k: 1 } },
      includeAttemptCount: true,
    });
    expect([...entry.upgrades]).toEqual([
      ["websocket", { enabled: true, terminate: false }],
      ["connect", { enabled: true, terminate: true }],
      ["foo", { enabled: false, terminate: false }],
    ]);
  });

  it("takes retries, mirrors and limits from its virtual host when it has none", () => {
    const hostMore = {
      retry_policy: {
        retry_on: "5xx,connect-failure, nonsense",
        num_retries: 4,
        per_try_timeout: "0.25s",
        retry_back_off: { base_interval: "0.1s" },
      },
      request_mirror_policies: [{ cluster: "hm" }],
      per_request_buffer_limit_bytes: 5,
    };
    const inherited = route({}, {}, hostMore, { request_mirror_policies: [{ cluster: "cm" }] });
    expect(inherited.retryPolicy).toMatchObject({
      on: RetryOn["5xx"] | RetryOn["connect-failure"],
      numRetries: 4,
      perTryTimeout: 250,
      baseInterval: 100,
      maxInterval: 1000,
    });
    expect(inherited.perTryTimeout).toBe(250);
    expect(inherited.mirrors.map((mirror) => mirror.clusterName)).toEqual(["hm"]);
    expect(inherited.requestBufferLimit).toBe(5);
    const own = route({ retry_policy: { retry_on: "reset" }, request_mirror_policies: [{ cluster: "rm" }] }, {}, hostMore);
    expect(own.retryPolicy).toMatchObject({ on: RetryOn.reset, numRetries: 1, baseInterval: 25, maxInterval: 250 });
    expect(own.mirrors.map((mirror) => mirror.clusterName)).toEqual(["rm"]);
    expect(
      route({}, {}, {}, { request_mirror_policies: [{ cluster: "cm" }] }).mirrors.map((mirror) => mirror.clusterName),
    ).toEqual(["cm"]);
  });

  it("mirrors by fraction and header", () => {
    const [always, never, byHeader] = route({
      request_mirror_policies: [
        { cluster: "a" },
        { cluster: "b", runtime_fraction: { default_value: { numerator: 0 } } },
        { cluster_header: "x-m", disable_shadow_host_suffix_append: true },
      ],
    }).mirrors;
    expect([always.draw(), never.draw(), byHeader.draw()]).toEqual([true, false, true]);
    expect([always.appendShadowSuffix, byHeader.appendShadowSuffix]).toEqual([true, false]);
    expect(byHeader.cluster(requestFixture("GET", "/", { "x-m": "m" }))).toBe("m");
    expect(byHeader.cluster(requestFixture("GET", "/"))).toBe("");
  });

  it("hashes by its policies", () => {
    const entry = route({
      hash_policy: [
        { header: { header_name: "x-h" }, terminal: true },
        { cookie: { name: "c" } },
        { query_parameter: { name: "q" } },
        { connection_properties: { source_ip: false } },
      ],
    });
    const hash = (path: string, headers: Record<string, string>): Hash64 | null | undefined =>
      entry.hashPolicy?.hash(streamFixture(), requestFixture("GET", path, headers), null);
    expect(hash("/", {})).toBeNull();
    expect(hash("/?q=1", {})).toEqual(hash("/?q=1", {}));
    expect(hash("/?q=1", {})).not.toEqual(hash("/?q=2", {}));
    expect(hash("/?q=1", { cookie: "c=1" })).not.toEqual(hash("/?q=1", {}));
    expect(hash("/?q=1", { "x-h": "1" })).toEqual(hash("/?q=2", { "x-h": "1", cookie: "c=3" }));
  });

  it("reads bodies from files", () => {
    const folder = mkdtempSync(join(tmpdir(), "isthmus-"));
    try {
      writeFileSync(join(folder, "body"), "from a file é");
      const table = routeTable(
        host([{ match: any, direct_response: { status: 200, body: { filename: join(folder, "body") } } }]),
      );
      expect(table.match(streamFixture(), requestFixture("GET", "/"))?.responseBody).toBe("from a file é");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("does not set a header to what no header may hold", () => {
    const entry = route({}, { request_headers_to_add: [{ header: { key: "x-m", value: "%REQ(x-q)%" } }] });
    const request = requestFixture("GET", "/");
    request.list.push("x-q", "a\r\nb: c");
    entry.finalizeRequest(streamFixture({ request }), request, true);
    expect(request.has("x-m")).toBe(false);
  });
});

describe("per-filter configuration", () => {
  const typed = (name: string): object => ({ [name]: { "@type": "type.googleapis.com/x.Y", v: name } });
  it("is made from the levels that have some, least specific first, once for each combination", () => {
    const asked: string[][] = [];
    const table = routeTable(
      {
        typed_per_filter_config: typed("config"),
        virtual_hosts: [
          {
            name: "h",
            domains: ["*"],
            typed_per_filter_config: typed("host"),
            routes: [
              { match: { path: "/1" }, ...answer },
              { match: { path: "/2" }, ...answer, typed_per_filter_config: typed("route") },
              { match: { path: "/3" }, ...answer },
              {
                match: { path: "/4" },
                route: { weighted_clusters: { clusters: [{ name: "a", weight: 1, typed_per_filter_config: typed("cluster") }] } },
                typed_per_filter_config: typed("route4"),
              },
            ],
          },
        ],
      },
      {
        perRouteConfig: (levels) => {
          const names = levels.flatMap((level) => Object.keys(level));
          asked.push(names);
          return names;
        },
      },
    );
    const config = (path: string): unknown => table.match(streamFixture(), requestFixture("GET", path))?.config;
    expect(config("/1")).toEqual(["config", "host"]);
    expect(config("/2")).toEqual(["config", "host", "route"]);
    expect(config("/3")).toBe(config("/1"));
    expect(config("/4")).toEqual(["config", "host", "route4", "cluster"]);
    expect(asked).toHaveLength(4);
  });
});

describe("a trace", () => {
  it("hears which virtual host and routes were looked at, and why not", () => {
    const table = routeTable({
      virtual_hosts: [
        {
          name: "shop",
          domains: ["*.shop.example"],
          routes: [
            { name: "admin", match: { prefix: "/admin" }, ...answer },
            { name: "beta", match: { prefix: "/", headers: [{ name: "x-beta", string_match: { exact: "1" } }] }, ...answer },
            { name: "main", match: { safe_regex: { regex: "/item/[0-9]+" } }, ...answer },
          ],
        },
      ],
    });
    const explain = (path: string, authority: string): string[] => {
      const stream = streamFixture();
      const { trace, notes } = traceFixture(stream);
      table.match(stream, requestFixture("GET", path, { host: authority }), trace);
      return notes;
    };
    expect(explain("/item/5", "eu.shop.example")).toEqual([
      'virtual host chosen shop: domain "*.shop.example" is the longest wildcard that fits: the host is "eu.shop.example"',
      'route rejected 0 admin: wanted path starts with "/admin"',
      'route rejected 1 beta: wanted header x-beta equals "1", found none',
      'route chosen 2 main: path matches "/item/[0-9]+"',
    ]);
    expect(explain("/x", "other")).toEqual(['virtual host rejected none: no domain is for "other"; there is "*.shop.example"']);
    expect(explain("/x", "a.shop.example").at(-1)).toBe('route rejected none: virtual host "shop" has none for this request');
  });
});
