import type { Json } from "../lib/bootstrap.ts";
import { direct, header, regex, to } from "./route-parts.ts";

/** Routes by every kind of action. */
export const actions: Json[] = [
  to({ prefix: "/to/a" }),
  to({ prefix: "/to/b" }, { cluster: "b" }),
  {
    match: { prefix: "/weighted/last" },
    route: {
      weighted_clusters: {
        clusters: [
          { name: "a", weight: 0 },
          {
            name: "b",
            weight: 100,
            request_headers_to_add: [header("x-weighted", "b")],
            response_headers_to_add: [header("x-weighted", "b")],
            request_headers_to_remove: ["x-gone"],
            host_rewrite_literal: "weighted.local",
          },
        ],
      },
    },
  },
  {
    match: { prefix: "/weighted/first" },
    route: {
      weighted_clusters: {
        clusters: [
          { name: "a", weight: 7 },
          { name: "b", weight: 0 },
        ],
      },
    },
  },
  { match: { prefix: "/by-header" }, route: { cluster_header: "x-cluster" } },
  { match: { prefix: "/by-header-404" }, route: { cluster_header: "x-cluster", cluster_not_found_response_code: "NOT_FOUND" } },
  { match: { prefix: "/redirect/host" }, redirect: { host_redirect: "other.local" } },
  { match: { prefix: "/redirect/port" }, redirect: { port_redirect: 8443 } },
  { match: { prefix: "/redirect/path" }, redirect: { path_redirect: "/new/path" } },
  { match: { prefix: "/redirect/path-query" }, redirect: { path_redirect: "/new/path?mine=1" } },
  { match: { prefix: "/redirect/prefix/" }, redirect: { prefix_rewrite: "/replaced/" } },
  {
    match: { prefix: "/redirect/regex/" },
    redirect: { regex_rewrite: { pattern: regex("^/redirect/regex/([a-z]+)/([0-9]+)$"), substitution: "/\\2/\\1" } },
  },
  { match: { prefix: "/redirect/https" }, redirect: { https_redirect: true } },
  { match: { prefix: "/redirect/scheme" }, redirect: { scheme_redirect: "ftp" } },
  { match: { prefix: "/redirect/strip" }, redirect: { path_redirect: "/stripped", strip_query: true } },
  {
    match: { prefix: "/redirect/all" },
    redirect: { https_redirect: true, host_redirect: "all.local", port_redirect: 444, path_redirect: "/all" },
  },
  ...["FOUND", "SEE_OTHER", "TEMPORARY_REDIRECT", "PERMANENT_REDIRECT"].map((code) => ({
    match: { path: `/redirect/${code}` },
    redirect: { host_redirect: "code.local", response_code: code },
    response_headers_to_add: [header("x-redirected", code)],
  })),
  { match: { path: "/direct/text" }, direct_response: direct("direct answer") },
  { match: { path: "/direct/empty" }, direct_response: { status: 204 } },
  {
    match: { path: "/direct/teapot" },
    direct_response: direct("short and stout\n", 418),
    response_headers_to_add: [header("x-direct", "%PROTOCOL%")],
  },
  { match: { path: "/direct/bare" }, direct_response: { status: 503 } },
  to({ prefix: "/rewrite/prefix/" }, { prefix_rewrite: "/" }),
  to({ prefix: "/rewrite/slashless" }, { prefix_rewrite: "/new" }),
  to({ path: "/rewrite/exact" }, { prefix_rewrite: "/exactly" }),
  to({ path_separated_prefix: "/rewrite/sep" }, { prefix_rewrite: "/separated" }),
  to({ prefix: "/Rewrite/Case/", case_sensitive: false }, { prefix_rewrite: "/cased/" }),
  to(
    { prefix: "/rewrite/regex/" },
    { regex_rewrite: { pattern: regex("^/rewrite/regex/(\\w+)/(\\w+)"), substitution: "/\\2-\\1" } },
  ),
  to({ prefix: "/rewrite/all/" }, { regex_rewrite: { pattern: regex("one"), substitution: "two" } }),
  to({ prefix: "/rewrite/whole/" }, { regex_rewrite: { pattern: regex("[a-z]+$"), substitution: "<\\0>" } }),
  to({ prefix: "/host/literal" }, { host_rewrite_literal: "literal.local", append_x_forwarded_host: true }),
  to({ prefix: "/host/header" }, { host_rewrite_header: "x-host" }),
  to(
    { prefix: "/host/path/" },
    { host_rewrite_path_regex: { pattern: regex("^/host/path/([^/]+)/.*$"), substitution: "\\1.local" } },
  ),
  to({ prefix: "/host/auto" }, { auto_host_rewrite: true, cluster: "named" }),
  to(
    { prefix: "/mirror" },
    { request_mirror_policies: [{ cluster: "c", runtime_fraction: { default_value: { numerator: 100 } } }] },
  ),
  to(
    { prefix: "/mirror-off" },
    { request_mirror_policies: [{ cluster: "c", runtime_fraction: { default_value: { numerator: 0 } } }] },
  ),
  to({ prefix: "/timeout" }, { timeout: "0.15s" }),
  to(
    { prefix: "/retry/5xx" },
    { retry_policy: { retry_on: "5xx", num_retries: 2, retry_back_off: { base_interval: "0.001s" } } },
  ),
  to({ prefix: "/retry/gateway" }, { retry_policy: { retry_on: "gateway-error", retry_back_off: { base_interval: "0.001s" } } }),
  to({ prefix: "/retry/4xx" }, { retry_policy: { retry_on: "retriable-4xx", retry_back_off: { base_interval: "0.001s" } } }),
  to({ prefix: "/retry/reset" }, { retry_policy: { retry_on: "reset", retry_back_off: { base_interval: "0.001s" } } }),
  to(
    { prefix: "/retry/codes" },
    {
      retry_policy: {
        retry_on: "retriable-status-codes",
        retriable_status_codes: [429],
        retry_back_off: { base_interval: "0.001s" },
      },
    },
  ),
  to(
    { prefix: "/retry/try-timeout" },
    {
      timeout: "2s",
      retry_policy: { retry_on: "5xx", num_retries: 1, per_try_timeout: "0.15s", retry_back_off: { base_interval: "0.001s" } },
    },
  ),
  to(
    { prefix: "/retry/connect" },
    {
      cluster: "half-dead",
      retry_policy: { retry_on: "connect-failure", num_retries: 3, retry_back_off: { base_interval: "0.001s" } },
    },
  ),
  to({ prefix: "/retry/none" }),
  to({ prefix: "/dead" }, { cluster: "dead" }),
  to({ prefix: "/no-endpoints" }, { cluster: "no-endpoints" }),
];
