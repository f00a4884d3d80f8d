import { lookup } from "node:dns/promises";
import { ResponseParser } from "../../core/http1/response-parser.ts";
import { DEFAULT_HTTP1_LIMITS, DEFAULT_RESPONSE_PARSER_OPTIONS, type Http1Events } from "../../core/http1/types.ts";
import { connect, type Connection, type ConnectionHandler } from "../../core/transport/connection.ts";

/** Bytes of an answer that are taken, at most. */
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * Posts JSON over our own codec, on a connection of its own.
 * @param limit ms for the whole. Rejects when there is no whole answer by then, with a message that says why.
 */
export async function postJson(
  host: string,
  port: number,
  path: string,
  value: unknown,
  limit: number,
): Promise<{ readonly status: number; readonly text: string }> {
  const { address } = await lookup(host);
  const body = JSON.stringify(value);
  const authority = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  const head = `POST ${path} HTTP/1.1\r\nhost: ${authority}\r\nconnection: close\r\ncontent-type: application/json\r\n`;
  return new Promise((resolve, reject) => {
    const exchange = new Exchange(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n`, body, (error, answer) => {
      clearTimeout(timer);
      connection.destroy();
      if (answer === null) reject(error);
      else resolve(answer);
    });
    const timer = setTimeout(() => exchange.fail(`no answer within ${limit} ms`), limit);
    const connection: Connection = connect({ host: address, port }, {}, exchange);
    exchange.connection = connection;
  });
}

type Answer = { readonly status: number; readonly text: string };

class Exchange implements ConnectionHandler, Http1Events {
  connection: Connection | null = null;
  readonly #request: readonly [head: string, body: string];
  #done: ((error: Error, answer: Answer | null) => void) | null;
  readonly #parser: ResponseParser;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(head: string, body: string, done: (error: Error, answer: Answer | null) => void) {
    this.#request = [head, body];
    this.#done = done;
    this.#parser = new ResponseParser(this, DEFAULT_HTTP1_LIMITS, DEFAULT_RESPONSE_PARSER_OPTIONS);
    this.#parser.expect("POST");
  }

  fail(message: string): void {
    this.#finish(new Error(message), null);
  }

  #finish(error: Error, answer: Answer | null): void {
    const done = this.#done;
    this.#done = null;
    done?.(error, answer);
  }

  onConnect(): void {
    this.connection?.writeHeadAndBytes(this.#request[0], Buffer.from(this.#request[1]));
  }
  onData(chunk: Buffer): void {
    this.#parser.execute(chunk);
    this.#check();
  }
  onEnd(): void {
    this.#parser.finish();
    this.#check();
    this.fail("the connection ended before the answer was whole");
  }
  onDrain(): void {}
  onClose(error: Error | null): void {
    this.fail(error?.message ?? "the connection was closed");
  }

  #check(): void {
    if (this.#parser.error !== null) this.fail(`not an HTTP answer: ${this.#parser.error.message}`);
    else if (this.#bytes > MOST_BYTES) this.fail(`the answer has more than ${MOST_BYTES} bytes`);
  }

  onHead(): void {}
  onBody(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes <= MOST_BYTES) this.#chunks.push(chunk);
  }
  onTrailers(): void {}
  onComplete(): void {
    this.#finish(new Error(), { status: this.#parser.status, text: Buffer.concat(this.#chunks).toString("utf8") });
  }
}
