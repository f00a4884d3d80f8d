import type { HeaderMap } from "../contract/headers.ts";
import type { HttpStreamImpl } from "./http-stream.ts";

/** The downstream side of a stream: what a codec's connection implements. All calls are for the stream that it carries. */
export interface ResponseSink {
  sendInformational(stream: HttpStreamImpl, headers: HeaderMap): void;
  /** `end`: neither body nor trailers follow. What is written may be held back until `flush`, `end` or enough has gathered. */
  sendHeaders(stream: HttpStreamImpl, headers: HeaderMap, end: boolean): void;
  sendBody(stream: HttpStreamImpl, chunk: Uint8Array, end: boolean): void;
  sendTrailers(stream: HttpStreamImpl, trailers: HeaderMap): void;
  flush(): void;
  /** The response can't be finished: the client must see a broken message. */
  abort(stream: HttpStreamImpl): void;
  pauseRequest(stream: HttpStreamImpl): void;
  resumeRequest(stream: HttpStreamImpl): void;
  /** ms without progress before the stream ends; 0 = none. */
  setIdleTimeout(stream: HttpStreamImpl, ms: number): void;
  /** The stream is over and logged. */
  finished(stream: HttpStreamImpl): void;
}
