import type { HeaderMap } from "../../../core/contract/headers.ts";
import type { HttpStream } from "../../../core/contract/stream.ts";
import { cookieValue } from "../../../core/match/cookie-matcher.ts";
import { filterStateText } from "../../../core/match/filter-state-matcher.ts";
import { headerValue } from "../../../core/match/header-matcher.ts";
import type { Report } from "../../../core/match/problem.ts";
import { queryValue } from "../../../core/match/query-parameter.ts";
import type { RegexRewrite } from "../../../core/match/regex-rewrite.ts";
import { toWire } from "../../../core/match/wire-text.ts";
import type { HashPolicy as HashPolicyConfig } from "../../../core/resources/route-action.ts";
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
}

/** The `hash_policy` list of a route, compiled. */
export class HashPolicy {
  readonly #sources: readonly Source[];

  constructor(sources: readonly Source[]) {
    this.#sources = sources;
  }

  /**
   * The hash of a request by the policies, an integer from 0 to 2^32 - 1, or undefined when none of them has something to hash. The same request gives the same hash in
   * every process. (Envoy combines 64-bit xxHashes: the numbers differ from Envoy's.)
   */
  hash(stream: HttpStream, headers: HeaderMap): number | undefined {
    let hash: number | undefined;
    for (const source of this.#sources) {
      const text = read(source, stream, headers);
      if (text !== undefined) {
        const part = hashText(source.rewrite === null ? text : source.rewrite.replaceAll(text));
        hash = hash === undefined ? part : (((hash << 1) | (hash >>> 31)) ^ part) >>> 0;
      }
      if (source.terminal && hash !== undefined) break;
    }
    return hash;
  }
}

function read(source: Source, stream: HttpStream, headers: HeaderMap): string | undefined {
  switch (source.kind) {
    case HEADER:
      return headerValue(headers, source.name);
    case COOKIE:
      return cookieValue(headers, source.name);
    case SOURCE_IP:
      return stream.clientAddress;
    case QUERY:
      return queryValue(headers.path, source.name);
    default:
      return filterStateText(stream.filterState, source.name);
  }
}

/** FNV-1a with MurmurHash3's finalizer. */
function hashText(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Compiles a list of policies; null if it is empty. Mistakes are reported. */
export function compileHashPolicy(configs: readonly HashPolicyConfig[], report: Report): HashPolicy | null {
  const sources: Source[] = [];
  for (const config of configs) {
    const { terminal } = config;
    const add = (kind: number, name: string, rewrite: RegexRewrite | null = null): void => {
      sources.push({ kind, name, rewrite, terminal });
    };
    if (config.header !== undefined) {
      const rewrite = config.header.regexRewrite === undefined ? null : compileSubstitution(config.header.regexRewrite, report);
      add(HEADER, config.header.headerName, rewrite);
    } else if (config.cookie !== undefined) add(COOKIE, toWire(config.cookie.name));
    else if (config.queryParameter !== undefined) add(QUERY, toWire(config.queryParameter.name));
    else if (config.filterState !== undefined) add(FILTER_STATE, config.filterState.key);
    else if (config.connectionProperties?.sourceIp === true) add(SOURCE_IP, "");
  }
  return sources.length === 0 ? null : new HashPolicy(sources);
}
