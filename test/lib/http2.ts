import { once } from "node:events";
import { connect as connectHttp2, createServer, constants } from "node:http2";
import type {
  ClientHttp2Session,
  ClientHttp2Stream,
  Http2Server,
  IncomingHttpHeaders,
  OutgoingHttpHeaders,
  ServerHttp2Session,
  ServerHttp2Stream,
} from "node:http2";
import type { AddressInfo } from "node:net";

/** What came of a request over HTTP/2. */
export interface Http2Result {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly informational: readonly number[];
  readonly trailers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The code of RST_STREAM; 0 for a message that ended well. */
  readonly code: number;
}

/** A client that speaks HTTP/2 with prior knowledge. */
export class Http2Client {
  readonly session: ClientHttp2Session;
  /** The codes of GOAWAY frames. */
  readonly goaways: number[] = [];

  constructor(port: number, options: { readonly settings?: Parameters<typeof connectHttp2>[1] } = {}) {
    this.session = connectHttp2(`http://127.0.0.1:${port}`, { ...options.settings });
    this.session.on("error", () => undefined);
    this.session.on("goaway", (code) => this.goaways.push(code));
  }

  /** Opens a stream; `end` false: the caller writes the body. */
  open(headers: OutgoingHttpHeaders, end = true): ClientHttp2Stream {
    const stream = this.session.request({ ":path": "/", ...headers }, { endStream: end, waitForTrailers: false });
    stream.on("error", () => undefined);
    return stream;
  }

  /** Sends a request and reads its answer whole. */
  async ask(headers: OutgoingHttpHeaders, body?: Buffer | string, trailers?: OutgoingHttpHeaders): Promise<Http2Result> {
    const stream = this.session.request(
      { ":path": "/", ...headers },
      { endStream: body === undefined && trailers === undefined, waitForTrailers: trailers !== undefined },
    );
    stream.on("error", () => undefined);
    if (trailers !== undefined) stream.on("wantTrailers", () => stream.sendTrailers(trailers));
    const result = read(stream);
    if (body !== undefined || trailers !== undefined) stream.end(body ?? "");
    return result;
  }

  async close(): Promise<void> {
    if (this.session.destroyed) return;
    const closed = once(this.session, "close");
    this.session.destroy();
    await closed;
  }
}

/** Reads what comes on a stream. */
export function read(stream: ClientHttp2Stream): Promise<Http2Result> {
  return new Promise((resolve) => {
    let headers: IncomingHttpHeaders = {};
    let trailers: IncomingHttpHeaders = {};
    const informational: number[] = [];
    const parts: Buffer[] = [];
    stream.on("headers", (interim) =>
      informational.push(Number((interim as IncomingHttpHeaders & { ":status"?: number })[":status"])),
    );
    stream.on("response", (head) => (headers = head));
    stream.on("trailers", (fields) => (trailers = fields));
    stream.on("data", (part: Buffer) => parts.push(part));
    stream.on("close", () => {
      const status = Number((headers as IncomingHttpHeaders & { ":status"?: number })[":status"] ?? 0);
      resolve({ status, headers, informational, trailers, body: Buffer.concat(parts), code: stream.rstCode ?? 0 });
    });
  });
}

/** A request at an HTTP/2 origin. */
export interface Http2Exchange {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  readonly session: ServerHttp2Session;
  /** The whole body, and the trailers behind it. */
  body(): Promise<{ readonly bytes: Buffer; readonly trailers: IncomingHttpHeaders }>;
  /** Answers. */
  respond(headers: OutgoingHttpHeaders, body?: Buffer | string, trailers?: OutgoingHttpHeaders): void;
}

/** An origin that speaks HTTP/2 with prior knowledge. */
export class Http2Origin {
  readonly server: Http2Server;
  readonly sessions: ServerHttp2Session[] = [];
  readonly port: number;

  private constructor(server: Http2Server) {
    this.server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  static async start(
    handler: (exchange: Http2Exchange) => void | Promise<void>,
    settings: Parameters<typeof createServer>[0] = {},
  ): Promise<Http2Origin> {
    const server = createServer(settings);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const origin = new Http2Origin(server);
    server.on("session", (session) => {
      origin.sessions.push(session);
      session.on("error", () => undefined);
    });
    server.on("stream", (stream, headers) => {
      stream.on("error", () => undefined);
      void handler(exchangeOf(stream, headers));
    });
    return origin;
  }

  async close(): Promise<void> {
    for (const session of this.sessions) session.destroy();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }
}

function exchangeOf(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Http2Exchange {
  return {
    stream,
    headers,
    session: stream.session as ServerHttp2Session,
    body: () =>
      new Promise((resolve) => {
        const parts: Buffer[] = [];
        let trailers: IncomingHttpHeaders = {};
        stream.on("trailers", (fields) => (trailers = fields));
        stream.on("data", (part: Buffer) => parts.push(part));
        stream.on("end", () => resolve({ bytes: Buffer.concat(parts), trailers }));
      }),
    respond(answer, body, trailers) {
      if (stream.destroyed) return;
      if (trailers !== undefined) stream.on("wantTrailers", () => stream.sendTrailers(trailers));
      stream.respond(
        { ":status": 200, ...answer },
        { endStream: body === undefined && trailers === undefined, waitForTrailers: trailers !== undefined },
      );
      if (body !== undefined || trailers !== undefined) stream.end(body ?? "");
    },
  };
}

export { constants };
