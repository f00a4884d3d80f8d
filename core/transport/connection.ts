/** The transport's front door: `listen`, `connect`, and the connections they give. */
export { Connection, DEFAULT_WATERMARK } from "./base-connection.ts";
export type { ConnectionHandler, ConnectionState } from "./base-connection.ts";
export type { TlsInfo } from "./tls-info.ts";
export { listen } from "./listen.ts";
export type { ListenAddress, ListenOptions, ListeningSocket } from "./listen.ts";
export { canHoldSockets, heldSocketOf, holdSocket, serverOf } from "./held-socket.ts";
export type { HeldSocket } from "./held-socket.ts";
export { connect } from "./connect.ts";
export type { ConnectAddress, ConnectOptions } from "./connect.ts";
export type { PendingTransport, ServerTransport, TransportHandshake } from "./server-transport.ts";
export { acceptTls } from "./tls/accept-tls.ts";
export type { AgreedSession, CheckPeer, ClientTls, ServerTls, SessionCache } from "./tls/tls-options.ts";
export { choosesAlgorithms, createSecureContext, verifiesChains } from "./tls/secure-context.ts";
export type { SecureContext, SecureContextOptions, TlsVersion } from "./tls/secure-context.ts";
export { TlsError } from "./tls/tls-error.ts";
