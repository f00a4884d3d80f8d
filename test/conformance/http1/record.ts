import { Buffer } from "node:buffer";
import { RequestParser } from "../../../core/http1/request-parser.ts";
import { ResponseParser } from "../../../core/http1/response-parser.ts";
import {
  DEFAULT_HTTP1_LIMITS,
  DEFAULT_REQUEST_PARSER_OPTIONS,
  DEFAULT_RESPONSE_PARSER_OPTIONS,
  type Http1Error,
  type Http1Events,
  type Http1Limits,
  type RequestParserOptions,
  type ResponseParserOptions,
} from "../../../core/http1/types.ts";

/** What a parser reported, in order; adjoining body chunks are joined, so that it doesn't depend on how the input was cut. */
export type LoggedEvent = ["head", object] | ["body", string] | ["trailers", string[]] | ["complete"] | ["error", string, number];

/** The outcome of a run. */
export interface Recording {
  readonly events: LoggedEvent[];
  readonly error: Http1Error | null;
  /** Messages that ended. */
  readonly completed: number;
  /** The most bytes the parser held at a time. */
  readonly maxBuffered: number;
}

/** How a run goes. */
export interface RecordOptions {
  readonly limits?: Partial<Http1Limits>;
  readonly request?: Partial<RequestParserOptions>;
  readonly response?: Partial<ResponseParserOptions>;
  /** Responses: the methods of the requests answered, in order; the last for all that follow. */
  readonly methods?: readonly string[];
  /** Call `finish()` at the end. */
  readonly finish?: boolean;
  /** Call `tunnel()` in `onHead()` of an upgrade or CONNECT. */
  readonly tunnel?: boolean;
  /** An owner who now and then pauses and asks for the next message late, as these numbers in [0, 1) say. */
  readonly reluctant?: (() => number) | undefined;
}

/** Where to cut the input. */
export type Cut = (bytes: Buffer) => Buffer[];

/** All at once. */
export const inOnePiece: Cut = (bytes) => [bytes];

/** A byte at a time. */
export const byteByByte: Cut = (bytes) => Array.from(bytes, (_, i) => bytes.subarray(i, i + 1));

class Recorder implements Http1Events {
  readonly events: LoggedEvent[] = [];
  completed = 0;
  head: () => object = () => ({});
  onComplete_: () => void = () => {};
  onHead_: () => void = () => {};
  onAny: () => void = () => {};

  onHead(): void {
    this.events.push(["head", this.head()]);
    this.onHead_();
    this.onAny();
  }
  onBody(chunk: Buffer): void {
    if (chunk.length === 0) throw new Error("an empty body chunk");
    const last = this.events.at(-1);
    const text = chunk.toString("latin1");
    if (last?.[0] === "body") last[1] += text;
    else this.events.push(["body", text]);
    this.onAny();
  }
  onTrailers(list: string[]): void {
    this.events.push(["trailers", list]);
    this.onAny();
  }
  onComplete(): void {
    this.completed++;
    this.events.push(["complete"]);
    this.onComplete_();
    this.onAny();
  }
}

/** Runs a request parser that asks for the next request as soon as one has ended. */
export function recordRequests(input: Buffer | string, cut: Cut = inOnePiece, options: RecordOptions = {}): Recording {
  const recorder = new Recorder();
  const parser = new RequestParser(
    recorder,
    { ...DEFAULT_HTTP1_LIMITS, ...options.limits },
    { ...DEFAULT_REQUEST_PARSER_OPTIONS, ...options.request },
  );
  recorder.head = () => ({
    method: parser.method,
    target: parser.target,
    versionMinor: parser.versionMinor,
    path: parser.path,
    host: parser.host,
    scheme: parser.scheme,
    list: [...parser.list],
    contentLength: parser.contentLength,
    chunked: parser.chunked,
    keepAlive: parser.keepAlive,
    upgrade: parser.upgrade,
    expectContinue: parser.expectContinue,
    hasBody: parser.hasBody,
  });
  recorder.onHead_ = () => {
    if (options.tunnel === true && (parser.upgrade !== "" || parser.method === "CONNECT")) parser.tunnel();
  };
  const next = () => {
    parser.next();
  };
  return feed({ parser, next }, recorder, input, cut, options);
}

/** Runs a response parser; each response is expected as soon as the one before has ended. */
export function recordResponses(input: Buffer | string, cut: Cut = inOnePiece, options: RecordOptions = {}): Recording {
  const recorder = new Recorder();
  const parser = new ResponseParser(
    recorder,
    { ...DEFAULT_HTTP1_LIMITS, ...options.limits },
    { ...DEFAULT_RESPONSE_PARSER_OPTIONS, ...options.response },
  );
  const methods = options.methods ?? ["GET"];
  recorder.head = () => ({
    status: parser.status,
    reason: parser.reason,
    versionMinor: parser.versionMinor,
    list: [...parser.list],
    contentLength: parser.contentLength,
    chunked: parser.chunked,
    keepAlive: parser.keepAlive,
    upgrade: parser.upgrade,
    hasBody: parser.hasBody,
  });
  const next = () => {
    parser.expect(methods[Math.min(recorder.completed, methods.length - 1)]);
  };
  parser.expect(methods[0]);
  return feed({ parser, next }, recorder, input, cut, options);
}

/** What both parsers offer, and how to ask for the next message. */
interface Fed {
  readonly parser: RequestParser | ResponseParser;
  readonly next: () => void;
}

function feed({ parser, next }: Fed, recorder: Recorder, input: Buffer | string, cut: Cut, options: RecordOptions): Recording {
  const bytes = typeof input === "string" ? Buffer.from(input, "latin1") : input;
  const { reluctant } = options;
  let paused = false;
  let waiting = false;
  if (reluctant === undefined) recorder.onComplete_ = next;
  else {
    recorder.onAny = () => {
      if (paused || reluctant() < 0.6) return;
      paused = true;
      parser.pause();
    };
    recorder.onComplete_ = () => {
      if (reluctant() < 0.5) waiting = true;
      else next();
    };
  }
  const goOn = (): void => {
    if (paused) {
      paused = false;
      parser.resume();
    }
    if (waiting) {
      waiting = false;
      next();
    }
  };
  let maxBuffered = 0;
  for (const piece of cut(bytes)) {
    parser.execute(piece);
    maxBuffered = Math.max(maxBuffered, parser.buffered);
    if (reluctant !== undefined && reluctant() < 0.3) goOn();
  }
  if (options.finish === true) parser.finish();
  while (paused || waiting) goOn();
  if (parser.error !== null) recorder.events.push(["error", parser.error.code, parser.error.status]);
  return { events: recorder.events, error: parser.error, completed: recorder.completed, maxBuffered };
}
