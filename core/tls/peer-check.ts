import type { CertificateValidationContext, SubjectAltNameMatcher } from "../resources/tls.ts";
import type { AgreedSession, CheckPeer } from "../transport/connection.ts";
import type { Report } from "../match/problem.ts";
import { createHash, X509Certificate } from "node:crypto";
import { compileStringMatcher, type StringMatcher } from "../match/string-matcher.ts";
import { clock } from "../transport/clock.ts";
import { certificateNames, type CertificateNames } from "./certificate-names.ts";
import { revocationProblem, type RevocationList } from "./crl.ts";
import { PeerRefused } from "./tls-failure.ts";

/** Of OpenSSL's errors, those that the platform names: as BoringSSL, and so Envoy, says them. */
const TEXTS: Readonly<Record<string, string>> = {
  UNABLE_TO_GET_ISSUER_CERT: "unable to get issuer certificate",
  UNABLE_TO_GET_CRL: "certificate revocation check against provided CRLs failed: unable to get certificate CRL",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "unable to get local issuer certificate",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "unable to get local issuer certificate",
  DEPTH_ZERO_SELF_SIGNED_CERT: "unable to get local issuer certificate",
  SELF_SIGNED_CERT_IN_CHAIN: "self signed certificate in certificate chain",
  CERT_HAS_EXPIRED: "certificate has expired",
  CERT_NOT_YET_VALID: "certificate is not yet valid",
  CERT_REVOKED: "certificate revoked",
  CRL_HAS_EXPIRED: "CRL has expired",
  CRL_NOT_YET_VALID: "CRL is not yet valid",
  CERT_SIGNATURE_FAILURE: "certificate signature failure",
  INVALID_CA: "invalid CA certificate",
  INVALID_PURPOSE: "unsupported certificate purpose",
  PATH_LENGTH_EXCEEDED: "path length constraint exceeded",
  CERT_CHAIN_TOO_LONG: "certificate chain too long",
};

/** What a peer's certificate has to be. */
export interface PeerRules {
  /** Whether there are roots that it must lead to. */
  readonly trusted: boolean;
  /** Roots, for the rules that the platform can't apply alone. PEM; undefined: the system's. */
  readonly roots: readonly string[] | undefined;
  readonly context: CertificateValidationContext;
  /** `crl`, where the platform does not look at it; empty otherwise. */
  readonly revocations: readonly RevocationList[];
  /** A name that must be one of the DNS names, beside the matchers; "": none. */
  readonly requiredName: string;
}

interface CompiledName {
  readonly kind: "dns" | "uri" | "email" | "ip" | "any";
  readonly matcher: StringMatcher;
  /** Set on an exact DNS matcher: what a wildcard in the certificate may stand for. */
  readonly exactDns: string | undefined;
}

const KINDS: Readonly<Record<string, CompiledName["kind"]>> = { EMAIL: "email", DNS: "dns", URI: "uri", IP_ADDRESS: "ip" };

/** Whether a name of a certificate (`*.example.com` too) is one for this host: RFC 6125 section 6.4, wildcards of a whole first label only. */
export function dnsNameFits(pattern: string, host: string): boolean {
  const name = pattern.toLowerCase();
  const wanted = host.toLowerCase();
  if (name === wanted) return true;
  if (!name.startsWith("*.")) return false;
  const dot = wanted.indexOf(".");
  return dot > 0 && wanted.slice(dot) === name.slice(1) && wanted.indexOf(".", dot + 1) > 0;
}

/** Compiles the rules; the function is called for each session whose peer may have shown a certificate. */
export function compilePeerCheck(rules: PeerRules, report: Report): CheckPeer {
  const { context, trusted, requiredName } = rules;
  const names = [
    ...context.matchTypedSubjectAltNames.map((typed) => compileTyped(typed, report)),
    ...context.matchSubjectAltNames.map((matcher) => compileAny(matcher, report)),
  ];
  const hashes = new Set(context.verifyCertificateHash.map((hash) => hash.replaceAll(":", "").toLowerCase()));
  const spkis = new Set(context.verifyCertificateSpki);
  const untrustedAllowed = context.trustChainVerification === "ACCEPT_UNTRUSTED";
  // ACCEPT_UNTRUSTED lets everybody in, and tells those whom nothing vouches for apart.
  const refuse = (kind: PeerRefused["kind"], message: string): ReturnType<CheckPeer> =>
    untrustedAllowed ? { validated: false } : { refused: new PeerRefused(kind, message), validated: false };

  return (session) => {
    const certificate = session.peerCertificate;
    if (certificate === null) return { validated: false };
    if (trusted) {
      const problem = chainProblem(session, rules);
      if (problem !== "") {
        return refuse("fail_verify_error", `X509_verify_cert: certificate verification error at depth 0: ${problem}`);
      }
    }
    if (names.length > 0 || requiredName !== "") {
      const found = certificateNames(certificate);
      const fits =
        (names.length === 0 || names.some((name) => matches(name, found))) &&
        (requiredName === "" || found.dns.some((dns) => dnsNameFits(dns, requiredName)));
      if (!fits) {
        const list = found.all.map((name) => name.value).join(", ");
        return refuse("fail_verify_san", `SAN matcher, certificate SANs are [${list}]`);
      }
    }
    if (hashes.size > 0 || spkis.size > 0) {
      const hash = certificate.fingerprint256.replaceAll(":", "").toLowerCase();
      if (!hashes.has(hash) && !(spkis.size > 0 && spkis.has(spkiOf(certificate)))) {
        return refuse("fail_verify_cert_hash", "cert hash and spki");
      }
    }
    // Without a CA a hash alone vouches for it.
    return { validated: trusted || hashes.size > 0 || spkis.size > 0 };
  };
}

