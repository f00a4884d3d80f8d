import type { Fields } from "../lib/message.ts";
import type { Script } from "../lib/origin.ts";
import { request } from "../lib/raw.ts";
import type { RequestParts } from "../lib/raw.ts";

/** A request of the table. */
export interface Case {
  group: string;
  name: string;
  listener: string;
  method: string;
  /** The bytes, as latin1. */
  bytes: string;
}

interface Parts extends Omit<RequestParts, "headers" | "trailers"> {
  /** "name: value". */
  headers?: readonly string[];
  trailers?: readonly string[];
  listener?: string;
  /** What the origin is to answer. */
  answer?: Omit<Script, "headers"> & { headers?: readonly string[] };
  /** Added to the name where target and headers do not tell. */
  note?: string;
}

/** All requests of the table, in order. */
export const cases: Case[] = [];
let group = "";

function ask(target: string, parts: Parts = {}): void {
  const { listener = "main", answer, note, headers = [], trailers = [], ...rest } = parts;
  const carried =
    rest.body === undefined ? "" : `(${rest.body.length} bytes${rest.chunk === undefined ? "" : ` in chunks of ${rest.chunk}`})`;
  const name = [
    rest.method,
    listener === "main" ? "" : `${listener}:`,
    rest.host ?? "",
    target,
    headers.length > 0 && `[${headers.join(", ")}]`,
    carried,
    trailers.length > 0 && "with trailers",
    answer && JSON.stringify(answer),
    note,
  ];
  const sent = fields(headers);
  if (answer !== undefined) sent.push(["x-answer", JSON.stringify({ ...answer, headers: fields(answer.headers ?? []) })]);
  const bytes = request(target, { ...rest, headers: sent, trailers: fields(trailers) });
  cases.push({ group, name: name.filter(Boolean).join(" "), listener, method: rest.method ?? "GET", bytes });
}

function fields(lines: readonly string[]): Fields {
  return lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]);
}

function raw(name: string, bytes: string, listener = "main"): void {
  cases.push({ group, name, listener, method: bytes.slice(0, bytes.indexOf(" ")), bytes });
}

group = "path matches";
for (const target of ["/prefix/x", "/prefix/", "/prefix", "/prefixx", "/PREFIX/x", "/prefix/?q"]) ask(target);
for (const target of ["/exact", "/exact?q=1", "/exact/", "/EXACT", "/exac", "/exact%20", "/exact;a"]) ask(target);
for (const target of ["/NoCase", "/nocase", "/NOCASE?x", "/nocase/", "/noprefixcase/X", "/NOPREFIXCASE/"]) ask(target);
for (const target of ["/sep", "/sep/", "/sep/x", "/sepx", "/sep?x", "/sep?/x", "/SEP", "/SepCase/x", "/sepcasex"]) ask(target);
for (const target of [
  "/re/12/item",
  "/re/12/item?x=1",
  "/re/x/item",
  "/re/1/itemx",
  "/x/re/1/item",
  "/REI/a",
  "/rei/bccc",
  "/rei/d",
  "/re-alt/b",
  "/re-alt/bb",
])
  ask(target);
ask("/none");

group = "header matches";
for (const kind of [
  "exact",
  "nocase",
  "prefix",
  "suffix",
  "contains",
  "regex",
  "present",
  "absent",
  "invert",
  "empty",
  "missing-inverted",
]) {
  ask(`/h/${kind}`, { headers: ["x-h: one"] });
  ask(`/h/${kind}`, { headers: ["X-H: ONE"] });
  ask(`/h/${kind}`, { headers: ["x-h: other"] });
  ask(`/h/${kind}`);
}
ask("/h/exact", {
  headers: ["x-h: one", "x-h: two"],
});
ask("/h/contains", {
  headers: ["x-h: o", "x-h: n"],
});
for (const kind of [
  "exact",
  "nocase",
  "prefix",
  "suffix",
  "contains",
  "regex",
  "invert",
  "empty",
  "missing-inverted",
  "absent",
]) {
  for (const headers of [["x-h: two", "x-h: one"], ["x-h: two", "x-h: three"], ["x-h: ", "x-h: one"], ["x-h: two, one"]])
    ask(`/h/${kind}`, { headers });
}
for (const headers of [
  ["x-n: 1", "x-n: 99"],
  ["x-n: 99", "x-n: 1"],
])
  ask("/h/range", { headers });
