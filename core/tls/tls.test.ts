import { X509Certificate } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import {
  type CertificateRequest,
  makeAuthority,
  makeCertificate,
  makeRevocations,
  type TestCertificate,
} from "../../test/lib/certificates.ts";
import type { Problem } from "../match/problem.ts";
import { CertificateValidationContext, TlsCertificate } from "../resources/tls.ts";
import { decodeValue } from "../resources/schema/index.ts";
import type { AgreedSession } from "../transport/connection.ts";
import { loadCertificate } from "./certificate.ts";
import { certificateNames, rfc2253 } from "./certificate-names.ts";
import { readRevocationList, revocationProblem } from "./crl.ts";
import { compilePeerCheck, dnsNameFits } from "./peer-check.ts";
import { failureKind, transportFailureReason } from "./tls-failure.ts";

let authority: TestCertificate;
beforeAll(async () => {
  authority = await makeAuthority();
});

function session(certificate: TestCertificate, verifyErrorCode = ""): AgreedSession {
  return { peerCertificate: new X509Certificate(certificate.cert), verifyErrorCode } as unknown as AgreedSession;
}

/** The peer's fate: "in", "in, not validated", or the text of its refusal. */
function fate(context: object, certificate: TestCertificate, code = "", requiredName = ""): string {
  const { value, errors } = decodeValue(CertificateValidationContext, context, { file: "test" });
  expect(errors).toEqual([]);
  const problems: Problem[] = [];
  const check = compilePeerCheck(
    {
      trusted: value!.trustedCa !== undefined,
      roots: [authority.cert],
      context: value!,
      revocations: [],
      requiredName,
    },
    (problem) => problems.push(problem),
  );
  expect(problems).toEqual([]);
  const { refused, validated } = check(session(certificate, code));
  return refused?.message ?? (validated ? "in" : "in, not validated");
}

