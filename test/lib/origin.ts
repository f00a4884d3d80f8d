import { createHash } from "node:crypto";
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { ByteQueue } from "./byte-queue.ts";
import { drained } from "./drained.ts";
import { field, readBody, readHead, requestBodyLength } from "./message.ts";
import type { Body, Fields, Head } from "./message.ts";
import { chunks } from "./raw.ts";

/** What the origin saw of a request; `echo` answers with it as JSON. */
export interface Seen {
  method: string;
  target: string;
  version: string;
  /** In the order and case of the wire. */
  headers: Fields;
  /** The body as latin1, up to 4 KiB. */
  body: string;
  bodyLength: number;
  bodySha1: string;
  trailers: Fields;
  complete: boolean;
}

/** What the origin saw, as the answer to a request brought it. */
export function seenBy(response: { text(): string } | null): Seen {
  return JSON.parse(response?.text() ?? "null") as Seen;
}

/** An answer: Content-Length framing unless `chunk` or `untilClose` says otherwise. */
export interface Answer {
  status?: number;
  reason?: string;
  headers?: Fields;
  body?: string;
  /** Chunked, in chunks of that many bytes. */
  chunk?: number;
  trailers?: Fields;
  /** No framing: the body ends with the connection. */
  untilClose?: boolean;
}

/** Answers one request. The next request of the connection is read when it is done. */
export type OriginHandler = (exchange: OriginExchange) => void | Promise<void>;

/** One request at the origin, head read, body not yet. */
export class OriginExchange {
  readonly head: Head;
  readonly socket: Socket;
  readonly queue: ByteQueue;
  readonly method: string;
  readonly target: string;
  #body: Promise<Body> | null = null;

  constructor(head: Head, socket: Socket, queue: ByteQueue) {
    this.head = head;
    this.socket = socket;
    this.queue = queue;
    const [method = "", target = ""] = head.startLine.split(" ");
    this.method = method;
    this.target = target;
  }

  header(name: string): string | undefined {
    return field(this.head.headers, name);
  }

  /** The whole body, read once. `sink` gets the bytes instead of their being kept. */
  body(sink?: (part: Buffer) => void | Promise<void>): Promise<Body> {
    this.#body ??= readBody(this.queue, requestBodyLength(this.head), sink);
    return this.#body;
  }

  /** What has arrived, body and trailers included. */
  async seen(): Promise<Seen> {
    const body = await this.body();
    return {
      method: this.method,
      target: this.target,
      version: this.head.startLine.slice(this.head.startLine.lastIndexOf(" ") + 1),
      headers: this.head.headers,
      body: body.bytes.subarray(0, 4096).toString("latin1"),
      bodyLength: body.bytes.length,
      bodySha1: createHash("sha1").update(body.bytes).digest("hex"),
      trailers: body.trailers,
      complete: body.complete,
    };
  }

  /** Writes bytes as they are (strings as latin1), at the peer's pace. */
  async send(bytes: string | Uint8Array): Promise<void> {
    if (!this.socket.writable) return;
    const data = typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes;
    if (!this.socket.write(data)) await drained(this.socket);
  }

  async respond(answer: Answer = {}): Promise<void> {
    const { status = 200, reason = "OK", headers = [], body = "", chunk, trailers = [], untilClose = false } = answer;
    let out = `HTTP/1.1 ${status} ${reason}\r\n`;
    for (const [name, value] of headers) out += `${name}: ${value}\r\n`;
    if (chunk !== undefined)
      out += `Transfer-Encoding: chunked\r\n\r\n${this.method === "HEAD" ? "" : chunks(body, chunk, trailers)}`;
    else if (untilClose) out += `Connection: close\r\n\r\n${body}`;
    else if (status === 204 || status === 304 || status < 200) out += "\r\n";
    else out += `Content-Length: ${body.length}\r\n\r\n${this.method === "HEAD" ? "" : body}`;
    await this.send(out);
    if (untilClose) this.socket.end();
  }

  /** Answers 200 with `seen()` as JSON. */
  async echo(extra: Fields = []): Promise<void> {
    await this.respond({ headers: [["Content-Type", "application/json"], ...extra], body: JSON.stringify(await this.seen()) });
  }

