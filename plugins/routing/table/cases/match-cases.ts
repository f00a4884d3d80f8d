/** A request: method, target, and headers (`host` is the authority; default example.com). */
export type CaseRequest = readonly [
  method: string,
  target: string,
  headers?: Readonly<Record<string, string | readonly string[]>>,
];

/** Routes, and which of them requests get: its name, or null. */
export interface MatchGroup {
  readonly title: string;
  /** Routes of a virtual host for `*`. A route without an action answers directly. */
  readonly routes?: readonly object[];
  /** Instead of `routes`: the virtual hosts. */
  readonly hosts?: readonly object[];
  /** Envoy refuses this configuration: what it means is our own. */
  readonly beyondEnvoy?: boolean;
  /** More fields of the route configuration. */
  readonly config?: object;
  readonly requests: readonly (readonly [...CaseRequest, expected: string | null])[];
}

type Headers = Readonly<Record<string, string | readonly string[]>>;
type Row = readonly [string, string, Headers, string | null];

const get = (target: string, expected: string | null, headers: Headers = {}): Row => ["GET", target, headers, expected];
const route = (name: string, match: object): object => ({ name, match });
const header = (name: string, matcher: object, headerName = "x-a"): object =>
  route(name, { prefix: "/", headers: [{ name: headerName, ...matcher }] });
const query = (name: string, matcher: object, parameter = "a"): object =>
  route(name, { prefix: "/", query_parameters: [{ name: parameter, ...matcher }] });
const rest = route("rest", { prefix: "/" });

