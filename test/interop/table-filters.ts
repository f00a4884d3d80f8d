import { typed } from "../lib/bootstrap.ts";
import type { Json } from "../lib/bootstrap.ts";
import { exact, FILTER, header, regex, to } from "./route-parts.ts";

/** Routes that add, change and remove headers. */
export const headerRoutes: Json[] = [
  to(
    { prefix: "/headers/request" },
    {},
    {
      request_headers_to_add: [
        header("x-append", "route", "APPEND_IF_EXISTS_OR_ADD"),
        header("x-absent", "route", "ADD_IF_ABSENT"),
        header("x-over", "route", "OVERWRITE_IF_EXISTS_OR_ADD"),
        header("x-if", "route", "OVERWRITE_IF_EXISTS"),
        { ...header("x-keep-empty", "%REQ(x-none)%"), keep_empty_value: true },
        header("x-drop-empty", "%REQ(x-none)%"),
      ],
      request_headers_to_remove: ["x-remove", "user-agent"],
    },
  ),
  to(
    { prefix: "/headers/response" },
    {},
    {
      response_headers_to_add: [
        header("x-append", "route", "APPEND_IF_EXISTS_OR_ADD"),
        header("x-absent", "route", "ADD_IF_ABSENT"),
        header("x-over", "route", "OVERWRITE_IF_EXISTS_OR_ADD"),
        header("x-if", "route", "OVERWRITE_IF_EXISTS"),
      ],
      response_headers_to_remove: ["x-remove", "x-envoy-upstream-service-time"],
    },
  ),
  to(
    { prefix: "/headers/values" },
    {},
    {
      name: "values-route",
      metadata: { filter_metadata: { "test.ns": { k: "meta value" } } },
      request_headers_to_add: Object.entries({
        "x-v-protocol": "%PROTOCOL%",
        "x-v-req": "%REQ(x-in)%",
        "x-v-alt": "%REQ(x-none?x-in)%",
        "x-v-short": "%REQ(x-in):3%",
        "x-v-missing": "[%REQ(x-none)%]",
        "x-v-path": "%REQ(:PATH)%",
        "x-v-method": "%REQ(:METHOD)%",
        "x-v-authority": "%REQ(:AUTHORITY)%",
        "x-v-remote": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
        "x-v-direct": "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%",
        "x-v-local": "%DOWNSTREAM_LOCAL_ADDRESS%",
        "x-v-local-port": "%DOWNSTREAM_LOCAL_PORT%",
        "x-v-route": "%ROUTE_NAME%",
        "x-v-meta": "%METADATA(ROUTE:test.ns:k)%",
        "x-v-dynamic": "[%DYNAMIC_METADATA(none:k)%]",
        "x-v-year": "%START_TIME(%Y)%",
        "x-v-percent": "100%%",
        "x-v-mixed": "<%PROTOCOL%|%REQ(x-in)%>",
        "x-v-server-name": "[%REQUESTED_SERVER_NAME%]",
      }).map(([key, value]) => header(key, value)),
      response_headers_to_add: Object.entries({
        "x-v-code": "%RESPONSE_CODE%",
        "x-v-resp": "%RESP(x-origin)%",
        "x-v-upstream": "%UPSTREAM_HOST%",
        "x-v-cluster": "%UPSTREAM_CLUSTER%",
        "x-v-details": "%RESPONSE_CODE_DETAILS%",
        "x-v-flags": "%RESPONSE_FLAGS%",
        "x-v-received": "%BYTES_RECEIVED%",
        "x-v-in": "%REQ(x-in)%",
      }).map(([key, value]) => header(key, value)),
    },
  ),
];

/** Routes with configurations of filters of their own. */
export const filterRoutes: Json[] = [
  to(
    { prefix: "/cors/open" },
    {},
    {
      typed_per_filter_config: {
        "envoy.filters.http.cors": typed(`${FILTER}.cors.v3.CorsPolicy`, {
          allow_origin_string_match: [
            { exact: "http://good.local" },
            { suffix: ".fine.local" },
            { safe_regex: regex("https://[a-z]+\\.re\\.local") },
          ],
          allow_methods: "GET, PUT",
          allow_headers: "x-one, x-two",
          expose_headers: "x-three",
          max_age: "600",
          allow_credentials: true,
        }),
      },
    },
  ),
  to(
    { prefix: "/cors/any" },
    {},
    {
      typed_per_filter_config: {
        "envoy.filters.http.cors": typed(`${FILTER}.cors.v3.CorsPolicy`, {
          allow_origin_string_match: [{ safe_regex: regex(".*") }],
          allow_methods: "GET",
        }),
      },
    },
  ),
  to(
    { prefix: "/cors/off" },
    {},
    {
      typed_per_filter_config: {
        "envoy.filters.http.cors": typed(`${FILTER}.cors.v3.CorsPolicy`, {
          allow_origin_string_match: [{ exact: "http://good.local" }],
          filter_enabled: { default_value: { numerator: 0, denominator: "HUNDRED" } },
        }),
      },
    },
  ),
  to(
    { prefix: "/fault/abort" },
    {},
    {
      typed_per_filter_config: {
        "envoy.filters.http.fault": typed(`${FILTER}.fault.v3.HTTPFault`, {
          abort: { http_status: 429, percentage: { numerator: 100, denominator: "HUNDRED" } },
        }),
      },
    },
  ),
  to(
    { prefix: "/fault/never" },
    {},
    {
      typed_per_filter_config: {
        "envoy.filters.http.fault": typed(`${FILTER}.fault.v3.HTTPFault`, {
          abort: { http_status: 429, percentage: { numerator: 0, denominator: "HUNDRED" } },
        }),
      },
    },
  ),
  to(
    { prefix: "/fault/headers" },
    {},
    {
      typed_per_filter_config: {
        "envoy.filters.http.fault": typed(`${FILTER}.fault.v3.HTTPFault`, {
          abort: { http_status: 502, percentage: { numerator: 1_000_000, denominator: "MILLION" } },
          delay: { fixed_delay: "0.02s", percentage: { numerator: 10000, denominator: "TEN_THOUSAND" } },
          headers: [{ name: "x-fault", ...exact("yes") }],
        }),
      },
    },
  ),
  to(
    { prefix: "/mutation/route" },
    {},
    {
      typed_per_filter_config: {
        "envoy.filters.http.header_mutation": typed(`${FILTER}.header_mutation.v3.HeaderMutationPerRoute`, {
          mutations: {
            request_mutations: [{ append: header("x-mutation", "route") }, { remove: "x-remove" }],
            response_mutations: [
              { append: header("x-mutation", "%RESPONSE_CODE%", "OVERWRITE_IF_EXISTS_OR_ADD") },
              { remove: "x-remove" },
            ],
          },
        }),
      },
    },
  ),
  to({ prefix: "/mutation" }),
];
