import { Buffer } from "node:buffer";
import type { HTTPDirectResponse, HTTPRedirect } from "../../schema/virtual-service.ts";
import { compact, type Json } from "../json.ts";

const CODES: ReadonlyMap<number, string> = new Map([
  [0, "MOVED_PERMANENTLY"],
  [301, "MOVED_PERMANENTLY"],
  [302, "FOUND"],
  [303, "SEE_OTHER"],
  [307, "TEMPORARY_REDIRECT"],
  [308, "PERMANENT_REDIRECT"],
]);

/** `RedirectAction`. Undefined for a status that is none of a redirect. Istio: `ApplyRedirect`. */
export function redirectAction(redirect: HTTPRedirect, port: number, tls: boolean): Json | undefined {
  const code = CODES.get(redirect.redirectCode);
  if (code === undefined) return undefined;
  const scheme = redirect.scheme ?? (tls ? "https" : "http");
  // A route is made for one port: "of the request" is known here.
  const wanted = redirect.derivePort === "FROM_REQUEST_PORT" ? port : (redirect.port ?? 0);
  const isDefault = (wanted === 80 && scheme === "http") || (wanted === 443 && scheme === "https");
  return compact({
    host_redirect: redirect.authority,
    path_redirect: redirect.prefixRewrite === undefined ? redirect.uri : undefined,
    prefix_rewrite: redirect.prefixRewrite,
    scheme_redirect: redirect.scheme,
    port_redirect: wanted === 0 || isDefault ? undefined : wanted,
    response_code: code,
  });
}

/** `DirectResponseAction`. */
export function directResponseAction({ status, body }: HTTPDirectResponse): Json {
  if (body?.string !== undefined) return { status, body: { inline_string: body.string } };
  if (body?.bytes !== undefined) return { status, body: { inline_bytes: Buffer.from(body.bytes).toString("base64") } };
  return { status };
}
