import { ask, raw, startGroup } from "./case-list.ts";
import type { Parts } from "./case-list.ts";

/** Requests that show what filters, retries, the connection manager and the codec do. */
export function addProxyingCases(): void {
  startGroup("retries and timeouts");
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

  startGroup("mirroring");
  ask("/mirror/x?y", { method: "POST", body: "mirrored", headers: ["x-one: 1"] });
  ask("/mirror/x", { method: "POST", body: "mirrored in chunks", chunk: 5 });
  ask("/mirror-off");

  startGroup("CORS");
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

  startGroup("faults");
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

  startGroup("filters");
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

  startGroup("connection manager");
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
    for (const listener of ["edge", "edge-hop", "edge-preserve", "inner", "internal", "skip-xff"])
      ask("/", { listener, headers });
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

  startGroup("HTTP/1.1");
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
}
