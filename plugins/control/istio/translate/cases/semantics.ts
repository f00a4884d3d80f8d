/** What becomes of a request. What is not given is not looked at. */
export interface Want {
  /** The destination: `a`, `a:81`, `a/v2`, or `a*20 b*80` by weight. */
  readonly to?: string;
  /** Status of an answer without upstream; 404 when no route matches. */
  readonly status?: number;
  readonly location?: string;
  readonly body?: string;
  /** As they go upstream. */
  readonly path?: string;
  readonly host?: string;
  /** Request headers as they go upstream: values joined by "|"; null: not there. */
  readonly upstream?: Readonly<Record<string, string | null>>;
  /** Response headers, of an upstream that answers `x-up: 1` and `server-id: s`. */
  readonly response?: Readonly<Record<string, string | null>>;
  /** What the route resource holds, in Envoy's words. */
  readonly route?: object;
  readonly name?: string;
}

/** Field of the section and what it says; the request; what becomes of it. */
export type Row = readonly [claim: string, request: string, want: Want];

/** Rows that share their objects and the page that says what is expected. */
export interface SemanticsGroup {
  /** Page of istio.io's reference and section of it. */
  readonly source: string;
  readonly title: string;
  /** The `http` list of the VirtualService, or with `objects` whole objects. */
  readonly http?: string;
  readonly hosts?: string;
  readonly objects?: string;
  readonly rows: readonly Row[];
}

const VS = "networking/virtual-service";
const to = (name: string): string => `route: [{ destination: { host: ${name} } }]`;

