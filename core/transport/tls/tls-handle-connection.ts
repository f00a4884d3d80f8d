import type { ConnectionHandler } from "../base-connection.ts";
import type { ConnectionCounter } from "../handle-connection.ts";
import type { NativeStreams, StreamHandle } from "../native.ts";
import type { TlsHandle, WrapHandle } from "./native-tls.ts";
import type { ClientTls, ServerTls } from "./tls-options.ts";
import { Buffer } from "node:buffer";
import { clock } from "../clock.ts";
import { BUFFERED, CLOSED, CONNECTING, HandleConnection, PAUSED, READING, READ_ENDED, SECURING } from "../handle-connection.ts";
import { native } from "../native.ts";
import { sharedReadBuffer } from "../read-buffer.ts";
import { nativeTls } from "./native-tls.ts";
import { TlsSession } from "./session.ts";
import { TlsError } from "./tls-error.ts";
import { alpnWire } from "./tls-options.ts";

/**
 * The client's first bytes are read from the bare handle and handed to the session then. A session that reads them itself makes its buffer as large as
 * libuv suggests, 64 KiB, and keeps it; one that is given them makes it as large as they are, and another when there is more to read.
 */
const AWAITING_HELLO = 4096;

/** Whose handle it is: set where the runtime's own functions look for the stream. */
function ownerOf(handle: TlsHandle): TlsHandleConnection {
  return (handle as unknown as Record<symbol, TlsHandleConnection>)[(native as NativeStreams).owner];
}

function nothing(): void {}

// One function for all sessions: `this` is the handle.
function handshakeDone(this: TlsHandle): void {
  ownerOf(this).agreed();
}
function failed(this: TlsHandle, error: Error): void {
  ownerOf(this).tlsFailed(error);
}
function chooseCertificate(this: TlsHandle, info: { readonly servername: string | false; readonly OCSPRequest: boolean }): void {
  ownerOf(this).chooseCertificate(info.servername === false ? "" : info.servername, info.OCSPRequest);
}
function sessionMade(this: TlsHandle, _id: Buffer, session: Buffer): void {
  ownerOf(this).keepSession(session);
}

const wires = new WeakMap<readonly string[], Buffer>();

/** The list is a configuration's, and the same for all its connections. */
function wireOf(protocols: readonly string[]): Buffer {
  let wire = wires.get(protocols);
  if (wire === undefined) wires.set(protocols, (wire = alpnWire(protocols)));
  return wire;
}

/**
 * A TLS connection on the runtime's session handle itself, without a `tls.TLSSocket`. It is "connecting" until the handshake is done and the peer was
 * looked at; then `onConnect` is called, on accepted connections too.
 *
 * On Node 20, over a `tls.TLSSocket` and over this: an idle connection 34 and 22 KB, of which OpenSSL's part is most; a full handshake 0.95 and 0.68 ms
 * of CPU; a small request 33 and 30 us.
 */
export class TlsHandleConnection extends HandleConnection {
  private server: ServerTls | null = null;
  private client: ClientTls | null = null;
  /** What was decrypted and may not be told while paused: the session goes on with the ciphertext that it has. */
  private held: Buffer[] | null = null;
  private endHeld = false;
  /** Our end waits for writes: the session drops what it has not encrypted yet. */
  private endOwed = false;

  /** Takes over a handle that was accepted and released, and bytes that were read from it. */
  static acceptedTls(
    handle: StreamHandle,
    counter: ConnectionCounter | null,
    sniffed: Uint8Array | null,
    server: ServerTls,
    handler: ConnectionHandler,
  ): TlsHandleConnection {
    const connection = new TlsHandleConnection(handle, handler, CONNECTING | SECURING, counter);
    connection.server = server;
    if (sniffed === null) {
      connection.flags |= AWAITING_HELLO;
      connection.beginReading();
    } else connection.secure(sniffed);
    return connection;
  }

