import { typed } from "../lib/bootstrap.ts";
import type { Json } from "../lib/bootstrap.ts";
import { direct, to } from "./route-parts.ts";

/** A matcher tree: a prefix map on the path, in which a list with predicates stands. */
export function matcherTree(): Json {
  const input = (message: string, fields: Json): Json => ({ name: "input", typed_config: typed(message, fields) });
  const path = input("envoy.type.matcher.v3.HttpRequestHeaderMatchInput", { header_name: ":path" });
  const byHeaderInput = (name: string): Json => input("envoy.type.matcher.v3.HttpRequestHeaderMatchInput", { header_name: name });
  const route = (name: string, more: Json = {}): Json => ({
    action: {
      name,
      typed_config: typed("envoy.config.route.v3.Route", { match: { prefix: "/" }, direct_response: direct(name), ...more }),
    },
  });
  const single = (name: string, value: Json): Json => ({ single_predicate: { input: byHeaderInput(name), value_match: value } });
  const list: Json = {
    matcher_list: {
      matchers: [
        { predicate: single("x-t", { exact: "single" }), on_match: route("tree single") },
        {
          predicate: { and_matcher: { predicate: [single("x-t", { prefix: "both" }), single("x-u", { suffix: "both" })] } },
          on_match: route("tree and"),
        },
        {
          predicate: { or_matcher: { predicate: [single("x-t", { exact: "or" }), single("x-u", { exact: "or" })] } },
          on_match: route("tree or"),
        },
        {
          predicate: { not_matcher: single("x-t", { safe_regex: { google_re2: {}, regex: ".+" } }) },
          on_match: route("tree not"),
        },
      ],
    },
    on_no_match: route("tree list fallback"),
  };
  const routes = [
    { match: { prefix: "/tree/list/deep/one" }, direct_response: direct("tree route list one") },
    { match: { prefix: "/tree/list/deep" }, direct_response: direct("tree route list deep") },
  ];
  return {
    matcher_tree: {
      input: path,
      prefix_match_map: {
        map: {
          "/tree/prefix": route("tree prefix"),
          "/tree/prefix/longer": route("tree longer prefix"),
          "/tree/cluster": {
            action: {
              name: "cluster",
              typed_config: typed(
                "envoy.config.route.v3.Route",
                to({ prefix: "/tree/cluster" }, { prefix_rewrite: "/from-tree" }),
              ),
            },
          },
          "/tree/unmatched": route("tree unmatched", { match: { prefix: "/other" } }),
          "/tree/list": { matcher: list },
          "/tree/routes": { action: { name: "routes", typed_config: typed("envoy.config.route.v3.RouteList", { routes }) } },
        },
      },
    },
    on_no_match: {
      matcher: {
        matcher_tree: {
          input: byHeaderInput("x-tree"),
          exact_match_map: { map: { one: route("tree exact one"), two: route("tree exact two") } },
        },
      },
    },
  };
}
