import type { CertificateInfo } from "../contract/stream.ts";
import type { StreamInfo } from "../contract/stream.ts";
import { text } from "./address-commands.ts";
import type { Command } from "./operator.ts";
import { time } from "./stream-commands.ts";

function peer(read: (certificate: CertificateInfo) => string): Command {
  return text((info) => {
    const certificate = info.connection.tls?.peer;
    return certificate === null || certificate === undefined ? undefined : read(certificate);
  });
}

function local(read: (certificate: CertificateInfo) => string): Command {
  return text((info) => {
    const certificate = info.connection.tls?.local;
    return certificate === null || certificate === undefined ? undefined : read(certificate);
  });
}

/** A value of each certificate that the peer sent, its own first. */
function chain(read: (certificate: CertificateInfo) => string): Command {
  return peer((certificate) => {
    const values: string[] = [];
    for (let at: CertificateInfo | null = certificate; at !== null; at = at.issuerCertificate) values.push(read(at));
    return values.join(",");
  });
}

function issuer(read: (certificate: CertificateInfo) => string): Command {
  return peer((certificate) => (certificate.issuerCertificate === null ? "" : read(certificate.issuerCertificate)));
}

/** Wall-clock time from the peer's certificate. */
function peerTime(read: (certificate: CertificateInfo) => number): Command {
  const inner = time((info: StreamInfo) => {
    const certificate = info.connection.tls?.peer;
    return certificate === null || certificate === undefined ? 0 : read(certificate);
  }, false);
  return {
    ...inner,
    make: (argument, options, maxLength) => {
      const made = inner.make(argument, options, maxLength);
      if (typeof made === "string") return made;
      return { ...made, read: (info) => (info.connection.tls?.peer ? made.read(info) : undefined) };
    },
  };
}

/** Operators that read the TLS session of the downstream connection. */
export const TLS_COMMANDS: Readonly<Record<string, Command>> = {
  DOWNSTREAM_TLS_VERSION: text((info) => info.connection.tls?.version),
  DOWNSTREAM_TLS_CIPHER: text((info) => info.connection.tls?.cipher),
  DOWNSTREAM_PEER_SUBJECT: text((info) => info.connection.tls?.peerSubject),
  DOWNSTREAM_PEER_URI_SAN: text((info) => info.connection.tls?.peerUriSans.join(",")),
  DOWNSTREAM_PEER_DNS_SAN: text((info) => info.connection.tls?.peerDnsSans.join(",")),
  DOWNSTREAM_PEER_IP_SAN: peer((certificate) => certificate.ipSans.join(",")),
  DOWNSTREAM_PEER_EMAIL_SAN: peer((certificate) => certificate.emailSans.join(",")),
  DOWNSTREAM_PEER_ISSUER: peer((certificate) => certificate.issuer),
  DOWNSTREAM_PEER_SERIAL: peer((certificate) => certificate.serial),
  DOWNSTREAM_PEER_FINGERPRINT_256: peer((certificate) => certificate.sha256),
  DOWNSTREAM_PEER_FINGERPRINT_1: peer((certificate) => certificate.sha1),
  DOWNSTREAM_PEER_CHAIN_FINGERPRINTS_256: chain((certificate) => certificate.sha256),
  DOWNSTREAM_PEER_CHAIN_FINGERPRINTS_1: chain((certificate) => certificate.sha1),
  DOWNSTREAM_PEER_CHAIN_SERIALS: chain((certificate) => certificate.serial),
  DOWNSTREAM_PEER_ISSUER_FINGERPRINT_256: issuer((certificate) => certificate.sha256),
  DOWNSTREAM_PEER_ISSUER_SERIAL: issuer((certificate) => certificate.serial),
  DOWNSTREAM_PEER_CERT: peer((certificate) => encodeURIComponent(certificate.pem)),
  DOWNSTREAM_PEER_CERT_V_START: peerTime((certificate) => certificate.validFrom),
  DOWNSTREAM_PEER_CERT_V_END: peerTime((certificate) => certificate.validTo),
  DOWNSTREAM_LOCAL_SUBJECT: local((certificate) => certificate.subject),
  DOWNSTREAM_LOCAL_URI_SAN: local((certificate) => certificate.uriSans.join(",")),
  DOWNSTREAM_LOCAL_DNS_SAN: local((certificate) => certificate.dnsSans.join(",")),
  DOWNSTREAM_LOCAL_IP_SAN: local((certificate) => certificate.ipSans.join(",")),
  DOWNSTREAM_LOCAL_EMAIL_SAN: local((certificate) => certificate.emailSans.join(",")),
};
