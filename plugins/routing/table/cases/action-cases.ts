type Headers = Readonly<Record<string, string | readonly string[]>>;

/** What becomes of one request. */
export interface ActionCase {
  readonly target: string;
  readonly headers?: Headers;
  /** Status of a redirect or direct response; absent: the request goes upstream. */
  readonly status?: number;
  readonly location?: string;
  readonly body?: string;
  /** Path as it goes upstream. */
  readonly path?: string;
  /** Authority as it goes upstream. */
  readonly host?: string;
  /** Headers as they go upstream: a list of values, joined by "|" when there are several; null: not there. */
  readonly upstream?: Readonly<Record<string, string | null>>;
  /** Response headers, in the same form. */
  readonly response?: Readonly<Record<string, string | null>>;
}

/** Routes and what they do. The upstream answers with `x-up: 1` and `x-up2: a`. */
export interface ActionGroup {
  readonly title: string;
  readonly routes?: readonly object[];
  readonly hosts?: readonly object[];
  readonly config?: object;
  readonly cases: readonly ActionCase[];
}

const CLUSTER = "echo";
const to = (match: object, route: object = {}, more: object = {}): object => ({
  match,
  route: { cluster: CLUSTER, ...route },
  ...more,
});
const any = { prefix: "/" };
const redirect = (match: object, action: object, more: object = {}): object => ({ match, redirect: action, ...more });
const add = (key: string, value: string, more: object = {}): object => ({ header: { key, value }, ...more });
const APPEND = { append_action: "APPEND_IF_EXISTS_OR_ADD" };
const ABSENT = { append_action: "ADD_IF_ABSENT" };
const SET = { append_action: "OVERWRITE_IF_EXISTS_OR_ADD" };
const EXISTS = { append_action: "OVERWRITE_IF_EXISTS" };
const regex = (pattern: string, substitution: string): object => ({ pattern: { regex: pattern }, substitution });

const PATHS: readonly ActionGroup[] = [
  {
    title: "prefix_rewrite",
    routes: [
      to({ prefix: "/api/v1" }, { prefix_rewrite: "/v1" }),
      to({ prefix: "/slash/" }, { prefix_rewrite: "/" }),
      to({ prefix: "/noslash" }, { prefix_rewrite: "/" }),
      to({ path: "/exact" }, { prefix_rewrite: "/other/path" }),
      to({ path_separated_prefix: "/sep" }, { prefix_rewrite: "/S" }),
      to({ safe_regex: { regex: "/re/.*" } }, { prefix_rewrite: "/whole" }),
      to({ prefix: "/CASE", case_sensitive: false }, { prefix_rewrite: "/c" }),
      to({ prefix: "/keep" }),
    ],
    cases: [
      { target: "/api/v1/x?y=1", path: "/v1/x?y=1", upstream: { "x-envoy-original-path": "/api/v1/x?y=1" } },
      { target: "/api/v1", path: "/v1" },
      { target: "/api/v11", path: "/v11" },
      { target: "/slash/a", path: "/a" },
      { target: "/noslash/a", path: "//a" },
      { target: "/noslash", path: "/" },
      { target: "/exact?q", path: "/other/path?q" },
      { target: "/sep", path: "/S" },
      { target: "/sep/a?b", path: "/S/a?b" },
      { target: "/re/a/b?c", path: "/whole?c" },
      { target: "/case/x", path: "/c/x" },
      { target: "/keep/x", path: "/keep/x", upstream: { "x-envoy-original-path": null } },
    ],
  },
  {
    title: "regex_rewrite",
    routes: [
      to({ prefix: "/service/" }, { regex_rewrite: regex("^/service/([^/]+)(/.*)$", "\\2/instance/\\1") }),
      to({ prefix: "/xxx" }, { regex_rewrite: regex("one", "two") }),
      to({ prefix: "/first" }, { regex_rewrite: regex("^(.*?)one(.*)$", "\\1two\\2") }),
      to({ prefix: "/aaa" }, { regex_rewrite: regex("(?i)/xxx/", "/yyy/") }),
      to({ prefix: "/whole" }, { regex_rewrite: regex("/whole", "[\\0]") }),
      to({ prefix: "/empty" }, { regex_rewrite: regex("x*", "-") }),
      to({ prefix: "/none" }, { regex_rewrite: regex("zzz", "-") }),
      to({ prefix: "/back" }, { regex_rewrite: regex("/back", "/a\\\\b") }),
    ],
    cases: [
      {
        target: "/service/foo/v1/api",
        path: "/v1/api/instance/foo",
        upstream: { "x-envoy-original-path": "/service/foo/v1/api" },
      },
      { target: "/service/foo/v1/api?a=/service/x/y", path: "/v1/api/instance/foo?a=/service/x/y" },
      { target: "/xxx/one/yyy/one/zzz", path: "/xxx/two/yyy/two/zzz" },
      { target: "/first/one/yyy/one/zzz", path: "/first/two/yyy/one/zzz" },
      { target: "/aaa/XxX/bbb", path: "/aaa/yyy/bbb" },
      { target: "/whole/a", path: "[/whole]/a" },
      { target: "/emptyxxaxb", path: "-/-e-m-p-t-y-a-b-" },
      { target: "/none?x", path: "/none?x", upstream: { "x-envoy-original-path": "/none?x" } },
      { target: "/back", path: "/a\\b" },
    ],
  },
];

