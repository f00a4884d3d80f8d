import { ask, startGroup } from "./case-list.ts";

/** Requests that show which route a request takes, and where that leads. */
export function addRoutingCases(): void {
  startGroup("path matches");
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

  startGroup("header matches");
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

  startGroup("query parameter matches");
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

  startGroup("cookie matches");
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

  startGroup("other matches");
  ask("/fraction");
  ask("/runtime");
  for (const type of ["application/grpc", "application/grpc+proto", "application/grpc-web", "text/plain"])
    ask("/grpc", { method: "POST", headers: [`content-type: ${type}`], body: "" });
  ask("/grpc");
  ask("/metadata");
  ask("/state");

  startGroup("virtual hosts");
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

  startGroup("matcher tree");
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

  startGroup("clusters");
  for (const target of ["/to/a", "/to/b", "/weighted/first", "/dead", "/no-endpoints"]) ask(target);
  ask("/weighted/last", { headers: ["x-gone: 1"] });
  for (const cluster of ["a", "b", "unknown", ""])
    for (const target of ["/by-header", "/by-header-404"]) ask(target, { headers: [`x-cluster: ${cluster}`] });
  ask("/by-header");
  ask("/by-header-404");

  startGroup("redirects");
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

  startGroup("direct responses");
  for (const target of ["text", "empty", "teapot", "bare"]) {
    ask(`/direct/${target}`);
    ask(`/direct/${target}`, { method: "HEAD" });
  }
  ask("/direct/text", { method: "POST", body: "ignored" });
  ask("/direct/text", { method: "POST", body: "ignored", chunk: 3 });
  ask("/direct/text", { headers: ["content-type: application/grpc"], method: "POST", body: "" });
  ask("/none", { headers: ["content-type: application/grpc"], method: "POST", body: "" });

  startGroup("rewrites");
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

  startGroup("header manipulation");
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
}