export const MATCHES: readonly SemanticsGroup[] = [
  {
    source: `${VS}/#StringMatch`,
    title: "exact, prefix and regex of a uri",
    http: `
- match: [{ uri: { exact: /exact } }]
  ${to("a")}
- match: [{ uri: { prefix: /prefix } }]
  ${to("b")}
- match: [{ uri: { regex: "/r[0-9]+/x" } }]
  ${to("c")}`,
    rows: [
      ["exact: the whole path", "GET /exact", { to: "a" }],
      ["exact: nothing longer", "GET /exact/more", { status: 404 }],
      ["exact: not with a slash at the end", "GET /exact/", { status: 404 }],
      ["exact: case matters", "GET /Exact", { status: 404 }],
      ["exact: the query is not part of it", "GET /exact?a=b", { to: "a" }],
      ["prefix: the path itself", "GET /prefix", { to: "b" }],
      ["prefix: what begins with it", "GET /prefix/more", { to: "b" }],
      ["prefix: also within a segment", "GET /prefixed", { to: "b" }],
      ["prefix: only at the beginning", "GET /x/prefix", { status: 404 }],
      ["regex: RE2 style, the whole path", "GET /r12/x", { to: "c" }],
      ["regex: not a part of it", "GET /r12/xy", { status: 404 }],
      ["regex: not without what it asks for", "GET /r/x", { status: 404 }],
      ["regex: the query is not part of it", "GET /r1/x?y=1", { to: "c" }],
    ],
  },
  {
    source: `${VS}/#HTTPMatchRequest`,
    title: "ignoreUriCase",
    http: `
- match: [{ uri: { exact: /Exact }, ignoreUriCase: true }]
  ${to("a")}
- match: [{ uri: { prefix: /Prefix/ }, ignoreUriCase: true }]
  ${to("b")}
- match: [{ uri: { regex: /Regex }, ignoreUriCase: true }]
  ${to("c")}`,
    rows: [
      ["ignoreUriCase: exact in another case", "GET /eXaCt", { to: "a" }],
      ["ignoreUriCase: prefix in another case", "GET /PREFIX/x", { to: "b" }],
      ["ignoreUriCase: the flag is for exact and prefix only", "GET /regex", { status: 404 }],
      ["ignoreUriCase: a regex as it is written", "GET /Regex", { to: "c" }],
    ],
  },
  {
    source: `${VS}/#HTTPMatchRequest`,
    title: "method, scheme and authority",
    http: `
- match: [{ method: { exact: POST } }]
  ${to("a")}
- match: [{ method: { regex: "PUT|PATCH" } }]
  ${to("b")}
- match: [{ scheme: { exact: https } }]
  ${to("c")}
- match: [{ authority: { exact: only.example.com } }]
  ${to("d")}
- match: [{ authority: { prefix: shop. } }]
  ${to("a")}`,
    rows: [
      ["method: exact", "POST /", { to: "a" }],
      ["method: another one", "GET /", { status: 404 }],
      ["method: regex", "PATCH /", { to: "b" }],
      ["method: regex matches the whole", "PUTX /", { status: 404 }],
      ["method: values are case-sensitive", "post /", { status: 404 }],
      ["scheme: exact", "GET / :scheme=https", { to: "c" }],
      ["authority: exact", "GET / host=only.example.com", { to: "d" }],
      ["authority: prefix", "GET / host=shop.example.com", { to: "a" }],
      ["authority: values are case-sensitive", "GET / host=SHOP.example.com", { status: 404 }],
    ],
  },
  {
    source: `${VS}/#HTTPMatchRequest`,
    title: "headers",
    http: `
- match: [{ headers: { x-exact: { exact: one } } }]
  ${to("a")}
- match: [{ headers: { x-prefix: { prefix: two } } }]
  ${to("b")}
- match: [{ headers: { x-regex: { regex: "th.*e" } } }]
  ${to("c")}
- match: [{ headers: { x-there: {} } }]
  ${to("d")}
- match: [{ headers: { x-star: { regex: "*" } } }]
  ${to("d")}
- match: [{ headers: { x-both: { exact: "1" }, x-other: { exact: "2" } } }]
  ${to("a")}`,
    rows: [
      ["headers: exact", "GET / x-exact=one", { to: "a" }],
      ["headers: exact and no other value", "GET / x-exact=ones", { status: 404 }],
      ["headers: values are case-sensitive", "GET / x-exact=One", { status: 404 }],
      ["headers: names are not", "GET / X-Exact=one", { to: "a" }],
      ["headers: prefix", "GET / x-prefix=twofold", { to: "b" }],
      ["headers: regex of the whole value", "GET / x-regex=three", { to: "c" }],
      ["headers: regex, not of a part", "GET / x-regex=three!", { status: 404 }],
      ["headers: an empty match asks for presence", "GET / x-there=anything", { to: "d" }],
      ["headers: presence with an empty value", "GET / x-there=", { to: "d" }],
      ["headers: absent", "GET /", { status: 404 }],
      ["headers: `*` as a regex asks for presence", "GET / x-star=any", { to: "d" }],
      ["headers: all of a match must hold", "GET / x-both=1 x-other=2", { to: "a" }],
      ["headers: one alone is not enough", "GET / x-both=1", { status: 404 }],
    ],
  },
  {
    source: `${VS}/#HTTPMatchRequest`,
    title: "withoutHeaders",
    http: `
- match: [{ uri: { prefix: /value }, withoutHeaders: { x-w: { exact: bad } } }]
  ${to("a")}
- match: [{ uri: { prefix: /there }, withoutHeaders: { x-w: {} } }]
  ${to("b")}
- match: [{ uri: { prefix: /two }, withoutHeaders: { x-w: { prefix: b }, x-v: {} } }]
  ${to("c")}
- match: [{ uri: { prefix: /mixed }, headers: { x-h: {} }, withoutHeaders: { x-w: { regex: "b.*" } } }]
  ${to("d")}`,
    rows: [
      ["withoutHeaders: the value that excludes", "GET /value x-w=bad", { status: 404 }],
      ["withoutHeaders: another value", "GET /value x-w=good", { to: "a" }],
      ["withoutHeaders: no such header", "GET /value", { to: "a" }],
      ["withoutHeaders: presence excludes", "GET /there x-w=any", { status: 404 }],
      ["withoutHeaders: absence", "GET /there", { to: "b" }],
      ["withoutHeaders: none of several may match", "GET /two x-v=1", { status: 404 }],
      ["withoutHeaders: none of several may match", "GET /two x-w=bee", { status: 404 }],
      ["withoutHeaders: none of several matches", "GET /two x-w=a", { to: "c" }],
      ["withoutHeaders: beside headers", "GET /mixed x-h=1", { to: "d" }],
      ["withoutHeaders: beside headers", "GET /mixed x-h=1 x-w=bad", { status: 404 }],
      ["withoutHeaders: beside headers", "GET /mixed x-w=good", { status: 404 }],
    ],
  },
  {
    source: `${VS}/#HTTPMatchRequest`,
    title: "queryParams",
    http: `
- match: [{ queryParams: { key: { exact: "true" } } }]
  ${to("a")}
- match: [{ queryParams: { id: { regex: "[0-9]+$" } } }]
  ${to("b")}
- match: [{ queryParams: { flag: { exact: "" } } }]
  ${to("c")}
- match: [{ queryParams: { pre: { prefix: ab } } }]
  ${to("d")}
- match: [{ queryParams: { there: {} } }]
  ${to("a")}`,
    rows: [
      ["queryParams: exact", "GET /?key=true", { to: "a" }],
      ["queryParams: exact, another value", "GET /?key=false", { status: 404 }],
      ["queryParams: among others", "GET /?x=1&key=true&y=2", { to: "a" }],
      ["queryParams: regex", "GET /?id=123", { to: "b" }],
      ["queryParams: regex of the whole value", "GET /?id=a1", { status: 404 }],
      ["queryParams: exact empty", "GET /?flag=", { to: "c" }],
      ["queryParams: exact empty, no equals sign", "GET /?flag", { to: "c" }],
      ["queryParams: prefix", "GET /?pre=abc", { to: "d" }],
      ["queryParams: an empty match asks for presence", "GET /?there=x", { to: "a" }],
      ["queryParams: names are case-sensitive", "GET /?KEY=true", { status: 404 }],
    ],
  },
  {
    source: `${VS}/#HTTPMatchRequest`,
    title: "port, gateways, sourceLabels and sourceNamespace at a gateway",
    http: `
- match: [{ uri: { prefix: /here }, port: 80 }]
  ${to("a")}
- match: [{ uri: { prefix: /else }, port: 8080 }]
  ${to("b")}
- match: [{ uri: { prefix: /gw }, gateways: [gw] }]
  ${to("a")}
- match: [{ uri: { prefix: /full }, gateways: [default/gw] }]
  ${to("a")}
- match: [{ uri: { prefix: /mesh }, gateways: [mesh] }]
  ${to("b")}
- match: [{ uri: { prefix: /labels }, sourceLabels: { istio: ingressgateway } }]
  ${to("c")}
- match: [{ uri: { prefix: /foreign }, sourceLabels: { app: other } }]
  ${to("c")}
- match: [{ uri: { prefix: /ns }, sourceNamespace: istio-system }]
  ${to("d")}
- match: [{ uri: { prefix: /otherns }, sourceNamespace: default }]
  ${to("d")}
- match: [{ uri: { prefix: /over }, gateways: [gw], sourceLabels: { app: other } }]
  ${to("a")}`,
    rows: [
      ["port: that of the server", "GET /here", { to: "a" }],
      ["port: another one", "GET /else", { status: 404 }],
      ["gateways: the one that it came by", "GET /gw", { to: "a" }],
      ["gateways: with its namespace", "GET /full", { to: "a" }],
      ["gateways: mesh is not a gateway", "GET /mesh", { status: 404 }],
      ["sourceLabels: those of the proxy", "GET /labels", { to: "c" }],
      ["sourceLabels: others", "GET /foreign", { status: 404 }],
      ["sourceNamespace: the proxy's", "GET /ns", { to: "d" }],
      ["sourceNamespace: another one", "GET /otherns", { status: 404 }],
      ["gateways: with them, source labels are not looked at", "GET /over", { to: "a" }],
    ],
  },
  {
    source: `${VS}/#HTTPRoute`,
    title: "match: the first rule wins, conditions of a block are ANDed, blocks are ORed",
    http: `
- name: first
  match:
  - name: m1
    uri: { prefix: /api }
    method: { exact: GET }
  - uri: { exact: /other }
  ${to("a")}
- match: [{ uri: { prefix: /api/v2 } }]
  ${to("b")}
- name: rest
  ${to("c")}
- match: [{ uri: { prefix: /never } }]
  ${to("d")}`,
    rows: [
      ["match: conditions inside a block are ANDed", "GET /api/v2", { to: "a", name: "first.m1" }],
      ["match: not all of the block's hold", "POST /api/v2", { to: "b" }],
      ["match: blocks are ORed", "POST /other", { to: "a", name: "first" }],
      ["match: the first rule that matches is used", "GET /api/v2/x", { to: "a" }],
      ["match: a rule without match takes all that is left", "POST /api", { to: "c", name: "rest" }],
      ["match: rules after one that takes all are never reached", "GET /never", { to: "c" }],
    ],
  },
  {
    source: `${VS}/#HTTPMatchRequest`,
    title: "a match that asks for nothing",
    http: `
- match: [{ uri: { prefix: /a } }, { name: all, uri: { prefix: / } }, { uri: { prefix: /b } }]
  ${to("a")}
- ${to("b")}`,
    rows: [
      ["uri: prefix / is everything", "GET /b", { to: "a", name: ".all" }],
      ["uri: prefix / is everything", "GET /anything?x", { to: "a" }],
    ],
  },
];