/** Paths. */
const PATHS: readonly MatchGroup[] = [
  {
    title: "prefix",
    routes: [route("a", { prefix: "/a" }), route("ab", { prefix: "/ab" }), route("b", { prefix: "/b/" })],
    requests: [
      get("/a", "a"),
      get("/a/", "a"),
      get("/ab", "a"),
      get("/abc?x=1", "a"),
      get("/b", null),
      get("/b/", "b"),
      get("/b/c", "b"),
      get("/A", null),
      get("/", null),
      get("/a?b", "a"),
      get("/?/a", null),
    ],
  },
  {
    title: "the empty prefix matches every path",
    routes: [route("all", { prefix: "" })],
    requests: [get("/", "all"), get("/x", "all")],
  },
  {
    // Envoy's connection manager answers 404 to the asterisk before routing.
    title: "the empty prefix matches the asterisk",
    beyondEnvoy: true,
    routes: [route("all", { prefix: "" })],
    requests: [["OPTIONS", "*", {}, "all"]],
  },
  {
    title: "prefix / leaves the asterisk alone",
    routes: [rest],
    requests: [["OPTIONS", "*", {}, null], get("/", "rest")],
  },
  {
    title: "a prefix cannot reach into the query",
    routes: [route("q", { prefix: "/a?b" }), rest],
    requests: [get("/a?b", "rest"), get("/a?b=1", "rest")],
  },
  {
    title: "prefix in any case",
    routes: [route("a", { prefix: "/Api/", case_sensitive: false }), rest],
    requests: [get("/api/x", "a"), get("/API/x", "a"), get("/aPi/", "a"), get("/api", "rest")],
  },
  {
    title: "exact path",
    routes: [route("a", { path: "/a" }), route("a/", { path: "/a/" }), route("long", { path: "/a/b/c" })],
    requests: [
      get("/a", "a"),
      get("/a?", "a"),
      get("/a?b=c", "a"),
      get("/a/", "a/"),
      get("/a/b", null),
      get("/a/b/c", "long"),
      get("/a/b/c/", null),
      get("/a/b/C", null),
    ],
  },
  {
    title: "exact path in any case",
    routes: [route("a", { path: "/A/b", case_sensitive: false }), route("b", { path: "/a/b" })],
    requests: [get("/a/b", "a"), get("/A/B", "a"), get("/a/B?x", "a"), get("/a/b/", null)],
  },
  {
    title: "path_separated_prefix",
    routes: [route("dev", { path_separated_prefix: "/api/dev" })],
    requests: [
      get("/api/dev", "dev"),
      get("/api/dev/", "dev"),
      get("/api/dev/v1", "dev"),
      get("/api/dev?param=true", "dev"),
      get("/api/dev/?x", "dev"),
      get("/api/developer", null),
      get("/api/dev1", null),
      get("/api/de", null),
      get("/api", null),
      get("/API/dev", null),
    ],
  },
  {
    title: "path_separated_prefix in any case",
    routes: [route("dev", { path_separated_prefix: "/Api", case_sensitive: false })],
    requests: [get("/api/x", "dev"), get("/API", "dev"), get("/apix", null)],
  },
  {
    title: "expression: the whole path without query",
    routes: [route("a", { safe_regex: { regex: "/a[0-9]+" } }), route("png", { safe_regex: { regex: ".*\\.png" } })],
    requests: [
      get("/a1", "a"),
      get("/a123?x=y", "a"),
      get("/a", null),
      get("/a1b", null),
      get("/x/a1", null),
      get("/x.png", "png"),
      get("/x.png.gz", null),
      get("/x?y=.png", null),
      get("/x/y.png?v=2", "png"),
    ],
  },
  {
    title: "expression: alternatives, anchors, case, classes",
    routes: [
      route("v", { safe_regex: { regex: "^/(v1|v2)/users/[^/]+$" } }),
      route("ci", { safe_regex: { regex: "(?i)/shop(/.*)?" } }),
      route("lazy", { safe_regex: { regex: "/l/.*?/end" } }),
      route("count", { safe_regex: { regex: "/n/\\d{2,3}" } }),
      route("word", { safe_regex: { regex: "/w/\\w+-\\w+" } }),
    ],
    requests: [
      get("/v1/users/bob", "v"),
      get("/v2/users/bob", "v"),
      get("/v3/users/bob", null),
      get("/v1/users/bob/x", null),
      get("/v1/users/", null),
      get("/SHOP", "ci"),
      get("/shop/1/2", "ci"),
      get("/shopping", null),
      get("/l/a/b/end", "lazy"),
      get("/l//end", "lazy"),
      get("/l/end", null),
      get("/n/1", null),
      get("/n/12", "count"),
      get("/n/123", "count"),
      get("/n/1234", null),
      get("/w/ab-cd", "word"),
      get("/w/ab-", null),
    ],
  },
  {
    title: "case_sensitive does not change expressions",
    routes: [route("a", { safe_regex: { regex: "/a" }, case_sensitive: false })],
    requests: [get("/a", "a"), get("/A", null)],
  },
  {
    title: "the first route that matches wins, whatever its kind",
    routes: [
      route("re", { safe_regex: { regex: "/x/[a-c]+" } }),
      route("exact", { path: "/x/abc" }),
      route("exact2", { path: "/x/d" }),
      route("prefix", { prefix: "/x" }),
      route("late", { path: "/x/e" }),
    ],
    requests: [get("/x/abc", "re"), get("/x/d", "exact2"), get("/x/e", "prefix"), get("/x", "prefix"), get("/y", null)],
  },
  {
    title: "shorter prefix first",
    routes: [route("short", { prefix: "/a" }), route("long", { prefix: "/a/b" }), route("exact", { path: "/a/b/c" })],
    requests: [get("/a/b", "short"), get("/a/b/c", "short")],
  },
  {
    title: "path parameters count as path",
    routes: [route("a", { path: "/a" }), route("p", { prefix: "/a;" }), rest],
    requests: [get("/a;x=1", "p"), get("/a", "a")],
  },
  {
    title: "ignore_path_parameters_in_path_matching",
    config: { ignore_path_parameters_in_path_matching: true },
    routes: [
      route("a", { path: "/a" }),
      route("s", { path_separated_prefix: "/s/t" }),
      route("r", { safe_regex: { regex: "/r/[^/]+" } }),
      route("b", { prefix: "/b/c" }),
    ],
    requests: [
      get("/a;x=1", "a"),
      get("/a;x=1?y", "a"),
      get("/a;x/b", null),
      get("/b;x/c;y/d?e;f", "b"),
      get("/s/t;v=1", "s"),
      get("/s/t;v=1/u", "s"),
      get("/r/x;y/z", null),
      get("/r/x;y", "r"),
      get("/b/c;d", "b"),
      get("/b;x/c", "b"),
    ],
  },
  {
    title: "bytes beyond ASCII arrive as UTF-8",
    routes: [route("cafe", { path: "/caf%C3%A9" }), route("esc", { safe_regex: { regex: "/x/%[0-9A-F]{2}" } }), rest],
    requests: [get("/caf%C3%A9", "cafe"), get("/x/%20", "esc"), get("/x/%2g", "rest")],
  },
];

