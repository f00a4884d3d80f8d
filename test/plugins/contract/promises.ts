import type { HookValue } from "../../../core/contract/filter.ts";
import type { Hold } from "../../../core/contract/stream.ts";
import { bytes, noting, text } from "../chain-driver.ts";
import { a, b, post, type ContractCase } from "./contract-case.ts";

/** See core/contract/filter.ts. */
export const promises: readonly ContractCase[] = [
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
