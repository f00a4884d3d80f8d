import type { HttpFilter } from "../../../core/contract/filter.ts";
import type { HttpStream, StreamOutcome } from "../../../core/contract/stream.ts";
import { noting } from "../chain-driver.ts";
import { a, b, post, type ContractCase } from "./contract-case.ts";

/** See core/contract/filter.ts. */
export const streams: readonly ContractCase[] = [
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
