import { mesh, typed } from "../lib/bootstrap.ts";
import type { Json, Mesh } from "../lib/bootstrap.ts";

const FILTER = "envoy.extensions.filters.http";

/** Ports of the origins behind clusters a, b, c, and one that nobody listens on. */
export interface OriginPorts {
  a: number;
  b: number;
  c: number;
  dead: number;
}

const direct = (body: string, status = 200): Json => ({ status, body: { inline_string: body } });
const header = (key: string, value: string, append?: string): Json => ({
  header: { key, value },
  ...(append === undefined ? {} : { append_action: append }),
});
const exact = (value: string): Json => ({ string_match: { exact: value } });
const regex = (value: string): Json => ({ regex: value });
/** A route to cluster a. */
const to = (match: Json, action: Json = {}, rest: Json = {}): Json => ({ match, route: { cluster: "a", ...action }, ...rest });
/** A header match below /h/NAME, that goes to a; what misses goes to the fallback at the end. */
const byHeader = (name: string, ...headers: Json[]): Json => to({ prefix: `/h/${name}`, headers });
const byQuery = (name: string, ...parameters: Json[]): Json => to({ prefix: `/q/${name}`, query_parameters: parameters });
const byCookie = (name: string, ...cookies: Json[]): Json => to({ prefix: `/c/${name}`, cookies });

const matches: Json[] = [
  to({ prefix: "/prefix/" }),
  to({ path: "/exact" }),
  to({ path: "/NoCase", case_sensitive: false }),
  to({ prefix: "/NoPrefixCase/", case_sensitive: false }),
  to({ path_separated_prefix: "/sep" }),
  to({ path_separated_prefix: "/sepcase", case_sensitive: false }),
  to({ safe_regex: regex("/re/[0-9]+/item") }),
  to({ safe_regex: regex("/(?i:rei)/(a|b)c*") }),
  to({ safe_regex: regex("/re-alt/a|/re-alt/b") }),
  byHeader("exact", { name: "x-h", ...exact("one") }),
  byHeader("nocase", { name: "x-h", string_match: { exact: "One", ignore_case: true } }),
  byHeader("prefix", { name: "x-h", string_match: { prefix: "on" } }),
  byHeader("suffix", { name: "x-h", string_match: { suffix: "ne" } }),
  byHeader("contains", { name: "x-h", string_match: { contains: "n" } }),
  byHeader("regex", { name: "x-h", string_match: { safe_regex: regex("o[a-z]+e") } }),
  byHeader("present", { name: "x-h", present_match: true }),
  byHeader("absent", { name: "x-h", present_match: false }),
  byHeader("range", { name: "x-n", range_match: { start: "-5", end: "10" } }),
  byHeader("invert", { name: "x-h", ...exact("one"), invert_match: true }),
  byHeader("empty", { name: "x-h", ...exact(""), treat_missing_header_as_empty: true }),
  byHeader("missing-inverted", { name: "x-h", ...exact("one"), invert_match: true, treat_missing_header_as_empty: true }),
  byHeader("two", { name: "x-h", ...exact("one") }, { name: "x-n", ...exact("2") }),
  byHeader("method", { name: ":method", ...exact("PUT") }),
  byHeader("authority", { name: ":authority", string_match: { prefix: "test." } }),
  byHeader("path", { name: ":path", string_match: { contains: "deep" } }),
  { match: { prefix: "/h/" }, direct_response: direct("header fallback", 404) },
  byQuery("exact", { name: "k", ...exact("v") }),
  byQuery("prefix", { name: "k", string_match: { prefix: "v" } }),
  byQuery("suffix", { name: "k", string_match: { suffix: "v" } }),
  byQuery("nocase", { name: "k", string_match: { exact: "V", ignore_case: true } }),
  byQuery("regex", { name: "k", string_match: { safe_regex: regex("v[0-9]*") } }),
  byQuery("present", { name: "k", present_match: true }),
  byQuery("two", { name: "k", ...exact("v") }, { name: "l", present_match: true }),
  { match: { prefix: "/q/" }, direct_response: direct("query fallback", 404) },
  byCookie("exact", { name: "k", ...exact("v") }),
  byCookie("prefix", { name: "k", string_match: { prefix: "v" } }),
  byCookie("invert", { name: "k", ...exact("v"), invert_match: true }),
  byCookie("two", { name: "k", ...exact("v") }, { name: "l", ...exact("w") }),
  { match: { prefix: "/c/" }, direct_response: direct("cookie fallback", 404) },
  to({ prefix: "/fraction", runtime_fraction: { default_value: { numerator: 0, denominator: "HUNDRED" } } }, { cluster: "b" }),
  to({ prefix: "/fraction", runtime_fraction: { default_value: { numerator: 100, denominator: "HUNDRED" } } }),
  to(
    {
      prefix: "/runtime",
      runtime_fraction: { default_value: { numerator: 100, denominator: "HUNDRED" }, runtime_key: "route.off" },
    },
    { cluster: "b" },
  ),
  to({
    prefix: "/runtime",
    runtime_fraction: { default_value: { numerator: 0, denominator: "TEN_THOUSAND" }, runtime_key: "route.on" },
  }),
  to({ prefix: "/grpc", grpc: {} }),
  { match: { prefix: "/grpc" }, direct_response: direct("no grpc", 404) },
  to(
    {
      prefix: "/metadata",
      dynamic_metadata: [{ filter: "none", path: [{ key: "k" }], value: { string_match: { exact: "v" } } }],
    },
    { cluster: "b" },
  ),
  to({
    prefix: "/metadata",
    dynamic_metadata: [{ filter: "none", path: [{ key: "k" }], value: { present_match: true }, invert: true }],
  }),
  to({ prefix: "/state", filter_state: [{ key: "none", string_match: { exact: "v" } }] }, { cluster: "b" }),
  to({ prefix: "/state" }),
];

