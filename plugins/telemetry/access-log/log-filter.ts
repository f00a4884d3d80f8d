import type { RuntimeReader } from "../../../core/contract/filter.ts";
import { RESPONSE_FLAG_NAMES } from "../../../core/contract/response-flags.ts";
import type { StreamInfo } from "../../../core/contract/stream.ts";
import { grpcStatusNumber, GRPC_STATUS_NAMES } from "../../../core/format/grpc-status.ts";
import { HEALTH_CHECK_STATE } from "../../health-check/health-check-filter.ts";
import { streamDraw } from "../../../core/match/draw.ts";
import { compileHeaderMatcher } from "../../../core/match/header-matcher.ts";
import { compileMetadataMatcher, metadataValue } from "../../../core/match/metadata-matcher.ts";
import type { Report } from "../../../core/match/problem.ts";
import type { AccessLogFilter, ComparisonFilter } from "../../../core/resources/accesslog.ts";

/** Whether a stream is to be logged. Never throws. */
export type LogFilter = (info: StreamInfo) => boolean;

/** What filters are compiled with. */
export interface LogFilterContext {
  readonly runtime: RuntimeReader;
  readonly report: Report;
}

const always: LogFilter = () => true;

/** Compiles Envoy's `AccessLogFilter`. Mistakes are reported; what is left of a wrong filter lets everything through. */
export function compileLogFilter(config: AccessLogFilter, context: LogFilterContext): LogFilter {
  if (config.statusCodeFilter !== undefined) {
    return compare(config.statusCodeFilter.comparison, (info) => info.responseCode, context);
  }
  if (config.durationFilter !== undefined) {
    return compare(config.durationFilter.comparison, (info) => Math.max(0, Math.floor(info.endTime - info.startTime)), context);
  }
  if (config.notHealthCheckFilter !== undefined) return (info) => !isHealthCheck(info);
  if (config.runtimeFilter !== undefined) return runtime(config.runtimeFilter, context);
  if (config.andFilter !== undefined) {
    const filters = config.andFilter.filters.map((filter) => compileLogFilter(filter, context));
    return (info) => filters.every((filter) => filter(info));
  }
  if (config.orFilter !== undefined) {
    const filters = config.orFilter.filters.map((filter) => compileLogFilter(filter, context));
    return (info) => filters.some((filter) => filter(info));
  }
  if (config.headerFilter !== undefined) {
    const matcher = compileHeaderMatcher(config.headerFilter.header, context.report);
    return (info) => matcher.match(info.request);
  }
  if (config.responseFlagFilter !== undefined) return responseFlags(config.responseFlagFilter, context.report);
  if (config.grpcStatusFilter !== undefined) return grpcStatus(config.grpcStatusFilter, context.report);
  if (config.metadataFilter !== undefined) return metadata(config.metadataFilter, context.report);
  return always;
}

function compare({ op, value }: ComparisonFilter, read: (info: StreamInfo) => number, context: LogFilterContext): LogFilter {
  const { defaultValue: fallback, runtimeKey: key } = value;
  const reader = context.runtime;
  const wanted = key === "" ? () => fallback : () => reader.number(key, fallback);
  switch (op) {
    case "GE":
      return (info) => read(info) >= wanted();
    case "LE":
      return (info) => read(info) <= wanted();
    case "NE":
      return (info) => read(info) !== wanted();
    default:
      return (info) => read(info) === wanted();
  }
}

/** The health-check filter marks what it sees; Envoy's own checker is known by its name. */
function isHealthCheck(info: StreamInfo): boolean {
  if (info.filterState !== undefined && info.filterState[HEALTH_CHECK_STATE] === true) return true;
  return info.request.get("user-agent")?.startsWith("Envoy/HC") ?? false;
}

function runtime(config: NonNullable<AccessLogFilter["runtimeFilter"]>, context: LogFilterContext): LogFilter {
  const numerator = config.percentSampled?.numerator ?? 0;
  const denominator = config.percentSampled?.denominator ?? 100;
  const draw = config.useIndependentRandomness === true ? independentDraw : requestDraw;
  return (info) => context.runtime.fraction(config.runtimeKey, numerator, denominator, draw(info));
}

function independentDraw(): number {
  return Math.floor(Math.random() * 0x1_0000_0000);
}

/** From the request's id, so that all proxies on its way decide alike. */
function requestDraw(info: StreamInfo): number {
  const draw = /^[\da-f]{8}/i.test(info.requestId) ? parseInt(info.requestId.slice(0, 8), 16) : NaN;
  return Number.isNaN(draw) ? streamDraw(info.id) : draw;
}

function responseFlags(config: NonNullable<AccessLogFilter["responseFlagFilter"]>, report: Report): LogFilter {
  if (config.flags.length === 0) return (info) => info.responseFlags !== 0;
  let bits = 0;
  for (const flag of config.flags) {
    const known = RESPONSE_FLAG_NAMES.find(([, short]) => short === flag);
    if (known !== undefined) bits |= known[0];
    else {
      const wanted = `one of ${RESPONSE_FLAG_NAMES.map(([, short]) => short).join(", ")}`;
      const found = JSON.stringify(flag);
      report({
        about: config,
        key: "flags",
        code: "invalid_value",
        message: `${found} is no response flag, wanted ${wanted}`,
        found,
        wanted,
      });
    }
  }
  return (info) => (info.responseFlags & bits) !== 0;
}

function grpcStatus(config: NonNullable<AccessLogFilter["grpcStatusFilter"]>, report: Report): LogFilter {
  const statuses = new Set<number>();
  for (const name of config.statuses ?? []) {
    // The filter's enum writes CANCELED, the rest of gRPC CANCELLED.
    const status = GRPC_STATUS_NAMES.indexOf(name === "CANCELED" ? "CANCELLED" : name);
    if (status >= 0) statuses.add(status);
    else
      report({ about: config, key: "statuses", code: "invalid_value", message: `${JSON.stringify(name)} is no status of gRPC` });
  }
  const exclude = config.exclude ?? false;
  return (info) => statuses.has(grpcStatusNumber(info)) !== exclude;
}

function metadata(config: NonNullable<AccessLogFilter["metadataFilter"]>, report: Report): LogFilter {
  const otherwise = config.matchIfKeyNotFound ?? true;
  const matcher = config.matcher;
  if (matcher === undefined) return () => otherwise;
  const compiled = compileMetadataMatcher(matcher, report);
  const path = matcher.path.map((segment) => segment.key ?? "");
  return (info) =>
    metadataValue(info.dynamicMetadata, matcher.filter, path) === undefined ? otherwise : compiled.match(info.dynamicMetadata);
}
