/** What is known of a TLS session once its handshake is done. */
export interface TlsInfo {
  /** "TLSv1.2" or "TLSv1.3". */
  readonly version: string;
  /** OpenSSL's name of the cipher suite. */
  readonly cipher: string;
  /** The protocol agreed by ALPN, or "". */
  readonly alpnProtocol: string;
  /** The name the client asked for by SNI, or "". */
  readonly serverName: string;
  /** Whether the peer showed a certificate. */
  readonly peerPresented: boolean;
  /** Whether that certificate was verified. False when none was shown. */
  readonly peerValidated: boolean;
}
