import { documents, object, testAnalyzer } from "../testing/analyzer-cases.ts";
import { gatewayCredentials } from "./gateway-credentials.ts";

/** Self-signed, valid until 2126. */
const LONG = `-----BEGIN CERTIFICATE-----
MIIBdzCCAR2gAwIBAgIUW9wwa4VFUat4MnzhljM8kJwMxzcwCgYIKoZIzj0EAwIw
EDEOMAwGA1UEAwwFYS5jb20wIBcNMjYxMTI1MDc0NzIzWhgPMjEyNjExMDEwNzQ3
MjNaMBAxDjAMBgNVBAMMBWEuY29tMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE
lMUD+7jsTDHKQ4G4sd6BySrFasiiOwt4K0Y+3yzlMc9OxVKVUi2Y/14NhD3tsyOu
AIiBrZhGnkz/ihSSrxATnaNTMFEwHQYDVR0OBBYEFP5+sZaOPlbViWZNTibBJLmH
RAcBMB8GA1UdIwQYMBaAFP5+sZaOPlbViWZNTibBJLmHRAcBMA8GA1UdEwEB/wQF
MAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIgDIqESbyrW1YjXK7d3IcX9dcdir/x4r9h
nctGncH1hOkCIQCytc4e90Kfg4+OPf/Cl4jCbYvFWvV3OipHpmNzPgonRQ==
-----END CERTIFICATE-----
`;
/** Valid for two days of November 2026. */
const SHORT = `-----BEGIN CERTIFICATE-----
MIIBdTCCARugAwIBAgIUbeflKdkzRjPg2rfBsx7BmETHAz8wCgYIKoZIzj0EAwIw
EDEOMAwGA1UEAwwFYS5jb20wHhcNMjYxMTI1MDc0NjE2WhcNMjYxMTI3MDc0NjE2
WjAQMQ4wDAYDVQQDDAVhLmNvbTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABJ33
A4P3gJiDqAkfll3VARyCT6Rh3SAixbEC5ZktqWEruTO+IEzCa4Cs4y5xiTTHdu+d
O7AZZnwgynvBsyuPxv+jUzBRMB0GA1UdDgQWBBQglu5VDnvN+i4L3WkG1d++l1JB
WTAfBgNVHSMEGDAWgBQglu5VDnvN+i4L3WkG1d++l1JBWTAPBgNVHRMBAf8EBTAD
AQH/MAoGCCqGSM49BAMCA0gAMEUCIQDSAB21DKZ78UJt5LTN7Uy/06dX7vKNUg02
02rdtXLCxgIgE/f5uOXF76pLafweEbCQske1TWnmDZLDnkAMrcbfo4I=
-----END CERTIFICATE-----
`;
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const secret = (data: Readonly<Record<string, string>>, namespace = "default"): string =>
  `apiVersion: v1\nkind: Secret\nmetadata: { name: c, namespace: ${namespace} }\ndata: ${JSON.stringify(data)}\n`;
const gateway = (tls: string): string =>
  object(
    "Gateway",
    "name: g",
    `servers: [{ hosts: [a.com], tls: { mode: SIMPLE, ${tls} }, port: { number: 443, name: https, protocol: HTTPS } }]`,
  );
const NAMED = gateway("credentialName: c");
const broken = (problem: string, column = 74): string =>
  `4:${column} IST0161 Gateway default/g: Secret "default/c" has no certificate that could be used: ${problem}`;

testAnalyzer(gatewayCredentials, [
  ["a Secret of the usual keys", documents(NAMED, secret({ "tls.crt": base64(LONG), "tls.key": base64("k") }))],
  ["a Secret of Istio's keys", documents(NAMED, secret({ cert: base64(LONG), key: base64("k") }))],
  ["a Secret with istiod", documents(NAMED, secret({ cert: base64(LONG), key: base64("k") }, "istio-system"))],
  ["a Secret by its full name", documents(gateway("credentialName: x/c"), secret({ cert: base64(LONG), key: base64("k") }, "x"))],
  [
    "text instead of data",
    documents(NAMED, secret({}).replace("data: {}", `stringData: ${JSON.stringify({ cert: LONG, key: "k" })}`)),
  ],
  ["none", NAMED, '4:74 IST0101 Gateway default/g: Secret "c" not found in namespace "default"'],
  [
    "one of another namespace",
    documents(NAMED, secret({}, "x")),
    '4:74 IST0101 Gateway default/g: Secret "c" not found in namespace "default"',
  ],
  ["no keys", documents(NAMED, secret({})), broken('wanted "tls.crt" and "tls.key", or "cert" and "key", that are not empty')],
  [
    "no private key",
    documents(NAMED, secret({ "tls.crt": base64(LONG) })),
    broken('wanted "tls.crt" and "tls.key", or "cert" and "key", that are not empty'),
  ],
  [
    "no certificate",
    documents(NAMED, secret({ "tls.crt": base64("x"), "tls.key": base64("k") })),
    broken('"tls.crt" holds no certificate in PEM'),
  ],
  [
    "an expired one",
    documents(NAMED, secret({ "tls.crt": base64(SHORT), "tls.key": base64("k") })),
    broken('the one in "tls.crt" expired on Nov 27 07:46:16 2026 GMT'),
  ],
  [
    "a CA without certificate",
    documents(
      gateway("credentialName: d, caCertCredentialName: c"),
      secret({ cert: base64(LONG), key: base64("k") }).replace("name: c", "name: d"),
      secret({}),
    ),
    broken('wanted "ca.crt" or "cacert" that is not empty', 99),
  ],
]);
