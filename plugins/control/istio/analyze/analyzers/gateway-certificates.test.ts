import { documents, object, testAnalyzer } from "../testing/analyzer-cases.ts";
import { gatewayCertificates } from "./gateway-certificates.ts";

const gateway = (name: string, tls: string, selector = "a: b"): string =>
  object(
    "Gateway",
    `name: ${name}`,
    `selector: { ${selector} }, servers: [{ hosts: [${name}.com], tls: { mode: SIMPLE, ${tls} }, port: { number: 443, name: https, protocol: HTTPS } }]`,
  );

testAnalyzer(gatewayCertificates, [
  [
    "the same Secret",
    documents(gateway("g", "credentialName: c"), gateway("h", "credentialName: c")),
    '4:94 IST0138 Gateway default/g: the certificate is that of Gateway "default/h" too: connections of HTTP/2 may be used for the hosts of both',
    '9:94 IST0138 Gateway default/h: the certificate is that of Gateway "default/g" too: connections of HTTP/2 may be used for the hosts of both',
  ],
  [
    "the same files, for some of the workloads",
    documents(
      gateway("g", "serverCertificate: /c, privateKey: /k"),
      gateway("h", "serverCertificate: /c, privateKey: /k", "a: b, c: d"),
    ),
    '4:97 IST0138 Gateway default/g: the certificate is that of Gateway "default/h" too: connections of HTTP/2 may be used for the hosts of both',
  ],
  ["other Secrets", documents(gateway("g", "credentialName: c"), gateway("h", "credentialName: d"))],
  ["other workloads", documents(gateway("g", "credentialName: c"), gateway("h", "credentialName: c", "a: x"))],
]);
