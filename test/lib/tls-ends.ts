import type { ClientTls, SecureContextOptions, ServerTls } from "../../core/transport/connection.ts";
import { createSecureContext } from "../../core/transport/connection.ts";
import { makeCertificate } from "./certificates.ts";

/** Options of a context that asks for nothing; parts of it in `more`. */
export function contextOptions(more: Partial<SecureContextOptions> = {}): SecureContextOptions {
  return {
    certificates: [],
    keys: [],
    ca: undefined,
    crl: [],
    minVersion: "TLSv1.2",
    maxVersion: "TLSv1.3",
    ciphers: "",
    curves: "",
    signatureAlgorithms: "",
    sessionId: "test",
    ticketKeys: undefined,
    sessionTimeout: 300,
    options: 0,
    ...more,
  };
}

/** A server with a certificate of its own, and a client that trusts anybody. */
export async function testEnds(): Promise<{ server: ServerTls; client: ClientTls }> {
  const { cert, key } = await makeCertificate({ dns: ["localhost"] });
  return {
    server: {
      context: createSecureContext(contextOptions({ certificates: [cert], keys: [key] })),
      contextsFor: null,
      bare: null,
      ocspFor: null,
      clientCertificate: "none",
      alpn: [],
      checkPeer: null,
    },
    client: {
      context: createSecureContext(contextOptions()),
      serverName: "localhost",
      alpn: [],
      checkPeer: null,
      sessions: null,
    },
  };
}
