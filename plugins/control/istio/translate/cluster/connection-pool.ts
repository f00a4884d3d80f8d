import type { ConnectionPoolSettings, TrafficPolicy } from "../../schema/destination-rule.ts";
import { compact, durationText, type Json } from "../json.ts";
import { nodeAt } from "../origin.ts";
import type { Problems } from "../problems.ts";
import type { Owned } from "./effective-policy.ts";
import type { UpstreamProtocol } from "./upstream-protocol.ts";

const NO_LIMIT = 4_294_967_295;

/** What connection settings make of a cluster. */
export interface ConnectionFields {
  readonly cluster: Json;
  /** Of `HttpProtocolOptions.common_http_protocol_options`. */
  readonly common: Json;
  readonly protocol: UpstreamProtocol;
  /** Of `http2_protocol_options`. */
  readonly http2: Json;
}

/** Istio: `applyConnectionPool`: no limits but those that are set, 10 s to connect. */
export function connectionFields(
  pool: Owned<ConnectionPoolSettings> | undefined,
  budget: Owned<NonNullable<TrafficPolicy["retryBudget"]>> | undefined,
  protocol: UpstreamProtocol,
  problems: Problems,
): ConnectionFields {
  const tcp = pool?.value.tcp;
  const http = pool?.value.http;
  const keepalive = tcp?.tcpKeepalive;
  if (pool !== undefined && keepalive !== undefined) {
    for (const field of ["probes", "interval"] as const) {
      if (keepalive[field] === undefined) continue;
      problems.unsupported(nodeAt(pool.owner, keepalive, field), field, "the platform does not set it");
    }
  }
  if (budget?.value.budgetInterval !== undefined && budget.value.budgetInterval !== 0) {
    const message = "retries are compared with the requests of the moment";
    problems.unsupported(nodeAt(budget.owner, budget.value, "budgetInterval"), "budgetInterval", message);
  }
  const thresholds = compact({
    max_connections: limit(tcp?.maxConnections),
    max_pending_requests: limit(http?.http1MaxPendingRequests),
    max_requests: limit(http?.http2MaxRequests),
    max_retries: limit(http?.maxRetries),
    track_remaining: true,
    retry_budget:
      budget === undefined
        ? undefined
        : {
            budget_percent: { value: budget.value.percent ?? 20 },
            min_retry_concurrency: (budget.value.minRetryConcurrency ?? 0) > 0 ? budget.value.minRetryConcurrency : 3,
          },
  });
  const idle = http?.idleTimeout ?? tcp?.idleTimeout;
  return {
    cluster: compact({
      connect_timeout: durationText(tcp?.connectTimeout ?? 10_000),
      circuit_breakers: { thresholds: [thresholds] },
      upstream_connection_options:
        keepalive?.time === undefined ? undefined : { tcp_keepalive: { keepalive_time: Math.ceil(keepalive.time / 1000) } },
    }),
    common: compact({
      idle_timeout: idle === undefined ? undefined : durationText(idle),
      max_requests_per_connection: (http?.maxRequestsPerConnection ?? 0) > 0 ? http?.maxRequestsPerConnection : undefined,
      max_connection_duration: tcp?.maxConnectionDuration === undefined ? undefined : durationText(tcp.maxConnectionDuration),
    }),
    protocol,
    http2: compact({
      max_concurrent_streams: (http?.maxConcurrentStreams ?? 0) > 0 ? http?.maxConcurrentStreams : undefined,
      connection_keepalive: http?.http2KeepAlive && keepaliveOf(http.http2KeepAlive),
    }),
  };
}

function keepaliveOf({
  interval,
  timeout,
}: {
  readonly interval?: number | undefined;
  readonly timeout?: number | undefined;
}): Json {
  return compact({
    interval: interval === undefined ? undefined : durationText(interval),
    timeout: timeout === undefined ? undefined : durationText(timeout),
  });
}

function limit(value: number | undefined): number {
  return value === undefined || value <= 0 ? NO_LIMIT : value;
}