const HOSTS: readonly ActionGroup[] = [
  {
    title: "host rewrites",
    routes: [
      to({ prefix: "/lit" }, { host_rewrite_literal: "new.example" }),
      to({ prefix: "/xfh" }, { host_rewrite_literal: "new.example", append_x_forwarded_host: true }),
      to({ prefix: "/header" }, { host_rewrite_header: "x-host" }),
      to({ prefix: "/path/" }, { host_rewrite_path_regex: regex("^/path/([^/]+)/.*$", "\\1.local") }),
      to(any),
    ],
    cases: [
      { target: "/lit", host: "new.example", upstream: { "x-envoy-original-host": "example.com", "x-forwarded-host": null } },
      { target: "/xfh", host: "new.example", upstream: { "x-forwarded-host": "example.com" } },
      { target: "/xfh", headers: { "x-forwarded-host": "a" }, upstream: { "x-forwarded-host": "a,example.com" } },
      { target: "/xfh", headers: { "x-forwarded-host": "a,example.com" }, upstream: { "x-forwarded-host": "a,example.com" } },
      {
        target: "/xfh",
        headers: { "x-forwarded-host": "a, example.com" },
        upstream: { "x-forwarded-host": "a, example.com,example.com" },
      },
      {
        target: "/header",
        headers: { "x-host": "from.header" },
        host: "from.header",
        upstream: { "x-envoy-original-host": "example.com" },
      },
      { target: "/header", host: "example.com", upstream: { "x-envoy-original-host": null } },
      { target: "/path/abc/def?g", host: "abc.local", path: "/path/abc/def?g" },
      { target: "/other", host: "example.com" },
    ],
  },
];

