import type { HttpFilter } from "../../../core/contract/filter.ts";
import { HOLD } from "../../../plugins/plugin.ts";
import { bytes } from "../chain-driver.ts";
import { a, b, boom, hold, post, type ContractCase } from "./contract-case.ts";

/** See core/contract/filter.ts. */
export const failures: readonly ContractCase[] = [
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
