import type { TlsCertificate } from "../resources/tls.ts";
import type { SourceContent } from "./read-source.ts";
import { createPrivateKey, X509Certificate } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { certificateNames, commonName } from "./certificate-names.ts";
import { readSource } from "./read-source.ts";

/** A certificate with its key, read and found to fit. */
export interface LoadedCertificate {
  /** Of the secret, or made from the certificate. */
  readonly name: string;
  /** Where it came from: a path, or what it is. */
  readonly path: string;
  readonly chain: string;
  readonly key: string;
  readonly leaf: X509Certificate;
  /** "ec", "rsa", "ed25519", ... */
  readonly keyType: string;
  /** In lower case: DNS names, or the common name where there are none. */
  readonly serverNames: readonly string[];
  readonly ocsp: Uint8Array | undefined;
}

/** A mistake, and the field of the resource that has it. */
export interface CertificateProblem {
  readonly key: "" | "certificateChain" | "privateKey" | "password" | "ocspStaple";
  readonly message: string;
}

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/** The PEM certificates of a text. */
export function pemCertificates(text: string): string[] {
  return text.match(PEM_CERTIFICATE) ?? [];
}

/** Reads certificates of PEM; a string says what is wrong. */
export function readCertificates({ bytes, origin }: SourceContent): X509Certificate[] | string {
  const found = pemCertificates(bytes.toString("latin1"));
  if (found.length === 0) return `found no PEM certificate in ${origin}, wanted "-----BEGIN CERTIFICATE-----"`;
  const certificates: X509Certificate[] = [];
  for (const pem of found) {
    try {
      certificates.push(new X509Certificate(pem));
    } catch {
      return `the ${certificates.length === 0 ? "" : `${certificates.length + 1}. `}certificate in ${origin} can't be read: it is damaged`;
    }
  }
  return certificates;
}

function readKey({ bytes, origin }: SourceContent, password: string | undefined): KeyObject | string {
  const text = bytes.toString("latin1");
  if (!text.includes("PRIVATE KEY-----")) {
    return `found no PEM private key in ${origin}, wanted "-----BEGIN PRIVATE KEY-----"`;
  }
  const encrypted = text.includes("ENCRYPTED");
  if (encrypted && password === undefined)
    return `the private key in ${origin} is protected by a password, wanted "password" to be set`;
  try {
    return createPrivateKey({ key: bytes, ...(password === undefined ? {} : { passphrase: password }) });
  } catch {
    return encrypted
      ? `the private key in ${origin} can't be opened with the password that is given`
      : `the private key in ${origin} can't be read: it is damaged`;
  }
}

/** Reads a certificate and checks that its parts fit together. Every problem is told. */
export function loadCertificate(
  resource: TlsCertificate,
  secretName: string,
): { readonly loaded?: LoadedCertificate; readonly problems: readonly CertificateProblem[]; readonly files: readonly string[] } {
  const problems: CertificateProblem[] = [];
  const files: string[] = [];
  const read = (key: Exclude<CertificateProblem["key"], "">): SourceContent | undefined => {
    const source = resource[key];
    if (source === undefined) return undefined;
    if (source.filename !== undefined) files.push(source.filename);
    const content = readSource(source);
    if (typeof content !== "string") return content;
    problems.push({ key, message: content });
    return undefined;
  };
  if (resource.certificateChain === undefined) problems.push({ key: "", message: "found no certificate_chain, wanted one" });
  if (resource.privateKey === undefined) problems.push({ key: "", message: "found no private_key, wanted one" });
  const chainSource = read("certificateChain");
  const keySource = read("privateKey");
  const password = read("password");
  const ocsp = read("ocspStaple");
  let certificates: X509Certificate[] = [];
  if (chainSource !== undefined) {
    const found = readCertificates(chainSource);
    if (typeof found === "string") problems.push({ key: "certificateChain", message: found });
    else certificates = found;
  }
  let key: KeyObject | undefined;
  if (keySource !== undefined) {
    const found = readKey(keySource, password?.bytes.toString().replace(/\r?\n$/, ""));
    if (typeof found === "string") problems.push({ key: "privateKey", message: found });
    else key = found;
  }
  if (problems.length > 0 || chainSource === undefined || keySource === undefined || key === undefined)
    return { problems, files };
  const [leaf] = certificates;
  if (!leaf.checkPrivateKey(key)) {
    const message = `the private key in ${keySource.origin} does not belong to the certificate in ${chainSource.origin} (${commonName(leaf) || "no common name"})`;
    return { problems: [{ key: "privateKey", message }], files };
  }
  const { dns } = certificateNames(leaf);
  const names = dns.length > 0 ? dns : [commonName(leaf)].filter((name) => name !== "");
  const loaded: LoadedCertificate = {
    name: secretName !== "" ? secretName : `unnamed_cert_${leaf.fingerprint256.replaceAll(":", "").toLowerCase().slice(0, 8)}`,
    path: chainSource.file !== "" ? chainSource.file : "<inline>",
    chain: pemCertificates(chainSource.bytes.toString("latin1")).join("\n") + "\n",
    key: key.export({ type: "pkcs8", format: "pem" }).toString(),
    leaf,
    keyType: key.asymmetricKeyType ?? "",
    serverNames: names.map((name) => name.toLowerCase()),
    ocsp: ocsp === undefined ? undefined : new Uint8Array(ocsp.bytes),
  };
  return { loaded, problems, files };
}