const s = (matcher: object): object => ({ string_match: matcher });

/** Headers. */
const HEADERS: readonly MatchGroup[] = [
  {
    title: "header present",
    routes: [header("a", { present_match: true })],
    requests: [get("/", null), get("/", "a", { "x-a": "1" }), get("/", "a", { "x-a": "" })],
  },
  {
    title: "header absent",
    routes: [header("a", { present_match: false })],
    requests: [get("/", "a"), get("/", null, { "x-a": "1" })],
  },
  {
    title: "no specifier means present",
    routes: [header("a", {})],
    requests: [get("/", null), get("/", "a", { "x-a": "q" })],
  },
  {
    title: "present, inverted",
    routes: [header("a", { present_match: true, invert_match: true })],
    requests: [get("/", "a"), get("/", null, { "x-a": "1" })],
  },
  {
    title: "absent, inverted",
    routes: [header("a", { present_match: false, invert_match: true })],
    requests: [get("/", null), get("/", "a", { "x-a": "1" })],
  },
  {
    title: "exact",
    routes: [header("a", s({ exact: "one" }))],
    requests: [
      get("/", "a", { "x-a": "one" }),
      get("/", null, { "x-a": "One" }),
      get("/", null, { "x-a": "one2" }),
      get("/", null),
    ],
  },
  {
    title: "exact in any case",
    routes: [header("a", s({ exact: "One", ignore_case: true }))],
    requests: [get("/", "a", { "x-a": "oNE" }), get("/", null, { "x-a": "onee" })],
  },
  {
    title: "exact, inverted: a missing header does not match",
    routes: [header("a", { ...s({ exact: "one" }), invert_match: true })],
    requests: [get("/", null, { "x-a": "one" }), get("/", "a", { "x-a": "two" }), get("/", null)],
  },
  {
    title: "exact, inverted, missing as empty",
    routes: [header("a", { ...s({ exact: "one" }), invert_match: true, treat_missing_header_as_empty: true })],
    requests: [get("/", null, { "x-a": "one" }), get("/", "a", { "x-a": "two" }), get("/", "a")],
  },
  {
    title: "exact empty value",
    routes: [header("a", s({ exact: "" }))],
    requests: [get("/", "a", { "x-a": "" }), get("/", null, { "x-a": "x" }), get("/", null)],
  },
  {
    title: "missing as empty",
    routes: [header("a", { ...s({ safe_regex: { regex: "^$" } }), treat_missing_header_as_empty: true })],
    requests: [get("/", "a"), get("/", "a", { "x-a": "" }), get("/", null, { "x-a": "x" })],
  },
  {
    title: "missing as empty counts as present",
    routes: [header("a", { present_match: true, treat_missing_header_as_empty: true })],
    requests: [get("/", "a"), get("/", "a", { "x-a": "1" })],
  },
  {
    title: "missing as empty is never absent",
    routes: [header("a", { present_match: false, treat_missing_header_as_empty: true })],
    requests: [get("/", null), get("/", null, { "x-a": "1" })],
  },
  {
    title: "prefix, suffix, contains",
    routes: [
      header("p", s({ prefix: "ab" })),
      header("s", s({ suffix: "yz" })),
      header("c", s({ contains: "mn" })),
      header("pi", s({ prefix: "QR", ignore_case: true })),
      header("si", s({ suffix: "TU", ignore_case: true })),
      header("ci", s({ contains: "KL", ignore_case: true })),
    ],
    requests: [
      get("/", "p", { "x-a": "abc" }),
      get("/", "s", { "x-a": "xyz" }),
      get("/", "c", { "x-a": "lmno" }),
      get("/", "pi", { "x-a": "qrs" }),
      get("/", "si", { "x-a": "stu" }),
      get("/", "ci", { "x-a": "jkl." }),
      get("/", null, { "x-a": "AB" }),
      get("/", null, { "x-a": "" }),
    ],
  },
  {
    title: "expression",
    routes: [header("a", s({ safe_regex: { regex: "[a-z]+-\\d+" } }))],
    requests: [get("/", "a", { "x-a": "ab-12" }), get("/", null, { "x-a": "ab-12!" }), get("/", null, { "x-a": "xx ab-12" })],
  },
  {
    title: "each value counts for itself",
    routes: [
      header("not-9", { ...s({ exact: "9" }), invert_match: true }, "x-b"),
      header("joined", s({ exact: "1,2" })),
      header("one", s({ exact: "1" })),
      header("range", { range_match: { start: 5, end: 7 } }),
    ],
    requests: [
      get("/", "one", { "x-a": ["1", "2"] }),
      get("/", "one", { "x-a": ["2", "1"] }),
      get("/", "joined", { "x-a": "1,2" }),
      get("/", null, { "x-a": ["2", "3"] }),
      get("/", "range", { "x-a": ["x", "6"] }),
      get("/", "not-9", { "x-b": ["7", "8"] }),
      get("/", null, { "x-b": ["8", "9"] }),
    ],
  },
  {
    title: "range",
    routes: [header("r", { range_match: { start: -10, end: 10 } })],
    requests: [
      get("/", "r", { "x-a": "-10" }),
      get("/", "r", { "x-a": "9" }),
      get("/", "r", { "x-a": "+9" }),
      get("/", "r", { "x-a": "007" }),
      get("/", null, { "x-a": "10" }),
      get("/", null, { "x-a": "-11" }),
      get("/", null, { "x-a": "1.5" }),
      get("/", null, { "x-a": "5x" }),
      get("/", null, { "x-a": "" }),
      get("/", null, { "x-a": "0x5" }),
      get("/", null, { "x-a": "99999999999999999999999" }),
      get("/", null, { "x-a": "-" }),
      get("/", null),
    ],
  },
  {
    title: "range, inverted",
    routes: [header("r", { range_match: { start: 0, end: 10 }, invert_match: true, treat_missing_header_as_empty: true })],
    requests: [get("/", "r", { "x-a": "10" }), get("/", null, { "x-a": "5" }), get("/", "r", { "x-a": "abc" }), get("/", "r")],
  },
  {
    title: "range from a big number",
    routes: [header("r", { range_match: { start: "9007199254740992", end: "9223372036854775807" } })],
    requests: [get("/", "r", { "x-a": "9107199254740993" }), get("/", null, { "x-a": "9007199254740991" })],
  },
  {
    title: "pseudo-headers and host",
    routes: [
      header("post", s({ exact: "POST" }), ":method"),
      header("auth", s({ prefix: "admin." }), ":authority"),
      header("host", s({ exact: "h.example" }), "host"),
      header("path", s({ contains: "secret=1" }), ":path"),
      header("https", s({ exact: "https" }), ":scheme"),
    ],
    requests: [
      ["POST", "/", {}, "post"],
      get("/", "auth", { host: "admin.example" }),
      get("/", "host", { host: "h.example" }),
      get("/a?secret=1", "path"),
      get("/", null),
    ],
  },
  {
    title: "all header matchers must hold",
    routes: [
      route("both", {
        prefix: "/",
        headers: [
          { name: "x-a", string_match: { exact: "1" } },
          { name: "x-b", present_match: true },
        ],
      }),
      header("one", s({ exact: "1" })),
    ],
    requests: [get("/", "both", { "x-a": "1", "x-b": "" }), get("/", "one", { "x-a": "1" }), get("/", null, { "x-b": "1" })],
  },
  {
    title: "header names in any case",
    routes: [header("a", s({ exact: "1" }), "X-Upper")],
    requests: [get("/", "a", { "x-upper": "1" }), get("/", "a", { "X-UPPER": "1" })],
  },
  {
    title: "many tenants by header on one prefix",
    routes: [
      ...Array.from({ length: 20 }, (_, i) => header(`t${i}`, s({ exact: `t${i}` }), "x-tenant")),
      route("t3-admin", { prefix: "/admin", headers: [{ name: "x-tenant", string_match: { exact: "t3" } }] }),
      header("dup", s({ exact: "t4" }), "x-tenant"),
      rest,
      header("after", s({ exact: "t99" }), "x-tenant"),
    ],
    requests: [
      get("/", "t0", { "x-tenant": "t0" }),
      get("/", "t19", { "x-tenant": "t19" }),
      get("/admin", "t3", { "x-tenant": "t3" }),
      get("/", "t4", { "x-tenant": "t4" }),
      get("/", "t2", { "x-tenant": ["t5", "none", "t2"] }),
      get("/", "rest", { "x-tenant": "t99" }),
      get("/", "rest"),
    ],
  },
];

