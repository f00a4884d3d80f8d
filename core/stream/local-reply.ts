import type { HeaderMap } from "../contract/headers.ts";
import type { ReplyOptions } from "../contract/stream.ts";
import { HeaderMapImpl } from "./header-map.ts";
import type { HttpStreamImpl, StreamHost } from "./http-stream.ts";

/** HTTP status -> gRPC status, for answers that no gRPC server made. Source: gRPC, "HTTP to gRPC Status Code Mapping". */
export function grpcStatusOf(status: number): number {
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
    out += byte >= 0x20 && byte <= 0x7e && byte !== 0x25 ? String.fromCharCode(byte) : "%" + byte.toString(16).toUpperCase().padStart(2, "0");
  }
  return out;
}

/** Headers and body of a reply that is made here; in gRPC's form for a gRPC request. */
export function localReplyHeaders(
  stream: HttpStreamImpl,
  status: number,
  options: ReplyOptions | undefined,
  host: StreamHost,
): { headers: HeaderMap; body: Uint8Array } {
  const headers = new HeaderMapImpl([]);
  headers.status = status;
  let text = options?.body ?? "";
  const extra = options?.headers;
  stream.responseCode = status;
  stream.response = headers;
  const verbatim = options?.verbatim === true;
  if (!verbatim) stream.matchedRoute?.finalizeResponse?.(stream, headers);
  if (isGrpc(stream.request)) {
    headers.status = 200;
    headers.list.push("content-type", "application/grpc", "grpc-status", String(options?.grpcStatus ?? grpcStatusOf(status)));
    if (text !== "") headers.list.push("grpc-message", encodeGrpcMessage(text));
    if (extra !== undefined) for (let i = 0; i < extra.length; i += 2) headers.append(extra[i], extra[i + 1]);
    return { headers, body: EMPTY };
  }
  if (extra !== undefined) for (let i = 0; i < extra.length; i += 2) headers.append(extra[i], extra[i + 1]);
  if (text !== "" && !headers.has("content-type")) headers.list.push("content-type", options?.contentType ?? "text/plain");
  if (!verbatim) text = host.mapLocalReply(stream, headers, text);
  const body = text === "" ? EMPTY : Buffer.from(text, "utf8");
  if (body.length > 0) headers.setTrusted("content-length", String(body.length));
  return { headers, body };
}

const EMPTY = new Uint8Array(0);