const REDIRECTS: readonly ActionGroup[] = [
  {
    title: "redirects",
    routes: [
      redirect({ prefix: "/https" }, { https_redirect: true }),
      redirect({ prefix: "/scheme" }, { scheme_redirect: "ftp" }),
      redirect({ prefix: "/host" }, { host_redirect: "new.example" }),
      redirect({ prefix: "/hport" }, { host_redirect: "new.example:81", port_redirect: 82 }),
      redirect({ prefix: "/port" }, { port_redirect: 8443 }),
      redirect({ prefix: "/hsport" }, { https_redirect: true, port_redirect: 8443 }),
      redirect({ path: "/old-path-1" }, { path_redirect: "/new-path-1" }),
      redirect({ path: "/old-path-2" }, { path_redirect: "/new-path-2", strip_query: true }),
      redirect({ path: "/old-path-3" }, { path_redirect: "/new-path-3?foo=1", strip_query: true }),
      redirect({ path: "/old-path-4" }, { path_redirect: "relative" }),
      redirect({ prefix: "/pre/" }, { prefix_rewrite: "/new/" }),
      redirect({ prefix: "/strip/" }, { prefix_rewrite: "/new/", strip_query: true }),
      redirect({ path: "/ex" }, { prefix_rewrite: "/ample" }),
      redirect({ prefix: "/rx/" }, { regex_rewrite: regex("^/rx/([^/]+)/(.*)$", "/\\2/\\1"), host_redirect: "rx.example" }),
      redirect({ path: "/302" }, { response_code: "FOUND", host_redirect: "h" }),
      redirect({ path: "/303" }, { response_code: "SEE_OTHER", host_redirect: "h" }),
      redirect({ path: "/307" }, { response_code: "TEMPORARY_REDIRECT", host_redirect: "h" }),
      redirect({ path: "/308" }, { response_code: "PERMANENT_REDIRECT", host_redirect: "h" }),
      redirect(any, {}),
    ],
    cases: [
      { target: "/https/a?b=c", status: 301, location: "https://example.com/https/a?b=c" },
      { target: "/https", headers: { host: "example.com:80" }, status: 301, location: "https://example.com/https" },
      { target: "/https", headers: { host: "example.com:8080" }, status: 301, location: "https://example.com:8080/https" },
      { target: "/https", headers: { host: "[::1]:80" }, status: 301, location: "https://[::1]/https" },
      { target: "/https", headers: { host: "[::1]" }, status: 301, location: "https://[::1]/https" },
      { target: "/scheme", status: 301, location: "ftp://example.com/scheme" },
      { target: "/host/x?y", status: 301, location: "http://new.example/host/x?y" },
      { target: "/hport", status: 301, location: "http://new.example:81:82/hport" },
      { target: "/port", headers: { host: "example.com:80" }, status: 301, location: "http://example.com:8443/port" },
      { target: "/port", status: 301, location: "http://example.com:8443/port" },
      { target: "/hsport", headers: { host: "example.com:9000" }, status: 301, location: "https://example.com:8443/hsport" },
      { target: "/old-path-1?bar=1", status: 301, location: "http://example.com/new-path-1?bar=1" },
      { target: "/old-path-2?bar=1", status: 301, location: "http://example.com/new-path-2" },
      { target: "/old-path-3?bar=1", status: 301, location: "http://example.com/new-path-3?foo=1" },
      { target: "/old-path-4", status: 301, location: "http://example.com/relative" },
      { target: "/pre/a/b?c", status: 301, location: "http://example.com/new/a/b?c" },
      { target: "/strip/a?c", status: 301, location: "http://example.com/new/a" },
      { target: "/ex?c", status: 301, location: "http://example.com/ample?c" },
      { target: "/rx/a/b?c=d", status: 301, location: "http://rx.example/b/a?c=d" },
      { target: "/302", status: 302, location: "http://h/302" },
      { target: "/303", status: 303, location: "http://h/303" },
      { target: "/307", status: 307, location: "http://h/307" },
      { target: "/308", status: 308, location: "http://h/308" },
      { target: "/x?y", headers: { host: "example.com:80" }, status: 301, location: "http://example.com:80/x?y" },
    ],
  },
  {
    title: "require_tls",
    hosts: [
      { name: "all", domains: ["all.example", "all.example:8080"], require_tls: "ALL", routes: [to(any)] },
      { name: "ext", domains: ["ext.example"], require_tls: "EXTERNAL_ONLY", routes: [to(any)] },
      { name: "none", domains: ["*"], routes: [to(any)] },
    ],
    cases: [
      { target: "/a?b", headers: { host: "all.example" }, status: 301, location: "https://all.example/a?b" },
      { target: "/a", headers: { host: "all.example:8080" }, status: 301, location: "https://all.example:8080/a" },
      { target: "/nowhere", headers: { host: "ext.example" }, status: 301, location: "https://ext.example/nowhere" },
      { target: "/a", path: "/a" },
    ],
  },
  {
    title: "direct responses and their headers",
    routes: [
      { match: { path: "/ok" }, direct_response: { status: 200, body: { inline_string: "hällo" } } },
      { match: { path: "/empty" }, direct_response: { status: 204 } },
      { match: { path: "/bytes" }, direct_response: { status: 418, body: { inline_bytes: "aGk=" } } },
      {
        match: { path: "/headers" },
        direct_response: { status: 403, body: { inline_string: "no" } },
        response_headers_to_add: [add("x-r", "1"), add("content-type", "text/html", SET)],
      },
      redirect(
        { path: "/redir" },
        { host_redirect: "h" },
        { response_headers_to_add: [add("x-r", "%REQ(x-q)%")], response_headers_to_remove: ["date"] },
      ),
    ],
    cases: [
      { target: "/ok", status: 200, body: "hällo" },
      { target: "/empty", status: 204, body: "" },
      { target: "/bytes", status: 418, body: "hi" },
      { target: "/headers", status: 403, body: "no", response: { "x-r": "1", "content-type": "text/html" } },
      { target: "/redir", headers: { "x-q": "v" }, status: 301, location: "http://h/redir", response: { "x-r": "v" } },
      { target: "/nothing", status: 404 },
    ],
  },
];

