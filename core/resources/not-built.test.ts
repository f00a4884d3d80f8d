import { describe, expect, it } from "vitest";
import { Bootstrap } from "./bootstrap.ts";
import { Cluster } from "./cluster.ts";
import { Router } from "./filters/router.ts";
import { HttpConnectionManager } from "./http-connection-manager.ts";
import { Listener } from "./listener.ts";
import { Route } from "./route.ts";
import { decodeValue } from "./schema/index.ts";
import type { Schema } from "./schema/index.ts";

const listener = { address: { socket_address: { address: "127.0.0.1", port_value: 0 } }, filter_chains: [{}] };
const manager = { stat_prefix: "s", route_config: {} };
const cluster = { name: "c" };
const route = { match: { prefix: "/" } };
const action = { cluster: "c" };
const socket = (type: string) => ({
  name: "s",
  typed_config: { "@type": `type.googleapis.com/envoy.extensions.transport_sockets.${type}` },
});

/** What would change nothing if it were taken: each must be refused, and what asks for nothing must not. */
const CASES: readonly [what: string, schema: Schema<unknown>, refused: object, harmless?: object][] = [
  [
    "other transports of clients",
    Listener,
    { ...listener, filter_chains: [{ transport_socket: socket("alts.v3.Alts") }] },
    { ...listener, filter_chains: [{ transport_socket: socket("raw_buffer.v3.RawBuffer") }] },
  ],
  [
    "other transports to upstreams",
    Cluster,
    { ...cluster, transport_socket: socket("alts.v3.Alts") },
    { ...cluster, transport_socket: socket("raw_buffer.v3.RawBuffer") },
  ],
  ["keep-alive of clients", Listener, { ...listener, tcp_keepalive: { keepalive_time: 5 } }],
  ["local cluster", Bootstrap, { cluster_manager: { local_cluster_name: "c" } }, { cluster_manager: { local_cluster_name: "" } }],
  [
    "drop overloads",
    Cluster,
    { ...cluster, load_assignment: { cluster_name: "c", policy: { drop_overloads: [{ category: "a" }] } } },
  ],
  [
    "stream duration upstream",
    Cluster,
    { ...cluster, common_http_protocol_options: { max_stream_duration: "1s" } },
    { ...cluster, common_http_protocol_options: { max_stream_duration: "0s" } },
  ],
  [
    "preserve_case",
    HttpConnectionManager,
    {
      ...manager,
      http_protocol_options: {
        header_key_format: { stateful_formatter: { name: "p", typed_config: { "@type": "type.googleapis.com/x" } } },
      },
    },
  ],
  [
    "header key format downstream",
    HttpConnectionManager,
    { ...manager, http_protocol_options: { header_key_format: { proper_case_words: {} } } },
  ],
  [
    "match_upstream",
    HttpConnectionManager,
    { ...manager, scheme_header_transformation: { match_upstream: true } },
    { ...manager, scheme_header_transformation: { match_upstream: false } },
  ],
  [
    "chains of upgrades",
    HttpConnectionManager,
    {
      ...manager,
      upgrade_configs: [
        { upgrade_type: "websocket", filters: [{ name: "f", typed_config: { "@type": "type.googleapis.com/x" } }] },
      ],
    },
    { ...manager, upgrade_configs: [{ upgrade_type: "websocket", filters: [] }] },
  ],
  [
    "request ids of another kind",
    HttpConnectionManager,
    { ...manager, request_id_extension: { typed_config: { "@type": "type.googleapis.com/x" } } },
    {
      ...manager,
      request_id_extension: {
        typed_config: { "@type": "type.googleapis.com/envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig" },
      },
    },
  ],
  ["stat_prefix of a route", Route, { ...route, route: action, stat_prefix: "s" }, { ...route, route: action, stat_prefix: "" }],
  ["internal redirects", Route, { ...route, route: { ...action, internal_redirect_policy: {} } }],
  [
    "hedging",
    Route,
    { ...route, route: { ...action, hedge_policy: { hedge_on_per_try_timeout: true } } },
    { ...route, route: { ...action, hedge_policy: {} } },
  ],
  ["subsets", Route, { ...route, route: { ...action, metadata_match: { filter_metadata: { "envoy.lb": {} } } } }],
  [
    "rate limited back-off",
    Route,
    {
      ...route,
      route: { ...action, retry_policy: { rate_limited_retry_back_off: { reset_headers: [{ name: "retry-after" }] } } },
    },
  ],
  ["strict_check_headers", Router, { strict_check_headers: ["x-envoy-max-retries"] }, { strict_check_headers: [] }],
  ["dynamic_stats", Router, { dynamic_stats: false }, { dynamic_stats: true }],
  ["upstream_log", Router, { upstream_log: [{ typed_config: { "@type": "type.googleapis.com/x" } }] }, { upstream_log: [] }],
];

describe("fields that do nothing yet", () => {
  it.each(CASES)("%s: refused, unless it asks for nothing", (_what, schema, refused, harmless) => {
    expect(decodeValue(schema, refused, { file: "f" }).errors.map(({ severity }) => severity)).toEqual(["error"]);
    if (harmless !== undefined) expect(decodeValue(schema, harmless, { file: "f" }).errors).toEqual([]);
  });

  it("have their defaults where they are only warned of", () => {
    const { value, errors } = decodeValue(Router, { dynamic_stats: false }, { file: "f", allowUnsupported: true });
    expect(errors.map(({ severity }) => severity)).toEqual(["warning"]);
    expect(value?.dynamicStats).toBe(true);
  });
});
