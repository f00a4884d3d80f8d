import { AccessLog } from "../accesslog.ts";
import type { Infer } from "../schema/index.ts";
import { bool, boolValue, list, message, notBuilt, string, unsupported } from "../schema/index.ts";

/** The router, `envoy.filters.http.router`: the terminal filter that sends requests to clusters. */
export const Router = message("envoy.extensions.filters.http.router.v3.Router", {
  /** Whether counters of clusters by response and virtual host are kept. Default true. */
  dynamicStats: notBuilt(boolValue({ default: true }), "these are always kept", ["true"]),
  startChildSpan: unsupported("there is no tracing yet"),
  /** Logs each attempt at an upstream. */
  upstreamLog: notBuilt(list(AccessLog), "attempts are not logged yet"),
  upstreamLogOptions: unsupported("attempts are logged once, at their end"),
  /** Leaves `x-envoy-*` out of requests and responses. Default false. */
  suppressEnvoyHeaders: bool({ default: false }),
  /** Requests whose header of this name is invalid are refused with 400. */
  strictCheckHeaders: notBuilt(
    list(
      string({
        in: [
          "x-envoy-upstream-rq-timeout-ms",
          "x-envoy-upstream-rq-per-try-timeout-ms",
          "x-envoy-max-retries",
          "x-envoy-retry-grpc-on",
          "x-envoy-retry-on",
        ],
      }),
    ),
    "headers that are invalid are passed over",
  ),
  /** Takes the timeout from `x-envoy-expected-rq-timeout-ms` of a proxy before this one. Default false. */
  respectExpectedRqTimeout: notBuilt(bool({ default: false }), "each proxy has its own timeout", ["false"]),
  /** Default false. */
  suppressGrpcRequestFailureCodeStats: notBuilt(bool({ default: false }), "gRPC is not counted apart yet", ["false"]),
  upstreamHttpFilters: unsupported("there are no upstream filters yet"),
  rejectConnectRequestEarlyData: unsupported("CONNECT requests have no early data"),
});
export type Router = Infer<typeof Router>;