ask("/h/present", { headers: ["x-h: "] });
ask("/h/empty", { headers: ["x-h: "] });
for (const value of ["-6", "-5", "0", "9", "10", "x", "5.0", "+5", "99999999999999999999"])
  ask("/h/range", { headers: [`x-n: ${value}`] });
ask("/h/two", {
  headers: ["x-h: one", "x-n: 2"],
});
ask("/h/two", { headers: ["x-h: one"] });
ask("/h/method", { method: "PUT" });
ask("/h/method");
ask("/h/authority");
ask("/h/authority", { host: "other.local" });
ask("/h/path/deep");
ask("/h/path?deep");
ask("/h/path");

group = "query parameter matches";
for (const query of [
  "?k=v",
  "?k=w",
  "?x=1&k=v",
  "?k=v&k=w",
  "?k=w&k=v",
  "?K=v",
  "?k=V",
  "?k",
  "?k=",
  "",
  "?",
  "?k=v%20",
  "?kk=v",
  "?k=v2",
  "?a=1&&k=v",
  "?k=xv",
  "?k=v#f",
]) {
  ask(`/q/exact${query}`);
}
for (const kind of ["prefix", "suffix", "nocase", "regex", "present"])
  for (const query of ["?k=v", "?k=v9", "?k=9v", "?k=V", "?k", "?j=v", "?%6B=v", "?k=%76"]) ask(`/q/${kind}${query}`);
ask("/q/two?k=v&l");
ask("/q/two?k=v");

group = "cookie matches";
for (const kind of ["exact", "prefix", "invert", "two"]) {
  for (const cookie of ["k=v", "l=w; k=v", "k=v; l=w", "k=vv", 'k="v"', "kk=v", "k=", "k"])
    ask(`/c/${kind}`, { headers: [`cookie: ${cookie}`] });
  ask(`/c/${kind}`);
}
ask("/c/exact", {
  headers: ["cookie: a=b", "cookie: k=v"],
});
ask("/c/exact", {
  headers: ["cookie: k=w", "cookie: k=v"],
});
ask("/c/exact", { headers: ["cookie: k=v;l=w"] });

group = "other matches";
ask("/fraction");
ask("/runtime");
for (const type of ["application/grpc", "application/grpc+proto", "application/grpc-web", "text/plain"])
  ask("/grpc", { method: "POST", headers: [`content-type: ${type}`], body: "" });
ask("/grpc");
ask("/metadata");
ask("/state");

group = "virtual hosts";
for (const host of [
  "exact.local",
  "EXACT.Local",
  "also.local",
  "exact.local:8080",
  "exact.local:80",
  "a.suffix.local",
  "a.b.suffix.local",
  ".suffix.local",
  "suffix.local",
])
  ask("/", { host });
for (const host of [
  "x.deep.suffix.local",
  "deep.suffix.local",
  "x-suffix.local",
  "prefix.x",
  "prefix.long.x",
  "prefix.",
  "Prefix.X",
  "prefix.x:80",
  "no-routes.local",
  "unknown.local",
])
  ask("/", { host });
for (const host of ["only.local", "other.local", "only.local:81"]) ask("/", { host, listener: "named-hosts" });
ask("/x", { host: "tls-all.local" });
ask("/x?y", { host: "tls-all.local", headers: ["x-forwarded-proto: https"] });
ask("/x", { host: "tls-all.local", method: "POST", body: "x" });
ask("/x", { host: "tls-external.local" });

group = "matcher tree";
for (const target of [
  "/tree/prefix",
  "/tree/prefix/x",
  "/tree/prefix/longer/x",
  "/tree/cluster/x",
  "/tree/unmatched",
  "/tree/routes",
  "/tree/none",
])
  ask(target, { host: "tree.local" });
