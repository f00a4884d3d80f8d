import type { HeaderMap } from "../contract/headers.ts";
import type { StreamInfo } from "../contract/stream.ts";
import { toBytes, visible } from "./byte-string.ts";
import { grpcStatusOf } from "./grpc-status.ts";
import { stringOperator } from "./operator.ts";
import type { Command, Operator, Read } from "./operator.ts";

/** The first value in a flat list. */
function find(list: readonly string[], name: string): string | undefined {
  for (let i = 0; i < list.length; i += 2) if (list[i] === name) return list[i + 1];
  return undefined;
}

/** Reads a request header; the pseudo-headers are fields. */
function requestHeader(name: string): Read {
  switch (name) {
    case ":path":
      return (info) => orAbsent(info.request.path);
    case ":method":
      return (info) => orAbsent(info.request.method);
    case ":authority":
    case "host":
      return (info) => orAbsent(info.request.authority);
    case ":scheme":
      return (info) => orAbsent(info.request.scheme);
    default:
      return (info) => find(info.request.list, name);
  }
}

function orAbsent(value: string): string | undefined {
  return value === "" ? undefined : value;
}

function mapHeader(pick: (info: StreamInfo) => HeaderMap | null): (name: string) => Read {
  return (name) => {
    if (name === ":status") return (info) => pick(info)?.get(name);
    return (info) => {
      const map = pick(info);
      return map === null ? undefined : find(map.list, name);
    };
  };
}

