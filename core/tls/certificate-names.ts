import type { X509Certificate } from "node:crypto";
import { Buffer } from "node:buffer";
import { children, elementAt, type Element } from "./der.ts";

/** Subject alternative names of a certificate, each kind in the certificate's order. Bytes as latin1, IPs as text. */
export interface CertificateNames {
  readonly dns: readonly string[];
  readonly uris: readonly string[];
  readonly emails: readonly string[];
  readonly ips: readonly string[];
  /** All of them, in order. */
  readonly all: readonly { readonly kind: "dns" | "uri" | "email" | "ip"; readonly value: string }[];
}

const EMPTY: CertificateNames = { dns: [], uris: [], emails: [], ips: [], all: [] };
/** 2.5.29.17, encoded. */
const SUBJECT_ALT_NAME = Buffer.from([0x55, 0x1d, 0x11]);
const known = new WeakMap<X509Certificate, CertificateNames>();

/** Finds the value of the extension: TBSCertificate's [3], a sequence of (OID, critical?, octets). RFC 5280 section 4.1. */
function extensionOf(der: Buffer): Element | null {
  const certificate = elementAt(der, 0, der.length);
  const body = certificate === null ? null : elementAt(der, certificate.start, certificate.end);
  if (body === null) return null;
  for (const part of children(der, body)) {
    if (part.tag !== 0xa3) continue;
    const list = elementAt(der, part.start, part.end);
    if (list === null) return null;
    for (const extension of children(der, list)) {
      const fields = [...children(der, extension)];
      const octets = fields.at(-1);
      if (octets === undefined || fields[0].tag !== 0x06 || octets.tag !== 0x04) continue;
      if (der.subarray(fields[0].start, fields[0].end).equals(SUBJECT_ALT_NAME)) return elementAt(der, octets.start, octets.end);
    }
  }
  return null;
}

function ipText(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join(".");
  if (bytes.length !== 16) return "";
  const words = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(i * 2).toString(16));
  // The longest run of zeros is left out (RFC 5952 section 4.2).
  let best = { from: 0, length: 0 };
  for (let from = 0; from < 8; from++) {
    let length = 0;
    while (from + length < 8 && words[from + length] === "0") length++;
    if (length > best.length) best = { from, length };
  }
  if (best.length < 2) return words.join(":");
  return `${words.slice(0, best.from).join(":")}::${words.slice(best.from + best.length).join(":")}`;
}

/**
 * Reads a certificate's names from its bytes: the runtimes' text of them cannot be taken apart safely (a name may hold ", DNS:").
 * Other kinds of names are passed over.
 */
export function certificateNames(certificate: X509Certificate): CertificateNames {
  let names = known.get(certificate);
  if (names === undefined) known.set(certificate, (names = readNames(Buffer.from(certificate.raw))));
  return names;
}

function readNames(der: Buffer): CertificateNames {
  const list = extensionOf(der);
  if (list === null) return EMPTY;
  const all: { kind: "dns" | "uri" | "email" | "ip"; value: string }[] = [];
  for (const { tag, start, end } of children(der, list)) {
    const bytes = der.subarray(start, end);
    if (tag === 0x81) all.push({ kind: "email", value: bytes.toString("latin1") });
    else if (tag === 0x82) all.push({ kind: "dns", value: bytes.toString("latin1") });
    else if (tag === 0x86) all.push({ kind: "uri", value: bytes.toString("latin1") });
    else if (tag === 0x87) all.push({ kind: "ip", value: ipText(bytes) });
  }
  const of = (kind: string): string[] => all.filter((name) => name.kind === kind).map((name) => name.value);
  return { dns: of("dns"), uris: of("uri"), emails: of("email"), ips: of("ip"), all };
}

/** The subject or issuer as RFC 2253 writes it (the last part first), from the lines of the runtime. */
export function rfc2253(lines: string): string {
  return lines === "" ? "" : lines.split("\n").reverse().join(",");
}

/** The common name of a subject, or "". */
export function commonName(certificate: X509Certificate): string {
  for (const line of (certificate.subject ?? "").split("\n")) if (line.startsWith("CN=")) return line.slice(3);
  return "";
}