for (const headers of [
  ["x-t: single"],
  ["x-t: both1", "x-u: 1both"],
  ["x-u: or"],
  ["x-t: or"],
  [],
  ["x-t: nothing"],
  ["x-t: both1"],
] as string[][]) {
  ask("/tree/list", { host: "tree.local", headers });
}
for (const value of ["one", "two", "three"]) ask("/elsewhere", { host: "tree.local", headers: [`x-tree: ${value}`] });

group = "clusters";
for (const target of ["/to/a", "/to/b", "/weighted/first", "/dead", "/no-endpoints"]) ask(target);
ask("/weighted/last", { headers: ["x-gone: 1"] });
for (const cluster of ["a", "b", "unknown", ""])
  for (const target of ["/by-header", "/by-header-404"]) ask(target, { headers: [`x-cluster: ${cluster}`] });
ask("/by-header");
ask("/by-header-404");

group = "redirects";
for (const target of [
  "host",
  "port",
  "path",
  "path-query",
  "prefix/x/y",
  "prefix/",
  "regex/abc/12",
  "regex/other",
  "https",
  "scheme",
  "strip",
  "all",
]) {
  ask(`/redirect/${target}`);
  ask(`/redirect/${target}?a=b&c=%20`);
}
for (const host of ["test.local:8080", "test.local:80", "test.local:443", "[::1]:8080"]) {
  ask("/redirect/https", { host });
  ask("/redirect/port", { host });
  ask("/redirect/path", { host });
}
ask("/redirect/path", { headers: ["x-forwarded-proto: https"] });
for (const code of ["FOUND", "SEE_OTHER", "TEMPORARY_REDIRECT", "PERMANENT_REDIRECT"]) ask(`/redirect/${code}`);
ask("/redirect/host", { method: "POST", body: "x" });
ask("/redirect/host", { method: "HEAD" });

group = "direct responses";
for (const target of ["text", "empty", "teapot", "bare"]) {
  ask(`/direct/${target}`);
  ask(`/direct/${target}`, { method: "HEAD" });
}
ask("/direct/text", { method: "POST", body: "ignored" });
ask("/direct/text", { method: "POST", body: "ignored", chunk: 3 });
ask("/direct/text", { headers: ["content-type: application/grpc"], method: "POST", body: "" });
ask("/none", { headers: ["content-type: application/grpc"], method: "POST", body: "" });

group = "rewrites";
for (const target of [
  "prefix/x",
  "prefix/",
  "prefix/x?y=z",
  "prefix//x",
  "slashless",
  "slashless/x",
  "slashlessx",
  "exact",
  "exact?q",
  "sep",
  "sep/x",
  "sep?x",
])
  ask(`/rewrite/${target}`);
for (const target of [
  "/rewrite/CASE/X",
  "/REWRITE/case/x?Y",
  "/rewrite/regex/ab/cd",
  "/rewrite/regex/ab/cd/ef?one=1",
  "/rewrite/regex/-",
  "/rewrite/all/one/one?one",
  "/rewrite/whole/abc?def",
])
  ask(target);
ask("/rewrite/prefix/x", { headers: ["x-envoy-original-path: /forged"] });
ask("/host/literal", { headers: ["x-forwarded-host: before.local"] });
ask("/host/literal");
ask("/host/header", { headers: ["x-host: from-header.local"] });
ask("/host/header");
ask("/host/path/abc/def?ghi");
ask("/host/path/abc");
ask("/host/auto");

group = "header manipulation";
const sent: string[] = ["x-append: in", "x-absent: in", "x-over: in", "x-if: in", "x-remove: in", "user-agent: test"];
ask("/headers/request", { headers: sent });
ask("/headers/request");
ask("/headers/request", {
  headers: ["x-over: 1", "x-over: 2", "x-append: 1", "x-append: 2"],
});
ask("/headers/response", { answer: { headers: sent, body: "x" } });
ask("/headers/response");
ask("/headers/response", {
  answer: {
    headers: ["x-over: 1", "x-over: 2", "x-config-remove: 1"],
    body: "x",
  },
});
ask("/headers/values", { headers: ["x-in: value"] });
ask("/headers/values?query=1", { method: "POST", body: "12345", headers: ["x-in: value"] });
ask("/headers/values", { answer: { status: 404, body: "nothing" } });
for (const target of ["/route", "/direct", "/else"])
  ask(target, {
    host: "levels.local",
    headers: ["x-host-remove: 1", "x-level: client", "x-last: client"],
  });
