import type { ClientTLSSettings } from "../../schema/destination-rule.ts";
import { compact, unlessEmpty, type Json } from "../json.ts";
import { nodeAt } from "../origin.ts";
import type { Problems } from "../problems.ts";
import type { RegistryService } from "../registry.ts";
import { sanMatchers } from "../san-matchers.ts";
import type { SecretContent, SecretStore } from "../secrets.ts";
import { typed } from "../type-url.ts";
import type { Owned } from "./effective-policy.ts";

/** TLS to an upstream. */
export interface ClientTls {
  readonly transportSocket: Json;
  /** Of `UpstreamHttpProtocolOptions`: undefined when nothing of it is needed. */
  readonly upstreamOptions: Json | undefined;
}

/** "refused": it can't be had as it was asked for, so there is no cluster at all, never one in plain text. */
export function clientTls(
  tls: Owned<ClientTLSSettings> | undefined,
  service: RegistryService,
  http2: boolean,
  systemCaFile: string,
  secrets: SecretStore,
  problems: Problems,
): ClientTls | "refused" | undefined {
  if (tls === undefined || tls.value.mode === "DISABLE") return undefined;
  const { value, owner } = tls;
  const leaveOut = (
    field: string,
    code: "unsupported_value" | "missing_field" | "unknown_reference",
    message: string,
  ): "refused" => {
    const said = `${message}: requests to ${service.hostname} get 503`;
    const at = nodeAt(owner, value, field);
    // What is not there may come; what is not done has to be accepted by who asked for it.
    if (code === "unsupported_value") problems.fail(at, code, said);
    else problems.warn(at, code, said);
    return "refused";
  };
  if (value.mode === "ISTIO_MUTUAL") {
    return leaveOut("mode", "unsupported_value", "ISTIO_MUTUAL is not supported: there are no workload certificates");
  }
  let secret: SecretContent | undefined;
  if (value.credentialName !== undefined) {
    secret = secrets.find(value.credentialName, owner.namespace);
    if (secret === undefined)
      return leaveOut("credentialName", "unknown_reference", `there is no Secret "${value.credentialName}"`);
  }
  const certificate = clientCertificate(value, secret, secrets);
  if (certificate === undefined) {
    return leaveOut("mode", "missing_field", "MUTUAL needs a client certificate and its key");
  }
  const entrySans = service.object.kind === "ServiceEntry" ? service.object.spec.subjectAltNames : [];
  const sans = value.subjectAltNames.length > 0 ? value.subjectAltNames : entrySans;
  const context = typed("envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext", {
    ...(value.sni === undefined ? {} : { sni: value.sni }),
    common_tls_context: {
      ...(http2 ? { alpn_protocols: ["h2"] } : {}),
      tls_params: { tls_minimum_protocol_version: "TLSv1_2", tls_maximum_protocol_version: "TLSv1_3" },
      ...certificate,
      ...validation(value, secret, sans, systemCaFile, secrets),
    },
  });
  const autoSni = value.sni === undefined;
  const autoSan = autoSni && value.subjectAltNames.length === 0 && value.insecureSkipVerify !== true;
  return {
    transportSocket: { name: "envoy.transport_sockets.tls", typed_config: context },
    upstreamOptions: autoSni ? compact({ auto_sni: true, auto_san_validation: autoSan ? true : undefined }) : undefined,
  };
}

/** Nothing for SIMPLE; undefined when MUTUAL has none. */
function clientCertificate(value: ClientTLSSettings, secret: SecretContent | undefined, secrets: SecretStore): Json | undefined {
  if (value.mode !== "MUTUAL") return {};
  if (secret !== undefined) {
    if (secret.certificate === undefined || secret.privateKey === undefined) return undefined;
    return { tls_certificate_sds_secret_configs: [{ name: secrets.certificate(secret) }] };
  }
  if (value.clientCertificate === undefined || value.privateKey === undefined) return undefined;
  return {
    tls_certificates: [{ certificate_chain: { filename: value.clientCertificate }, private_key: { filename: value.privateKey } }],
  };
}

/** Istio checks servers by the CAs of the system where nothing else is named. */
function validation(
  value: ClientTLSSettings,
  secret: SecretContent | undefined,
  sans: readonly string[],
  systemCaFile: string,
  secrets: SecretStore,
): Json {
  if (value.insecureSkipVerify === true) return {};
  const names = compact({ match_typed_subject_alt_names: unlessEmpty(sanMatchers(sans)) });
  if (secret?.ca !== undefined) {
    return {
      combined_validation_context: {
        default_validation_context: names,
        validation_context_sds_secret_config: { name: secrets.authority(secret) },
      },
    };
  }
  return {
    validation_context: {
      trusted_ca: { filename: value.caCertificates ?? systemCaFile },
      ...(value.caCrl === undefined ? {} : { crl: { filename: value.caCrl } }),
      ...names,
    },
  };
}
