import type { HttpStreamImpl } from "../../stream/http-stream.ts";
import type { HeaderMapImpl } from "../../stream/header-map.ts";
import type { HcmOptions } from "./options.ts";
import { mutateClientCert } from "./client-cert.ts";
import { newRequestId } from "./request-id.ts";

/** x-envoy-* headers that only a trusted client may send. Source: Envoy, "HTTP header sanitizing". */
const UNTRUSTED = new Set([
  "x-envoy-retriable-status-codes",
  "x-envoy-retriable-header-names",
  "x-envoy-retry-on",
  "x-envoy-retry-grpc-on",
  "x-envoy-max-retries",
  "x-envoy-upstream-alt-stat-name",
  "x-envoy-upstream-rq-timeout-ms",
  "x-envoy-upstream-rq-per-try-timeout-ms",
  "x-envoy-upstream-rq-timeout-alt-response",
  "x-envoy-expected-rq-timeout-ms",
  "x-envoy-force-trace",
  "x-envoy-ip-tags",
  "x-envoy-original-url",
  "x-envoy-hedge-on-per-try-timeout",
]);
const UNTRUSTED_AT_THE_EDGE = new Set(["x-envoy-downstream-service-cluster", "x-envoy-downstream-service-node"]);

const LOOPBACK_V4 = "127.";

/** Address `hops` from the end of x-forwarded-for, "" if there is none or it is no IP. */
function addressFromXff(xff: string, hops: number): string {
  let end = xff.length;
  for (let i = 0; i < hops; i++) {
    end = xff.lastIndexOf(",", end - 1);
    if (end < 0) return "";
  }
  const start = end === 0 ? 0 : xff.lastIndexOf(",", end - 1) + 1;
  const text = xff.slice(start, end).trim();
  return looksLikeIp(text) ? text : "";
}

function looksLikeIp(text: string): boolean {
  if (text.length < 2 || text.length > 45) return false;
  if (text.includes(":")) return /^[0-9a-fA-F:.]+$/.test(text);
  const parts = text.split(".");
  return parts.length === 4 && parts.every((p) => p.length > 0 && p.length < 4 && /^[0-9]+$/.test(p) && Number(p) < 256);
}

/**
 * Makes a request's headers trustworthy and complete, as Envoy's connection manager does before the first filter: who is the client, x-forwarded-*,
 * what an untrusted client may not say, x-request-id, via. Hop-by-hop headers are gone already: the codec drops them.
 * Source: Envoy, "HTTP header manipulation".
 */
