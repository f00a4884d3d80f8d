import { webcrypto } from "node:crypto";
import { clock } from "../../core/transport/clock.ts";

/** A certificate and its key, in PEM. */
export interface SelfSigned {
  readonly certificate: string;
  readonly key: string;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const HOUR = 3_600_000;

/** Makes a key (P-256) and a certificate for this machine's own names, signed by nobody else: localhost, 127.0.0.1, ::1. Good for 30 days. */
export async function selfSigned(): Promise<SelfSigned> {
  // Only who asks for a certificate pays for loading it; the library wants the first to be there when it loads.
  await import("reflect-metadata");
  const x509 = await import("@peculiar/x509");
  const keys = (await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
  const now = clock.wallNow();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: "CN=localhost,O=Isthmus example",
      // Clocks of clients may be a little behind.
      notBefore: new Date(now - HOUR),
      notAfter: new Date(now + 30 * 24 * HOUR),
      keys: keys as never,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension([
          { type: "dns", value: "localhost" },
          { type: "ip", value: "127.0.0.1" },
          { type: "ip", value: "::1" },
        ]),
      ],
    },
    webcrypto as never,
  );
  const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY");
  return { certificate: `${certificate.toString("pem")}\n`, key: `${key}\n` };
}