  /** The session takes the accepted handle's place, and the first bytes that came by it. */
  private secure(hello: Uint8Array): void {
    const server = this.server as ServerTls;
    const session = (nativeTls() as WrapHandle)(this.handle, server.bare ?? server.context, true);
    this.adopt(session);
    this.listenTo(session);
    const { clientCertificate } = server;
    session.setVerifyMode(clientCertificate !== "none", clientCertificate === "required");
    if (server.contextsFor !== null || server.ocspFor !== null) {
      session.oncertcb = chooseCertificate;
      session.enableCertCb();
    }
    if (server.alpn.length > 0) session.setALPNProtocols(wireOf(server.alpn));
    this.beginReading();
    if (this.state !== "closed") session.receive(hello);
  }

  /** Connects by TCP, then shakes hands. See `HandleConnection.connect`. */
  static connectTls(
    host: string,
    port: number,
    bindHost: string,
    bindPort: number,
    keepAliveMs: number,
    client: ClientTls,
    handler: ConnectionHandler,
  ): TlsHandleConnection {
    const { Tcp } = native as NativeStreams;
    const connection = new TlsHandleConnection(new Tcp(0), handler, CONNECTING, null);
    connection.client = client;
    connection.connectTo(host, port, bindHost, bindPort, keepAliveMs);
    return connection;
  }

  private listenTo(session: TlsHandle): void {
    session.onhandshakestart = nothing;
    session.onhandshakedone = handshakeDone;
    session.onerror = failed;
  }

  private beginReading(): void {
    this.flags |= READING | BUFFERED | SECURING;
    this.handle.useUserBuffer(sharedReadBuffer);
    this.handle.readStart();
  }

  /** TCP is there: the session takes the handle's place. */
  protected override established(): void {
    const client = this.client as ClientTls;
    const session = (nativeTls() as WrapHandle)(this.handle, client.context, false);
    this.adopt(session);
    this.listenTo(session);
    session.setVerifyMode(true, false);
    if (client.sessions !== null) {
      session.onnewsession = sessionMade;
      session.enableSessionCallbacks();
      const earlier = client.sessions.take();
      if (earlier !== undefined) session.setSession(earlier);
    }
    if (client.serverName !== "") session.setServername(client.serverName);
    if (client.alpn.length > 0) session.setALPNProtocols(wireOf(client.alpn));
    this.beginReading();
    session.start();
  }

  /** The runtime's closing of a session frees what `ssl` of its owner has. */
  get ssl(): TlsHandle {
    return this.handle as TlsHandle;
  }
  set ssl(_freed: unknown) {}

  /** @internal The client's hello was read. */
  chooseCertificate(name: string, wantsOcsp: boolean): void {
    const server = this.server as ServerTls;
    const session = this.handle as TlsHandle;
    const contexts = server.contextsFor === null ? [server.context] : server.contextsFor(name.toLowerCase());
    // Each puts its certificate beside those of other kinds of keys: the client takes what it knows.
    if (server.contextsFor !== null)
      for (const context of contexts) session.setKeyCert((context as { context: unknown }).context);
    if (wantsOcsp && server.ocspFor !== null) {
      const response = server.ocspFor(contexts);
      if (response !== undefined) session.setOCSPResponse(response);
    }
    try {
      session.certCbDone();
    } catch (error) {
      this.destroy(error as Error);
    }
  }

  /** @internal */
  agreed(): void {
    // A session of TLS 1.2 that is shaken hands on again: refused. OpenSSL itself refuses a client's wish in TLS 1.3 and, here, by its options.
    if ((this.flags & CONNECTING) === 0) {
      if ((this.flags & CLOSED) === 0) this.destroy(new TlsError("RENEGOTIATION", "renegotiation is refused"));
      return;
    }
    if ((this.flags & CLOSED) !== 0) return;
    const handle = this.handle as TlsHandle;
    const options = this.server ?? (this.client as ClientTls);
    const alpn = options.alpn.length === 0 ? false : handle.getALPNNegotiatedProtocol();
    const name = this.client !== null ? this.client.serverName : handle.getServername();
    const looks = this.client !== null || this.server?.clientCertificate !== "none";
    const session = new TlsSession(this as never, name === false ? "" : name, alpn === false ? "" : alpn, looks);
    if (this.server?.clientCertificate === "required" && !session.peerPresented) {
      this.destroy(new TlsError("ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE", "peer did not return a certificate"));
      return;
    }
    if (options.checkPeer !== null) {
      const { refused, validated } = options.checkPeer(session);
      if (refused !== undefined) {
        this.destroy(refused);
        return;
      }
      session.peerValidated = validated;
    }
    this.tls = session;
    this.flags &= ~CONNECTING;
    this.flush();
    if ((this.flags & CLOSED) !== 0) return;
    clock.enter();
    try {
      this.handler.onConnect?.();
    } finally {
      clock.leave();
    }
    this.drain();
  }

