import type { HttpFilter } from "../../core/contract/filter.ts";
import type { HeaderMap } from "../../core/contract/headers.ts";
import type { Route, RouteTable } from "../../core/contract/route.ts";
import type { DownstreamConnection, HttpStream, TerminalStream } from "../../core/contract/stream.ts";
import { FilterChain, type ChainEntry } from "../../core/stream/chain.ts";
import { HeaderMapImpl } from "../../core/stream/header-map.ts";
import { HttpStreamImpl, type StreamHost } from "../../core/stream/http-stream.ts";
import type { ResponseSink } from "../../core/stream/sink.ts";
import {
  bytes,
  text,
  type ChainDriver,
  type Exchange,
  type FlatHeaders,
  type Trace,
  type UpstreamScript,
} from "./chain-driver.ts";

const CONNECTION: DownstreamConnection = {
  id: 1,
  remoteAddress: "127.0.0.1",
  remotePort: 50_000,
  localAddress: "127.0.0.1",
  localPort: 8080,
  requestedServerName: "",
  tls: null,
};

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function routes(exchange: Exchange): RouteTable {
  return {
    match: (_stream, headers): Route =>
      exchange.route ?? { name: headers.path, virtualHost: "test", config: [], metadata: undefined, resource: {} },
  };
}

function headerMap(list: FlatHeaders): HeaderMapImpl {
  return new HeaderMapImpl([...list]);
}

/** Lets promises, and promises that those make, settle. */
async function idle(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Plays the upstream: notes the request, answers by the script once it is whole. A second request on one stream gets a plain 200. */
function terminal(exchange: Exchange, seen: Mutable<Trace["upstream"]>): HttpFilter {
  const answer = (s: TerminalStream): void => {
    seen.complete = true;
    exchange.log("up.end");
    const plain: UpstreamScript = { informational: [], status: 200, headers: [], body: [], trailers: null, breaksOff: false };
    const script = seen.requests === 1 ? exchange.upstream : plain;
    for (const status of script.informational) {
      const headers = headerMap([]);
      headers.status = status;
      s.respondInformational(headers);
    }
    const headers = headerMap(script.headers);
    headers.status = script.status;
    const events: Array<(end: boolean) => void> = [(end) => s.respond(headers, end)];
    for (const chunk of script.body) events.push((end) => s.respondBody(bytes(chunk), end));
    const { trailers } = script;
    if (trailers !== null) events.push(() => s.respondTrailers(headerMap(trailers)));
    events.forEach((event, i) => {
      const end = i === events.length - 1 && !script.breaksOff;
      // Behind the last event there is nothing to pause or to cancel.
      if (end) s.terminal = null;
      event(end);
    });
    if (script.breaksOff) s.reset("upstream broke off");
  };
  return {
    onRequestHeaders(stream: HttpStream, headers: HeaderMap, end: boolean): void {
      const s = stream as TerminalStream;
      seen.requests++;
      seen.path = headers.path;
      seen.headers = [...headers.list];
      exchange.log("up.headers");
      s.terminal = {
        pauseResponse: () => exchange.log("pause response"),
        resumeResponse: () => exchange.log("resume response"),
        cancel: () => exchange.log("up.cancel"),
      };
      if (end) answer(s);
    },
    onRequestBody(stream, chunk, end): void {
      seen.body += text(chunk);
      if (end) answer(stream as TerminalStream);
    },
    onRequestTrailers(stream, trailers): void {
      seen.trailers = [...trailers.list];
      answer(stream as TerminalStream);
    },
  };
}

function sink(exchange: Exchange, seen: Mutable<Trace["client"]>, finished: () => void): ResponseSink {
  const ended = (end: boolean): void => {
    if (!end) return;
    seen.end = "complete";
    exchange.log("down.end");
  };
  return {
    sendInformational: (_s, headers) => exchange.log(`down.1xx ${headers.status}`),
    sendHeaders(_s, headers, end) {
      seen.status = headers.status;
      // What a codec or the local reply writes for framing is not the contract's business.
      seen.headers = headers.list.filter((_, i, all) => !["content-length", "content-type"].includes(all[i - (i % 2)]));
      exchange.log(`down.headers ${headers.status}`);
      ended(end);
    },
    sendBody(_s, chunk, end) {
      seen.body += text(chunk);
      ended(end);
    },
    sendTrailers(_s, trailers) {
      seen.trailers = [...trailers.list];
      ended(true);
    },
    flush: () => undefined,
    abort() {
      seen.end = "broken";
      exchange.log("down.broken");
    },
    pauseRequest: () => exchange.log("pause request"),
    resumeRequest: () => exchange.log("resume request"),
    setIdleTimeout: () => undefined,
    finished,
  };
}

/** Runs exchanges through core/stream, without codecs and sockets. */
export const httpStreamDriver: ChainDriver = {
  async run(exchange: Exchange): Promise<Trace> {
    const upstream: Mutable<Trace["upstream"]> = {
      requests: 0,
      path: "",
      headers: [],
      body: "",
      trailers: null,
      complete: false,
    };
    const client: Mutable<Trace["client"]> = { status: 0, headers: [], body: "", trailers: null, end: "none" };
    const errors: string[] = [];
    const entries: ChainEntry[] = exchange.filters.map((f) => ({
      name: f.name,
      filter: f.filter as HttpFilter<unknown>,
      skipOnError: f.onError === "skip",
      requestBuffer: f.buffer?.request ?? 0,
      responseBuffer: f.buffer?.response ?? 0,
    }));
    entries.push({
      name: "upstream",
      filter: terminal(exchange, upstream) as HttpFilter<unknown>,
      skipOnError: false,
      requestBuffer: 0,
      responseBuffer: 0,
    });
    const host: StreamHost = {
      chain: new FilterChain(entries),
      routes: routes(exchange),
      routesChooseChain: false,
      proxy100Continue: false,
      durationReached: () => undefined,
      listenerName: "",
      filterChainName: "",
      finishResponseHeaders: () => undefined,
      mapLocalReply: (_stream, _headers, body) => body,
      completed: () => undefined,
      hookError: (_stream, filter) => void errors.push(filter),
    };
    const { method, path, headers, body, trailers } = exchange.request;
    const request = headerMap(headers);
    request.method = method;
    request.path = path;
    request.authority = "test";
    request.scheme = "http";
    let over: () => void = () => undefined;
    const finished = new Promise<void>((resolve) => (over = resolve));
    const stream = new HttpStreamImpl(1, host, sink(exchange, client, over), CONNECTION, "HTTP/1.1", request);
    const last = body.length - 1;
    stream.requestHeaders(last < 0 && trailers === null);
    body.forEach((chunk, i) => stream.requestBody(bytes(chunk), i === last && trailers === null));
    if (trailers !== null) stream.requestTrailersArrived(headerMap(trailers));
    if (exchange.untilComplete === true) await Promise.race([finished, new Promise((resolve) => setTimeout(resolve, 1000))]);
    await idle();
    if (exchange.clientLeaves) stream.downstreamGone("downstream_remote_disconnect");
    exchange.whenIdle();
    await idle();
    return { upstream, client, details: stream.responseCodeDetails, flags: stream.responseFlags, errors };
  },
};
