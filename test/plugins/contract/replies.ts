import { noting, text } from "../chain-driver.ts";
import { a, b, post, type ContractCase } from "./contract-case.ts";

/** See core/contract/filter.ts. */
export const replies: readonly ContractCase[] = [
  {
    rule: "a reply from the request headers passes the response hooks of all filters, also its own and those behind it",
    filters: ({ log }) => [
      a({
        ...noting("a", log),
        onRequestHeaders: (s) => s.reply(401, { body: "who?", headers: ["x-why", "1"], details: "no key" }),
      }),
      b(noting("b", log)),
    ],
    request: post,
    log: [
      "b.responseHeaders 401",
      "a.responseHeaders 401",
      "down.headers 401",
      "b.responseBody who? end",
      "a.responseBody who? end",
      "down.end",
      "a.complete complete",
      "b.complete complete",
    ],
    trace: { upstream: { requests: 0 }, client: { status: 401, body: "who?", end: "complete" }, details: "no_key" },
  },
  {
    rule: "response hooks may change a local reply",
    filters: () => [a({ onResponseHeaders: (_s, h) => h.set("x-a", "1"), onRequestHeaders: (s) => s.reply(401) })],
    trace: { client: { status: 401, headers: ["x-a", "1"], body: "", end: "complete" } },
  },
  {
    rule: "a reply from the request body cancels what the upstream got so far",
    filters: () => [a({ onRequestBody: (s, c) => (text(c) === "two" ? s.reply(400, { body: "two" }) : undefined) })],
    request: post,
    trace: { upstream: { requests: 1, complete: false, body: "one" }, client: { status: 400, body: "two", end: "complete" } },
  },
  {
    rule: "a reply from the request trailers",
    filters: () => [a({ onRequestTrailers: (s) => s.reply(400) })],
    request: { ...post, trailers: ["t", "1"] },
    trace: { upstream: { complete: false }, client: { status: 400, end: "complete" } },
  },
  {
    rule: "a reply from the response headers takes the response's place; hooks run once",
    filters: ({ log }) => [
      a({ onResponseHeaders: (_s, h) => log(`a sees ${h.status}`) }),
      b({ onResponseHeaders: (s) => s.reply(503, { body: "sorry" }) }),
    ],
    upstream: { body: ["secret"] },
    trace: { client: { status: 503, body: "sorry", end: "complete" } },
  },
  {
    rule: "a reply after the headers were sent breaks the message off",
    filters: () => [a({ onResponseBody: (s, c) => (text(c) === "y" ? s.reply(503) : undefined) })],
    upstream: { body: ["x", "y"] },
    trace: { client: { status: 200, body: "x", end: "broken" } },
  },
  {
    rule: "reset in the request gives no answer",
    filters: ({ log }) => [a({ ...noting("a", log), onRequestHeaders: (s) => s.reset("not today") })],
    log: ["down.broken", "a.complete local_reset"],
    trace: { upstream: { requests: 0 }, client: { status: 0, end: "broken" }, details: "not_today" },
  },
  {
    rule: "reset in the response breaks the message off and cancels the upstream",
    filters: () => [a({ onResponseBody: (s) => s.reset() })],
    upstream: { body: ["x", "y"] },
    trace: { client: { status: 200, body: "", end: "broken" } },
  },
];
