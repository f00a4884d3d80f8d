import type { Json } from "../lib/bootstrap.ts";
import { matcherTree } from "./table-tree.ts";
import { direct, header, to } from "./route-parts.ts";

/** Virtual hosts, most of which answer with their name. */
export const hosts: Json[] = [
  ...(
    [
      ["exact", ["exact.local", "also.local"]],
      ["exact-port", ["exact.local:8080"]],
      ["suffix", ["*.suffix.local"]],
      ["deep-suffix", ["*.deep.suffix.local"]],
      ["dash-suffix", ["*-suffix.local"]],
      ["prefix", ["prefix.*"]],
      ["long-prefix", ["prefix.long.*"]],
    ] as const
  ).map(([name, domains]) => ({ name, domains, routes: [{ match: { prefix: "/" }, direct_response: direct(name) }] })),
  {
    name: "levels",
    domains: ["levels.local"],
    request_headers_to_add: [
      header("x-level", "host", "APPEND_IF_EXISTS_OR_ADD"),
      header("x-last", "host", "OVERWRITE_IF_EXISTS_OR_ADD"),
    ],
    response_headers_to_add: [header("x-level", "host"), header("x-last", "host", "OVERWRITE_IF_EXISTS_OR_ADD")],
    request_headers_to_remove: ["x-host-remove"],
    routes: [
      to(
        { prefix: "/route" },
        {},
        {
          request_headers_to_add: [header("x-level", "route"), header("x-last", "route", "OVERWRITE_IF_EXISTS_OR_ADD")],
          response_headers_to_add: [header("x-level", "route"), header("x-last", "route", "OVERWRITE_IF_EXISTS_OR_ADD")],
        },
      ),
      { match: { prefix: "/direct" }, direct_response: direct("levels") },
      to({ prefix: "/" }),
    ],
  },
  {
    name: "attempts",
    domains: ["attempts.local"],
    include_request_attempt_count: true,
    include_attempt_count_in_response: true,
    retry_policy: { retry_on: "5xx", num_retries: 1, retry_back_off: { base_interval: "0.001s" } },
    routes: [to({ prefix: "/" })],
  },
  { name: "no-routes", domains: ["no-routes.local"], routes: [] },
  { name: "tls-all", domains: ["tls-all.local"], require_tls: "ALL", routes: [to({ prefix: "/" })] },
  { name: "tls-external", domains: ["tls-external.local"], require_tls: "EXTERNAL_ONLY", routes: [to({ prefix: "/" })] },
  { name: "tree", domains: ["tree.local"], matcher: matcherTree() },
];