export const ACTIONS: readonly SemanticsGroup[] = [
  {
    source: `${VS}/#HTTPRewrite`,
    title: "rewrite",
    http: `
- match: [{ uri: { prefix: /ratings } }]
  rewrite: { uri: /v1/bookRatings }
  ${to("a")}
- match: [{ uri: { prefix: /slash/ } }]
  rewrite: { uri: / }
  ${to("a")}
- match: [{ uri: { exact: /exact } }]
  rewrite: { uri: /whole/new }
  ${to("a")}
- match: [{ uri: { regex: "/re/.*" } }]
  rewrite: { uri: /all }
  ${to("a")}
- match: [{ uri: { prefix: /auth } }]
  rewrite: { authority: new.example.com }
  ${to("a")}
- match: [{ uri: { prefix: /both } }]
  rewrite: { uri: /b, authority: both.example.com }
  ${to("a")}
- match: [{ uri: { prefix: /service } }]
  rewrite: { uriRegexRewrite: { match: "^/service/([^/]+)(/.*)$", rewrite: '\\2/customprefix/\\1' } }
  ${to("a")}
- match: [{ uri: { prefix: /each } }]
  rewrite: { uriRegexRewrite: { match: one, rewrite: two } }
  ${to("a")}
- match: [{ uri: { prefix: /CASE }, ignoreUriCase: true }]
  rewrite: { uri: /c }
  ${to("a")}
- ${to("b")}`,
    rows: [
      ["uri: the prefix that matched is replaced", "GET /ratings/7?full=1", { path: "/v1/bookRatings/7?full=1" }],
      ["uri: the path alone", "GET /ratings", { path: "/v1/bookRatings" }],
      ["uri: a prefix that ends in a slash", "GET /slash/x", { path: "/x" }],
      ["uri: of an exact match, the whole path", "GET /exact?q=1", { path: "/whole/new?q=1" }],
      ["uri: of a regex match, the whole path", "GET /re/x/y?q=1", { path: "/all?q=1" }],
      ["uri: a prefix in another case", "GET /case/x", { path: "/c/x" }],
      ["authority: the Host is replaced", "GET /auth", { host: "new.example.com", path: "/auth" }],
      ["uri and authority", "GET /both/x", { host: "both.example.com", path: "/b/x" }],
      ["uriRegexRewrite: groups are numbered", "GET /service/foo/v1/api", { path: "/v1/api/customprefix/foo" }],
      ["uriRegexRewrite: the query stays", "GET /service/foo/v1?a=b", { path: "/v1/customprefix/foo?a=b" }],
      ["uriRegexRewrite: every place is rewritten", "GET /each/one/and/one", { path: "/each/two/and/two" }],
      ["none: as it came", "GET /plain?x=1", { to: "b", path: "/plain?x=1", host: "www.example.com" }],
    ],
  },
  {
    source: `${VS}/#HTTPRedirect`,
    title: "redirect",
    http: `
- match: [{ uri: { exact: /v1/getProductRatings } }]
  redirect: { uri: /v1/bookRatings, authority: newratings.default.svc.cluster.local }
- match: [{ uri: { exact: /uri } }]
  redirect: { uri: /new }
- match: [{ uri: { exact: /authority } }]
  redirect: { authority: other.example.com }
- match: [{ uri: { exact: /scheme } }]
  redirect: { scheme: https }
- match: [{ uri: { exact: /port } }]
  redirect: { port: 8443 }
- match: [{ uri: { exact: /port80 } }]
  redirect: { port: 80 }
- match: [{ uri: { exact: /https443 } }]
  redirect: { scheme: https, port: 443 }
- match: [{ uri: { exact: /https8443 } }]
  redirect: { scheme: https, port: 8443 }
- match: [{ uri: { exact: /frommatch } }]
  redirect: { derivePort: FROM_REQUEST_PORT, authority: d.example.com }
- match: [{ uri: { exact: /default } }]
  redirect: { derivePort: FROM_PROTOCOL_DEFAULT, scheme: https }
- match: [{ uri: { exact: /302 } }]
  redirect: { uri: /n, redirectCode: 302 }
- match: [{ uri: { exact: /303 } }]
  redirect: { uri: /n, redirectCode: 303 }
- match: [{ uri: { exact: /307 } }]
  redirect: { uri: /n, redirectCode: 307 }
- match: [{ uri: { exact: /308 } }]
  redirect: { uri: /n, redirectCode: 308 }
- match: [{ uri: { prefix: /pre/ } }]
  redirect: { uri: /one }
- match: [{ uri: { exact: /headers } }]
  redirect: { uri: /n }
  headers: { response: { set: { x-r: there } } }`,
    rows: [
      [
        "uri and authority",
        "GET /v1/getProductRatings",
        { status: 301, location: "http://newratings.default.svc.cluster.local/v1/bookRatings" },
      ],
      ["uri: the path is replaced", "GET /uri", { status: 301, location: "http://www.example.com/new" }],
      ["uri: the query stays", "GET /uri?a=b", { status: 301, location: "http://www.example.com/new?a=b" }],
      ["uri: the entire path, whatever matched", "GET /pre/x/y", { status: 301, location: "http://www.example.com/one" }],
      ["authority: the Host is replaced", "GET /authority", { location: "http://other.example.com/authority" }],
      ["scheme: is replaced", "GET /scheme", { location: "https://www.example.com/scheme" }],
      ["port: is written", "GET /port", { location: "http://www.example.com:8443/port" }],
      ["port: that of the scheme is not", "GET /port80", { location: "http://www.example.com/port80" }],
      ["port: that of the new scheme is not", "GET /https443", { location: "https://www.example.com/https443" }],
      ["port: another one of the new scheme is", "GET /https8443", { location: "https://www.example.com:8443/https8443" }],
      ["derivePort: FROM_REQUEST_PORT", "GET /frommatch", { location: "http://d.example.com/frommatch" }],
      ["derivePort: FROM_PROTOCOL_DEFAULT", "GET /default", { location: "https://www.example.com/default" }],
      ["redirectCode: default 301", "GET /uri", { status: 301 }],
      ["redirectCode: 302", "GET /302", { status: 302 }],
      ["redirectCode: 303", "GET /303", { status: 303 }],
      ["redirectCode: 307", "GET /307", { status: 307 }],
      ["redirectCode: 308", "GET /308", { status: 308 }],
      ["headers of the rule are on the redirect", "GET /headers", { status: 301, response: { "x-r": "there" } }],
    ],
  },
  {
    source: `${VS}/#HTTPDirectResponse`,
    title: "directResponse",
    http: `
- match: [{ uri: { exact: /v1/getProductRatings } }]
  directResponse: { status: 503, body: { string: "unknown error" } }
- match: [{ uri: { exact: /bytes } }]
  directResponse: { status: 200, body: { bytes: "dW5rbm93biBlcnJvcg==" } }
- match: [{ uri: { exact: /empty } }]
  directResponse: { status: 404 }
- match: [{ uri: { exact: /json } }]
  directResponse: { status: 503, body: { string: '{"error": "unknown error"}' } }
  headers: { response: { set: { content-type: appliation/json } } }`,
    rows: [
      ["status and body as text", "GET /v1/getProductRatings", { status: 503, body: "unknown error" }],
      ["body as bytes", "GET /bytes", { status: 200, body: "unknown error" }],
      ["body: none", "GET /empty", { status: 404, body: "" }],
      [
        "headers may set the content type",
        "GET /json",
        { status: 503, body: '{"error": "unknown error"}', response: { "content-type": "appliation/json" } },
      ],
    ],
  },
  {
    source: `${VS}/#Headers`,
    title: "headers of a rule and of its destinations",
    http: `
- match: [{ uri: { prefix: /set } }]
  headers:
    request: { set: { x-a: new, x-b: "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%" } }
    response: { set: { x-up: "2" } }
  ${to("a")}
- match: [{ uri: { prefix: /add } }]
  headers:
    request: { add: { x-a: new } }
    response: { add: { x-up: "2" } }
  ${to("a")}
- match: [{ uri: { prefix: /remove } }]
  headers:
    request: { remove: [x-a] }
    response: { remove: [server-id] }
  ${to("a")}
- match: [{ uri: { prefix: /order } }]
  headers: { request: { set: { x-a: set }, add: { x-a: add }, remove: [x-c] } }
  ${to("a")}
- match: [{ uri: { prefix: /destination } }]
  headers: { request: { set: { x-a: rule } } }
  route:
  - destination: { host: a }
    headers: { request: { add: { x-a: destination } }, response: { set: { x-d: "1" } } }
- match: [{ uri: { prefix: /override } }]
  headers: { request: { set: { x-a: rule } } }
  route:
  - destination: { host: a }
    headers: { request: { set: { x-a: destination } } }
- match: [{ uri: { prefix: /weighted } }]
  route:
  - destination: { host: a }
    weight: 100
    headers: { request: { set: { x-w: a } }, response: { set: { x-w: a } } }
  - destination: { host: b }
    weight: 0
    headers: { request: { set: { x-w: b } } }
- match: [{ uri: { prefix: /host } }]
  headers: { request: { set: { Host: set.example.com } } }
  ${to("a")}
- match: [{ uri: { prefix: /authority } }]
  headers: { request: { set: { ":authority": set.example.com } } }
  ${to("a")}
- match: [{ uri: { prefix: /dhost } }]
  route:
  - destination: { host: a }
    headers: { request: { set: { host: destination.example.com } } }`,
    rows: [
      ["request.set: overwrites", "GET /set x-a=old", { upstream: { "x-a": "new" } }],
      ["request.set: adds what is not there", "GET /set", { upstream: { "x-a": "new" } }],
      ["request.set: values may be substituted", "GET /set", { upstream: { "x-b": "127.0.0.1" } }],
      ["response.set: overwrites", "GET /set", { response: { "x-up": "2" } }],
      ["request.add: appends", "GET /add x-a=old", { upstream: { "x-a": "old|new" } }],
      ["request.add: adds what is not there", "GET /add", { upstream: { "x-a": "new" } }],
      ["response.add: appends", "GET /add", { response: { "x-up": "1|2" } }],
      ["request.remove: removes", "GET /remove x-a=1", { upstream: { "x-a": null } }],
      ["response.remove: removes", "GET /remove", { response: { "server-id": null, "x-up": "1" } }],
      ["set before add", "GET /order x-a=old x-c=1", { upstream: { "x-a": "set|add", "x-c": null } }],
      ["destination: after those of the rule", "GET /destination", { upstream: { "x-a": "rule|destination" } }],
      ["destination: response headers too", "GET /destination", { response: { "x-d": "1" } }],
      ["destination: may overwrite what the rule set", "GET /override", { upstream: { "x-a": "destination" } }],
      ["destination with a weight", "GET /weighted", { to: "a*100", upstream: { "x-w": "a" }, response: { "x-w": "a" } }],
      ["the Host may be set as a header", "GET /host", { host: "set.example.com" }],
      ["the Host may be set as :authority", "GET /authority", { host: "set.example.com" }],
      ["the Host may be set at a destination", "GET /dhost", { host: "destination.example.com" }],
    ],
  },
];

