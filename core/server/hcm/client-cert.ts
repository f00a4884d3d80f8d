import type { CertificateInfo, DownstreamConnection, DownstreamTls } from "../../contract/stream.ts";
import type { HeaderMapImpl } from "../../stream/header-map.ts";

/** What happens to `x-forwarded-client-cert`. Source: Envoy, "x-forwarded-client-cert". */
export interface ClientCertOptions {
  readonly mode: "SANITIZE" | "FORWARD_ONLY" | "APPEND_FORWARD" | "SANITIZE_SET" | "ALWAYS_FORWARD_ONLY";
  readonly cert: boolean;
  readonly chain: boolean;
  readonly subject: boolean;
  readonly uri: boolean;
  readonly dns: boolean;
}

const HEADER = "x-forwarded-client-cert";

/** Encoded as in a query: PEM text has `+`, `/`, `=`, blanks and line ends. */
function encoded(pem: string): string {
  return encodeURIComponent(pem);
}

function chainOf(peer: CertificateInfo): string {
  let text = "";
  for (let at: CertificateInfo | null = peer; at !== null; at = at.issuerCertificate) text += at.pem;
  return text;
}

/** What the element about the peer says, in Envoy's order. */
function element(tls: DownstreamTls, peer: CertificateInfo, options: ClientCertOptions): string {
  const parts: string[] = [];
  for (const uri of tls.local?.uriSans ?? []) parts.push(`By=${uri}`);
  parts.push(`Hash=${peer.sha256}`);
  if (options.cert) parts.push(`Cert="${encoded(peer.pem)}"`);
  if (options.chain) parts.push(`Chain="${encoded(chainOf(peer))}"`);
  if (options.subject) parts.push(`Subject="${peer.subject.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`);
  if (options.uri) {
    if (peer.uriSans.length === 0) parts.push("URI=");
    for (const uri of peer.uriSans) parts.push(`URI=${uri}`);
  }
  if (options.dns) for (const dns of peer.dnsSans) parts.push(`DNS=${dns}`);
  return parts.join(";");
}

/** Elements by connection: the peer does not change, and the text can be long. */
const elements = new WeakMap<DownstreamConnection, string>();

/** Removes, keeps, extends or replaces the header. Not called for `ALWAYS_FORWARD_ONLY`. */
export function mutateClientCert(headers: HeaderMapImpl, connection: DownstreamConnection, options: ClientCertOptions): void {
  const { tls } = connection;
  const peer = tls === null ? null : tls.peer;
  if (tls === null || peer === null || options.mode === "SANITIZE") {
    headers.remove(HEADER);
    return;
  }
  if (options.mode === "FORWARD_ONLY") return;
  let text = elements.get(connection);
  if (text === undefined) elements.set(connection, (text = element(tls, peer, options)));
  const before = options.mode === "APPEND_FORWARD" ? headers.get(HEADER) : undefined;
  headers.setTrusted(HEADER, before === undefined || before === "" ? text : `${before},${text}`);
}
