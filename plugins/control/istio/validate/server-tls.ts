import type { ServerTLSSettings } from "../schema/gateway.ts";
import type { Report } from "./report.ts";

/** Cipher suites that Istio lets through, by Envoy's names. Istio: `security.IsValidCipherSuite`. */
const CIPHERS: ReadonlySet<string> = new Set([
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
  "ECDHE-ECDSA-AES128-SHA",
  "ECDHE-RSA-AES128-SHA",
  "ECDHE-ECDSA-AES256-SHA",
  "ECDHE-RSA-AES256-SHA",
  "AES128-GCM-SHA256",
  "AES256-GCM-SHA384",
  "AES128-SHA",
  "AES256-SHA",
  "DES-CBC3-SHA",
]);

const SOURCES = [
  "serverCertificate",
  "privateKey",
  "caCertificates",
  "tlsCertificates",
  "credentialName",
  "credentialNames",
] as const;

/** Istio: `validateTLSOptions`. */
export function checkServerTls(tls: ServerTLSSettings, report: Report): void {
  checkVersionsAndCiphers(tls, report);
  const isSet = (field: keyof ServerTLSSettings & string): boolean => {
    const value = tls[field];
    return Array.isArray(value) ? value.length > 0 : value !== undefined;
  };
  if (tls.mode === "ISTIO_MUTUAL") {
    for (const field of SOURCES) {
      if (isSet(field)) report.error(tls, [field], `found "${field}" with mode ISTIO_MUTUAL, which has Istio's own certificates`);
    }
    return;
  }
  if (tls.mode === "PASSTHROUGH" || tls.mode === "AUTO_PASSTHROUGH") {
    for (const field of [...SOURCES, "caCrl"] as const) {
      if (isSet(field)) report.warning(tls, [field], `found "${field}" with mode ${tls.mode}, which needs no certificates`);
    }
  }
  if (tls.credentialNames.length > 2 || tls.tlsCertificates.length > 2) {
    const field = tls.credentialNames.length > 2 ? "credentialNames" : "tlsCertificates";
    report.error(tls, [field], "found more than two certificates, wanted one of RSA and one of ECDSA", "out_of_range");
  }
  const pair = isSet("serverCertificate") && isSet("privateKey");
  const sources = [
    ...(pair ? ["serverCertificate"] : []),
    ...(["credentialName", "credentialNames", "tlsCertificates"] as const).filter(isSet),
  ];
  if (sources.length > 1) {
    const found = sources.map((name) => `"${name}"`).join(" and ");
    report.error(tls, [sources[1]], `${found} exclude each other, wanted one`, "oneof_conflict");
  }
  if (tls.mode === "PASSTHROUGH" || tls.mode === "AUTO_PASSTHROUGH") return;
  if (isSet("credentialName") || isSet("credentialNames")) {
    if (isSet("caCrl")) report.error(tls, ["caCrl"], 'found "caCrl" beside a Secret, wanted the list in the Secret ("ca.crl")');
    return;
  }
  checkFiles(tls, report);
}

/** Certificates from files. */
function checkFiles(tls: ServerTLSSettings, report: Report): void {
  if (tls.mode !== "SIMPLE" && tls.caCertificates === undefined) {
    const message = `mode ${tls.mode} wants the CA of the clients: "caCertificates", or a Secret that has it ("credentialName")`;
    report.error(tls, ["mode"], message, "missing_field");
  }
  if (tls.caCrl !== undefined && tls.mode === "SIMPLE")
    report.error(tls, ["caCrl"], 'found "caCrl" with mode SIMPLE, which asks for no client certificate');
  if (tls.tlsCertificates.length === 0) {
    const missing = (["serverCertificate", "privateKey"] as const).filter((field) => tls[field] === undefined);
    if (missing.length === 0) return;
    const wanted = missing.length === 2 ? '"credentialName", or "serverCertificate" and "privateKey"' : `"${missing[0]}"`;
    report.error(tls, ["mode"], `mode ${tls.mode} wants a certificate: ${wanted}`, "missing_field");
  }
  for (const certificate of tls.tlsCertificates) {
    for (const field of ["serverCertificate", "privateKey"] as const) {
      if (certificate[field] === undefined) report.error(certificate, [], `"${field}" is required`, "missing_field");
    }
  }
}

const ORDER = ["TLSV1_0", "TLSV1_1", "TLSV1_2", "TLSV1_3"];

function checkVersionsAndCiphers(tls: ServerTLSSettings, report: Report): void {
  const min = ORDER.indexOf(tls.minProtocolVersion);
  const max = ORDER.indexOf(tls.maxProtocolVersion);
  if ((min === 0 || min === 1) && tls.cipherSuites.length === 0) {
    const message = `found ${tls.minProtocolVersion} without "cipherSuites": the default ones do not go with versions below TLSV1_2`;
    report.warning(tls, ["minProtocolVersion"], message);
  }
  if (min >= 0 && max >= 0 && min > max)
    report.error(tls, ["maxProtocolVersion"], `found ${tls.maxProtocolVersion}, wanted at least ${tls.minProtocolVersion}`);
  const seen = new Set<string>();
  tls.cipherSuites.forEach((cipher, index) => {
    if (!CIPHERS.has(cipher))
      report.warning(tls, ["cipherSuites", index], `found "${cipher}", which is no cipher suite: it is left out`);
    else if (seen.has(cipher)) report.warning(tls, ["cipherSuites", index], `found "${cipher}" twice`);
    seen.add(cipher);
  });
}
