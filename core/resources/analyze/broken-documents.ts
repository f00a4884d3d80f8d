// Documents with one mistake each; what is said of them stands in broken-documents.golden.

const cluster = (t: string): string => `static_resources:\n  clusters:\n  - name: o\n    ${t.replaceAll("\n", "\n    ")}\n`;
const listener = (t: string): string =>
  `static_resources:\n  listeners:\n  - address: { socket_address: { address: 127.0.0.1, port_value: 80 } }\n    ${t.replaceAll("\n", "\n    ")}\n`;
const ROUTER = "{ name: router, typed_config: { '@type': type.googleapis.com/envoy.extensions.filters.http.router.v3.Router } }";
const hcm = (route: string, filters = ROUTER, more = ""): string => `static_resources:
  clusters: [ { name: web }, { name: api } ]
  listeners:
  - address: { socket_address: { address: 127.0.0.1, port_value: 80 } }
    filter_chains:
    - filters:
      - name: hcm
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: in${more}
          http_filters: [ ${filters} ]
          route_config:
            virtual_hosts:
            - name: all
              domains: ["*"]
              routes:
${route.replace(/^/gm, "              ")}
`;
const R = (m: string): string => hcm(`- ${m}`);
/** Groups of documents: name of the file that they pretend to be, and each with what is wrong with it. */
export const brokenDocuments: readonly (readonly [
  group: string,
  file: string,
  rows: readonly (readonly [title: string, text: string])[],
])[] = [
  [
    "text",
    "f.yaml",
    [
      ["nothing at all", ""],
      ["only comments", "# nothing\n"],
      ["a scalar for a document", "hello\n"],
      ["a list for a document", "- admin\n"],
      ["a tab as indentation", "static_resources:\n\tclusters: []\n"],
      ["two documents", "admin: {}\n---\nadmin: {}\n"],
      ["an open brace", "admin: { address: \n"],
      ["an open bracket", "static_resources:\n  clusters: [ { name: o }\n"],
      ["an open quote", "node:\n  id: 'abc\n  cluster: x\n"],
      ["an unknown escape", 'node:\n  id: "a\\qb"\n'],
      ["a closing bracket too many", "node: { id: a } }\n"],
      ["a second colon on a line", "node:\n  id: a: b\n"],
      ["wrong indentation", "node:\n   id: a\n  cluster: b\n"],
      ["a name without a colon", "node:\n  id\n  cluster: b\n"],
      ["a reserved character", "node:\n  id: @x\n"],
      ["an unknown alias", "node: *nobody\n"],
      ["an alias within its own anchor", "node: &n { metadata: { self: *n } }\n"],
      ["a tag that means nothing", "node: !include node.yaml\n"],
      ["a merge key", "node:\n  <<: { id: a }\n"],
      ["a duplicate key", "node:\n  id: a\n  cluster: b\n  id: c\n"],
      ["a duplicate key in braces", "node: { id: a, id: b }\n"],
      ["a key that is a list", "node:\n  ? [a, b]\n  : c\n"],
      ["a field under both its names", "node: { user_agent_name: a, userAgentName: b }\n"],
      [
        "aliases that expand without end",
        "x: &a [1,1,1,1,1,1,1,1,1,1]\n" +
          "bcdefgh"
            .split("")
            .map(
              (k, i) =>
                `${k}: &${k} [${Array(10)
                  .fill("*" + "abcdefg"[i])
                  .join(",")}]\n`,
            )
            .join(""),
      ],
      ["brackets without end", "a: " + "[".repeat(2000) + "\n"],
    ],
  ],
  [
    "json",
    "f.json",
    [
      ["a trailing comma", '{"node": {"id": "a",}}'],
      ["an unquoted key", "{node: {}}"],
      ["a comment", '{"node": {} // no\n}'],
      ["a single quote", "{'node': {}}"],
      ["an open string", '{"node": {"id": "abc'],
      ["a bad escape", '{"node": {"id": "\\x41"}}'],
      ["text after the end", '{"node": {}} x'],
      ["a bare word", '{"node": yes}'],
      ["a duplicate key", '{"node": {"id": "a",\n "id": "b"}}'],
      ["a wrong type on the second line", '{"node":\n  {"id": 5}}'],
    ],
  ],
  [
    "fields",
    "f.yaml",
    [
      ["an unknown field", cluster("conect_timeout: 1s")],
      ["an unknown field in camelCase", cluster("connectTimeOut: 1s")],
      ["an unknown field like no other", cluster("flux_capacitor: 1")],
      ["a field that Envoy has and this proxy does not", cluster("track_cluster_stats: { timeout_budgets: true }")],
      ["a number for a text", "node: { id: 5 }\n"],
      ["a boolean for a text", "node: { id: true }\n"],
      ["a list for a text", "node: { id: [a] }\n"],
      ["an object for a text", "node: { id: { a: b } }\n"],
      ["a text for a number", cluster("max_requests_per_connection: many")],
      ["a fraction for an integer", cluster("max_requests_per_connection: 1.5")],
      ["a negative number", cluster("max_requests_per_connection: -1")],
      ["a number beyond 32 bits", cluster("max_requests_per_connection: 4294967296")],
      ["a text for a boolean", cluster("respect_dns_ttl: maybe")],
      ["a number for a boolean", cluster("respect_dns_ttl: 1")],
      ["a text for a list of objects", cluster("circuit_breakers: { thresholds: high }")],
      ["a list in a list", cluster("circuit_breakers: { thresholds: [ [ { priority: HIGH } ] ] }")],
      ["a text for an object", cluster("circuit_breakers: none")],
      ["a null in a list", cluster("circuit_breakers:\n  thresholds:\n  - priority: HIGH\n  -")],
      ["a duration without unit", cluster("connect_timeout: 5")],
      ["a duration in milliseconds", cluster("connect_timeout: 250ms")],
      ["a duration in minutes", cluster("connect_timeout: 5m")],
      ["a duration in words", cluster("connect_timeout: soon")],
      ["a duration that must be above 0", cluster("connect_timeout: 0s")],
      ["a negative duration", cluster("dns_jitter: -1s")],
      ["a duration finer than nanoseconds", cluster("connect_timeout: 1.0000000001s")],
      ["a misspelled enum", cluster("type: STRICT_DSN")],
      ["an enum number that does not exist", cluster("lb_policy: 99")],
      ["an enum value that is not supported", cluster("lb_policy: CLUSTER_PROVIDED")],
      ["a list for an enum", cluster("type: [STATIC]")],
      ["a port beyond 65535", "admin: { address: { socket_address: { address: 127.0.0.1, port_value: 70000 } } }\n"],
      ["no port", "admin: { address: { socket_address: { address: 127.0.0.1 } } }\n"],
      ["a named port", "admin: { address: { socket_address: { address: 127.0.0.1, named_port: http } } }\n"],
      ["an empty address", "admin: { address: {} }\n"],
      [
        "two kinds of address",
        "admin:\n  address:\n    socket_address: { address: 127.0.0.1, port_value: 1 }\n    pipe: { path: /run/s }\n",
      ],
      ["a name where an IP address must be", "admin: { address: { socket_address: { address: localhost, port_value: 1 } } }\n"],
      ["an empty name", "static_resources: { clusters: [ { name: '' } ] }\n"],
      ["no name", "static_resources: { clusters: [ { type: STATIC } ] }\n"],
      ["a percentage beyond 100", cluster("common_lb_config: { healthy_panic_threshold: { value: 101 } }")],
      ["a percentage that is no object", cluster("common_lb_config: { healthy_panic_threshold: 50 }")],
      [
        "a weight of 0",
        cluster(
          "load_assignment: { cluster_name: o, endpoints: [ { lb_endpoints: [ { endpoint: { address: { pipe: { path: /s } } }, load_balancing_weight: 0 } ] } ] }",
        ),
      ],
      ["a runtime layer of no kind", "layered_runtime: { layers: [ { name: a } ] }\n"],
      ["a static layer that is a list", "layered_runtime: { layers: [ { name: a, static_layer: [1] } ] }\n"],
      [
        "a CIDR range that is none",
        listener("filter_chains: [ { filter_chain_match: { prefix_ranges: [ { address_prefix: 10.0.0, prefix_len: 8 } ] } } ]"),
      ],
      [
        "a CIDR prefix too long for IPv4",
        listener(
          "filter_chains: [ { filter_chain_match: { prefix_ranges: [ { address_prefix: 10.0.0.0, prefix_len: 33 } ] } } ]",
        ),
      ],
      [
        "a list with a value twice",
        "stats_config: { histogram_bucket_settings: [ { match: { prefix: a }, buckets: [1, 2, 1] } ] }\n",
      ],
      ["an Any without type", listener("filter_chains: [ { filters: [ { name: hcm, typed_config: { stat_prefix: a } } ] } ]")],
      ["an Any that is a text", listener("filter_chains: [ { filters: [ { name: hcm, typed_config: envoy } ] } ]")],
      [
        "a TypedStruct without inner type",
        listener(
          "filter_chains: [ { filters: [ { name: hcm, typed_config: { '@type': type.googleapis.com/xds.type.v3.TypedStruct, value: {} } } ] } ]",
        ),
      ],
      [
        "a TypedStruct with its members beside value",
        listener(
          "filter_chains: [ { filters: [ { name: hcm, typed_config: { '@type': type.googleapis.com/xds.type.v3.TypedStruct, type_url: x, limit: 5 } } ] } ]",
        ),
      ],
      ["mistakes in several places", "node: { id: 5 }\nadmin: { adress: {} }\nstats_flush_interval: 5\n"],
    ],
  ],
  [
    "across",
    "f.yaml",
    [
      ["two clusters of one name", "static_resources:\n  clusters:\n  - name: o\n  - name: p\n  - name: o\n"],
      [
        "two listeners of one name",
        "static_resources:\n  listeners:\n  - { name: l, address: { socket_address: { address: 127.0.0.1, port_value: 1 } }, filter_chains: [ {} ] }\n  - { name: l, address: { socket_address: { address: 127.0.0.1, port_value: 2 } }, filter_chains: [ {} ] }\n",
      ],
      [
        "two listeners on one address",
        "static_resources:\n  listeners:\n  - { name: a, address: { socket_address: { address: 127.0.0.1, port_value: 1 } }, filter_chains: [ {} ] }\n  - { name: b, address: { socket_address: { address: 127.0.0.1, port_value: 1 } }, filter_chains: [ {} ] }\n",
      ],
      [
        "a listener on the admin address",
        "admin: { address: { socket_address: { address: 127.0.0.1, port_value: 80 } } }\n" + listener("filter_chains: [ {} ]"),
      ],
      ["a listener without filter chains", listener("name: l")],
      [
        "two filter chains with one match",
        listener(
          "filter_chains:\n- filter_chain_match: { server_names: [a.example] }\n- filter_chain_match: { serverNames: [a.example] }",
        ),
      ],
      [
        "a name as endpoint of a static cluster",
        cluster(
          "load_assignment: { cluster_name: o, endpoints: [ { lb_endpoints: [ { endpoint: { address: { socket_address: { address: localhost, port_value: 1 } } } } ] } ] }",
        ),
      ],
      [
        "a logical DNS cluster with two endpoints",
        cluster(
          "type: LOGICAL_DNS\nload_assignment: { cluster_name: o, endpoints: [ { lb_endpoints: [ { endpoint: { address: { pipe: { path: /a } } } }, { endpoint: { address: { pipe: { path: /b } } } } ] } ] }",
        ),
      ],
      [
        "protocol options of an unknown name",
        cluster(
          "typed_extension_protocol_options: { http: { '@type': type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions, explicit_http_config: { http_protocol_options: {} } } }",
        ),
      ],
      [
        "an unknown extension",
        listener(
          "filter_chains: [ { filters: [ { name: x, typed_config: { '@type': type.googleapis.com/example.Nothing } } ] } ]",
        ),
      ],
      [
        "a misspelled extension",
        listener(
          "filter_chains: [ { filters: [ { name: x, typed_config: { '@type': type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConectionManager } } ] } ]",
        ),
      ],
      [
        "an extension that is not supported",
        listener(
          "filter_chains: [ { filters: [ { name: x, typed_config: { '@type': type.googleapis.com/envoy.extensions.filters.network.redis_proxy.v3.RedisProxy } } ] } ]",
        ),
      ],
      [
        "an HTTP filter as network filter",
        listener(
          "access_log: [ { name: x, typed_config: { '@type': type.googleapis.com/envoy.extensions.filters.http.router.v3.Router } } ]\nfilter_chains: [ {} ]",
        ),
      ],
    ],
  ],
  [
    "routes",
    "f.yaml",
    [
      ["a route to a cluster that is not there", R("{ match: { prefix: / }, route: { cluster: wep } }")],
      [
        "a weighted cluster that is not there",
        R(
          "{ match: { prefix: / }, route: { weighted_clusters: { clusters: [ { name: web, weight: 1 }, { name: nope, weight: 1 } ] } } }",
        ),
      ],
      [
        "a mirror to a cluster that is not there",
        R("{ match: { prefix: / }, route: { cluster: web, request_mirror_policies: [ { cluster: shadow } ] } }"),
      ],
      [
        "a route in a matcher to a cluster that is not there",
        hcm("").replace(
          / {14}routes:\n\s*$/,
          "              matcher: { on_no_match: { action: { name: r, typed_config: { '@type': type.googleapis.com/envoy.config.route.v3.Route, match: { prefix: / }, route: { cluster: wep } } } } }\n",
        ),
      ],
      [
        "weights of 0",
        R("{ match: { prefix: / }, route: { weighted_clusters: { clusters: [ { name: web }, { name: api, weight: 0 } ] } } }"),
      ],
      [
        "weights beyond 32 bits together",
        R(
          "{ match: { prefix: / }, route: { weighted_clusters: { clusters: [ { name: web, weight: 4294967295 }, { name: api, weight: 1 } ] } } }",
        ),
      ],
      ["no action", R("{ match: { prefix: / } }")],
      ["two actions", R("{ match: { prefix: / }, route: { cluster: web }, redirect: {} }")],
      ["no match", R("{ route: { cluster: web } }")],
      ["no path in a match", R("{ match: { headers: [ { name: a } ] }, route: { cluster: web } }")],
      ["a path separated prefix that ends in a slash", R("{ match: { path_separated_prefix: /api/ }, route: { cluster: web } }")],
      [
        "two forms of a header match",
        R("{ match: { prefix: /, headers: [ { name: a, exact_match: b, present_match: true } ] }, route: { cluster: web } }"),
      ],
      ["a header name that is none", R("{ match: { prefix: /, headers: [ { name: 'a b' } ] }, route: { cluster: web } }")],
      [
        "a header to add that splits",
        R(
          '{ match: { prefix: / }, route: { cluster: web }, request_headers_to_add: [ { header: { key: a, value: "b\\r\\nc: d" } } ] }',
        ),
      ],
      [
        "two ways to append",
        R(
          "{ match: { prefix: / }, route: { cluster: web }, request_headers_to_add: [ { header: { key: a, value: b }, append: true, append_action: ADD_IF_ABSENT } ] }",
        ),
      ],
      ["an empty regular expression", R("{ match: { safe_regex: { regex: '' } }, route: { cluster: web } }")],
      [
        "two rewrites",
        R(
          "{ match: { prefix: / }, route: { cluster: web, prefix_rewrite: /a, regex_rewrite: { pattern: { regex: a }, substitution: b } } }",
        ),
      ],
      [
        "two host rewrites",
        R("{ match: { prefix: / }, route: { cluster: web, host_rewrite_literal: a, auto_host_rewrite: true } }"),
      ],
      ["a direct response with status 99", R("{ match: { prefix: / }, direct_response: { status: 99 } }")],
      [
        "a direct response with a body too long",
        R(`{ match: { prefix: / }, direct_response: { status: 200, body: { inline_string: ${"x".repeat(4097)} } } }`),
      ],
      [
        "a retry back-off that shrinks",
        R(
          "{ match: { prefix: / }, route: { cluster: web, retry_policy: { retry_on: 5xx, retry_back_off: { base_interval: 1s, max_interval: 0.5s } } } }",
        ),
      ],
      [
        "a domain twice",
        hcm("- { match: { prefix: / }, route: { cluster: web } }").replace('["*"]', '[a.example, "*", A.Example]'),
      ],
      ["no domains", hcm("- { match: { prefix: / }, route: { cluster: web } }").replace('["*"]', "[]")],
      [
        "per-route configuration for a filter that is not there",
        R(
          "{ match: { prefix: / }, route: { cluster: web }, typed_per_filter_config: { routr: { '@type': type.googleapis.com/envoy.config.route.v3.FilterConfig, disabled: true } } }",
        ),
      ],
      [
        "per-route configuration with a mistake",
        R(
          "{ match: { prefix: / }, route: { cluster: web }, typed_per_filter_config: { router: { '@type': type.googleapis.com/envoy.extensions.filters.http.buffer.v3.BufferPerRoute, disabled: false } } }",
        ),
      ],
      ["no HTTP filters", hcm("- { match: { prefix: / }, route: { cluster: web } }", "")],
      [
        "a router that is not the last filter",
        hcm(
          "- { match: { prefix: / }, route: { cluster: web } }",
          `${ROUTER}, { name: cors, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors } }`,
        ),
      ],
      [
        "an HTTP filter without configuration",
        hcm("- { match: { prefix: / }, route: { cluster: web } }", `{ name: envoy.filters.http.cors }, ${ROUTER}`),
      ],
      [
        "an access log as HTTP filter",
        hcm(
          "- { match: { prefix: / }, route: { cluster: web } }",
          `{ name: log, typed_config: { "@type": type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog } }, ${ROUTER}`,
        ),
      ],
      [
        "a mistake within a filter",
        hcm(
          "- { match: { prefix: / }, route: { cluster: web } }",
          `{ name: fault, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault, abort: { http_status: 700, percentage: { numerator: 1, denominator: THOUSAND } } } }, ${ROUTER}`,
        ),
      ],
      [
        "a codec that is not supported",
        hcm("- { match: { prefix: / }, route: { cluster: web } }", ROUTER, "\n          codec_type: HTTP3"),
      ],
      [
        "two ways to strip the port",
        hcm(
          "- { match: { prefix: / }, route: { cluster: web } }",
          ROUTER,
          "\n          strip_any_host_port: true\n          strip_matching_host_port: true",
        ),
      ],
      [
        "an access log filter with one condition in an and",
        hcm(
          "- { match: { prefix: / }, route: { cluster: web } }",
          ROUTER,
          "\n          access_log: [ { name: a, filter: { and_filter: { filters: [ { not_health_check_filter: {} } ] } }, typed_config: { '@type': type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog } } ]",
        ),
      ],
      [
        "an unknown response flag",
        hcm(
          "- { match: { prefix: / }, route: { cluster: web } }",
          ROUTER,
          "\n          access_log: [ { name: a, filter: { response_flag_filter: { flags: [XX] } }, typed_config: { '@type': type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog } } ]",
        ),
      ],
    ],
  ],
];