export const DESTINATIONS: readonly SemanticsGroup[] = [
  {
    source: `${VS}/#Destination`,
    title: "host, subset and port",
    http: `
- match: [{ uri: { prefix: /short } }]
  ${to("a")}
- match: [{ uri: { prefix: /full } }]
  ${to("a.default.svc.cluster.local")}
- match: [{ uri: { prefix: /otherns } }]
  ${to("far.other.svc.cluster.local")}
- match: [{ uri: { prefix: /subset } }]
  route: [{ destination: { host: a, subset: v2 } }]
- match: [{ uri: { prefix: /port } }]
  route: [{ destination: { host: multi, port: { number: 81 } } }]
- match: [{ uri: { prefix: /one } }]
  ${to("single")}
- match: [{ uri: { prefix: /many } }]
  ${to("multi")}
- match: [{ uri: { prefix: /external } }]
  ${to("ext.example.org")}
- match: [{ uri: { prefix: /alias } }]
  ${to("alias")}
- match: [{ uri: { prefix: /nowhere } }]
  ${to("nowhere")}`,
    rows: [
      ["host: a short name is in the rule's namespace", "GET /short", { to: "a.default.svc.cluster.local" }],
      ["host: a full name", "GET /full", { to: "a.default.svc.cluster.local" }],
      ["host: of another namespace", "GET /otherns", { to: "far.other.svc.cluster.local" }],
      ["subset: one of the DestinationRule's", "GET /subset", { to: "a/v2" }],
      ["port: the one that is named", "GET /port", { to: "multi:81" }],
      ["port: the only one of the service need not be named", "GET /one", { to: "single:9080" }],
      ["port: of several, that of the listener", "GET /many", { to: "multi" }],
      ["host: one of a ServiceEntry", "GET /external", { to: "ext.example.org" }],
      ["host: an ExternalName is the name that it stands for", "GET /alias", { to: "outside.example.net" }],
      ["host: one that nobody knows is a route all the same", "GET /nowhere", { to: "nowhere" }],
    ],
  },
  {
    source: `${VS}/#HTTPRouteDestination`,
    title: "weight",
    http: `
- match: [{ uri: { prefix: /shares } }]
  route:
  - { destination: { host: a, subset: v2 }, weight: 25 }
  - { destination: { host: a, subset: v1 }, weight: 75 }
- match: [{ uri: { prefix: /zero } }]
  route:
  - { destination: { host: a }, weight: 0 }
  - { destination: { host: b }, weight: 7 }
- match: [{ uri: { prefix: /alone } }]
  route: [{ destination: { host: a }, weight: 0 }]
- match: [{ uri: { prefix: /hundredless } }]
  route:
  - { destination: { host: a }, weight: 1 }
  - { destination: { host: b }, weight: 1 }
  - { destination: { host: c }, weight: 1 }`,
    rows: [
      ["weight: weight / sum of weights", "GET /shares", { to: "a/v2*25 a/v1*75" }],
      ["weight: 0 gets no traffic", "GET /zero", { to: "b*7" }],
      ["weight: one destination gets everything", "GET /alone", { to: "a" }],
      ["weight: the sum need not be 100", "GET /hundredless", { to: "a*1 b*1 c*1" }],
    ],
  },
];

