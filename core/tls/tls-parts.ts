import type { CertificateValidationContext, CommonTlsContext, TlsParameters } from "../resources/tls.ts";
import type { Report } from "../match/problem.ts";
import type { SecureContextOptions, TlsVersion } from "../transport/connection.ts";
import type { LoadedCertificate } from "./certificate.ts";
import type { Secrets } from "./secrets.ts";
import type { X509Certificate } from "node:crypto";
import { loadCertificate, pemCertificates, readCertificates } from "./certificate.ts";
import { readRevocationList, type RevocationList } from "./crl.ts";
import { choosesAlgorithms, verifiesChains } from "../transport/connection.ts";
import { systemRoots } from "./system-roots.ts";
import { readSource } from "./read-source.ts";

/** OpenSSL's SSL_OP_NO_RENEGOTIATION, which `node:crypto` does not name. */
export const NO_RENEGOTIATION = 2 ** 30;

const VERSIONS: Readonly<Record<string, TlsVersion>> = {
  TLSv1_0: "TLSv1",
  TLSv1_1: "TLSv1.1",
  TLSv1_2: "TLSv1.2",
  TLSv1_3: "TLSv1.3",
};
/** Envoy's own lists. Source: Envoy, TlsParameters. */
const CIPHERS =
  "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-CHACHA20-POLY1305:" +
  "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384";
/** TLS 1.3 has these whatever is configured; in Envoy's order where the processor knows AES. */
const CIPHERS_13 = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
const CURVES = "X25519:P-256";

/** Versions and algorithms in the platform's terms. */
export function readParameters(
  params: TlsParameters,
  newest: "TLSv1_2" | "TLSv1_3",
): Pick<SecureContextOptions, "minVersion" | "maxVersion" | "ciphers" | "curves" | "signatureAlgorithms"> {
  const min = params.tlsMinimumProtocolVersion === "TLS_AUTO" ? "TLSv1_2" : params.tlsMinimumProtocolVersion;
  const max =
    params.tlsMaximumProtocolVersion === "TLS_AUTO" ? (min === "TLSv1_3" ? min : newest) : params.tlsMaximumProtocolVersion;
  const chosen = params.cipherSuites.flatMap((suite) => suite.replace(/^\[|\]$/g, "").split("|")).filter((suite) => suite !== "");
  const old = min === "TLSv1_0" || min === "TLSv1_1";
  return {
    minVersion: VERSIONS[min],
    maxVersion: VERSIONS[max],
    // OpenSSL 3 allows what TLS 1.0 and 1.1 need on its lowest level of security only.
    ciphers: `${CIPHERS_13}:${chosen.length === 0 ? CIPHERS : chosen.join(":")}${old ? ":@SECLEVEL=0" : ""}`,
    curves: params.ecdhCurves.length === 0 ? CURVES : params.ecdhCurves.join(":"),
    signatureAlgorithms: params.signatureAlgorithms.join(":"),
  };
}

/** What this runtime can't do of them is a mistake, rather than silently another set than the configured one. */
export function checkParameters(params: TlsParameters, report: Report): void {
  if (choosesAlgorithms) return;
  for (const key of ["cipherSuites", "ecdhCurves", "signatureAlgorithms"] as const) {
    if (params[key].length > 0)
      invalid(report, params, key, "this runtime chooses among its own algorithms, wanted none to be configured");
  }
  for (const key of ["tlsMinimumProtocolVersion", "tlsMaximumProtocolVersion"] as const) {
    if (params[key] === "TLSv1_0" || params[key] === "TLSv1_1")
      invalid(report, params, key, "this runtime has nothing older than TLSv1_2");
  }
}

/** A certificate authority, for /certs and the gauges of its end. */
export interface LoadedAuthority {
  readonly name: string;
  readonly path: string;
  readonly certificate: X509Certificate;
}

/** What peers are verified with. */
export interface LoadedValidation {
  readonly context: CertificateValidationContext;
  /** PEM. undefined: the system's roots. Empty: nobody is trusted. */
  readonly ca: readonly string[] | undefined;
  /** Whether there are roots to verify against at all. */
  readonly trusted: boolean;
  readonly crl: readonly string[];
  /** The same, where the platform does not look at it; empty otherwise. */
  readonly revocations: readonly RevocationList[];
  readonly authorities: readonly LoadedAuthority[];
}

/** Collects what is read on the way, so that it can be watched. */
export interface Reading {
  readonly secrets: Secrets;
  readonly report: Report;
  readonly files: string[];
}

const invalid = (report: Report, about: object, key: string, message: string): void =>
  report({ about, key, code: "invalid_value", message });

/** The certificates of one side, each with its key. */
export function readOwnCertificates(common: CommonTlsContext, { secrets, report, files }: Reading): LoadedCertificate[] {
  const loaded: LoadedCertificate[] = [];
  const read = (resource: CommonTlsContext["tlsCertificates"][number], name: string, about: object): void => {
    const result = loadCertificate(resource, name);
    files.push(...result.files);
    if (resource.watchedDirectory !== undefined) files.push(`${resource.watchedDirectory.path}/..data`);
    for (const { key, message } of result.problems) invalid(report, about, about === resource ? key : "", message);
    if (result.loaded !== undefined) loaded.push(result.loaded);
  };
  for (const certificate of common.tlsCertificates) read(certificate, "", certificate);
  for (const config of common.tlsCertificateSdsSecretConfigs) {
    const found = secrets.find(config, "tlsCertificate");
    if (typeof found === "string") {
      // It may come: the file is watched all the same.
      const path = config.sdsConfig?.pathConfigSource?.path ?? config.sdsConfig?.path;
      if (path !== undefined) files.push(path);
      invalid(report, config, "", found);
      continue;
    }
    files.push(...found.files);
    read(found.value, config.name, config);
  }
  return loaded;
}

