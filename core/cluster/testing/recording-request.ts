import type { HeaderMap } from "../../contract/headers.ts";
import type { UpstreamRequest, UpstreamStream } from "../../contract/cluster.ts";
import type { ResetReason } from "../../contract/error.ts";
import { HeaderMapImpl } from "../../stream/header-map.ts";

/** Notes what it hears, one word an event. */
export class RecordingRequest implements UpstreamRequest {
  readonly downstreamProtocol = "HTTP/1.1";
  readonly events: string[] = [];
  stream: UpstreamStream | null = null;
  body = "";
  headers: HeaderMap | null = null;
  /** What to do when there is a stream; default: `get`. */
  readonly onReady: (stream: UpstreamStream, request: RecordingRequest) => void;

  constructor(onReady: (stream: UpstreamStream, request: RecordingRequest) => void = get) {
    this.onReady = onReady;
  }

  onUpstreamReady(stream: UpstreamStream): void {
    this.events.push("ready");
    this.stream = stream;
    this.onReady(stream, this);
  }
  onUpstreamFailure(reason: ResetReason, details: string): void {
    this.events.push(`failure ${reason}${details === "" ? "" : ` ${details}`}`);
  }
  onInformational(headers: HeaderMap): void {
    this.events.push(`informational ${headers.status}`);
  }
  onResponseHeaders(headers: HeaderMap, end: boolean): void {
    this.headers = headers;
    this.events.push(`headers ${headers.status}${end ? " end" : ""}`);
  }
  onResponseBody(chunk: Uint8Array, end: boolean): void {
    const text = new TextDecoder("latin1").decode(chunk);
    this.body += text;
    this.events.push(
      ["body", ...(text === "" ? [] : [text.length > 40 ? text.length : text]), ...(end ? ["end"] : [])].join(" "),
    );
  }
  onResponseTrailers(trailers: HeaderMap): void {
    this.events.push(`trailers ${trailers.list.join(" ")}`);
  }
  onUpstreamReset(reason: ResetReason, details: string): void {
    this.events.push(`reset ${reason}${details === "" ? "" : ` ${details}`}`);
  }
  onReadEnd(): void {
    this.events.push("read");
  }
  onUpstreamHighWatermark(): void {
    this.events.push("high");
  }
  onUpstreamLowWatermark(): void {
    this.events.push("low");
  }
}

/** Request headers, as a router hands them on. */
export function requestHeaders(method = "GET", path = "/", ...list: readonly string[]): HeaderMap {
  const headers = new HeaderMapImpl([...list]);
  headers.method = method;
  headers.path = path;
  headers.authority = "example.com";
  headers.scheme = "http";
  return headers;
}

/** Sends a GET. */
export function get(stream: UpstreamStream): void {
  stream.sendHeaders(requestHeaders(), true, "");
}