const MUTATIONS: readonly ActionGroup[] = [
  {
    title: "header actions on requests",
    routes: [
      to(
        any,
        {},
        {
          request_headers_to_add: [
            add("x-append", "new"),
            add("x-append2", "n1", APPEND),
            add("x-absent", "new", ABSENT),
            add("x-set", "new", SET),
            add("x-exists", "new", EXISTS),
            add("x-old-append", "new", { append: true }),
            add("x-old-set", "new", { append: false }),
          ],
          request_headers_to_remove: ["x-gone", "X-Also-Gone"],
        },
      ),
    ],
    cases: [
      {
        target: "/",
        upstream: {
          "x-append": "new",
          "x-append2": "n1",
          "x-absent": "new",
          "x-set": "new",
          "x-exists": null,
          "x-old-append": "new",
          "x-old-set": "new",
        },
      },
      {
        target: "/",
        headers: {
          "x-append": "o",
          "x-append2": ["o1", "o2"],
          "x-absent": "o",
          "x-set": ["o1", "o2"],
          "x-exists": "o",
          "x-old-append": "o",
          "x-old-set": "o",
          "x-gone": "1",
          "x-also-gone": ["1", "2"],
          "x-stays": "s",
        },
        upstream: {
          "x-append": "o|new",
          "x-append2": "o1|o2|n1",
          "x-absent": "o",
          "x-set": "new",
          "x-exists": "new",
          "x-old-append": "o|new",
          "x-old-set": "new",
          "x-gone": null,
          "x-also-gone": null,
          "x-stays": "s",
        },
      },
    ],
  },
  {
    title: "header actions on responses",
    routes: [
      to(
        any,
        {},
        {
          response_headers_to_add: [
            add("x-up", "2"),
            add("x-up2", "b", SET),
            add("x-new", "n", ABSENT),
            add("x-none", "n", EXISTS),
            add("x-status", "%RESPONSE_CODE%"),
          ],
          response_headers_to_remove: ["x-up3"],
        },
      ),
    ],
    cases: [
      { target: "/", response: { "x-up": "1|2", "x-up2": "b", "x-new": "n", "x-none": null, "x-up3": null, "x-status": "200" } },
    ],
  },
  {
    title: "empty values",
    routes: [
      to(
        any,
        {},
        {
          request_headers_to_add: [
            add("x-none", ""),
            add("x-keep", "", { keep_empty_value: true }),
            add("x-missing", "%REQ(x-absent)%"),
            add("x-missing-keep", "%REQ(x-absent)%", { keep_empty_value: true }),
            add("x-default", "%REQ(x-absent?x-q)%"),
            add("x-set", "%REQ(x-absent)%", SET),
          ],
        },
      ),
    ],
    cases: [
      {
        target: "/",
        headers: { "x-q": "q", "x-set": "old" },
        upstream: { "x-none": null, "x-keep": "", "x-missing": null, "x-missing-keep": "", "x-default": "q", "x-set": "old" },
      },
    ],
  },
  {
    title: "substitutions read what was there before this level",
    routes: [
      to(
        any,
        {},
        {
          request_headers_to_add: [
            add("x-a", "2", SET),
            add("x-b", "%REQ(x-a)%"),
            add("x-c", "100%% %REQ(:METHOD)% %REQ(:PATH)% %PROTOCOL%"),
            add("x-d", "%REQ(x-gone)%"),
          ],
          request_headers_to_remove: ["x-gone"],
        },
      ),
    ],
    cases: [
      {
        target: "/p?q",
        headers: { "x-a": "1", "x-gone": "g" },
        upstream: { "x-a": "2", "x-b": "1", "x-c": "100% GET /p?q HTTP/1.1", "x-d": null, "x-gone": null },
      },
    ],
  },
  {
    title: "levels: route, then virtual host, then route configuration",
    config: {
      request_headers_to_add: [add("x-l", "config"), add("x-s", "config", SET)],
      request_headers_to_remove: ["x-v"],
      response_headers_to_add: [add("x-rl", "config"), add("x-rs", "config", SET)],
    },
    hosts: [
      {
        name: "h",
        domains: ["*"],
        request_headers_to_add: [add("x-l", "host"), add("x-s", "host", SET), add("x-v", "host")],
        response_headers_to_add: [add("x-rl", "host"), add("x-rs", "host", SET)],
        routes: [
          to(
            any,
            {},
            {
              request_headers_to_add: [add("x-l", "route"), add("x-s", "route", SET)],
              response_headers_to_add: [add("x-rl", "route"), add("x-rs", "route", SET)],
            },
          ),
        ],
      },
    ],
    cases: [
      {
        target: "/",
        upstream: { "x-l": "route|host|config", "x-s": "config", "x-v": null },
        response: { "x-rl": "route|host|config", "x-rs": "config" },
      },
    ],
  },
  {
    title: "most_specific_header_mutations_wins",
    config: {
      most_specific_header_mutations_wins: true,
      request_headers_to_add: [add("x-l", "config"), add("x-s", "config", SET)],
      response_headers_to_add: [add("x-rl", "config"), add("x-rs", "config", SET)],
    },
    hosts: [
      {
        name: "h",
        domains: ["*"],
        request_headers_to_add: [add("x-l", "host"), add("x-s", "host", SET)],
        response_headers_to_add: [add("x-rl", "host"), add("x-rs", "host", SET)],
        routes: [
          to(
            any,
            {},
            {
              request_headers_to_add: [add("x-l", "route"), add("x-s", "route", SET)],
              response_headers_to_add: [add("x-rl", "route"), add("x-rs", "route", SET)],
            },
          ),
        ],
      },
    ],
    cases: [
      {
        target: "/",
        upstream: { "x-l": "config|host|route", "x-s": "route" },
        response: { "x-rl": "config|host|route", "x-rs": "route" },
      },
    ],
  },
  {
    title: "mutations come before host and path rewrites",
    routes: [
      to(
        { prefix: "/a" },
        { prefix_rewrite: "/b", host_rewrite_literal: "new.example" },
        { request_headers_to_add: [add("x-p", "%REQ(:PATH)%"), add("x-h", "%REQ(:AUTHORITY)%")] },
      ),
      to({ prefix: "/h" }, { host_rewrite_header: "x-to" }, { request_headers_to_add: [add("x-to", "made.example", SET)] }),
    ],
    cases: [
      { target: "/a/x", path: "/b/x", host: "new.example", upstream: { "x-p": "/a/x", "x-h": "example.com" } },
      { target: "/h", host: "made.example" },
    ],
  },
];

