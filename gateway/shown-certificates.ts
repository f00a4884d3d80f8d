import type { X509Certificate } from "node:crypto";
import type { JsonObject } from "../core/resources/schema/index.ts";
import type { ShownTls } from "../core/tls/live-tls.ts";
import { certificateNames } from "../core/tls/certificate-names.ts";
import { daysLeft } from "../core/tls/peer-check.ts";

const SAN_FIELDS = { dns: "dns", uri: "uri", ip: "ip_address", email: "email" } as const;

/** "2026-11-24T07:32:19Z" */
function seconds(text: string): string {
  return `${new Date(Date.parse(text)).toISOString().slice(0, 19)}Z`;
}

function shown(path: string, certificate: X509Certificate): JsonObject {
  return {
    path,
    serial_number: certificate.serialNumber.toLowerCase(),
    subject_alt_names: certificateNames(certificate)
      .all.filter(({ kind }) => kind !== "email")
      .map(({ kind, value }) => ({ [SAN_FIELDS[kind]]: value })),
    days_until_expiration: String(daysLeft(certificate)),
    valid_from: seconds(certificate.validFrom),
    expiration_time: seconds(certificate.validTo),
  };
}

/** The certificates in use, as Envoy's `/certs` shows them: an entry for each TLS context, or for each certificate of one that has several. */
export function shownCertificates(live: readonly ShownTls[]): JsonObject[] {
  return live.flatMap(({ certificates, authorities }) => {
    const ca = authorities.map(({ path, certificate }) => shown(path, certificate));
    const chains = certificates.map(({ path, leaf }) => shown(path, leaf));
    return ca.length === 0 && chains.length === 0 ? [] : [{ ca_cert: ca, cert_chain: chains }];
  });
}
