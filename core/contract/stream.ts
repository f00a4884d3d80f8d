import type { HeaderMap } from "./headers.ts";
import type { Route } from "./route.ts";

/** What a hook returns to say "I have ended this stream, or taken it over": what `reply`, `reset` and `recreate` return. */
export interface Stop {
  readonly kind: "stop";
}

/** What `onRequestHeaders`/`onResponseHeaders` return to hold the headers until the whole body is there (see HttpFilter). */
export interface Hold {
  readonly kind: "hold";
  /** Bytes that may be collected for this message, in place of the bound that the definition declares: what a route says, for instance. */
  readonly limit?: number;
}

/** A downstream connection as filters and logs see it. */
export interface DownstreamConnection {
  readonly id: number;
  /** The peer's address: an IP, without port. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  /** The name asked for by SNI, or "". */
  readonly requestedServerName: string;
  readonly tls: DownstreamTls | null;
}

/** The TLS session of a downstream connection. */
export interface DownstreamTls {
  /** "TLSv1.2" or "TLSv1.3". */
  readonly version: string;
  readonly cipher: string;
  readonly peerPresented: boolean;
  readonly peerValidated: boolean;
  readonly peerSubject: string;
  readonly peerUriSans: readonly string[];
  readonly peerDnsSans: readonly string[];
  /** The protocol agreed by ALPN, or "". */
  readonly alpnProtocol: string;
  /** The name asked for by SNI, or "". */
  readonly serverName: string;
  /** Whether the session goes on with an earlier one. */
  readonly resumed: boolean;
  /** The certificate that the client showed; null when it showed none. */
  readonly peer: CertificateInfo | null;
  /** Ours; null where the runtime doesn't tell. */
  readonly local: CertificateInfo | null;
}

/** What a certificate says. Names as RFC 2253 writes them, numbers and fingerprints in lower-case hex, times in milliseconds since the epoch. */
export interface CertificateInfo {
  readonly subject: string;
  readonly issuer: string;
  readonly serial: string;
  readonly sha256: string;
  readonly sha1: string;
  readonly validFrom: number;
  readonly validTo: number;
  readonly dnsSans: readonly string[];
  readonly uriSans: readonly string[];
  readonly ipSans: readonly string[];
  readonly emailSans: readonly string[];
  /** In PEM, with a line end. */
  readonly pem: string;
  /** The issuer's, if it was sent along. */
  readonly issuerCertificate: CertificateInfo | null;
}

/** An endpoint as filters and logs see it. */
export interface UpstreamHost {
  /** "10.0.0.1:8080". */
  readonly address: string;
  readonly hostname: string;
  readonly cluster: string;
}

/** How a local reply is made. Body is text/plain unless `contentType` says otherwise. */
export interface ReplyOptions {
  body?: string;
  contentType?: string;
  /** Flat list `[name, value, ...]` of headers to add. */
  headers?: readonly string[];
  /** Envoy's RESPONSE_CODE_DETAILS, such as "fault_filter_abort". Blanks become underscores. */
  details?: string;
  /** Bits of ResponseFlag to set. */
  flags?: number;
  /** The answer is the filter's own, not a refusal: the route's response headers and `local_reply_config` leave it alone. Default false. */
  verbatim?: boolean;
  /** For gRPC requests: the status to answer; by default it follows from the HTTP status. */
  grpcStatus?: number;
}

/** What is known of a stream: what access logs and substitutions read. Times: milliseconds of the monotonic clock; -1 = not reached. */
export interface StreamInfo {
  readonly id: number;
  readonly connection: DownstreamConnection;
  /** "HTTP/1.0", "HTTP/1.1", "HTTP/2". */
  readonly protocol: string;
  /** Request headers as filters left them. */
  readonly request: HeaderMap;
  readonly requestTrailers: HeaderMap | null;
  readonly response: HeaderMap | null;
  readonly responseTrailers: HeaderMap | null;
  /** The path before any rewrite. */
  readonly originalPath: string;
  /** The client by Envoy's rules (x-forwarded-for, trusted hops), else the peer: an IP without port. */
  readonly clientAddress: string;
  /** Port that belongs to clientAddress, 0 when it came from a header. */
  readonly clientPort: number;
  /** The matched route without matching anew; null when none was looked for or none was found. */
  readonly matchedRoute: Route | null;
  /** Wall-clock milliseconds since the epoch. */
  readonly startWallTime: number;
  readonly startTime: number;
  readonly requestEndTime: number;
  readonly upstreamStartTime: number;
  readonly upstreamRequestEndTime: number;
  readonly upstreamFirstByteTime: number;
  readonly upstreamEndTime: number;
  readonly responseFirstByteTime: number;
  readonly endTime: number;
  /** Body bytes. */
  readonly bytesReceived: number;
  readonly bytesSent: number;
  /** 0 while none was sent. */
  readonly responseCode: number;
  /** Bits of ResponseFlag. */
  responseFlags: number;
  /** Envoy's response code details: "via_upstream", "route_not_found", ... or "". */
  responseCodeDetails: string;
  upstreamHost: UpstreamHost | null;
  upstreamCluster: string;
  upstreamLocalAddress: string;
  upstreamTransportFailure: string;
  upstreamProtocol: string;
  attemptCount: number;
  /** x-request-id, or "". */
  readonly requestId: string;
  /** The listener's name and its filter chain's name, or "". */
  readonly listenerName: string;
  readonly filterChainName: string;
  /** Dynamic metadata by namespace; undefined until something is set. */
  readonly dynamicMetadata: Record<string, Record<string, unknown>> | undefined;
  /** What a line of the access log is about ("TcpPeriodic"); undefined: the end of a stream. */
  readonly accessLogType?: string;
  /** Filter state by key; undefined until something is set. */
  readonly filterState: Record<string, unknown> | undefined;
}

