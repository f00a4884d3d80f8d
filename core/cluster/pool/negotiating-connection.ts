import { CONNECTING, PooledConnection } from "./pooled-connection.ts";

/** A connection of a pool whose host chooses by ALPN, until it has: then an HTTP/2 or an HTTP/1.1 connection stands in its place. */
export class NegotiatingConnection extends PooledConnection {
  /** Whoever chose nothing speaks HTTP/1.1, as everything that knows no ALPN does. */
  override onConnect(): void {
    if (this.state !== CONNECTING) return;
    const http2 = this.connection?.tls?.alpnProtocol === "h2";
    this.handOver(this.pool.negotiated(this, http2));
  }

  protected countProtocol(): void {}

  // Nothing is read before the handshake is done, and the pool gives requests to those only that it has been told of.

  onData(): void {}
  onDrain(): void {}
  attach(): void {}
  protected terminateAll(): void {}

  onEnd(): void {
    this.close();
  }

  protected lost(): void {}
}
