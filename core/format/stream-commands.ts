import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { HeaderMap } from "../contract/headers.ts";
import type { StreamInfo } from "../contract/stream.ts";
import { toBytes, visible } from "./byte-string.ts";
import { constantOperator, numberOperator, plainOperator, stringOperator } from "./operator.ts";
import type { Command, FormatOptions, Operator, Read } from "./operator.ts";
import { formatFlags, formatFlagsLong } from "./response-flags.ts";
import { compileTimeFormat, isoTime } from "./time-format.ts";

function simple(operator: Operator): Command {
  return { argument: "none", length: false, make: () => operator };
}

/** Text that came from somewhere else than a header: made bytes, and control characters shown. "" is no value. */
function text(read: (info: StreamInfo) => string): Operator {
  // Routes, clusters and details come as the same few strings again and again.
  let last = "";
  let bytes: string | undefined;
  return stringOperator((info) => {
    const value = read(info);
    if (value === last) return bytes;
    last = value;
    return (bytes = value === "" ? undefined : visible(toBytes(value)));
  });
}

/** Text of our own: ASCII, nothing to escape. "" is no value. */
function plain(read: (info: StreamInfo) => string): Operator {
  return plainOperator((info) => {
    const value = read(info);
    return value === "" ? undefined : value;
  });
}

/** Whole milliseconds between two moments, -1 (no value) when one of them was not reached. */
function between(from: number, to: number): number {
  const d = to - from;
  // A negative time means that the moment did not come: -1 is the only one there is.
  return from < 0 || to < 0 || d < 0 ? -1 : d < 0x7fffffff ? d | 0 : Math.floor(d);
}

function duration(from: (info: StreamInfo) => number, to: (info: StreamInfo) => number): Command {
  return simple(numberOperator((info) => between(from(info), to(info))));
}

type Moment = (info: StreamInfo) => number;

/** Points in time of `COMMON_DURATION`. Those of the upstream connection and of TLS are not kept. */
const MOMENTS: Readonly<Record<string, Moment>> = {
  DS_RX_BEG: (info) => info.startTime,
  DS_RX_END: (info) => info.requestEndTime,
  US_TX_BEG: (info) => info.upstreamStartTime,
  US_TX_END: (info) => info.upstreamRequestEndTime,
  US_RX_BEG: (info) => info.upstreamFirstByteTime,
  US_RX_END: (info) => info.upstreamEndTime,
  DS_TX_BEG: (info) => info.responseFirstByteTime,
  DS_TX_END: (info) => info.endTime,
};
const PRECISIONS: Readonly<Record<string, number>> = { ms: 1, us: 1000, ns: 1_000_000 };

function makeCommonDuration(argument: string): Operator | string {
  const [start, end, precision = "ms", ...rest] = argument.split(":");
  if (end === undefined || rest.length > 0) return `wanted START:END or START:END:PRECISION, found ${JSON.stringify(argument)}`;
  const from = MOMENTS[start];
  const to = MOMENTS[end];
  const factor = PRECISIONS[precision];
  if (factor === undefined) return `wanted ms, us or ns, found ${JSON.stringify(precision)}`;
  if (from === undefined || to === undefined) {
    return `wanted two of ${Object.keys(MOMENTS).join(", ")}, found ${JSON.stringify(argument)}`;
  }
  return numberOperator((info) => {
    const a = from(info);
    const b = to(info);
    return a < 0 || b < a ? -1 : Math.floor((b - a) * factor);
  });
}

/** Bytes of names and values, as Envoy counts them: without separators. */
function headerBytes(map: HeaderMap | null): number {
  if (map === null) return 0;
  let n = 0;
  const list = map.list;
  for (let i = 0; i < list.length; i++) n += list[i].length;
  if (map.method !== "") {
    n += 7 + map.method.length + 10 + map.authority.length + 7 + map.scheme.length;
    if (map.path !== "") n += 5 + map.path.length;
  } else if (map.status !== 0) n += 7 + 3;
  return n;
}

/** A command that gives a point in time, by the format in its argument. `read` returns ms since the epoch; `local`: the default format and time zone are those of the machine. */
export function time(read: (info: StreamInfo) => number, local: boolean): Command {
  return {
    argument: "optional",
    length: false,
    make: (argument) => {
      if (argument === "" && !local) {
        const iso = isoTime();
        return plainOperator((info) => iso(read(info)));
      }
      const format = compileTimeFormat(argument === "" ? "%Y-%m-%dT%H:%M:%E3S%z" : argument, local);
      if (format === undefined) return "a time format may not print a line end (%n)";
      return stringOperator((info) => visible(toBytes(format(read(info)))));
    },
  };
}

/** When the line is written: the end of the stream, on the wall clock. */
const emitTime = (info: StreamInfo): number => info.startWallTime + Math.max(0, info.endTime - info.startTime);

function makeDetails(argument: string): Operator {
  if (argument === "ALLOW_WHITESPACES") return text((info) => info.responseCodeDetails);
  return stringOperator((info) => {
    const details = info.responseCodeDetails;
    if (details === "") return undefined;
    const bytes = visible(toBytes(details));
    return bytes.includes(" ") || bytes.includes("\t") ? bytes.replace(/[ \t]/g, "_") : bytes;
  });
}

