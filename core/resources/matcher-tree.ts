import type { Infer, Schema } from "./schema/index.ts";
import { any, bool, headerName, lazy, list, map, message, required, string } from "./schema/index.ts";

/** The xDS project's own TypedExtensionConfig: the same as Envoy's. */
export const XdsTypedExtensionConfig = message("xds.core.v3.TypedExtensionConfig", {
  name: string({ minLength: 1, required: true }),
  typedConfig: any({ required: true }),
});
export type XdsTypedExtensionConfig = Infer<typeof XdsTypedExtensionConfig>;

const XdsRegexMatcher = message(
  "xds.type.matcher.v3.RegexMatcher",
  {
    regex: string({ minLength: 1, required: true }),
    googleRe2: message("xds.type.matcher.v3.RegexMatcher.GoogleRE2", {}),
  },
  { oneofs: [{ name: "engine_type", fields: ["googleRe2"], required: true }], protoNames: { googleRe2: "google_re2" } },
);

/** The xDS project's own StringMatcher: as Envoy's, but a regular expression must name its engine. */
export const XdsStringMatcher = message(
  "xds.type.matcher.v3.StringMatcher",
  {
    exact: string(),
    prefix: string({ minLength: 1 }),
    suffix: string({ minLength: 1 }),
    safeRegex: XdsRegexMatcher,
    contains: string({ minLength: 1 }),
    /** For all but `safeRegex`. Default false. */
    ignoreCase: bool({ default: false }),
  },
  { oneofs: [{ name: "match_pattern", fields: ["exact", "prefix", "suffix", "safeRegex", "contains"], required: true }] },
);
export type XdsStringMatcher = Infer<typeof XdsStringMatcher>;

/**
 * The unified matcher: a tree that ends in actions (for routes: `envoy.config.route.v3.Route` or `RouteList`). At most one of list and
 * tree is set.
 */
/** A tree or list of matches, each with an action or a further matcher. */
export interface Matcher {
  readonly matcherList: MatcherList | undefined;
  readonly matcherTree: MatcherTree | undefined;
  /** When nothing matched. Unset: the whole matcher does not match. */
  readonly onNoMatch: OnMatch | undefined;
}
/** Predicates that are tried in order; the first that holds decides. */
export interface MatcherList {
  readonly matchers: readonly { readonly predicate: Predicate; readonly onMatch: OnMatch }[];
}
/** One input, looked up in a map; one of the three is set. */
export interface MatcherTree {
  readonly input: XdsTypedExtensionConfig;
  readonly exactMatchMap: { readonly map: Readonly<Record<string, OnMatch>> } | undefined;
  /** The longest prefix wins. */
  readonly prefixMatchMap: { readonly map: Readonly<Record<string, OnMatch>> } | undefined;
  readonly customMatch: XdsTypedExtensionConfig | undefined;
}
/** Where a match leads: to another matcher, or to an action. */
export interface OnMatch {
  readonly matcher: Matcher | undefined;
  readonly action: XdsTypedExtensionConfig | undefined;
}
/** A condition: exactly one is set. */
export interface Predicate {
  readonly singlePredicate: SinglePredicate | undefined;
  readonly orMatcher: { readonly predicate: readonly Predicate[] } | undefined;
  readonly andMatcher: { readonly predicate: readonly Predicate[] } | undefined;
  readonly notMatcher: Predicate | undefined;
}
/** A test of one input: exactly one of the two is set. */
export interface SinglePredicate {
  readonly input: XdsTypedExtensionConfig;
  readonly valueMatch: XdsStringMatcher | undefined;
  readonly customMatch: XdsTypedExtensionConfig | undefined;
}

const M = "xds.type.matcher.v3.Matcher";

const OnMatch: Schema<OnMatch> = message(
  `${M}.OnMatch`,
  { matcher: lazy(() => Matcher), action: XdsTypedExtensionConfig },
  { oneofs: [{ name: "on_match", fields: ["matcher", "action"], required: true }] },
);

const SinglePredicate: Schema<SinglePredicate> = message(
  `${M}.MatcherList.Predicate.SinglePredicate`,
  { input: required(XdsTypedExtensionConfig), valueMatch: XdsStringMatcher, customMatch: XdsTypedExtensionConfig },
  { oneofs: [{ name: "matcher", fields: ["valueMatch", "customMatch"], required: true }] },
);

const PredicateList = message(`${M}.MatcherList.Predicate.PredicateList`, {
  predicate: list(
    lazy((): Schema<Predicate> => Predicate),
    { min: 2 },
  ),
});

const Predicate: Schema<Predicate> = message(
  `${M}.MatcherList.Predicate`,
  {
    singlePredicate: SinglePredicate,
    orMatcher: PredicateList,
    andMatcher: PredicateList,
    notMatcher: lazy((): Schema<Predicate> => Predicate),
  },
  { oneofs: [{ name: "match_type", fields: ["singlePredicate", "orMatcher", "andMatcher", "notMatcher"], required: true }] },
);

const MatchMap = message(`${M}.MatcherTree.MatchMap`, { map: map(OnMatch, { min: 1 }) });

export const Matcher: Schema<Matcher> = message(
  M,
  {
    matcherList: message(`${M}.MatcherList`, {
      matchers: list(message(`${M}.MatcherList.FieldMatcher`, { predicate: required(Predicate), onMatch: required(OnMatch) }), {
        min: 1,
      }),
    }),
    matcherTree: message(
      `${M}.MatcherTree`,
      {
        input: required(XdsTypedExtensionConfig),
        exactMatchMap: MatchMap,
        prefixMatchMap: MatchMap,
        customMatch: XdsTypedExtensionConfig,
      },
      { oneofs: [{ name: "tree_type", fields: ["exactMatchMap", "prefixMatchMap", "customMatch"], required: true }] },
    ),
    onNoMatch: OnMatch,
  },
  { oneofs: [{ name: "matcher_type", fields: ["matcherList", "matcherTree"] }] },
);

/** Input of a matcher: a request header. */
export const HttpRequestHeaderMatchInput = message("envoy.type.matcher.v3.HttpRequestHeaderMatchInput", {
  headerName: headerName({ required: true }),
});
export type HttpRequestHeaderMatchInput = Infer<typeof HttpRequestHeaderMatchInput>;

/** Input of a matcher: a parameter of the query. */
export const HttpRequestQueryParamMatchInput = message("envoy.type.matcher.v3.HttpRequestQueryParamMatchInput", {
  queryParam: string({ minLength: 1, required: true }),
});
export type HttpRequestQueryParamMatchInput = Infer<typeof HttpRequestQueryParamMatchInput>;
