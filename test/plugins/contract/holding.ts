import { HOLD } from "../../../plugins/plugin.ts";
import { bytes, noting, text } from "../chain-driver.ts";
import { a, b, hold, post, type ContractCase } from "./contract-case.ts";

/** See core/contract/filter.ts. */
export const holding: readonly ContractCase[] = [
  {
    rule: "HOLD keeps the headers until the body is whole; the body hook gets all of it once and may still change the headers",
    filters: ({ log }) => [
      a(
        {
          onRequestHeaders: () => HOLD,
          onRequestBody: (s, c, end) => {
            log(`a.requestBody ${text(c)}${end ? " end" : ""}`);
            s.request.set("x-length", String(c.length));
          },
        },
        hold,
      ),
      b(noting("b", log)),
    ],
    request: post,
    log: [
      "a.requestBody onetwo end",
      "b.requestHeaders",
      "up.headers",
      "b.requestBody onetwo end",
      "up.end",
      "b.responseHeaders 200 end",
      "down.headers 200",
      "down.end",
      "b.complete complete",
    ],
    trace: { upstream: { headers: ["x-length", "6"] } },
  },
  {
    rule: "HOLD in the response lets the body hook change status and headers",
    filters: ({ log }) => [
      a({ onResponseHeaders: (_s, h, end) => log(`a sees ${h.status}${end ? " end" : ""}`) }),
      b(
        {
          onResponseHeaders: () => HOLD,
          onResponseBody: (s, c) => {
            s.response!.status = 203;
            return bytes(text(c).toUpperCase());
          },
        },
        hold,
      ),
    ],
    upstream: { body: ["x", "y"] },
    log: ["up.headers", "up.end", "a sees 203", "down.headers 203", "down.end"],
    trace: { client: { status: 203, body: "XY" } },
  },
  {
    rule: "a held message without a body delivers an empty chunk with `end`",
    filters: ({ log }) => [
      a(
        { onRequestHeaders: () => HOLD, onRequestBody: (_s, c, end) => log(`a.requestBody ${c.length}${end ? " end" : ""}`) },
        hold,
      ),
      b({ onRequestHeaders: (_s, _h, end) => log(`b.requestHeaders${end ? " end" : ""}`) }),
    ],
    log: ["a.requestBody 0 end", "b.requestHeaders end", "up.headers", "up.end", "down.headers 200", "down.end"],
  },
  {
    rule: "a held message with trailers: the body hook is told that no end was reached, the trailers hook follows",
    filters: ({ log }) => [
      a(
        {
          onRequestHeaders: () => HOLD,
          onRequestBody: (_s, c, end) => log(`a.requestBody ${text(c)}${end ? " end" : ""}`),
          onRequestTrailers: () => log("a.requestTrailers"),
        },
        hold,
      ),
      b(noting("b", log)),
    ],
    request: { ...post, trailers: ["t", "1"] },
    log: [
      "a.requestBody onetwo",
      "b.requestHeaders",
      "up.headers",
      "b.requestBody onetwo",
      "a.requestTrailers",
      "b.requestTrailers",
      "up.end",
      "b.responseHeaders 200 end",
      "down.headers 200",
      "down.end",
      "b.complete complete",
    ],
    trace: { upstream: { trailers: ["t", "1"] } },
  },
  {
    rule: "HOLD without a body hook just waits for the whole message",
    filters: ({ log }) => [
      a({ onRequestHeaders: () => HOLD }, hold),
      b({ onRequestBody: (_s, c, end) => log(`b.requestBody ${text(c)}${end ? " end" : ""}`) }),
    ],
    request: post,
    log: ["up.headers", "b.requestBody onetwo end", "up.end", "down.headers 200", "down.end"],
  },
  {
    rule: "filters before the one that holds see the body as it comes",
    filters: ({ log }) => [
      a({ onRequestBody: (_s, c) => log(`a ${text(c)}`) }),
      b({ onRequestHeaders: () => HOLD, onRequestBody: (_s, c) => log(`b ${text(c)}`) }, hold),
    ],
    request: post,
    log: ["a one", "a two", "b onetwo", "up.headers", "up.end", "down.headers 200", "down.end"],
  },
  {
    rule: "two filters may hold, one behind the other",
    filters: () => [
      a({ onRequestHeaders: () => HOLD, onRequestBody: (_s, c) => bytes(`a(${text(c)})`) }, hold),
      b({ onRequestHeaders: () => HOLD, onRequestBody: (_s, c) => bytes(`b(${text(c)})`) }, hold),
    ],
    request: { ...post, trailers: ["t", "1"] },
    trace: { upstream: { body: "b(a(onetwo))", trailers: ["t", "1"] }, client: { end: "complete" } },
  },
  {
    rule: "a promise of HOLD holds",
    filters: () => [a({ onRequestHeaders: async () => HOLD, onRequestBody: (_s, c) => bytes(`(${text(c)})`) }, hold)],
    request: post,
    trace: { upstream: { body: "(onetwo)" } },
  },
  {
    rule: "the body hook of a held message may wait",
    filters: ({ whenIdle }) => [a({ onRequestHeaders: () => HOLD, onRequestBody: () => whenIdle(bytes("late")) }, hold)],
    request: { ...post, trailers: ["t", "1"] },
    trace: { upstream: { body: "late", trailers: ["t", "1"], complete: true } },
  },
  {
    rule: "behind a held message whose hook waits, filters may wait as well",
    filters: ({ whenIdle }) => [
      a({ onRequestHeaders: () => HOLD, onRequestBody: (_s, c) => whenIdle(bytes(`(${text(c)})`)) }, hold),
      b({ onRequestHeaders: async () => undefined, onRequestBody: async (_s, c) => bytes(`[${text(c)}]`) }),
    ],
    request: { ...post, trailers: ["t", "1"] },
    trace: { upstream: { body: "[(onetwo)]", trailers: ["t", "1"], complete: true }, client: { end: "complete" } },
  },
  {
    rule: "a filter before the one that holds may wait for each chunk",
    filters: () => [
      a({ onRequestBody: async (_s, c) => bytes(text(c).toUpperCase()), onRequestTrailers: async () => undefined }),
      b({ onRequestHeaders: () => HOLD, onRequestBody: (_s, c) => bytes(`(${text(c)})`) }, hold),
    ],
    request: { ...post, trailers: ["t", "1"] },
    trace: { upstream: { body: "(ONETWO)", trailers: ["t", "1"], complete: true }, client: { end: "complete" } },
  },
  {
    rule: "a held message may be given more body and trailers",
    filters: () => [
      a(
        {
          onRequestHeaders: () => HOLD,
          onRequestBody: (s) => {
            s.addRequestBody(bytes("!"));
            s.addRequestTrailers().set("q", "2");
          },
        },
        hold,
      ),
    ],
    request: post,
    trace: { upstream: { body: "onetwo!", trailers: ["q", "2"], complete: true }, client: { end: "complete" } },
  },
  {
    rule: "bytes from the trailers hook of a held message take the trailers' place",
    filters: () => [a({ onRequestHeaders: () => HOLD, onRequestTrailers: (_s, t) => bytes(`[${t.get("t")}]`) }, hold)],
    request: { ...post, trailers: ["t", "1"] },
    trace: { upstream: { body: "onetwo[1]", trailers: null, complete: true }, client: { end: "complete" } },
  },
  {
    rule: "the body hook of a held request may reply",
    filters: () => [a({ onRequestHeaders: () => HOLD, onRequestBody: (s) => s.reply(422, { body: "bad" }) }, hold)],
    request: post,
    trace: { upstream: { requests: 0 }, client: { status: 422, body: "bad", end: "complete" } },
  },
  {
    rule: "a held response can still be replaced by a reply",
    filters: () => [a({ onResponseHeaders: () => HOLD, onResponseBody: (s) => s.reply(502, { body: "bad" }) }, hold)],
    upstream: { body: ["x"] },
    trace: { client: { status: 502, body: "bad", end: "complete" } },
  },
  {
    rule: "a held message may be as large as the bound",
    filters: () => [a({ onRequestHeaders: () => HOLD }, { buffer: { request: 6 } })],
    request: post,
    trace: { upstream: { body: "onetwo" }, client: { status: 200 } },
  },
  {
    rule: "a held request above the bound is answered 413",
    filters: () => [a({ onRequestHeaders: () => HOLD }, { buffer: { request: 5 } })],
    request: post,
    trace: { upstream: { requests: 0 }, client: { status: 413, end: "complete" }, details: "request_payload_too_large" },
  },
  {
    rule: "a held response above the bound is answered 500",
    filters: () => [a({ onResponseHeaders: () => HOLD }, { buffer: { response: 1 } })],
    upstream: { body: ["x", "y"] },
    trace: { client: { status: 500, end: "complete" }, details: "response_payload_too_large" },
  },
  {
    rule: "HOLD without a declared buffer is a mistake of the filter",
    filters: () => [a({ onRequestHeaders: () => HOLD }, { buffer: { response: 10 } })],
    request: post,
    trace: { upstream: { requests: 0 }, client: { status: 500 }, errors: ["a"] },
  },
];
