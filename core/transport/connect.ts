import type { Connection, ConnectionHandler } from "./base-connection.ts";
import net from "node:net";
import { HandleConnection, hasNativePath } from "./handle-connection.ts";
import { native } from "./native.ts";
import { SocketConnection } from "./socket-connection.ts";
import type { ClientTls } from "./tls/tls-options.ts";
import { nativeTls } from "./tls/native-tls.ts";
import { TlsHandleConnection } from "./tls/tls-handle-connection.ts";
import { TlsSocketConnection } from "./tls/tls-socket-connection.ts";

/** Where to connect to. `host` is an IP: names are resolved by the clusters, not here. */
export type ConnectAddress = { readonly host: string; readonly port: number } | { readonly path: string };

/** How a connection is made. */
export interface ConnectOptions {
  /** Source IP (and port, default any) to bind to. Ignored for Unix sockets. */
  readonly bindAddress?: { readonly host: string; readonly port?: number };
  /** SO_KEEPALIVE: milliseconds of silence before the first probe. Absent: off. */
  readonly tcpKeepalive?: { readonly keepaliveTimeMs: number };
  /** False: use the portable path even where there is a native one. Default true. */
  readonly native?: boolean;
  /** Shake hands before the connection counts as established. Absent: plain. */
  readonly tls?: ClientTls;
}

/** Connects. Never throws for what a peer or the network does: that is told by `handler.onClose(error)`, later. Timeouts are the caller's. */
export function connect(address: ConnectAddress, options: ConnectOptions, handler: ConnectionHandler): Connection {
  const keepAliveMs = options.tcpKeepalive?.keepaliveTimeMs ?? 0;
  const { tls } = options;
  if (tls !== undefined) return connectTls(address, options, keepAliveMs, tls, handler);
  if ("path" in address) return overSocket(net.connect({ path: address.path, allowHalfOpen: true }), handler);
  const bind = options.bindAddress;
  if (options.native !== false && hasNativePath && native !== null && native.ConnectRequest !== null) {
    return HandleConnection.connect(address.host, address.port, bind?.host ?? "", bind?.port ?? 0, keepAliveMs, handler);
  }
  const socket = net.connect({
    host: address.host,
    port: address.port,
    allowHalfOpen: true,
    noDelay: true,
    keepAlive: keepAliveMs > 0,
    keepAliveInitialDelay: keepAliveMs,
    localAddress: bind?.host,
    localPort: bind?.port,
  });
  return overSocket(socket, handler);
}

function overSocket(socket: net.Socket, handler: ConnectionHandler): SocketConnection {
  const connection = new SocketConnection(socket, handler);
  connection.start();
  return connection;
}

function connectTls(
  address: ConnectAddress,
  options: ConnectOptions,
  keepAliveMs: number,
  tls: ClientTls,
  handler: ConnectionHandler,
): Connection {
  const bind = options.bindAddress;
  if (
    !("path" in address) &&
    options.native !== false &&
    nativeTls() !== null &&
    native !== null &&
    native.ConnectRequest !== null
  ) {
    return TlsHandleConnection.connectTls(
      address.host,
      address.port,
      bind?.host ?? "",
      bind?.port ?? 0,
      keepAliveMs,
      tls,
      handler,
    );
  }
  return TlsSocketConnection.connectTls(address, { bindHost: bind?.host, bindPort: bind?.port, keepAliveMs }, tls, handler);
}
