import type { Socket } from "node:net";
import type { ConnectionHandler, ConnectionState } from "./base-connection.ts";
import type { ConnectionCounter } from "./handle-connection.ts";
import { Connection, DEFAULT_WATERMARK } from "./base-connection.ts";
import { readingPaused } from "./collect.ts";
import { clock } from "./clock.ts";
import { plainIp } from "./ip.ts";
import { errorCode } from "./system-error.ts";

const CONNECTION = Symbol("connection");

/** A socket that carries its connection, so that one set of listeners serves all of them. */
type Carrier = Socket & { [CONNECTION]: SocketConnection; readonly encrypted?: boolean };

/** What a socket no longer knows once it is closed. */
interface KeptAddresses {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
}

/**
 * A connection over a `net.Socket` or `tls.TLSSocket`: what works on every runtime, and for TLS, Unix sockets and whatever else
 * has no native path.
 */
export class SocketConnection extends Connection {
  /** The socket underneath. */
  readonly socket: Socket;
  protected closed = false;
  protected stopped = false;
  private drainOwed = false;
  private watermark = DEFAULT_WATERMARK;
  private error: Error | null = null;
  private readonly counter: ConnectionCounter | null;
  private kept: KeptAddresses | null = null;

  /** Takes over a socket nothing was read from. It must have been made with `allowHalfOpen`. `counter` has counted it. */
  constructor(socket: Socket, handler: ConnectionHandler, counter: ConnectionCounter | null = null) {
    super(handler);
    this.socket = socket;
    this.counter = counter;
    (socket as Carrier)[CONNECTION] = this;
    socket.on("error", onError).on("close", onClose);
    if (socket.connecting) socket.on("connect", onConnect);
  }

  /** @internal Begins to read, unless it was paused or closed meanwhile. */
  start(): void {
    this.socket.on("end", onEnd);
    if (!this.stopped && !this.closed) this.socket.on("data", onData);
  }

  /** @internal See `HandleConnection.release`. */
  release(): { readonly socket: Socket; readonly counter: ConnectionCounter | null } | null {
    const { socket, counter } = this;
    if (this.closed || socket.connecting || socket.readableEnded || socket.writableEnded || socket.writableLength > 0)
      return null;
    this.closed = true;
    socket.off("error", onError).off("close", onClose).off("end", onEnd).off("data", onData);
    socket.pause();
    return { socket, counter };
  }

  get state(): ConnectionState {
    return this.closed ? "closed" : this.socket.connecting ? "connecting" : "open";
  }

  get remoteAddress(): string {
    return this.kept === null ? plainIp(this.socket.remoteAddress ?? "") : this.kept.remoteAddress;
  }

  get remotePort(): number {
    return this.kept === null ? (this.socket.remotePort ?? 0) : this.kept.remotePort;
  }

  get localAddress(): string {
    if (this.kept !== null) return this.kept.localAddress;
    return this.socket.remoteAddress === undefined ? "" : plainIp(this.socket.localAddress ?? "");
  }

  get localPort(): number {
    if (this.kept !== null) return this.kept.localPort;
    return this.socket.remoteAddress === undefined ? 0 : (this.socket.localPort ?? 0);
  }

  override keepAddresses(): void {
    if (this.kept !== null || this.remoteAddress === "") return;
    const { remoteAddress, remotePort, localAddress, localPort } = this;
    this.kept = { remoteAddress, remotePort, localAddress, localPort };
  }

  get buffered(): number {
    return this.closed ? 0 : this.socket.writableLength;
  }

  get paused(): boolean {
    return this.stopped;
  }

  get fd(): number {
    return (this.socket as { _handle?: { fd?: number } | null })._handle?.fd ?? -1;
  }

  setWatermark(high: number): void {
    this.watermark = high;
  }

  writeLatin1(text: string): boolean {
    if (this.closed || text.length === 0 || !this.socket.writable) return true;
    this.bytesWritten += text.length;
    if (this.mayFill(text.length)) this.socket.write(text, "latin1", this.tellDrained());
    else this.socket.write(text, "latin1");
    return this.belowWatermark();
  }

  writeBytes(bytes: Uint8Array): boolean {
    if (this.closed || bytes.length === 0 || !this.socket.writable) return true;
    this.bytesWritten += bytes.length;
    if (this.mayFill(bytes.length)) this.socket.write(bytes, this.tellDrained());
    else this.socket.write(bytes);
    return this.belowWatermark();
  }

