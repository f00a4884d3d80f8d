import type { FilterScope, HookValue, HttpFilter } from "../../core/contract/filter.ts";
import type { HeaderMap } from "../../core/contract/headers.ts";
import type { Hold, HttpStream, Stop } from "../../core/contract/stream.ts";
import { encodeGrpcMessage, grpcStatusOfHttp, isGrpc } from "../../core/stream/grpc.ts";
import { CallStats, type MethodStats } from "../grpc-call-stats.ts";
import { HOLD } from "../plugin.ts";
import { Base64Decoder } from "./base64-decoder.ts";

/** A gRPC-Web call under way. */
interface Call {
  readonly stats: MethodStats | undefined;
  /** The request's text; null: it comes as bytes. */
  readonly decoder: Base64Decoder | null;
  readonly textAnswer: boolean;
  /** The answer is not gRPC: its status becomes gRPC's, its text the message. */
  foreign: HeaderMap | null;
}

/** Bytes of a foreign answer that become `grpc-message`. Envoy: the same bound. */
const MAX_MESSAGE = 16_384;
/** Marks the frame that holds the trailers. Source: gRPC-Web, "Message framing". */
const TRAILERS = 0x80;
const EMPTY = new Uint8Array(0);

/** Turns gRPC-Web into gRPC and back. Other streams cost a look at their content type. */
export class GrpcWebFilter implements HttpFilter {
  readonly #stats: CallStats;
  readonly #calls = new Map<HttpStream, Call>();

  constructor(scope: FilterScope) {
    this.#stats = new CallStats({ protocol: "grpc-web", apart: "all", replaceDots: false }, scope);
  }

  onRequestHeaders(s: HttpStream, headers: HeaderMap): void {
    const type = headers.get("content-type");
    if (type === undefined || !type.startsWith("application/grpc-web")) return;
    const text = isText(type);
    if (!text && type !== "application/grpc-web" && type !== "application/grpc-web+proto") return;
    this.#calls.set(s, {
      stats: this.#stats.find(s, headers),
      decoder: text ? new Base64Decoder() : null,
      textAnswer: isText(headers.get("accept")),
      foreign: null,
    });
    headers.remove("content-length");
    headers.set("content-type", "application/grpc");
    headers.set("te", "trailers");
    if (!headers.has("grpc-accept-encoding")) headers.set("grpc-accept-encoding", "identity");
  }

  onRequestBody(s: HttpStream, chunk: Uint8Array, end: boolean): void | Uint8Array | Stop {
    if (this.#calls.size === 0) return undefined;
    const decoder = this.#calls.get(s)?.decoder ?? null;
    if (decoder === null) return undefined;
    const decoded = decoder.decode(chunk);
    if (decoded === undefined) return refuse(s, "grpc_base_64_decode_failed");
    if (end && !decoder.whole) return refuse(s, "grpc_base_64_decode_failed_bad_size");
    return decoded;
  }

  onRequestTrailers(s: HttpStream): void | Stop {
    const decoder = this.#calls.get(s)?.decoder ?? null;
    return decoder === null || decoder.whole ? undefined : refuse(s, "grpc_base_64_decode_failed_bad_size");
  }

  onResponseHeaders(s: HttpStream, headers: HeaderMap, end: boolean): HookValue<Hold> {
    if (this.#calls.size === 0) return undefined;
    const call = this.#calls.get(s);
    if (call === undefined) return undefined;
    call.stats?.chargeStatus(headers);
    const gRPC = end ? headers.has("grpc-status") : headers.status === 200 && isGrpcOrWeb(headers);
    headers.remove("content-length");
    headers.set("content-type", call.textAnswer ? "application/grpc-web-text+proto" : "application/grpc-web+proto");
    if (gRPC) return undefined;
    if (end) {
      describe(headers, EMPTY);
      return undefined;
    }
    call.foreign = headers;
    return HOLD;
  }

  onResponseBody(s: HttpStream, chunk: Uint8Array): void | Uint8Array {
    if (this.#calls.size === 0) return undefined;
    const call = this.#calls.get(s);
    if (call === undefined) return undefined;
    if (call.foreign !== null) {
      describe(call.foreign, chunk);
      return EMPTY;
    }
    return call.textAnswer && chunk.length > 0 ? base64(chunk) : undefined;
  }

  onResponseTrailers(s: HttpStream, trailers: HeaderMap): void | Uint8Array {
    const call = this.#calls.get(s);
    if (call === undefined) return undefined;
    // Of an answer that was not gRPC nothing is left to say.
    if (call.foreign !== null) return EMPTY;
    call.stats?.chargeStatus(trailers);
    const frame = trailersFrame(trailers);
    return call.textAnswer ? base64(frame) : frame;
  }

  onStreamComplete(s: HttpStream): void {
    if (this.#calls.size > 0) this.#calls.delete(s);
  }
}

function isText(type: string | undefined): boolean {
  return type === "application/grpc-web-text" || type === "application/grpc-web-text+proto";
}

function isGrpcOrWeb(headers: HeaderMap): boolean {
  if (isGrpc(headers)) return true;
  const type = headers.get("content-type")?.split(";", 1)[0].trimEnd().toLowerCase();
  return type === "application/grpc-web" || type === "application/grpc-web+proto";
}

function refuse(s: HttpStream, details: string): Stop {
  return s.reply(400, { body: "Bad gRPC-web request, invalid base64 data.", details });
}

/** Gives an answer that is not gRPC the status that its HTTP status stands for, and its text as the message. */
function describe(headers: HeaderMap, body: Uint8Array): void {
  headers.set("grpc-status", String(grpcStatusOfHttp(headers.status)));
  const text = Buffer.from(body.buffer, body.byteOffset, Math.min(body.length, MAX_MESSAGE)).toString("utf8");
  if (text !== "") headers.set("grpc-message", encodeGrpcMessage(text));
}

function base64(bytes: Uint8Array): Uint8Array {
  return Buffer.from(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64"), "latin1");
}

/** Trailers as the last frame of the body. */
function trailersFrame(trailers: HeaderMap): Uint8Array {
  const { list } = trailers;
  let text = "";
  for (let i = 0; i < list.length; i += 2) text += `${list[i]}:${list[i + 1]}\r\n`;
  const frame = Buffer.alloc(5 + text.length);
  frame[0] = TRAILERS;
  frame.writeUInt32BE(text.length, 1);
  frame.write(text, 5, "latin1");
  return frame;
}
