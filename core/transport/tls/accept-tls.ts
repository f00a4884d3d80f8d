import type { Connection, ConnectionHandler } from "../base-connection.ts";
import type { ServerTls } from "./tls-options.ts";
import net from "node:net";
import { HandleConnection } from "../handle-connection.ts";
import { SocketConnection } from "../socket-connection.ts";
import { nativeTls } from "./native-tls.ts";
import { TlsHandleConnection } from "./tls-handle-connection.ts";
import { TlsSocketConnection } from "./tls-socket-connection.ts";

/**
 * Shakes hands as a server on a connection that was accepted. `raw` is spent: its handler hears nothing more, and bytes that were read from it are given
 * as `sniffed` (see `keepTransferable`). The new connection is "connecting" until its handler's `onConnect`; a handshake that fails, and a peer that is
 * refused, are told by `onClose(error)`. How long it may take is the caller's affair. null when `raw` is closed already.
 */
export function acceptTls(
  raw: Connection,
  sniffed: Uint8Array | null,
  server: ServerTls,
  handler: ConnectionHandler,
): Connection | null {
  if (raw instanceof HandleConnection) {
    const released = raw.release();
    if (released === null) return null;
    const { handle, counter } = released;
    if (nativeTls() !== null) return TlsHandleConnection.acceptedTls(handle, counter, sniffed, server, handler);
    const socket = new net.Socket({ handle, allowHalfOpen: true, readable: true, writable: true } as net.SocketConstructorOpts);
    return TlsSocketConnection.acceptedTls(socket, counter, sniffed, server, handler);
  }
  if (raw instanceof SocketConnection) {
    const released = raw.release();
    if (released === null) return null;
    return TlsSocketConnection.acceptedTls(released.socket, released.counter, sniffed, server, handler);
  }
  return null;
}