/** What the platform found wrong with the chain, in Envoy's words; "" when it leads to a root. */
function chainProblem(session: AgreedSession, rules: PeerRules): string {
  const code = session.verifyErrorCode;
  const { context } = rules;
  const { revocations } = rules;
  if (revocations.length > 0 && session.peerCertificate !== null) {
    const revoked = revocationProblem(revocations, session.peerCertificate, clock.wallNow());
    if (revoked !== "") return TEXTS[revoked];
  }
  if (code === "") return tooLong(session, rules) ? TEXTS["CERT_CHAIN_TOO_LONG"] : "";
  const timeOnly = code === "CERT_HAS_EXPIRED" || code === "CERT_NOT_YET_VALID";
  if (code === "CERT_HAS_EXPIRED" && context.allowExpiredCertificate) {
    // The platform tells one error only, so that the chain holds but for its dates has to be seen here.
    return leadsToRoot(session, rules)
      ? tooLong(session, rules)
        ? TEXTS["CERT_CHAIN_TOO_LONG"]
        : ""
      : TEXTS["UNABLE_TO_GET_ISSUER_CERT_LOCALLY"];
  }
  if (timeOnly && !leadsToRoot(session, rules)) return TEXTS["UNABLE_TO_GET_ISSUER_CERT_LOCALLY"];
  return TEXTS[code] ?? code.toLowerCase().replaceAll("_", " ");
}

/** Whether each certificate that was shown was signed by the next one, all issuers being CAs, and the last by a root. Dates and lists of revocations are not looked at. */
function leadsToRoot(session: AgreedSession, rules: PeerRules): boolean {
  const roots = (rules.roots ?? []).map((pem) => new X509Certificate(pem));
  let at = session.peerCertificate;
  for (let depth = 0; at !== null && depth < 20; depth++) {
    const current = at;
    if (roots.some((root) => root.fingerprint256 === current.fingerprint256)) return true;
    if (roots.some((root) => root.ca && signed(root, current))) return true;
    const issuer = current.issuerCertificate as X509Certificate | undefined;
    if (issuer === undefined || issuer === current || !issuer.ca || !signed(issuer, current)) return false;
    at = issuer;
  }
  return false;
}

function signed(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

/** `max_verify_depth`: certificates between the peer's and the root. */
function tooLong(session: AgreedSession, { context, roots }: PeerRules): boolean {
  const { maxVerifyDepth } = context;
  if (maxVerifyDepth === undefined) return false;
  const own = new Set((roots ?? []).map((pem) => new X509Certificate(pem).fingerprint256));
  let between = 0;
  let at = session.peerCertificate?.issuerCertificate as X509Certificate | undefined;
  const seen = new Set<string>();
  while (at !== undefined && !own.has(at.fingerprint256) && !seen.has(at.fingerprint256)) {
    seen.add(at.fingerprint256);
    between++;
    at = at.issuerCertificate as X509Certificate | undefined;
  }
  return between > maxVerifyDepth;
}

function spkiOf(certificate: X509Certificate): string {
  const der = certificate.publicKey.export({ type: "spki", format: "der" });
  return createHash("sha256").update(der).digest("base64");
}

function compileTyped({ sanType, matcher }: SubjectAltNameMatcher, report: Report): CompiledName {
  const kind = KINDS[sanType] ?? "any";
  const exactDns = kind === "dns" && matcher.exact !== undefined ? matcher.exact : undefined;
  return { kind, matcher: compileStringMatcher(matcher, report), exactDns };
}

function compileAny(matcher: SubjectAltNameMatcher["matcher"], report: Report): CompiledName {
  return { kind: "any", matcher: compileStringMatcher(matcher, report), exactDns: matcher.exact };
}

function matches({ kind, matcher, exactDns }: CompiledName, names: CertificateNames): boolean {
  for (const name of names.all) {
    if (kind !== "any" && name.kind !== kind) continue;
    if (name.kind === "dns" && exactDns !== undefined) {
      if (dnsNameFits(name.value, exactDns)) return true;
    } else if (matcher.match(name.value)) return true;
  }
  return false;
}

/** Days until a certificate ends, rounded down; 0 when it has. */
export function daysLeft(certificate: X509Certificate): number {
  return Math.max(0, Math.floor((Date.parse(certificate.validTo) - clock.wallNow()) / 86_400_000));
}
