import type { X509Certificate } from "node:crypto";
import type { CertificateInfo, DownstreamTls } from "../contract/stream.ts";
import type { TlsInfo } from "../transport/connection.ts";
import { certificateNames, rfc2253 } from "./certificate-names.ts";

/** A certificate as filters and logs see it; each part is worked out when it is asked for. */
class ShownCertificate implements CertificateInfo {
  readonly #certificate: X509Certificate;
  #subject: string | undefined;

  constructor(certificate: X509Certificate) {
    this.#certificate = certificate;
  }

  get subject(): string {
    return (this.#subject ??= rfc2253(this.#certificate.subject ?? ""));
  }
  get issuer(): string {
    return rfc2253(this.#certificate.issuer);
  }
  get serial(): string {
    return this.#certificate.serialNumber.toLowerCase();
  }
  get sha256(): string {
    return this.#certificate.fingerprint256.replaceAll(":", "").toLowerCase();
  }
  get sha1(): string {
    return this.#certificate.fingerprint.replaceAll(":", "").toLowerCase();
  }
  get validFrom(): number {
    return Date.parse(this.#certificate.validFrom);
  }
  get validTo(): number {
    return Date.parse(this.#certificate.validTo);
  }
  get dnsSans(): readonly string[] {
    return certificateNames(this.#certificate).dns;
  }
  get uriSans(): readonly string[] {
    return certificateNames(this.#certificate).uris;
  }
  get ipSans(): readonly string[] {
    return certificateNames(this.#certificate).ips;
  }
  get emailSans(): readonly string[] {
    return certificateNames(this.#certificate).emails;
  }
  get pem(): string {
    const text = this.#certificate.toString();
    return text.endsWith("\n") ? text : `${text}\n`;
  }
  get issuerCertificate(): CertificateInfo | null {
    const { issuerCertificate } = this.#certificate as { issuerCertificate?: X509Certificate };
    return issuerCertificate === undefined || issuerCertificate === this.#certificate
      ? null
      : new ShownCertificate(issuerCertificate);
  }
}

const NONE: readonly string[] = Object.freeze([]);

class SessionOfStream implements DownstreamTls {
  readonly #info: TlsInfo;
  #peer: CertificateInfo | null | undefined;
  #local: CertificateInfo | null | undefined;

  constructor(info: TlsInfo) {
    this.#info = info;
  }

  get version(): string {
    return this.#info.version;
  }
  get cipher(): string {
    return this.#info.cipher;
  }
  get alpnProtocol(): string {
    return this.#info.alpnProtocol;
  }
  get serverName(): string {
    return this.#info.serverName;
  }
  get resumed(): boolean {
    return this.#info.resumed;
  }
  get peerPresented(): boolean {
    return this.#info.peerPresented;
  }
  get peerValidated(): boolean {
    return this.#info.peerValidated;
  }
  get peer(): CertificateInfo | null {
    const { peerCertificate } = this.#info;
    return (this.#peer ??= peerCertificate === null ? null : new ShownCertificate(peerCertificate));
  }
  get local(): CertificateInfo | null {
    if (this.#local === undefined) {
      const { localCertificate } = this.#info;
      this.#local = localCertificate === null ? null : new ShownCertificate(localCertificate);
    }
    return this.#local;
  }
  get peerSubject(): string {
    return this.peer?.subject ?? "";
  }
  get peerUriSans(): readonly string[] {
    return this.peer?.uriSans ?? NONE;
  }
  get peerDnsSans(): readonly string[] {
    return this.peer?.dnsSans ?? NONE;
  }
}

/** The TLS session of a downstream connection, for filters and logs. Costs nothing until something of it is asked for. */
export function downstreamTls(info: TlsInfo): DownstreamTls {
  return new SessionOfStream(info);
}
