import type { X509Certificate } from "node:crypto";
import { Buffer } from "node:buffer";
import { children, elementAt, type Element } from "./der.ts";
import { timeOf } from "./ocsp.ts";

/** A list of revoked certificates. */
export interface RevocationList {
  /** The issuer's name, in DER. */
  readonly issuer: Buffer;
  /** ms since the epoch; Infinity when there is no end. */
  readonly nextUpdate: number;
  /** Serial numbers, in lower-case hex without leading zeros. */
  readonly serials: ReadonlySet<string>;
}

const UTC_TIME = 0x17;
const SEQUENCE = 0x30;

function isTime(part: Element): boolean {
  return part.tag === UTC_TIME || part.tag === 0x18;
}

/** UTCTime has two digits of the year: below 50 it is 20xx (RFC 5280 section 4.1.2.5.1). */
function time(der: Buffer, part: Element): number {
  const text = der.toString("latin1", part.start, part.end);
  return timeOf(part.tag === UTC_TIME ? `${Number(text.slice(0, 2)) < 50 ? "20" : "19"}${text}` : text);
}

function plainSerial(hex: string): string {
  return hex.toLowerCase().replace(/^0+(?=.)/, "");
}

/** Reads a list of PEM (RFC 5280 section 5.1); undefined when it is damaged. */
export function readRevocationList(pem: string): RevocationList | undefined {
  const der = Buffer.from(pem.replace(/-----[^-]+-----/g, ""), "base64");
  const whole = elementAt(der, 0, der.length);
  const body = whole === null ? null : elementAt(der, whole.start, whole.end);
  if (body === null) return undefined;
  const parts = [...children(der, body)];
  const version = parts[0]?.tag === 0x02 ? 1 : 0;
  const issuer = parts[version + 1];
  const rest = parts.slice(version + 2);
  if (issuer === undefined || rest.length === 0 || !isTime(rest[0])) return undefined;
  const next = rest[1] !== undefined && isTime(rest[1]) ? rest[1] : undefined;
  const list = rest.find((part) => part.tag === SEQUENCE);
  const serials = new Set<string>();
  for (const entry of list === undefined ? [] : children(der, list)) {
    const [serial] = children(der, entry);
    if (serial !== undefined) serials.add(plainSerial(der.toString("hex", serial.start, serial.end)));
  }
  // The name with its tag and length, as it stands in certificates.
  const start = issuer.start - (issuer.end - issuer.start < 0x80 ? 2 : issuer.end - issuer.start < 0x100 ? 3 : 4);
  return { issuer: der.subarray(start, issuer.end), nextUpdate: next === undefined ? Infinity : time(der, next), serials };
}

/**
 * What a certificate's list says, in OpenSSL's terms; "" when it is not revoked. For runtimes that do not look at lists themselves: the list
 * comes from the configuration, so that its signature tells nothing new.
 */
export function revocationProblem(lists: readonly RevocationList[], certificate: X509Certificate, now: number): string {
  const der = Buffer.from(certificate.raw);
  const list = lists.find(({ issuer }) => der.includes(issuer) && issuedBy(der, issuer));
  if (list === undefined) return "UNABLE_TO_GET_CRL";
  if (list.nextUpdate < now) return "CRL_HAS_EXPIRED";
  return list.serials.has(plainSerial(certificate.serialNumber)) ? "CERT_REVOKED" : "";
}

/** TBSCertificate: [0] version, serial, algorithm, issuer. */
function issuedBy(der: Buffer, issuer: Buffer): boolean {
  const whole = elementAt(der, 0, der.length);
  const body = whole === null ? null : elementAt(der, whole.start, whole.end);
  if (body === null) return false;
  let at = body.start;
  let index = 0;
  for (const part of children(der, body)) {
    if (part.tag !== 0xa0 && index++ === 2) return der.subarray(at, part.end).equals(issuer);
    at = part.end;
  }
  return false;
}
