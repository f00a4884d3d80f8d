import { resolve } from "node:path";
import { mesh, typed } from "../../test/lib/bootstrap.ts";
import type { Json, Mesh } from "../../test/lib/bootstrap.ts";
import { tcpProxy } from "../../test/lib/tcp.ts";

const BREAKERS = {
  circuit_breakers: { thresholds: [{ max_connections: 8192, max_pending_requests: 8192, max_requests: 8192 }] },
};

/** The router alone: one route, one cluster. */
export function routerOnly(origin: number): Mesh {
  return mesh().service("o", origin, BREAKERS).route("/", "o");
}

const OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

/** The router alone, told by a connection's first octets what it speaks; to an upstream that speaks HTTP/1.1, or HTTP/2 where told. */
export function http2Router(origin: number, upstream: "HTTP/1.1" | "HTTP/2"): Mesh {
  const http2 = typed(OPTIONS, { explicit_http_config: { http2_protocol_options: {} } });
  const speaks = upstream === "HTTP/2" ? { typed_extension_protocol_options: { [OPTIONS]: http2 } } : {};
  return mesh()
    .service("o", origin, { ...BREAKERS, ...speaks })
    .hcm({ codec_type: "AUTO" })
    .route("/", "o", { timeout: "0s" });
}

/** The TCP proxy alone. */
export function tcpOnly(sink: number): Mesh {
  return mesh()
    .service("o", sink, BREAKERS)
    .listenerFields({ filter_chains: [{ filters: [tcpProxy({ cluster: "o" })] }] });
}

/** Fault (armed, never firing), a JSON access log to a file, Prometheus (always there), and either a user's filter in TypeScript or Envoy's equal. */
export function fullStack(origin: number, userFilter: "typescript" | "header_mutation", log: string): Mesh {
  const fields = {
    start_time: "%START_TIME%",
    method: "%REQ(:METHOD)%",
    path: "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%",
    protocol: "%PROTOCOL%",
    response_code: "%RESPONSE_CODE%",
    response_flags: "%RESPONSE_FLAGS%",
    bytes_received: "%BYTES_RECEIVED%",
    bytes_sent: "%BYTES_SENT%",
    duration: "%DURATION%",
    upstream_service_time: "%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%",
    x_forwarded_for: "%REQ(X-FORWARDED-FOR)%",
    user_agent: "%REQ(USER-AGENT)%",
    request_id: "%REQ(X-REQUEST-ID)%",
    authority: "%REQ(:AUTHORITY)%",
    upstream_host: "%UPSTREAM_HOST%",
  };
  const fault = typed("envoy.extensions.filters.http.fault.v3.HTTPFault", {
    abort: { http_status: 503, percentage: { numerator: 0, denominator: "HUNDRED" } },
    delay: { fixed_delay: "0.1s", percentage: { numerator: 0, denominator: "HUNDRED" } },
  });
  const config = routerOnly(origin).accessLog(log, fields).filter("fault", fault);
  if (userFilter === "typescript") {
    const struct = { type_url: `file:${resolve("examples/hello.ts")}`, value: { greeting: "hello" } };
    return config.filter("user.hello", typed("xds.type.v3.TypedStruct", struct));
  }
  const append = { header: { key: "x-hello", value: "hello" }, append_action: "OVERWRITE_IF_EXISTS_OR_ADD" };
  return config.filter(
    "header_mutation",
    typed("envoy.extensions.filters.http.header_mutation.v3.HeaderMutation", { mutations: { response_mutations: [{ append }] } }),
  );
}

/** `count` routes of all kinds, of which the last one answers /last. */
export function manyRoutes(origin: number, count: number): Mesh {
  const kinds: ((i: number) => Json)[] = [
    (i) => ({ path: `/svc/${i}/resource` }),
    (i) => ({ prefix: `/api/${i}/` }),
    (i) => ({ safe_regex: { regex: `/re/${i}/[0-9]+/item` } }),
    (i) => ({ path_separated_prefix: `/team/${i}` }),
    (i) => ({ prefix: "/", headers: [{ name: "x-tenant", string_match: { exact: `t${i}` } }] }),
    (i) => ({ prefix: "/search", query_parameters: [{ name: "tenant", string_match: { exact: `t${i}` } }] }),
  ];
  const config = mesh().service("o", origin, BREAKERS);
  for (let i = 0; i < count - 1; i++) config.route({ match: kinds[i % kinds.length](i), route: { cluster: "o" } });
  return config.route("/last", "o");
}

/** `count` exact routes: what the start is measured with. */
export function exactRoutes(origin: number, count: number): Mesh {
  const config = mesh().service("o", origin, BREAKERS);
  for (let i = 0; i < count; i++) config.route({ match: { path: `/svc/${i}/resource` }, route: { cluster: "o" } });
  return config;
}

/**
 * nginx as a proxy of one worker. `folder` takes its pid file: nginx deletes that file when it ends, so it must be one of its own
 * (`pid /dev/null` makes a root-run nginx delete the device).
 */
export function nginxProxy(port: number, origin: number, folder: string): string {
  return `worker_processes 1; daemon off; pid ${folder}/nginx.pid; error_log stderr crit;
events { worker_connections 16384; }
http { access_log off; keepalive_requests 100000000; keepalive_timeout 3600s;
 upstream o { server 127.0.0.1:${origin}; keepalive 256; keepalive_requests 100000000; }
 server { listen 127.0.0.1:${port}; location / { proxy_pass http://o; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_request_buffering off; client_max_body_size 0; } } }
`;
}

/** nginx as the origin: 128 bytes, and /seen, which tells what the proxy added. */
export function nginxOrigin(port: number, folder: string): string {
  return `worker_processes 1; daemon off; pid ${folder}/nginx.pid; error_log stderr crit;
events { worker_connections 16384; }
http { access_log off; keepalive_requests 100000000; keepalive_timeout 3600s;
 server { listen 127.0.0.1:${port} reuseport;
  location = /seen { add_header x-seen "id=$http_x_request_id proto=$http_x_forwarded_proto"; return 200 "seen\\n"; }
  location / { default_type text/plain; return 200 "${"0123456789abcdef".repeat(7)}0123456789abcde\\n"; } } }
`;
}

/** haproxy as a proxy of one thread. */
export function haproxyProxy(port: number, origin: number): string {
  return `global
  nbthread 1
  maxconn 8192
defaults
  mode http
  timeout connect 5s
  timeout client 3600s
  timeout server 60s
  http-reuse always
frontend f
  bind 127.0.0.1:${port}
  default_backend b
backend b
  server s 127.0.0.1:${origin}
`;
}
