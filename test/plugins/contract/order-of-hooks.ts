import { noting } from "../chain-driver.ts";
import { a, b, post, type ContractCase } from "./contract-case.ts";

/** See core/contract/filter.ts. */
export const order: readonly ContractCase[] = [
  {
    rule: "request hooks run first to last, response hooks last to first, completion at the end",
    filters: ({ log }) => [a(noting("a", log)), b(noting("b", log))],
    log: [
      "a.requestHeaders end",
      "b.requestHeaders end",
      "up.headers",
      "up.end",
      "b.responseHeaders 200 end",
      "a.responseHeaders 200 end",
      "down.headers 200",
      "down.end",
      "a.complete complete",
      "b.complete complete",
    ],
  },
  {
    rule: "`end` is true on the last of headers, chunks and trailers only",
    filters: ({ log }) => [a(noting("a", log))],
    request: post,
    upstream: { body: ["x", "y"], trailers: ["t", "1"] },
    log: [
      "a.requestHeaders",
      "up.headers",
      "a.requestBody one",
      "a.requestBody two end",
      "up.end",
      "a.responseHeaders 200",
      "down.headers 200",
      "a.responseBody x",
      "a.responseBody y",
      "a.responseTrailers",
      "down.end",
      "a.complete complete",
    ],
    trace: { client: { body: "xy", trailers: ["t", "1"] } },
  },
  {
    rule: "request trailers follow the body",
    filters: ({ log }) => [a(noting("a", log))],
    request: { ...post, trailers: ["t", "1"] },
    log: [
      "a.requestHeaders",
      "up.headers",
      "a.requestBody one",
      "a.requestBody two",
      "a.requestTrailers",
      "up.end",
      "a.responseHeaders 200 end",
      "down.headers 200",
      "down.end",
      "a.complete complete",
    ],
    trace: { upstream: { body: "onetwo", trailers: ["t", "1"] } },
  },
  {
    rule: "an absent hook is never called and the bytes pass",
    filters: () => [a({}), b({ onResponseHeaders: (_s, h) => h.set("x-b", "1") })],
    request: post,
    upstream: { body: ["x"] },
    trace: { upstream: { body: "onetwo" }, client: { headers: ["x-b", "1"], body: "x", end: "complete" } },
  },
  {
    rule: "header changes reach the filters behind, the upstream and the client",
    filters: ({ log }) => [
      a({ onRequestHeaders: (_s, h) => h.set("x-a", "1"), onResponseHeaders: (_s, h) => log(`a sees ${h.get("x-b")}`) }),
      b({ onRequestHeaders: (_s, h) => log(`b sees ${h.get("x-a")}`), onResponseHeaders: (_s, h) => h.set("x-b", "2") }),
    ],
    trace: { upstream: { headers: ["x-a", "1"] }, client: { headers: ["x-b", "2"] } },
  },
];