ask("/to/a", { headers: ["x-internal-only: 1"] });
ask("/to/a", {
  headers: ["x-envoy-retry-on: 5xx", "x-envoy-max-retries: 3", "x-envoy-upstream-rq-timeout-ms: 5", "x-envoy-internal: true"],
});
ask("/to/a", {
  headers: ["x-forwarded-for: 10.1.2.3", "x-internal-only: 1", "x-envoy-upstream-rq-timeout-ms: 5000"],
});

group = "retries and timeouts";
let key = 0;
const failing = (target: string, times: number, status: number, more: Parts = {}): void => {
  ask(target, {
    ...more,
    headers: [`x-key: ${key++}`, ...(more.headers ?? [])],
    answer: { fail: { times, status }, body: "at last" },
  });
};
failing("/retry/5xx", 1, 503);
failing("/retry/5xx", 2, 500);
failing("/retry/5xx", 3, 502);
failing("/retry/5xx", 1, 404);
failing("/retry/5xx", 1, 503, { method: "POST", body: "again" });
failing("/retry/gateway", 1, 502);
failing("/retry/gateway", 1, 500);
failing("/retry/4xx", 1, 409);
failing("/retry/4xx", 1, 404);
failing("/retry/codes", 1, 429);
failing("/retry/codes", 1, 503);
failing("/retry/none", 1, 503);
failing("/", 1, 503, { host: "attempts.local" });
failing("/", 2, 503, { host: "attempts.local" });
ask("/", { host: "attempts.local" });
ask("/retry/5xx", { answer: { die: "before" } });
ask("/retry/reset", { answer: { die: "before" } });
ask("/retry/none", { answer: { die: "before" } });
for (let i = 0; i < 4; i++) ask("/retry/connect", { note: `time ${i + 1}` });
ask("/retry/try-timeout", { answer: { delay: 400, body: "late" } });
ask("/timeout", { answer: { delay: 500, body: "late" } });
ask("/timeout", { answer: { delay: 1, body: "early" } });

group = "mirroring";
ask("/mirror/x?y", { method: "POST", body: "mirrored", headers: ["x-one: 1"] });
ask("/mirror/x", { method: "POST", body: "mirrored in chunks", chunk: 5 });
ask("/mirror-off");

group = "CORS";
for (const origin of [
  "http://good.local",
  "http://bad.local",
  "https://a.fine.local",
  "https://abc.re.local",
  "https://1.re.local",
]) {
  for (const target of ["/cors/open", "/cors/off"]) {
    ask(target, { headers: [`origin: ${origin}`] });
    ask(target, {
      method: "OPTIONS",
      headers: [`origin: ${origin}`, "access-control-request-method: PUT"],
    });
  }
}
ask("/cors/open", { method: "OPTIONS", headers: ["origin: http://good.local"] });
ask("/cors/open", {
  method: "OPTIONS",
  headers: ["origin: http://good.local", "access-control-request-method: DELETE", "access-control-request-headers: x-nine"],
});
ask("/cors/any", { headers: ["origin: null"] });
ask("/cors/any", {
  method: "OPTIONS",
  headers: ["origin: http://x.local", "access-control-request-method: GET"],
});
ask("/cors/open");
ask("/cors/open", {
  headers: ["origin: http://good.local"],
  answer: { headers: ["access-control-allow-origin: *"], body: "x" },
});

