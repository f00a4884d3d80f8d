import type { HeaderMap } from "../contract/headers.ts";
import type { DownstreamTls, StreamInfo } from "../contract/stream.ts";
import { HeaderMapImpl } from "../stream/header-map.ts";

/** A finished exchange for tests and benchmarks, with parts replaced. */
export function streamInfoFixture(changes: Partial<StreamInfo> = {}): StreamInfo {
  const info: StreamInfo = {
    id: 7,
    connection: {
      id: 3,
      remoteAddress: "10.0.0.9",
      remotePort: 41234,
      localAddress: "127.0.0.1",
      localPort: 8080,
      requestedServerName: "",
      tls: null,
    },
    protocol: "HTTP/1.1",
    request: requestHeaders("GET", "/p/q?a=1%202&b=3", [
      "user-agent",
      "curl/7.88.1",
      "accept",
      "*/*",
      "x-forwarded-for",
      "192.0.2.7",
      "x-forwarded-proto",
      "http",
      "x-request-id",
      "dce76e3a-a03d-410b-91f7-25eca84851d7",
    ]),
    requestTrailers: null,
    response: responseHeaders(200, ["content-type", "text/plain", "content-length", "6", "x-envoy-upstream-service-time", "29"]),
    responseTrailers: null,
    originalPath: "/p/q?a=1%202&b=3",
    clientAddress: "192.0.2.7",
    clientPort: 0,
    matchedRoute: null,
    startWallTime: Date.UTC(2026, 10, 24, 2, 51, 13, 998),
    startTime: 1000.25,
    requestEndTime: 1000.25,
    upstreamStartTime: 1001,
    upstreamRequestEndTime: 1001.5,
    upstreamFirstByteTime: 1029.75,
    upstreamEndTime: 1030,
    responseFirstByteTime: 1030,
    endTime: 1030.5,
    bytesReceived: 0,
    bytesSent: 6,
    responseCode: 200,
    responseFlags: 0,
    responseCodeDetails: "via_upstream",
    upstreamHost: { address: "127.0.0.1:9001", hostname: "", cluster: "o" },
    upstreamCluster: "o",
    upstreamLocalAddress: "127.0.0.1:50000",
    upstreamTransportFailure: "",
    upstreamProtocol: "HTTP/1.1",
    attemptCount: 1,
    requestId: "dce76e3a-a03d-410b-91f7-25eca84851d7",
    listenerName: "l1",
    filterChainName: "",
    dynamicMetadata: undefined,
    filterState: undefined,
  };
  return { ...info, ...changes };
}

/** Request headers to example.org over http, from a flat list. */
export function requestHeaders(method: string, path: string, list: readonly string[] = []): HeaderMap {
  const headers = new HeaderMapImpl([...list]);
  headers.method = method;
  headers.path = path;
  headers.authority = "example.org";
  headers.scheme = "http";
  return headers;
}

/** Response headers from a flat list. */
export function responseHeaders(status: number, list: readonly string[] = []): HeaderMap {
  const headers = new HeaderMapImpl([...list]);
  headers.status = status;
  return headers;
}

/** A TLS session without a client's certificate, with parts replaced. */
export function downstreamTlsFixture(changes: Partial<DownstreamTls> = {}): DownstreamTls {
  return {
    version: "TLSv1.3",
    cipher: "TLS_AES_256_GCM_SHA384",
    peerPresented: false,
    peerValidated: false,
    peerSubject: "",
    peerUriSans: [],
    peerDnsSans: [],
    alpnProtocol: "",
    serverName: "",
    resumed: false,
    peer: null,
    local: null,
    ...changes,
  };
}