const actions: Json[] = [
  to({ prefix: "/to/a" }),
  to({ prefix: "/to/b" }, { cluster: "b" }),
  {
    match: { prefix: "/weighted/last" },
    route: {
      weighted_clusters: {
        clusters: [
          { name: "a", weight: 0 },
          {
            name: "b",
            weight: 100,
            request_headers_to_add: [header("x-weighted", "b")],
            response_headers_to_add: [header("x-weighted", "b")],
            request_headers_to_remove: ["x-gone"],
            host_rewrite_literal: "weighted.local",
          },
        ],
      },
    },
  },
  {
    match: { prefix: "/weighted/first" },
    route: {
      weighted_clusters: {
        clusters: [
          { name: "a", weight: 7 },
          { name: "b", weight: 0 },
        ],
      },
    },
  },
  { match: { prefix: "/by-header" }, route: { cluster_header: "x-cluster" } },
  { match: { prefix: "/by-header-404" }, route: { cluster_header: "x-cluster", cluster_not_found_response_code: "NOT_FOUND" } },
  { match: { prefix: "/redirect/host" }, redirect: { host_redirect: "other.local" } },
  { match: { prefix: "/redirect/port" }, redirect: { port_redirect: 8443 } },
  { match: { prefix: "/redirect/path" }, redirect: { path_redirect: "/new/path" } },
  { match: { prefix: "/redirect/path-query" }, redirect: { path_redirect: "/new/path?mine=1" } },
  { match: { prefix: "/redirect/prefix/" }, redirect: { prefix_rewrite: "/replaced/" } },
  {
    match: { prefix: "/redirect/regex/" },
    redirect: { regex_rewrite: { pattern: regex("^/redirect/regex/([a-z]+)/([0-9]+)$"), substitution: "/\\2/\\1" } },
  },
  { match: { prefix: "/redirect/https" }, redirect: { https_redirect: true } },
  { match: { prefix: "/redirect/scheme" }, redirect: { scheme_redirect: "ftp" } },
  { match: { prefix: "/redirect/strip" }, redirect: { path_redirect: "/stripped", strip_query: true } },
  {
    match: { prefix: "/redirect/all" },
    redirect: { https_redirect: true, host_redirect: "all.local", port_redirect: 444, path_redirect: "/all" },
  },
  ...["FOUND", "SEE_OTHER", "TEMPORARY_REDIRECT", "PERMANENT_REDIRECT"].map((code) => ({
    match: { path: `/redirect/${code}` },
    redirect: { host_redirect: "code.local", response_code: code },
    response_headers_to_add: [header("x-redirected", code)],
  })),
  { match: { path: "/direct/text" }, direct_response: direct("direct answer") },
  { match: { path: "/direct/empty" }, direct_response: { status: 204 } },
  {
    match: { path: "/direct/teapot" },
    direct_response: direct("short and stout\n", 418),
    response_headers_to_add: [header("x-direct", "%PROTOCOL%")],
  },
  { match: { path: "/direct/bare" }, direct_response: { status: 503 } },
  to({ prefix: "/rewrite/prefix/" }, { prefix_rewrite: "/" }),
  to({ prefix: "/rewrite/slashless" }, { prefix_rewrite: "/new" }),
  to({ path: "/rewrite/exact" }, { prefix_rewrite: "/exactly" }),
  to({ path_separated_prefix: "/rewrite/sep" }, { prefix_rewrite: "/separated" }),
  to({ prefix: "/Rewrite/Case/", case_sensitive: false }, { prefix_rewrite: "/cased/" }),
  to(
    { prefix: "/rewrite/regex/" },
    { regex_rewrite: { pattern: regex("^/rewrite/regex/(\\w+)/(\\w+)"), substitution: "/\\2-\\1" } },
  ),
  to({ prefix: "/rewrite/all/" }, { regex_rewrite: { pattern: regex("one"), substitution: "two" } }),
  to({ prefix: "/rewrite/whole/" }, { regex_rewrite: { pattern: regex("[a-z]+$"), substitution: "<\\0>" } }),
  to({ prefix: "/host/literal" }, { host_rewrite_literal: "literal.local", append_x_forwarded_host: true }),
  to({ prefix: "/host/header" }, { host_rewrite_header: "x-host" }),
  to(
    { prefix: "/host/path/" },
    { host_rewrite_path_regex: { pattern: regex("^/host/path/([^/]+)/.*$"), substitution: "\\1.local" } },
  ),
  to({ prefix: "/host/auto" }, { auto_host_rewrite: true, cluster: "named" }),
  to(
    { prefix: "/mirror" },
    { request_mirror_policies: [{ cluster: "c", runtime_fraction: { default_value: { numerator: 100 } } }] },
  ),
  to(
    { prefix: "/mirror-off" },
    { request_mirror_policies: [{ cluster: "c", runtime_fraction: { default_value: { numerator: 0 } } }] },
  ),
  to({ prefix: "/timeout" }, { timeout: "0.15s" }),
  to(
    { prefix: "/retry/5xx" },
    { retry_policy: { retry_on: "5xx", num_retries: 2, retry_back_off: { base_interval: "0.001s" } } },
  ),
  to({ prefix: "/retry/gateway" }, { retry_policy: { retry_on: "gateway-error", retry_back_off: { base_interval: "0.001s" } } }),
  to({ prefix: "/retry/4xx" }, { retry_policy: { retry_on: "retriable-4xx", retry_back_off: { base_interval: "0.001s" } } }),
  to({ prefix: "/retry/reset" }, { retry_policy: { retry_on: "reset", retry_back_off: { base_interval: "0.001s" } } }),
  to(
    { prefix: "/retry/codes" },
    {
      retry_policy: {
        retry_on: "retriable-status-codes",
        retriable_status_codes: [429],
        retry_back_off: { base_interval: "0.001s" },
      },
    },
  ),
  to(
    { prefix: "/retry/try-timeout" },
    {
      timeout: "2s",
      retry_policy: { retry_on: "5xx", num_retries: 1, per_try_timeout: "0.15s", retry_back_off: { base_interval: "0.001s" } },
    },
  ),
  to(
    { prefix: "/retry/connect" },
    {
      cluster: "half-dead",
      retry_policy: { retry_on: "connect-failure", num_retries: 3, retry_back_off: { base_interval: "0.001s" } },
    },
  ),
  to({ prefix: "/retry/none" }),
  to({ prefix: "/dead" }, { cluster: "dead" }),
  to({ prefix: "/no-endpoints" }, { cluster: "no-endpoints" }),
];