/** Query parameters and cookies. */
const QUERIES: readonly MatchGroup[] = [
  {
    title: "query parameter present",
    routes: [query("a", { present_match: true })],
    requests: [
      get("/", null),
      get("/?a", "a"),
      get("/?a=", "a"),
      get("/?a=1", "a"),
      get("/?b=1&a=2", "a"),
      get("/?b=1&a", "a"),
      get("/?aa=1", null),
      get("/?b=a", null),
      get("/?A=1", null),
      get("/?&a", "a"),
      get("/?b?a", null),
    ],
  },
  { title: "no specifier means present", routes: [query("a", {})], requests: [get("/?a=1", "a"), get("/?b", null)] },
  {
    title: "query parameter absent",
    routes: [query("a", { present_match: false })],
    requests: [get("/", "a"), get("/?b", "a"), get("/?a", null)],
  },
  {
    title: "query parameter exact: the first value counts, nothing is decoded",
    routes: [query("a", s({ exact: "1" })), query("plus", s({ exact: "x+y" })), query("esc", s({ exact: "%20" }))],
    requests: [
      get("/?a=1", "a"),
      get("/?a=1&a=2", "a"),
      get("/?a=2&a=1", null),
      get("/?b=0&a=1", "a"),
      get("/?a=12", null),
      get("/?a=", null),
      get("/?a", null),
      get("/?a=x+y", "plus"),
      get("/?a=%20", "esc"),
      get("/?a=%31", null),
      get("/?a=1=2", null),
    ],
  },
  {
    title: "query parameter: other string matches",
    routes: [
      query("p", s({ prefix: "pre" })),
      query("x", s({ suffix: "suf" })),
      query("c", s({ contains: "mid" })),
      query("r", s({ safe_regex: { regex: "[0-9]{3}" } })),
      query("i", s({ exact: "YES", ignore_case: true })),
      query("empty", s({ exact: "" })),
    ],
    requests: [
      get("/?a=prefix", "p"),
      get("/?a=xsuf&b=1", "x"),
      get("/?a=xmidx", "c"),
      get("/?a=123", "r"),
      get("/?a=1234", null),
      get("/?a=yes", "i"),
      get("/?a", "empty"),
      get("/?a=", "empty"),
    ],
  },
  {
    title: "all query parameters must match",
    routes: [
      route("ab", {
        path: "/x",
        query_parameters: [
          { name: "a", string_match: { exact: "1" } },
          { name: "b", present_match: true },
        ],
      }),
    ],
    requests: [get("/x?a=1&b", "ab"), get("/x?b=2&a=1", "ab"), get("/x?a=1", null), get("/y?a=1&b", null)],
  },
  {
    title: "many routes by query parameter on one path",
    routes: [
      ...Array.from({ length: 12 }, (_, i) =>
        route(`v${i}`, { path: "/api", query_parameters: [{ name: "version", string_match: { exact: `${i}` } }] }),
      ),
      route("default", { path: "/api" }),
    ],
    requests: [
      get("/api?version=0", "v0"),
      get("/api?version=11", "v11"),
      get("/api?version=1", "v1"),
      get("/api?version=12", "default"),
      get("/api?x=1&version=7&y", "v7"),
      get("/api?version", "default"),
      get("/api", "default"),
      get("/api/?version=1", null),
    ],
  },
  {
    title: "cookies",
    routes: [
      route("c", { prefix: "/", cookies: [{ name: "session", string_match: { exact: "abc" } }] }),
      route("p", { prefix: "/", cookies: [{ name: "group", string_match: { prefix: "b" } }] }),
      route("not", { prefix: "/inv", cookies: [{ name: "session", string_match: { exact: "zzz" }, invert_match: true }] }),
    ],
    requests: [
      get("/", "c", { cookie: "session=abc" }),
      get("/", "c", { cookie: "a=1; session=abc; b=2" }),
      get("/", "c", { cookie: 'session="abc"' }),
      get("/", "c", { cookie: "session=abc; session=def" }),
      get("/", null, { cookie: "session=def; session=abc" }),
      get("/", null, { cookie: "xsession=abc" }),
      get("/", "p", { cookie: "group=beta" }),
      get("/", null, { cookie: "Session=abc" }),
      get("/", null),
      get("/inv", "not"),
      get("/inv", "not", { cookie: "session=q" }),
      get("/inv", null, { cookie: "session=zzz" }),
    ],
  },
];

