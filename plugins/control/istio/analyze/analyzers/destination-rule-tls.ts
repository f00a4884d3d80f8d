import type { ClientTLSSettings } from "../../schema/destination-rule.ts";
import type { Analyzer } from "../analyzer.ts";

/** TLS to a destination without the CA that its certificate is checked by. */
export const destinationRuleTls: Analyzer = {
  name: "destinationrule.CaCertificateAnalyzer",
  codes: ["IST0128", "IST0129"],
  analyze(mesh, findings) {
    for (const object of mesh.destinationRules) {
      const { host, trafficPolicy, workloadSelector } = object.spec;
      const lacks = (tls: ClientTLSSettings | undefined): tls is ClientTLSSettings =>
        tls !== undefined &&
        (tls.mode === "SIMPLE" || tls.mode === "MUTUAL") &&
        tls.caCertificates === undefined &&
        // A Secret is looked at only where workloads are selected.
        !(tls.credentialName !== undefined && workloadSelector !== undefined);
      const tls = trafficPolicy?.tls;
      if (lacks(tls))
        findings.add(
          "IST0128",
          object,
          tls,
          ["mode"],
          `mode ${tls.mode} without "caCertificates": wanted the CA that "${host}" is checked by`,
        );
      for (const settings of trafficPolicy?.portLevelSettings ?? []) {
        if (!lacks(settings.tls)) continue;
        const message = `mode ${settings.tls.mode} without "caCertificates": wanted the CA that "${host}" is checked by on port ${settings.port?.number ?? 0}`;
        findings.add("IST0129", object, settings.tls, ["mode"], message);
      }
    }
  },
};