const RETRY_ON = "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes";

export const POLICIES: readonly SemanticsGroup[] = [
  {
    source: `${VS}/#HTTPRoute`,
    title: "timeout",
    http: `
- match: [{ uri: { prefix: /five } }]
  timeout: 5s
  ${to("a")}
- ${to("a")}`,
    rows: [
      ["timeout: of the rule", "GET /five", { route: { timeout: 5000 } }],
      ["timeout: default disabled", "GET /", { route: { timeout: 0 } }],
    ],
  },
  {
    source: `${VS}/#HTTPRetry`,
    title: "retries",
    http: `
- match: [{ uri: { prefix: /some } }]
  retries: { attempts: 3, perTryTimeout: 2s, retryOn: "gateway-error,connect-failure,refused-stream" }
  ${to("a")}
- match: [{ uri: { prefix: /none } }]
  retries: { attempts: 0 }
  ${to("a")}
- match: [{ uri: { prefix: /codes } }]
  retries: { attempts: 1, retryOn: "503,5xx,429" }
  ${to("a")}
- match: [{ uri: { prefix: /only } }]
  retries: { attempts: 1, retryOn: "404" }
  ${to("a")}
- match: [{ uri: { prefix: /same } }]
  retries: { attempts: 1, retryIgnorePreviousHosts: false }
  ${to("a")}
- match: [{ uri: { prefix: /backoff } }]
  retries: { attempts: 1, backoff: 100ms }
  ${to("a")}
- ${to("a")}`,
    rows: [
      ["attempts: of the rule", "GET /some", { route: { retryPolicy: { numRetries: 3 } } }],
      ["perTryTimeout: of the rule", "GET /some", { route: { retryPolicy: { perTryTimeout: 2000 } } }],
      [
        "retryOn: of the rule",
        "GET /some",
        { route: { retryPolicy: { retryOn: "gateway-error,connect-failure,refused-stream", retriableStatusCodes: [] } } },
      ],
      ["attempts: 0 turns retries off", "GET /none", { route: { retryPolicy: undefined } }],
      ["none: the mesh's policy, 2 retries", "GET /", { route: { retryPolicy: { numRetries: 2, retryOn: RETRY_ON } } }],
      ["retryOn: default conditions", "GET /backoff", { route: { retryPolicy: { retryOn: RETRY_ON } } }],
      [
        "retryOn: status codes among conditions",
        "GET /codes",
        { route: { retryPolicy: { retryOn: "5xx,retriable-status-codes", retriableStatusCodes: [503, 429] } } },
      ],
      [
        "retryOn: a status code alone",
        "GET /only",
        { route: { retryPolicy: { retryOn: "retriable-status-codes", retriableStatusCodes: [404] } } },
      ],
      [
        "retryIgnorePreviousHosts: default true",
        "GET /",
        { route: { retryPolicy: { retryHostPredicate: [{ name: "envoy.retry_host_predicates.previous_hosts" }] } } },
      ],
      ["retryIgnorePreviousHosts: false", "GET /same", { route: { retryPolicy: { retryHostPredicate: [] } } }],
      ["backoff: the base interval", "GET /backoff", { route: { retryPolicy: { retryBackOff: { baseInterval: 100 } } } }],
    ],
  },
  {
    source: `${VS}/#HTTPMirrorPolicy`,
    title: "mirror, mirrors and their percentages",
    http: `
- match: [{ uri: { prefix: /all } }]
  mirror: { host: b }
  ${to("a")}
- match: [{ uri: { prefix: /some } }]
  mirror: { host: b, subset: v1, port: { number: 80 } }
  mirrorPercentage: { value: 12.5 }
  ${to("a")}
- match: [{ uri: { prefix: /zero } }]
  mirror: { host: b }
  mirrorPercentage: { value: 0 }
  ${to("a")}
- match: [{ uri: { prefix: /old } }]
  mirror: { host: b }
  mirrorPercent: 30
  ${to("a")}
- match: [{ uri: { prefix: /several } }]
  mirrors:
  - { destination: { host: b }, percentage: { value: 1 } }
  - { destination: { host: c } }
  ${to("a")}
- ${to("a")}`,
    rows: [
      [
        "mirror: all requests when no percentage is given",
        "GET /all",
        {
          to: "a",
          route: {
            requestMirrorPolicies: [
              {
                cluster: "outbound|80||b.default.svc.cluster.local",
                runtimeFraction: { defaultValue: { numerator: 100, denominator: 100 } },
              },
            ],
          },
        },
      ],
      [
        "mirror: the Host stays as it is",
        "GET /all",
        { route: { requestMirrorPolicies: [{ disableShadowHostSuffixAppend: true }] } },
      ],
      [
        "mirrorPercentage: may have decimals",
        "GET /some",
        {
          route: {
            requestMirrorPolicies: [
              {
                cluster: "outbound|80|v1|b.default.svc.cluster.local",
                runtimeFraction: { defaultValue: { numerator: 125_000, denominator: 1_000_000 } },
              },
            ],
          },
        },
      ],
      ["mirrorPercentage: 0 mirrors nothing", "GET /zero", { route: { requestMirrorPolicies: [] } }],
      [
        "mirrorPercent: the deprecated form",
        "GET /old",
        { route: { requestMirrorPolicies: [{ runtimeFraction: { defaultValue: { numerator: 30, denominator: 100 } } }] } },
      ],
      [
        "mirrors: each its own percentage",
        "GET /several",
        {
          route: {
            requestMirrorPolicies: [
              { runtimeFraction: { defaultValue: { numerator: 10_000, denominator: 1_000_000 } } },
              { runtimeFraction: { defaultValue: { numerator: 100, denominator: 100 } } },
            ],
          },
        },
      ],
      ["none", "GET /", { route: { requestMirrorPolicies: [] } }],
    ],
  },
];