  /** @internal */
  tlsFailed(error: Error): void {
    this.destroy(error);
  }

  /** @internal */
  keepSession(session: Buffer): void {
    this.client?.sessions?.put(session);
  }

  protected override received(length: number, buffer: Buffer): boolean {
    // Before the handshake is done nothing is decrypted; of a refused peer nothing is read.
    if ((this.flags & (CLOSED | CONNECTING)) !== 0) {
      if ((this.flags & (CLOSED | AWAITING_HELLO)) === AWAITING_HELLO) {
        this.flags &= ~AWAITING_HELLO;
        this.secure(buffer.subarray(0, length));
      }
      return true;
    }
    if ((this.flags & PAUSED) === 0 && this.held === null) return super.received(length, buffer);
    (this.held ??= []).push(Buffer.from(buffer.subarray(0, length)));
    return true;
  }

  protected override pushed(chunk: Buffer | null): boolean {
    if ((this.flags & CLOSED) !== 0) return true;
    if ((this.flags & CONNECTING) !== 0) {
      if (chunk === null)
        this.destroy(new TlsError("ECONNRESET", "the peer ended the connection in the middle of the handshake"));
      return true;
    }
    if (chunk !== null) return this.received(chunk.length, chunk);
    if ((this.flags & PAUSED) === 0 && this.held === null) return super.pushed(null);
    this.endHeld = true;
    return true;
  }

  protected override closeHandle(): void {
    // The session goes on with what it has read, and the runtime takes bytes for a closed stream for an error number.
    this.handle.onread = nothing;
    super.closeHandle();
  }

  protected override shutDown(): void {
    if (this.pending > 0) this.endOwed = true;
    else super.shutDown();
  }

  protected override written(request: { bytes: number }): void {
    super.written(request);
    if (!this.endOwed || this.pending > 0 || (this.flags & CLOSED) !== 0) return;
    this.endOwed = false;
    super.shutDown();
  }

  override resume(): void {
    if ((this.flags & PAUSED) === 0) return;
    this.flags &= ~PAUSED;
    if (this.held !== null) this.tellHeld();
    if ((this.flags & PAUSED) === 0) this.start();
  }

  /** What was held back, as far as nobody pauses again. */
  private tellHeld(): void {
    const held = this.held as Buffer[];
    let told = 0;
    while (told < held.length && (this.flags & (PAUSED | CLOSED)) === 0) {
      // Not as what is just read: that would choose the buffer of whichever connection reads next.
      this.deliver(held[told++]);
    }
    this.held = told === held.length ? null : held.slice(told);
    if (this.held === null && this.endHeld && (this.flags & (PAUSED | CLOSED | READ_ENDED)) === 0) {
      this.endHeld = false;
      super.pushed(null);
    }
  }

  static {
    if (native !== null) {
      Object.defineProperty(TlsHandleConnection.prototype, native.bufferCallback, {
        value: TlsHandleConnection.prototype.received,
      });
      Object.defineProperty(TlsHandleConnection.prototype, "push", { value: TlsHandleConnection.prototype.pushed });
      Object.defineProperty(TlsHandleConnection.prototype, native.afterAsyncWrite, {
        value: TlsHandleConnection.prototype.written,
      });
    }
  }
}
