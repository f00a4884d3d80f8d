import { Buffer } from "node:buffer";
import { compileStringMatcher } from "../../match/string-matcher.ts";
import { toResourceError } from "../../match/problem.ts";
import { headerAppendAction, type HeaderValueOption } from "../../resources/base.ts";
import type { Cluster } from "../../resources/cluster.ts";
import {
  type GrpcHealthCheck,
  type HealthCheck,
  HealthCheckEventFileSink,
  type HealthCheckPayload,
  type HttpHealthCheck,
  type Int64Range,
  type TcpHealthCheck,
} from "../../resources/health-check.ts";
import { type DecodeContext, parse } from "../../resources/schema/index.ts";
import { complain } from "../complain.ts";
import type { Http2UpstreamOptions } from "../pool/http2-upstream-connection.ts";
import type {
  GrpcCheck,
  HeaderChange,
  HeaderChanges,
  HealthLog,
  HealthSettings,
  HttpCheck,
  StatusRange,
  TcpCheck,
} from "./health-settings.ts";

/** HTTP/2 of a cluster. */
export interface ClusterHttp2 {
  /** Whether its requests may be sent by HTTP/2. */
  readonly spoken: boolean;
  /** Its options, or the defaults. */
  readonly options: () => Http2UpstreamOptions;
}

/** What a body may be looked at for where the file says: all of it. */
const WHOLE_BODY = 1024 * 1024;
/** Methods whose requests have no body. */
const BODILESS = new Set(["GET", "HEAD", "DELETE", "TRACE"]);

/** Reads a cluster's check; undefined when there is none, or after mistakes, which the context has. */
export function readHealthCheck(cluster: Cluster, http2: ClusterHttp2, context: DecodeContext): HealthSettings | undefined {
  const [check, second] = cluster.healthChecks;
  if (check === undefined) return undefined;
  if (second !== undefined) {
    complain(
      context,
      second,
      "invalid_value",
      `found ${cluster.healthChecks.length} health checks in cluster "${cluster.name}", wanted one`,
    );
  }
  const kind = readKind(check, cluster.name, http2, context);
  if (kind === undefined) return undefined;
  return {
    timeout: check.timeout,
    interval: check.interval,
    noTrafficInterval: check.noTrafficInterval,
    noTrafficHealthyInterval: check.noTrafficHealthyInterval ?? check.noTrafficInterval,
    unhealthyInterval: check.unhealthyInterval ?? check.interval,
    unhealthyEdgeInterval: check.unhealthyEdgeInterval ?? check.unhealthyInterval ?? check.interval,
    healthyEdgeInterval: check.healthyEdgeInterval ?? check.interval,
    initialJitter: check.initialJitter,
    intervalJitter: check.intervalJitter,
    intervalJitterPercent: check.intervalJitterPercent,
    unhealthyThreshold: check.unhealthyThreshold,
    healthyThreshold: check.healthyThreshold,
    reuseConnection: check.reuseConnection,
    logs: readLogs(check, context),
    alwaysLogFailures: check.alwaysLogHealthCheckFailures,
    alwaysLogSuccess: check.alwaysLogHealthCheckSuccess,
    alpn: check.tlsOptions?.alpnProtocols,
    matchCriteria: check.transportSocketMatchCriteria,
    check: kind,
  };
}

function readKind(
  check: HealthCheck,
  cluster: string,
  http2: ClusterHttp2,
  context: DecodeContext,
): HealthSettings["check"] | undefined {
  if (check.httpHealthCheck !== undefined) return readHttp(check.httpHealthCheck, http2, context);
  if (check.tcpHealthCheck !== undefined) return readTcp(check.tcpHealthCheck, context);
  if (check.grpcHealthCheck === undefined) return undefined;
  if (!http2.spoken) {
    const message = `found a gRPC health check in cluster "${cluster}", wanted HTTP/2 in its protocol options (http2_protocol_options)`;
    complain(context, check.grpcHealthCheck, "invalid_value", message);
  }
  return readGrpc(check.grpcHealthCheck, http2, context);
}

