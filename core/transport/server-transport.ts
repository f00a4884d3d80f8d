import type { Connection } from "./base-connection.ts";

/**
 * What a filter chain puts between an accepted connection and its filters, TLS above all (Envoy: a downstream transport socket). Built once for a
 * chain and shared by its connections.
 */
export interface ServerTransport {
  /**
   * Takes an accepted connection over, with all its callbacks, and makes another of it. Must not throw for what the peer does.
   * `connection` is open; reading has begun only if listener filters read. `read` is what they read and did not take; null: nothing.
   * Exactly one of `done`'s methods is called, at once or later, unless the attempt is cancelled first.
   */
  accept(connection: Connection, read: Buffer | null, done: TransportHandshake): PendingTransport;
  /** The configuration is gone and no handshake runs. */
  dispose?(): void;
}

/** Who waits for a transport. */
export interface TransportHandshake {
  /**
   * The connection that stands in the accepted one's place: its handler is set before this returns, and nothing is read before that.
   * Its closing closes the accepted one.
   */
  onTransportReady(connection: Connection): void;
  /** There will be none: the peer is gone or was refused, and the accepted connection is closed or closing. `reason` is for logs. */
  onTransportFailure(reason: string): void;
}

/** A handshake that runs. */
export interface PendingTransport {
  /** Closes the accepted connection. Nothing is called any more. Harmless once it is over. */
  cancel(): void;
}