/** Virtual hosts. */
const host = (name: string, domains: readonly string[], more: object = {}): object => ({
  name,
  domains,
  routes: [route(name, { prefix: "/" })],
  ...more,
});
const at = (authority: string, expected: string | null): Row => get("/", expected, { host: authority });

const HOSTS: readonly MatchGroup[] = [
  {
    title: "exact, then suffix, then prefix, then *",
    hosts: [
      host("exact", ["www.foo.com"]),
      host("suffix", ["*.foo.com", "*-bar.foo.com"]),
      host("long", ["*.a.foo.com"]),
      host("prefix", ["www.*", "www.foo.*"]),
      host("any", ["*"]),
    ],
    requests: [
      at("www.foo.com", "exact"),
      at("WWW.Foo.COM", "exact"),
      at("api.foo.com", "suffix"),
      at("x-bar.foo.com", "suffix"),
      at("x.a.foo.com", "long"),
      at("a.foo.com", "suffix"),
      at(".foo.com", "any"),
      at("foo.com", "any"),
      at("www.org", "prefix"),
      at("www.", "any"),
      at("www.foo.org", "prefix"),
      at("other", "any"),
      at("www.foo.com:80", "prefix"),
      at("api.foo.com:8080", "any"),
    ],
  },
  {
    title: "without * nothing else matches",
    hosts: [host("a", ["a.com", "A2.com"])],
    requests: [at("a.com", "a"), at("a2.COM", "a"), at("b.com", null), at("a.com.", null)],
  },
  {
    title: "ports as written",
    hosts: [host("p", ["a.com:8080"]), host("n", ["a.com"])],
    requests: [at("a.com:8080", "p"), at("a.com", "n"), at("a.com:81", null)],
  },
  {
    title: "ignore_port_in_host_matching",
    config: { ignore_port_in_host_matching: true },
    hosts: [host("a", ["a.com"]), host("w", ["*.b.com"]), host("six", ["[::1]"])],
    requests: [
      at("a.com", "a"),
      at("a.com:8080", "a"),
      at("x.b.com:1", "w"),
      at("[::1]:80", "six"),
      at("[::1]", "six"),
      at("c.com:1", null),
    ],
  },
  {
    title: "wildcards of equal length and nested ones",
    hosts: [host("s1", ["*.example.com"]), host("s2", ["*.b.example.com"]), host("p1", ["a.*"]), host("p2", ["a.b.*"])],
    requests: [
      at("x.example.com", "s1"),
      at("x.b.example.com", "s2"),
      at("a.x", "p1"),
      at("a.b.x", "p2"),
      at("a.example.com", "s1"),
      at("a.b", "p1"),
      at("zz", null),
    ],
  },
  {
    title: "a host whose routes do not match is not given up for another",
    hosts: [{ name: "h", domains: ["h.com"], routes: [route("x", { path: "/x" })] }, host("any", ["*"])],
    requests: [at("h.com", null), ["GET", "/x", { host: "h.com" }, "x"], at("i.com", "any")],
  },
  {
    title: "vhost_header",
    config: { vhost_header: "x-vhost" },
    hosts: [host("a", ["a"]), host("w", ["*.w"]), host("any", ["*"])],
    requests: [
      get("/", "a", { "x-vhost": "a" }),
      get("/", "a", { "x-vhost": "A", host: "w" }),
      get("/", "w", { "x-vhost": "q.w" }),
      get("/", "any", { "x-vhost": "none" }),
    ],
  },
];