/** RFC 9110 section 5.6.2, and the colon of pseudo-headers. */
const NAME = /^:?[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** `X?Y`: one header, and another that stands in for it. */
function header(read: (name: string) => Read, finish: (value: string) => string = (value) => value): Command {
  return {
    argument: "required",
    length: true,
    make: (argument) => {
      const names = argument.split("?");
      if (names.length > 2) return `wanted at most one alternative, as in "x-a?x-b", found ${JSON.stringify(argument)}`;
      const wrong = names.find((name) => !NAME.test(name));
      if (wrong !== undefined) return `${JSON.stringify(wrong)} is not a header's name`;
      const first = read(names[0].toLowerCase());
      if (names.length === 1) return stringOperator(optional(first, finish));
      const second = read(names[1].toLowerCase());
      return stringOperator(optional((info) => first(info) ?? second(info), finish));
    },
  };
}

function optional(read: Read, finish: (value: string) => string): Read {
  return (info) => {
    const value = read(info);
    return value === undefined ? undefined : finish(value);
  };
}

function withoutQuery(path: string): string {
  const query = path.indexOf("?");
  return query < 0 ? path : path.slice(0, query);
}

const ORIGINAL_PATH = "x-envoy-original-path";
const ORIGINAL_HOST = "x-envoy-original-host";

/** `WQ|NQ` and `ORIG|PATH|ORIG_OR_PATH`. */
function makePath(argument: string): Operator | string {
  const [query = "", source = "", ...rest] = argument.split(":");
  if (rest.length > 0) return `wanted at most two parts, as in "NQ:ORIG", found ${JSON.stringify(argument)}`;
  if (!["", "WQ", "NQ"].includes(query)) return `wanted WQ or NQ, found ${JSON.stringify(query)}`;
  if (!["", "ORIG", "PATH", "ORIG_OR_PATH"].includes(source)) {
    return `wanted ORIG, PATH or ORIG_OR_PATH, found ${JSON.stringify(source)}`;
  }
  const read = choose(source === "PATH" ? "second" : source === "ORIG" ? "first" : "", ORIGINAL_PATH, ":path");
  return stringOperator(query === "NQ" ? optional(read, withoutQuery) : read);
}

/** `SNI_ONLY|SNI_FIRST|HOST_FIRST` and `ORIG|HOST|ORIG_OR_HOST`. */
function makeServerName(argument: string): Operator | string {
  const [mode = "", source = "", ...rest] = argument.split(":");
  if (rest.length > 0) return `wanted at most two parts, as in "SNI_FIRST:HOST", found ${JSON.stringify(argument)}`;
  if (!["", "SNI_ONLY", "SNI_FIRST", "HOST_FIRST"].includes(mode)) {
    return `wanted SNI_ONLY, SNI_FIRST or HOST_FIRST, found ${JSON.stringify(mode)}`;
  }
  if (!["", "ORIG", "HOST", "ORIG_OR_HOST"].includes(source)) {
    return `wanted ORIG, HOST or ORIG_OR_HOST, found ${JSON.stringify(source)}`;
  }
  const sni: Read = (info) =>
    info.connection.requestedServerName === "" ? undefined : visible(info.connection.requestedServerName);
  if (mode === "" || mode === "SNI_ONLY") return stringOperator(sni);
  const host = choose(source === "HOST" ? "second" : source === "ORIG" ? "first" : "", ORIGINAL_HOST, ":authority");
  return stringOperator(mode === "SNI_FIRST" ? (info) => sni(info) ?? host(info) : (info) => host(info) ?? sni(info));
}

function choose(which: "first" | "second" | "", first: string, second: string): Read {
  const a = requestHeader(first);
  const b = requestHeader(second);
  return which === "first" ? a : which === "second" ? b : (info) => a(info) ?? b(info);
}

function queryOf(info: StreamInfo): string | undefined {
  const path = info.request.path;
  const query = path.indexOf("?");
  if (query < 0) return undefined;
  const hash = path.indexOf("#", query);
  return path.slice(query + 1, hash < 0 ? undefined : hash);
}

/** Percent-decoded to bytes; what is no escape stays. Not visible() yet: a caller may still cut it. */
function decode(text: string): string {
  if (!text.includes("%")) return text;
  return text.replace(/%([\da-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}

function makeQueryParam(argument: string): Operator {
  const name = toBytes(argument);
  return stringOperator((info) => {
    const query = queryOf(info);
    if (query === undefined) return undefined;
    for (const pair of query.split("&")) {
      const equals = pair.indexOf("=");
      if (decode(equals < 0 ? pair : pair.slice(0, equals)) === name)
        return visible(equals < 0 ? "" : decode(pair.slice(equals + 1)));
    }
    return undefined;
  });
}

function makeQueryParams(argument: string): Operator | string {
  if (argument === "" || argument === "ORIG") return stringOperator(queryOf);
  if (argument !== "DECODED") return `wanted ORIG or DECODED, found ${JSON.stringify(argument)}`;
  return stringOperator((info) => {
    const query = queryOf(info);
    return query === undefined ? undefined : visible(decode(query));
  });
}

function makeGrpcStatus(argument: string): Operator | string {
  switch (argument) {
    case "":
    case "CAMEL_STRING":
      return stringOperator((info) => grpcStatusOf(info)?.camel);
    case "SNAKE_STRING":
      return stringOperator((info) => grpcStatusOf(info)?.snake);
    case "NUMBER":
      return { read: (info) => grpcStatusOf(info)?.text, json: "number" };
    default:
      return `wanted CAMEL_STRING, SNAKE_STRING or NUMBER, found ${JSON.stringify(argument)}`;
  }
}

const REQUEST = header(requestHeader);
const RESPONSE = header(mapHeader((info) => info.response));
const TRAILER = header(mapHeader((info) => info.responseTrailers));

/** Operators that read headers. */
export const HEADER_COMMANDS: Readonly<Record<string, Command>> = {
  REQ: REQUEST,
  REQUEST_HEADER: REQUEST,
  RESP: RESPONSE,
  RESPONSE_HEADER: RESPONSE,
  TRAILER,
  RESPONSE_TRAILER: TRAILER,
  REQ_WITHOUT_QUERY: header(requestHeader, withoutQuery),
  PATH: { argument: "optional", length: true, make: makePath },
  QUERY_PARAM: { argument: "required", length: true, make: makeQueryParam },
  QUERY_PARAMS: { argument: "optional", length: true, make: makeQueryParams },
  REQUESTED_SERVER_NAME: { argument: "optional", length: true, make: makeServerName },
  GRPC_STATUS: { argument: "optional", length: false, make: makeGrpcStatus },
  GRPC_STATUS_NUMBER: { argument: "none", length: false, make: () => makeGrpcStatus("NUMBER") },
};
