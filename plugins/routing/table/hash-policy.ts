import type { Hash64 } from "../../../core/contract/cluster.ts";
import type { HeaderMap } from "../../../core/contract/headers.ts";
import type { DownstreamConnection, HttpStream } from "../../../core/contract/stream.ts";
import { cookieValue } from "../../../core/match/cookie-matcher.ts";
import { filterStateText } from "../../../core/match/filter-state-matcher.ts";
import { Word64 } from "../../../core/match/hash/word64.ts";
import { xxHash64 } from "../../../core/match/hash/xx-hash64.ts";
import { headerValue } from "../../../core/match/header-matcher.ts";
import type { Report } from "../../../core/match/problem.ts";
import { queryValue } from "../../../core/match/query-parameter.ts";
import type { RegexRewrite } from "../../../core/match/regex-rewrite.ts";
import { toWire } from "../../../core/match/wire-text.ts";
import type { HashPolicy as HashPolicyConfig } from "../../../core/resources/route-action.ts";
import type { HashCookies } from "../../router/router-route.ts";
import { compileSubstitution } from "./path-rewrite.ts";

const HEADER = 0;
const COOKIE = 1;
const SOURCE_IP = 2;
const QUERY = 3;
const FILTER_STATE = 4;

interface Source {
  readonly kind: number;
  readonly name: string;
  readonly rewrite: RegexRewrite | null;
  readonly terminal: boolean;
  /** What follows the value in the `set-cookie` of a cookie that is made; null: none is. */
  readonly cookieSuffix: string | null;
}

/** Worked on by one request at a time. */
const part = new Word64();
const whole = new Word64();

/** The `hash_policy` list of a route, compiled. */
export class HashPolicy {
  readonly #sources: readonly Source[];

  constructor(sources: readonly Source[]) {
    this.#sources = sources;
  }

  /**
   * The hash of a request by the policies, or null when none of them has something to hash. The same as Envoy's: 64-bit xxHash, each turned by one bit
   * before the next is added. `cookies` takes those that are made for clients without one; null: none are made.
   */
  hash(stream: HttpStream, headers: HeaderMap, cookies: HashCookies | null): Hash64 | null {
    let found = false;
    whole.set(0, 0);
    for (const source of this.#sources) {
      if (hashSource(source, stream, headers, cookies)) {
        if (found) whole.rotateLeft(1);
        whole.xor(part.high, part.low);
        found = true;
      }
      if (source.terminal && found) break;
    }
    return found ? { high: whole.high, low: whole.low } : null;
  }
}

/** Puts the hash of what a policy looks at into `part`; false: it is not there. */
function hashSource(source: Source, stream: HttpStream, headers: HeaderMap, cookies: HashCookies | null): boolean {
  let text: string | undefined;
  switch (source.kind) {
    case HEADER:
      return hashHeader(source, headers);
    case COOKIE:
      text = cookieValue(headers, source.name);
      if (text === undefined || text === "") {
        if (cookies === null || source.cookieSuffix === null) return false;
        text = newCookie(stream.connection);
        cookies.add(`${source.name}="${text}"${source.cookieSuffix}`);
      }
      break;
    case SOURCE_IP:
      text = stream.clientAddress;
      if (text === "") return false;
      break;
    case QUERY:
      text = queryValue(headers.path, source.name);
      break;
    default:
      text = filterStateText(stream.filterState, source.name);
  }
  if (text === undefined) return false;
  xxHash64(text, part);
  return true;
}

/** All values of a header count, in an order of their own: each is hashed with the hash before as its seed. */
function hashHeader({ name, rewrite }: Source, headers: HeaderMap): boolean {
  const { list } = headers;
  let first = -1;
  let several = false;
  for (let i = 0; i < list.length; i += 2) {
    if (list[i] !== name) continue;
    if (first >= 0) several = true;
    else first = i;
  }
  if (several) {
    const values = headers.getAll(name).map((value) => (rewrite === null ? value : rewrite.replaceAll(value)));
    part.set(0, 0);
    for (const value of values.sort()) xxHash64(value, part, part.high, part.low);
    return true;
  }
  // Pseudo-headers are not in the list.
  const value = first >= 0 ? list[first + 1] : headerValue(headers, name);
  if (value === undefined) return false;
  xxHash64(rewrite === null ? value : rewrite.replaceAll(value), part);
  return true;
}

/** The same for all requests of a connection, so that those which race get the same host. */
function newCookie(connection: DownstreamConnection): string {
  const { remoteAddress, remotePort, localAddress, localPort } = connection;
  xxHash64(endpointText(remoteAddress, remotePort) + endpointText(localAddress, localPort), part);
  return hex(part.high) + hex(part.low);
}

function endpointText(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

function hex(half: number): string {
  return (half >>> 0).toString(16).padStart(8, "0");
}

/** Compiles a list of policies; null if it is empty. Mistakes are reported. */
export function compileHashPolicy(configs: readonly HashPolicyConfig[], report: Report): HashPolicy | null {
  const sources: Source[] = [];
  for (const config of configs) {
    const { terminal, header, cookie } = config;
    const add = (kind: number, name: string, more: Partial<Source> = {}): void => {
      sources.push({ kind, name, rewrite: null, terminal, cookieSuffix: null, ...more });
    };
    if (header !== undefined) {
      const rewrite = header.regexRewrite === undefined ? null : compileSubstitution(header.regexRewrite, report);
      add(HEADER, header.headerName, { rewrite });
    } else if (cookie !== undefined) add(COOKIE, toWire(cookie.name), { cookieSuffix: cookieSuffix(cookie) });
    else if (config.queryParameter !== undefined) add(QUERY, toWire(config.queryParameter.name));
    else if (config.filterState !== undefined) add(FILTER_STATE, config.filterState.key);
    else if (config.connectionProperties?.sourceIp === true) add(SOURCE_IP, "");
  }
  return sources.length === 0 ? null : new HashPolicy(sources);
}

/** Max-Age, path and attributes as Envoy writes them; a `ttl` of 0 is a cookie of the session. */
function cookieSuffix({ ttl, path, attributes }: NonNullable<HashPolicyConfig["cookie"]>): string | null {
  if (ttl === undefined) return null;
  const seconds = Math.floor(ttl / 1000);
  const own = attributes.map(({ name, value }) => (value === "" ? `; ${name}` : `; ${name}=${value}`)).join("");
  return toWire(`${seconds === 0 ? "" : `; Max-Age=${seconds}`}${path === "" ? "" : `; Path=${path}`}${own}; HttpOnly`);
}
