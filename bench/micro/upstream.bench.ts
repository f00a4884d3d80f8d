import { Buffer } from "node:buffer";
import type { UpstreamRequest, UpstreamStream } from "../../core/contract/cluster.ts";
import type { HeaderMap } from "../../core/contract/headers.ts";
import { STANDARD_BALANCERS } from "../../core/cluster/balancers/standard.ts";
import { BalancerScope } from "../../core/cluster/testing/balancer-scope.ts";
import { ClusterFixture } from "../../core/cluster/testing/cluster-fixture.ts";
import { FakeConnection } from "../../core/cluster/testing/fake-connection.ts";
import { fakeHosts } from "../../core/cluster/testing/fake-host.ts";
import { HeaderMapImpl } from "../../core/stream/header-map.ts";
import { clock } from "../../core/transport/clock.ts";
import { TimerWheel } from "../../core/transport/timers.ts";
import type { Micro } from "./bench.ts";

/** Where a kernel would take its bytes: what is written is laid out once, as a system call needs it, and forgotten. */
const kernel = Buffer.alloc(1 << 20);

class SinkConnection extends FakeConnection {
  override writeLatin1(text: string): boolean {
    kernel.write(text, 0, "latin1");
    return true;
  }
  override writeBytes(bytes: Uint8Array): boolean {
    kernel.set(bytes, 0);
    return true;
  }
  override writeHeadAndBytes(head: string, bytes: Uint8Array): boolean {
    kernel.write(head, 0, "latin1");
    kernel.set(bytes, head.length);
    return true;
  }
}

/** What a router does at least: sends the request, looks at the response. */
class Request implements UpstreamRequest {
  readonly downstreamProtocol = "HTTP/1.1";
  headers: HeaderMap;
  body: Buffer | null;
  status = 0;
  bytes = 0;
  constructor(headers: HeaderMap, body: Buffer | null) {
    this.headers = headers;
    this.body = body;
  }
  onUpstreamReady(stream: UpstreamStream): void {
    stream.sendHeaders(this.headers, this.body === null, "");
    if (this.body !== null) stream.sendBody(this.body, true);
  }
  onResponseHeaders(headers: HeaderMap): void {
    this.status = headers.status;
  }
  onResponseBody(chunk: Uint8Array): void {
    this.bytes += chunk.length;
  }
  onUpstreamFailure(): void {
    throw new Error("no stream");
  }
  onUpstreamReset(): void {
    throw new Error("reset");
  }
  onInformational(): void {}
  onResponseTrailers(): void {}
  onReadEnd(): void {}
  onUpstreamHighWatermark(): void {}
  onUpstreamLowWatermark(): void {}
}

const connections: FakeConnection[] = [];
const fixture = new ClusterFixture({
  clock,
  timers: new TimerWheel(clock, { unref: true }),
  connect: (address, _options, handler) => {
    const connection = new SinkConnection(address, handler);
    connections.push(connection);
    return connection;
  },
});
const cluster = await fixture.static();

function headers(method: string, length: number): HeaderMap {
  const list = ["user-agent", "curl/8.5.0", "accept", "*/*", "x-forwarded-proto", "http"];
  list.push("x-request-id", "3f2a9c1e-8b7d-4e6f-9a0b-1c2d3e4f5a6b", "x-envoy-expected-rq-timeout-ms", "15000");
  if (length > 0) list.push("content-type", "application/json", "content-length", String(length));
  const map = new HeaderMapImpl(list);
  map.method = method;
  map.path = "/api/v1/users/12345?fields=name";
  map.authority = "www.example.com";
  map.scheme = "http";
  return map;
}

const RESPONSE = Buffer.from(
  `HTTP/1.1 200 OK\r\nserver: nginx/1.22.1\r\ndate: Tue, 24 Nov 2026 03:00:00 GMT\r\ncontent-type: text/plain\r\ncontent-length: 128\r\nconnection: keep-alive\r\n\r\n${"x".repeat(128)}`,
);
const CHUNKED = Buffer.from(
  `HTTP/1.1 200 OK\r\nserver: nginx/1.22.1\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n80\r\n${"x".repeat(128)}\r\n0\r\n\r\n`,
);

function exchange(request: Request, response: Buffer): () => void {
  return () => {
    const host = cluster.pick(null)!;
    host.newStream(request, "DEFAULT");
    const connection = connections[0];
    if (connection.state === "connecting") connection.establish();
    connection.handler.onData(response);
  };
}

function pick(policy: string, n: number, weighted: boolean): () => void {
  const balancer = STANDARD_BALANCERS.get(policy)!.create(undefined, new BalancerScope());
  balancer.update(fakeHosts(Array.from({ length: n }, (_, i) => (weighted ? 1 + (i % 7) : 1))));
  let last: unknown = null;
  return () => {
    last = balancer.pick(null);
    if (last === null) throw new Error("no host");
  };
}

/** From a picked host to the end of the response, all but the kernel: the budget is 6 us on Node 20. */
export const upstream: Micro[] = [
  { name: "GET and a response of 128 bytes", fn: exchange(new Request(headers("GET", 0), null), RESPONSE) },
  { name: "POST of 300 bytes and a response", fn: exchange(new Request(headers("POST", 300), Buffer.alloc(300)), RESPONSE) },
  { name: "chunked POST and chunked response", fn: exchange(new Request(headers("POST", 0), Buffer.alloc(300)), CHUNKED) },
  ...["ROUND_ROBIN", "LEAST_REQUEST", "RANDOM"].flatMap((policy) => [
    { name: `${policy}: pick one of 10`, fn: pick(policy, 10, false) },
    { name: `${policy}: pick one of 10,000`, fn: pick(policy, 10_000, false) },
    { name: `${policy}: pick one of 10,000 with weights`, fn: pick(policy, 10_000, true) },
  ]),
];
