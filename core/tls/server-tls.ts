import type { DownstreamTlsContext } from "../resources/tls.ts";
import type { SecureContext, ServerTls } from "../transport/connection.ts";
import type { LoadedCertificate } from "./certificate.ts";
import type { Reading } from "./tls-parts.ts";
import { Buffer } from "node:buffer";
import { constants, createHash } from "node:crypto";
import { clock } from "../transport/clock.ts";
import { createSecureContext } from "../transport/connection.ts";
import type { LoadedAuthority, LoadedValidation } from "./tls-parts.ts";
import { readOcspResponse, type OcspResponse } from "./ocsp.ts";
import { compilePeerCheck } from "./peer-check.ts";
import { readSource } from "./read-source.ts";
import type { TlsStats } from "./tls-stats.ts";
import { checkParameters, NO_RENEGOTIATION, readOwnCertificates, readParameters, readValidation } from "./tls-parts.ts";

/** A side's TLS as it was read from its files, and what the admin port shows of it. */
export interface BuiltTls<T> {
  readonly tls: T;
  readonly certificates: readonly LoadedCertificate[];
  readonly authorities: readonly LoadedAuthority[];
  /** Tells whether a change of the files changes anything. */
  readonly fingerprint: string;
}

const TICKET_KEY = 80;

