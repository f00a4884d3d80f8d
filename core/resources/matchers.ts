import type { Infer, Schema } from "./schema/index.ts";
import {
  bool,
  double,
  enumOf,
  headerName,
  int64,
  lazy,
  list,
  message,
  required,
  string,
  uint32Value,
  unsupported,
} from "./schema/index.ts";

/** A regular expression in RE2's syntax; it must match the whole text unless its user says otherwise. */
export const RegexMatcher = message(
  "envoy.type.matcher.v3.RegexMatcher",
  {
    regex: string({ minLength: 1, required: true }),
    /** Deprecated and without effect: RE2 is the only engine. */
    googleRe2: message("envoy.type.matcher.v3.RegexMatcher.GoogleRE2", { maxProgramSize: uint32Value() }),
  },
  { oneofs: [{ name: "engine_type", fields: ["googleRe2"] }], protoNames: { googleRe2: "google_re2" } },
);
export type RegexMatcher = Infer<typeof RegexMatcher>;

/** A replacement of what a regular expression matches. */
export const RegexMatchAndSubstitute = message("envoy.type.matcher.v3.RegexMatchAndSubstitute", {
  pattern: required(RegexMatcher),
  /** May hold `\1` to `\9` for groups. Default "". */
  substitution: string({ default: "", pattern: { regex: /^[^\0\n\r]*$/, wanted: "a text without NUL, CR and LF" } }),
});
export type RegexMatchAndSubstitute = Infer<typeof RegexMatchAndSubstitute>;

/** A test of a text: exactly one of the five is set. */
export const StringMatcher = message(
  "envoy.type.matcher.v3.StringMatcher",
  {
    exact: string(),
    prefix: string({ minLength: 1 }),
    suffix: string({ minLength: 1 }),
    safeRegex: RegexMatcher,
    contains: string({ minLength: 1 }),
    custom: unsupported("there are no string matcher extensions"),
    /** For all but `safeRegex`. Default false. */
    ignoreCase: bool({ default: false }),
  },
  {
    oneofs: [{ name: "match_pattern", fields: ["exact", "prefix", "suffix", "safeRegex", "contains", "custom"], required: true }],
  },
);
export type StringMatcher = Infer<typeof StringMatcher>;

/** Matches when one of its patterns does. */
export const ListStringMatcher = message("envoy.type.matcher.v3.ListStringMatcher", {
  patterns: list(StringMatcher, { min: 1 }),
});
export type ListStringMatcher = Infer<typeof ListStringMatcher>;

/** `start` is in the range, `end` is not. Both default to 0; beyond 2^53 the nearest double. */
export const Int64Range = message("envoy.type.v3.Int64Range", { start: int64({ default: 0 }), end: int64({ default: 0 }) });
export type Int64Range = Infer<typeof Int64Range>;

/** `start` is in the range, `end` is not. Both default to 0. */
export const DoubleRange = message("envoy.type.v3.DoubleRange", { start: double({ default: 0 }), end: double({ default: 0 }) });
export type DoubleRange = Infer<typeof DoubleRange>;

/**
 * A test of a header. At most one of the specifiers is set; with none, the header must be there. `stringMatch` is today's form, the
 * others but `rangeMatch` and `presentMatch` are deprecated ones that mean the same as a string match.
 */
export const HeaderMatcher = message(
  "envoy.config.route.v3.HeaderMatcher",
  {
    /** In lower case; may be a pseudo-header (`:method`). */
    name: headerName({ required: true }),
    exactMatch: string(),
    safeRegexMatch: RegexMatcher,
    /** The whole value as a decimal integer. */
    rangeMatch: Int64Range,
    presentMatch: bool(),
    prefixMatch: string({ minLength: 1 }),
    suffixMatch: string({ minLength: 1 }),
    containsMatch: string({ minLength: 1 }),
    stringMatch: StringMatcher,
    /** Default false. */
    invertMatch: bool({ default: false }),
    /** Whether a header that is not there counts as one with an empty value. Default false. */
    treatMissingHeaderAsEmpty: bool({ default: false }),
  },
  {
    oneofs: [
      {
        name: "header_match_specifier",
        fields: [
          "exactMatch",
          "safeRegexMatch",
          "rangeMatch",
          "presentMatch",
          "prefixMatch",
          "suffixMatch",
          "containsMatch",
          "stringMatch",
        ],
      },
    ],
  },
);
export type HeaderMatcher = Infer<typeof HeaderMatcher>;