const headersOf: Json[] = [
  to(
    { prefix: "/headers/request" },
    {},
    {
      request_headers_to_add: [
        header("x-append", "route", "APPEND_IF_EXISTS_OR_ADD"),
        header("x-absent", "route", "ADD_IF_ABSENT"),
        header("x-over", "route", "OVERWRITE_IF_EXISTS_OR_ADD"),
        header("x-if", "route", "OVERWRITE_IF_EXISTS"),
        { ...header("x-keep-empty", "%REQ(x-none)%"), keep_empty_value: true },
        header("x-drop-empty", "%REQ(x-none)%"),
      ],
      request_headers_to_remove: ["x-remove", "user-agent"],
    },
  ),
  to(
    { prefix: "/headers/response" },
    {},
    {
      response_headers_to_add: [
        header("x-append", "route", "APPEND_IF_EXISTS_OR_ADD"),
        header("x-absent", "route", "ADD_IF_ABSENT"),
        header("x-over", "route", "OVERWRITE_IF_EXISTS_OR_ADD"),
        header("x-if", "route", "OVERWRITE_IF_EXISTS"),
      ],
      response_headers_to_remove: ["x-remove", "x-envoy-upstream-service-time"],
    },
  ),
  to(
    { prefix: "/headers/values" },
    {},
    {
      name: "values-route",
      metadata: { filter_metadata: { "test.ns": { k: "meta value" } } },
      request_headers_to_add: Object.entries({
        "x-v-protocol": "%PROTOCOL%",
        "x-v-req": "%REQ(x-in)%",
        "x-v-alt": "%REQ(x-none?x-in)%",
        "x-v-short": "%REQ(x-in):3%",
        "x-v-missing": "[%REQ(x-none)%]",
        "x-v-path": "%REQ(:PATH)%",
        "x-v-method": "%REQ(:METHOD)%",
        "x-v-authority": "%REQ(:AUTHORITY)%",
        "x-v-remote": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
        "x-v-direct": "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%",
        "x-v-local": "%DOWNSTREAM_LOCAL_ADDRESS%",
        "x-v-local-port": "%DOWNSTREAM_LOCAL_PORT%",
        "x-v-route": "%ROUTE_NAME%",
        "x-v-meta": "%METADATA(ROUTE:test.ns:k)%",
        "x-v-dynamic": "[%DYNAMIC_METADATA(none:k)%]",
        "x-v-year": "%START_TIME(%Y)%",
        "x-v-percent": "100%%",
        "x-v-mixed": "<%PROTOCOL%|%REQ(x-in)%>",
        "x-v-server-name": "[%REQUESTED_SERVER_NAME%]",
      }).map(([key, value]) => header(key, value)),
      response_headers_to_add: Object.entries({
        "x-v-code": "%RESPONSE_CODE%",
        "x-v-resp": "%RESP(x-origin)%",
        "x-v-upstream": "%UPSTREAM_HOST%",
        "x-v-cluster": "%UPSTREAM_CLUSTER%",
        "x-v-details": "%RESPONSE_CODE_DETAILS%",
        "x-v-flags": "%RESPONSE_FLAGS%",
        "x-v-received": "%BYTES_RECEIVED%",
        "x-v-in": "%REQ(x-in)%",
      }).map(([key, value]) => header(key, value)),
    },
  ),
];

