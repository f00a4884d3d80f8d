import { typed } from "./bootstrap.ts";
import type { Mesh } from "./bootstrap.ts";

const TLS = "envoy.extensions.transport_sockets.tls.v3";

/** Puts TLS before the listener that was opened last; `lowest` is the oldest version that it speaks. */
export function overTls(
  config: Mesh,
  certificate: { readonly cert: string; readonly key: string },
  alpn: readonly string[],
  lowest: "TLSv1_2" | "TLSv1_3" = "TLSv1_2",
): Mesh {
  const context = typed(`${TLS}.DownstreamTlsContext`, {
    common_tls_context: {
      alpn_protocols: alpn,
      tls_params: { tls_minimum_protocol_version: lowest },
      tls_certificates: [
        { certificate_chain: { inline_string: certificate.cert }, private_key: { inline_string: certificate.key } },
      ],
    },
  });
  return config.chain((chain) => ({ ...chain, transport_socket: { name: "tls", typed_config: context } }));
}