/** Why a stream is over. */
export interface StreamOutcome {
  /** Whether the response went out whole. */
  readonly complete: boolean;
  /** "complete", "downstream_disconnect", "upstream_reset", "local_reset", "timeout". */
  readonly reason: string;
}

/** One request and its response, as a filter sees them. It lives as long as the exchange; keep no reference to it afterwards. */
export interface HttpStream extends StreamInfo {
  /** The route of this request, looked up at first use; null if none matches. */
  readonly route: Route | null;
  /** Forget the route: the next use of `route` matches again (after a filter changed what routing depends on). */
  clearRoute(): void;
  /** Per-route configuration of the filter that calls, by its slot; undefined if none was given. */
  routeConfig(slot: number): unknown;

  /**
   * Answers in the upstream's place. `return s.reply(...)` from a hook. The reply passes the response hooks of all filters,
   * last to first, as an upstream's would. After response headers were sent it resets the stream instead.
   */
  reply(status: number, options?: ReplyOptions): Stop;
  /** Ends the stream without a whole response: HTTP/1.1 closes the connection, HTTP/2 sends RST_STREAM. */
  reset(details?: string): Stop;
  /** Starts the request anew from the first filter with the headers as they now are (internal redirect). Only before a body byte was consumed. */
  recreate(): Stop;
  /** Whether a stream still runs: check it in late callbacks of your own. */
  readonly active: boolean;
  /** Aborted when the stream ends. Made when first asked for. */
  readonly signal: AbortSignal;

  /** Sends an interim response (100, 103) now. */
  sendInformational(headers: HeaderMap): void;
  /** Adds a body chunk behind what has passed (only from the filter's own hooks; headers with end = true become end = false). */
  addRequestBody(chunk: Uint8Array): void;
  addResponseBody(chunk: Uint8Array): void;
  /** Trailers to send, made when first asked for; only until the end of the message has passed this filter. */
  addRequestTrailers(): HeaderMap;
  addResponseTrailers(): HeaderMap;

  setMetadata(namespace: string, key: string, value: unknown): void;
  setFilterState(key: string, value: unknown): void;
  /** A new empty header map, for informational responses and the like. */
  newHeaders(): HeaderMap;
}

/** The stream as its terminal filter (the router) sees it: it also produces the response and steers the flow. */
export interface TerminalStream extends HttpStream {
  /** Response headers from the upstream. `end`: nothing follows. */
  respond(headers: HeaderMap, end: boolean): void;
  respondBody(chunk: Uint8Array, end: boolean): void;
  respondTrailers(trailers: HeaderMap): void;
  respondInformational(headers: HeaderMap): void;
  /** Called by the upstream connection after each read: what was gathered goes out in one write. */
  flushResponse(): void;
  /** Stop and resume reading the request body (the upstream is slow). Calls nest not: the last one counts. */
  pauseRequest(): void;
  resumeRequest(): void;
  /** Who is told to stop and resume producing the response (the downstream is slow), and when the stream dies. */
  terminal: TerminalControl | null;
  /** Upgrade ("websocket", "connect", ...) that this stream asks for and its connection manager allows, or "". */
  readonly upgrade: string;
  readonly requestComplete: boolean;
  /** The route's stream idle timeout in place of the connection manager's; ms, 0 = none. */
  setIdleTimeout(ms: number): void;
  /** The route's bound on the whole stream in place of the connection manager's; ms from the stream's start, 0 = none. */
  setMaxDuration(ms: number): void;
}

/** What the terminal filter hears from the stream. */
export interface TerminalControl {
  pauseResponse(): void;
  resumeResponse(): void;
  /** The stream is over (client gone, local reply, timeout): drop the upstream request. */
  cancel(): void;
}
