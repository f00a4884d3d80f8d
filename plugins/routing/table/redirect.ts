import type { HeaderMap } from "../../../core/contract/headers.ts";
import type { Report } from "../../../core/match/problem.ts";
import { toWire } from "../../../core/match/wire-text.ts";
import type { RedirectAction } from "../../../core/resources/route.ts";
import { checkedPath, compileSubstitution, PathRegexRewrite, type PathRewrite, PrefixRewrite } from "./path-rewrite.ts";

const CODES: Readonly<Record<RedirectAction["responseCode"], number>> = {
  MOVED_PERMANENTLY: 301,
  FOUND: 302,
  SEE_OTHER: 303,
  TEMPORARY_REDIRECT: 307,
  PERMANENT_REDIRECT: 308,
};

/** The scheme that the client used, as the connection manager noted it. */
export function forwardedScheme(headers: HeaderMap): string {
  return headers.get("x-forwarded-proto") ?? headers.scheme;
}

/** A compiled `RedirectAction`. */
export class Redirect {
  /** 301, 302, 303, 307 or 308. */
  readonly status: number;
  /** "" keeps what the request has. */
  readonly #scheme: string;
  readonly #host: string;
  /** ":8443", or "". */
  readonly #port: string;
  readonly #path: string;
  readonly #rewrite: PathRewrite | null;
  readonly #stripQuery: boolean;

  constructor(
    status: number,
    scheme: string,
    host: string,
    port: string,
    path: string,
    rewrite: PathRewrite | null,
    stripQuery: boolean,
  ) {
    this.status = status;
    this.#scheme = scheme;
    this.#host = host;
    this.#port = port;
    this.#path = path;
    this.#rewrite = rewrite;
    // A query written into path_redirect is meant: it is never stripped, and stands instead of the request's.
    this.#stripQuery = stripQuery && !path.includes("?");
  }

  /** The value of the `location` header. */
  location(headers: HeaderMap): string {
    const scheme = this.#scheme === "" ? headers.scheme : this.#scheme;
    const host = this.#host === "" ? requestHost(headers, scheme, this.#port) : this.#host;
    let path: string;
    if (this.#path !== "") {
      const query = this.#path.includes("?") ? -1 : headers.path.indexOf("?");
      path = query < 0 ? this.#path : this.#path + headers.path.slice(query);
    } else path = this.#rewrite?.rewrite(headers) ?? headers.path;
    if (!path.startsWith("/")) path = `/${path}`;
    if (this.#stripQuery) {
      const query = path.indexOf("?");
      if (query >= 0) path = path.slice(0, query);
    }
    return `${scheme}://${host}${this.#port}${path}`;
  }
}

/** The request's host; without its port when another replaces it, or when it was the old scheme's own and the scheme changes. */
function requestHost(headers: HeaderMap, scheme: string, newPort: string): string {
  const host = headers.authority;
  const colon = host.startsWith("[") ? host.lastIndexOf("]:") + 1 : host.lastIndexOf(":");
  if (colon <= 0) return host;
  let drop = newPort !== "";
  const old = forwardedScheme(headers);
  if (scheme !== old) {
    const port = host.slice(colon);
    drop ||= (old === "https" && port === ":443") || (old === "http" && port === ":80");
  }
  return drop ? host.slice(0, colon) : host;
}

/** `https://` and the rest of the URL as it came: what `require_tls` answers. */
export class TlsRedirect extends Redirect {
  constructor() {
    super(301, "https", "", "", "", null, false);
  }

  override location(headers: HeaderMap): string {
    return `https://${headers.authority}${headers.path}`;
  }
}

/** Compiles a redirect. `matched`: length of the path that the route matches, or -1 for all of it. Mistakes are reported. */
export function compileRedirect(config: RedirectAction, matched: number, report: Report): Redirect {
  const status = CODES[config.responseCode];
  const scheme = config.schemeRedirect || (config.httpsRedirect === true ? "https" : "");
  let rewrite: PathRewrite | null = null;
  if (config.prefixRewrite !== undefined && config.prefixRewrite !== "") {
    rewrite = new PrefixRewrite(checkedPath(config.prefixRewrite, config, "prefixRewrite", report), matched);
  } else if (config.regexRewrite !== undefined) {
    const regex = compileSubstitution(config.regexRewrite, report);
    rewrite = regex === null ? null : new PathRegexRewrite(regex);
  }
  const port = config.portRedirect !== 0 ? `:${config.portRedirect}` : "";
  const path = checkedPath(config.pathRedirect ?? "", config, "pathRedirect", report);
  return new Redirect(status, scheme, toWire(config.hostRedirect), port, path, rewrite, config.stripQuery);
}
