import net from "node:net";
import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import type { Json } from "./bootstrap.ts";
import { typed } from "./bootstrap.ts";
import { until } from "./process.ts";

const LOG = "envoy.extensions.access_loggers.file.v3.FileAccessLog";

/** A `tcp_proxy` as the last filter of a chain. */
export function tcpProxy(fields: Json, log?: { path: string; format: string }): Json {
  const access = log && {
    access_log: [
      {
        name: "file",
        typed_config: typed(LOG, {
          path: log.path,
          log_format: { text_format_source: { inline_string: `${log.format}\n` } },
        }),
      },
    ],
  };
  return networkFilter("tcp_proxy", "TcpProxy", { stat_prefix: "t", ...access, ...fields });
}

/** A network filter of Envoy's: `networkFilter("echo", "Echo")`. */
export function networkFilter(name: string, message: string, fields: Json = {}): Json {
  return {
    name: `envoy.filters.network.${name}`,
    typed_config: typed(`envoy.extensions.filters.network.${name}.v3.${message}`, fields),
  };
}

/** A listener filter of Envoy's: `listenerFilter("tls_inspector", "TlsInspector")`. */
export function listenerFilter(name: string, message: string, fields: Json = {}): Json {
  return {
    name: `envoy.filters.listener.${name}`,
    typed_config: typed(`envoy.extensions.filters.listener.${name}.v3.${message}`, fields),
  };
}

/** A TCP server that hands its connections to a function. */
export class TcpServer {
  readonly server: net.Server;
  readonly sockets: Socket[] = [];

  constructor(onConnection: (socket: Socket) => void) {
    this.server = net.createServer({ allowHalfOpen: true }, (socket) => {
      socket.on("error", () => undefined);
      this.sockets.push(socket);
      onConnection(socket);
    });
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, "close");
  }
}

export async function tcpServer(onConnection: (socket: Socket) => void): Promise<TcpServer> {
  const server = new TcpServer(onConnection);
  server.server.listen(0, "127.0.0.1");
  await once(server.server, "listening");
  return server;
}

/** A TCP client that keeps what it gets. */
export class TcpClient {
  readonly socket: Socket;
  readonly #chunks: Buffer[] = [];
  /** Why it was cut ("ECONNRESET"); "" while it was not. */
  error = "";
  ended = false;
  closed = false;

  constructor(port: number, host = "127.0.0.1") {
    this.socket = net.connect({ port, host, allowHalfOpen: true });
    this.socket.on("data", (chunk) => this.#chunks.push(chunk));
    this.socket.on("end", () => (this.ended = true));
    this.socket.on("error", (error: NodeJS.ErrnoException) => (this.error = error.code ?? error.message));
    this.socket.on("close", () => (this.closed = true));
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString("latin1");
  }

  send(bytes: string | Uint8Array): this {
    this.socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
    return this;
  }

  end(): this {
    this.socket.end();
    return this;
  }

  /** Waits until it got this text. */
  async until(text: string, timeout = 5_000): Promise<this> {
    await this.#when(() => this.text.includes(text), timeout, `wanted ${JSON.stringify(text)}`);
    return this;
  }

  /** Waits for the server's end, or the connection's; gives all that it got. */
  async rest(timeout = 5_000): Promise<string> {
    await this.#when(() => this.ended || this.closed, timeout, "wanted the end");
    return this.text;
  }

  /** Waits until the connection is over; when the server has ended its side, ends this one. */
  async untilClosed(timeout = 5_000): Promise<string> {
    await this.rest(timeout);
    this.socket.end();
    await this.#when(() => this.closed, timeout, "wanted the close");
    return this.text;
  }

  async #when(holds: () => boolean, timeout: number, what: string): Promise<void> {
    const settled = (): boolean => holds() || this.closed;
    await until(settled, what, timeout, () => `got ${JSON.stringify(this.text.slice(0, 500))} ${this.error}`);
    if (!holds()) throw new Error(`${what}, got ${JSON.stringify(this.text.slice(0, 500))} ${this.error}`);
  }
}
