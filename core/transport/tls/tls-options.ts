import type { TlsInfo } from "../tls-info.ts";
import type { SecureContext } from "./secure-context.ts";

/** A session that has just been agreed on, to be looked at before anything is read from it. */
export interface AgreedSession extends TlsInfo {
  /** What the platform found wrong with the peer's certificate (OpenSSL's name: "CERT_HAS_EXPIRED"), or "". */
  readonly verifyErrorCode: string;
}

/** Says why a peer is refused; undefined lets it in. `validated` tells whether its certificate leads to a trusted CA. */
export type CheckPeer = (session: AgreedSession) => { readonly refused?: Error; readonly validated: boolean };

/** The TLS of connections that are accepted. Immutable: an update is another object. */
export interface ServerTls {
  readonly context: SecureContext;
  /** By the name asked for ("" when none was): contexts with a certificate each, of another kind of key each. null: `context` for all names. */
  readonly contextsFor: ((serverName: string) => readonly SecureContext[]) | null;
  /** The same without certificates, which those of a name are put into; null when there is nothing to choose. */
  readonly bare: SecureContext | null;
  /** A stapled OCSP response for the contexts of a name, for clients that ask; null: there are none. */
  readonly ocspFor: ((contexts: readonly SecureContext[]) => Uint8Array | undefined) | null;
  /** "none" asks for no certificate. "required" ends the handshake of a client that has none. */
  readonly clientCertificate: "none" | "optional" | "required";
  /** By preference; empty: no ALPN. */
  readonly alpn: readonly string[];
  /** Called for every session when a client certificate was asked for. */
  readonly checkPeer: CheckPeer | null;
}

/** The TLS of connections that are made. Immutable. */
export interface ClientTls {
  readonly context: SecureContext;
  /** SNI, or "". */
  readonly serverName: string;
  readonly alpn: readonly string[];
  readonly checkPeer: CheckPeer | null;
  /** Where sessions are kept for resumption; null: nowhere. */
  readonly sessions: SessionCache | null;
}

/** Sessions of servers, to go on with. */
export interface SessionCache {
  /** A session for the next connection; it is not given again. */
  take(): Buffer | undefined;
  put(session: Buffer): void;
}

/** The list in the form that goes over the wire (RFC 7301 section 3.1). */
export function alpnWire(protocols: readonly string[]): Buffer {
  return Buffer.concat(protocols.map((name) => Buffer.from([name.length, ...Buffer.from(name, "latin1")])));
}
