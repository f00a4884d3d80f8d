import { bytes, text } from "../chain-driver.ts";
import { a, b, post, type ContractCase } from "./contract-case.ts";

/** See core/contract/filter.ts. */
export const bodies: readonly ContractCase[] = [
  {
    rule: "returned bytes replace the chunk for the filters behind",
    filters: ({ log }) => [
      a({ onRequestBody: (_s, c) => bytes(text(c).toUpperCase()), onResponseBody: (_s, c) => log(`a sees ${text(c)}`) }),
      b({ onRequestBody: (_s, c) => log(`b sees ${text(c)}`), onResponseBody: (_s, c) => bytes(`<${text(c)}>`) }),
    ],
    request: post,
    upstream: { body: ["x", "y"] },
    trace: { upstream: { body: "ONETWO" }, client: { body: "<x><y>" } },
  },
  {
    rule: "a chunk may be replaced by nothing",
    filters: () => [a({ onRequestBody: () => new Uint8Array(0), onResponseBody: () => new Uint8Array(0) })],
    request: post,
    upstream: { body: ["x"] },
    trace: { upstream: { body: "", complete: true }, client: { body: "", end: "complete" } },
  },
  {
    rule: "bytes from a trailers hook take the trailers' place",
    filters: ({ log }) => [
      a({
        onResponseBody: (_s, c, end) => log(`a sees ${text(c)}${end ? " end" : ""}`),
        onResponseTrailers: () => log("a sees trailers"),
      }),
      b({ onRequestTrailers: (_s, t) => bytes(`[${t.get("q")}]`), onResponseTrailers: (_s, t) => bytes(`[${t.get("t")}]`) }),
    ],
    request: { ...post, trailers: ["q", "2"] },
    upstream: { body: ["x"], trailers: ["t", "1"] },
    trace: { upstream: { body: "onetwo[2]", trailers: null }, client: { body: "x[1]", trailers: null, end: "complete" } },
  },
  {
    rule: "a body added in the headers hook makes `end` false for those behind",
    filters: ({ log }) => [
      a({
        onRequestHeaders: (s) => s.addRequestBody(bytes("added")),
        onResponseHeaders: (_s, _h, end) => log(`a.responseHeaders${end ? " end" : ""}`),
        onResponseBody: (_s, c, end) => log(`a.responseBody ${text(c)}${end ? " end" : ""}`),
      }),
      b({
        onRequestHeaders: (_s, _h, end) => log(`b.requestHeaders${end ? " end" : ""}`),
        onRequestBody: (_s, c, end) => log(`b.requestBody ${text(c)}${end ? " end" : ""}`),
        onResponseHeaders: (s) => s.addResponseBody(bytes("more")),
      }),
    ],
    log: [
      "b.requestHeaders",
      "up.headers",
      "b.requestBody added end",
      "up.end",
      "a.responseHeaders",
      "down.headers 200",
      "a.responseBody more end",
      "down.end",
    ],
    trace: { upstream: { body: "added" }, client: { body: "more" } },
  },
  {
    rule: "a body added in a body hook goes behind the chunk",
    filters: () => [
      a({
        onRequestBody: (s, _c, end) => (end ? s.addRequestBody(bytes("!")) : undefined),
        onResponseBody: (s, _c, end) => (end ? s.addResponseBody(bytes("?")) : undefined),
      }),
    ],
    request: post,
    upstream: { body: ["x", "y"] },
    trace: { upstream: { body: "onetwo!", complete: true }, client: { body: "xy?", end: "complete" } },
  },
  {
    rule: "a body added in a trailers hook goes before the trailers",
    filters: () => [
      a({ onRequestTrailers: (s) => s.addRequestBody(bytes("!")), onResponseTrailers: (s) => s.addResponseBody(bytes("?")) }),
    ],
    request: { ...post, trailers: ["q", "2"] },
    upstream: { body: ["x"], trailers: ["t", "1"] },
    trace: { upstream: { body: "onetwo!", trailers: ["q", "2"] }, client: { body: "x?", trailers: ["t", "1"] } },
  },
  {
    rule: "trailers can be added behind the last chunk, and to a message without a body",
    filters: ({ log }) => [
      a({
        onRequestBody: (s, _c, end) => (end ? s.addRequestTrailers().set("q", "2") : undefined),
        onResponseTrailers: (_s, t) => log(`a sees ${t.get("t")}`),
      }),
      b({
        onRequestTrailers: (_s, t) => log(`b sees ${t.get("q")}`),
        onResponseHeaders: (s) => s.addResponseTrailers().set("t", "1"),
      }),
    ],
    request: post,
    log: ["up.headers", "b sees 2", "up.end", "down.headers 200", "a sees 1", "down.end"],
    trace: { upstream: { body: "onetwo", trailers: ["q", "2"] }, client: { trailers: ["t", "1"], end: "complete" } },
  },
  {
    rule: "trailers may be added long before the end of the message",
    filters: ({ log }) => [
      a({
        onRequestHeaders: (s) => s.addRequestTrailers().set("q", "2"),
        onRequestBody: (_s, _c, end) => log(`a${end ? " end" : ""}`),
      }),
      b({ onRequestBody: (_s, _c, end) => log(`b${end ? " end" : ""}`), onRequestTrailers: () => log("b trailers") }),
    ],
    request: post,
    log: ["up.headers", "a", "b", "a end", "b", "b trailers", "up.end", "down.headers 200", "down.end"],
    trace: { upstream: { body: "onetwo", trailers: ["q", "2"] } },
  },
  {
    rule: "trailers that were added go with those that come",
    filters: () => [a({ onRequestHeaders: (s) => s.addRequestTrailers().set("q", "2") })],
    request: { ...post, trailers: ["t", "1"] },
    trace: { upstream: { body: "onetwo", trailers: ["t", "1", "q", "2"] } },
  },
];
