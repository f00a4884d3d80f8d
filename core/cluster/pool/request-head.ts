import type { HeaderMap } from "../../contract/headers.ts";
import { properCaseName } from "./proper-case.ts";

/** How the body of a request is framed (RFC 9112 section 6). */
export interface RequestFraming {
  chunked: boolean;
  /** Bytes still to come, or -1 where no length was given. */
  remaining: number;
}

/** Methods whose request without a body needs no `content-length: 0` (RFC 9110 section 8.6, and Envoy). */
function needsNoLength(method: string): boolean {
  return method === "GET" || method === "HEAD" || method === "DELETE" || method === "TRACE" || method === "CONNECT";
}

/** The value of a content-length field, or -1 when it is none. */
function lengthOf(value: string): number {
  const n = value.length;
  if (n === 0 || n > 15) return -1;
  let length = 0;
  for (let i = 0; i < n; i++) {
    const digit = value.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return -1;
    length = length * 10 + digit;
  }
  return length;
}

/** How the names of the fields that are made here are written. */
interface Names {
  readonly host: string;
  readonly contentLength: string;
  readonly chunked: string;
  readonly upgrade: string;
}
const LOWER: Names = {
  host: "host: ",
  contentLength: "content-length: ",
  chunked: "transfer-encoding: chunked\r\n\r\n",
  upgrade: "connection: upgrade\r\nupgrade: ",
};
const PROPER: Names = {
  host: "Host: ",
  contentLength: "Content-Length: ",
  chunked: "Transfer-Encoding: chunked\r\n\r\n",
  upgrade: "Connection: upgrade\r\nUpgrade: ",
};

/** What of a cluster's settings shapes a head. */
export interface RequestHeadOptions {
  /** The target is a whole URL (RFC 9112 section 3.2.2). */
  readonly absoluteUrl: boolean;
  /** Names are written `Like-This`. */
  readonly properCase: boolean;
}

/**
 * The head of an HTTP/1.1 request, latin1, and how its body is framed. Fields that describe the connection are made here and
 * only here: those in the map are left out, so that no filter can make two framings of one message.
 * @param end no body follows. @param upgrade "" or the protocol to switch to; "connect" for CONNECT.
 */
export function requestHead(
  headers: HeaderMap,
  end: boolean,
  upgrade: string,
  options: RequestHeadOptions,
  framing: RequestFraming,
): string {
  const { method, list } = headers;
  const { properCase } = options;
  const names = properCase ? PROPER : LOWER;
  const connect = method === "CONNECT";
  const target = connect ? headers.authority : options.absoluteUrl ? absoluteTarget(headers) : headers.path;
  let text = method + " " + target + " HTTP/1.1\r\n" + names.host + headers.authority + "\r\n";
  let length = -1;
  for (let i = 0; i < list.length; i += 2) {
    const name = list[i];
    // By length first: nearly all names are done with one comparison of numbers.
    switch (name.length) {
      case 7:
        if (name === "upgrade") continue;
        break;
      case 10:
        if (name === "connection" || name === "keep-alive") continue;
        break;
      case 14:
        if (name === "content-length") {
          if (length < 0) length = lengthOf(list[i + 1]);
          continue;
        }
        break;
      case 16:
        if (name === "proxy-connection") continue;
        break;
      case 17:
        if (name === "transfer-encoding") continue;
        break;
    }
    text += (properCase ? properCaseName(name) : name) + ": " + list[i + 1] + "\r\n";
  }
  framing.chunked = false;
  framing.remaining = -1;
  if (connect) return text + "\r\n";
  if (upgrade !== "") return text + names.upgrade + upgrade + "\r\n\r\n";
  if (end) return length < 0 && needsNoLength(method) ? text + "\r\n" : text + names.contentLength + "0\r\n\r\n";
  if (length >= 0) {
    framing.remaining = length;
    return text + names.contentLength + length + "\r\n\r\n";
  }
  framing.chunked = true;
  return text + names.chunked;
}

function absoluteTarget({ scheme, authority, path }: HeaderMap): string {
  return `${scheme === "" ? "http" : scheme}://${authority}${path === "*" ? "" : path}`;
}
