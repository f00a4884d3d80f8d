import type { Buffer } from "node:buffer";
import { latin1 } from "./char-classes.ts";
import { hostEnd } from "./host.ts";

const SLASH = 47;
const QUESTION = 63;

/** What a request target that isn't in origin form says. */
export interface RequestTarget {
  /** What `:path` must be. */
  readonly path: string;
  /** The authority; "" for `*`. */
  readonly host: string;
  /** "http" or "https" of an absolute form; else "". */
  readonly scheme: string;
}

const ASTERISK: RequestTarget = { path: "*", host: "", scheme: "" };

/**
 * Reads a target that doesn't start with a slash (RFC 9112 sections 3.2.2 to 3.2.4): absolute form, authority form (CONNECT only,
 * with a port), asterisk (OPTIONS only). Null if it is none of them. Schemes other than http and https are refused, as in Envoy;
 * so is userinfo (RFC 9110 section 4.2.4), which Envoy drops.
 */
export function requestTarget(method: string, bytes: Buffer, from: number, to: number): RequestTarget | null {
  if (method === "CONNECT") {
    const authority = latin1(bytes, from, to);
    if (hostEnd(bytes, from, to) !== to || !/:[0-9]+$/.test(authority)) return null;
    return { path: "", host: authority, scheme: "" };
  }
  if (to - from === 1 && bytes[from] === 42) return method === "OPTIONS" ? ASTERISK : null;
  const start = latin1(bytes, from, Math.min(to, from + 8)).toLowerCase();
  const scheme = start.startsWith("http://") ? "http" : start === "https://" ? "https" : "";
  if (scheme === "") return null;
  const authority = from + scheme.length + 3;
  const end = hostEnd(bytes, authority, to);
  if (end === -1) return null;
  const host = latin1(bytes, authority, end);
  // An empty path is "/", but for OPTIONS "*" (RFC 9112 section 3.2.4).
  if (end === to) return { path: method === "OPTIONS" ? "*" : "/", host, scheme };
  if (bytes[end] === SLASH) return { path: latin1(bytes, end, to), host, scheme };
  if (bytes[end] === QUESTION) return { path: "/" + latin1(bytes, end, to), host, scheme };
  return null;
}