function makeEnvironment(argument: string): Operator {
  return constantOperator(visible(toBytes(process.env[argument] ?? "-")));
}

function makeCluster(_: string, options: FormatOptions): Operator {
  const clusters = options.clusters;
  if (clusters === undefined) return text((info) => info.upstreamCluster);
  return text((info) => {
    const name = info.upstreamCluster;
    return name === "" ? "" : clusters.get(name)?.altStatName || name;
  });
}

const absent: Read = () => undefined;

/** Operators that read the stream itself. */
export const STREAM_COMMANDS: Readonly<Record<string, Command>> = {
  START_TIME: time((info) => info.startWallTime, false),
  START_TIME_LOCAL: time((info) => info.startWallTime, true),
  EMIT_TIME: time(emitTime, false),
  EMIT_TIME_LOCAL: time(emitTime, true),
  DURATION: duration(
    (info) => info.startTime,
    (info) => info.endTime,
  ),
  REQUEST_DURATION: duration(
    (info) => info.startTime,
    (info) => info.requestEndTime,
  ),
  REQUEST_TX_DURATION: duration(
    (info) => info.startTime,
    (info) => info.upstreamRequestEndTime,
  ),
  RESPONSE_DURATION: duration(
    (info) => info.startTime,
    (info) => info.upstreamFirstByteTime,
  ),
  RESPONSE_TX_DURATION: duration(
    (info) => info.upstreamFirstByteTime,
    (info) => info.endTime,
  ),
  COMMON_DURATION: { argument: "required", length: false, make: makeCommonDuration },
  PROTOCOL: simple(plain((info) => info.protocol)),
  UPSTREAM_PROTOCOL: simple(plain((info) => info.upstreamProtocol)),
  RESPONSE_CODE: simple(numberOperator((info) => info.responseCode)),
  RESPONSE_CODE_DETAILS: { argument: "optional", length: false, make: makeDetails },
  RESPONSE_FLAGS: simple(plain((info) => formatFlags(info.responseFlags))),
  RESPONSE_FLAGS_LONG: simple(plain((info) => formatFlagsLong(info.responseFlags))),
  BYTES_RECEIVED: simple(numberOperator((info) => info.bytesReceived)),
  BYTES_SENT: simple(numberOperator((info) => info.bytesSent)),
  REQUEST_HEADERS_BYTES: simple(numberOperator((info) => headerBytes(info.request))),
  RESPONSE_HEADERS_BYTES: simple(numberOperator((info) => headerBytes(info.response))),
  RESPONSE_TRAILERS_BYTES: simple(numberOperator((info) => headerBytes(info.responseTrailers))),
  // QUIC only: Envoy writes 0 for the other protocols.
  BYTES_RETRANSMITTED: simple(numberOperator(() => 0)),
  PACKETS_RETRANSMITTED: simple(numberOperator(() => 0)),
  ROUNDTRIP_DURATION: simple(numberOperator(() => -1)),
  UPSTREAM_REQUEST_ATTEMPT_COUNT: simple(numberOperator((info) => info.attemptCount)),
  UPSTREAM_CLUSTER: { argument: "none", length: false, make: makeCluster },
  UPSTREAM_CLUSTER_RAW: simple(text((info) => info.upstreamCluster)),
  // One word, as Envoy writes it: logs are taken apart at spaces.
  UPSTREAM_TRANSPORT_FAILURE_REASON: simple(text((info) => info.upstreamTransportFailure.replaceAll(" ", "_"))),
  // Only a listener's log and an L4 close have these: in Envoy, too, an HTTP log shows none.
  DOWNSTREAM_TRANSPORT_FAILURE_REASON: simple(stringOperator(absent)),
  CONNECTION_TERMINATION_DETAILS: simple(stringOperator(absent)),
  // No stream has a virtual cluster or a trace while there is none configured: as Envoy without them.
  VIRTUAL_CLUSTER_NAME: simple(stringOperator(absent)),
  TRACE_ID: simple(stringOperator(absent)),
  SPAN_ID: simple(stringOperator(absent)),
  CONNECTION_ID: simple(numberOperator((info) => info.connection.id)),
  // Without one a connection that is not HTTP has its own number, a request nothing.
  STREAM_ID: simple(stringOperator((info) => info.requestId || (info.protocol === "" ? String(info.id) : undefined))),
  UNIQUE_ID: simple(plainOperator(() => randomUUID())),
  ROUTE_NAME: simple(text((info) => info.matchedRoute?.name ?? "")),
  VIRTUAL_HOST_NAME: simple(text((info) => info.matchedRoute?.virtualHost ?? "")),
  FILTER_CHAIN_NAME: simple(text((info) => info.filterChainName)),
  ACCESS_LOG_TYPE: simple(plainOperator((info) => info.accessLogType ?? "DownstreamEnd")),
  HOSTNAME: { argument: "none", length: false, make: () => constantOperator(visible(toBytes(hostname() || "-"))) },
  ENVIRONMENT: { argument: "required", length: true, make: makeEnvironment },
};
