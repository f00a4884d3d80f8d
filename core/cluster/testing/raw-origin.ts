import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";

/** A server of raw bytes on a free port of the loopback. */
export class RawOrigin {
  readonly sockets: Socket[] = [];
  readonly #server: Server;

  constructor(onSocket: (socket: Socket, index: number) => void) {
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      socket.on("error", () => {});
      this.sockets.push(socket);
      onSocket(socket, this.sockets.length - 1);
    });
  }

  async start(): Promise<number> {
    await new Promise<void>((done) => this.#server.listen(0, "127.0.0.1", done));
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connections that are open. */
  get open(): number {
    return this.sockets.filter((socket) => !socket.destroyed).length;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise<void>((done) => this.#server.close(() => done()));
  }
}