describe("a peer's certificate", () => {
  const names: CertificateRequest = {
    dns: ["a.example", "*.w.example"],
    uris: ["spiffe://td/ns/a/sa/b"],
    ips: ["10.1.2.3"],
    emails: ["me@a.example"],
  };
  const ca = { trusted_ca: { inline_string: "x" } };
  const san = (san_type: string, matcher: object): object => ({ ...ca, match_typed_subject_alt_names: [{ san_type, matcher }] });
  it.each<[string, object, boolean]>([
    ["URI, exact", san("URI", { exact: "spiffe://td/ns/a/sa/b" }), true],
    ["URI, prefix", san("URI", { prefix: "spiffe://td/" }), true],
    ["URI, suffix", san("URI", { suffix: "/sa/b" }), true],
    ["URI, contains", san("URI", { contains: "/ns/a/" }), true],
    ["URI, regex", san("URI", { safe_regex: { regex: "spiffe://td/ns/[a-z]/sa/.*" } }), true],
    ["URI, regex that matches a part only", san("URI", { safe_regex: { regex: "spiffe" } }), false],
    ["URI of another kind", san("DNS", { exact: "spiffe://td/ns/a/sa/b" }), false],
    ["DNS, exact", san("DNS", { exact: "a.example" }), true],
    ["DNS by wildcard of the certificate", san("DNS", { exact: "x.w.example" }), true],
    ["DNS, wildcard for one label only", san("DNS", { exact: "y.x.w.example" }), false],
    ["DNS, another", san("DNS", { exact: "b.example" }), false],
    ["IP", san("IP_ADDRESS", { exact: "10.1.2.3" }), true],
    ["IP, another", san("IP_ADDRESS", { exact: "10.1.2.4" }), false],
    ["email", san("EMAIL", { suffix: "@a.example" }), true],
    ["any kind", { ...ca, match_subject_alt_names: [{ exact: "me@a.example" }] }, true],
  ])("%s", async (_, context, fits) => {
    const certificate = await makeCertificate({ ...names, issuer: authority });
    expect(fate(context, certificate)).toBe(
      fits ? "in" : "SAN matcher, certificate SANs are [a.example, *.w.example, spiffe://td/ns/a/sa/b, 10.1.2.3, me@a.example]",
    );
  });

  it("is known by its hash, or that of its key", async () => {
    const certificate = await makeCertificate({});
    const other = await makeCertificate({});
    const colons = certificate.sha256.toUpperCase().replace(/(..)(?=.)/g, "$1:");
    for (const good of [{ verify_certificate_hash: [colons] }, { verify_certificate_spki: [certificate.spki] }]) {
      expect(fate(good, certificate)).toBe("in");
      expect(fate(good, other)).toBe("cert hash and spki");
    }
  });

  it("is refused for what the platform says of its chain, unless that is allowed", async () => {
    const certificate = await makeCertificate({ issuer: authority });
    const foreign = await makeCertificate({ issuer: await makeAuthority("CN=Other") });
    const at = "X509_verify_cert: certificate verification error at depth 0:";
    const allowed = { ...ca, allow_expired_certificate: true };
    expect(fate(ca, certificate, "CERT_HAS_EXPIRED")).toBe(`${at} certificate has expired`);
    expect(fate(ca, certificate, "CERT_REVOKED")).toBe(`${at} certificate revoked`);
    expect(fate(allowed, certificate, "CERT_HAS_EXPIRED")).toBe("in");
    // The platform tells the last thing that it found wrong: behind "expired" may stand that nobody vouches for it.
    expect(fate(allowed, foreign, "CERT_HAS_EXPIRED")).toBe(`${at} unable to get local issuer certificate`);
    expect(fate({ ...ca, trust_chain_verification: "ACCEPT_UNTRUSTED" }, foreign, "DEPTH_ZERO_SELF_SIGNED_CERT")).toBe(
      "in, not validated",
    );
  });

  it("must have the name that was asked for, with auto_san_validation", async () => {
    const certificate = await makeCertificate({ ...names, issuer: authority });
    expect(fate(ca, certificate, "", "a.example")).toBe("in");
    expect(fate(ca, certificate, "", "other.example")).toMatch(/^SAN matcher/);
  });

  it("has wildcards that stand for one whole first label", () => {
    expect(dnsNameFits("*.a.example", "x.a.example")).toBe(true);
    expect(dnsNameFits("*.a.example", "a.example")).toBe(false);
    expect(dnsNameFits("*.a.example", "y.x.a.example")).toBe(false);
    expect(dnsNameFits("x*.a.example", "xy.a.example")).toBe(false);
    expect(dnsNameFits("*.example", "example")).toBe(false);
    expect(dnsNameFits("*.", "a.")).toBe(false);
  });
});

describe("names of a certificate", () => {
  it("are told apart whatever they hold", async () => {
    const certificate = await makeCertificate({
      dns: ["a.example, DNS:evil.example"],
      uris: ["spiffe://a?b=c,d"],
      ips: ["2001:db8::1"],
    });
    const names = certificateNames(new X509Certificate(certificate.cert));
    expect(names.dns).toEqual(["a.example, DNS:evil.example"]);
    expect(names.uris).toEqual(["spiffe://a?b=c,d"]);
    expect(names.ips).toEqual(["2001:db8::1"]);
  });

  it("are none where there is no extension", async () => {
    expect(certificateNames(new X509Certificate((await makeCertificate()).cert)).all).toEqual([]);
  });

  it("of subjects are written as RFC 2253 does", () => {
    expect(rfc2253("C=US\nO=Org\nCN=a")).toBe("CN=a,O=Org,C=US");
    expect(rfc2253("")).toBe("");
  });
});

describe("a list of revoked certificates", () => {
  it("names its own, for its own issuer, until it ends", async () => {
    const [good, bad, foreign] = [
      await makeCertificate({ issuer: authority }),
      await makeCertificate({ issuer: authority }),
      await makeCertificate({ issuer: await makeAuthority("CN=Other") }),
    ];
    const list = readRevocationList(await makeRevocations(authority, [bad]));
    expect(list).toBeDefined();
    const of = (certificate: TestCertificate, now = Date.now()): string =>
      revocationProblem([list!], new X509Certificate(certificate.cert), now);
    expect(of(good)).toBe("");
    expect(of(bad)).toBe("CERT_REVOKED");
    expect(of(foreign)).toBe("UNABLE_TO_GET_CRL");
    expect(of(good, Date.now() + 60 * 86_400_000)).toBe("CRL_HAS_EXPIRED");
    expect(readRevocationList("-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----")).toBeUndefined();
  });
});