/** Reads all that a filter chain's TLS needs; undefined after mistakes, which were reported. */
export function buildServerTls(
  resource: DownstreamTlsContext,
  reading: Reading,
  defaultTicketKeys: Uint8Array,
  stats: TlsStats,
): BuiltTls<ServerTls> | undefined {
  const { report } = reading;
  const common = resource.commonTlsContext;
  let mistakes = 0;
  const counting: Reading = {
    ...reading,
    report: (problem) => {
      mistakes++;
      report(problem);
    },
  };
  const certificates = readOwnCertificates(common, counting);
  const validation = readValidation(common, counting);
  checkParameters(common.tlsParams, counting.report);
  const tickets = readTicketKeys(resource, counting);
  const staples = readStaples(resource, certificates, counting);
  const context = validation?.context;
  const checkPeer =
    validation === undefined || context === undefined
      ? null
      : compilePeerCheck(
          { trusted: validation.trusted, roots: validation.ca, revocations: validation.revocations, context, requiredName: "" },
          counting.report,
        );
  if (mistakes > 0 || certificates.length === 0) return undefined;
  const wants = validation !== undefined && (validation.trusted || hasHashes(validation));
  const clientCertificate = resource.requireClientCertificate ? "required" : wants ? "optional" : "none";
  const fingerprint = fingerprintOf(certificates, validation, tickets, resource);
  const contexts = new Map<string, SecureContext>();
  const staple = new Map<SecureContext, OcspResponse>();
  const contextOf = (chosen: readonly LoadedCertificate[]): SecureContext => {
    const key = chosen.map((certificate) => certificates.indexOf(certificate)).join();
    let found = contexts.get(key);
    if (found === undefined) {
      found = createSecureContext({
        ...readParameters(common.tlsParams, "TLSv1_3"),
        certificates: chosen.map(({ chain }) => chain),
        keys: chosen.map((certificate) => certificate.key),
        ca: clientCertificate === "none" ? [] : validation?.ca,
        crl: validation?.crl ?? [],
        sessionId: sessionIdOf(certificates, validation),
        ticketKeys: tickets ?? defaultTicketKeys,
        sessionTimeout: Math.max(1, Math.floor(resource.sessionTimeout / 1000)),
        options: NO_RENEGOTIATION + (resource.disableStatelessSessionResumption === true ? constants.SSL_OP_NO_TICKET : 0),
      });
      contexts.set(key, found);
      // A context with several kinds of keys has one staple: whose it is shows only later.
      const response = chosen.length === 1 ? staples.get(chosen[0]) : undefined;
      if (response !== undefined) staple.set(found, response);
    }
    return found;
  };
  let chosen: Pick<ServerTls, "context" | "contextsFor" | "bare">;
  try {
    chosen = chooseByName(certificates, contextOf, resource.fullScanCertsOnSniMismatch);
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
  const tls: ServerTls = {
    ...chosen,
    // Which of several certificates the client takes shows only later.
    ocspFor: staple.size === 0 ? null : (of) => stapleFor(of.length === 1 ? staple.get(of[0]) : undefined, stats),
    clientCertificate,
    alpn: common.alpnProtocols,
    checkPeer,
  };
  return { tls, certificates, authorities: validation?.authorities ?? [], fingerprint };
}

function hasHashes({ context }: LoadedValidation): boolean {
  return context.verifyCertificateHash.length > 0 || context.verifyCertificateSpki.length > 0;
}

/**
 * By the name asked for: exact before wildcard (`*.example.com` stands for one label); a name that no certificate has gets the first one, no name the first of
 * each kind of key, of which the client takes what it knows. Source: Envoy, "Certificate selection".
 */
function chooseByName(
  certificates: readonly LoadedCertificate[],
  contextOf: (chosen: readonly LoadedCertificate[]) => SecureContext,
  fullScan: boolean,
): Pick<ServerTls, "context" | "contextsFor" | "bare"> {
  const kinds = onePerKind(certificates);
  const context = contextOf(kinds);
  if (certificates.length === 1) return { contextsFor: null, context, bare: null };
  const lists = new Map<string, LoadedCertificate[]>();
  for (const certificate of certificates) {
    for (const name of certificate.serverNames) lists.set(name, [...(lists.get(name) ?? []), certificate]);
  }
  const single = (list: readonly LoadedCertificate[]): readonly SecureContext[] => list.map((one) => contextOf([one]));
  const byName = new Map([...lists].map(([name, list]) => [name, single(onePerKind(list))]));
  const best = single(kinds);
  const other = fullScan ? best : single([certificates[0]]);
  return {
    context,
    bare: contextOf([]),
    contextsFor: (name) => {
      if (name === "") return best;
      const exact = byName.get(name);
      if (exact !== undefined) return exact;
      const dot = name.indexOf(".");
      return (dot > 0 ? byName.get(`*${name.slice(dot)}`) : undefined) ?? other;
    },
  };
}

function onePerKind(certificates: readonly LoadedCertificate[]): LoadedCertificate[] {
  const kinds = new Map<string, LoadedCertificate>();
  for (const certificate of certificates) if (!kinds.has(certificate.keyType)) kinds.set(certificate.keyType, certificate);
  return [...kinds.values()];
}

/** The platform's tickets have one key of 48 bytes: the name, and halves of the other two parts. */
function readTicketKeys(resource: DownstreamTlsContext, { secrets, report, files }: Reading): Uint8Array | undefined {
  const config = resource.sessionTicketKeysSdsSecretConfig;
  let keys = resource.sessionTicketKeys;
  const invalid = (about: object, message: string): undefined => {
    report({ about, key: "", code: "invalid_value", message });
    return undefined;
  };
  if (config !== undefined) {
    const found = secrets.find(config, "sessionTicketKeys");
    if (typeof found === "string") return invalid(config, found);
    files.push(...found.files);
    keys = found.value;
  }
  if (keys === undefined) return undefined;
  let first: Uint8Array | undefined;
  for (const source of keys.keys) {
    if (source.filename !== undefined) files.push(source.filename);
    const content = readSource(source);
    if (typeof content === "string") return invalid(source, content);
    const { bytes, origin } = content;
    if (bytes.length !== TICKET_KEY) {
      return invalid(source, `found a session ticket key of ${bytes.length} bytes in ${origin}, wanted ${TICKET_KEY}`);
    }
    first ??= Buffer.concat([bytes.subarray(0, 16), bytes.subarray(16, 32), bytes.subarray(48, 64)]);
  }
  return first;
}

function readStaples(
  resource: DownstreamTlsContext,
  certificates: readonly LoadedCertificate[],
  { report }: Reading,
): ReadonlyMap<LoadedCertificate, OcspResponse> {
  const staples = new Map<LoadedCertificate, OcspResponse>();
  const about = resource.commonTlsContext;
  for (const certificate of certificates) {
    if (certificate.ocsp === undefined) {
      if (resource.ocspStaplePolicy === "MUST_STAPLE") {
        const message = `found no ocsp_staple for the certificate ${certificate.path}, wanted one: the policy is MUST_STAPLE`;
        report({ about, key: "", code: "missing_field", message });
      }
      continue;
    }
    const response = readOcspResponse(certificate.ocsp);
    if (typeof response === "string") {
      report({ about, key: "", code: "invalid_value", message: `the ocsp_staple of ${certificate.path} ${response}` });
    } else if (resource.ocspStaplePolicy !== "LENIENT_STAPLING" && response.nextUpdate <= clock.wallNow()) {
      report({ about, key: "", code: "invalid_value", message: `the ocsp_staple of ${certificate.path} is out of date` });
    } else staples.set(certificate, response);
  }
  return staples;
}

function stapleFor(response: OcspResponse | undefined, stats: TlsStats): Uint8Array | undefined {
  stats.ocsp_staple_requests.value++;
  if (response === undefined || response.nextUpdate <= clock.wallNow()) {
    stats.ocsp_staple_omitted.value++;
    return undefined;
  }
  stats.ocsp_staple_responses.value++;
  return response.bytes;
}

/** What verifies clients in another way has another id, so that no session crosses over. 32 characters. */
function sessionIdOf(certificates: readonly LoadedCertificate[], validation: LoadedValidation | undefined): string {
  const hash = createHash("sha256");
  for (const { serverNames, leaf } of certificates) hash.update(`${leaf.subject}\0${serverNames.join()}\0`);
  if (validation !== undefined) hash.update(JSON.stringify([validation.context, validation.ca ?? "system", validation.crl]));
  return hash.digest("hex").slice(0, 32);
}

function fingerprintOf(
  certificates: readonly LoadedCertificate[],
  validation: LoadedValidation | undefined,
  tickets: Uint8Array | undefined,
  resource: DownstreamTlsContext,
): string {
  const hash = createHash("sha256");
  for (const { chain, key, ocsp } of certificates)
    hash
      .update(chain)
      .update(key)
      .update(ocsp ?? "");
  hash
    .update(sessionIdOf(certificates, validation))
    .update(tickets ?? "")
    .update(resource.ocspStaplePolicy);
  return hash.digest("hex");
}