/** A VirtualService as an object. */
function service(name: string, spec: string, meta = ""): string {
  return `apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: { name: ${name}${meta} }\nspec: ${spec}\n---\n`;
}

const route = (host: string, match = ""): string => `{ ${match === "" ? "" : `match: [${match}], `}${to(host)} }`;

export const OBJECTS: readonly SemanticsGroup[] = [
  {
    source: `${VS}/#VirtualService`,
    title: "hosts",
    objects: [
      service("exact", `{ hosts: [www.example.com, alt.example.com], gateways: [gw], http: [${route("a")}] }`),
      service("wild", `{ hosts: ["*.example.com"], gateways: [gw], http: [${route("b")}] }`),
      service("deep", `{ hosts: ["*.deep.example.com"], gateways: [gw], http: [${route("c")}] }`),
      service("short", `{ hosts: [shop], gateways: [gw], http: [${route("d")}] }`),
      service("upper", `{ hosts: [Upper.Example.NET], gateways: [gw], http: [${route("a")}] }`),
    ].join(""),
    rows: [
      ["hosts: a name", "GET / host=www.example.com", { to: "a" }],
      ["hosts: another of its names", "GET / host=alt.example.com", { to: "a" }],
      ["hosts: a wildcard prefix", "GET / host=any.example.com", { to: "b" }],
      ["hosts: the longest wildcard wins", "GET / host=x.deep.example.com", { to: "c" }],
      ["hosts: a wildcard does not stand for nothing", "GET / host=example.com", { status: 404 }],
      ["hosts: a short name is that of a Service", "GET / host=shop.default.svc.cluster.local", { to: "d" }],
      ["hosts: the short name alone is none", "GET / host=shop", { status: 404 }],
      ["hosts: the port of the request is not looked at", "GET / host=www.example.com:8080", { to: "a" }],
      ["hosts: in any case", "GET / host=WWW.example.COM", { to: "a" }],
      ["hosts: in any case", "GET / host=upper.example.net", { to: "a" }],
      ["hosts: another name", "GET / host=other.example.org", { status: 404 }],
    ],
  },
  {
    source: `${VS}/#VirtualService`,
    title: "gateways and exportTo",
    objects: [
      service("mesh", `{ hosts: [mesh.example.com], http: [${route("a")}] }`),
      service("both", `{ hosts: [both.example.com], gateways: [mesh, gw], http: [${route("a")}] }`),
      service("other", `{ hosts: [other.example.com], gateways: [nogw], http: [${route("a")}] }`),
      service(
        "ns",
        `{ hosts: [ns.example.com], gateways: [default/gw], http: [${route("b.default.svc.cluster.local")}] }`,
        ", namespace: other",
      ),
      service(
        "fqdn",
        `{ hosts: [fqdn.example.com], gateways: [gw.default], http: [${route("b.default.svc.cluster.local")}] }`,
        ", namespace: other",
      ),
      service("foreign", `{ hosts: [foreign.example.com], gateways: [gw], http: [${route("a")}] }`, ", namespace: other"),
      service("private", `{ hosts: [private.example.com], gateways: [gw], exportTo: ["."], http: [${route("a")}] }`),
      service("named", `{ hosts: [named.example.com], gateways: [gw], exportTo: [istio-system], http: [${route("a")}] }`),
      service("star", `{ hosts: [star.example.com], gateways: [gw], exportTo: ["*"], http: [${route("a")}] }`),
    ].join(""),
    rows: [
      ["gateways: without them, mesh only", "GET / host=mesh.example.com", { status: 404 }],
      ["gateways: mesh and a gateway", "GET / host=both.example.com", { to: "a" }],
      ["gateways: another gateway", "GET / host=other.example.com", { status: 404 }],
      ["gateways: namespace/name", "GET / host=ns.example.com", { to: "b" }],
      ["gateways: name.namespace, the old form", "GET / host=fqdn.example.com", { to: "b" }],
      ["gateways: a short name is of the own namespace", "GET / host=foreign.example.com", { status: 404 }],
      ["exportTo: `.` is for the own namespace only", "GET / host=private.example.com", { status: 404 }],
      ["exportTo: a namespace", "GET / host=named.example.com", { to: "a" }],
      ["exportTo: `*` is for all", "GET / host=star.example.com", { to: "a" }],
    ],
  },
  {
    source: "ops/best-practices/traffic-management/#split-virtual-services",
    title: "several VirtualServices for a host",
    objects: [
      service(
        "younger",
        `{ hosts: [www.example.com], gateways: [gw], http: [${route("b", "{ uri: { prefix: /both } }")}, ${route("b", "{ uri: { prefix: /b } }")}] }`,
        ", creationTimestamp: 2024-02-01T00:00:00Z",
      ),
      service(
        "older",
        `{ hosts: [www.example.com], gateways: [gw], http: [${route("a", "{ uri: { prefix: /both } }")}, ${route("a", "{ uri: { prefix: /a } }")}, ${route("d")}] }`,
        ", creationTimestamp: 2024-01-01T00:00:00Z",
      ),
    ].join(""),
    rows: [
      ["rules of both are in force", "GET /a", { to: "a" }],
      ["a rule that takes all is put last", "GET /b", { to: "b" }],
      ["the older one's rules come first", "GET /both", { to: "a" }],
      ["what no other rule takes", "GET /x", { to: "d" }],
    ],
  },
  {
    source: `${VS}/#Delegate`,
    title: "delegate",
    objects: [
      service(
        "root",
        `
  hosts: [www.example.com]
  gateways: [gw]
  http:
  - name: r
    match: [{ uri: { prefix: /productpage } }]
    delegate: { name: productpage, namespace: nsa }
    timeout: 3s
    headers: { request: { set: { x-root: "1" } } }
  - match: [{ uri: { prefix: /reviews } }]
    delegate: { name: own }
  - match: [{ uri: { prefix: /gone } }]
    delegate: { name: gone }
  - match: [{ uri: { prefix: /hidden } }]
    delegate: { name: hidden, namespace: nsa }
  - match: [{ uri: { prefix: /exact/here } }]
    delegate: { name: narrow }
  - ${to("d")}`,
      ),
      service(
        "productpage",
        `
  http:
  - name: v1
    match: [{ uri: { prefix: /productpage/v1/ } }]
    ${to("far.other.svc.cluster.local")}
  - match: [{ uri: { prefix: /elsewhere } }]
    ${to("far.other.svc.cluster.local")}
  - timeout: 9s
    route: [{ destination: { host: pp } }]
    headers: { request: { set: { x-own: "1" } } }`,
        ", namespace: nsa",
      ),
      service("own", `{ http: [${route("b", "{ headers: { x-user: { exact: u } } }")}, ${route("c")}] }`),
      service("hidden", `{ exportTo: ["."], http: [${route("a")}] }`, ", namespace: nsa"),
      service(
        "narrow",
        `{ http: [${route("a", "{ uri: { prefix: /exact } }")}, ${route("b", "{ uri: { exact: /exact/here/too } }")}] }`,
      ),
    ].join(""),
    rows: [
      [
        "the delegate's rule within the root's prefix",
        "GET /productpage/v1/x",
        { to: "far.other.svc.cluster.local", name: "r-v1" },
      ],
      [
        "the root's settings where the delegate has none",
        "GET /productpage/v1/x",
        { route: { timeout: 3000 }, upstream: { "x-root": "1" } },
      ],
      [
        "the delegate's settings before the root's",
        "GET /productpage",
        { route: { timeout: 9000 }, upstream: { "x-root": null, "x-own": "1" } },
      ],
      ["short names are of the delegate's namespace", "GET /productpage", { to: "pp.nsa.svc.cluster.local", name: "r" }],
      ["a rule outside of the root's is left out", "GET /elsewhere", { to: "d" }],
      ["matches are ANDed: the header", "GET /reviews x-user=u", { to: "b" }],
      ["matches are ANDed: the rest", "GET /reviews", { to: "c" }],
      ["the delegate's matches alone are not enough", "GET /x x-user=u", { to: "d" }],
      ["a delegate that is not there: the rule does nothing", "GET /gone", { to: "d" }],
      ["a delegate that is not exported: the rule does nothing", "GET /hidden", { to: "d" }],
      ["a prefix wider than the root's is in conflict", "GET /exact/other", { to: "d" }],
      ["a narrower one is not", "GET /exact/here/too", { to: "b" }],
    ],
  },
];

export const GROUPS: readonly SemanticsGroup[] = [...MATCHES, ...ACTIONS, ...DESTINATIONS, ...POLICIES, ...OBJECTS];