group = "faults";
for (const target of ["/fault/abort", "/fault/never", "/fault/headers"]) ask(target);
ask("/fault/headers", { headers: ["x-fault: yes"] });
ask("/fault/headers", { headers: ["x-fault: no"] });
for (const status of ["503", "418", "200", "99", "600", "x"])
  ask("/to/a", { headers: [`x-envoy-fault-abort-request: ${status}`] });
ask("/to/a", {
  headers: ["x-envoy-fault-abort-request: 503", "x-envoy-fault-abort-request-percentage: 0"],
});
ask("/to/a", { headers: ["x-envoy-fault-delay-request: 20"] });
ask("/to/a", { headers: ["x-envoy-fault-abort-grpc-request: 14"] });
ask("/fault/abort", { method: "POST", headers: ["content-type: application/grpc"], body: "" });

group = "filters";
ask("/healthz");
ask("/healthz", { method: "HEAD" });
ask("/healthz?x");
ask("/mutation", {
  headers: ["x-mutation: client", "x-remove: 1"],
  answer: {
    headers: ["x-mutation-remove: 1", "x-remove: 1"],
    body: "x",
  },
});
ask("/mutation/route", {
  headers: ["x-mutation: client", "x-remove: 1"],
  answer: {
    headers: ["x-mutation-remove: 1", "x-remove: 1"],
    body: "x",
  },
});
for (const size of [0, 100, 101, 200, 201]) {
  for (const target of ["/", "/off", "/more"]) ask(target, { listener: "buffer", method: "POST", body: "x".repeat(size) });
}
ask("/", { listener: "buffer", method: "POST", body: "x".repeat(90), chunk: 30 });
ask("/", { listener: "buffer", method: "POST", body: "x".repeat(120), chunk: 30 });
ask("/", { listener: "buffer" });

group = "connection manager";
for (const target of [
  "/a/../b",
  "/a/./b",
  "//a///b",
  "/%2e%2e/a",
  "/a%2fb",
  "/a%5cb?c=%2F",
  "/a\\b",
  "/%41",
  "/a/..",
  "/..",
  "/a%00b",
  "/a#b",
  "/a?b#c",
  "/a%zz",
  "/a b".replace(" ", "%20"),
]) {
  for (const listener of ["main", "normal", "unescape-forward", "unescape-redirect", "reject-escaped", "keep-escaped"])
    ask(listener === "main" ? `/to/a${target}` : target, { listener });
}
const forwarded: string[][] = [
  [],
  ["x-forwarded-for: 1.2.3.4"],
  ["x-forwarded-for: 10.0.0.1"],
  ["x-forwarded-for: 1.2.3.4, 10.0.0.1", "x-forwarded-proto: https"],
  ["x-forwarded-for: 1.2.3.4,5.6.7.8, 9.9.9.9"],
  ["x-forwarded-for: not an address"],
  ["x-forwarded-proto: https", "x-request-id: given", "x-envoy-external-address: 7.7.7.7", "x-envoy-internal: true"],
  ["x-forwarded-proto: gopher", "x-forwarded-host: h.local", "x-forwarded-port: 1"],
];
for (const headers of forwarded)
  for (const listener of ["edge", "edge-hop", "edge-preserve", "inner", "internal", "skip-xff"]) ask("/", { listener, headers });
for (const listener of ["via", "server-name", "server-pass", "server-absent", "no-id", "id-back"]) {
  ask("/", { listener });
  ask("/", {
    listener,
    headers: ["via: 1.1 client", "x-request-id: given"],
    answer: {
      headers: ["server: origin", "via: 1.1 origin", "x-request-id: from origin"],
      body: "x",
    },
  });
}

