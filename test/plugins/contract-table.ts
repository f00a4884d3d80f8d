import type { HookValue, HttpFilter } from "../../core/contract/filter.ts";
import type { Hold, HttpStream, StreamOutcome } from "../../core/contract/stream.ts";
import { HOLD } from "../../plugins/plugin.ts";
import { bytes, noting, text, type RequestScript, type TestFilter, type Trace, type UpstreamScript } from "./chain-driver.ts";

/** Parts of a trace; lists are compared whole. */
export interface ExpectedTrace {
  readonly upstream?: Partial<Trace["upstream"]>;
  readonly client?: Partial<Trace["client"]>;
  readonly details?: string;
  readonly errors?: readonly string[];
}

/** What a case may use. */
export interface CaseKit {
  /** Notes an event. */
  readonly log: (event: string) => void;
  /** A promise that settles when the exchange is idle. */
  whenIdle<T>(value?: T): Promise<T>;
  /** One that then rejects. */
  rejectWhenIdle(message: string): Promise<never>;
}

/** One rule of the filter contract (core/contract/filter.ts) and an exchange that shows it. */
export interface ContractCase {
  readonly rule: string;
  readonly filters: (kit: CaseKit) => readonly TestFilter[];
  readonly request?: Partial<RequestScript>;
  readonly upstream?: Partial<UpstreamScript>;
  readonly clientLeaves?: boolean;
  /** Every event that was noted, in order; absent: not looked at. */
  readonly log?: readonly string[];
  readonly trace?: ExpectedTrace;
}

const a = (filter: HttpFilter, more: Omit<TestFilter, "name" | "filter"> = {}): TestFilter => ({ name: "a", filter, ...more });
const b = (filter: HttpFilter, more: Omit<TestFilter, "name" | "filter"> = {}): TestFilter => ({ name: "b", filter, ...more });
const post = { method: "POST", body: ["one", "two"] };
const hold = { buffer: { request: 100, response: 100 } };
const boom = (): never => {
  throw new Error("boom");
};