  writeHeadAndBytes(head: string, bytes: Uint8Array): boolean {
    this.socket.cork();
    this.writeLatin1(head);
    const below = this.writeBytes(bytes);
    this.socket.uncork();
    return below && this.belowWatermark();
  }

  /**
   * The socket's own "drain" knows its own mark only, so writes that may go above ours tell when they are out, and so do those behind one that did. (An empty
   * write behind them would do, but over TLS Deno never calls back for it.)
   */
  private mayFill(length: number): boolean {
    return this.drainOwed || this.socket.writableLength + length > this.watermark;
  }

  private tellDrained(): (error?: Error | null) => void {
    return (error) => this.drained(error);
  }

  private belowWatermark(): boolean {
    if (this.socket.writableLength <= this.watermark) return true;
    this.drainOwed = true;
    return false;
  }

  private drained(error: Error | null | undefined): void {
    if (this.closed || !this.drainOwed || (error !== null && error !== undefined)) return;
    // More was written behind it, and tells in its turn.
    if (this.socket.writableLength > this.watermark / 2) return;
    this.drainOwed = false;
    clock.enter();
    try {
      this.handler.onDrain();
    } finally {
      clock.leave();
    }
  }

  /** The socket underneath is connected. */
  protected connected(): void {
    if (this.closed) return;
    clock.enter();
    try {
      this.handler.onConnect?.();
    } finally {
      clock.leave();
    }
  }

  pause(): void {
    if (this.stopped) return;
    this.stopped = true;
    this.socket.pause();
    if (this.closed) return;
    this.rawHandle()?.readStop?.();
    readingPaused();
  }

  resume(): void {
    if (!this.stopped) return;
    this.stopped = false;
    if (this.closed) return;
    this.rawHandle()?.readStart?.();
    if (this.socket.listenerCount("data") === 0) this.socket.on("data", onData);
    this.socket.resume();
  }

  /** Deno keeps reading behind a paused TLS socket (1 GB in 1.5 s): there the TCP handle under it must stop too. */
  private rawHandle(): { readStop?: () => void; readStart?: () => void } | null | undefined {
    if ((this.socket as Carrier).encrypted !== true || !("Deno" in globalThis)) return null;
    return (this.socket as { _handle?: { _parent?: { readStop?: () => void } | null } | null })._handle?._parent;
  }

  end(): void {
    if (!this.closed) this.socket.end();
  }

  destroy(error?: Error): void {
    if (this.closed) return;
    this.fail(error);
    this.socket.destroy();
  }

  reset(): void {
    if (this.closed) return;
    this.fail(undefined);
    // Only TCP can be reset; TLS and Unix sockets throw.
    if ((this.socket as Carrier).encrypted !== true && this.socket.remoteAddress !== undefined) this.socket.resetAndDestroy();
    else this.socket.destroy();
  }

  setNoDelay(on: boolean): void {
    if (!this.closed) this.socket.setNoDelay(on);
  }

  setKeepAlive(on: boolean, initialDelayMs = 0): void {
    if (!this.closed) this.socket.setKeepAlive(on, Math.max(1000, initialDelayMs));
  }

  protected fail(error: Error | undefined): void {
    this.closed = true;
    if (error === undefined) return;
    this.error = error;
    this.errorCode = errorCode(error);
  }

  /** @internal The listeners of every socket; `this` is the socket. */
  static readonly listeners = {
    data(this: Carrier, chunk: Buffer): void {
      const connection = this[CONNECTION];
      if (connection.closed) return;
      connection.bytesRead += chunk.length;
      clock.enter();
      try {
        connection.handler.onData(chunk);
      } finally {
        clock.leave();
      }
    },

    end(this: Carrier): void {
      const connection = this[CONNECTION];
      if (connection.closed) return;
      clock.enter();
      try {
        connection.handler.onEnd();
      } finally {
        clock.leave();
      }
    },

    connect(this: Carrier): void {
      this[CONNECTION].connected();
    },

    error(this: Carrier, error: Error): void {
      const connection = this[CONNECTION];
      if (!connection.closed) connection.fail(error);
    },

    close(this: Carrier): void {
      const connection = this[CONNECTION];
      connection.closed = true;
      if (connection.counter !== null) connection.counter.connections--;
      clock.enter();
      try {
        connection.handler.onClose(connection.error);
      } finally {
        clock.leave();
      }
    },
  };
}

const { data: onData, end: onEnd, connect: onConnect, error: onError, close: onClose } = SocketConnection.listeners;