const filters: Json[] = [
  to(
    { prefix: "/cors/open" },
    {},
    {
      typed_per_filter_config: {
        "envoy.filters.http.cors": typed(`${FILTER}.cors.v3.CorsPolicy`, {
          allow_origin_string_match: [
            { exact: "http://good.local" },
            { suffix: ".fine.local" },
            { safe_regex: regex("https://[a-z]+\\.re\\.local") },
          ],
          allow_methods: "GET, PUT",
          allow_headers: "x-one, x-two",
          expose_headers: "x-three",
          max_age: "600",
          allow_credentials: true,
        }),
      },
    },
  ),
  to(
    { prefix: "/cors/any" },
    {},
    {
      typed_per_filter_config: {
        "envoy.filters.http.cors": typed(`${FILTER}.cors.v3.CorsPolicy`, {
          allow_origin_string_match: [{ safe_regex: regex(".*") }],
          allow_methods: "GET",
        }),
      },
    },
  ),
  to(
    { prefix: "/cors/off" },
    {},
    {
      typed_per_filter_config: {
        "envoy.filters.http.cors": typed(`${FILTER}.cors.v3.CorsPolicy`, {
          allow_origin_string_match: [{ exact: "http://good.local" }],
          filter_enabled: { default_value: { numerator: 0, denominator: "HUNDRED" } },
        }),
      },
    },
  ),
  to(
    { prefix: "/fault/abort" },
    {},
    {
      typed_per_filter_config: {
        "envoy.filters.http.fault": typed(`${FILTER}.fault.v3.HTTPFault`, {
          abort: { http_status: 429, percentage: { numerator: 100, denominator: "HUNDRED" } },
        }),
      },
    },
  ),
  to(
    { prefix: "/fault/never" },
    {},
    {
      typed_per_filter_config: {
        "envoy.filters.http.fault": typed(`${FILTER}.fault.v3.HTTPFault`, {
          abort: { http_status: 429, percentage: { numerator: 0, denominator: "HUNDRED" } },
        }),
      },
    },
  ),
  to(
    { prefix: "/fault/headers" },
    {},
    {
      typed_per_filter_config: {
        "envoy.filters.http.fault": typed(`${FILTER}.fault.v3.HTTPFault`, {
          abort: { http_status: 502, percentage: { numerator: 1_000_000, denominator: "MILLION" } },
          delay: { fixed_delay: "0.02s", percentage: { numerator: 10000, denominator: "TEN_THOUSAND" } },
          headers: [{ name: "x-fault", ...exact("yes") }],
        }),
      },
    },
  ),
  to(
    { prefix: "/mutation/route" },
    {},
    {
      typed_per_filter_config: {
        "envoy.filters.http.header_mutation": typed(`${FILTER}.header_mutation.v3.HeaderMutationPerRoute`, {
          mutations: {
            request_mutations: [{ append: header("x-mutation", "route") }, { remove: "x-remove" }],
            response_mutations: [
              { append: header("x-mutation", "%RESPONSE_CODE%", "OVERWRITE_IF_EXISTS_OR_ADD") },
              { remove: "x-remove" },
            ],
          },
        }),
      },
    },
  ),
  to({ prefix: "/mutation" }),
];

