import { toWire } from "../../core/match/wire-text.ts";
import { isIP } from "../../core/resources/ip.ts";
import type { ExplainRequest } from "../../core/server/explain/explain-request.ts";

/** A request to explain as the command line and `POST /explain` put it. All but `method` and `url` may be left out. */
export interface Ask {
  readonly method: string;
  readonly url: string;
  /** "name: value", in order. */
  readonly headers?: readonly string[];
  /** The client's address. Default 127.0.0.1. */
  readonly from?: string;
  /** The name asked for by SNI. Default, with https: the URL's host. */
  readonly sni?: string;
  /** Protocols offered by ALPN. Default: http/1.1. */
  readonly alpn?: readonly string[];
  /** Port of the listener, when it is not the URL's. */
  readonly port?: number;
  /** Name of the listener. */
  readonly listener?: string;
  /** Bytes of body. Default 0. */
  readonly data?: number;
  /** Every route that was looked at, also those whose path does not match. Default false. */
  readonly all?: boolean;
}

const KEYS: ReadonlySet<string> = new Set(["method", "url", "headers", "from", "sni", "alpn", "port", "listener", "data", "all"]);
const MOST_URL = 65_536;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const SHOWN = 80;

/** The request, or a sentence that says what is wrong with it. */
export function readAsk(ask: unknown): ExplainRequest | string {
  if (typeof ask !== "object" || ask === null || Array.isArray(ask))
    return "found no JSON object, wanted one with method and url";
  const given = ask as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(given))
    if (!KEYS.has(key)) return `found the member ${quote(key)}, wanted ${[...KEYS].join(", ")}`;
  const {
    method,
    url,
    headers = [],
    from = "127.0.0.1",
    sni,
    alpn = ["http/1.1"],
    port,
    listener,
    data = 0,
    all = false,
  } = given;
  if (typeof method !== "string" || !TOKEN.test(method) || method.length > 64)
    return `method: found ${quote(method)}, wanted a token such as GET`;
  if (typeof url !== "string") return `url: found ${quote(url)}, wanted a URL such as http://example.com/path`;
  const target = readUrl(url);
  if (typeof target === "string") return target;
  if (!Array.isArray(headers)) return `headers: found ${quote(headers)}, wanted a list of "name: value"`;
  const lines: (readonly [string, string])[] = [];
  for (const line of headers as readonly unknown[]) {
    const header = readHeader(line);
    if (typeof header === "string") return header;
    lines.push(header);
  }
  if (typeof from !== "string" || isIP(from) === 0) return `from: found ${quote(from)}, wanted an IP address`;
  if (sni !== undefined && (typeof sni !== "string" || !/^[A-Za-z0-9._*-]{0,255}$/.test(sni)))
    return `sni: found ${quote(sni)}, wanted a host name`;
  if (!Array.isArray(alpn) || !alpn.every((one) => typeof one === "string"))
    return `alpn: found ${quote(alpn)}, wanted a list of protocols such as h2`;
  if (port !== undefined && !isWhole(port, 65_535)) return `port: found ${quote(port)}, wanted a whole number from 0 to 65535`;
  if (listener !== undefined && typeof listener !== "string") return `listener: found ${quote(listener)}, wanted its name`;
  if (!isWhole(data, Number.MAX_SAFE_INTEGER)) return `data: found ${quote(data)}, wanted a number of bytes`;
  if (typeof all !== "boolean") return `all: found ${quote(all)}, wanted true or false`;
  const connect = method === "CONNECT";
  const host = target.authority.replace(/:\d*$/, "");
  return {
    method,
    scheme: target.scheme,
    authority: target.authority,
    // The URL of a CONNECT is where the tunnel goes.
    port: connect ? undefined : target.port,
    listenerPort: port as number | undefined,
    listenerName: listener,
    path: connect ? target.authority : target.path,
    headers: lines,
    bodyBytes: data as number,
    from,
    serverName: sni ?? (target.scheme === "https" && isIP(host.replace(/^\[|\]$/g, "")) === 0 ? host.toLowerCase() : ""),
    applicationProtocols: alpn as readonly string[],
  };
}

interface Target {
  readonly scheme: "http" | "https";
  readonly authority: string;
  readonly port: number | undefined;
  readonly path: string;
}

/** A URL as it is: nothing is decoded or made shorter, since what the gateway does with it is the question. */
function readUrl(url: string): Target | string {
  const wanted = "wanted a URL such as http://example.com/path";
  if (url.length > MOST_URL) return `url: found ${url.length} characters, wanted at most ${MOST_URL}`;
  const match = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#]*)([^#]*)/.exec(url);
  if (match === null) return `url: found ${quote(url)}, ${wanted}`;
  const [, scheme, authority, rest] = match;
  const lower = scheme.toLowerCase();
  if (lower !== "http" && lower !== "https") return `url: found the scheme ${quote(scheme)}, wanted http or https`;
  if (authority.includes("@")) return `url: found a user in ${quote(authority)}, wanted a header authorization instead`;
  const parts = /^(\[[0-9A-Fa-f:.]+\]|[^:[\]\s]+)(?::(\d{1,5}))?$/.exec(authority);
  if (parts === null) return `url: found the host ${quote(authority)}, ${wanted}`;
  const port = (parts[2] as string | undefined) === undefined ? undefined : Number(parts[2]);
  if (port !== undefined && port > 65_535) return `url: found port ${port}, wanted at most 65535`;
  const path = toWire(rest.startsWith("/") ? rest : `/${rest}`);
  const bad = /[\0-\x20\x7f]/.exec(path);
  if (bad !== null) return `url: found the character ${quote(bad[0])} in it, wanted it percent-encoded`;
  return { scheme: lower, authority: toWire(authority), port, path };
}

function readHeader(line: unknown): readonly [string, string] | string {
  const wanted = 'wanted "name: value"';
  if (typeof line !== "string") return `headers: found ${quote(line)}, ${wanted}`;
  const colon = line.indexOf(":", 1);
  if (colon < 0) return `header: found ${quote(line)}, ${wanted}`;
  const name = line.slice(0, colon);
  if (!TOKEN.test(name)) return `header: found the name ${quote(name)}, wanted a token`;
  const value = toWire(line.slice(colon + 1).trim());
  if (/[\0-\x08\x0a-\x1f\x7f]/.test(value))
    return `header ${name}: found ${quote(value)}, wanted a value without line breaks and control characters`;
  return [name, value];
}

function isWhole(value: unknown, most: number): boolean {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value <= most;
}

function quote(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) return "none";
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}...` : text;
}