/** Everything else that a match may ask for. */
const OTHERS: readonly MatchGroup[] = [
  {
    title: "gRPC",
    routes: [route("g", { prefix: "/", grpc: {} }), rest],
    requests: [
      get("/", "g", { "content-type": "application/grpc" }),
      get("/", "g", { "content-type": "application/grpc+proto" }),
      get("/", "rest", { "content-type": "application/grpc-web" }),
      get("/", "rest", { "content-type": "application/json" }),
      get("/", "rest"),
    ],
  },
  {
    title: "runtime_fraction of nothing and everything",
    routes: [
      route("none", { prefix: "/", runtime_fraction: { default_value: { numerator: 0 } } }),
      route("all", { prefix: "/", runtime_fraction: { default_value: { numerator: 100 } } }),
    ],
    requests: [get("/", "all")],
  },
  {
    title: "client certificate",
    routes: [
      route("yes", { prefix: "/", tls_context: { presented: true } }),
      route("no", { prefix: "/", tls_context: { presented: false, validated: false } }),
    ],
    requests: [get("/", "no")],
  },
  {
    title: "dynamic metadata and filter state that nobody set",
    routes: [
      route("m", {
        prefix: "/",
        dynamic_metadata: [{ filter: "f", path: [{ key: "k" }], value: { string_match: { exact: "v" } } }],
      }),
      route("fs", { prefix: "/", filter_state: [{ key: "k", string_match: { exact: "v" } }] }),
      route("inv", {
        prefix: "/",
        dynamic_metadata: [{ filter: "f", path: [{ key: "k" }], value: { present_match: true }, invert: true }],
      }),
    ],
    requests: [get("/", "inv")],
  },
];

