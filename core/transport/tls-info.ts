import type { X509Certificate } from "node:crypto";

/** What is known of a TLS session once its handshake is done. Certificates are asked of the runtime when they are asked for, and kept. */
export interface TlsInfo {
  /** "TLSv1.2" or "TLSv1.3". */
  readonly version: string;
  /** OpenSSL's name of the cipher suite: "ECDHE-ECDSA-AES128-GCM-SHA256". */
  readonly cipher: string;
  /** The protocol agreed by ALPN, or "". */
  readonly alpnProtocol: string;
  /** The name the client asked for by SNI, or "". */
  readonly serverName: string;
  /** Whether the session is the continuation of an earlier one. */
  readonly resumed: boolean;
  /** Whether the peer showed a certificate. */
  readonly peerPresented: boolean;
  /** Whether that certificate was verified against a CA. False when none was shown. */
  readonly peerValidated: boolean;
  /** The peer's certificate, its issuers linked by `issuerCertificate` as far as they were sent; null when none was shown. */
  readonly peerCertificate: X509Certificate | null;
  /** Our own; null when we showed none, or when the session was over before anyone asked. */
  readonly localCertificate: X509Certificate | null;
}
