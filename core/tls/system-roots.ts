import { readFileSync } from "node:fs";
import { pemCertificates } from "./certificate.ts";

/** Where systems keep the roots that they trust. Source: Go, crypto/x509/root_linux.go. */
const BUNDLES = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/** The roots that the system trusts (or the file that SSL_CERT_FILE names), in PEM; undefined where there are none to be found: then the runtime's own serve. */
export function systemRoots(): readonly string[] | undefined {
  const { SSL_CERT_FILE } = process.env;
  for (const file of SSL_CERT_FILE === undefined || SSL_CERT_FILE === "" ? BUNDLES : [SSL_CERT_FILE]) {
    try {
      const found = pemCertificates(readFileSync(file, "latin1"));
      if (found.length > 0) return found;
    } catch {
      // Not this system's place.
    }
  }
  return undefined;
}