const HEADER_INPUT = (name: string): object => ({
  name: "request-headers",
  typed_config: { "@type": "type.googleapis.com/envoy.type.matcher.v3.HttpRequestHeaderMatchInput", header_name: name },
});
const QUERY_INPUT = (name: string): object => ({
  name: "query-params",
  typed_config: { "@type": "type.googleapis.com/envoy.type.matcher.v3.HttpRequestQueryParamMatchInput", query_param: name },
});
const ACTION = (name: string, match: object = { prefix: "/" }): object => ({
  action: {
    name: "route",
    typed_config: {
      "@type": "type.googleapis.com/envoy.config.route.v3.Route",
      name,
      match,
      direct_response: { status: 200, body: { inline_string: name } },
    },
  },
});
const LIST = (...routes: readonly (readonly [string, object])[]): object => ({
  action: {
    name: "routes",
    typed_config: {
      "@type": "type.googleapis.com/envoy.config.route.v3.RouteList",
      routes: routes.map(([name, match]) => ({ name, match, direct_response: { status: 200, body: { inline_string: name } } })),
    },
  },
});
const tree = (matcher: object): readonly object[] => [{ name: "h", domains: ["*"], matcher }];
const single = (input: object, value: object): object => ({ single_predicate: { input, value_match: value } });