/** Virtual hosts, most of which answer with their name. */
const hosts: Json[] = [
  ...(
    [
      ["exact", ["exact.local", "also.local"]],
      ["exact-port", ["exact.local:8080"]],
      ["suffix", ["*.suffix.local"]],
      ["deep-suffix", ["*.deep.suffix.local"]],
      ["dash-suffix", ["*-suffix.local"]],
      ["prefix", ["prefix.*"]],
      ["long-prefix", ["prefix.long.*"]],
    ] as const
  ).map(([name, domains]) => ({ name, domains, routes: [{ match: { prefix: "/" }, direct_response: direct(name) }] })),
  {
    name: "levels",
    domains: ["levels.local"],
    request_headers_to_add: [
      header("x-level", "host", "APPEND_IF_EXISTS_OR_ADD"),
      header("x-last", "host", "OVERWRITE_IF_EXISTS_OR_ADD"),
    ],
    response_headers_to_add: [header("x-level", "host"), header("x-last", "host", "OVERWRITE_IF_EXISTS_OR_ADD")],
    request_headers_to_remove: ["x-host-remove"],
    routes: [
      to(
        { prefix: "/route" },
        {},
        {
          request_headers_to_add: [header("x-level", "route"), header("x-last", "route", "OVERWRITE_IF_EXISTS_OR_ADD")],
          response_headers_to_add: [header("x-level", "route"), header("x-last", "route", "OVERWRITE_IF_EXISTS_OR_ADD")],
        },
      ),
      { match: { prefix: "/direct" }, direct_response: direct("levels") },
      to({ prefix: "/" }),
    ],
  },
  {
    name: "attempts",
    domains: ["attempts.local"],
    include_request_attempt_count: true,
    include_attempt_count_in_response: true,
    retry_policy: { retry_on: "5xx", num_retries: 1, retry_back_off: { base_interval: "0.001s" } },
    routes: [to({ prefix: "/" })],
  },
  { name: "no-routes", domains: ["no-routes.local"], routes: [] },
  { name: "tls-all", domains: ["tls-all.local"], require_tls: "ALL", routes: [to({ prefix: "/" })] },
  { name: "tls-external", domains: ["tls-external.local"], require_tls: "EXTERNAL_ONLY", routes: [to({ prefix: "/" })] },
  { name: "tree", domains: ["tree.local"], matcher: tree() },
];