function readHttp(check: HttpHealthCheck, http2: ClusterHttp2, context: DecodeContext): HttpCheck {
  const method = check.method === "METHOD_UNSPECIFIED" ? "GET" : check.method;
  const receive = check.receive.map((part) => bytesOf(part, context));
  const bodyLimit = check.responseBufferSize === 0 ? WHOLE_BODY : Math.min(check.responseBufferSize, WHOLE_BODY);
  const wanted = receive.reduce((sum, part) => sum + part.length, 0);
  if (wanted > bodyLimit) {
    const message = `found ${wanted} bytes in "receive", wanted no more than "response_buffer_size", ${bodyLimit}`;
    complain(context, check, "invalid_value", message);
  }
  if (check.send !== undefined && BODILESS.has(method)) {
    const message = `found "send" with the method ${method}, wanted one whose requests have a body (POST, PUT, PATCH, OPTIONS)`;
    complain(context, check.send, "invalid_value", message);
  }
  const matcher = check.serviceNameMatcher;
  return {
    kind: "HTTP",
    http2: check.codecClientType === "HTTP2" ? http2.options() : null,
    method,
    path: check.path,
    host: check.host,
    headers: changesOf(check.requestHeadersToAdd, check.requestHeadersToRemove, context),
    send: check.send === undefined ? null : bytesOf(check.send, context),
    receive,
    bodyLimit,
    expected: check.expectedStatuses.length === 0 ? OK : rangesOf(check.expectedStatuses, context),
    retriable: rangesOf(check.retriableStatuses, context),
    serviceName: matcher === undefined ? null : compileStringMatcher(matcher, (problem) => context.add(toResourceError(problem))),
  };
}

const OK: readonly StatusRange[] = [[200, 201]];

function readTcp(check: TcpHealthCheck, context: DecodeContext): TcpCheck {
  return {
    kind: "TCP",
    send: check.send === undefined ? null : bytesOf(check.send, context),
    receive: check.receive.map((part) => bytesOf(part, context)),
  };
}

function readGrpc(check: GrpcHealthCheck, http2: ClusterHttp2, context: DecodeContext): GrpcCheck {
  return {
    kind: "GRPC",
    http2: http2.options(),
    service: check.serviceName,
    authority: check.authority,
    headers: changesOf(check.initialMetadata, [], context),
  };
}

function bytesOf(payload: HealthCheckPayload, context: DecodeContext): Uint8Array {
  if (payload.binary !== undefined) return payload.binary;
  const text = payload.text ?? "";
  if (!/^([0-9a-fA-F]{2})+$/.test(text)) {
    complain(context, payload, "invalid_value", `found ${JSON.stringify(text)}, wanted bytes in hexadecimal, two digits each`);
  }
  return Buffer.from(text, "hex");
}

function rangesOf(ranges: readonly Int64Range[], context: DecodeContext): StatusRange[] {
  return ranges.map((range) => {
    const { start, end } = range;
    const wrong =
      start >= end
        ? "start to be less than end"
        : start < 100
          ? "start to be 100 or more"
          : end > 600
            ? "end to be 600 or less"
            : "";
    if (wrong !== "") complain(context, range, "out_of_range", `found the statuses from ${start} to ${end}, wanted ${wrong}`);
    return [start, end];
  });
}

/** Checks have no client whose data a value could tell: only plain text is taken. */
function changesOf(options: readonly HeaderValueOption[], remove: readonly string[], context: DecodeContext): HeaderChanges {
  const add = options.flatMap((option): HeaderChange[] => {
    const { key: name, value = "", rawValue } = option.header;
    const text = rawValue === undefined ? value : Buffer.from(rawValue).toString("latin1");
    if (/%[^%]/.test(text.replaceAll("%%", ""))) {
      const message = `found ${JSON.stringify(text)} for "${name}", wanted plain text: health checks have nothing to substitute`;
      complain(context, option, "unsupported_value", message);
    }
    const plain = text.replaceAll("%%", "%");
    return plain === "" && !option.keepEmptyValue ? [] : [{ name, value: plain, action: headerAppendAction(option) }];
  });
  return { add, remove };
}

function readLogs(check: HealthCheck, context: DecodeContext): HealthLog[] {
  const logs: HealthLog[] = check.eventLogPath === "" ? [] : [{ path: check.eventLogPath, about: check }];
  for (const { typedConfig } of check.eventLogger) {
    if (typedConfig === undefined) continue;
    if (typedConfig.typeUrl !== HealthCheckEventFileSink.typeName) {
      const message = `found an event sink of type ${typedConfig.typeUrl}, wanted ${HealthCheckEventFileSink.typeName}`;
      context.report(typedConfig.node, "unknown_type_url", message, {
        found: typedConfig.typeUrl,
        wanted: HealthCheckEventFileSink.typeName,
      });
      continue;
    }
    const sink = parse(HealthCheckEventFileSink, typedConfig, context);
    if (sink !== undefined) logs.push({ path: sink.eventLogPath, about: sink });
  }
  return logs;
}
