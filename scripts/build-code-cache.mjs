// Writes what the engine makes of the program, functions that a start and the first requests compile included, beside it.
// usage: node scripts/build-code-cache.mjs dist/isthmus.cjs dist/chunks/program-HASH.cjs
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer, get } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const [launcher, program] = process.argv.slice(2);
const { codeCacheFile, compileProgram, runProgram } = createRequire(import.meta.url)(launcher);

const origin = createServer((_request, response) => response.end("warm")).listen(0, "127.0.0.1");
await new Promise((resolve) => origin.once("listening", resolve));
const folder = mkdtempSync(join(tmpdir(), "isthmus-build-"));
const bootstrap = join(folder, "bootstrap.yaml");
writeFileSync(bootstrap, configuration(origin.address().port));

// The program is the command: it reads the arguments, and its log says where it listens.
const script = compileProgram(program);
process.argv = [process.execPath, launcher, "gateway", bootstrap, "--admin-port", "0"];
const ports = new Map();
const up = new Promise((resolve, reject) => {
  process.stderr.write = (line) => {
    const listener = /listener (\S+) on 127\.0\.0\.1:(\d+)/.exec(line);
    if (listener !== null) ports.set(listener[1], Number(listener[2]));
    else if (line.includes("all listeners are up")) resolve();
    else if (!line.includes("[info]")) reject(new Error(line));
    return true;
  };
});
runProgram(script, program);
await up;
const proxy = ports.get("warm");
for (const path of ["/exact", "/prefix/a", "/regex/12", "/redirect", "/direct", "/nothing"]) await fetched(proxy, path);
for (const page of ["/ready", "/stats/prometheus"]) await fetched(ports.get("admin"), page);
// Renamed into place: a gateway that starts meanwhile reads all of it or nothing.
const target = codeCacheFile(program);
writeFileSync(`${target}.new`, script.createCachedData());
renameSync(`${target}.new`, target);
rmSync(folder, { recursive: true });
process.exit(0);

function fetched(port, path) {
  return new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port, path, agent: false }, (response) => response.resume().on("end", resolve)).on("error", reject);
  });
}

/** What most gateways have, in the forms in which most of them write it. */
function configuration(port) {
  return `
static_resources:
  listeners:
  - name: warm
    address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: warm
          access_log:
          - name: envoy.access_loggers.file
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
              path: ${JSON.stringify(join(folder, "access.log"))}
          route_config:
            name: local
            virtual_hosts:
            - name: all
              domains: ["*"]
              routes:
              - match: { path: /exact }
                route: { cluster: origin, timeout: 5s }
              - match:
                  prefix: /prefix
                  headers: [ { name: ":method", string_match: { exact: GET } } ]
                route: { cluster: origin, prefix_rewrite: / }
                request_headers_to_add: [ { header: { key: x-warm, value: "%PROTOCOL%" } } ]
              - match: { safe_regex: { regex: "/regex/[0-9]+" } }
                route: { weighted_clusters: { clusters: [ { name: origin, weight: 1 } ] } }
              - match: { path: /redirect }
                redirect: { path_redirect: /exact }
              - match: { path: /direct }
                direct_response: { status: 200, body: { inline_string: warm } }
          http_filters:
          - name: envoy.filters.http.router
            typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
  clusters:
  - name: origin
    type: STATIC
    connect_timeout: 1s
    load_assignment:
      cluster_name: origin
      endpoints: [ { lb_endpoints: [ { endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${port} } } } } ] } ]
`;
}