/** A matcher tree: a prefix map on the path, in which a list with predicates stands. */
function tree(): Json {
  const input = (message: string, fields: Json): Json => ({ name: "input", typed_config: typed(message, fields) });
  const path = input("envoy.type.matcher.v3.HttpRequestHeaderMatchInput", { header_name: ":path" });
  const byHeaderInput = (name: string): Json => input("envoy.type.matcher.v3.HttpRequestHeaderMatchInput", { header_name: name });
  const route = (name: string, more: Json = {}): Json => ({
    action: {
      name,
      typed_config: typed("envoy.config.route.v3.Route", { match: { prefix: "/" }, direct_response: direct(name), ...more }),
    },
  });
  const single = (name: string, value: Json): Json => ({ single_predicate: { input: byHeaderInput(name), value_match: value } });
  const list: Json = {
    matcher_list: {
      matchers: [
        { predicate: single("x-t", { exact: "single" }), on_match: route("tree single") },
        {
          predicate: { and_matcher: { predicate: [single("x-t", { prefix: "both" }), single("x-u", { suffix: "both" })] } },
          on_match: route("tree and"),
        },
        {
          predicate: { or_matcher: { predicate: [single("x-t", { exact: "or" }), single("x-u", { exact: "or" })] } },
          on_match: route("tree or"),
        },
        {
          predicate: { not_matcher: single("x-t", { safe_regex: { google_re2: {}, regex: ".+" } }) },
          on_match: route("tree not"),
        },
      ],
    },
    on_no_match: route("tree list fallback"),
  };
  const routes = [
    { match: { prefix: "/tree/list/deep/one" }, direct_response: direct("tree route list one") },
    { match: { prefix: "/tree/list/deep" }, direct_response: direct("tree route list deep") },
  ];
  return {
    matcher_tree: {
      input: path,
      prefix_match_map: {
        map: {
          "/tree/prefix": route("tree prefix"),
          "/tree/prefix/longer": route("tree longer prefix"),
          "/tree/cluster": {
            action: {
              name: "cluster",
              typed_config: typed(
                "envoy.config.route.v3.Route",
                to({ prefix: "/tree/cluster" }, { prefix_rewrite: "/from-tree" }),
              ),
            },
          },
          "/tree/unmatched": route("tree unmatched", { match: { prefix: "/other" } }),
          "/tree/list": { matcher: list },
          "/tree/routes": { action: { name: "routes", typed_config: typed("envoy.config.route.v3.RouteList", { routes }) } },
        },
      },
    },
    on_no_match: {
      matcher: {
        matcher_tree: {
          input: byHeaderInput("x-tree"),
          exact_match_map: { map: { one: route("tree exact one"), two: route("tree exact two") } },
        },
      },
    },
  };
}

