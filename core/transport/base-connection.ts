import type { ConnectionFacts } from "../contract/listener-filter.ts";
import type { TlsInfo } from "./tls-info.ts";

/** Who owns a connection. Called synchronously from the event loop; bad input of a peer must not make it throw. */
export interface ConnectionHandler {
  /** An outbound connection is established (for TLS: after the handshake). Never called for accepted ones. */
  onConnect?(): void;
  /** Bytes. They are the receiver's from now on: nothing overwrites them. Never empty, never while paused. */
  onData(chunk: Buffer): void;
  /** The peer sent FIN: nothing more will be read. Our side can still write; `end()` then completes the close. */
  onEnd(): void;
  /** After a write returned false: what is buffered has sunk to half the watermark or below. */
  onDrain(): void;
  /** Exactly once, and last: the descriptor is closed. `error` says why if it was not in order (`code`: "ECONNRESET", "EPIPE", ...). */
  onClose(error: Error | null): void;
}

/** "connecting" until an outbound connection is there; "open"; "closed" from `destroy()` or `reset()` on, or when both sides have ended. */
export type ConnectionState = "connecting" | "open" | "closed";

/** Bytes a connection may buffer before its writes return false: Envoy's `per_connection_buffer_limit_bytes` (1 MiB). */
export const DEFAULT_WATERMARK = 1024 * 1024;

let nextId = 1;

/**
 * One stream connection, TCP, Unix or TLS, accepted or made. Two implementations behave alike and are held to one
 * conformance table: `SocketConnection` over a `net.Socket`, `HandleConnection` over the runtime's own stream handle.
 *
 * Writes after the close are ignored and return true: who is told of the close by `onClose` need not be told again.
 */
export abstract class Connection {
  /** Must be set before the callback that hands the connection over returns. */
  handler: ConnectionHandler;
  /** Unique in the process, ascending. */
  readonly id: number;
  /** Why the connection failed: the error's `code`, or "" while it has not. */
  errorCode = "";
  /** TLS session, or null on plain connections. */
  tls: TlsInfo | null = null;
  /** What listener filters have learned; null where there are none: then the addresses below are the client's. */
  facts: ConnectionFacts | null = null;
  /** Bytes handed to `onData`. */
  bytesRead = 0;
  /** Bytes accepted for writing, buffered ones included. */
  bytesWritten = 0;

  constructor(handler: ConnectionHandler) {
    this.handler = handler;
    this.id = nextId++;
  }

  /** The peer's IP (IPv4-mapped IPv6 shown as IPv4); "" for Unix sockets and when the peer was gone before anyone asked. */
  abstract get remoteAddress(): string;
  abstract get remotePort(): number;
  abstract get localAddress(): string;
  abstract get localPort(): number;
  abstract get state(): ConnectionState;
  /** Bytes that the kernel has not taken yet. */
  abstract get buffered(): number;

  /** Writes a string of code points 0-255. False: more than the watermark is buffered, `onDrain` will follow. */
  abstract writeLatin1(text: string): boolean;
  /** Writes bytes; the connection owns them until they are out, so the caller must not change them. */
  abstract writeBytes(bytes: Uint8Array): boolean;
  /** Both in one system call where the kernel takes them. */
  abstract writeHeadAndBytes(head: string, bytes: Uint8Array): boolean;
  /** Above how many buffered bytes writes return false. Default `DEFAULT_WATERMARK`. */
  abstract setWatermark(high: number): void;

  /**
   * From now on chunks are only lent: their bytes are the receiver's until `onData` returns or, if it has paused the connection by then, until it resumes. So
   * who passes bytes on needs no new memory for each read. Reads are large then; `limit` is how many bytes may be. False: there is no such reading, and nothing
   * changes.
   */
  lendReads(_limit: number): boolean {
    return false;
  }

  /**
   * Stops reading: no `onData` and no `onEnd` until `resume()`. The kernel's window closes, and so slows the peer. Nor is it noticed while paused
   * that the peer has gone, unless a write fails.
   */
  abstract pause(): void;
  abstract resume(): void;
  abstract get paused(): boolean;

  /** FIN once everything written is out. Reading goes on: when the peer ends too, the connection closes by itself. */
  abstract end(): void;
  /** Closes at once; what is buffered is lost. `onClose(error)` follows, later. */
  abstract destroy(error?: Error): void;
  /** Closes with RST, so that the peer can't take what it got for all there is. Where there is none (Unix, TLS): `destroy()`. */
  abstract reset(): void;

  /** Reads the addresses now and keeps them, so that they can be told after the close: of a connection that its peer has reset the system knows none. */
  keepAddresses(): void {}
  /** Called before the first read of a connection that may be handed to TLS after some bytes of it were looked at. */
  keepTransferable(): void {}

  /** TCP_NODELAY; on by default. */
  abstract setNoDelay(on: boolean): void;
  /** SO_KEEPALIVE with the time in milliseconds before the first probe. */
  abstract setKeepAlive(on: boolean, initialDelayMs?: number): void;
  /** The descriptor, or -1 where the runtime doesn't tell. */
  abstract get fd(): number;
}