/** The validation context in force; undefined when there is none. */
export function readValidation(common: CommonTlsContext, reading: Reading): LoadedValidation | undefined {
  const { secrets, report, files } = reading;
  const config = common.validationContextSdsSecretConfig ?? common.combinedValidationContext?.validationContextSdsSecretConfig;
  let context = common.validationContext;
  if (config !== undefined) {
    const found = secrets.find(config, "validationContext");
    if (typeof found === "string") {
      invalid(report, config, "", found);
      return undefined;
    }
    files.push(...found.files);
    context = merged(common.combinedValidationContext?.defaultValidationContext, found.value);
  }
  if (context === undefined) return undefined;
  return readContext(context, config?.name ?? "", reading);
}

/** A secret's context over the default one, as protobuf merges: what is set wins, lists are joined. */
function merged(
  base: CertificateValidationContext | undefined,
  over: CertificateValidationContext,
): CertificateValidationContext {
  if (base === undefined) return over;
  return {
    ...base,
    ...Object.fromEntries(Object.entries(over).filter(([, value]) => value !== undefined)),
    allowExpiredCertificate: base.allowExpiredCertificate || over.allowExpiredCertificate,
    trustChainVerification:
      over.trustChainVerification === "ACCEPT_UNTRUSTED" ? over.trustChainVerification : base.trustChainVerification,
    verifyCertificateHash: [...base.verifyCertificateHash, ...over.verifyCertificateHash],
    verifyCertificateSpki: [...base.verifyCertificateSpki, ...over.verifyCertificateSpki],
    matchTypedSubjectAltNames: [...base.matchTypedSubjectAltNames, ...over.matchTypedSubjectAltNames],
    matchSubjectAltNames: [...base.matchSubjectAltNames, ...over.matchSubjectAltNames],
  };
}

function readContext(context: CertificateValidationContext, secret: string, { report, files }: Reading): LoadedValidation {
  const authorities: LoadedAuthority[] = [];
  const crl: string[] = [];
  const revocations: RevocationList[] = [];
  let ca: readonly string[] | undefined = [];
  if (context.systemRootCerts !== undefined) ca = systemRoots();
  if (context.watchedDirectory !== undefined) files.push(`${context.watchedDirectory.path}/..data`);
  if (context.trustedCa !== undefined) {
    if (context.trustedCa.filename !== undefined) files.push(context.trustedCa.filename);
    const source = readSource(context.trustedCa);
    const certificates = typeof source === "string" ? source : readCertificates(source);
    if (typeof source === "string" || typeof certificates === "string") {
      invalid(report, context, "trustedCa", typeof source === "string" ? source : String(certificates));
    } else {
      ca = pemCertificates(source.bytes.toString("latin1"));
      for (const certificate of certificates) {
        const print = certificate.fingerprint256.replaceAll(":", "").toLowerCase().slice(0, 8);
        authorities.push({
          name: secret !== "" ? secret : `unnamed_ca_cert_${print}`,
          path: source.file === "" ? "<inline>" : source.file,
          certificate,
        });
      }
    }
  }
  if (context.crl !== undefined) {
    if (context.crl.filename !== undefined) files.push(context.crl.filename);
    const source = readSource(context.crl);
    if (typeof source === "string") invalid(report, context, "crl", source);
    else {
      const lists = source.bytes.toString("latin1").match(/-----BEGIN X509 CRL-----[\s\S]*?-----END X509 CRL-----/g) ?? [];
      if (lists.length === 0)
        invalid(report, context, "crl", `found no PEM list in ${source.origin}, wanted "-----BEGIN X509 CRL-----"`);
      crl.push(...lists);
      for (const list of lists) {
        const read = readRevocationList(list);
        if (read === undefined) invalid(report, context, "crl", `the list in ${source.origin} can't be read: it is damaged`);
        else if (!verifiesChains) revocations.push(read);
      }
      if (context.trustedCa === undefined)
        invalid(report, context, "crl", "found a crl without trusted_ca, wanted the CA that it is of");
    }
  }
  const trusted = ca === undefined || ca.length > 0;
  if (context.maxVerifyDepth !== undefined && !verifiesChains) {
    invalid(
      report,
      context,
      "maxVerifyDepth",
      "found max_verify_depth, and this runtime does not tell which certificates lie between",
    );
  }
  if (context.trustedCa === undefined && ca !== undefined) {
    // Anybody can put any name into a certificate of his own. Envoy refuses both as well.
    if (context.matchTypedSubjectAltNames.length > 0) {
      invalid(
        report,
        context,
        "matchTypedSubjectAltNames",
        "found names to match without trusted_ca, wanted a CA that vouches for them",
      );
    }
    if (context.matchSubjectAltNames.length > 0) {
      invalid(
        report,
        context,
        "matchSubjectAltNames",
        "found names to match without trusted_ca, wanted a CA that vouches for them",
      );
    }
    if (context.allowExpiredCertificate) {
      invalid(
        report,
        context,
        "allowExpiredCertificate",
        "found allow_expired_certificate without trusted_ca: dates are not looked at then",
      );
    }
  }
  return { context, ca, trusted, crl, revocations, authorities };
}