describe("a certificate with a mistake", () => {
  const problemsOf = (resource: object): string[] => {
    const { value, errors } = decodeValue(TlsCertificate, resource, { file: "test" });
    expect(errors).toEqual([]);
    return loadCertificate(value!, "").problems.map(({ key, message }) => `${key}: ${message}`);
  };

  it("is told which", async () => {
    const [one, other] = [await makeCertificate({ subject: "CN=one" }), await makeCertificate()];
    const chain = { inline_string: one.cert };
    const key = { inline_string: one.key };
    expect(problemsOf({ certificate_chain: chain, private_key: key })).toEqual([]);
    expect(problemsOf({ certificate_chain: chain })).toEqual([": found no private_key, wanted one"]);
    expect(problemsOf({ certificate_chain: chain, private_key: { inline_string: other.key } })).toEqual([
      "privateKey: the private key in the inline value does not belong to the certificate in the inline value (one)",
    ]);
    expect(problemsOf({ certificate_chain: { inline_string: "x" }, private_key: { filename: "/none/key.pem" } })).toEqual([
      'privateKey: can\'t read "/none/key.pem": there is no such file',
      'certificateChain: found no PEM certificate in the inline value, wanted "-----BEGIN CERTIFICATE-----"',
    ]);
    const damaged = one.cert.replace(/[A-Za-z0-9+/]{20}\n/, "AAAA\n");
    expect(problemsOf({ certificate_chain: { inline_string: damaged }, private_key: key })).toEqual([
      "certificateChain: the certificate in the inline value can't be read: it is damaged",
    ]);
    expect(problemsOf({ certificate_chain: chain, private_key: { environment_variable: "NO_SUCH_KEY_AT_ALL" } })).toEqual([
      'privateKey: found no environment variable "NO_SUCH_KEY_AT_ALL", wanted it to be set',
    ]);
  });

  it("says when a password is missing or wrong, and takes the right one", async () => {
    const { createPrivateKey } = await import("node:crypto");
    const one = await makeCertificate();
    const encrypted = createPrivateKey(one.key)
      .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "secret" })
      .toString();
    const parts = { certificate_chain: { inline_string: one.cert }, private_key: { inline_string: encrypted } };
    expect(problemsOf(parts)).toEqual([
      'privateKey: the private key in the inline value is protected by a password, wanted "password" to be set',
    ]);
    expect(problemsOf({ ...parts, password: { inline_string: "wrong" } })).toEqual([
      "privateKey: the private key in the inline value can't be opened with the password that is given",
    ]);
    expect(problemsOf({ ...parts, password: { inline_string: "secret\n" } })).toEqual([]);
  });
});

describe("a failed handshake", () => {
  const failed = (code: string): Error => Object.assign(new Error("x"), { code });
  it.each([
    ["ERR_SSL_HTTP_REQUEST", "TLS_error:|268435612:SSL routines:OPENSSL_internal:HTTP_REQUEST:TLS_error_end", "connection_error"],
    [
      "ERR_SSL_WRONG_VERSION_NUMBER",
      "TLS_error:|268435703:SSL routines:OPENSSL_internal:WRONG_VERSION_NUMBER:TLS_error_end",
      "connection_error",
    ],
    [
      "ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE",
      "TLS_error:|268435648:SSL routines:OPENSSL_internal:PEER_DID_NOT_RETURN_A_CERTIFICATE:peer did not provide required client certificate:TLS_error_end",
      "fail_verify_no_cert",
    ],
    ["ECONNRESET", "", null],
  ])("with %s is told as Envoy tells it", (code, reason, kind) => {
    expect(transportFailureReason(failed(code))).toBe(reason);
    expect(failureKind(failed(code))).toBe(kind);
  });

  it("of the system is none of TLS", () => {
    expect(transportFailureReason(null)).toBe("");
    expect(failureKind(null)).toBeNull();
  });
});