group = "HTTP/1.1";
for (const method of ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PURGE", "PROPFIND", "FOO", "get"])
  ask("/to/a", { method });
ask("/to/a", { method: "HEAD", answer: { body: "12345" } });
for (const status of [201, 204, 205, 206, 304, 400, 404, 418, 500, 503, 599])
  ask("/to/a", { answer: { status, reason: "Anything", body: status === 205 ? "" : "x" } });
ask("/to/a", { answer: { body: "in chunks", chunk: 3 } });
ask("/to/a", { answer: { body: "until close", untilClose: true } });
ask("/to/a", {
  answer: {
    body: "x",
    headers: ["X-Mixed-Case: Value", "connection: close", "keep-alive: timeout=5", "set-cookie: a=1", "set-cookie: b=2"],
  },
});
ask("/to/a", { answer: { interim: [100], body: "x" } });
ask("/to/a", { method: "POST", body: "hello" });
ask("/to/a", { method: "POST", body: "hello in chunks", chunk: 4 });
ask("/to/a", { method: "POST", body: "" });
ask("/to/a", { method: "POST", body: "", chunk: 1 });
ask("/to/a", { method: "GET", body: "a GET with a body" });
ask("/", { listener: "trailers", method: "POST", body: "trailed", chunk: 4, trailers: ["X-Trailer: 1"] });
ask("/to/a", { method: "POST", body: "trailed", chunk: 4, trailers: ["X-Trailer: 1"] });
ask("/to/a", { headers: ["connection: close"] });
ask("/to/a", {
  headers: ["connection: keep-alive", "keep-alive: timeout=5", "proxy-connection: keep-alive"],
});
ask("/to/a", { headers: ["te: trailers"] });
ask("/to/a", { headers: ["te: gzip, trailers"] });
ask("/to/a", {
  headers: ["x-empty: ", "x-spaces:   a  b  ", "x-comma: a,b", "x-tab: a\tb"],
});
ask("/to/a", {
  headers: ["accept: a/b", "accept: c/d", "cookie: a=b", "cookie: c=d", "x-multi: 1", "x-multi: 2"],
});
ask("/to/a", {
  headers: ["x_under_score: 1", "x.dot: 1", "x!odd~: 1"],
});
ask("/to/a", { headers: ["x-high: caf\xe9"] });
ask("/", {
  listener: "upgrades",
  headers: ["connection: upgrade", "upgrade: other"],
});
ask("/", {
  listener: "main",
  headers: [
    "connection: upgrade",
    "upgrade: websocket",
    "sec-websocket-version: 13",
    "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
  ],
});
ask("/to/a", {
  headers: ["connection: upgrade, http2-settings", "upgrade: h2c", "http2-settings: AAMAAABkAAQAAP__"],
});
for (const target of [
  "http://exact.local/",
  "http://EXACT.local:8080/x",
  "http://test.local/to/a?b",
  "https://test.local/to/a",
  "http://test.local",
])
  raw(`absolute form ${target}`, `GET ${target} HTTP/1.1\r\nHost: other.local\r\n\r\n`);
raw("asterisk form", "OPTIONS * HTTP/1.1\r\nHost: test.local\r\n\r\n");
raw("CONNECT without a route", "CONNECT test.local:443 HTTP/1.1\r\nHost: test.local:443\r\n\r\n");
raw("an empty Host", "GET /to/a HTTP/1.1\r\nHost:\r\n\r\n");
raw("no Host", "GET /to/a HTTP/1.1\r\n\r\n");
raw("HTTP/1.0 where it is not accepted", "GET /to/a HTTP/1.0\r\nHost: a\r\n\r\n");
raw("HTTP/1.0 with a Host", "GET /x HTTP/1.0\r\nHost: a\r\n\r\n", "old");
raw("HTTP/1.0 without a Host", "GET /x HTTP/1.0\r\n\r\n", "old");
raw("HTTP/1.0 with keep-alive", "GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "old");
raw("a header without a colon", "GET /to/a HTTP/1.1\r\nHost: a\r\nbad\r\n\r\n");
raw(
  "Content-Length and Transfer-Encoding",
  "POST /to/a HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
);
raw("Transfer-Encoding gzip", "POST /to/a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n");
raw("101 headers", `GET /to/a HTTP/1.1\r\nHost: a\r\n${Array.from({ length: 101 }, (_, i) => `x-${i}: 1\r\n`).join("")}\r\n`);
raw("61 KiB of headers", `GET /to/a HTTP/1.1\r\nHost: a\r\nx-a: ${"a".repeat(61 * 1024)}\r\n\r\n`);
