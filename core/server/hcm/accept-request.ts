import { ResponseFlag } from "../../contract/response-flags.ts";
import type { Route } from "../../contract/route.ts";
import { HeaderMapImpl } from "../../stream/header-map.ts";
import type { HttpStreamImpl } from "../../stream/http-stream.ts";
import type { HttpConnectionManager } from "./manager.ts";
import type { HcmOptions } from "./options.ts";
import { mergeSlashes, normalizePath, type PathResult, unescapeSlashes } from "./path.ts";
import { mutateRequestHeaders } from "./request-headers.ts";

/** Methods that Envoy knows (its HTTP/1 codec's list); others are refused unless `allow_custom_methods` is set. */
const KNOWN_METHODS: ReadonlySet<string> = new Set(
  (
    "GET HEAD POST PUT DELETE OPTIONS PATCH CONNECT TRACE ACL BIND CHECKOUT COPY LINK LOCK MERGE MKACTIVITY MKCALENDAR MKCOL MOVE " +
    "M-SEARCH NOTIFY PROPFIND PROPPATCH PURGE QUERY REBIND REPORT SEARCH SOURCE SUBSCRIBE UNBIND UNLINK UNLOCK UNSUBSCRIBE"
  ).split(" "),
);

/** What the connection does for a request that is being accepted. */
export interface AcceptingConnection {
  armRequestTimeout(): void;
}

/** What is known of a request beside its headers, whatever it came by. */
export interface RequestFacts {
  /** Something may follow the headers. */
  readonly hasBody: boolean;
  /** The protocol that it asks to switch to, or "". */
  readonly upgrade: string;
  /** "http" or "https" of an absolute target; else "". */
  readonly scheme: string;
  readonly expectContinue: boolean;
}

/** A route that says which upgrades it allows (`RouteAction.upgrade_configs`): enabled, not enabled, or not mentioned. */
interface UpgradingRoute extends Route {
  readonly upgrades?: ReadonlyMap<string, { readonly enabled: boolean }>;
}

/**
 * From a parsed head to the first filter: what Envoy's connection manager does to a request before its filters see it. A request that is refused here
 * never reaches a filter.
 */
export function acceptRequest(
  connection: AcceptingConnection,
  stream: HttpStreamImpl,
  facts: RequestFacts,
  headers: HeaderMapImpl,
  manager: HttpConnectionManager,
): void {
  const o = manager.options;
  const upgrade = headers.method === "CONNECT" ? "connect" : facts.upgrade;
  if (!facts.hasBody && upgrade === "") stream.requestHasNoBody();
  if (!o.allowCustomMethods && !KNOWN_METHODS.has(headers.method)) {
    stream.refuse(400, "http1.codec_error", ResponseFlag.DownstreamProtocolError, "Bad Request");
    return;
  }
  if (o.requestTimeout > 0 && facts.hasBody) connection.armRequestTimeout();
  if (facts.scheme !== "") manager.stats.downstream_rq_non_relative_path.value++;
  if (o.headersWithUnderscores !== "ALLOW" && !underscores(headers, o)) {
    stream.refuse(400, "http1.unexpected_underscore", ResponseFlag.DownstreamProtocolError);
    return;
  }
  if ((o.stripAnyHostPort || o.stripMatchingHostPort || o.stripTrailingHostDot) && headers.method !== "CONNECT")
    stripHost(stream, headers, o);
  if ((o.normalizePath || o.mergeSlashes || o.pathWithEscapedSlashes !== "KEEP_UNCHANGED") && headers.method !== "CONNECT") {
    if (!cleanPath(stream, headers, manager)) return;
  }
  mutateRequestHeaders(stream, headers, o, stream.connection.tls !== null);
  if (facts.expectContinue && !o.proxy100Continue) {
    headers.remove("expect");
    const go = new HeaderMapImpl([]);
    go.status = 100;
    stream.sendInformational(go);
  }
  if (upgrade !== "") {
    const type = upgrade.toLowerCase();
    const allowed = (stream.route as UpgradingRoute | null)?.upgrades?.get(type)?.enabled ?? o.upgrades.has(type);
    // Without a route there is nothing that could forbid it: the router says 404.
    if (!allowed && stream.route !== null) {
      manager.stats.downstream_rq_ws_on_non_ws_route.value++;
      stream.replyBeforeFilters(403, { details: "upgrade_failed" });
      return;
    }
    stream.upgrade = headers.method === "CONNECT" ? "connect" : facts.upgrade;
    stream.requestHeaders(false);
    return;
  }
  stream.requestHeaders(!facts.hasBody);
}

/** False: refused. */
function underscores(headers: HeaderMapImpl, o: HcmOptions): boolean {
  const list = headers.list;
  for (let i = list.length - 2; i >= 0; i -= 2) {
    if (!list[i].includes("_")) continue;
    if (o.headersWithUnderscores === "REJECT_REQUEST") return false;
    list.splice(i, 2);
  }
  return true;
}

/** Source: Envoy, strip_any_host_port, strip_matching_host_port, strip_trailing_host_dot. */
function stripHost(stream: HttpStreamImpl, headers: HeaderMapImpl, o: HcmOptions): void {
  let host = headers.authority;
  let port = "";
  const colon = host.lastIndexOf(":");
  if (colon > host.lastIndexOf("]") && colon > 0) {
    port = host.slice(colon + 1);
    host = host.slice(0, colon);
  }
  if (o.stripTrailingHostDot && host.endsWith(".")) host = host.slice(0, -1);
  const drop = o.stripAnyHostPort || (o.stripMatchingHostPort && port === String(stream.connection.localPort));
  headers.authority = port === "" || drop ? host : host + ":" + port;
}

/** False: answered. */
function cleanPath(stream: HttpStreamImpl, headers: HeaderMapImpl, manager: HttpConnectionManager): boolean {
  const o = manager.options;
  let redirect = false;
  if (o.pathWithEscapedSlashes !== "KEEP_UNCHANGED") {
    const result = unescapeSlashes(headers.path);
    if (result.kind === "changed") {
      if (o.pathWithEscapedSlashes === "REJECT_REQUEST") return rejected(stream, manager);
      redirect = o.pathWithEscapedSlashes === "UNESCAPE_AND_REDIRECT";
      headers.path = result.path;
    }
  }
  if (o.normalizePath && !apply(headers, normalizePath(headers.path))) return rejected(stream, manager);
  if (o.mergeSlashes) apply(headers, mergeSlashes(headers.path));
  if (redirect) {
    manager.stats.downstream_rq_redirected_with_normalized_path.value++;
    stream.replyBeforeFilters(307, { headers: ["location", headers.path], details: "path_normalization_failed" });
    return false;
  }
  return true;
}

function apply(headers: HeaderMapImpl, result: PathResult): boolean {
  if (result.kind === "changed") headers.path = result.path;
  return result.kind !== "rejected";
}

function rejected(stream: HttpStreamImpl, manager: HttpConnectionManager): boolean {
  manager.stats.downstream_rq_failed_path_normalization.value++;
  stream.refuse(400, "path_normalization_failed", 0);
  return false;
}
