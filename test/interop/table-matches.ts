import type { Json } from "../lib/bootstrap.ts";
import { direct, exact, regex, to } from "./route-parts.ts";

/** A header match below /h/NAME, that goes to a; what misses goes to the fallback at the end. */
const byHeader = (name: string, ...headers: Json[]): Json => to({ prefix: `/h/${name}`, headers });
const byQuery = (name: string, ...parameters: Json[]): Json => to({ prefix: `/q/${name}`, query_parameters: parameters });
const byCookie = (name: string, ...cookies: Json[]): Json => to({ prefix: `/c/${name}`, cookies });

/** Routes by every kind of match. */
export const matches: Json[] = [
  to({ prefix: "/prefix/" }),
  to({ path: "/exact" }),
  to({ path: "/NoCase", case_sensitive: false }),
  to({ prefix: "/NoPrefixCase/", case_sensitive: false }),
  to({ path_separated_prefix: "/sep" }),
  to({ path_separated_prefix: "/sepcase", case_sensitive: false }),
  to({ safe_regex: regex("/re/[0-9]+/item") }),
  to({ safe_regex: regex("/(?i:rei)/(a|b)c*") }),
  to({ safe_regex: regex("/re-alt/a|/re-alt/b") }),
  byHeader("exact", { name: "x-h", ...exact("one") }),
  byHeader("nocase", { name: "x-h", string_match: { exact: "One", ignore_case: true } }),
  byHeader("prefix", { name: "x-h", string_match: { prefix: "on" } }),
  byHeader("suffix", { name: "x-h", string_match: { suffix: "ne" } }),
  byHeader("contains", { name: "x-h", string_match: { contains: "n" } }),
  byHeader("regex", { name: "x-h", string_match: { safe_regex: regex("o[a-z]+e") } }),
  byHeader("present", { name: "x-h", present_match: true }),
  byHeader("absent", { name: "x-h", present_match: false }),
  byHeader("range", { name: "x-n", range_match: { start: "-5", end: "10" } }),
  byHeader("invert", { name: "x-h", ...exact("one"), invert_match: true }),
  byHeader("empty", { name: "x-h", ...exact(""), treat_missing_header_as_empty: true }),
  byHeader("missing-inverted", { name: "x-h", ...exact("one"), invert_match: true, treat_missing_header_as_empty: true }),
  byHeader("two", { name: "x-h", ...exact("one") }, { name: "x-n", ...exact("2") }),
  byHeader("method", { name: ":method", ...exact("PUT") }),
  byHeader("authority", { name: ":authority", string_match: { prefix: "test." } }),
  byHeader("path", { name: ":path", string_match: { contains: "deep" } }),
  { match: { prefix: "/h/" }, direct_response: direct("header fallback", 404) },
  byQuery("exact", { name: "k", ...exact("v") }),
  byQuery("prefix", { name: "k", string_match: { prefix: "v" } }),
  byQuery("suffix", { name: "k", string_match: { suffix: "v" } }),
  byQuery("nocase", { name: "k", string_match: { exact: "V", ignore_case: true } }),
  byQuery("regex", { name: "k", string_match: { safe_regex: regex("v[0-9]*") } }),
  byQuery("present", { name: "k", present_match: true }),
  byQuery("two", { name: "k", ...exact("v") }, { name: "l", present_match: true }),
  { match: { prefix: "/q/" }, direct_response: direct("query fallback", 404) },
  byCookie("exact", { name: "k", ...exact("v") }),
  byCookie("prefix", { name: "k", string_match: { prefix: "v" } }),
  byCookie("invert", { name: "k", ...exact("v"), invert_match: true }),
  byCookie("two", { name: "k", ...exact("v") }, { name: "l", ...exact("w") }),
  { match: { prefix: "/c/" }, direct_response: direct("cookie fallback", 404) },
  to({ prefix: "/fraction", runtime_fraction: { default_value: { numerator: 0, denominator: "HUNDRED" } } }, { cluster: "b" }),
  to({ prefix: "/fraction", runtime_fraction: { default_value: { numerator: 100, denominator: "HUNDRED" } } }),
  to(
    {
      prefix: "/runtime",
      runtime_fraction: { default_value: { numerator: 100, denominator: "HUNDRED" }, runtime_key: "route.off" },
    },
    { cluster: "b" },
  ),
  to({
    prefix: "/runtime",
    runtime_fraction: { default_value: { numerator: 0, denominator: "TEN_THOUSAND" }, runtime_key: "route.on" },
  }),
  to({ prefix: "/grpc", grpc: {} }),
  { match: { prefix: "/grpc" }, direct_response: direct("no grpc", 404) },
  to(
    {
      prefix: "/metadata",
      dynamic_metadata: [{ filter: "none", path: [{ key: "k" }], value: { string_match: { exact: "v" } } }],
    },
    { cluster: "b" },
  ),
  to({
    prefix: "/metadata",
    dynamic_metadata: [{ filter: "none", path: [{ key: "k" }], value: { present_match: true }, invert: true }],
  }),
  to({ prefix: "/state", filter_state: [{ key: "none", string_match: { exact: "v" } }] }, { cluster: "b" }),
  to({ prefix: "/state" }),
];
