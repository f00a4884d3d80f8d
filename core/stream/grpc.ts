import type { HeaderMap } from "../contract/headers.ts";

/** HTTP status -> gRPC status, for answers that no gRPC server made. Source: gRPC, "HTTP to gRPC Status Code Mapping". */
export function grpcStatusOfHttp(status: number): number {
  switch (status) {
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

/** Whether a request speaks gRPC: its local replies then do too. */
export function isGrpc(request: HeaderMap): boolean {
  const type = request.get("content-type");
  if (type === undefined || !type.startsWith("application/grpc")) return false;
  return type.length === 16 || type.charCodeAt(16) === 43 || type.charCodeAt(16) === 59;
}

/** gRPC's percent-encoding of `grpc-message`. Source: gRPC over HTTP/2, "Status-Message". */
export function encodeGrpcMessage(text: string): string {
  let out = "";
  for (const byte of Buffer.from(text, "utf8")) {
    out +=
      byte >= 0x20 && byte <= 0x7e && byte !== 0x25
        ? String.fromCharCode(byte)
        : "%" + byte.toString(16).toUpperCase().padStart(2, "0");
  }
  return out;
}

/** gRPC status -> HTTP status: how outlier detection takes an answer that has no message. Source: Envoy, `Grpc::Utility::grpcToHttpStatus`. */
export function httpStatusOfGrpc(status: number): number {
  return HTTP_STATUS[status] ?? 500;
}

/** By gRPC's code, 0 to 16. */
const HTTP_STATUS: readonly number[] = [200, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401];