export function mutateRequestHeaders(stream: HttpStreamImpl, headers: HeaderMapImpl, o: HcmOptions, secure: boolean): void {
  const list = headers.list;
  const connection = stream.connection;
  let xffAt = -1;
  let protoAt = -1;
  let idAt = -1;
  let agentAt = -1;
  let envoy = false;
  let clientCert = false;
  // One pass finds everything of interest.
  for (let i = 0; i < list.length; i += 2) {
    const name = list[i];
    switch (name.length) {
      case 10:
        if (name === "user-agent") agentAt = i;
        break;
      case 12:
        if (name === "x-request-id") idAt = i;
        break;
      case 15:
        if (name === "x-forwarded-for") {
          if (xffAt < 0) xffAt = i;
          else {
            // A second line belongs to the first (RFC 9110 section 5.3).
            list[xffAt + 1] += "," + list[i + 1];
            list.splice(i, 2);
            i -= 2;
          }
        }
        break;
      case 17:
        if (name === "x-forwarded-proto") protoAt = i;
        break;
      case 23:
        if (name === "x-forwarded-client-cert") clientCert = true;
        break;
    }
    if (name.charCodeAt(0) === 120 && name.charCodeAt(2) === 101 && name.startsWith("x-envoy-")) envoy = true;
  }

  const { mode } = o.clientCert;
  if (mode !== "ALWAYS_FORWARD_ONLY" && (clientCert || (mode !== "SANITIZE" && secure))) {
    mutateClientCert(headers, connection, o.clientCert);
    // Places have moved.
    if (clientCert) {
      xffAt = indexOf(list, "x-forwarded-for");
      protoAt = indexOf(list, "x-forwarded-proto");
      idAt = indexOf(list, "x-request-id");
      agentAt = indexOf(list, "user-agent");
    }
  }

  const xff = xffAt < 0 ? undefined : list[xffAt + 1];
  let client = "";
  let single = false;
  if (o.useRemoteAddress) {
    single = xff === undefined;
    if (o.xffNumTrustedHops > 0 && xff !== undefined) client = addressFromXff(xff, o.xffNumTrustedHops - 1);
    const peer = connection.remoteAddress;
    if (client === "") {
      client = peer;
      stream.clientPort = connection.remotePort;
    }
    if (!o.skipXffAppend) {
      const own = peer.startsWith(LOOPBACK_V4) || peer === "::1" ? o.localAddress : peer;
      if (xffAt < 0) list.push("x-forwarded-for", own);
      else list[xffAt + 1] = xff + "," + own;
    }
    if (o.xffNumTrustedHops === 0 && protoAt >= 0) list[protoAt + 1] = secure ? "https" : "http";
    if (o.appendXForwardedPort && (o.xffNumTrustedHops === 0 || !headers.has("x-forwarded-port"))) {
      headers.setTrusted("x-forwarded-port", String(connection.localPort));
    }
  } else if (xff !== undefined) {
    client = addressFromXff(xff, o.xffNumTrustedHops);
    single = client !== "" && !xff.includes(",");
  }

  let scheme: string;
  if (protoAt < 0) {
    scheme = secure ? "https" : "http";
    list.push("x-forwarded-proto", scheme);
  } else {
    const proto = list[protoAt + 1];
    scheme = proto === "http" || proto === "https" ? proto : secure ? "https" : "http";
  }
  headers.scheme = o.schemeToOverwrite === "" ? scheme : o.schemeToOverwrite;

  const internal = single && client !== "" && o.internalAddress(client);
  const edge = !internal && o.useRemoteAddress;
  if (envoy) {
    headers.remove("x-envoy-internal");
    if (!internal) sanitize(list, edge);
    // Places have moved.
    idAt = indexOf(list, "x-request-id");
    agentAt = indexOf(list, "user-agent");
  }
  if (internal) headers.setTrusted("x-envoy-internal", "true");
  else if (o.internalOnlyHeaders.length > 0) {
    for (const name of o.internalOnlyHeaders) headers.remove(name);
    idAt = indexOf(list, "x-request-id");
    agentAt = indexOf(list, "user-agent");
  }

  if (o.addUserAgent !== "") {
    headers.setTrusted("x-envoy-downstream-service-cluster", o.addUserAgent);
    if (agentAt < 0) list.push("user-agent", o.addUserAgent);
    else if (list[agentAt + 1] === "") list[agentAt + 1] = o.addUserAgent;
    if (o.serviceNode !== "") headers.setTrusted("x-envoy-downstream-service-node", o.serviceNode);
  }
  if (o.via !== "") {
    const via = headers.get("via");
    headers.setTrusted("via", via === undefined || via === "" ? o.via : via + ", " + o.via);
  }
  if (edge) headers.setTrusted("x-envoy-external-address", client);

  // "" means the peer itself: its address costs a system call, so it waits until someone asks.
  stream.clientAddress = client;

  if (o.generateRequestId) {
    if (idAt < 0) {
      const id = newRequestId();
      list.push("x-request-id", id);
      stream.requestId = id;
    } else {
      if ((edge && !o.preserveExternalRequestId) || list[idAt + 1] === "") list[idAt + 1] = newRequestId();
      stream.requestId = list[idAt + 1];
    }
  } else if (idAt >= 0) stream.requestId = list[idAt + 1];
}

function indexOf(list: readonly string[], name: string): number {
  for (let i = 0; i < list.length; i += 2) if (list[i] === name) return i;
  return -1;
}

function sanitize(list: string[], edge: boolean): void {
  let w = 0;
  for (let r = 0; r < list.length; r += 2) {
    const name = list[r];
    if (UNTRUSTED.has(name) || (edge && UNTRUSTED_AT_THE_EDGE.has(name))) continue;
    list[w] = name;
    list[w + 1] = list[r + 1];
    w += 2;
  }
  list.length = w;
}