const weighted = (clusters: readonly object[], more: object = {}): object => ({
  match: any,
  route: { weighted_clusters: { clusters, ...more } },
});

const WEIGHTED: readonly ActionGroup[] = [
  {
    title: "weighted clusters by a header",
    routes: [
      {
        match: any,
        route: {
          weighted_clusters: {
            header_name: "x-random",
            clusters: [
              {
                name: CLUSTER,
                weight: 30,
                request_headers_to_add: [add("x-w", "a")],
                response_headers_to_add: [add("x-rw", "a")],
                host_rewrite_literal: "a.example",
              },
              { name: CLUSTER, weight: 0, request_headers_to_add: [add("x-w", "never")] },
              { name: CLUSTER, weight: 70, request_headers_to_add: [add("x-w", "b")], request_headers_to_remove: ["x-gone"] },
            ],
          },
        },
        request_headers_to_add: [add("x-w", "route"), add("x-host", "%REQ(:AUTHORITY)%")],
        response_headers_to_add: [add("x-rw", "route")],
      },
    ],
    cases: [
      {
        target: "/",
        headers: { "x-random": "0", "x-gone": "1" },
        host: "a.example",
        upstream: { "x-w": "a|route", "x-gone": "1", "x-host": "a.example", "x-envoy-original-host": null },
        response: { "x-rw": "a|route" },
      },
      { target: "/", headers: { "x-random": "29" }, upstream: { "x-w": "a|route" } },
      {
        target: "/",
        headers: { "x-random": "30", "x-gone": "1" },
        host: "example.com",
        upstream: { "x-w": "b|route", "x-gone": null },
      },
      { target: "/", headers: { "x-random": "99" }, upstream: { "x-w": "b|route" } },
      { target: "/", headers: { "x-random": "100" }, upstream: { "x-w": "a|route" } },
      { target: "/", headers: { "x-random": "1030" }, upstream: { "x-w": "b|route" } },
    ],
  },
  {
    title: "the only weighted cluster with a weight gets everything",
    routes: [
      weighted([
        { name: "none", weight: 0 },
        { name: CLUSTER, weight: 1, request_headers_to_add: [add("x-w", "1")] },
      ]),
    ],
    cases: [
      { target: "/", upstream: { "x-w": "1" } },
      { target: "/2", upstream: { "x-w": "1" } },
    ],
  },
  {
    title: "cluster by header",
    routes: [{ match: { prefix: "/c" }, route: { cluster_header: "x-cluster", cluster_not_found_response_code: "NOT_FOUND" } }],
    cases: [{ target: "/c", headers: { "x-cluster": CLUSTER }, path: "/c" }],
  },
];

/** All groups. */
export const ACTION_GROUPS: readonly ActionGroup[] = [...PATHS, ...HOSTS, ...REDIRECTS, ...MUTATIONS, ...WEIGHTED];

/** The route configuration of a group, in proto3-JSON. */
export function actionConfig(group: ActionGroup): object {
  return {
    name: "case",
    ...group.config,
    virtual_hosts: group.hosts ?? [{ name: "h", domains: ["*"], routes: group.routes ?? [] }],
  };
}