const order: readonly ContractCase[] = [
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

const bodies: readonly ContractCase[] = [
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

const promises: readonly ContractCase[] = [
  {
    rule: "a promise from a headers hook pauses its direction until it settles; what comes meanwhile keeps its order",
    filters: ({ log, whenIdle }) => [a({ onRequestHeaders: () => whenIdle().then(() => log("settled")) }), b(noting("b", log))],
    request: { ...post, trailers: ["t", "1"] },
    log: [
      "pause request",
      "settled",
      "b.requestHeaders",
      "up.headers",
      "b.requestBody one",
      "b.requestBody two",
      "b.requestTrailers",
      "up.end",
      "b.responseHeaders 200 end",
      "down.headers 200",
      "down.end",
      "b.complete complete",
    ],
    trace: { upstream: { body: "onetwo", trailers: ["t", "1"] } },
  },
  {
    rule: "a promise from a body hook may replace the chunk, and later chunks wait",
    filters: ({ whenIdle }) => [
      a({ onRequestBody: (_s, c) => (text(c) === "one" ? whenIdle(bytes("ONE")) : undefined) }),
      b({ onResponseBody: (_s, c) => (text(c) === "x" ? Promise.resolve(bytes("X")) : undefined) }),
    ],
    request: post,
    upstream: { body: ["x", "y"] },
    trace: { upstream: { body: "ONEtwo" }, client: { body: "Xy", end: "complete" } },
  },
  {
    rule: "a promise from a trailers hook is waited for, and may take their place",
    filters: () => [
      a({
        onRequestTrailers: async (_s, t) => t.set("late", "1"),
        onResponseTrailers: (_s, t) => Promise.resolve(bytes(`[${t.get("t")}]`)),
      }),
    ],
    request: { ...post, trailers: ["q", "2"] },
    upstream: { body: ["x"], trailers: ["t", "1"] },
    trace: { upstream: { trailers: ["q", "2", "late", "1"] }, client: { body: "x[1]", trailers: null, end: "complete" } },
  },
  {
    rule: "a promise in the response pauses the upstream",
    filters: ({ log, whenIdle }) => [a(noting("a", log)), b({ onResponseHeaders: () => whenIdle() })],
    upstream: { body: ["x"] },
    log: [
      "a.requestHeaders end",
      "up.headers",
      "up.end",
      "pause response",
      "a.responseHeaders 200",
      "down.headers 200",
      "a.responseBody x end",
      "down.end",
      "a.complete complete",
    ],
  },
  {
    rule: "a promise of a reply ends the stream",
    filters: ({ log, whenIdle }) => [
      a({ onRequestHeaders: (s) => whenIdle().then((): HookValue<Hold> => s.reply(403, { body: "no", details: "denied" })) }),
      b(noting("b", log)),
    ],
    request: post,
    trace: { upstream: { requests: 0 }, client: { status: 403, body: "no", end: "complete" }, details: "denied" },
  },
  {
    rule: "filters may wait one after the other, for every part of a message",
    filters: () => {
      const late = async (): Promise<undefined> => undefined;
      const all = {
        onRequestHeaders: late,
        onRequestBody: late,
        onRequestTrailers: late,
        onResponseHeaders: late,
        onResponseBody: late,
        onResponseTrailers: late,
      };
      return [a(all), b(all)];
    },
    request: { ...post, trailers: ["q", "2"] },
    upstream: { body: ["x", "y"], trailers: ["t", "1"] },
    trace: {
      upstream: { body: "onetwo", trailers: ["q", "2"], complete: true },
      client: { body: "xy", trailers: ["t", "1"], end: "complete" },
    },
  },
  {
    rule: "what a waiting hook adds goes behind what waited, before what came later",
    filters: () => [
      a({
        onRequestBody: async (s, c) => {
          await Promise.resolve();
          s.addRequestBody(bytes(`(${text(c)})`));
        },
        onResponseHeaders: async (s) => {
          await Promise.resolve();
          s.addResponseBody(bytes("first "));
        },
      }),
    ],
    request: post,
    upstream: { body: ["x", "y"] },
    trace: { upstream: { body: "one(one)two(two)", complete: true }, client: { body: "first xy", end: "complete" } },
  },
  {
    rule: "what a waiting hook adds stays in order when a filter behind it waits as well",
    filters: () => [
      a({
        onRequestBody: async (s, c) => {
          await Promise.resolve();
          s.addRequestBody(bytes(`(${text(c)})`));
        },
      }),
      b({ onRequestHeaders: async () => undefined, onRequestBody: async (_s, c) => bytes(text(c).toUpperCase()) }),
    ],
    request: { ...post, trailers: ["q", "2"] },
    trace: { upstream: { body: "ONE(ONE)TWO(TWO)", trailers: ["q", "2"], complete: true }, client: { end: "complete" } },
  },
  {
    rule: "a promise of a reply after the headers were sent breaks the message off",
    filters: () => [a({ onResponseBody: async (s) => s.reply(503) })],
    upstream: { body: ["x", "y"] },
    trace: { client: { status: 200, body: "", end: "broken" } },
  },
  {
    rule: "the result of a promise is dropped when the stream ended first, and its signal is aborted",
    filters: ({ log, whenIdle }) => [
      a({
        onRequestHeaders: (s) => {
          s.signal.addEventListener("abort", () => log("aborted"));
          return whenIdle().then((): HookValue<Hold> => {
            log(`active: ${s.active}`);
            return s.reply(200);
          });
        },
        onStreamComplete: (_s, o) => log(`complete ${o.reason}`),
      }),
      b(noting("b", log)),
    ],
    request: post,
    clientLeaves: true,
    log: [
      "pause request",
      "down.broken",
      "complete downstream_disconnect",
      "b.complete downstream_disconnect",
      "aborted",
      "active: false",
    ],
    trace: { upstream: { requests: 0 }, client: { end: "broken", status: 0 }, errors: [] },
  },
  {
    rule: "a late rejection of a stream that is gone is dropped",
    filters: ({ rejectWhenIdle }) => [a({ onRequestHeaders: () => rejectWhenIdle("late") })],
    clientLeaves: true,
    trace: { client: { end: "broken" }, errors: [] },
  },
];

const holding: readonly ContractCase[] = [
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

const replies: readonly ContractCase[] = [
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

const failures: readonly ContractCase[] = [
  {
    rule: "a throw in a request hook answers 500 by default",
    filters: () => [a({ onRequestHeaders: boom })],
    trace: { upstream: { requests: 0 }, client: { status: 500, end: "complete" }, errors: ["a"] },
  },
  {
    rule: "a rejection is a throw",
    filters: () => [a({ onRequestHeaders: () => Promise.reject(new Error("boom")) })],
    request: post,
    trace: { upstream: { requests: 0 }, client: { status: 500, end: "complete" }, errors: ["a"] },
  },
  {
    rule: "with onError skip a throw or rejection goes on without the hook",
    filters: ({ log }) => [
      a(
        {
          onRequestHeaders: boom,
          onRequestBody: () => Promise.reject(new Error("boom")),
          onResponseHeaders: () => Promise.reject(new Error("boom")),
          onResponseBody: boom,
          onResponseTrailers: boom,
        },
        { onError: "skip" },
      ),
      b({ onRequestHeaders: () => log("b sees it") }),
    ],
    request: post,
    upstream: { body: ["x"], trailers: ["t", "1"] },
    trace: {
      upstream: { body: "onetwo", complete: true },
      client: { status: 200, body: "x", trailers: ["t", "1"], end: "complete" },
      errors: ["a", "a", "a", "a", "a", "a"],
    },
  },
  {
    rule: "with onError skip the headers that a failed body hook held go on",
    filters: () => [a({ onRequestHeaders: () => HOLD, onRequestBody: boom }, { ...hold, onError: "skip" })],
    request: post,
    trace: { upstream: { body: "onetwo" }, client: { status: 200 }, errors: ["a"] },
  },
  {
    rule: "a throw in the response headers answers 500",
    filters: () => [a({ onResponseHeaders: boom })],
    upstream: { body: ["secret"] },
    trace: { client: { status: 500, end: "complete" }, errors: ["a"] },
  },
  {
    rule: "a throw after the headers were sent breaks the message off",
    filters: () => [a({ onResponseBody: boom })],
    upstream: { body: ["x"] },
    trace: { client: { status: 200, body: "", end: "broken" }, errors: ["a"] },
  },
  {
    rule: "a throw in createState follows onError",
    filters: () => [a({ createState: boom })],
    trace: { upstream: { requests: 0 }, client: { status: 500, end: "complete" }, errors: ["a"] },
  },
  {
    rule: "a throw in onStreamComplete doesn't keep others from theirs",
    filters: ({ log }) => [a({ onStreamComplete: boom }), b({ onStreamComplete: (_s, o) => log(`b ${o.reason}`) })],
    log: ["up.headers", "up.end", "down.headers 200", "down.end", "b complete"],
    trace: { errors: ["a"], client: { end: "complete" } },
  },
  {
    rule: "an invalid header value is a throw like any other",
    filters: () => [a({ onRequestHeaders: (_s, h) => h.set("x", "a\r\nb: c") })],
    trace: { upstream: { requests: 0 }, client: { status: 500 }, errors: ["a"] },
  },
  {
    rule: "a hook that returns something else is a mistake of the filter",
    filters: () => [a({ onRequestHeaders: (() => bytes("x")) as never })],
    trace: { upstream: { requests: 0 }, client: { status: 500 }, errors: ["a"] },
  },
  {
    rule: "a hook that returns a number is a mistake of the filter",
    filters: () => [a({ onRequestBody: (() => 5) as never })],
    request: post,
    trace: { client: { status: 500 }, errors: ["a"] },
  },
  {
    rule: "a hook that returns null is a mistake of the filter",
    filters: () => [a({ onRequestHeaders: (() => null) as never })],
    trace: { upstream: { requests: 0 }, client: { status: 500 }, errors: ["a"] },
  },
  {
    rule: "with onError skip a result that is a mistake is passed over",
    filters: () => {
      const wrong = (() => 5) as never;
      return [
        a(
          {
            onRequestHeaders: wrong,
            onRequestBody: wrong,
            onRequestTrailers: wrong,
            onResponseHeaders: (() => Promise.resolve(5)) as never,
          },
          { onError: "skip" },
        ),
      ];
    },
    request: { ...post, trailers: ["t", "1"] },
    trace: { upstream: { body: "onetwo", trailers: ["t", "1"], complete: true }, client: { status: 200, end: "complete" } },
  },
  {
    rule: "all states are there when the failure of one is answered",
    filters: ({ log }) => {
      const second: HttpFilter<{ n: number }> = {
        createState: () => ({ n: 1 }),
        onResponseHeaders: (_s, h, _e, state) => log(`b ${h.status} ${state.n}`),
      };
      return [a({ createState: boom }), { name: "b", filter: second as HttpFilter<never> }];
    },
    log: ["b 500 1", "down.headers 500", "down.end"],
  },
  {
    rule: "a promise of something else is a mistake of the filter",
    filters: () => [a({ onRequestHeaders: (() => Promise.resolve({ kind: "other" })) as never })],
    request: post,
    trace: { upstream: { requests: 0 }, client: { status: 500 }, errors: ["a"] },
  },
];

const streams: readonly ContractCase[] = [
  {
    rule: "state is made once per stream and given to every hook; without createState it is undefined",
    filters: ({ log }) => {
      const counting: HttpFilter<{ n: number }> = {
        createState: () => ({ n: 0 }),
        onRequestHeaders: (_s, _h, _e, state) => void state.n++,
        onRequestBody: (_s, _c, _e, state) => void state.n++,
        onResponseHeaders: (_s, _h, _e, state) => void state.n++,
        onStreamComplete: (_s, _o, state) => log(`n ${state.n}`),
      };
      return [
        { name: "a", filter: counting as HttpFilter<never> },
        b({ onRequestHeaders: (_s, _h, _e, state) => log(`b ${String(state)}`) }),
      ];
    },
    request: post,
    log: ["b undefined", "up.headers", "up.end", "down.headers 200", "down.end", "n 4"],
  },
  {
    rule: "the route is looked up at first use, kept, and looked up anew after clearRoute",
    filters: ({ log }) => [
      a({
        onRequestHeaders: (s, h) => {
          log(s.route!.name);
          h.path = "/other";
          log(s.route!.name);
          s.clearRoute();
        },
      }),
      b({ onRequestHeaders: (s) => log(s.route!.name) }),
    ],
    request: { path: "/first" },
    log: ["/first", "/first", "/other", "up.headers", "up.end", "down.headers 200", "down.end"],
    trace: { upstream: { path: "/other" } },
  },
  {
    rule: "recreate starts anew from the first filter with the headers as they are, and looks up the route anew",
    filters: ({ log }) => [
      a({ onRequestHeaders: (s) => log(`a ${s.route!.name}`) }),
      b({
        onResponseHeaders: (s, h) => {
          if (h.status !== 302) return undefined;
          s.request.path = "/target";
          return s.recreate();
        },
      }),
    ],
    upstream: { status: 302 },
    request: { path: "/start" },
    // The upstream script answers 302 to the first request only; see the driver.
    log: ["a /start", "up.headers", "up.end", "a /target", "up.headers", "up.end", "down.headers 200", "down.end"],
    trace: { upstream: { requests: 2, path: "/target" }, client: { status: 200, end: "complete" } },
  },
  {
    rule: "recreate after body bytes were consumed is refused",
    filters: () => [a({ onResponseHeaders: (s, h) => (h.status === 302 ? s.recreate() : undefined) })],
    request: post,
    upstream: { status: 302 },
    trace: { upstream: { requests: 1 }, client: { status: 500, end: "complete" } },
  },
  {
    rule: "interim responses pass the filters last to first, before the response",
    filters: ({ log }) => [a(noting("a", log)), b(noting("b", log))],
    upstream: { informational: [103] },
    log: [
      "a.requestHeaders end",
      "b.requestHeaders end",
      "up.headers",
      "up.end",
      "b.informational 103",
      "a.informational 103",
      "down.1xx 103",
      "b.responseHeaders 200 end",
      "a.responseHeaders 200 end",
      "down.headers 200",
      "down.end",
      "a.complete complete",
      "b.complete complete",
    ],
  },
  {
    rule: "a filter can send an interim response",
    filters: () => [
      a({
        onRequestHeaders: (s) => {
          const hints = s.newHeaders();
          hints.status = 103;
          hints.set("link", "</x.css>");
          s.sendInformational(hints);
        },
      }),
    ],
    log: ["down.1xx 103", "up.headers", "up.end", "down.headers 200", "down.end"],
  },
  {
    rule: "completion is told exactly once when the client leaves, with the reason, and the upstream is cancelled",
    filters: ({ log, whenIdle }) => [
      a({
        onRequestBody: () => whenIdle(),
        onStreamComplete: (_s: HttpStream, o: StreamOutcome) => log(`a ${o.complete} ${o.reason}`),
      }),
    ],
    request: post,
    clientLeaves: true,
    log: ["up.headers", "pause request", "up.cancel", "down.broken", "a false downstream_disconnect"],
  },
  {
    rule: "completion is told exactly once when the upstream breaks off, and the client sees a broken message",
    filters: ({ log }) => [a({ onStreamComplete: (_s: HttpStream, o: StreamOutcome) => log(`a complete: ${o.complete}`) })],
    upstream: { body: ["x"], breaksOff: true },
    trace: { client: { status: 200, body: "x", end: "broken" } },
    log: ["up.headers", "up.end", "down.headers 200", "up.cancel", "down.broken", "a complete: false"],
  },
  {
    rule: "metadata and filter state are there for the filters behind",
    filters: ({ log }) => [
      a({
        onRequestHeaders: (s) => {
          s.setMetadata("ns", "key", 5);
          s.setFilterState("state", "set");
        },
      }),
      b({ onRequestHeaders: (s) => log(`${String(s.dynamicMetadata?.["ns"]["key"])} ${String(s.filterState?.["state"])}`) }),
    ],
    log: ["5 set", "up.headers", "up.end", "down.headers 200", "down.end"],
  },
];

/** The filter contract as cases, by area. A driver runs each and compares log and trace. */
export const CONTRACT: ReadonlyArray<readonly [area: string, cases: readonly ContractCase[]]> = [
  ["order of hooks", order],
  ["bodies and trailers", bodies],
  ["promises", promises],
  ["HOLD", holding],
  ["replies and resets", replies],
  ["failures", failures],
  ["the stream", streams],
];
