import type { RuntimeReader } from "../../../core/contract/filter.ts";
import type { HeaderMap } from "../../../core/contract/headers.ts";
import type { HttpStream } from "../../../core/contract/stream.ts";
import { type CookieMatcher, compileCookieMatcher } from "../../../core/match/cookie-matcher.ts";
import { streamDraw } from "../../../core/match/draw.ts";
import { compileFilterStateMatcher, type FilterStateMatcher } from "../../../core/match/filter-state-matcher.ts";
import { compileRuntimeFraction, type Fraction } from "../../../core/match/fraction.ts";
import { compileHeaderMatcher, type HeaderMatcher, headerValue } from "../../../core/match/header-matcher.ts";
import { compileMetadataMatcher, type MetadataMatcher } from "../../../core/match/metadata-matcher.ts";
import type { Report } from "../../../core/match/problem.ts";
import { compileQueryParameterMatcher, type QueryParameterMatcher, queryValue } from "../../../core/match/query-parameter.ts";
import type { RouteMatch } from "../../../core/resources/route-match.ts";
import { isSecretHeader } from "../../admin/redact.ts";

/** What a route wants besides its path, compiled. All of it has to match. */
export class RouteConditions {
  /** Nothing is wanted. */
  readonly none: boolean;
  /** Exact values wanted of headers ("h:name") and query parameters ("q:name"): what an index may look up. */
  readonly exactValues: ReadonlyMap<string, string>;
  readonly #fraction: Fraction | null;
  readonly #grpc: boolean;
  readonly #headers: readonly HeaderMatcher[];
  readonly #parameters: readonly QueryParameterMatcher[];
  readonly #cookies: readonly CookieMatcher[];
  readonly #certificatePresented: boolean | undefined;
  readonly #certificateValidated: boolean | undefined;
  readonly #metadata: readonly MetadataMatcher[];
  readonly #filterState: readonly FilterStateMatcher[];

  constructor(match: RouteMatch, runtime: RuntimeReader, report: Report) {
    this.#fraction = match.runtimeFraction === undefined ? null : compileRuntimeFraction(match.runtimeFraction, runtime);
    this.#grpc = match.grpc !== undefined;
    this.#headers = match.headers.map((config) => compileHeaderMatcher(config, report));
    this.#parameters = match.queryParameters.map((config) => compileQueryParameterMatcher(config, report));
    this.#cookies = match.cookies.map((config) => compileCookieMatcher(config, report));
    this.#certificatePresented = match.tlsContext?.presented;
    this.#certificateValidated = match.tlsContext?.validated;
    this.#metadata = match.dynamicMetadata.map((config) => compileMetadataMatcher(config, report));
    this.#filterState = match.filterState.map((config) => compileFilterStateMatcher(config, report));
    this.none =
      this.#fraction === null &&
      !this.#grpc &&
      this.#headers.length === 0 &&
      this.#parameters.length === 0 &&
      this.#cookies.length === 0 &&
      this.#certificatePresented === undefined &&
      this.#certificateValidated === undefined &&
      this.#metadata.length === 0 &&
      this.#filterState.length === 0;
    this.exactValues = exactValues(this.#headers, this.#parameters);
  }

  /** `query`: where the `?` stands in the path, or -1. */
  match(stream: HttpStream, headers: HeaderMap, query: number): boolean {
    if (this.#fraction !== null && !this.#fraction.match(streamDraw(stream.id))) return false;
    if (this.#grpc && !isGrpcRequest(headers)) return false;
    for (let i = 0; i < this.#headers.length; i++) if (!this.#headers[i].match(headers)) return false;
    for (let i = 0; i < this.#parameters.length; i++) if (!this.#parameters[i].match(headers.path, query)) return false;
    for (let i = 0; i < this.#cookies.length; i++) if (!this.#cookies[i].match(headers)) return false;
    if (!this.#matchCertificate(stream)) return false;
    for (let i = 0; i < this.#metadata.length; i++) if (!this.#metadata[i].match(stream.dynamicMetadata)) return false;
    for (let i = 0; i < this.#filterState.length; i++) if (!this.#filterState[i].match(stream.filterState)) return false;
    return true;
  }

  #matchCertificate(stream: HttpStream): boolean {
    const tls = stream.connection.tls;
    if (this.#certificatePresented !== undefined && this.#certificatePresented !== (tls !== null && tls.peerPresented))
      return false;
    return this.#certificateValidated === undefined || this.#certificateValidated === (tls !== null && tls.peerValidated);
  }

  /** The fraction of requests that the route is for, or null: for all. */
  get fraction(): Fraction | null {
    return this.#fraction;
  }

  /** The first condition that does not hold, in words, or "" if all do but the fraction, which is not asked. For `explain`. */
  firstMiss(stream: HttpStream, headers: HeaderMap, query: number): string {
    if (this.#grpc && !isGrpcRequest(headers))
      return `wanted a gRPC request, found content-type ${found(headers.get("content-type"))}`;
    for (const matcher of this.#headers) {
      if (matcher.match(headers)) continue;
      if (isSecretHeader(matcher.name)) return `header ${matcher.name} does not match (its value is a secret)`;
      return `wanted ${matcher.describe()}, found ${found(headerValue(headers, matcher.name))}`;
    }
    for (const matcher of this.#parameters) {
      if (matcher.match(headers.path, query)) continue;
      if (isSecretHeader(matcher.name)) return `query parameter ${matcher.name} does not match (its value is a secret)`;
      return `wanted ${matcher.describe()}, found ${found(queryValue(headers.path, matcher.name))}`;
    }
    for (const matcher of this.#cookies) if (!matcher.match(headers)) return `wanted ${matcher.describe()}`;
    if (!this.#matchCertificate(stream)) {
      return `wanted a client certificate with presented=${this.#certificatePresented ?? "any"}, validated=${this.#certificateValidated ?? "any"}`;
    }
    for (const matcher of this.#metadata) if (!matcher.match(stream.dynamicMetadata)) return `wanted ${matcher.describe()}`;
    for (const matcher of this.#filterState) if (!matcher.match(stream.filterState)) return `wanted ${matcher.describe()}`;
    return "";
  }
}

function found(value: string | undefined): string {
  return value === undefined ? "none" : JSON.stringify(value);
}

function exactValues(
  headers: readonly HeaderMatcher[],
  parameters: readonly QueryParameterMatcher[],
): ReadonlyMap<string, string> {
  if (headers.length + parameters.length === 0) return NO_VALUES;
  const values = new Map<string, string>();
  for (const matcher of headers) if (matcher.exactValue !== undefined) values.set(`h:${matcher.name}`, matcher.exactValue);
  for (const matcher of parameters) if (matcher.exactValue !== undefined) values.set(`q:${matcher.name}`, matcher.exactValue);
  return values;
}

/** Shared: most routes have no conditions. */
const NO_VALUES: ReadonlyMap<string, string> = new Map();
const GRPC = "application/grpc";

/** Whether the content type is `application/grpc` or begins with `application/grpc+` (Envoy: "Grpc::Common::hasGrpcContentType"). */
export function isGrpcRequest(headers: HeaderMap): boolean {
  const type = headers.get("content-type");
  if (type === undefined || !type.startsWith(GRPC)) return false;
  return type.length === GRPC.length || type.charCodeAt(GRPC.length) === 43;
}
