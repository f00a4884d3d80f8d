import type { ServerTLSSettings } from "../schema/gateway.ts";
import type { GatewayServer } from "./gateway-servers.ts";
import { compact, unlessEmpty, type Json } from "./json.ts";
import { nodeAt } from "./origin.ts";
import type { Problems } from "./problems.ts";
import { sanMatchers } from "./san-matchers.ts";
import type { SecretContent, SecretStore } from "./secrets.ts";
import { typed } from "./type-url.ts";

const VERSIONS: Readonly<Record<string, string | undefined>> = {
  TLSV1_0: "TLSv1_0",
  TLSV1_1: "TLSv1_1",
  TLSV1_2: "TLSv1_2",
  TLSV1_3: "TLSv1_3",
};

/** Certificates and CA of a server, as parts of a `CommonTlsContext`. */
interface Credentials {
  readonly certificates: Json;
  /** What clients are checked by: inline, or the name of a secret. */
  readonly trusted: { readonly inline: Json } | { readonly secret: string } | undefined;
}

/**
 * The transport socket of a server that ends TLS. Undefined, with a warning, when it can't be had as it was asked for: the server is then
 * left out, never opened with less, and the others are served.
 */
export function serverTransportSocket(server: GatewayServer, secrets: SecretStore, problems: Problems): Json | undefined {
  const { tls } = server.server;
  if (tls === undefined) return undefined;
  const credentials = credentialsOf(server, tls, secrets, problems);
  if (credentials === undefined) return undefined;
  const checksClients = tls.mode === "MUTUAL" || tls.mode === "OPTIONAL_MUTUAL";
  if (checksClients && credentials.trusted === undefined) {
    const message = `${tls.mode} needs CA certificates that clients are checked by: the server is left out`;
    problems.warn(nodeAt(server.gateway, tls, "mode"), "missing_field", message);
    return undefined;
  }
  const context = typed("envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext", {
    require_client_certificate: tls.mode === "MUTUAL",
    common_tls_context: {
      alpn_protocols: ["h2", "http/1.1"],
      tls_params: compact({
        tls_minimum_protocol_version: VERSIONS[tls.minProtocolVersion] ?? "TLSv1_2",
        tls_maximum_protocol_version: VERSIONS[tls.maxProtocolVersion],
        cipher_suites: unlessEmpty(tls.cipherSuites),
      }),
      ...credentials.certificates,
      ...(checksClients && credentials.trusted !== undefined ? validation(tls, credentials.trusted) : {}),
    },
  });
  return { name: "envoy.transport_sockets.tls", typed_config: context };
}

function validation(tls: ServerTLSSettings, trusted: NonNullable<Credentials["trusted"]>): Json {
  const checks = compact({
    match_typed_subject_alt_names: unlessEmpty(sanMatchers(tls.subjectAltNames)),
    verify_certificate_spki: unlessEmpty(tls.verifyCertificateSpki),
    verify_certificate_hash: unlessEmpty(tls.verifyCertificateHash),
    trust_chain_verification: tls.insecureSkipVerify === true ? "ACCEPT_UNTRUSTED" : undefined,
  });
  if ("inline" in trusted) return { validation_context: { ...trusted.inline, ...checks } };
  return {
    combined_validation_context: {
      default_validation_context: checks,
      validation_context_sds_secret_config: { name: trusted.secret },
    },
  };
}

function credentialsOf(
  server: GatewayServer,
  tls: ServerTLSSettings,
  secrets: SecretStore,
  problems: Problems,
): Credentials | undefined {
  const names =
    tls.credentialNames.length > 0 ? tls.credentialNames : tls.credentialName === undefined ? [] : [tls.credentialName];
  if (names.length > 0) return fromSecrets(server, tls, names, secrets, problems);
  const pairs =
    tls.tlsCertificates.length > 0
      ? tls.tlsCertificates
      : [{ serverCertificate: tls.serverCertificate, privateKey: tls.privateKey }];
  const certificates: Json[] = [];
  for (const { serverCertificate, privateKey } of pairs) {
    if (serverCertificate === undefined || privateKey === undefined) {
      const message =
        "a certificate and its key are needed (credentialName, or serverCertificate and privateKey): the server is left out";
      problems.warn(nodeAt(server.gateway, tls), "missing_field", message);
      return undefined;
    }
    certificates.push({ certificate_chain: { filename: serverCertificate }, private_key: { filename: privateKey } });
  }
  return { certificates: { tls_certificates: certificates }, trusted: trustedOf(server, tls, [], secrets, problems) };
}

function fromSecrets(
  server: GatewayServer,
  tls: ServerTLSSettings,
  names: readonly string[],
  secrets: SecretStore,
  problems: Problems,
): Credentials | undefined {
  const found: { readonly name: string; readonly secret: SecretContent }[] = [];
  for (const name of names) {
    const secret = secrets.find(name, server.gateway.namespace);
    const at = nodeAt(server.gateway, tls, tls.credentialName === name ? "credentialName" : "credentialNames");
    if (secret === undefined) {
      problems.warn(at, "unknown_reference", `there is no Secret "${name}": the server is left out`);
      return undefined;
    }
    if (secret.certificate === undefined || secret.privateKey === undefined) {
      problems.warn(
        at,
        "unknown_reference",
        `Secret "${name}" has no certificate with its key (tls.crt, tls.key): the server is left out`,
      );
      return undefined;
    }
    found.push({ name, secret });
  }
  const configs = found.map(({ secret }) => ({ name: secrets.certificate(secret) }));
  return {
    certificates: { tls_certificate_sds_secret_configs: configs },
    trusted: trustedOf(server, tls, found, secrets, problems),
  };
}

/** Istio: the Secret named for it, else NAME-cacert, else the CA in the Secret itself; or a file. */
function trustedOf(
  server: GatewayServer,
  tls: ServerTLSSettings,
  found: readonly { readonly name: string; readonly secret: SecretContent }[],
  secrets: SecretStore,
  problems: Problems,
): Credentials["trusted"] {
  if (tls.mode !== "MUTUAL" && tls.mode !== "OPTIONAL_MUTUAL") return undefined;
  const { namespace } = server.gateway;
  const candidates: (SecretContent | undefined)[] = [];
  if (tls.caCertCredentialName !== undefined) {
    const named = secrets.find(tls.caCertCredentialName, namespace);
    if (named?.ca === undefined) {
      const at = nodeAt(server.gateway, tls, "caCertCredentialName");
      problems.warn(at, "unknown_reference", `there is no Secret "${tls.caCertCredentialName}" with CA certificates (ca.crt)`);
      return undefined;
    }
    candidates.push(named);
  }
  for (const { name, secret } of found) candidates.push(secrets.find(`${name}-cacert`, namespace), secret);
  for (const secret of candidates) if (secret?.ca !== undefined) return { secret: secrets.authority(secret) };
  const file = tls.caCertificates ?? tls.tlsCertificates.find((one) => one.caCertificates !== undefined)?.caCertificates;
  if (file === undefined) return undefined;
  return { inline: { trusted_ca: { filename: file }, ...(tls.caCrl === undefined ? {} : { crl: { filename: tls.caCrl } }) } };
}
