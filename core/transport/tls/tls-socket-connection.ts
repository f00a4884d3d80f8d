import type { ConnectionHandler, ConnectionState } from "../base-connection.ts";
import type { ConnectAddress } from "../connect.ts";
import type { ConnectionCounter } from "../handle-connection.ts";
import type { AgreedSession, ClientTls, ServerTls } from "./tls-options.ts";
import type { SecureContext } from "./secure-context.ts";
import net from "node:net";
import tls from "node:tls";
import { clock } from "../clock.ts";
import { SocketConnection } from "../socket-connection.ts";
import { TlsError } from "./tls-error.ts";
import { TlsSession } from "./session.ts";

/** How a connection to an upstream begins. */
export interface TlsConnectOptions {
  readonly bindHost: string | undefined;
  readonly bindPort: number | undefined;
  readonly keepAliveMs: number;
}

/** A TLS connection over a `tls.TLSSocket`: what works on every runtime. Otherwise as `TlsHandleConnection`. */
export class TlsSocketConnection extends SocketConnection {
  private readonly secure: tls.TLSSocket;
  private readonly server: ServerTls | null;
  private readonly client: ClientTls | null;
  private handshaking = true;

  private constructor(
    socket: tls.TLSSocket,
    handler: ConnectionHandler,
    counter: ConnectionCounter | null,
    server: ServerTls | null,
    client: ClientTls | null,
  ) {
    super(socket, handler, counter);
    this.secure = socket;
    this.server = server;
    this.client = client;
    socket.once("secure", () => this.agreed());
    socket.once("end", () => {
      if (this.handshaking)
        this.destroy(new TlsError("ECONNRESET", "the peer ended the connection in the middle of the handshake"));
    });
    socket.disableRenegotiation();
  }

  /** Takes over a socket that was accepted and released, and bytes that were read from it. */
  static acceptedTls(
    raw: net.Socket,
    counter: ConnectionCounter | null,
    sniffed: Uint8Array | null,
    server: ServerTls,
    handler: ConnectionHandler,
  ): TlsSocketConnection {
    if (sniffed !== null) raw.unshift(sniffed);
    const { contextsFor } = server;
    const socket = new tls.TLSSocket(raw, {
      isServer: true,
      secureContext: server.context,
      requestCert: server.clientCertificate !== "none",
      rejectUnauthorized: false,
      allowHalfOpen: true,
      ...(server.alpn.length === 0 ? {} : { ALPNProtocols: [...server.alpn] }),
      ...(contextsFor === null
        ? {}
        : {
            SNICallback(name: string, done: (error: Error | null, context?: SecureContext) => void): void {
              // One context is all that the runtimes take here.
              done(null, contextsFor(name.toLowerCase())[0]);
            },
          }),
    } as tls.TLSSocketOptions);
    return new TlsSocketConnection(socket, handler, counter, server, null);
  }

  /** Connects by TCP or to a Unix socket, then shakes hands. */
  static connectTls(
    address: ConnectAddress,
    options: TlsConnectOptions,
    client: ClientTls,
    handler: ConnectionHandler,
  ): TlsSocketConnection {
    const raw = net.connect({
      ...("path" in address ? { path: address.path } : { host: address.host, port: address.port }),
      allowHalfOpen: true,
      noDelay: true,
      keepAlive: options.keepAliveMs > 0,
      keepAliveInitialDelay: options.keepAliveMs,
      localAddress: options.bindHost,
      localPort: options.bindPort,
    } as net.NetConnectOpts);
    const session = client.sessions?.take();
    const socket = tls.connect({
      socket: raw,
      secureContext: client.context,
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
      allowHalfOpen: true,
      ...(client.serverName === "" ? {} : { servername: client.serverName }),
      ...(client.alpn.length === 0 ? {} : { ALPNProtocols: [...client.alpn] }),
      ...(session === undefined ? {} : { session }),
    } as tls.ConnectionOptions);
    const { sessions } = client;
    if (sessions !== null) socket.on("session", (made: Buffer) => sessions.put(made));
    return new TlsSocketConnection(socket, handler, null, null, client);
  }

  override get state(): ConnectionState {
    return this.closed ? "closed" : this.handshaking ? "connecting" : "open";
  }

  private agreed(): void {
    if (this.closed || !this.handshaking) return;
    const { secure, server, client } = this;
    const options = server ?? (client as ClientTls);
    const name = client !== null ? client.serverName : serverNameOf(secure);
    const alpn = typeof secure.alpnProtocol === "string" ? secure.alpnProtocol : "";
    const looks = client !== null || server?.clientCertificate !== "none";
    const session = new TlsSession(secure as never, name, alpn, looks);
    const refused = this.check(session, options);
    if (refused !== undefined) {
      this.destroy(refused);
      return;
    }
    this.tls = session;
    this.handshaking = false;
    clock.enter();
    try {
      this.handler.onConnect?.();
    } finally {
      clock.leave();
    }
    if (!this.closed) this.start();
  }

  private check(session: TlsSession & AgreedSession, options: ServerTls | ClientTls): Error | undefined {
    if (this.server?.clientCertificate === "required" && !session.peerPresented) {
      return new TlsError("ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE", "peer did not return a certificate");
    }
    if (options.checkPeer === null) return undefined;
    const { refused, validated } = options.checkPeer(session);
    session.peerValidated = validated;
    return refused;
  }

  protected override connected(): void {
    // TCP is there, the handshake is not done.
  }
}

function serverNameOf(socket: tls.TLSSocket): string {
  const { servername } = socket as { servername?: string | false | null };
  return typeof servername === "string" ? servername : "";
}
