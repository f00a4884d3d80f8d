import { connect } from "node:net";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { ByteQueue } from "./byte-queue.ts";
import { drained } from "./drained.ts";
import { field, fieldAll, readBody, readHead, responseBodyLength, statusOf } from "./message.ts";
import type { Fields, Head } from "./message.ts";

/** A response as the client got it. */
export interface RawResponse {
  status: number;
  statusLine: string;
  headers: Fields;
  body: Buffer;
  trailers: Fields;
  /** Interim responses (1xx) that came before, in order. */
  informational: Head[];
  /** Whether body and framing came whole: false for a message that was cut off. */
  complete: boolean;
  /** Whether the response came in chunks. */
  chunked: boolean;
  /** The body as latin1, so that every byte can be told. */
  text(): string;
  header(name: string): string | undefined;
  headerAll(name: string): string[];
}

/** Options of `RawClient.response`. */
export interface ReadOptions {
  /** The method that was asked with: HEAD and CONNECT have no body. Default GET. */
  method?: string;
  /** Milliseconds to wait for the head. Default 10,000. */
  timeout?: number;
  /** Milliseconds to wait for the body's end. Default 15,000. */
  bodyTimeout?: number;
  /** Gets the body instead of its being kept; what it awaits slows the reading. */
  sink?: (part: Buffer) => void | Promise<void>;
}

/** A TCP client that sends bytes as they are and reads responses with a parser of its own. */
export class RawClient {
  readonly socket: Socket;
  readonly queue: ByteQueue;

  constructor(socket: Socket) {
    this.socket = socket;
    this.queue = new ByteQueue(socket);
  }

  /** Sends bytes (strings as latin1); waits until the kernel takes them. */
  async send(bytes: string | Uint8Array): Promise<this> {
    const data = typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes;
    if (this.socket.writable && !this.socket.write(data)) await drained(this.socket);
    return this;
  }

  /** Sends one byte a write. Stops when the peer is gone: a refusal may come before the last byte. */
  async sendByteByByte(bytes: string | Uint8Array): Promise<this> {
    const data = typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes;
    for (let i = 0; i < data.length && this.socket.writable && !this.queue.ended; i++) {
      this.socket.write(data.subarray(i, i + 1));
      // A turn of the event loop between the writes is enough for the kernel to hand most of them over one by one.
      if (data.length < 4096 || i % 64 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    return this;
  }

  /** The next response; null when the connection ends before a head is whole. Interim responses are gathered. */
  async response(options: ReadOptions = {}): Promise<RawResponse | null> {
    const informational: Head[] = [];
    for (;;) {
      const head = await this.#within(options.timeout ?? 10_000, readHead(this.queue));
      if (head === null) return null;
      const status = statusOf(head);
      if (status >= 100 && status < 200 && status !== 101) {
        informational.push(head);
        continue;
      }
      const length = responseBodyLength(head, options.method ?? "GET");
      const reading = readBody(this.queue, length, options.sink);
      const body = await this.#within(options.bodyTimeout ?? 15_000, reading, "the body did not end");
      return {
        status,
        statusLine: head.startLine,
        headers: head.headers,
        body: body.bytes,
        trailers: body.trailers,
        informational,
        complete: body.complete && !(length.kind === "until-close" && this.queue.error !== null),
        chunked: length.kind === "chunked",
        text: () => body.bytes.toString("latin1"),
        header: (name) => field(head.headers, name),
        headerAll: (name) => fieldAll(head.headers, name),
      };
    }
  }

  /** The next interim response or final head, body unread. */
  async head(timeout = 10_000): Promise<Head | null> {
    return this.#within(timeout, readHead(this.queue));
  }

  /** Sends a request and reads its response; fails the test when there is none. */
  async ask(request: string | Uint8Array, options: ReadOptions = {}): Promise<RawResponse> {
    await this.send(request);
    const method = typeof request === "string" ? request.slice(0, request.indexOf(" ")) : undefined;
    const response = await this.response({ method, ...options });
    if (response === null)
      throw new Error(`the connection ended without a response to ${JSON.stringify(String(request).slice(0, 80))}`);
    return response;
  }

  /** Resolves to true when the peer has ended or broken the connection, to false after `timeout` ms. */
  async closedWithin(timeout: number): Promise<boolean> {
    const timer = new AbortController();
    const ended = this.queue.whenEnded().then(() => true);
    const late = sleep(timeout, false, { signal: timer.signal, ref: false }).catch(() => false);
    const result = await Promise.race([ended, late]);
    timer.abort();
    return result;
  }

  /** Resolves when the peer has ended or broken the connection. */
  closed(): Promise<void> {
    return this.queue.whenEnded();
  }

  /** Half-closes: nothing more is sent, reading goes on. */
  end(): void {
    this.socket.end();
  }

  /** Drops the connection. */
  destroy(): void {
    this.socket.destroy();
  }

  async #within<T>(timeout: number, work: Promise<T>, what = "no response head"): Promise<T> {
    const timer = new AbortController();
    const late = sleep(timeout, undefined, { signal: timer.signal, ref: false }).then(
      () => {
        throw new Error(`${what} within ${timeout} ms`);
      },
      () => work,
    );
    try {
      return await Promise.race([work, late]);
    } finally {
      timer.abort();
    }
  }
}

/** Connects to a port of 127.0.0.1. */
export async function rawConnect(port: number, options: { localAddress?: string } = {}): Promise<RawClient> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true, ...options });
  const client = new RawClient(socket);
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", () => resolve());
    socket.once("error", reject);
  });
  return client;
}

/** What `request` takes beside method and target. */
export interface RequestParts {
  method?: string;
  /** Default "test.local". null sends none. */
  host?: string | null;
  headers?: Fields;
  body?: string;
  /** Sends the body in chunks of that many bytes instead of with a Content-Length. */
  chunk?: number;
  trailers?: Fields;
}

/** The bytes of a well-formed request, as a latin1 string. */
export function request(target: string, parts: RequestParts = {}): string {
  const { method = "GET", host = "test.local", headers = [], body, chunk, trailers = [] } = parts;
  let out = `${method} ${target} HTTP/1.1\r\n`;
  if (host !== null) out += `Host: ${host}\r\n`;
  for (const [name, value] of headers) out += `${name}: ${value}\r\n`;
  if (chunk !== undefined) return `${out}Transfer-Encoding: chunked\r\n\r\n${chunks(body ?? "", chunk, trailers)}`;
  if (body !== undefined) out += `Content-Length: ${Buffer.byteLength(body, "latin1")}\r\n`;
  return `${out}\r\n${body ?? ""}`;
}

/** A chunked body (RFC 9112 section 7.1) as a latin1 string. */
export function chunks(body: string, size: number, trailers: Fields = []): string {
  let out = "";
  for (let at = 0; at < body.length; at += size) {
    const part = body.slice(at, at + size);
    out += `${part.length.toString(16)}\r\n${part}\r\n`;
  }
  return `${out}0\r\n${trailers.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
}

/** One request over a connection of its own. */
export async function fetchRaw(
  port: number,
  target: string,
  parts: RequestParts = {},
  options: ReadOptions = {},
): Promise<RawResponse> {
  const client = await rawConnect(port);
  try {
    return await client.ask(request(target, parts), { method: parts.method ?? "GET", ...options });
  } finally {
    client.destroy();
  }
}
