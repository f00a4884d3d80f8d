import { object, testAnalyzer } from "../testing/analyzer-cases.ts";
import { destinationRuleTls } from "./destination-rule-tls.ts";

const rule = (policy: string, more = ""): string =>
  object("DestinationRule", "name: r", `host: a.com, trafficPolicy: { ${policy} } ${more}`);

testAnalyzer(destinationRuleTls, [
  [
    "no CA",
    rule("tls: { mode: SIMPLE }"),
    '4:52 IST0128 DestinationRule default/r: mode SIMPLE without "caCertificates": wanted the CA that "a.com" is checked by',
  ],
  ["a CA", rule("tls: { mode: SIMPLE, caCertificates: /ca }")],
  [
    "a Secret for all workloads",
    rule("tls: { mode: SIMPLE, credentialName: c }"),
    '4:52 IST0128 DestinationRule default/r: mode SIMPLE without "caCertificates": wanted the CA that "a.com" is checked by',
  ],
  ["a Secret for some", rule("tls: { mode: SIMPLE, credentialName: c }", ", workloadSelector: { matchLabels: { a: b } }")],
  ["no TLS", rule("tls: { mode: DISABLE }")],
  [
    "no CA for a port",
    rule("portLevelSettings: [{ port: { number: 443 }, tls: { mode: MUTUAL, clientCertificate: /c, privateKey: /k } }]"),
    '4:97 IST0129 DestinationRule default/r: mode MUTUAL without "caCertificates": wanted the CA that "a.com" is checked by on port 443',
  ],
]);
