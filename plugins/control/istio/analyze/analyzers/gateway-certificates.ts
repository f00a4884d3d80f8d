import type { Gateway, ServerTLSSettings } from "../../schema/gateway.ts";
import type { Analyzer } from "../analyzer.ts";
import { fullName } from "../findings.ts";
import { selects } from "../selector.ts";

/** Gateways with the same certificate: a client may use its HTTP/2 connection to one for the hosts of the other, and get 404. */
export const gatewayCertificates: Analyzer = {
  name: "gateway.CertificateAnalyzer",
  codes: ["IST0138"],
  analyze(mesh, findings) {
    for (const object of mesh.gateways) {
      for (const other of mesh.gateways) {
        // A selector that is part of another selects its workloads too.
        if (other === object || !selects(object.spec.selector, other.spec.selector)) continue;
        for (const { tls } of object.spec.servers) {
          if (tls === undefined || !others(other).some((settings) => sameCertificate(tls, settings))) continue;
          const field = tls.credentialName === undefined ? "serverCertificate" : "credentialName";
          const message = `the certificate is that of Gateway "${fullName(other)}" too: connections of HTTP/2 may be used for the hosts of both`;
          findings.add("IST0138", object, tls, [field], message);
        }
      }
    }
  },
};

function others(gateway: Gateway): ServerTLSSettings[] {
  return gateway.spec.servers.flatMap(({ tls }) => (tls === undefined ? [] : [tls]));
}

function sameCertificate(a: ServerTLSSettings, b: ServerTLSSettings): boolean {
  if (a.credentialName !== undefined || b.credentialName !== undefined) return a.credentialName === b.credentialName;
  return (
    a.serverCertificate !== undefined &&
    a.serverCertificate === b.serverCertificate &&
    a.privateKey !== undefined &&
    a.privateKey === b.privateKey
  );
}