/** The bootstrap of the table: every route match and action, and the options of the connection manager on listeners of their own. */
export function tableBootstrap(ports: OriginPorts): Mesh {
  const named = {
    name: "named",
    type: "STRICT_DNS",
    dns_lookup_family: "V4_ONLY",
    load_assignment: {
      cluster_name: "named",
      endpoints: [
        { lb_endpoints: [{ endpoint: { address: { socket_address: { address: "localhost", port_value: ports.a } } } }] },
      ],
    },
  };
  const config = mesh()
    .service("a", ports.a)
    .service("b", ports.b)
    .service("c", ports.c)
    .service("dead", ports.dead)
    .service("half-dead", [ports.dead, ports.a])
    .cluster({ name: "no-endpoints", type: "STATIC", load_assignment: { cluster_name: "no-endpoints" } })
    .cluster(named)
    .bootstrap({ layered_runtime: { layers: [{ name: "static", static_layer: { "route.off": 0, "route.on": 10_000 } }] } })
    .hcm({ generate_request_id: true })
    .filter(
      "health_check",
      typed(`${FILTER}.health_check.v3.HealthCheck`, {
        pass_through_mode: false,
        headers: [{ name: ":path", ...exact("/healthz") }],
      }),
    )
    .filter("cors", typed(`${FILTER}.cors.v3.Cors`))
    .filter(
      "fault",
      typed(`${FILTER}.fault.v3.HTTPFault`, {
        abort: { header_abort: {}, percentage: { numerator: 100 } },
        delay: { header_delay: {}, percentage: { numerator: 100 } },
      }),
    )
    .filter(
      "header_mutation",
      typed(`${FILTER}.header_mutation.v3.HeaderMutation`, {
        mutations: {
          request_mutations: [{ append: header("x-mutation", "filter") }],
          response_mutations: [{ append: header("x-mutation", "filter") }, { remove: "x-mutation-remove" }],
        },
      }),
    )
    .routeConfig({
      request_headers_to_add: [header("x-level", "config"), header("x-last", "config", "OVERWRITE_IF_EXISTS_OR_ADD")],
      response_headers_to_add: [header("x-level", "config"), header("x-last", "config", "OVERWRITE_IF_EXISTS_OR_ADD")],
      response_headers_to_remove: ["x-config-remove"],
      internal_only_headers: ["x-internal-only"],
    });
  for (const host of hosts) config.virtualHost(host);
  // "/by-header" is a prefix of "/by-header-404", and the first match wins: longer ones stand first.
  const ordered = [...actions].sort((x, y) => pathOf(y).length - pathOf(x).length);
  for (const route of [...matches, ...ordered, ...headersOf, ...filters]) config.route(route);
  config
    .listener("named-hosts")
    .virtualHost({ name: "only", domains: ["only.local"], routes: [to({ prefix: "/" })] })
    .listener("buffer")
    .filter("buffer", typed(`${FILTER}.buffer.v3.Buffer`, { max_request_bytes: 100 }))
    .route(
      to(
        { prefix: "/off" },
        {},
        {
          typed_per_filter_config: {
            "envoy.filters.http.buffer": typed(`${FILTER}.buffer.v3.BufferPerRoute`, { disabled: true }),
          },
        },
      ),
    )
    .route(
      to(
        { prefix: "/more" },
        {},
        {
          typed_per_filter_config: {
            "envoy.filters.http.buffer": typed(`${FILTER}.buffer.v3.BufferPerRoute`, { buffer: { max_request_bytes: 200 } }),
          },
        },
      ),
    )
    .route("/", "a");
  for (const [name, options] of Object.entries(managers)) config.listener(name).hcm(options).route("/", "a");
  return config;
}

/** Options of connection managers, each on a listener of its own in front of cluster a. */
export const managers: Record<string, Json> = {
  normal: { normalize_path: true, merge_slashes: true },
  "unescape-forward": { normalize_path: true, path_with_escaped_slashes_action: "UNESCAPE_AND_FORWARD" },
  "unescape-redirect": { path_with_escaped_slashes_action: "UNESCAPE_AND_REDIRECT" },
  "reject-escaped": { path_with_escaped_slashes_action: "REJECT_REQUEST" },
  "keep-escaped": { path_with_escaped_slashes_action: "KEEP_UNCHANGED", normalize_path: true },
  edge: { use_remote_address: true },
  "edge-hop": { use_remote_address: true, xff_num_trusted_hops: 1 },
  "edge-preserve": { use_remote_address: true, xff_num_trusted_hops: 1, preserve_external_request_id: true },
  inner: { xff_num_trusted_hops: 1 },
  internal: { internal_address_config: { cidr_ranges: [{ address_prefix: "10.0.0.0", prefix_len: 8 }] } },
  "skip-xff": { use_remote_address: true, skip_xff_append: true },
  via: { via: "table" },
  "server-name": { server_name: "table" },
  "server-pass": { server_header_transformation: "PASS_THROUGH" },
  "server-absent": { server_header_transformation: "APPEND_IF_ABSENT" },
  "no-id": { generate_request_id: false },
  "id-back": { always_set_request_id_in_response: true },
  old: { http_protocol_options: { accept_http_10: true, default_host_for_http_10: "old.local" } },
  trailers: { http_protocol_options: { enable_trailers: true } },
  absolute: { http_protocol_options: { allow_absolute_url: true } },
  upgrades: { upgrade_configs: [{ upgrade_type: "websocket" }] },
};

function pathOf(route: Json): string {
  const match = route["match"] as Record<string, string>;
  return match["prefix"] ?? match["path"] ?? match["path_separated_prefix"] ?? "";
}
