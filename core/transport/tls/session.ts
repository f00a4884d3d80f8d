import type { X509Certificate } from "node:crypto";
import type { AgreedSession } from "./tls-options.ts";
import tls from "node:tls";

/** A `tls.TLSSocket`, or for its methods as good as one: an object with its handle. */
export interface SessionSource {
  readonly _handle: SessionHandle | null;
}

interface SessionHandle {
  verifyError(): { readonly code?: string } | string | null | undefined;
}

// The runtimes' handles differ in how they give their answers; these methods know.
const { getCipher, getPeerX509Certificate, getProtocol, getX509Certificate, isSessionReused } = tls.TLSSocket.prototype;

/** A TLS session as it was when its handshake was done: the connection may be gone when somebody asks. */
export class TlsSession implements AgreedSession {
  readonly version: string;
  readonly cipher: string;
  readonly alpnProtocol: string;
  readonly serverName: string;
  readonly resumed: boolean;
  readonly peerCertificate: X509Certificate | null;
  peerValidated: boolean;
  readonly verifyErrorCode: string;
  #source: SessionSource | null;
  #local: X509Certificate | null;

  /** `looks` tells whether the peer may have shown a certificate: else it isn't asked for. */
  constructor(source: SessionSource, serverName: string, alpnProtocol: string, looks: boolean) {
    const handle = source._handle as SessionHandle;
    this.version = getProtocol.call(source as never) ?? "";
    this.cipher = getCipher.call(source as never)?.name ?? "";
    this.alpnProtocol = alpnProtocol;
    this.serverName = serverName;
    this.resumed = isSessionReused.call(source as never);
    this.peerCertificate = looks ? (getPeerX509Certificate.call(source as never) ?? null) : null;
    this.verifyErrorCode = this.peerCertificate === null ? "" : codeOf(handle.verifyError());
    this.peerValidated = false;
    this.#source = source;
    this.#local = null;
  }

  get peerPresented(): boolean {
    return this.peerCertificate !== null;
  }

  get localCertificate(): X509Certificate | null {
    const source = this.#source;
    if (source === null) return this.#local;
    this.#source = null;
    // Deno knows its own by name only.
    if (source._handle !== null && typeof getX509Certificate === "function") this.#local = ownCertificate(source);
    return this.#local;
  }
}

function ownCertificate(source: SessionSource): X509Certificate | null {
  try {
    return getX509Certificate.call(source as never) ?? null;
  } catch {
    // The session was freed with its connection.
    return null;
  }
}

/** Node has an error, Deno its code. */
function codeOf(error: unknown): string {
  if (error === null || error === undefined) return "";
  if (typeof error === "string") return error;
  const { code } = error as { code?: unknown };
  return typeof code === "string" && code !== "" ? code : "UNSPECIFIED";
}
