import type { HeaderMap } from "../contract/headers.ts";
import type { ReplyOptions } from "../contract/stream.ts";
import { encodeGrpcMessage, grpcStatusOfHttp, isGrpc } from "./grpc.ts";
import { HeaderMapImpl } from "./header-map.ts";
import type { HttpStreamImpl, StreamHost } from "./http-stream.ts";

/** Throws for a status, header or content type that no response may have, which a filter may have taken from a request. */
export function checkReply(status: number, options: ReplyOptions | undefined): void {
  if (!(status >= 200 && status <= 599) || !Number.isInteger(status))
    throw new TypeError(`reply: status ${status}, wanted 200 to 599`);
  const extra = options?.headers;
  const type = options?.contentType;
  if (extra === undefined && type === undefined) return;
  const scratch = new HeaderMapImpl([]);
  if (type !== undefined) scratch.append("content-type", type);
  if (extra !== undefined) for (let i = 0; i < extra.length; i += 2) scratch.append(extra[i], extra[i + 1]);
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
    headers.list.push("content-type", "application/grpc", "grpc-status", String(options?.grpcStatus ?? grpcStatusOfHttp(status)));
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