/** A test of a parameter of the query. With neither specifier, the parameter must be there. */
export const QueryParameterMatcher = message(
  "envoy.config.route.v3.QueryParameterMatcher",
  {
    name: string({ minLength: 1, maxBytes: 1024, required: true }),
    stringMatch: StringMatcher,
    presentMatch: bool(),
  },
  { oneofs: [{ name: "query_parameter_match_specifier", fields: ["stringMatch", "presentMatch"] }] },
);
export type QueryParameterMatcher = Infer<typeof QueryParameterMatcher>;

/** A test of a cookie; one that is not there does not match, before `invertMatch`. */
export const CookieMatcher = message("envoy.config.route.v3.CookieMatcher", {
  name: string({ minLength: 1, maxBytes: 1024, required: true }),
  stringMatch: required(StringMatcher),
  /** Default false. */
  invertMatch: bool({ default: false }),
});
export type CookieMatcher = Infer<typeof CookieMatcher>;

/** A test of a number: exactly one is set. */
export const DoubleMatcher = message(
  "envoy.type.matcher.v3.DoubleMatcher",
  { range: DoubleRange, exact: double() },
  { oneofs: [{ name: "match_pattern", fields: ["range", "exact"], required: true }] },
);
export type DoubleMatcher = Infer<typeof DoubleMatcher>;

/** A test of a JSON value: exactly one is set. */
/** Matches a value of any kind. */
export interface ValueMatcher {
  readonly nullMatch: Readonly<Record<never, never>> | undefined;
  readonly doubleMatch: DoubleMatcher | undefined;
  readonly stringMatch: StringMatcher | undefined;
  readonly boolMatch: boolean | undefined;
  /** True: the value is there and not null. */
  readonly presentMatch: boolean | undefined;
  /** Matches a list when `oneOf` matches one of its items. */
  readonly listMatch: { readonly oneOf: ValueMatcher | undefined } | undefined;
  readonly orMatch: { readonly valueMatchers: readonly ValueMatcher[] } | undefined;
}
export const ValueMatcher: Schema<ValueMatcher> = message(
  "envoy.type.matcher.v3.ValueMatcher",
  {
    nullMatch: message("envoy.type.matcher.v3.ValueMatcher.NullMatch", {}),
    doubleMatch: DoubleMatcher,
    stringMatch: StringMatcher,
    boolMatch: bool(),
    presentMatch: bool(),
    listMatch: message(
      "envoy.type.matcher.v3.ListMatcher",
      { oneOf: lazy(() => ValueMatcher) },
      { oneofs: [{ name: "match_pattern", fields: ["oneOf"], required: true }] },
    ),
    orMatch: message("envoy.type.matcher.v3.OrMatcher", {
      valueMatchers: list(
        lazy(() => ValueMatcher),
        { min: 2 },
      ),
    }),
  },
  {
    oneofs: [
      {
        name: "match_pattern",
        fields: ["nullMatch", "doubleMatch", "stringMatch", "boolMatch", "presentMatch", "listMatch", "orMatch"],
        required: true,
      },
    ],
  },
);

/** A test of metadata: `path` leads from the namespace `filter` to the value. */
export const MetadataMatcher = message("envoy.type.matcher.v3.MetadataMatcher", {
  filter: string({ minLength: 1, required: true }),
  path: list(
    message(
      "envoy.type.matcher.v3.MetadataMatcher.PathSegment",
      { key: string({ minLength: 1 }) },
      { oneofs: [{ name: "segment", fields: ["key"], required: true }] },
    ),
    { min: 1 },
  ),
  value: required(ValueMatcher),
  /** Default false. */
  invert: bool({ default: false }),
});
export type MetadataMatcher = Infer<typeof MetadataMatcher>;

/** A test of an object of the filter state, by its text. */
export const FilterStateMatcher = message(
  "envoy.type.matcher.v3.FilterStateMatcher",
  {
    key: string({ minLength: 1, required: true }),
    stringMatch: StringMatcher,
    addressMatch: unsupported("filter state holds text only"),
  },
  { oneofs: [{ name: "matcher", fields: ["stringMatch", "addressMatch"], required: true }] },
);
export type FilterStateMatcher = Infer<typeof FilterStateMatcher>;

/** How two numbers are compared. */
export const ComparisonOp = enumOf(["EQ", "GE", "LE", "NE"], { default: "EQ" });
export type ComparisonOp = Infer<typeof ComparisonOp>;