/** Matcher trees. */
const TREES: readonly MatchGroup[] = [
  {
    title: "exact match map over a header",
    hosts: tree({
      matcher_tree: { input: HEADER_INPUT("x-a"), exact_match_map: { map: { one: ACTION("one"), two: ACTION("two") } } },
      on_no_match: ACTION("none"),
    }),
    requests: [
      get("/", "one", { "x-a": "one" }),
      get("/", "two", { "x-a": "two" }),
      get("/", "none", { "x-a": "three" }),
      get("/", "none"),
    ],
  },
  {
    title: "prefix match map over the path: the longest prefix wins, a miss below it gives way",
    hosts: tree({
      matcher_tree: {
        input: HEADER_INPUT(":path"),
        prefix_match_map: {
          map: {
            "/a": ACTION("a"),
            "/a/b": ACTION("ab"),
            "/a/b/c": {
              matcher: { matcher_tree: { input: HEADER_INPUT("x-a"), exact_match_map: { map: { yes: ACTION("abc") } } } },
            },
          },
        },
      },
    }),
    requests: [
      get("/a", "a"),
      get("/a/b", "ab"),
      get("/a/bc", "ab"),
      get("/a/b/c", "abc", { "x-a": "yes" }),
      get("/a/b/c", "ab", { "x-a": "no" }),
      get("/x", null),
    ],
  },
  {
    title: "list of predicates with and, or, not",
    hosts: tree({
      matcher_list: {
        matchers: [
          {
            predicate: {
              and_matcher: {
                predicate: [single(HEADER_INPUT("x-a"), { exact: "1" }), single(HEADER_INPUT("x-b"), { prefix: "b" })],
              },
            },
            on_match: ACTION("and"),
          },
          {
            predicate: {
              or_matcher: {
                predicate: [single(HEADER_INPUT("x-a"), { exact: "2" }), single(HEADER_INPUT("x-b"), { suffix: "z" })],
              },
            },
            on_match: ACTION("or"),
          },
          { predicate: { not_matcher: single(HEADER_INPUT("x-c"), { contains: "c" }) }, on_match: ACTION("not") },
        ],
      },
      on_no_match: ACTION("otherwise"),
    }),
    requests: [
      get("/", "and", { "x-a": "1", "x-b": "bz" }),
      get("/", "or", { "x-a": "2" }),
      get("/", "or", { "x-a": "1", "x-b": "z" }),
      get("/", "not"),
      get("/", "not", { "x-c": "x" }),
      get("/", "otherwise", { "x-c": "abc" }),
    ],
  },
  {
    title: "a nested matcher that comes to nothing leaves the turn to the next one",
    hosts: tree({
      matcher_list: {
        matchers: [
          {
            predicate: single(HEADER_INPUT("x-a"), { prefix: "1" }),
            on_match: {
              matcher: { matcher_tree: { input: HEADER_INPUT("x-b"), exact_match_map: { map: { b: ACTION("nested") } } } },
            },
          },
          { predicate: single(HEADER_INPUT("x-a"), { prefix: "1" }), on_match: ACTION("second") },
        ],
      },
      on_no_match: ACTION("otherwise"),
    }),
    requests: [
      get("/", "nested", { "x-a": "1", "x-b": "b" }),
      get("/", "second", { "x-a": "1", "x-b": "c" }),
      get("/", "otherwise", { "x-a": "2" }),
    ],
  },
  {
    title: "the route's own match counts too, and lists are tried in order",
    hosts: tree({
      matcher_tree: {
        input: HEADER_INPUT("x-v"),
        exact_match_map: {
          map: {
            "1": ACTION("one", { prefix: "/one" }),
            "2": LIST(["two-x", { path: "/x" }], ["two", { prefix: "/" }]),
          },
        },
      },
      on_no_match: ACTION("none"),
    }),
    requests: [
      get("/one", "one", { "x-v": "1" }),
      get("/two", null, { "x-v": "1" }),
      get("/x", "two-x", { "x-v": "2" }),
      get("/y", "two", { "x-v": "2" }),
      get("/y", "none"),
    ],
  },
  {
    title: "query parameter as input: decoded",
    beyondEnvoy: true,
    hosts: tree({
      matcher_tree: { input: QUERY_INPUT("v"), exact_match_map: { map: { "1": ACTION("one"), "a b": ACTION("blank") } } },
    }),
    requests: [get("/?v=1", "one"), get("/?q=1&v=1", "one"), get("/?v=a%20b", "blank"), get("/?v=2", null), get("/", null)],
  },
  {
    title: "source address",
    beyondEnvoy: true,
    hosts: tree({
      matcher_list: {
        matchers: [
          {
            predicate: {
              single_predicate: {
                input: {
                  name: "ip",
                  typed_config: {
                    "@type": "type.googleapis.com/envoy.extensions.matching.common_inputs.network.v3.SourceIPInput",
                  },
                },
                custom_match: {
                  name: "ip",
                  typed_config: {
                    "@type": "type.googleapis.com/envoy.extensions.matching.input_matchers.ip.v3.Ip",
                    cidr_ranges: [{ address_prefix: "127.0.0.0", prefix_len: 8 }],
                    stat_prefix: "x",
                  },
                },
              },
            },
            on_match: ACTION("local"),
          },
        ],
      },
      on_no_match: ACTION("remote"),
    }),
    requests: [get("/", "local")],
  },
];

/** All groups. */
export const MATCH_GROUPS: readonly MatchGroup[] = [...PATHS, ...HEADERS, ...QUERIES, ...HOSTS, ...OTHERS, ...TREES];

/** The route configuration of a group, in proto3-JSON. */
export function groupConfig(group: MatchGroup): object {
  const withAction = (given: object): object => {
    const { name, ...more } = given as { name: string };
    return { name, direct_response: { status: 200, body: { inline_string: name } }, ...more };
  };
  const hosts = group.hosts ?? [{ name: "h", domains: ["*"], routes: group.routes ?? [] }];
  return {
    name: "case",
    ...group.config,
    virtual_hosts: hosts.map((given) => {
      const vhost = given as { routes?: readonly object[] };
      return vhost.routes === undefined ? vhost : { ...vhost, routes: vhost.routes.map(withAction) };
    }),
  };
}
