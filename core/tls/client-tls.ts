import type { UpstreamTlsContext } from "../resources/tls.ts";
import type { CheckPeer, ClientTls, SecureContext, SessionCache } from "../transport/connection.ts";
import type { BuiltTls } from "./server-tls.ts";
import type { PeerRules } from "./peer-check.ts";
import type { Reading } from "./tls-parts.ts";
import { createHash } from "node:crypto";
import type { Buffer } from "node:buffer";
import type { Report } from "../match/problem.ts";
import { createSecureContext } from "../transport/connection.ts";
import { compilePeerCheck } from "./peer-check.ts";
import { checkParameters, NO_RENEGOTIATION, readOwnCertificates, readParameters, readValidation } from "./tls-parts.ts";

/** Makes the TLS of a connection to an endpoint. */
export interface ClientTlsParts {
  readonly context: SecureContext;
  readonly alpn: readonly string[];
  readonly sessionKeys: number;
  /** For a certificate that must have this DNS name ("": any); null: peers are not looked at. */
  checkFor(requiredName: string): CheckPeer | null;
}

/** The last sessions of one endpoint under one name. Those of TLS 1.3 serve once (RFC 8446 appendix C.4). */
export class Sessions implements SessionCache {
  readonly #kept: Buffer[] = [];
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  take(): Buffer | undefined {
    return this.#kept.pop();
  }

  put(session: Buffer): void {
    this.#kept.push(session);
    if (this.#kept.length > this.#max) this.#kept.shift();
  }
}

/** Reads all that a cluster's TLS needs; undefined after mistakes, which were reported. */
export function buildClientTls(resource: UpstreamTlsContext, reading: Reading): BuiltTls<ClientTlsParts> | undefined {
  const common = resource.commonTlsContext;
  let mistakes = 0;
  const report: Report = (problem) => {
    mistakes++;
    reading.report(problem);
  };
  const counting: Reading = { ...reading, report };
  const certificates = readOwnCertificates(common, counting);
  const validation = readValidation(common, counting);
  checkParameters(common.tlsParams, counting.report);
  const rules =
    validation === undefined
      ? undefined
      : { trusted: validation.trusted, roots: validation.ca, revocations: validation.revocations, context: validation.context };
  const check = rules === undefined ? null : compilePeerCheck({ ...rules, requiredName: "" }, report);
  if (resource.autoSniSanValidation && rules?.trusted !== true) {
    report({
      about: resource,
      key: "autoSniSanValidation",
      code: "invalid_value",
      message: "found auto_sni_san_validation without trusted_ca, wanted a CA that vouches for names",
    });
  }
  if (mistakes > 0) return undefined;
  let context: SecureContext;
  try {
    context = createSecureContext({
      ...readParameters(common.tlsParams, "TLSv1_2"),
      certificates: certificates.map(({ chain }) => chain),
      keys: certificates.map(({ key }) => key),
      ca: validation === undefined ? [] : validation.ca,
      crl: validation?.crl ?? [],
      sessionId: "",
      ticketKeys: undefined,
      sessionTimeout: 300,
      options: NO_RENEGOTIATION,
    });
  } catch (error) {
    const reason = (error as { reason?: string }).reason ?? (error as Error).message;
    report({
      about: common,
      key: "",
      code: "invalid_value",
      message: `the platform refuses these parameters or certificates: ${reason}`,
    });
    return undefined;
  }
  const hash = createHash("sha256");
  for (const { chain, key } of certificates) hash.update(chain).update(key);
  hash.update(JSON.stringify([validation?.context, validation?.ca, validation?.crl]));
  const tls: ClientTlsParts = {
    context,
    alpn: common.alpnProtocols,
    sessionKeys: resource.maxSessionKeys,
    checkFor: (requiredName) => (requiredName === "" || rules === undefined ? check : checkWithName(rules, requiredName)),
  };
  return { tls, certificates, authorities: validation?.authorities ?? [], fingerprint: hash.digest("hex") };
}

function checkWithName(rules: Omit<PeerRules, "requiredName">, requiredName: string): CheckPeer {
  return compilePeerCheck({ ...rules, requiredName }, () => undefined);
}

/** The TLS of connections to one endpoint. */
export function clientTlsFor(
  parts: ClientTlsParts,
  serverName: string,
  requiredName: string,
  sessions: SessionCache | null,
  alpn: readonly string[],
): ClientTls {
  return { context: parts.context, serverName, alpn, checkPeer: parts.checkFor(requiredName), sessions };
}
