/** The transport's front door: `listen`, `connect`, and the connections they give. */
export { Connection, DEFAULT_WATERMARK } from "./base-connection.ts";
export type { ConnectionHandler, ConnectionState } from "./base-connection.ts";
export type { TlsInfo } from "./tls-info.ts";
export { listen } from "./listen.ts";
export type { ListenAddress, ListenOptions, ListeningSocket } from "./listen.ts";
export { connect } from "./connect.ts";
export type { ConnectAddress, ConnectOptions } from "./connect.ts";
export type { PendingTransport, ServerTransport, TransportHandshake } from "./server-transport.ts";
