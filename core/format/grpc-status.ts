import type { StreamInfo } from "../contract/stream.ts";

/** A gRPC status as `%GRPC_STATUS%` writes it. */
export interface GrpcStatusText {
  /** The number, in digits. */
  readonly text: string;
  /** "InvalidArgument"; the number when it is none of gRPC's. */
  readonly camel: string;
  /** "INVALID_ARGUMENT". */
  readonly snake: string;
}

const NAMES: ReadonlyArray<readonly [camel: string, snake: string]> = [
  ["OK", "OK"],
  ["Canceled", "CANCELLED"],
  ["Unknown", "UNKNOWN"],
  ["InvalidArgument", "INVALID_ARGUMENT"],
  ["DeadlineExceeded", "DEADLINE_EXCEEDED"],
  ["NotFound", "NOT_FOUND"],
  ["AlreadyExists", "ALREADY_EXISTS"],
  ["PermissionDenied", "PERMISSION_DENIED"],
  ["ResourceExhausted", "RESOURCE_EXHAUSTED"],
  ["FailedPrecondition", "FAILED_PRECONDITION"],
  ["Aborted", "ABORTED"],
  ["OutOfRange", "OUT_OF_RANGE"],
  ["Unimplemented", "UNIMPLEMENTED"],
  ["Internal", "INTERNAL"],
  ["Unavailable", "UNAVAILABLE"],
  ["DataLoss", "DATA_LOSS"],
  ["Unauthenticated", "UNAUTHENTICATED"],
];

const TEXTS: readonly GrpcStatusText[] = NAMES.map(([camel, snake], n) => ({ text: String(n), camel, snake }));

/** gRPC's mapping of HTTP statuses ("http-grpc-status-mapping"), used when a response carries no grpc-status. */
function fromHttp(status: number): number {
  switch (status) {
    case 200:
      return 2;
    case 400:
      return 13;
    case 401:
      return 16;
    case 403:
      return 7;
    case 404:
      return 12;
    case 429:
    case 502:
    case 503:
    case 504:
      return 14;
    default:
      return 2;
  }
}

/** Whether the request is gRPC: its content type says so. */
export function isGrpcRequest(info: StreamInfo): boolean {
  const type = info.request.get("content-type");
  return (
    type !== undefined && type.startsWith("application/grpc") && (type.length === 16 || type[16] === "+" || type[16] === ";")
  );
}

/** Names of the statuses, "OK" to "UNAUTHENTICATED", by number. */
export const GRPC_STATUS_NAMES: readonly string[] = NAMES.map(([, snake]) => snake);

/** The status from trailers, headers or the HTTP status, whether or not the request is gRPC; -1: what stands there is no number. */
export function grpcStatusNumber(info: StreamInfo): number {
  const given = info.responseTrailers?.get("grpc-status") ?? info.response?.get("grpc-status");
  if (given === undefined) return fromHttp(info.responseCode);
  return /^\d{1,10}$/.test(given) ? Number(given) : -1;
}

/** The status of a gRPC exchange; undefined when the request is not gRPC, or was not answered. */
export function grpcStatusOf(info: StreamInfo): GrpcStatusText | undefined {
  if (!isGrpcRequest(info) || info.responseCode === 0) return undefined;
  const n = grpcStatusNumber(info);
  return TEXTS[n] ?? { text: String(n), camel: String(n), snake: String(n) };
}
