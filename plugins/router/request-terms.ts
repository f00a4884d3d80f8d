import type { HeaderMap } from "../../core/contract/headers.ts";
import { isGrpc } from "../../core/stream/grpc.ts";
import { boundedGrpcTimeout, formatGrpcTimeout, grpcTimeoutInPlace, parseGrpcTimeout } from "./grpc-timeout.ts";
import { parseRetryOn } from "./retry-state.ts";
import type { RouterRoute } from "./router-route.ts";

/** What an exchange is to keep to: the route's, changed by what the request's own headers ask for. Made once and filled for each request. */
export class RequestTerms {
  /** ms for the whole response; 0: none. */
  timeout = 0;
  /** ms for the whole stream; 0: none, -1: the connection manager's. */
  duration = -1;
  /** ms for each attempt; 0: none. */
  perTry = 0;
  /** Bits of `RetryOn` that the request asks for. */
  retryOn = 0;
  /** As the request says; -1: it does not. */
  maxRetries = -1;

  /** Reads the terms, and takes the headers that asked for them away. Source: Envoy, "Router", HTTP headers (consumed). */
  read(route: RouterRoute, headers: HeaderMap): void {
    let { timeout, perTryTimeout: perTry } = route;
    const inPlace = route.maxGrpcTimeout !== undefined && isGrpc(headers);
    if (inPlace) {
      const asked = parseGrpcTimeout(headers.get("grpc-timeout"));
      timeout = grpcTimeoutInPlace(asked, route.maxGrpcTimeout!, route.grpcTimeoutOffset);
    }
    this.retryOn = 0;
    this.maxRetries = -1;
    // The connection manager has removed these where the client is not trusted.
    if (mayHoldEnvoyHeaders(headers)) {
      const asked = digits(headers.get("x-envoy-upstream-rq-timeout-ms"));
      if (asked >= 0) timeout = asked;
      const askedTry = digits(headers.get("x-envoy-upstream-rq-per-try-timeout-ms"));
      if (askedTry >= 0) perTry = askedTry;
      this.retryOn =
        parseRetryOn(headers.get("x-envoy-retry-on") ?? "") | parseRetryOn(headers.get("x-envoy-retry-grpc-on") ?? "");
      this.maxRetries = digits(headers.get("x-envoy-max-retries"));
      headers.remove("x-envoy-upstream-rq-timeout-ms");
      headers.remove("x-envoy-upstream-rq-per-try-timeout-ms");
      headers.remove("x-envoy-retry-on");
      headers.remove("x-envoy-retry-grpc-on");
      headers.remove("x-envoy-max-retries");
    }
    if (timeout > 0 && perTry >= timeout) perTry = 0;
    this.timeout = timeout;
    this.perTry = perTry;
    this.duration = -1;
    const expected = perTry > 0 ? perTry : timeout;
    // The upstream is told of the time that it has, which may be an attempt's.
    if (inPlace && expected > 0) headers.set("grpc-timeout", formatGrpcTimeout(expected));
    if (route.boundsStreams) this.#boundStream(route, headers);
  }

  /** The time of the stream by its route, and by its `grpc-timeout` where the route obeys that; upstreams of gRPC are told of it. */
  #boundStream(route: RouterRoute, headers: HeaderMap): void {
    const max = route.grpcTimeoutHeaderMax;
    const asked = max === undefined ? -1 : parseGrpcTimeout(headers.get("grpc-timeout"));
    if (asked < 0) {
      if (route.maxStreamDuration === undefined) return;
      this.duration = route.maxStreamDuration;
      if (this.duration > 0 && isGrpc(headers)) headers.set("grpc-timeout", formatGrpcTimeout(this.duration));
      return;
    }
    const bound = boundedGrpcTimeout(asked, max!, route.grpcTimeoutHeaderOffset);
    if (isGrpc(headers)) headers.set("grpc-timeout", formatGrpcTimeout(bound));
    // Nothing left is the shortest time, not none.
    this.duration = bound > 0 ? bound : 1;
  }
}

/**
 * ms that an attempt has, which the upstream is told of; 0: no bound. `elapsed`: ms since the request was whole, which is when `timeout` began. Nothing
 * left is 1, since 0 would be no bound. Source: Envoy, "Router", x-envoy-expected-rq-timeout-ms.
 */
export function attemptTime(timeout: number, perTry: number, elapsed: number): number {
  const expected = perTry > 0 ? perTry : timeout;
  if (expected <= 0 || timeout <= 0) return expected;
  return Math.max(1, Math.min(expected, timeout - Math.floor(elapsed)));
}

/** Tells the upstream of a further attempt of the time that is left. A bound on the stream (`max_stream_duration`) is told as it was, as by Envoy. */
export function tellAttemptTime(route: RouterRoute, headers: HeaderMap, time: number, envoyHeaders: boolean): void {
  if (time <= 0) return;
  if (envoyHeaders) headers.set("x-envoy-expected-rq-timeout-ms", String(time));
  if (route.maxGrpcTimeout !== undefined && isGrpc(headers)) headers.set("grpc-timeout", formatGrpcTimeout(time));
}

/** Decimal digits only; -1 for anything else. */
function digits(text: string | undefined): number {
  return text !== undefined && /^[0-9]{1,9}$/.test(text) ? Number(text) : -1;
}

function mayHoldEnvoyHeaders(headers: HeaderMap): boolean {
  const list = headers.list;
  for (let i = 0; i < list.length; i += 2) {
    const name = list[i];
    if (name.length > 15 && name.charCodeAt(2) === 101 && name.startsWith("x-envoy-")) return true;
  }
  return false;
}
