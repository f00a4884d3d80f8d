import type { HttpFilter } from "../../core/contract/filter.ts";
import type { DownstreamConnection, HttpStream, TerminalStream } from "../../core/contract/stream.ts";
import { FilterChain } from "../../core/stream/chain.ts";
import { HeaderMapImpl } from "../../core/stream/header-map.ts";
import { HttpStreamImpl, type StreamHost } from "../../core/stream/http-stream.ts";
import type { ResponseSink } from "../../core/stream/sink.ts";
import type { Micro } from "./bench.ts";

const CONNECTION: DownstreamConnection = {
  id: 1,
  remoteAddress: "127.0.0.1",
  remotePort: 1,
  localAddress: "127.0.0.1",
  localPort: 2,
  requestedServerName: "",
  tls: null,
};
let sent = 0;
const SINK: ResponseSink = {
  sendInformational: () => undefined,
  sendHeaders: () => void sent++,
  sendBody: () => void sent++,
  sendTrailers: () => undefined,
  flush: () => undefined,
  abort: () => undefined,
  pauseRequest: () => undefined,
  resumeRequest: () => undefined,
  setIdleTimeout: () => undefined,
  finished: () => undefined,
};

/** Reads one header of the request and sets one of the response, as the plainest useful filter does. */
const filter: HttpFilter = {
  onRequestHeaders(_s, headers) {
    sent += headers.get("user-agent") === undefined ? 1 : 0;
  },
  onResponseHeaders(_s, headers) {
    headers.set("x-filter", "yes");
  },
};

/** Answers at once, as an upstream would. */
const terminal: HttpFilter = {
  onRequestHeaders(stream: HttpStream) {
    const response = new HeaderMapImpl(["content-type", "text/plain", "content-length", "2"]);
    response.status = 200;
    (stream as TerminalStream).respond(response, true);
  },
};

function host(filters: number): StreamHost {
  const entry = (f: HttpFilter, name: string) => ({
    name,
    filter: f as HttpFilter<unknown>,
    skipOnError: false,
    requestBuffer: 0,
    responseBuffer: 0,
  });
  const entries = Array.from({ length: filters }, (_, i) => entry(filter, `f${i}`));
  return {
    chain: new FilterChain([...entries, entry(terminal, "terminal")]),
    routes: { match: () => undefined },
    routesChooseChain: false,
    proxy100Continue: false,
    listenerName: "",
    filterChainName: "",
    finishResponseHeaders: () => undefined,
    mapLocalReply: (_stream, _headers, body) => body,
    completed: () => undefined,
    durationReached: () => undefined,
    hookError: (_stream, _filter, error) => {
      throw error;
    },
  };
}

function exchange(on: StreamHost): () => void {
  return () => {
    const request = new HeaderMapImpl(["user-agent", "bench", "accept", "*/*"]);
    request.method = "GET";
    request.path = "/";
    request.authority = "a";
    new HttpStreamImpl(1, on, SINK, CONNECTION, "HTTP/1.1", request).requestHeaders(true);
  };
}

/** A whole exchange through the chain: stream made, request and response headers through all filters, stream ended. */
export const chain: readonly Micro[] = [0, 1, 5, 10].map((n) => ({
  name: `chain: exchange with ${n} filters`,
  fn: exchange(host(n)),
}));
