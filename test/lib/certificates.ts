import "reflect-metadata";
import { createHash, webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

x509.cryptoProvider.set(webcrypto as never);

/** What a certificate is to say. Dates: days from now. */
export interface CertificateRequest {
  /** Default "CN=test". */
  readonly subject?: string;
  readonly dns?: readonly string[];
  readonly uris?: readonly string[];
  readonly ips?: readonly string[];
  readonly emails?: readonly string[];
  /** Default -1. */
  readonly from?: number;
  /** Default 30. */
  readonly until?: number;
  /** Default "EC": ECDSA P-256. */
  readonly key?: "EC" | "RSA";
  /** A CA of its own, or below the issuer. Default false. */
  readonly ca?: boolean;
  /** Default: itself. */
  readonly issuer?: TestCertificate;
  /** Default "serverAuth" and "clientAuth". */
  readonly usages?: readonly string[];
}

/** A certificate with its key, in PEM. */
export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
  readonly certificate: x509.X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
  /** SHA-256 of the certificate, in hex. */
  readonly sha256: string;
  /** SHA-256 of its public key's SubjectPublicKeyInfo, in base64. */
  readonly spki: string;
}

const EC = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const RSA = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", publicExponent: new Uint8Array([1, 0, 1]), modulusLength: 2048 };
const DAY = 86_400_000;

let serial = 1;

/** Makes a certificate, at test time: nothing that expires lies in the repository. */
export async function makeCertificate(request: CertificateRequest = {}): Promise<TestCertificate> {
  const algorithm = request.key === "RSA" ? RSA : EC;
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
  const { issuer } = request;
  const subject = request.subject ?? "CN=test";
  const names = [
    ...(request.dns ?? []).map((value) => ({ type: "dns" as const, value })),
    ...(request.uris ?? []).map((value) => ({ type: "url" as const, value })),
    ...(request.ips ?? []).map((value) => ({ type: "ip" as const, value })),
    ...(request.emails ?? []).map((value) => ({ type: "email" as const, value })),
  ];
  const extensions: x509.Extension[] = [
    new x509.BasicConstraintsExtension(request.ca ?? false, undefined, true),
    new x509.KeyUsagesExtension(
      request.ca === true
        ? x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign
        : x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment,
      true,
    ),
    await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
  ];
  if (request.ca !== true) {
    const usages = request.usages ?? [x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth];
    extensions.push(new x509.ExtendedKeyUsageExtension([...usages]));
  }
  if (names.length > 0) extensions.push(new x509.SubjectAlternativeNameExtension(names));
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: (0x1000 + serial++).toString(16),
    subject,
    issuer: issuer?.certificate.subject ?? subject,
    notBefore: new Date(Date.now() + (request.from ?? -1) * DAY),
    notAfter: new Date(Date.now() + (request.until ?? 30) * DAY),
    signingAlgorithm: issuer === undefined ? algorithm : { ...(issuer.keys.privateKey.algorithm as typeof EC), hash: "SHA-256" },
    publicKey: keys.publicKey,
    signingKey: (issuer?.keys ?? keys).privateKey,
    extensions,
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey));
  return {
    cert: `${certificate.toString("pem")}\n`,
    key: pem("PRIVATE KEY", pkcs8),
    certificate,
    keys,
    sha256: createHash("sha256").update(new Uint8Array(certificate.rawData)).digest("hex"),
    spki: createHash("sha256").update(new Uint8Array(certificate.publicKey.rawData)).digest("base64"),
  };
}

/** A CA for clients or servers of a test. */
export function makeAuthority(subject = "CN=Test CA"): Promise<TestCertificate> {
  return makeCertificate({ subject, ca: true, until: 365 });
}

/** A list of revoked certificates, in PEM. */
export async function makeRevocations(issuer: TestCertificate, revoked: readonly TestCertificate[]): Promise<string> {
  const crl = await x509.X509CrlGenerator.create({
    issuer: issuer.certificate.subject,
    thisUpdate: new Date(Date.now() - DAY),
    nextUpdate: new Date(Date.now() + 30 * DAY),
    entries: revoked.map(({ certificate }) => ({ serialNumber: certificate.serialNumber, revocationDate: new Date() })),
    signingAlgorithm: { ...(issuer.keys.privateKey.algorithm as typeof EC), hash: "SHA-256" },
    signingKey: issuer.keys.privateKey,
  });
  // The library's own PEM says "CRL".
  return pem("X509 CRL", Buffer.from(crl.rawData));
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