  /** Sends `block` again and again, at the peer's pace, `bytes` in all. */
  async flood(bytes: number, block: Buffer = Buffer.alloc(65_536, "x")): Promise<void> {
    for (let left = bytes; left > 0 && this.socket.writable; left -= block.length) {
      await this.send(left >= block.length ? block : block.subarray(0, left));
    }
  }

  /** Breaks the connection with a reset. */
  die(): void {
    this.socket.resetAndDestroy();
  }
}

/** An HTTP/1.1 server on a raw socket, which does what its handler says, also what no server should do. */
export class Origin {
  readonly port: number;
  /** Bytes that arrived, over all connections. */
  received = 0;
  /** Connections accepted so far. */
  accepted = 0;
  /** What `scripted` and `echo` handlers have seen, in order. */
  readonly requests: Seen[] = [];
  readonly sockets = new Set<Socket>();
  readonly #server: Server;

  constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  /** Stops listening and drops all connections. */
  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Starts an origin on a free port of 127.0.0.1 (or on `port`). Default handler: `scripted`. */
export async function startOrigin(handler?: OriginHandler, port = 0): Promise<Origin> {
  const server = createServer({ noDelay: true, allowHalfOpen: true });
  server.listen(port, "127.0.0.1", 4096);
  await once(server, "listening");
  const origin = new Origin(server);
  const handle = handler ?? scripted(origin);
  server.on("connection", (socket) => {
    origin.accepted++;
    origin.sockets.add(socket);
    socket.on("data", (data) => (origin.received += data.length));
    socket.on("close", () => origin.sockets.delete(socket));
    void serve(socket, handle);
  });
  return origin;
}

async function serve(socket: Socket, handle: OriginHandler): Promise<void> {
  const queue = new ByteQueue(socket);
  for (;;) {
    const head = await readHead(queue);
    if (head === null) break;
    const exchange = new OriginExchange(head, socket, queue);
    await handle(exchange);
    await exchange.body();
    if (!socket.writable) return;
  }
  socket.end();
}

/** What the request header `x-answer` may hold, as JSON: `scripted` does as it says. */
export interface Script extends Answer {
  /** Milliseconds before the answer. */
  delay?: number;
  /** Interim responses to send first. */
  interim?: number[];
  /** Closes the connection before answering, or after this many bytes of the answer's body. */
  die?: "before" | number;
  /** Answers this status this many times, then as the rest says. Counted by the request's `x-key`. */
  fail?: { times: number; status: number };
}

/**
 * A handler that notes each request in `origin.requests` and answers as its `x-answer` header says, else with an echo. With
 * `name` its answers carry the header `x-origin: NAME`, and "from NAME" in place of the echo.
 */
export function scripted(origin: { requests: Pick<Seen[], "push"> }, name?: string): OriginHandler {
  const failures = new Map<string, number>();
  return async (exchange) => {
    const seen = await exchange.seen();
    origin.requests.push(seen);
    const script = JSON.parse(exchange.header("x-answer") ?? "{}") as Script;
    if (script.delay !== undefined) await sleep(script.delay);
    if (script.die === "before") return exchange.die();
    for (const status of script.interim ?? []) await exchange.send(`HTTP/1.1 ${status} Interim\r\nx-interim: ${status}\r\n\r\n`);
    if (script.fail !== undefined) {
      const key = exchange.header("x-key") ?? "";
      const done = failures.get(key) ?? 0;
      failures.set(key, done + 1);
      if (done < script.fail.times) return exchange.respond({ status: script.fail.status, body: `failure ${done + 1}` });
    }
    if (typeof script.die === "number") {
      await exchange.send(`HTTP/1.1 200 OK\r\nContent-Length: ${script.die + 100}\r\n\r\n${"x".repeat(script.die)}`);
      await sleep(50);
      return exchange.die();
    }
    const headers: Fields = [...(name === undefined ? [] : ([["x-origin", name]] satisfies Fields)), ...(script.headers ?? [])];
    const echo = name === undefined ? JSON.stringify(seen) : `from ${name}`;
    await exchange.respond({ ...script, headers, body: script.body ?? echo });
  };
}
