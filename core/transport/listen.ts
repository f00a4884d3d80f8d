import type { Connection, ConnectionHandler } from "./base-connection.ts";
import type { ConnectionCounter } from "./handle-connection.ts";
import type { StreamHandle } from "./native.ts";
import net from "node:net";
import { clock } from "./clock.ts";
import { HandleConnection, hasNativePath } from "./handle-connection.ts";
import { native } from "./native.ts";
import { SocketConnection } from "./socket-connection.ts";
import { systemError } from "./system-error.ts";

/** Where to listen: an IP and a port (0: any), a Unix socket, or a listening server that another process handed over. */
export type ListenAddress =
  { readonly host: string; readonly port: number } | { readonly path: string } | { readonly server: ServerHandle };

/** A listening server of the runtime, to be sent to a worker (`child.send("server", socket.server)`) and listened on there. */
export type ServerHandle = net.Server;

/** How a socket listens. */
export interface ListenOptions {
  /** Length of the kernel's accept queue. Default 511, which the kernel cuts to `net.core.somaxconn`. */
  readonly backlog?: number;
  /** SO_REUSEPORT, where the runtime has it (Node 22.12 or newer). Default false. */
  readonly reusePort?: boolean;
  /** No IPv4 connections through an IPv6 socket. Default false. */
  readonly ipv6Only?: boolean;
  /** Told when accepting fails (too many open files); accepting goes on. */
  readonly onError?: (error: Error) => void;
  /** False: use the portable path even where there is a native one. Default true. */
  readonly native?: boolean;
}

/** A socket that accepts. */
export interface ListeningSocket {
  /** The IP, or the path of a Unix socket. */
  readonly address: string;
  /** The port, 0 for a Unix socket. */
  readonly port: number;
  /** Accepted connections that are not closed yet. */
  readonly connections: number;
  /** The runtime's server, to hand over to another process. */
  readonly server: ServerHandle;
  /** Stops accepting. Connections live on; the promise is fulfilled when the descriptor is closed. */
  close(): Promise<void>;
}

const orphan: ConnectionHandler = { onData() {}, onEnd() {}, onDrain() {}, onClose() {} };

class Listening implements ListeningSocket, ConnectionCounter {
  connections = 0;
  readonly address: string;
  readonly port: number;
  readonly server: net.Server;
  readonly #options: ListenOptions;
  readonly #onConnection: (connection: Connection) => void;

  constructor(server: net.Server, options: ListenOptions, onConnection: (connection: Connection) => void) {
    this.server = server;
    this.#options = options;
    this.#onConnection = onConnection;
    const address = server.address();
    this.address = typeof address === "string" ? address : (address?.address ?? "");
    this.port = typeof address === "string" ? 0 : (address?.port ?? 0);
    server.on("error", (error) => options.onError?.(error));
    server.on("connection", (socket: net.Socket) => {
      this.connections++;
      const connection = new SocketConnection(socket, orphan, this);
      this.#handOver(connection);
    });
    if (options.native !== false) this.#acceptNatively();
  }

  /** Takes accepted handles where the runtime would make a `net.Socket` of each: most of what a short connection costs (see HandleConnection). */
  #acceptNatively(): void {
    const streams = native;
    const handle = (this.server as unknown as { _handle?: StreamHandle | null })._handle;
    // Only TCP: the handle of a Unix socket lacks some of the calls.
    if (!hasNativePath || streams === null || !handle || typeof handle.onconnection !== "function" || !this.#isTcp()) return;
    // Accepted sockets inherit TCP_NODELAY from the listening one on Linux, which saves a system call for each.
    const inherited = process.platform === "linux" && typeof handle.setNoDelay === "function" && handle.setNoDelay(true) === 0;
    handle.onconnection = (status, accepted) => {
      if (status !== 0) {
        this.#options.onError?.(systemError(status, "accept", `${this.address}:${this.port}`));
        return;
      }
      let client = accepted;
      if (client === undefined) {
        // Deno leaves it to its callback to take the connection.
        client = new streams.Tcp(0);
        const failed = handle.accept?.(client) ?? -1;
        if (failed !== 0) return;
      }
      if (!inherited) client.setNoDelay(true);
      this.#handOver(HandleConnection.accepted(client, orphan, this));
    };
  }

  #isTcp(): boolean {
    const address = this.server.address();
    return address !== null && typeof address === "object";
  }

  #handOver(connection: HandleConnection | SocketConnection): void {
    clock.enter();
    try {
      this.#onConnection(connection);
    } finally {
      clock.leave();
    }
    connection.start();
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      // Its callback waits for the connections too; the descriptor is closed with the next turn of the loop.
      this.server.close(() => {});
      setImmediate(resolve);
    });
  }
}

/** Listens. `onConnection` must set the connection's handler. Rejected with the runtime's error (`EADDRINUSE`, `EACCES`, ...). */
export function listen(
  address: ListenAddress,
  options: ListenOptions,
  onConnection: (connection: Connection) => void,
): Promise<ListeningSocket> {
  if ("server" in address) return Promise.resolve(new Listening(address.server, options, onConnection));
  const server = net.createServer({ allowHalfOpen: true, noDelay: true });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(listenOptions(address, options), () => {
      server.off("error", reject);
      resolve(new Listening(server, options, onConnection));
    });
  });
}

function listenOptions(address: { host: string; port: number } | { path: string }, options: ListenOptions): net.ListenOptions {
  const backlog = options.backlog ?? 511;
  if ("path" in address) return { path: address.path, backlog };
  const { ipv6Only = false, reusePort = false } = options;
  // `reusePort` is newer than the types of Node 20.
  const tcp: net.ListenOptions & { reusePort: boolean } = {
    host: address.host,
    port: address.port,
    backlog,
    ipv6Only,
    reusePort,
  };
  return tcp;
}
