import type { FilterScope, HttpFilter } from "../../core/contract/filter.ts";
import type { HeaderMap } from "../../core/contract/headers.ts";
import type { HttpStream } from "../../core/contract/stream.ts";
import type { HeaderMutation, HeaderMutationPerRoute } from "../../core/resources/filters/header-mutation.ts";
import { MutationList } from "./mutation-list.ts";
import { QueryMutations } from "./query-mutations.ts";

/** The compiled rules of one level. */
export interface MutationLevel {
  readonly request: MutationList;
  readonly query: QueryMutations;
  readonly requestTrailers: MutationList;
  readonly response: MutationList;
  readonly responseTrailers: MutationList;
}

/** The rules of route configuration, virtual host and route together: what `mergeMutations` makes. */
export interface MergedMutations extends HeaderMutationPerRoute {
  /** Least specific first. */
  readonly levels: readonly HeaderMutationPerRoute[];
}

/** All levels count, so none may be lost. Their order is the filter's choice and follows later. */
export function mergeMutations(levels: readonly HeaderMutationPerRoute[]): MergedMutations {
  return { ...(levels.at(-1) as HeaderMutationPerRoute), levels };
}

/** Compiles the levels of a route, least specific first. */
export function compileLevels(config: HeaderMutationPerRoute | MergedMutations): readonly MutationLevel[] {
  return "levels" in config ? config.levels.map(compileLevel) : [compileLevel(config)];
}

function compileLevel({ mutations }: HeaderMutationPerRoute): MutationLevel {
  return {
    request: new MutationList(mutations?.requestMutations ?? []),
    query: new QueryMutations(mutations?.queryParameterMutations ?? []),
    requestTrailers: new MutationList(mutations?.requestTrailersMutations ?? []),
    response: new MutationList(mutations?.responseMutations ?? []),
    responseTrailers: new MutationList(mutations?.responseTrailersMutations ?? []),
  };
}

/** What of a level a hook applies. */
type Part = "requestTrailers" | "response" | "responseTrailers";
const NONE: readonly MutationLevel[] = [];

/** Changes headers by the rules of the filter, then by those of the route's levels. */
export class HeaderMutationFilter implements HttpFilter {
  readonly #slot: number;
  readonly #own: MutationLevel;
  readonly #specificLast: boolean;

  constructor(config: HeaderMutation, scope: FilterScope) {
    this.#slot = scope.slot;
    this.#own = compileLevel(config);
    this.#specificLast = config.mostSpecificHeaderMutationsWins;
  }

  onRequestHeaders(s: HttpStream, headers: HeaderMap): void {
    applyRequest(this.#own, s, headers);
    const levels = this.#levels(s);
    const last = levels.length - 1;
    for (let i = 0; i <= last; i++) applyRequest(levels[this.#specificLast ? i : last - i], s, headers);
  }

  /** It does nothing but change the headers: what changed is told by whoever asks. */
  explain(s: HttpStream, headers: HeaderMap): void {
    this.onRequestHeaders(s, headers);
  }

  onRequestTrailers(s: HttpStream, trailers: HeaderMap): void {
    this.#apply("requestTrailers", s, trailers);
  }

  onResponseHeaders(s: HttpStream, headers: HeaderMap): void {
    this.#apply("response", s, headers);
  }

  onResponseTrailers(s: HttpStream, trailers: HeaderMap): void {
    this.#apply("responseTrailers", s, trailers);
  }

  #levels(s: HttpStream): readonly MutationLevel[] {
    return (s.routeConfig(this.#slot) as readonly MutationLevel[] | undefined) ?? NONE;
  }

  #apply(part: Part, s: HttpStream, headers: HeaderMap): void {
    this.#own[part].apply(s, headers);
    const levels = this.#levels(s);
    const last = levels.length - 1;
    for (let i = 0; i <= last; i++) levels[this.#specificLast ? i : last - i][part].apply(s, headers);
  }
}

function applyRequest(level: MutationLevel, s: HttpStream, headers: HeaderMap): void {
  level.request.apply(s, headers);
  headers.path = level.query.apply(s, headers.path);
}
