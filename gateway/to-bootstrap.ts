/** A connection that was refused goes to the name's other address; nothing was sent on it. */
const ANOTHER_ADDRESS = {
  retry_on: "connect-failure",
  num_retries: 2,
  retry_back_off: { base_interval: "0.001s", max_interval: "0.01s" },
  retry_host_predicate: [
    {
      name: "envoy.retry_host_predicates.previous_hosts",
      typed_config: { "@type": "type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate" },
    },
  ],
  host_selection_retry_max_attempts: "5",
};

/** TLS whose certificate the system trusts, for the name that was given. */
function verified(host: string, isIp: boolean): object {
  return {
    name: "envoy.transport_sockets.tls",
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
      ...(isIp ? {} : { sni: host }),
      common_tls_context: {
        tls_params: { tls_maximum_protocol_version: "TLSv1_3" },
        validation_context: {
          system_root_certs: {},
          match_typed_subject_alt_names: [{ san_type: isIp ? "IP_ADDRESS" : "DNS", matcher: { exact: host } }],
        },
      },
    },
  };
}

/** What `--to` asks for, as a bootstrap; or a sentence that says what is wrong with the URL. */
export function bootstrapFor(to: string, port: number): { readonly text: string } | { readonly problem: string } {
  const wanted = "an origin such as http://127.0.0.1:3000";
  const match = /^(https?):\/\/(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?\/?$/.exec(to);
  if (match === null) return { problem: `--to: found ${JSON.stringify(to)}, wanted ${wanted}` };
  const secure = match[1] === "https";
  const host = match[2].replace(/^\[|\]$/g, "");
  const upstreamPort = match[3] === undefined ? (secure ? 443 : 80) : Number(match[3]);
  if (upstreamPort < 1 || upstreamPort > 65_535) return { problem: `--to: found port ${match[3]}, wanted one from 1 to 65535` };
  const isIp = host.includes(":") || /^\d+\.\d+\.\d+\.\d+$/.test(host);
  const router = { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" };
  const bootstrap = {
    static_resources: {
      listeners: [
        {
          name: "to",
          address: { socket_address: { address: "127.0.0.1", port_value: port } },
          filter_chains: [
            {
              filters: [
                {
                  name: "envoy.filters.network.http_connection_manager",
                  typed_config: {
                    "@type":
                      "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
                    stat_prefix: "to",
                    server_name: "isthmus",
                    // A shortcut of our own has secure defaults: the edge decides who the client is, and paths are what they look like.
                    use_remote_address: true,
                    normalize_path: true,
                    merge_slashes: true,
                    path_with_escaped_slashes_action: "UNESCAPE_AND_REDIRECT",
                    upgrade_configs: [{ upgrade_type: "websocket" }],
                    route_config: {
                      virtual_hosts: [
                        {
                          name: "all",
                          domains: ["*"],
                          routes: [
                            {
                              match: { prefix: "/" },
                              route: { cluster: "to", timeout: "0s", ...(isIp ? {} : { retry_policy: ANOTHER_ADDRESS }) },
                            },
                          ],
                        },
                      ],
                    },
                    http_filters: [{ name: "envoy.filters.http.router", typed_config: router }],
                  },
                },
              ],
            },
          ],
        },
      ],
      clusters: [
        {
          name: "to",
          type: isIp ? "STATIC" : "STRICT_DNS",
          // A service may listen on only one of the addresses that its name has: 127.0.0.1 and ::1 are both "localhost".
          ...(isIp ? {} : { dns_lookup_family: "ALL" }),
          connect_timeout: "5s",
          ...(secure ? { transport_socket: verified(host, isIp) } : {}),
          load_assignment: {
            cluster_name: "to",
            endpoints: [
              { lb_endpoints: [{ endpoint: { address: { socket_address: { address: host, port_value: upstreamPort } } } }] },
            ],
          },
        },
      ],
    },
  };
  return { text: JSON.stringify(bootstrap, null, 2) };
}
