import type { ClientTLSSettings } from "../schema/destination-rule.ts";
import type { Report } from "./report.ts";

/** Istio: `ValidateTLS`. */
export function checkClientTls(tls: ClientTLSSettings, report: Report): void {
  const { mode } = tls;
  if (tls.insecureSkipVerify === true && (mode === "SIMPLE" || mode === "MUTUAL")) {
    // With MUTUAL, a Secret may have the client's certificate alone.
    const against = mode === "SIMPLE" ? (["caCertificates", "credentialName"] as const) : (["caCertificates"] as const);
    for (const field of against) {
      if (tls[field] !== undefined) report.error(tls, [field], `found "${field}" with "insecureSkipVerify": nothing is checked`);
    }
    if (tls.subjectAltNames.length > 0)
      report.error(tls, ["subjectAltNames"], 'found "subjectAltNames" with "insecureSkipVerify": nothing is checked');
  }
  const files = ["clientCertificate", "privateKey", "caCertificates", "caCrl"] as const;
  if ((mode === "SIMPLE" || mode === "MUTUAL") && tls.credentialName !== undefined) {
    for (const field of files) {
      if (tls[field] !== undefined)
        report.error(tls, [field], `"credentialName" and "${field}" exclude each other, wanted one`, "oneof_conflict");
    }
    return;
  }
  if (mode === "MUTUAL") {
    const missing = (["clientCertificate", "privateKey"] as const).filter((field) => tls[field] === undefined);
    if (missing.length > 0) {
      const wanted = missing.length === 2 ? '"credentialName", or "clientCertificate" and "privateKey"' : `"${missing[0]}"`;
      report.error(tls, ["mode"], `mode MUTUAL wants a certificate: ${wanted}`, "missing_field");
    }
  }
  if (mode === "ISTIO_MUTUAL") {
    for (const field of ["clientCertificate", "privateKey", "caCertificates"] as const) {
      if (tls[field] !== undefined)
        report.warning(tls, [field], `found "${field}" with mode ISTIO_MUTUAL, which has Istio's own certificates`);
    }
  }
}
