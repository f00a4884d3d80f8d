import tls from "node:tls";

/** Keys, certificates and parameters of a side of TLS, ready for sessions. Opaque; one serves any number of connections. */
export type SecureContext = tls.SecureContext;

/** "TLSv1" to "TLSv1.3". */
export type TlsVersion = tls.SecureVersion;

/** What a context is made of. PEM texts; absent parts are the runtime's own. */
export interface SecureContextOptions {
  /** Chains, leaf first, each with the key at the same place in `keys`. At most one for each kind of key. */
  readonly certificates: readonly string[];
  readonly keys: readonly string[];
  /** Roots that peers are verified against. Empty: none (so nobody is trusted). undefined: the system's. */
  readonly ca: readonly string[] | undefined;
  readonly crl: readonly string[];
  readonly minVersion: TlsVersion;
  readonly maxVersion: TlsVersion;
  /** OpenSSL's cipher list, or "" for the runtime's. */
  readonly ciphers: string;
  /** "X25519:P-256", or "" for the runtime's. */
  readonly curves: string;
  /** OpenSSL's list, or "" for the runtime's. */
  readonly signatureAlgorithms: string;
  /** Sessions of another id are not resumed here: what verifies clients differently must differ in it. Up to 32 characters. */
  readonly sessionId: string;
  /** 48 bytes: 16 of name, 16 to sign, 16 to encrypt. Absent: random, and gone with the context. */
  readonly ticketKeys: Uint8Array | undefined;
  /** Seconds that a session can be resumed for. */
  readonly sessionTimeout: number;
  /** Bits of OpenSSL's SSL_OP_*. */
  readonly options: number;
}

/** Makes a context. Throws the runtime's error for keys and certificates that it can't read or that don't fit. */
export function createSecureContext(options: SecureContextOptions): SecureContext {
  return tls.createSecureContext({
    ...(options.certificates.length === 0 ? {} : { cert: [...options.certificates], key: [...options.keys] }),
    ...(options.ca === undefined ? {} : { ca: [...options.ca] }),
    ...(options.crl.length === 0 ? {} : { crl: [...options.crl] }),
    ...(options.ciphers === "" ? {} : { ciphers: options.ciphers, honorCipherOrder: true }),
    ...(options.curves === "" ? {} : { ecdhCurve: options.curves }),
    ...(options.signatureAlgorithms === "" ? {} : { sigalgs: options.signatureAlgorithms }),
    ...(options.ticketKeys === undefined ? {} : { ticketKeys: Buffer.from(options.ticketKeys) }),
    minVersion: options.minVersion,
    maxVersion: options.maxVersion,
    sessionIdContext: options.sessionId,
    sessionTimeout: options.sessionTimeout,
    secureOptions: options.options,
  });
}

/** Whether the platform looks at `crl` and tells the certificates between a peer's and its root. Deno 2.9 does neither. */
export const verifiesChains: boolean = !("Deno" in globalThis);

/** Whether cipher suites, groups and signature algorithms can be chosen. Deno 2.9 has its own, all of them modern. */
export const choosesAlgorithms: boolean = !("Deno" in globalThis);
