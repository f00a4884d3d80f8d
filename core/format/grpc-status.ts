import type { StreamInfo } from "../contract/stream.ts";
import { grpcStatusOfHttp, isGrpc } from "../stream/grpc.ts";

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

/** Names of the statuses, "OK" to "UNAUTHENTICATED", by number. */
export const GRPC_STATUS_NAMES: readonly string[] = NAMES.map(([, snake]) => snake);

/** The status from trailers, headers or the HTTP status, whether or not the request is gRPC; -1: what stands there is no number. */
export function grpcStatusNumber(info: StreamInfo): number {
  const given = info.responseTrailers?.get("grpc-status") ?? info.response?.get("grpc-status");
  if (given === undefined) return grpcStatusOfHttp(info.responseCode);
  return /^\d{1,10}$/.test(given) ? Number(given) : -1;
}

/** The status of a gRPC exchange; undefined when the request is not gRPC, or was not answered. */
export function grpcStatusOf(info: StreamInfo): GrpcStatusText | undefined {
  if (!isGrpc(info.request) || info.responseCode === 0) return undefined;
  const n = grpcStatusNumber(info);
  return TEXTS[n] ?? { text: String(n), camel: String(n), snake: String(n) };
}
