import { GRPC_STATUS } from "./grpc-status.ts";
import type { CorsPolicy, HTTPFaultInjection } from "../../schema/virtual-service.ts";
import { compact, durationText, unlessEmpty, type Json } from "../json.ts";
import { typed } from "../type-url.ts";
import { stringMatcher } from "./route-match.ts";

/** A percentage in millionths, as Istio writes it: what is below is cut off. */
export function fractionalPercent(percent: number): Json {
  return { numerator: Math.trunc(percent * 10_000), denominator: "MILLION" };
}

/** `HTTPFault` for a route. Undefined when nothing of it is done. Without a percentage nothing is injected, as Istio documents. */
export function faultConfig(fault: HTTPFaultInjection): Json | undefined {
  const { delay, abort } = fault;
  const parts: Record<string, unknown> = {};
  if (delay?.fixedDelay !== undefined) {
    const percentage =
      delay.percentage === undefined
        ? { numerator: delay.percent, denominator: "HUNDRED" }
        : fractionalPercent(delay.percentage.value);
    parts.delay = { fixed_delay: durationText(delay.fixedDelay), percentage };
  }
  const grpc = abort?.grpcStatus === undefined ? undefined : grpcStatus(abort.grpcStatus);
  if (abort?.httpStatus !== undefined || grpc !== undefined) {
    parts.abort = compact({
      http_status: abort?.httpStatus,
      grpc_status: grpc,
      percentage: abort?.percentage && fractionalPercent(abort.percentage.value),
    });
  }
  if (Object.keys(parts).length === 0) return undefined;
  return typed("envoy.extensions.filters.http.fault.v3.HTTPFault", parts);
}

function grpcStatus(name: string): number | undefined {
  const byName = GRPC_STATUS.indexOf(name);
  if (byName >= 0) return byName;
  return /^[0-9]+$/.test(name) ? Number(name) : undefined;
}

/** `CorsPolicy` of the filter for a route. Istio: `TranslateCORSPolicy`. */
export function corsConfig(cors: CorsPolicy): Json {
  const origins =
    cors.allowOrigins.length > 0
      ? cors.allowOrigins.map((origin) => stringMatcher(origin))
      : cors.allowOrigin.map((origin) => ({ exact: origin }));
  return typed(
    "envoy.extensions.filters.http.cors.v3.CorsPolicy",
    compact({
      allow_origin_string_match: unlessEmpty(origins),
      allow_methods: textOf(cors.allowMethods),
      allow_headers: textOf(cors.allowHeaders),
      expose_headers: textOf(cors.exposeHeaders),
      max_age: cors.maxAge === undefined ? undefined : String(Math.floor(cors.maxAge / 1000)),
      allow_credentials: cors.allowCredentials,
      filter_enabled: { default_value: { numerator: 100, denominator: "HUNDRED" } },
      forward_not_matching_preflights: cors.unmatchedPreflights !== "IGNORE",
    }),
  );
}

function textOf(names: readonly string[]): string | undefined {
  return names.length === 0 ? undefined : names.join(",");
}
